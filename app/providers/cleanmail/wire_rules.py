"""Filtering rules in our words and in Cleanmail's fields (Cleanmail REST API manual, 6.25 to 6.28; contract notes, 5 to 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import Malformed
from app.core.rules import LONGEST_NOTE, LONGEST_PATTERN, Rule, RuleAction, RuleKind, RuleSeen, RuleShape
from app.core.text import msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.wire import Row, id_of, moment_of, text_of

Json = Any

SHAPES = (
    RuleShape(
        RuleKind.SENDER,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        mailboxes=True,
        notes=True,
        expiry=True,
        spf=True,
        help=msg("An address or a domain."),
    ),
    RuleShape(
        RuleKind.ATTACHMENT,
        (RuleAction.BLOCK, RuleAction.ALLOW),
        parts=("filename", "content_type", "archive_filename", "archive_content_type"),
        notes=True,
        help=msg("A regular expression, for example \\.exe$"),
    ),
    RuleShape(
        RuleKind.URI,
        (RuleAction.BLOCK, RuleAction.ALLOW, RuleAction.SKIP),
        notes=True,
        help=msg("A regular expression for the host in a link, for example (^|\\.)example\\.org$"),
    ),
)
"""What Cleanmail's rules can say."""

_SENDER = {"ALLOW": RuleAction.ALLOW, "BLOCK": RuleAction.BLOCK, "PROTECTED": RuleAction.PROTECTED}
_ATTACHMENT = {"ALLOW": RuleAction.ALLOW, "DENY": RuleAction.BLOCK}
_URI = {
    "WHITELIST_URI_HOST": RuleAction.ALLOW,
    "BLACKLIST_URI_HOST": RuleAction.BLOCK,
    "URIDNSBL_SKIP_DOMAIN": RuleAction.SKIP,
}
_PARTS = {
    "FILENAME": "filename",
    "CONTENTTYPE": "content_type",
    "ARCHIVE_FILENAME": "archive_filename",
    "ARCHIVE_CONTENTTYPE": "archive_content_type",
}
_PART_TO_WIRE = {
    "filename": "FILENAME",
    "content_type": "CONTENTTYPE",
    "archive_filename": "ARCHIVE-FILENAME",
    "archive_content_type": "ARCHIVE-CONTENTTYPE",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rules: a domain, or one of its mailboxes. `id` is that of the domain or of the user."""

    connection: str
    domain: str
    id: str
    mailbox: str = ""


def read_rule(owner: Owner, kind: RuleKind, row: Row) -> Rule:
    """A rule of an answer. What has an action that we do not know, or is too long to be sent back, is read-only.

    Raises Malformed without an id or a pattern.
    """
    identity = id_of(row)
    if kind is RuleKind.SENDER:
        pattern, word, actions = text_of(row, "value", LONGEST_PATTERN).lower(), "type", _SENDER
    else:
        pattern, word = text_of(row, "filter", LONGEST_PATTERN), "action"
        actions = _ATTACHMENT if kind is RuleKind.ATTACHMENT else _URI
    if not identity or not pattern:
        raise Malformed(msg("The upstream's list of rules holds something that is no rule."))
    said = _word(row, word)
    action = actions.get(said, RuleAction.PROTECTED)
    part = _PARTS.get(_word(row, "checkType"), "") if kind is RuleKind.ATTACHMENT else ""
    spf = row.get("spfOn")
    return Rule(
        connection=owner.connection,
        domain=owner.domain,
        kind=kind,
        action=action,
        pattern=pattern,
        mailbox=owner.mailbox,
        part=part,
        note=text_of(row, "description", LONGEST_NOTE),
        expires=moment_of(row, "expireAt"),
        spf=spf if isinstance(spf, bool) and action is RuleAction.ALLOW else None,
        created=moment_of(row, "createdDate"),
        read_only=action is RuleAction.PROTECTED or pattern.endswith("…"),
        ref={"id": identity},
    )


def sender_to_wire(rule: RuleSeen) -> dict[str, Json]:
    """A sender rule as a body (manual, 6.27): the time in milliseconds; an allowed sender always says its SPF condition."""
    body: dict[str, Json] = {
        "value": rule.pattern,
        "type": "ALLOW" if rule.action is RuleAction.ALLOW else "BLOCK",
    }
    if rule.expires is not None:
        body["expireAt"] = milliseconds(rule.expires)
    if rule.note:
        body["description"] = rule.note
    if rule.action is RuleAction.ALLOW:
        body["spfOn"] = inferred.SPF_ON if rule.spf is None else rule.spf
    return body


def filter_to_wire(rule: RuleSeen) -> dict[str, Json]:
    """A rule on attachments or links as the fields of its calls (manual, 5.8.1 and 5.10.1)."""
    actions: Mapping[str, RuleAction] = _ATTACHMENT if rule.kind is RuleKind.ATTACHMENT else _URI
    body: dict[str, Json] = {
        "action": next(word for word, action in actions.items() if action is rule.action),
        "filter": rule.pattern,
        "description": rule.note,
    }
    if rule.kind is RuleKind.ATTACHMENT:
        body["checkType"] = _PART_TO_WIRE[rule.part]
    return body


def milliseconds(when: datetime) -> int:
    """The time as Cleanmail has it (contract notes, 5)."""
    return int(when.timestamp()) * 1000


def _word(row: Row, key: str) -> str:
    """One of the manual's words, whose spelling differs from place to place (contract notes, 7)."""
    return text_of(row, key, 60).upper().replace("-", "_")
