"""What would happen to a new message: the upstreams' order of precedence as data, and the way of one message through it.

The order of each provider stands in `PRECEDENCE` and nowhere else. Where its documents say nothing, `ours` is set and the
page says that it is our reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.core.email_aliases import EmailAlias
from app.core.model import DomainStatus, PolicyField, Route, RouteKind
from app.core.rules import Rule, RuleAction, RuleKind, names_of
from app.core.text import Message, msg

Json = Any

MAILBOX, DOMAIN, CONNECTION = "mailbox", "domain", "connection"
_ALLOW, _BLOCK = RuleAction.ALLOW, RuleAction.BLOCK

Rank = tuple[str, RuleAction]


@dataclass(frozen=True, slots=True)
class Limit:
    """The names of the settings that a score, or the size, of a message is held against; "" where there is none.

    `on`: the switch without which the one above it does not count. `megabytes`: the size is given in those, else in bytes.
    """

    unsure: str = ""
    spam: str = ""
    refuse: str = ""
    refuse_on: str = ""
    size: str = ""
    megabytes: bool = True


@dataclass(frozen=True, slots=True)
class Precedence:
    """Which sender rule wins on a provider: (owner, action), the strongest first; of equal ones that which says most.

    `order_field`: the field of a domain that chooses one of `orders` instead. `together`: rules of both actions count at the
    same time and no one wins. `blocked`: what happens to a blocked message, `skips`: what an allowed one need not pass.
    """

    ranks: tuple[Rank, ...]
    source: Message
    ours: bool
    blocked: Message
    skips: Message
    order_field: str = ""
    orders: Mapping[str, tuple[Rank, ...]] = field(default_factory=dict)
    together: bool = False
    limits: Limit = Limit()


_MAILBOX_FIRST: tuple[Rank, ...] = (
    (MAILBOX, _ALLOW),
    (MAILBOX, _BLOCK),
    (DOMAIN, _ALLOW),
    (DOMAIN, _BLOCK),
    (CONNECTION, _ALLOW),
    (CONNECTION, _BLOCK),
)
_DOMAIN_FIRST = (*_MAILBOX_FIRST[2:4], *_MAILBOX_FIRST[:2], *_MAILBOX_FIRST[4:])

PRECEDENCE: Mapping[str, Precedence] = {
    "cleanmail": Precedence(
        _MAILBOX_FIRST,
        msg("Notes on the Cleanmail manual, 14: wblistPriority decides conflicts, the mailbox by default."),
        ours=True,  # the manual says which owner wins; that of one owner's rules the allowing one does is our reading
        blocked=msg("It goes to the quarantine of the mailbox, or is refused, as the policy says."),
        skips=msg("The score no longer counts; viruses and forbidden files are still stopped."),
        order_field="wblistPriority",
        orders={"USER": _MAILBOX_FIRST, "DOMAIN": _DOMAIN_FIRST},
        limits=Limit(
            spam="spamScore",
            refuse="relayProps.spamScoreLimit",
            refuse_on="relayProps.relaySpam",
            size="mailSizeLimit",
        ),
    ),
    "hornetsecurity": Precedence(
        _MAILBOX_FIRST[:4],
        msg(
            "Hornetsecurity's documentation: user allow, user deny, customer allow, customer deny; the first that fits wins, "
            "held against the From header."
        ),
        ours=False,
        blocked=msg("It goes to the quarantine."),
        skips=msg("It is not held as spam; viruses and forbidden files are still stopped."),
    ),
    "spamexperts": Precedence(
        _MAILBOX_FIRST,
        msg("The panel's texts: an allowed sender skips all checks, a blocked one is refused."),
        ours=True,  # which of two contradicting entries wins is said nowhere
        blocked=msg("It is refused while it is handed in and is in no quarantine."),
        skips=msg("It skips every check."),
        limits=Limit(
            unsure="unsure_threshold",
            spam="quarantine_threshold",
            size="maximum_message_size",
            megabytes=False,
        ),
    ),
    "spanel": Precedence(
        _MAILBOX_FIRST,
        msg("SpamAssassin's documentation: both lists change the score, by 100 points down or up."),
        ours=True,
        blocked=msg("100 points are added to its score."),
        skips=msg("100 points are taken from its score."),
        together=True,
    ),
}


class Ending(StrEnum):
    """How a step leaves the message."""

    ON = "on"
    STOP = "stop"
    CARE = "care"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the thing that decided stands: a short word that each door turns into its own link, with its arguments."""

    action: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WayStep:
    """One step of the way. `ours`: our reading, for the upstream does not say it; `source`: who says it."""

    kind: str
    title: Message
    text: Message | None = None
    ending: Ending = Ending.ON
    place: Place | None = None
    ours: bool = False
    source: Message | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known for the way of a message to `recipient`, which its connection knows as `address` in `domain`.

    None: nobody asked, or nobody knows. `alias`: the e-mail alias of that address; `fields` and `policy`: values by name, of
    the domain and of what its mail is held against. `score` and `size` (bytes) as typed in.
    """

    provider: str
    connection: str
    domain: str
    recipient: str
    sender: str
    address: str
    status: DomainStatus = DomainStatus.ACTIVE
    mailbox: bool | None = None
    alias: EmailAlias | None = None
    rules: tuple[Rule, ...] | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    policy: Mapping[str, Json] = field(default_factory=dict)
    policy_name: str = ""
    routes: tuple[Route, ...] | None = None
    score: float | None = None
    size: int | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A sender rule that names the sender. `wins`: it decides."""

    rule: Rule
    wins: bool


