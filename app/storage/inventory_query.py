"""Which rows of the inventory a list shows, and in which order: filters, searches and sorts as SQL.

A list must not become slower with the number of domains. So every sort order has an index that also holds what filters
and scopes ask for; a page is a short walk along that index, which gives ids, and the rows are fetched by id. Searches
use the database's trigram index while they find little, and walk the ordered index, with an early stop, when they find
much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    exists,
    func,
    literal,
    select,
    tuple_,
)

from app.core.actor import Actor
from app.core.model import Verdict
from app.core.ports import DomainQuery
from app.storage.column_types import storable
from app.storage.db import Reads
from app.storage.health_tables import RANKS, health_runs
from app.storage.inventory_rows import HOST, ROW_COLUMNS, ROW_TABLES, searched
from app.storage.inventory_search import CAP, Search, is_sqlite, unindexed
from app.storage.matching import seen_by
from app.storage.tables import domain_counts, domains

_MOST_WORDS = 5
_LONGEST_TEXT = 255

_d = domains.c
SORTS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "name": (_d.name, _d.connection),
    "connection": (_d.connection, _d.name),
    "changed": (_d.changed_at, _d.name, _d.connection),
    "aliases": (_d.alias_count, _d.name, _d.connection),
    "routes": (_d.first_route, _d.name, _d.connection),
    "status": (_d.status, _d.name, _d.connection),
    "mailboxes": (_d.mailboxes, _d.name, _d.connection),
}

FULL_ROW = select(*ROW_COLUMNS, _d.alias_count, _d.first_route, _d.id).select_from(ROW_TABLES)


@dataclass(frozen=True, slots=True)
class Listing:
    """A query made ready: its conditions and its order.

    `rows` is an upper bound of its hits, and their number where `exact`; `broad`: there are surely more than `CAP`.
    """

    conditions: tuple[ColumnElement[bool], ...]
    keys: tuple[ColumnElement[Any], ...]
    descending: bool
    rows: int
    exact: bool
    broad: bool

    def order(self, *, backwards: bool = False) -> list[ColumnElement[Any]]:
        """The ORDER BY, or the reverse of it."""
        down = self.descending != backwards
        return [key.desc() if down else key.asc() for key in self.keys]

    def ids(self, limit: int, offset: int = 0, *, backwards: bool = False) -> Select[Any]:
        """The ids of a stretch of the list, counted from its end when `backwards`."""
        statement = select(_d.id).where(*self.conditions).order_by(*self.order(backwards=backwards))
        return statement.limit(limit).offset(offset)

    def count_up_to(self, limit: int) -> Select[Any]:
        """The number of hits, at most `limit`."""
        return select(func.count()).select_from(select(_d.id).where(*self.conditions).limit(limit).subquery())

    def rows_after(self, last: Sequence[Any] | None, limit: int) -> Select[Any]:
        """The full rows that follow the one with the sort values `last`."""
        statement = FULL_ROW.where(*self.conditions).order_by(*self.order()).limit(limit)
        if last is None:
            return statement
        keys = tuple_(*self.keys)
        values = tuple_(*(literal(value, key.type) for value, key in zip(last, self.keys, strict=True)))
        return statement.where(keys < values if self.descending else keys > values)


def listing(session: Reads, actor: Actor, query: DomainQuery) -> Listing | None:
    """The query made ready, cut to the actor's scope; None when nothing can be found."""
    counts = session.execute(select(domain_counts)).all()
    known = {row.connection for row in counts}
    shown = [
        key
        for key in sorted(known)
        if actor.sees_some_of(key) and (not query.connections or key in query.connections)
    ]
    rows = sum(
        row.n
        for row in counts
        if row.connection in shown and (not query.statuses or row.status in query.statuses)
    )
    if rows == 0:
        return None
    sort = query.sort if query.sort in SORTS else "name"
    sqlite = is_sqlite(session)
    parts = _wanted_parts(query)
    search = Search(session, parts, sort) if parts else None
    many = sqlite and rows > CAP
    conditions: list[ColumnElement[bool]] = []
    if len(shown) < len(known):
        fits = len(shown) == 1 and sort in ("name", "connection") and not parts
        conditions.append(_one_of(_d.connection, shown, walk=many and not fits))
    if query.statuses:
        fits = len(query.statuses) == 1 and sort in ("name", "status") and not parts
        conditions.append(_one_of(_d.status, query.statuses, walk=many and not fits))
    whole = all(actor.sees(key) for key in shown)
    if not whole:
        conditions.append(seen_by(actor, _d.connection, _d.name, sqlite=sqlite))
    broad = search is not None and search.broad and not conditions
    if search is not None:
        conditions += search.conditions
    if query.health is not None:
        conditions.append(_healthy(session, query.health, sqlite=sqlite))
    exact = whole and search is None and query.health is None
    return Listing(tuple(conditions), SORTS[sort], query.descending, rows, exact, broad)


def _wanted_parts(query: DomainQuery) -> list[str]:
    """The pieces that must all be somewhere in a row's search text: each word, and the route host as a whole line."""
    parts = [searched(storable(word)) for word in query.text[:_LONGEST_TEXT].split()[:_MOST_WORDS]]
    if query.route_host:
        parts.append(f"\n{HOST}{searched(storable(query.route_host[:_LONGEST_TEXT]))}\n")
    return [part for part in parts if part]


def _healthy(session: Reads, verdict: Verdict, *, sqlite: bool) -> ColumnElement[bool]:
    """Domains with this worst verdict. On SQLite few are fetched and sorted; for many the list is walked in its order."""
    runs = health_runs.alias().c  # the row itself may be read with its health
    having = select(runs.domain_id).where(runs.rank == RANKS[verdict])
    few = session.scalar(select(func.count()).select_from(having.limit(CAP + 1).subquery())) or 0
    if sqlite and few > CAP:
        return exists().where(runs.domain_id == _d.id, unindexed(runs.rank) == RANKS[verdict])
    return _d.id.in_(having)


def _one_of(field: ColumnElement[Any], values: Iterable[str], *, walk: bool) -> ColumnElement[bool]:
    """`field` is one of `values`. `walk`: SQLite shall look at it on its way along another index."""
    values = [storable(value) for value in values]
    if walk:
        field = unindexed(field)
    return field == values[0] if len(values) == 1 else field.in_(values)
