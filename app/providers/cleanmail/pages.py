"""Whole lists, page by page (Cleanmail REST API manual, chapters 3 and 4; Cleanmail contract notes, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.core.errors import Malformed, Rejected
from app.core.text import msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.wire import Row, id_of, read_rows, total_of

Json = Any

PASSES = 3
"""How often a list is read at most when it changes under our hands."""


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[Row]
    total: int | None


class Pages:
    """Reads the paged lists of one connection. `parallel`: pages that are asked for at once."""

    def __init__(self, client: Client, parallel: int) -> None:
        self._client = client
        self._parallel = max(1, parallel)

    def rows(self, operation: str, arguments: Mapping[str, Json]) -> Iterator[list[Row]]:
        """All rows in batches of one page, each row once, by id. `arguments` hold the ids of the path and one filter.

        Sorted by id, so that pages can be read side by side; a list that refuses this is read one page after the other.
        When the total changed on the way the list is read again for what was missed. Raises as a read does, and Malformed
        when rows are missing in the end: half a list must not pass for a whole one.
        """
        given: set[str] = set()
        for attempt in range(PASSES):
            reading = _Reading()
            for page in self._pages(operation, arguments):
                reading.take(page)
                fresh = [row for row in page.rows if id_of(row) not in given]
                given.update(id_of(row) for row in fresh)
                if fresh:
                    yield fresh
            if reading.whole and (reading.steady or attempt == PASSES - 1):
                return
        raise Malformed(
            msg(
                "The list is not complete: {seen} of {total} rows came.",
                seen=reading.seen,
                total=reading.total,
            )
        )

    def _pages(self, operation: str, arguments: Mapping[str, Json]) -> Iterator[_Page]:
        """One reading of the list. The first page tells the total, and how long this server's pages are at most."""
        ask: Callable[[int, int], _Page]
        ask = partial(self._page, operation, {**arguments, "sort": "id"})
        threads = self._parallel
        try:
            first = ask(inferred.PAGE, 0)
        except Rejected as refused:
            if refused.status != 400:
                raise
            ask, threads = partial(self._page, operation, arguments), 1
            first = ask(inferred.PAGE, 0)
        yield first
        if first.total is None:
            yield from _until_short(ask, first)
        elif first.rows:
            size = min(len(first.rows), inferred.PAGE)
            offsets = range(size, first.total, size)
            yield from _until_empty(in_order((partial(ask, size, offset) for offset in offsets), threads))

    def _page(self, operation: str, arguments: Mapping[str, Json], size: int, offset: int) -> _Page:
        answer = self._client.call(operation, {**arguments, "pageSize": size, "offset": offset})
        return _Page(read_rows(answer, operation), total_of(answer))


class _Reading:
    """What one reading of a list showed."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._totals: set[int | None] = set()
        self.total: int | None = None

    def take(self, page: _Page) -> None:
        self._ids.update(id_of(row) for row in page.rows)
        self._totals.add(page.total)
        self.total = page.total

    @property
    def seen(self) -> int:
        return len(self._ids)

    @property
    def steady(self) -> bool:
        """The total was the same on every page."""
        return len(self._totals) == 1

    @property
    def whole(self) -> bool:
        """As many rows came as there are."""
        return self.total is None or self.seen >= self.total


def _until_empty(pages: Iterator[_Page]) -> Iterator[_Page]:
    """The pages up to one without rows: there is nothing behind it, whatever the total says."""
    for page in pages:
        yield page
        if not page.rows:
            return


def _until_short(ask: Callable[[int, int], _Page], page: _Page) -> Iterator[_Page]:
    """The further pages of a list without a total: a short page is the last (notes 8), or one that came before."""
    offset = 0
    while len(page.rows) >= inferred.PAGE:
        offset += len(page.rows)
        following = ask(inferred.PAGE, offset)
        if following.rows == page.rows:
            return
        page = following
        yield page