def naming(facts: Facts) -> list[Named]:
    """The living sender rules that name the sender for this recipient, the strongest first; one of them wins.

    Where both kinds count together nobody wins against the other.
    """
    precedence = PRECEDENCE.get(facts.provider)
    if precedence is None or not facts.sender:
        return []
    ranks = precedence.orders.get(str(facts.fields.get(precedence.order_field, "")), precedence.ranks)
    patterns = names_of(facts.sender)
    living = [r for r in facts.rules or () if facts.now is None or not r.expired(facts.now)]
    found = [
        r
        for r in living
        if r.kind is RuleKind.SENDER and r.mailbox in ("", facts.address) and r.pattern in patterns
    ]

    def strength(rule: Rule) -> tuple[int, int]:
        rank = (owner_of(rule), _BLOCK if rule.action is _BLOCK else _ALLOW)
        return (ranks.index(rank) if rank in ranks else len(ranks), patterns.index(rule.pattern))

    found.sort(key=strength)
    opposite = len({rule.action is _BLOCK for rule in found}) > 1
    none_wins = precedence.together and opposite
    return [Named(rule, wins=number == 0 and not none_wins) for number, rule in enumerate(found)]


def owner_of(rule: Rule) -> str:
    """Whose rule it is: of a mailbox, a domain, or the whole connection."""
    return MAILBOX if rule.mailbox else DOMAIN if rule.domain else CONNECTION


def way(facts: Facts) -> list[WayStep]:
    """The steps that a new message would take, as far as they are known; the last one says where it ends."""
    named = naming(facts)
    winner = next((one.rule for one in named if one.wins), None)
    steps: list[WayStep] = []
    parts: tuple[Callable[[], Iterable[WayStep]], ...] = (
        lambda: _address_steps(facts),
        lambda: _sender_steps(facts, named),
        lambda: _recipient_steps(facts),
        lambda: _content_steps(facts),
        lambda: _size_steps(facts),
        lambda: _score_steps(facts) if winner is None else (),
        lambda: (_route_step(facts),),
    )
    for part in parts:
        steps += part()
        if steps and steps[-1].ending is Ending.STOP:
            break
    return steps


# --- the steps -----------------------------------------------------------------------------------------------------------


def _address_steps(facts: Facts) -> Iterable[WayStep]:
    typed = facts.recipient.rpartition("@")[2]
    here = Place("domain", _of_domain(facts))
    if typed and typed != facts.domain:
        title = msg("{alias} is an alias of {domain}", alias=typed, domain=facts.domain)
        text = msg("{typed} is read as {address}.", typed=facts.recipient, address=facts.address)
        yield WayStep("alias", title, text, place=here)
    if facts.status is not DomainStatus.ACTIVE:
        title = msg("The domain {domain} is not active", domain=facts.domain)
        text = msg("The upstream says: {status}. Mail for it may not be accepted.", status=facts.status.value)
        yield WayStep("domain", title, text, Ending.CARE, here)
    if facts.alias is not None:
        targets = ", ".join(one.address for one in facts.alias.recipients[:5])
        more = len(facts.alias.recipients) - 5
        text = msg("It is handed on to {targets}.", targets=targets)
        if more > 0:
            text = msg("It is handed on to {targets} and {count} more.", targets=targets, count=more)
        title = msg("{address} is an e-mail alias", address=facts.address)
        yield WayStep("email_alias", title, text, place=Place("email_aliases", _of_domain(facts)))
    elif facts.mailbox:
        title = msg("The mailbox {address} exists", address=facts.address)
        place = Place("mailbox", {**_of_domain(facts), "address": facts.address})
        yield WayStep("mailbox", title, _policy_of(facts), place=place)
    elif facts.mailbox is False:
        title = msg("There is no mailbox {address} at the filter", address=facts.address)
        text = msg(
            "Whether its mail is accepted is the domain's to decide: new mailboxes may be made by themselves."
        )
        yield WayStep("mailbox", title, text, Ending.CARE, here, ours=True)


