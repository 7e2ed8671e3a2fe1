"""Messages of the mail log in our words (contract sheet, 5.7 and 6.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.core.mail_text import decoded
from app.core.messages import Direction, MailClass, MailItem, MailKey, MailSource, MailState, pack
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.hornetsecurity import inferred
from app.providers.hornetsecurity.kinds.values import Listed, Row, number_of, part_of, text_of
from app.providers.hornetsecurity.wire import alone, boolean, number, read_answer

Json = Any

CLASSES: Mapping[MailClass, tuple[int, ...]] = {
    MailClass.CLEAN: (2,),
    MailClass.SPAM: (1,),
    MailClass.ADVERT: (11,),
    MailClass.CONTENT: (8,),
    MailClass.THREAT: (5, 12),
}
"""6.1: classes that are asked for. 3 (rejected) is a state here: such mail was never taken in."""

STATES: Mapping[MailState, int] = {
    MailState.DELIVERED: 1,
    MailState.DEFERRED: 2,
    MailState.REJECTED: 3,
    MailState.QUARANTINED: inferred.HELD_STATUS,
}
_UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_OUT = 2
_FACTS: tuple[tuple[str, Message], ...] = (
    ("source_hostname", msg("Sending host")),
    ("source_ip", msg("Address of the sending host")),
    ("destination_hostname", msg("Receiving host")),
    ("destination_ip", msg("Address of the receiving host")),
    ("smtp_status", msg("What the other side said")),
    ("smtp_status_code", msg("SMTP code")),
    ("msg_id", msg("Id at the gateway")),
    ("envelope_from", msg("Envelope sender")),
    ("spf_validation", msg("SPF")),
    ("dkim_validation", msg("DKIM")),
    ("dmarc_validation", msg("DMARC")),
)
_ENCRYPTED: tuple[tuple[str, Message], ...] = (
    ("crypt_type_in", msg("Encryption of receipt")),
    ("crypt_type_out", msg("Encryption of delivery")),
    ("encryption", msg("Encryption")),
)


def read_found(answer: Answer) -> Listed:
    """The rows of a search: a page of them, or in the old generation one bare mail (section 0)."""
    value = alone(read_answer(answer))
    if isinstance(value, dict) and isinstance(value.get("emails"), list):
        rows = [row for row in value["emails"] if isinstance(row, dict)]
        return Listed(rows, number(value.get("num_found_items")), boolean(value.get("has_more_elements")))
    if isinstance(value, dict) and (not value or "es_mail_id" in value):
        return Listed([value] if value else [], None, False)
    raise answer.unreadable(msg("The answer is no list of messages."))


def item_of(row: Row, source: MailSource, domain: str, mailbox: str = "") -> MailItem | None:
    """A message of the log; None for a row without the id by which everything is done."""
    es_mail_id = row.get("es_mail_id")
    if not isinstance(es_mail_id, str) or not es_mail_id:
        return None
    outgoing = number_of(row, "direction") == _OUT
    ours, theirs = text_of(row, "owner", 320), text_of(row, "comm_partner", 320)
    attachments = row.get("attachments")
    return MailItem(
        key=MailKey(source, domain, pack({"id": es_mail_id[:300]}), mailbox),
        sender=ours if outgoing else theirs,
        recipients=tuple(filter(None, (theirs if outgoing else ours,))),
        subject=decoded(text_of(row, "subject", 4000)),
        at=moment_of(row, "date"),
        size=_size(part_of(row, "size")),
        message_id=text_of(row, "message_id", 1000),
        mail_class=_class(row),
        class_words=text_of(part_of(row, "classification"), "text", 60),
        state=_state(row),
        state_words=text_of(part_of(row, "status"), "text", 60),
        direction=Direction.OUT if outgoing else Direction.IN,
        reason=text_of(row, "reason", 300),
        host=text_of(row, "gateway", 255),
        attachments=bool(attachments) if isinstance(attachments, list) else None,
        facts=_facts(row),
    )


def domain_of(row: Row) -> str:
    """The domain of our side of a mail, "" where the row does not say."""
    return (text_of(row, "owner_domain", 255) or text_of(row, "owner", 320).rpartition("@")[2]).lower()


def _class(row: Row) -> MailClass:
    code = number_of(part_of(row, "classification"), "id")
    return next((one for one, codes in CLASSES.items() if code in codes), MailClass.UNKNOWN)


def _state(row: Row) -> MailState:
    code = number_of(part_of(row, "status"), "id")
    if code == inferred.HELD_STATUS:
        held = number_of(part_of(row, "classification"), "id") in inferred.HELD_CLASSES
        return MailState.QUARANTINED if held else MailState.UNKNOWN
    return next((state for state, known in STATES.items() if known == code), MailState.UNKNOWN)


def _size(row: Row) -> int | None:
    value = number_of(row, "value")
    factor = _UNITS.get(text_of(row, "unit", 5).lower())
    return None if value is None or factor is None else value * factor


def _facts(row: Row) -> tuple[tuple[Message, str], ...]:
    said = [(label, text_of(row, name, 500)) for name, label in _FACTS]
    crypt = [(label, text_of(part_of(row, name), "text", 40)) for name, label in _ENCRYPTED]
    return tuple((label, text) for label, text in (*said, *crypt) if text)


def moment_of(row: Row, key: str) -> datetime | None:
    """A time in UTC, None where there is none that can be read."""
    try:
        found = datetime.fromisoformat(text_of(row, key, 40).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def codes_of(classes: Sequence[MailClass]) -> list[int]:
    """The numbers of classes; those that the panel has not are left out."""
    return [code for one in classes for code in CLASSES.get(one, ())]
