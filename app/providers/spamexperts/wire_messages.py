"""Translation of log rows and queue rows (contract sheet, 6.1 to 6.3)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.messages import Direction, MailClass, MailItem, MailKey, MailSource, MailState, pack
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.spamexperts import inferred
from app.providers.spamexperts.wire import Odd, boolean, judged, read_answer

Json = Any
Row = Mapping[str, str]

CLASSES: Mapping[MailClass, tuple[str, ...]] = {
    MailClass.CLEAN: ("not-spam",),
    MailClass.ALLOWED: ("allow list", "whitelisted"),
    MailClass.UNSURE: ("unsure",),
    MailClass.SPAM: ("spam",),
    MailClass.PHISHING: ("phish",),
    MailClass.VIRUS: ("virus",),
    MailClass.BLOCKED: ("block list", "blacklisted", "locked"),
    MailClass.CONTENT: ("oversize",),
    MailClass.ERROR: ("error",),
}
STATES: Mapping[MailState, tuple[str, ...]] = {
    MailState.QUARANTINED: ("quarantined",),
    MailState.DELIVERED: ("delivered",),
    MailState.RELEASED: ("released", "auto-released"),
    MailState.QUEUED: ("queued",),
    MailState.FROZEN: ("queue-frozen",),
    MailState.REJECTED: ("rejected",),
    MailState.BOUNCED: ("bounced", "queue-bounced"),
    MailState.FAILED: ("delivery-failed", "not-accepted"),
    MailState.DELETED: ("quarantine-removed", "queue-removed"),
    MailState.EXPIRED: ("quarantine-expired", "queue-expired"),
    MailState.DISCARDED: ("blackholed",),
}
_CLASS_OF = {word: one for one, words in CLASSES.items() for word in words}
_STATE_OF = {word: one for one, words in STATES.items() for word in words}
_FACTS: tuple[tuple[str, Message], ...] = (
    ("from_header", msg("From, as shown to the reader")),
    ("sender_host", msg("Sending host")),
    ("sender_ip", msg("Address of the sending host")),
    ("delivery_date", msg("Delivered at (UTC)")),
    ("delivery_fqdn", msg("Delivered to the host")),
    ("delivery_data", msg("What that host said")),
)


def read_rows(answer: Answer, columns: Sequence[str]) -> list[Row]:
    """Records as texts by column, whether they came as JSON objects or as CSV (2.3). Raises as `read_answer`, Malformed."""
    text = read_answer(answer).strip()
    with judged(answer):
        if text[:1] == "[":
            return [_from_json(item, text) for item in _list(answer)]
        return [_from_csv(cells, columns) for cells in csv.reader(io.StringIO(text)) if cells]


def _list(answer: Answer) -> list[Json]:
    found = answer.json()
    return found if isinstance(found, list) else []


def _from_json(item: Json, text: str) -> Row:
    if not isinstance(item, dict):
        raise Odd(msg("A record of the answer is no object."), text[:200])
    return {str(name): "" if value is None else str(value) for name, value in item.items()}


def _from_csv(cells: list[str], columns: Sequence[str]) -> Row:
    if len(cells) > len(columns) or len(cells) < len(columns) - 1:  # the last of the queue may be missing
        raise Odd(msg("A record of the answer has another number of columns."), json.dumps(cells))
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}


def log_item(row: Row, source: MailSource, domain: str, direction: Direction) -> MailItem:
    """A message of the log or (which is a search of the log) of the quarantine."""
    class_words, state_words = row.get("classification", ""), row.get("status", "")
    details = row.get("classification_details", "")
    score = inferred.SCORE.search(details)
    recipient = row.get("recipient", "")
    return MailItem(
        key=MailKey(source, domain, _ref(row, direction)),
        sender=row.get("sender", ""),
        recipients=(recipient,) if recipient else (),
        subject=row.get("subject_header", ""),
        at=instant(row.get("date", "")),
        size=_number(row.get("incoming_size", "")),
        message_id=row.get("id", ""),
        mail_class=class_of(class_words),
        class_words=class_words,
        score=float(score.group(1)) if score else None,
        state=_STATE_OF.get(state_words.lower(), MailState.UNKNOWN),
        state_words=state_words,
        direction=direction,
        reason=details,
        host=row.get("filtering_host", ""),
        facts=tuple((label, row[name]) for name, label in _FACTS if row.get(name)),
    )


def _ref(row: Row, direction: Direction) -> str:
    """The five values that name a message (6.2), with what the calls take beside them."""
    named = ("id", "filtering_host", "date", "recipient", "sender", "incoming_size")
    try:
        return pack({**{name: row.get(name, "")[:300] for name in named}, "direction": direction.value})
    except ValueError:
        return pack({"id": row.get("id", "")[:60], "direction": direction.value})


def queue_item(row: Row, direction: Direction, domain: str | None, now: datetime) -> MailItem:
    """A waiting message (6.3). An empty sender is the null sender; incoming rows have the recipient's local part only."""
    recipient = row.get("recipient", "")
    if direction is Direction.IN and "@" not in recipient:
        recipient = f"{recipient}@{row.get('domain', '')}"
    age = _number(row.get("age", ""))
    frozen = bool(boolean(row.get("frozen", "")))
    named = {"id": row.get("message_id", ""), "host": row.get("host", ""), "recipient": recipient}
    retry = row.get("retry_time", "")
    owner = domain or (
        row.get("domain", "") if direction is Direction.IN else row.get("sender", "").rpartition("@")[2]
    )
    return MailItem(
        key=MailKey(
            MailSource.QUEUE,
            owner,
            pack({**named, "sender": row.get("sender", ""), "direction": direction.value}),
        ),
        sender=row.get("sender", ""),
        recipients=(recipient,),
        at=None if age is None else (now - timedelta(seconds=age)).replace(microsecond=0),
        size=_number(row.get("size", "")),
        message_id=row.get("message_id", ""),
        state=MailState.FROZEN if frozen else MailState.QUEUED,
        state_words="frozen" if frozen else "queued",
        direction=direction,
        host=row.get("host", ""),
        facts=((msg("Next try (UTC)"), retry),) if retry else (),
    )


def words_for(wanted: Sequence[Any], known: Mapping[Any, tuple[str, ...]]) -> str:
    """Our classes or states as the comma list that a search takes."""
    return ",".join(word for one in wanted for word in known.get(one, ()))


def class_of(words: str) -> MailClass:
    """Our class for a classification in the upstream's words."""
    return _CLASS_OF.get(words.strip().lower(), MailClass.UNKNOWN)


def instant(text: str) -> datetime | None:
    """A date of the log (UTC), None for what is none."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return datetime.fromtimestamp(int(text), UTC)
    for form in inferred.MAIL_DATES:
        try:
            return datetime.strptime(text[:19], form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
