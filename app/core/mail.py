"""A message read without trust (RFC 5322, 2045 to 2049): headers, texts and attachments, whatever it was made to do.

The standard library reads headers and encodings; the parts are found here, because its parser keeps several copies of the
message and gets slow, or gives up, with what is nested without end. All work is bounded: bytes that are looked at, header
lines, parts, depth.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from app.core.errors import NotFound
from app.core.mail_html import SafeHtml, safe_html
from app.core.mail_text import decoded, file_name, in_charset, is_risky, visible_lines
from app.core.messages import MailFile
from app.core.text import Message, msg

MOST_SOURCE = 64 * 1024 * 1024
"""Bytes of a message that are looked at; what comes after them is left out and said."""

MOST_HEADER = 256 * 1024
"""Bytes of a header; a part's own as well."""

MOST_HEADERS = 300
MOST_VALUE = 4000
"""Characters of one header line that are shown, and of those that say how a part is made."""

MOST_PARTS = 300
MOST_DEPTH = 20
MOST_TEXT = 500_000
"""Characters of plain text that are shown."""

MOST_PICTURE = 400_000
"""Bytes of a picture inside the message that is shown in its HTML."""

_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_BASE64_BLANKS = re.compile(rb"[^A-Za-z0-9+/=]+")
_SHOWN_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is no container. `id` is its place ("1.2"), `size` of what is encoded about right."""

    id: str
    name: str
    media_type: str
    size: int
    charset: str
    encoding: str
    content_id: str
    attached: bool
    start: int
    end: int

    @property
    def risky(self) -> bool:
        """Opening it may run something."""
        return is_risky(self.name)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A message as far as it could be read. `notes` says what was odd or left out. None: it has no such text."""

    headers: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    notes: tuple[Message, ...]
    source: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The first header of that name, "" when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def date(self) -> datetime | None:
        """When it says it was written."""
        try:
            at = parsedate_to_datetime(self.header("Date")[:200])
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    @property
    def message_id(self) -> str:
        """The id of the header, without brackets."""
        return self.header("Message-ID").strip().strip("<>")

    @property
    def files(self) -> tuple[Part, ...]:
        """Everything that is not one of the texts shown."""
        shown = {id(part) for part in (self._text_part("text/plain"), self._text_part("text/html")) if part}
        return tuple(part for part in self.parts if id(part) not in shown)

    def text(self) -> str | None:
        """The plain text, fit to be shown, cut after MOST_TEXT characters."""
        part = self._text_part("text/plain")
        return None if part is None else visible_lines(self._words(part)[:MOST_TEXT])

    def html(self) -> SafeHtml | None:
        """The HTML, made harmless."""
        part = self._text_part("text/html")
        return None if part is None else safe_html(self._words(part), self._picture)

    def file(self, part_id: str) -> MailFile:
        """One part as it was before it was encoded. Raises NotFound."""
        part = next((one for one in self.parts if one.id == part_id), None)
        if part is None:
            raise NotFound(msg("The message has no such attachment."))
        return MailFile(part.name, part.media_type, self._data(part))

    def _text_part(self, media_type: str) -> Part | None:
        return next((p for p in self.parts if p.media_type == media_type and not p.attached), None)

    def _words(self, part: Part) -> str:
        return in_charset(self._data(part, 8 * MOST_TEXT), part.charset)

    def _data(self, part: Part, most: int | None = None) -> bytes:
        end = part.end if most is None else min(part.end, part.start + most)
        return _uncoded(self.source[part.start : end], part.encoding)

    def _picture(self, content_id: str) -> str | None:
        for part in self.parts:
            if content_id and part.content_id == content_id and part.media_type in _SHOWN_PICTURES:
                if part.size > MOST_PICTURE:
                    return None
                return f"data:{part.media_type};base64,{base64.b64encode(self._data(part)).decode('ascii')}"
        return None


