"""The four paging styles of the Control Panel API (Hornetsecurity contract sheet, 1, "Paging")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.problems import Problem

T = TypeVar("T")

CEILING = 10_000

OFFSET_LIMIT = {"offset": fields.integer(minimum=0), "limit": fields.integer(minimum=0)}
"""Style A, in the body of the searches."""

OFFSET_SIZE = {"offset": fields.integer(minimum=0), "size": fields.integer(minimum=1)}
"""Style B, of the hierarchy."""

PAGE_LIMIT = {"page": fields.integer(minimum=0), "limit": fields.integer(minimum=1)}
"""Styles C (in the query) and D (in the body)."""


@dataclass(frozen=True)
class Window:
    """Which rows of a list were asked for."""

    start: int
    size: int

    def cut(self, rows: Sequence[T]) -> list[T]:
        """Return the rows inside the window."""
        return list(rows[self.start : self.start + self.size])

    def page(self, name: str, rows: Sequence[Any]) -> dict[str, Any]:
        """Return the usual list answer: the rows under ``name``, the total, and whether more follow."""
        return {
            name: self.cut(rows),
            "num_found_items": len(rows),
            "has_more_elements": self.more(len(rows)),
        }

    def more(self, total: int) -> bool:
        """Tell whether rows follow after the window."""
        return self.start + self.size < total


def offset_limit(values: Mapping[str, Any], limit: int = 100) -> Window:
    """Style A. The default limit is [inferred]. Raises Problem 3089 above the ceiling of 10,000 rows."""
    window = Window(values.get("offset", 0), values.get("limit", limit))
    if window.start + window.size > CEILING:
        raise Problem(3089)
    return window


def offset_size(values: Mapping[str, Any], size: int = 50) -> Window:
    """Style B."""
    return Window(values.get("offset", 0), values.get("size", size))


def page_limit(values: Mapping[str, Any], limit: int = 100) -> Window:
    """Styles C and D: pages count from 0. For style D the default of 100 is [inferred]."""
    size = values.get("limit", limit)
    return Window(values.get("page", 0) * size, size)