def _policy_of(facts: Facts) -> Message | None:
    return msg("Policy {name} of the domain", name=facts.policy_name) if facts.policy_name else None


def _sender_steps(facts: Facts, named: Sequence[Named]) -> list[WayStep]:
    precedence = PRECEDENCE.get(facts.provider)
    if precedence is None or facts.rules is None:
        text = msg("The rules of this connection could not be read.") if precedence else None
        if precedence is None:
            return []
        title = msg("Rules about the sender are not known")
        return [WayStep("sender", title, text, Ending.UNKNOWN, _rules_place(facts))]
    if not named:
        title = msg("No rule names the sender")
        return [WayStep("sender", title, None, place=_rules_place(facts))]
    steps = []
    for one in reversed(named):
        steps.append(_rule_step(facts, one, precedence, alone=len(named) == 1))
    return steps


def _rule_step(facts: Facts, one: Named, precedence: Precedence, *, alone: bool) -> WayStep:
    rule = one.rule
    blocks = rule.action is _BLOCK
    words = {
        (True, MAILBOX): msg("Blocked by a rule of the mailbox"),
        (True, DOMAIN): msg("Blocked by a rule of the domain"),
        (True, CONNECTION): msg("Blocked by a rule of the whole connection"),
        (False, MAILBOX): msg("Allowed by a rule of the mailbox"),
        (False, DOMAIN): msg("Allowed by a rule of the domain"),
        (False, CONNECTION): msg("Allowed by a rule of the whole connection"),
    }
    title = words[blocks, owner_of(rule)]
    if one.wins and not alone:
        title = msg("{title}, which wins", title=title)
    elif not one.wins and not precedence.together:
        title = msg("{title}, which a stronger one overrides", title=title)
    text = msg("{action} {pattern}", action=rule.action.label, pattern=rule.pattern)
    if one.wins or precedence.together:
        effect = precedence.blocked if blocks else precedence.skips
        text = msg("{rule}. {effect}", rule=text, effect=effect)
    ending = Ending.ON if not one.wins or not blocks else Ending.STOP
    if precedence.together and blocks:
        ending = Ending.CARE
    mailbox = {"mailbox": rule.mailbox} if rule.mailbox else {}
    place = Place("rules", {"key": facts.connection, "name": rule.domain or "default", **mailbox})
    return WayStep("sender", title, text, ending, place, precedence.ours, precedence.source)


def _recipient_steps(facts: Facts) -> list[WayStep]:
    local = facts.address.partition("@")[0]
    mine = [
        r for r in facts.rules or () if r.kind is RuleKind.RECIPIENT and r.pattern in (local, "*")
    ]  # SpamExperts: "*" is everybody
    steps = []
    for rule in mine:
        place = Place("rules", {"key": facts.connection, "name": rule.domain or "default"})
        if rule.action is _BLOCK:
            title = msg("Mail to this recipient is refused")
            return [
                WayStep(
                    "recipient", title, msg("Recipient {pattern}", pattern=rule.pattern), Ending.STOP, place
                )
            ]
        title = msg("Mail to this recipient is not filtered")
        steps.append(
            WayStep("recipient", title, msg("Recipient {pattern}", pattern=rule.pattern), place=place)
        )
    return steps


def _content_steps(facts: Facts) -> list[WayStep]:
    counted = {
        kind: sum(rule.kind is kind for rule in facts.rules or ())
        for kind in (RuleKind.ATTACHMENT, RuleKind.URI)
    }
    if not any(counted.values()):
        return []
    text = msg(
        "{attachments} about attachments, {links} about links: they look at what the message holds, which is not known here.",
        attachments=counted[RuleKind.ATTACHMENT],
        links=counted[RuleKind.URI],
    )
    place = _rules_place(facts)
    return [WayStep("content", msg("Rules about attachments and links"), text, Ending.CARE, place)]