def read_mail(source: bytes) -> ReadMail:
    """The message, however broken. Raises nothing."""
    notes: list[Message] = []
    if len(source) > MOST_SOURCE:
        source = source[:MOST_SOURCE]
        notes.append(
            msg("The message is larger than {mb} MB; the rest is not shown.", mb=MOST_SOURCE // 2**20)
        )
    headers, body = _header_block(source, 0, len(source), notes)
    walk = _Walk(source, notes)
    walk.visit(headers, body, len(source))
    return ReadMail(tuple(_shown(headers, notes)), tuple(walk.parts), _once(notes), source)


def _once(notes: list[Message]) -> tuple[Message, ...]:
    return tuple({str(note): note for note in notes}.values())


def read_headers(text: str | bytes) -> tuple[tuple[str, str], ...]:
    """A bare header block by lines, decoded and fit to be shown."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    notes: list[Message] = []
    headers, _ = _header_block(data, 0, len(data), notes)
    return tuple(_shown(headers, notes))


class _Walk:
    """Goes through the parts of a message, containers first in first out, within the bounds."""

    def __init__(self, source: bytes, notes: list[Message]) -> None:
        self._source = source
        self._notes = notes
        self._found = 0
        self.parts: list[Part] = []

    def visit(self, headers: Headers, start: int, end: int) -> None:
        """Collects the parts between `start` and `end`."""
        # A stack, not recursion: the depth is the sender's choice.
        waiting = [(headers, start, end, "1", 0)]
        while waiting:
            headers, start, end, place, depth = waiting.pop()
            kind = _media_type(headers)
            boundary = (
                _parameter(headers, "content-type", "boundary") if kind.startswith("multipart/") else ""
            )
            if boundary and depth >= MOST_DEPTH:
                self._notes.append(
                    msg("Parts are nested more than {most} deep; they are not opened.", most=MOST_DEPTH)
                )
            if not boundary or depth >= MOST_DEPTH:
                self._keep(headers, kind, start, end, place)
                continue
            inner = list(self._inside(boundary, start, end))
            if not inner:
                self._notes.append(msg("The structure of the message is broken."))
                self._keep(headers, "text/plain", start, end, place)
            numbered = [
                (*found, f"{place}.{n}" if depth else str(n), depth + 1) for n, found in enumerate(inner, 1)
            ]
            waiting.extend(reversed(numbered))

    def _inside(self, boundary: str, start: int, end: int) -> Iterator[tuple[Headers, int, int]]:
        """The parts of a container: header, begin and end of each. A last part without its end goes to the container's."""
        mark = b"--" + boundary.encode("utf-8", "surrogateescape")
        line = re.compile(rb"(?:^|\n)" + re.escape(mark) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        at = None
        for found in line.finditer(self._source, max(start - 1, 0), end):  # a line break may be the header's
            if at is not None:
                yield self._part(at, found.start())
                self._found += 1
                if self._found >= MOST_PARTS:
                    self._notes.append(msg("The message has more than {most} parts.", most=MOST_PARTS))
                    return
            if found.group(1) is not None:
                return
            at = found.end() + 1
        if at is not None and at < end:
            self._notes.append(msg("The message ends in the middle of a part."))
            yield self._part(at, end)

    def _part(self, start: int, end: int) -> tuple[Headers, int, int]:
        if self._source[end - 1 : end] == b"\r":
            end -= 1
        headers, body = _header_block(self._source, start, max(start, end), self._notes)
        return headers, body, max(body, end)

    def _keep(self, headers: Headers, kind: str, start: int, end: int, place: str) -> None:
        encoding = _value(headers, "content-transfer-encoding").strip().lower()[:40]
        disposition = _value(headers, "content-disposition").strip().lower()
        name = _parameter(headers, "content-disposition", "filename") or _parameter(
            headers, "content-type", "name"
        )
        size = end - start
        ending = mimetypes.guess_extension(kind) or ""
        self.parts.append(
            Part(
                id=place,
                name=file_name(name, len(self.parts) + 1, ending),
                media_type=kind,
                size=size * 73 // 100 if encoding == "base64" else size,
                charset=_parameter(headers, "content-type", "charset"),
                encoding=encoding,
                content_id=_value(headers, "content-id").strip().strip("<>"),
                attached=disposition.startswith("attachment") or bool(name) or not kind.startswith("text/"),
                start=start,
                end=end,
            )
        )


def _header_block(data: bytes, start: int, end: int, notes: list[Message]) -> tuple[Headers, int]:
    """The header that begins at `start`, and where the body after it begins."""
    most = min(end, start + MOST_HEADER)
    if data[start : start + 1] == b"\n" or data[start : start + 2] == b"\r\n":
        return Headers(), start + (1 if data[start : start + 1] == b"\n" else 2)
    found = _END_OF_HEADER.search(data, start, most)
    stop, body = (found.start(), found.end()) if found else (most, end)
    if not found and most < end:
        notes.append(
            msg("A header is longer than {kb} kB; the rest of it is not shown.", kb=MOST_HEADER // 1024)
        )
        later = _END_OF_HEADER.search(data, most, end)
        body = later.end() if later else end
    try:
        return BytesHeaderParser().parsebytes(data[start:stop]), body
    except (ValueError, LookupError, IndexError, RecursionError):
        notes.append(msg("A header cannot be read."))
        return Headers(), body


def _shown(headers: Headers, notes: list[Message]) -> Iterator[tuple[str, str]]:
    for number, (name, value) in enumerate(headers.raw_items()):
        if number == MOST_HEADERS:
            notes.append(msg("There are more than {most} header lines.", most=MOST_HEADERS))
            return
        yield decoded(str(name), 100), decoded(str(value), MOST_VALUE)


def _value(headers: Headers, name: str) -> str:
    """The raw text of a header, cut: what is read out of it must not cost more than it is worth."""
    for key, value in headers.raw_items():
        if key.lower() == name:
            return str(value).replace("\r", "").replace("\n", "")[:MOST_VALUE]
    return ""


def _small(headers: Headers, name: str) -> Headers:
    """A header object with just this line of it."""
    small = Headers()
    small[name] = _value(headers, name)
    return small


def _media_type(headers: Headers) -> str:
    kind = (
        _small(headers, "content-type").get_content_type()
        if _value(headers, "content-type")
        else "text/plain"
    )
    return (
        kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind, re.ASCII) else "application/octet-stream"
    )


def _parameter(headers: Headers, name: str, parameter: str) -> str:
    """A parameter of a header, RFC 2231 read ("filename*=utf-8''…"); "" where it cannot be read."""
    if not _value(headers, name):
        return ""
    try:
        found = _small(headers, name).get_param(parameter, "", name)
    except (ValueError, LookupError, IndexError, TypeError, RecursionError):
        return ""
    if isinstance(found, tuple):
        charset, _, value = found
        return in_charset(str(value).encode("latin-1", "replace"), str(charset or ""))
    return str(found or "")


def _uncoded(data: bytes, encoding: str) -> bytes:
    """What was encoded for the way; bytes that are no such code are left out."""
    if encoding == "base64":
        pure = _BASE64_BLANKS.sub(b"", data).split(b"=", 1)[0]
        pure = pure[: len(pure) - 1] if len(pure) % 4 == 1 else pure
        return binascii.a2b_base64(pure + b"=" * (-len(pure) % 4))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data
