"""What must not be shown of a request or an answer: named arguments, credential headers, and known secret values."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from app.core.secret import MASK, looks_secret

_OPEN_HEADERS = {
    *("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection"),
    *(
        "content-length",
        "content-type",
        "if-match",
        "if-none-match",
        "pragma",
        "user-agent",
        "x-requested-with",
    ),
}
"""Header names whose values are shown. All others are masked: an upstream may take a credential in any of them."""

_SHORTEST_KNOWN_SECRET = 4  # a shorter value would blot out half of every text
_MARK = re.compile("\x00([A-Z0-9_]+)\x00")


class Masker:
    """Hides the secrets of one call in everything that is shown of it.

    `names` are the arguments to hide (in query, form, JSON and path), `values` the secrets that are known: they are
    hidden wherever they appear, in any of the usual spellings. Hidden places hold a mark until `plain` or `shell` turns
    it into something to read.
    """

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = ()) -> None:
        self._names = {name.lower() for name in names}
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in values:
            self.learn(value)

    def learn(self, value: str) -> None:
        """From now on `value` is hidden wherever it appears."""
        if len(value) < _SHORTEST_KNOWN_SECRET:
            return
        self._pattern = None
        self._values |= _forms(value)

    def hides(self, name: str) -> bool:
        """Whether the argument's value is hidden."""
        return name.lower() in self._names or looks_secret(name)

    # --- with marks -------------------------------------------------------------------------------------------------

    def url(self, url: str) -> str:
        """A URL, hidden query arguments and the path segments after a hidden name marked."""
        head, question, query = url.partition("?")
        parts = head.split("/")
        for i, part in enumerate(parts[3:-1], start=3):
            if self.hides(unquote_plus(part)):
                parts[i + 1] = self._hide(part, unquote_plus(parts[i + 1]))
        pairs = [self._pair(pair) for pair in query.split("&")]
        return self._known("/".join(parts) + question + "&".join(pairs))

    def form(self, pairs: Sequence[tuple[str, str]]) -> str:
        """A form body, hidden fields marked."""
        return self._known("&".join(self._pair(f"{quote_plus(k)}={quote_plus(v)}") for k, v in pairs))

    def json(self, value: Any) -> str:
        """A JSON body, the values of hidden keys marked at any depth."""
        return self._known(json.dumps(self._masked(value), ensure_ascii=False).replace("\\u0000", "\x00"))

    def header(self, name: str, value: str) -> str:
        """A header's value; of a credential the scheme word stays ("Token …")."""
        if name.lower() in _OPEN_HEADERS and not self.hides(name):
            return self._known(value)
        scheme, space, rest = value.partition(" ")
        if name.lower().endswith("authorization") and space:
            return f"{scheme} {self._hide(scheme, rest)}"
        return self._hide(name, value)

    # --- ready to be shown ------------------------------------------------------------------------------------------

    def plain(self, text: str) -> str:
        """Any text, with marks and known secrets replaced by dots."""
        return _MARK.sub(MASK, self._known(text)).replace("\x00", "")

    def shell(self, text: str) -> str:
        """Any text as one shell word, with marks and known secrets replaced by variables."""
        pieces = _MARK.split(self._known(text))
        words = [f'"${piece}"' if i % 2 else _quoted(piece) for i, piece in enumerate(pieces)]
        return "".join(words) or "''"

    # ----------------------------------------------------------------------------------------------------------------

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals or not self.hides(unquote_plus(name)):
            return pair
        return f"{name}={self._hide(unquote_plus(name), unquote_plus(value))}"

    def _hide(self, name: str, value: str) -> str:
        self.learn(value)
        return mark(name)

    def _masked(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                key: self._hide_any(key, item) if self.hides(str(key)) else self._masked(item)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._masked(item) for item in value]
        return value

    def _hide_any(self, name: str, value: Any) -> str:
        return self._hide(name, value if isinstance(value, str) else json.dumps(value))

    def _known(self, text: str) -> str:
        if self._pattern is None:
            self._pattern = _any_of(frozenset(self._values))
        return self._pattern.sub(mark("SECRET"), text)


# Each call of a connection hides the same few values, so what was worked out for them is kept in memory, as they are.
@lru_cache(maxsize=256)
def _any_of(values: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)


@lru_cache(maxsize=256)
def _forms(value: str) -> frozenset[str]:
    """How a value looks in URLs, JSON, HTML, Base64, and where somebody took one charset for the other."""
    data = value.encode(errors="replace")
    garbled = {data.decode("latin-1"), value.encode("latin-1", "ignore").decode(errors="replace")}
    written = {html.escape(value), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    in_url = {quote(data, safe=""), quote_plus(data), quote(data)}
    every = {value, base64.b64encode(data).decode(), *garbled, *written, *in_url}
    return frozenset(form for form in every if len(form) >= _SHORTEST_KNOWN_SECRET)


def _quoted(piece: str) -> str:
    piece = piece.replace("\x00", "")
    return shlex.quote(piece) if piece else ""


def mark(name: str) -> str:
    """The mark that stands for a hidden value; `name` becomes the name of a shell variable."""
    variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "SECRET"
    return f"\x00{variable}\x00"
