"""The further fields of the message search, beside those that all upstreams know (contract sheet, 5.7 and 6.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from app.core.messages import YES, MailField
from app.core.model import FieldKind
from app.core.text import Message, msg

Json = Any

_SIZE = r"([<>=]) ?(\d{1,7}) ?([kKmMgG][bB])"
_OPERATORS = {">": "gt", "<": "lt", "=": "eq"}

_TEXTS: tuple[tuple[str, Message, Message | None], ...] = (
    ("header", msg("Header lines"), None),
    ("body", msg("Body"), None),
    ("attachments", msg("Name of an attachment"), None),
    ("attachment_hash", msg("Checksum of an attachment"), msg("MD5, in hexadecimal digits.")),
    ("source_hostname", msg("Sending host"), None),
    ("source_ip", msg("Address of the sending host"), None),
    ("destination_hostname", msg("Receiving host"), None),
    ("destination_ip", msg("Address of the receiving host"), None),
    ("gateway", msg("Gateway"), msg("The filter's own host, for example mx-gate01.")),
    ("msg_id", msg("Id at the gateway"), None),
    ("smtp_code", msg("SMTP code"), None),
    ("reason", msg("Reason"), None),
    ("reason_intern", msg("Reason, as the filter names it"), None),
)
_ENCRYPTION = (
    ("1", msg("none")),
    ("2", msg("Websafe")),
    ("3", msg("S/MIME")),
    ("4", msg("PGP")),
    ("5", msg("EMIG")),
    ("6", msg("DANE")),
    ("7", msg("TLS")),
)
_REMEDIATION = (
    ("no_action", msg("nothing")),
    ("banner", msg("banner added")),
    ("tag", msg("tagged")),
    ("move", msg("moved")),
    ("move_banner", msg("moved, banner added")),
    ("quarantine", msg("taken into quarantine")),
    ("soft_delete", msg("deleted, can be brought back")),
    ("hard_delete", msg("deleted for good")),
)
_YES_NO = ((YES, msg("yes")), ("no", msg("no")))
_CHOICES: tuple[tuple[str, Message, tuple[tuple[str, Message], ...]], ...] = (
    ("crypt_type_in", msg("Encryption of receipt"), _ENCRYPTION),
    ("crypt_type_out", msg("Encryption of delivery"), _ENCRYPTION),
    ("last_remediation_actions", msg("What was done after delivery"), _REMEDIATION),
    ("private", msg("Marked as private"), _YES_NO),
    ("is_archived", msg("Archived"), _YES_NO),
)

FIELDS = (
    *(MailField(name, label, help=hint) for name, label, hint in _TEXTS),
    MailField(
        "size",
        msg("Size"),
        help=msg("Larger, smaller or exactly: > 500 KB, < 2 MB, = 10 KB."),
        pattern=_SIZE,
    ),
    *(MailField(name, label, FieldKind.CHOICE, choices) for name, label, choices in _CHOICES),
    MailField("regex", msg("Texts of this search are regular expressions"), FieldKind.SWITCH),
)


def _size(value: str) -> Json:
    found = re.fullmatch(_SIZE, value)
    if found is None:  # checked before
        return ""
    return {"operator": _OPERATORS[found[1]], "value": int(found[2]), "unit": found[3].lower()}


def _boolean(value: str) -> Json:
    return value == YES


def _number(value: str) -> Json:
    return [int(value)]


_FROM_TEXT: dict[str, Callable[[str], Json]] = {
    "size": _size,
    "crypt_type_in": _number,
    "crypt_type_out": _number,
    "last_remediation_actions": lambda value: [value],
    "private": _boolean,
    "is_archived": _boolean,
    "regex": _boolean,
}
"""How a value stands in the body; all others are texts."""


def filters_of(fields: Sequence[tuple[str, str]]) -> dict[str, Json]:
    """The keys of the search body for what is asked for."""
    return {name: _FROM_TEXT.get(name, str)(value) for name, value in fields}
