"""Secrets as a type: a value that does not show itself by accident."""

from __future__ import annotations

import re
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MASK = "••••••"
MARK = "$secret"
"""In JSON, {"$secret": "plain text"} marks a value as a secret: the vault encrypts it in jobs, the journal masks it."""

_SECRET_NAME = re.compile(
    r"(^|[-_.])(pass(word|wd|phrase)?|pwd|secret|token|api[-_]?key|private[-_]?key|certificate)$",
    re.IGNORECASE,
)


def looks_secret(name: str) -> bool:
    """Whether a field of this name holds a secret, also where nobody said so."""
    return _SECRET_NAME.search(name) is not None


class Secret:
    """A password, token or key. `str`, `repr`, formatting, JSON and pickling never show the value; `reveal()` does.

    Only the place that hands it to an upstream, to a hash or to the vault calls `reveal()`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret is not pickled; encrypt it with the vault")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Lets a Secret be a field of a pydantic model: read from text, written as the mask."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, Secret) else cls(str(value)),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _: MASK),
        )


def marked(secret: Secret) -> dict[str, str]:
    """The secret as JSON that jobs keep encrypted and the journal masks: for steps and the items of jobs."""
    return {MARK: secret.reveal()}


def is_marked(value: Any) -> bool:
    """Whether a value of JSON is a marked secret."""
    return isinstance(value, dict) and len(value) == 1 and MARK in value
