"""Arguments of the Software API as they arrive in the query (SpamExperts contract sheet, section 1.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import invalid, misuse
from app.sandbox.spamexperts.names import domain_name

_TRUE, _FALSE = ("true", "1"), ("false", "0")
MAX_NUMBER = 2**31 - 1


def parse(query: str) -> dict[str, str]:
    """Return the arguments of a raw query string, empty ones too.

    Doubled and trailing ``&`` are tolerated and raw JSON is taken as it is; of a repeated argument the last counts.
    """
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {_decoded(name): _decoded(value) for name, _, value in pairs}


def _decoded(text: str) -> str:
    raw = text.replace("+", " ").encode("latin-1")
    return unquote_to_bytes(raw).decode("utf-8", "replace")


def basic_header(username: str, password: str) -> str:
    """Return the Authorization header of these credentials."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Arguments:
    """The arguments of one call, read by type. An empty one counts as left out."""

    def __init__(self, call: str, values: Mapping[str, str]) -> None:
        self.call = call
        self._raw = values

    def given(self, name: str) -> bool:
        """True when the argument came with a value."""
        return bool(self._raw.get(name))

    def present(self, name: str) -> bool:
        """True when the argument came, even empty (for the few calls where empty means something)."""
        return name in self._raw

    def text(self, name: str, default: str = "") -> str:
        """Return the text of an argument."""
        return self._raw.get(name) or default

    def require(self, *names: str) -> None:
        """Raise E0 when one of these is missing."""
        for name in names:
            if not self.given(name):
                raise misuse(wording.MISSING_ARGUMENT, call=self.call, argument=name)

    def boolean(self, name: str, default: bool | None = None) -> bool | None:
        """Return a boolean in any case of letters; EV for other words."""
        return boolean(name, self.text(name)) if self.given(name) else default

    def integer(self, name: str, default: int | None = None, maximum: int = MAX_NUMBER) -> int | None:
        """Return a whole number from 0; EV for anything else, and for one above the maximum."""
        return integer(name, self.text(name), maximum) if self.given(name) else default

    def domain(self, name: str = "domain") -> str:
        """Return a domain name in lower-case ASCII; EV when it is none, E0 when it is missing."""
        self.require(name)
        return domain_name(name, self.text(name))

    def words(self, name: str) -> list[str]:
        """Return the items of a comma list, without blanks."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def json(self, name: str) -> Any:
        """Return structured JSON; EV when it cannot be read."""
        try:
            return json.loads(self.text(name))
        except ValueError as error:
            raise invalid(name, self.text(name)) from error


def boolean(name: str, text: str) -> bool:
    """Return the boolean that a text means, or raise EV."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise invalid(name, text)


def integer(name: str, text: str, maximum: int = MAX_NUMBER) -> int:
    """Return the whole number that a text means, or raise EV."""
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > maximum:
        raise invalid(name, text)
    return int(text)
