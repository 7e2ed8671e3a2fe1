"""Reading stored messages: what a listing shows, the body as HTML, and single parts.

Broken messages are the point of a quarantine, so nothing here may fail on them: what cannot be decoded is shown as it
came, with replacement characters.
"""

from __future__ import annotations

import datetime
import email
import email.header
import email.utils
import html
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.message import Message
from typing import Any

from app.sandbox.cleanmail.records import Row


def summary(raw: bytes, received: int) -> Row:
    """Return what listings show of a message; ``received`` stands in for a date that cannot be read."""
    message = email.message_from_bytes(raw)
    return {
        "headers": _headers(message),
        "messageId": _decoded(message.get("Message-ID", "")).strip(),
        "date": _date(message.get("Date"), received),
        "subject": _decoded(message.get("Subject", "")),
        "from": "".join(_addresses(message, "From")[:1]),
        **{name: _addresses(message, name) for name in ("to", "cc", "bcc")},
        "size": len(raw),
        "text": " ".join(_text(part) for part in message.walk() if part.get_content_maintype() == "text"),
        "parts": [_described(part_id, part) for part_id, part in _attached(message)],
    }


def body(raw: bytes) -> str:
    """Return the message's content as HTML: its HTML part as it came, else its text."""
    texts = {"text/html": "", "text/plain": ""}
    for _, part in _leaves(email.message_from_bytes(raw), ""):
        kind = part.get_content_type()
        if kind in texts and not texts[kind] and not _is_attachment(part):
            texts[kind] = _text(part)
    return texts["text/html"] or f"<pre>{html.escape(texts['text/plain'])}</pre>"


def attachment(raw: bytes, part_id: str) -> tuple[str, str, bytes] | None:
    """Return name, type and bytes of an attachment, or None."""
    for found, part in _attached(email.message_from_bytes(raw)):
        if found == part_id:
            return _name(part_id, part), part.get_content_type(), _content(part)
    return None


def _headers(message: Message) -> dict[str, Any]:
    """Return the headers by name, in the case of their first occurrence; a repeated one as a list."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(key.lower() for key in message):
        spelled = next(key for key in message if key.lower() == name)
        found[spelled] = [_decoded(value) for value in message.get_all(name, [])]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _decoded(value: Any) -> str:
    try:
        text = str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, UnicodeError, ValueError, HeaderParseError):
        text = str(value)
    return _clean(" ".join(text.split("\n")).replace("\r", ""))


def _clean(text: str) -> str:
    """Replace what JSON cannot carry."""
    return text.encode("utf-8", "replace").decode()


def _date(value: Any, received: int) -> int:
    try:
        moment = email.utils.parsedate_to_datetime(str(value))
    except (ValueError, TypeError, OverflowError):
        return received
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp()) * 1000


def _addresses(message: Message, name: str) -> list[str]:
    values = [_decoded(value) for value in message.get_all(name, [])]
    pairs = email.utils.getaddresses(values)
    found = [f"{shown} <{address}>" if shown else address for shown, address in pairs if address]
    return found or [value for value in values if value]


def _leaves(message: Message, prefix: str) -> Iterator[tuple[str, Message]]:
    """Yield the parts that hold content with their ids; an attached message is one part."""
    payload = message.get_payload()
    if message.get_content_maintype() != "multipart" or not isinstance(payload, list):
        yield prefix or "1", message
        return
    for place, part in enumerate(payload, start=1):
        if isinstance(part, Message):
            yield from _leaves(part, f"{prefix}.{place}" if prefix else str(place))


def _is_attachment(part: Message) -> bool:
    disposition = str(part.get("Content-Disposition", "")).lower()
    return disposition.startswith("attachment") or bool(part.get_filename())


def _attached(message: Message) -> Iterator[tuple[str, Message]]:
    for part_id, part in _leaves(message, ""):
        if _is_attachment(part) or part.get_content_maintype() not in ("text", "multipart"):
            yield part_id, part


def _name(part_id: str, part: Message) -> str:
    name = part.get_filename()
    ending = "eml" if part.get_content_type() == "message/rfc822" else "bin"
    return _decoded(name) if name else f"part-{part_id}.{ending}"


def _described(part_id: str, part: Message) -> Row:
    return {
        "partId": part_id,
        "name": _name(part_id, part),
        "contentType": part.get_content_type(),
        "size": len(_content(part)),
    }


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    inner = part.get_payload()
    return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], Message) else b""


def _text(part: Message) -> str:
    content = _content(part)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("latin-1")
