"""Sender and recipient lists in our words (contract sheet, 5.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.core.rules import LONGEST_PATTERN, Rule, RuleAction, RuleKind, RuleShape
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spamexperts import inferred
from app.providers.spamexperts.wire import Odd, as_list, judged, lines_of, read_answer

Json = Any

SHAPES = (
    RuleShape(
        RuleKind.SENDER,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        parts=("both", "envelope", "from"),
        connection=True,
        help=msg("An address, a domain, or *.domain for the domains below it."),
    ),
    RuleShape(
        RuleKind.RECIPIENT,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        connection=True,
        help=msg(
            "The part before the @, or * for all. Mail to an allowed recipient is not filtered, mail to a blocked one is "
            "refused."
        ),
    ),
)
"""What the lists can say. Single recipients' sender lists can be added to and not read, so they are not offered."""

PANEL_SHAPES = tuple(replace(shape, parts=(), connection=False) for shape in SHAPES)
"""What they can say through the Control Panel API: domains only, and not what an entry compares (7.4)."""


def read_entries(
    answer: Answer, connection: str, domain: str, kind: RuleKind, action: RuleAction
) -> list[Rule]:
    """The entries of one list: one per line, or JSON (texts, or objects with "address" and "flag"). Raises Malformed."""
    text = read_answer(answer)
    items = as_list(answer.json()) if text.lstrip()[:1] == "[" else lines_of(text)
    with judged(answer):
        rules = [rule_of_entry(item, connection, domain, kind, action) for item in items]
    return list({rule.identity: rule for rule in rules}.values())


def rule_of_entry(item: Json, connection: str, domain: str, kind: RuleKind, action: RuleAction) -> Rule:
    """One entry of a list: a text, or an object with "address" and "flag". Raises Odd."""
    flag = ""
    if isinstance(item, dict):
        flag, item = str(item.get("flag") or ""), item.get("address")
    if not isinstance(item, str) or not item.strip() or not item.isprintable() or len(item) > LONGEST_PATTERN:
        raise Odd(msg("A list of the upstream holds something that is no entry."), item)
    sender = kind is RuleKind.SENDER
    part = flag if flag in SHAPES[0].parts else inferred.SENDER_FLAG
    return Rule(connection, domain, kind, action, item.strip().lower(), part=part if sender else "")
