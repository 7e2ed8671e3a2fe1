"""What pasted headers of a message say: who wrote to whom, when, which way it came, and what was checked. Hostile input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime

MOST = 100_000
"""Characters that are looked at."""
HOPS, RESULTS = 30, 20
_LINES = 2_000
_TEXT = 500
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]*(.*)")
_ID = re.compile(r"<([^<>\s]{1,250})>")
_RESULT = re.compile(
    r"\b(spf|dkim|dmarc|arc|iprev|auth|compauth)=([a-z]{1,20})\b([^;]{0,200})", re.IGNORECASE
)
_PART = re.compile(r"\b(from|by|with)\s+(\S{1,255})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hop:
    """One server that took the message, as its Received line says; anybody can have written those below our own."""

    by: str
    sender: str
    at: datetime | None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A result of an authentication check, as the header of some server says."""

    method: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was found in pasted headers; "" where they do not say it. `hops` in the order in which the message went."""

    sender: str = ""
    envelope: str = ""
    recipient: str = ""
    subject: str = ""
    message_id: str = ""
    at: datetime | None = None
    hops: tuple[Hop, ...] = ()
    results: tuple[Checked, ...] = ()


def parse(text: str) -> Pasted:
    """Reads headers, of which the first of each kind counts. Never raises; what cannot be read is left out."""
    fields = list(_fields(text[:MOST]))
    first: dict[str, str] = {}
    for name, value in fields:
        first.setdefault(name, value)
    received = [value for name, value in fields if name == "received"][:HOPS]
    return Pasted(
        sender=_address(first.get("from", "")),
        envelope=_address(first.get("return-path", "")),
        recipient=_address(first.get("delivered-to") or first.get("to", "")),
        subject=_decoded(first.get("subject", "")),
        message_id=_id(first.get("message-id", "")),
        at=_date(first.get("date", "")),
        hops=_hops([_hop(value) for value in reversed(received)]),
        results=tuple(_results(fields))[:RESULTS],
    )


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Names in lower case and unfolded values, up to the first empty line."""
    name, value = "", ""
    for line in text.lstrip("\r\n").splitlines()[:_LINES]:
        if not line.strip():
            break
        if line[0] in " \t":
            value = f"{value} {line.strip()}"[:10_000]
            continue
        if name:
            yield name, value
        found = _FIELD.match(line)
        name, value = (found.group(1).lower(), found.group(2)[:10_000]) if found else ("", "")
    if name:
        yield name, value


def _plain(text: str, most: int = _TEXT) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()[:most]


def _decoded(text: str) -> str:
    try:
        return _plain(str(make_header(decode_header(text))))
    except (HeaderParseError, ValueError, LookupError, UnicodeError):
        return _plain(text)


def _address(text: str) -> str:
    address = parseaddr(text[:2000])[1].strip().lower()
    good = (
        0 < len(address) <= 320 and address.count("@") == 1 and address.isprintable() and " " not in address
    )
    return address if good and not address.startswith("@") and not address.endswith("@") else ""


def _id(text: str) -> str:
    found = _ID.search(text)
    return _plain(found.group(1), 250) if found else ""


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.strip()[:100])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _hop(value: str) -> Hop:
    parts = {
        word.lower(): name.strip("();")
        for word, name in _PART.findall(value.rpartition(";")[0][:2000] or value[:2000])
    }
    return Hop(
        _plain(parts.get("by", ""), 255), _plain(parts.get("from", ""), 255), _date(value.rpartition(";")[2])
    )


def _hops(hops: list[Hop]) -> tuple[Hop, ...]:
    """The hops, each with the seconds since the one before."""
    found: list[Hop] = []
    for number, hop in enumerate(hops):
        before = hops[number - 1].at if number else None
        passed = round((hop.at - before).total_seconds()) if hop.at and before else None
        found.append(Hop(hop.by, hop.sender, hop.at, passed))
    return tuple(found)


def _results(fields: list[tuple[str, str]]) -> Iterator[Checked]:
    for name, value in fields:
        if name in ("authentication-results", "arc-authentication-results", "received-spf"):
            text = f"spf={value}" if name == "received-spf" else value
            for method, result, detail in _RESULT.findall(text[:5000]):
                yield Checked(method.lower(), result.lower(), _plain(detail, 200))
