"""The rule that a message leads to: its sender allowed, or blocked, in the lists of its domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.commands import SUPPORT_DAYS, AddRules, parse
from app.core.errors import Conflict, Invalid
from app.core.messages import MailKey
from app.core.rules import RuleAction, RuleKind, RuleSeen, shape_of
from app.core.text import Message, msg

RULES: Mapping[str, RuleAction] = {"release_allow": RuleAction.ALLOW, "block": RuleAction.BLOCK}
"""What is done with a message that adds a rule about its sender."""
USUAL_DAYS = 14
MOST_DAYS = 3650


def expires(card: Card) -> bool:
    """Whether a sender rule can end by itself there."""
    shape = shape_of(card.rules, RuleKind.SENDER)
    return shape is not None and shape.expiry


def most_days(actor: Actor) -> int | None:
    """For how long the person's rules may hold at most; None: also for good."""
    return None if actor.may(Right.CHANGE_RULES) else SUPPORT_DAYS


def why_not(actor: Actor, card: Card) -> Message | None:
    """Why the person cannot add a sender rule on a connection with this card; None when they can try."""
    if Capability.RULES_WRITE not in card.can:
        return card.reason(Capability.RULES_WRITE)
    if actor.may(Right.CHANGE_RULES):
        return None
    if not actor.may(Right.ADD_EXPIRING_RULES):
        return msg("Your role ({role}) may not add rules.", role=actor.role.label)
    if not expires(card):
        return msg(
            "Your role may add only rules that expire, and those of {provider} do not.", provider=card.label
        )
    return None


def check_days(actor: Actor, days: int | None) -> None:
    """Raises Invalid for a number of days that the person may not give their rule."""
    most = most_days(actor)
    if days is None and most is not None:
        raise Invalid({"days": msg("Your role may add rules for 1 to {most} days.", most=most)})
    if days is not None and not 1 <= days <= (most or MOST_DAYS):
        raise Invalid({"days": msg("1 to {most} days, or nothing.", most=most or MOST_DAYS)})


def holds_as_long(there: Mapping[str, Any] | None, wish: AddRules) -> bool:
    """Whether the rule that is there (`Rule.to_json`) does what the wished one would, for as long at least.

    The SPF condition does not count: the wish leaves it open, and the upstream's default may well be the same.
    """
    if not there or "pattern" not in there:
        return False
    known, wished = RuleSeen.model_validate(there), wish.rules[0]
    if known.identity != wished.identity:
        return False
    return known.expires is None or (wished.expires is not None and known.expires >= wished.expires)


def rule_about(
    card: Card,
    connection: str,
    key: MailKey,
    sender: str,
    action: RuleAction,
    now: datetime,
    *,
    days: int | None = None,
    whole_domain: bool = False,
    reason: str = "",
) -> AddRules:
    """The wish to allow or to block the sender of a message in its domain, from `now` for so many days (None: for good).

    Raises Invalid without a sender, Conflict where rules do not expire.
    """
    pattern = sender.rpartition("@")[2] if whole_domain else sender
    if not pattern:
        raise Invalid({"sender": msg("The message has no sender that a rule could name.")})
    shape = shape_of(card.rules, RuleKind.SENDER)
    rule: dict[str, object] = {"kind": "sender", "action": action.value, "pattern": pattern}
    if days and not expires(card):
        raise Conflict(msg("Rules of {provider} do not expire. Nothing was sent.", provider=card.label))
    if days:
        rule["expires"] = (now + timedelta(days=days)).isoformat()
    if shape is not None and shape.parts:
        rule["part"] = shape.parts[0]
    data = {"connection": connection, "domain": key.domain, "rules": [rule], "reason": reason}
    return parse(AddRules, data)
