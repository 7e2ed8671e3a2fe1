"""Entries of the allow and deny lists in our words and in the panel's (contract sheet, 5.9)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.errors import Rejected, UpstreamError
from app.core.names import NameProblem
from app.core.rules import (
    LONGEST_NOTE,
    LONGEST_PATTERN,
    Rule,
    RuleAction,
    RuleInput,
    RuleKind,
    RuleSeen,
    RuleShape,
)
from app.core.text import msg
from app.net.answer import Answer
from app.providers.hornetsecurity.kinds.values import Listed, Row, number_of, text_of
from app.providers.hornetsecurity.wire import (
    MEANINGS,
    NoPermission,
    NotBooked,
    alone,
    boolean,
    number,
    read_answer,
)

Json = Any

TYPES = {RuleAction.ALLOW: 1, RuleAction.BLOCK: 2}
"""5.9: `type` 1 allows, 2 denies."""

FLAGS = (
    "spam_protection",
    "content_filter",
    "malware_protection",
    "phishing_protection",
    "sender_validation",
    "email_freezing",
    "atp_url_rewriting",
    "atp_tfff",
    "atp_url_rewriting_include_subdomains",
)
"""5.9: what an entry of a customer's allow list passes by."""
DEFAULT_FLAGS = {name: name == "spam_protection" for name in FLAGS}

SHAPES = (
    RuleShape(
        RuleKind.SENDER,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        mailboxes=True,
        notes=True,
        help=msg("An address or a domain. Compared with the From header, not with the envelope."),
    ),
    RuleShape(
        RuleKind.IP,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        mailboxes=True,
        notes=True,
        help=msg("An IP address or a network such as 192.0.2.0/24."),
    ),
    RuleShape(
        RuleKind.LINK,
        (RuleAction.ALLOW,),
        notes=True,
        help=msg("A web address, for example https://www.example.org/shop. For the whole domain only."),
    ),
)
"""What the lists can say."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose list: a customer's, or that of one of its users. `id`: the object id, `name` as the panel has it."""

    connection: str
    domain: str
    id: int
    name: str
    mailbox: str = ""


def read_entries(answer: Answer) -> Listed:
    """The entries of a list answer, which one example wraps in a list of one (5.9)."""
    value = alone(read_answer(answer))
    rows = value.get("blackWhiteList") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise answer.unreadable(msg("The answer is not the list that was asked for."))
    said = value if isinstance(value, dict) else {}
    more = boolean(said.get("has_more_elements"))
    return Listed([row for row in rows if isinstance(row, dict)], number(said.get("num_found_items")), more)


def owner_of(row: Row) -> str:
    """Whose entry it is, by name."""
    return text_of(row, "owner", 320).lower()


def read_entry(owner: Owner, action: RuleAction, row: Row) -> Rule | None:
    """An entry as a rule; one that we could not send back is read-only. None for an entry without id or value."""
    value, identity = text_of(row, "value", LONGEST_PATTERN).lower(), number_of(row, "id")
    if not value or identity is None:
        return None
    kind = kind_of(value)
    flags = {name: bool(row[name]) for name in FLAGS if isinstance(row.get(name), bool)}
    pattern, sendable = _pattern(kind, action, value)
    return Rule(
        connection=owner.connection,
        domain=owner.domain,
        kind=kind,
        action=action,
        pattern=pattern,
        mailbox=owner.mailbox,
        note=text_of(row, "description", LONGEST_NOTE),
        read_only=not sendable,
        ref={"id": identity, "flags": flags},
    )


def _pattern(kind: RuleKind, action: RuleAction, value: str) -> tuple[str, bool]:
    """The value as its kind is written here, and whether a person could enter it."""
    try:
        wish = RuleInput(kind=kind, action=action, pattern=value)
    except (ValueError, NameProblem):
        return value, False
    return wish.pattern, wish.pattern == value


def kind_of(value: str) -> RuleKind:
    """What an entry names; the panel says it of a customer's allow list only, so its form decides."""
    if "://" in value or ("/" in value and "@" not in value and not _is_network(value)):
        return RuleKind.LINK
    return RuleKind.IP if _is_network(value) else RuleKind.SENDER


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def entry_to_wire(rule: RuleSeen, ref: Json = None) -> dict[str, Json]:
    """A rule as an item of POST; `ref` is that of the entry that it changes."""
    body: dict[str, Json] = {"type": TYPES[rule.action], "value": rule.pattern, "description": rule.note}
    if isinstance(ref, Mapping):
        body |= {"id": ref["id"], **ref.get("flags", {})}
    return body


def check_items(answer: Answer) -> Sequence[Row]:
    """The items of a write that answers 200 with a success for each (section 3). Raises what the first failed one says."""
    value = read_answer(answer)
    rows = value if isinstance(value, list) else [value]
    items = [row for row in rows if isinstance(row, dict)]
    for item in items:
        problem = item_problem(item, answer.status)
        if problem is not None:
            raise problem
    return items


def item_problem(item: Row, status: int | None = None) -> UpstreamError | None:
    """What one item of a batch says, None where it was done. Sorted by its id as a whole refusal would be."""
    if str(item.get("success", True)).lower() not in ("false", "0"):
        return None
    error = item.get("error")
    error = error if isinstance(error, dict) else {}
    words = text_of(error, "error_message", 300) or "no reason given"
    kind = MEANINGS.get(number(error.get("error_id")) or 0, Rejected)
    if kind is NotBooked:
        return NotBooked(f"Not booked for this customer: {words}", status=status)
    if issubclass(kind, Rejected):
        return kind(words, status=status)
    return NoPermission(msg("The connection's user may not do this (“{words}”).", words=words), status=status)
