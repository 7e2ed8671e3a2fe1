"""Column types that mean the same on SQLite and PostgreSQL: UTC times, JSON and text that no database refuses."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.core.secret import MASK, Secret

# NUL (PostgreSQL refuses it) and lone surrogates (they cannot be written as UTF-8).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without the characters that a database cannot hold."""
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("", text)


def storable_json(value: Any) -> Any:
    """`value` as JSON that every database takes: texts made storable, tuples as lists, NaN as null, a Secret as its mask."""
    kind = type(value)
    if kind is str:
        return storable(value)
    if kind is int or kind is bool or value is None:
        return value
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored as UTC, given back with its zone. A time without a zone is refused (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC; without its zone where the database has no type for it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, _type: object) -> Callable[[Any], datetime | None]:
        """Gives the stored time UTC as its zone. SQLite keeps text, read here at once: lists have many times."""
        return _from_text if dialect.name == "sqlite" else _in_utc


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


_scan: Callable[[str, int], tuple[Any, int]] = getattr(json.JSONDecoder(), "scan_once")  # noqa: B009  not in the type stubs


def read_json(text: str) -> Any:
    """What `json.loads` reads, without its care for text that begins with blanks: we wrote it ourselves."""
    return _scan(text, 0)[0]


class JsonValue(TypeDecorator[Any]):
    """JSON as text; None is NULL. What no database takes (NUL, lone surrogates) is left out."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        """The value made storable."""
        return storable_json(value)


class SafeText(TypeDecorator[str]):
    """Text of any length from outside, without what no database takes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text made storable."""
        return None if value is None else storable(value)


def name_type(length: int = 255) -> TypeEngine[str]:
    """A short ASCII name, compared and sorted byte by byte on both databases (PostgreSQL's locale would not)."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


# Ids. PostgreSQL counts every attempted upsert, so 32 bits would not last; SQLite wants INTEGER for its row id.
BigId = BigInteger().with_variant(Integer, "sqlite")