def _limits(facts: Facts) -> Limit:
    precedence = PRECEDENCE.get(facts.provider)
    return precedence.limits if precedence else Limit()


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _size_steps(facts: Facts) -> list[WayStep]:
    limits = _limits(facts)
    most = _number(facts.policy.get(limits.size)) if limits.size else None
    if most is None or most <= 0:
        return []
    most = most if limits.megabytes else most / 1_000_000
    place = _policy_place(facts)
    words = msg("at most {most} MB are accepted", most=f"{most:.3g}")
    if facts.size is None:
        return [WayStep("size", msg("Size: {words}", words=words), None, place=place)]
    given = f"{facts.size / 1_000_000:.3g}"
    if facts.size > most * 1_000_000:
        title = msg("Too large: {given} MB, {words}", given=given, words=words)
        return [WayStep("size", title, None, Ending.STOP, place)]
    return [
        WayStep("size", msg("Small enough: {given} MB, {words}", given=given, words=words), None, place=place)
    ]


def _score_steps(facts: Facts) -> list[WayStep]:
    """What the score decides; without one that was typed in, where the thresholds are."""
    limits = _limits(facts)
    spam, unsure = (
        _number(facts.policy.get(name)) if name else None for name in (limits.spam, limits.unsure)
    )
    delivered = bool(limits.refuse_on) and facts.policy.get(limits.refuse_on) is True
    refuse = _number(facts.policy.get(limits.refuse)) if delivered else None
    if spam is None:
        title = msg("From which score mail counts as spam is not known")
        return [WayStep("score", title, None, Ending.UNKNOWN, _policy_place(facts) if limits.spam else None)]
    place = _policy_place(facts)
    parts = [msg("spam from {spam}", spam=f"{spam:g}")]
    if unsure is not None:
        parts.insert(0, msg("unsure from {unsure}", unsure=f"{unsure:g}"))
    if refuse is not None:
        parts.append(msg("not delivered from {refuse}", refuse=f"{refuse:g}"))
    words = parts[0]
    for part in parts[1:]:
        words = msg("{first}, {second}", first=words, second=part)
    if facts.score is None:
        text = msg("Its score is found out when it comes; type one in above to see what it would mean.")
        return [WayStep("score", words, text, Ending.UNKNOWN, place)]
    score = f"{facts.score:g}"
    if facts.score < (unsure if unsure is not None else spam):
        return [WayStep("score", msg("A score of {score} lets it through", score=score), words, place=place)]
    if facts.score < spam:
        title = msg("A score of {score} makes it unsure", score=score)
        return [WayStep("score", title, words, Ending.CARE, place)]
    if delivered and (refuse is None or facts.score < refuse):
        title = msg("A score of {score} makes it spam, which this policy delivers with its mark", score=score)
        return [WayStep("score", title, words, Ending.CARE, place)]
    title = msg("A score of {score} makes it spam: it is held back", score=score)
    return [WayStep("score", title, words, Ending.STOP, place)]


def _route_step(facts: Facts) -> WayStep:
    place = Place("routes", _of_domain(facts))
    if facts.routes is None:
        return WayStep("route", msg("Where it is delivered is not known"), None, Ending.UNKNOWN, place)
    if not facts.routes:
        title = msg("There is no route: it cannot be delivered")
        return WayStep("route", title, None, Ending.STOP, place)
    first = facts.routes[0]
    if first.kind is not RouteKind.REMOTE:
        return WayStep("route", msg("It is delivered to the mailbox on this host"), None, place=place)
    others = ", ".join(str(route) for route in facts.routes[1:4])
    text = msg("When that does not answer: {others}", others=others) if others else None
    return WayStep("route", msg("It is handed to {route}", route=str(first)), text, place=place)


def _rules_place(facts: Facts) -> Place:
    return Place("rules", _of_domain(facts))


def _policy_place(facts: Facts) -> Place:
    return Place("named_policies" if facts.policy_name else "settings", _of_domain(facts))


def _of_domain(facts: Facts) -> dict[str, str]:
    return {"key": facts.connection, "name": facts.domain}


def policy_values(fields: Iterable[PolicyField]) -> dict[str, Json]:
    """The values of settings by name; those that could not be read are left out."""
    return {field.name: field.value for field in fields if field.problem is None and field.value is not None}
