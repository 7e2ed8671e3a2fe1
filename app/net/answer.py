"""An upstream's answer as it came, and the judgements that all drivers share."""

from __future__ import annotations

import codecs
import email.utils
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from app.core.calls import CallAnswer
from app.core.errors import Malformed, OutcomeUnknown, Unreachable, UpstreamError
from app.core.text import Message, msg
from app.net.masking import Masker

_HTML = re.compile(
    r"\ufeff?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|meta|h1|center|div|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_EXCERPT = 300


@dataclass(frozen=True)
class Answer:
    """Status, headers (names without case) and body; `ms` is its duration, `write` whether it answers a write.

    Any status except 3xx and 429: what it means is the driver's to say.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: float
    write: bool = False
    masker: Masker = field(default_factory=Masker, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """The status is 2xx. Some upstreams say that to everything."""
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters, "" when there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        """The body as text: in the charset that the header names, else UTF-8; what does not fit becomes "\ufffd"."""
        return self.body.removeprefix(codecs.BOM_UTF8).decode(self._charset(), errors="replace")

    def json(self) -> Any:
        """The body as JSON. Raises `unreadable` when it is none (or has NaN, or is nested beyond reason)."""
        try:
            value = json.loads(self.body, parse_constant=_refuse)
            return _whole(value) if b"\\ud" in self.body or b"\\uD" in self.body else value
        except (ValueError, RecursionError):
            pass
        raise self.unreadable(msg("The upstream's answer is not JSON."))

    def unreadable(self, problem: Message) -> UpstreamError:
        """The error for an answer that is not this API: Malformed for a read, OutcomeUnknown for a write."""
        if self.write:
            text = msg("{problem} Nobody knows yet whether the change was made.", problem=problem)
            return OutcomeUnknown(text, status=self.status)
        return Malformed(problem, self.quote(self.text), status=self.status)

    def quote(self, words: str, limit: int = _EXCERPT) -> str:
        """The upstream's words made fit for an error: one line of at most `limit` characters, secrets hidden."""
        words = _INVISIBLE.sub(" ", self.masker.plain(words[: 20 * limit])).strip()
        return words if len(words) <= limit else words[: limit - 1] + "…"

    def as_it_came(self, total: int | None = None) -> CallAnswer:
        """The answer for somebody who asked for just this call; `total` as there."""
        return CallAnswer(
            self.status, self.content_type, self.body, self.ms, self._charset(), total, self.masker.plain
        )

    def _charset(self) -> str:
        found = re.search(r"charset\s*=\s*\"?([\w.:-]+)", self.headers.get("Content-Type", ""), re.IGNORECASE)
        try:
            return codecs.lookup(found.group(1)).name if found else "utf-8"
        except LookupError:
            return "utf-8"


@contextmanager
def kept(answer: Answer) -> Iterator[None]:
    """Within the block, an error that judges the answer carries it."""
    try:
        yield
    except UpstreamError as error:
        error.answer = answer.as_it_came()
        raise


def looks_like_html(answer: Answer) -> bool:
    """The body begins like a web page. The header says nothing: some upstreams send JSON as text/html."""
    return _HTML.match(answer.text[:2000]) is not None


def raise_for_gateway(answer: Answer) -> None:
    """Raises for what a server in front of the upstream (or a crashed one) says, before a driver reads the answer.

    502, 503 and 504 always; any other 5xx when its body is empty or a web page. Unreachable for a read, OutcomeUnknown
    for a write, since the request may have been passed on. A 5xx with other words is the driver's to judge.
    """
    if answer.status < 500:
        return
    if answer.status not in (502, 503, 504) and answer.body.strip() and not looks_like_html(answer):
        return
    problem = msg("The server answers with error {status}.", status=answer.status)
    if answer.write:
        text = msg("{problem} Nobody knows yet whether the change was made.", problem=problem)
        raise OutcomeUnknown(text, status=answer.status)
    raise Unreachable(msg("{problem} Nothing was changed.", problem=problem), status=answer.status)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The header Retry-After in seconds from `now` (RFC 9110, 10.2.3), None when it is absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=now.tzinfo)
    return max(0.0, (at - now).total_seconds())


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _whole(value: Any) -> Any:
    """`value` without half characters (lone surrogates), which no database and no page can hold."""
    if isinstance(value, str):
        return _HALF_CHARACTER.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
