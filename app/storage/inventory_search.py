"""Looking for parts of names, aliases and route hosts, in a time that hardly grows with the number of domains.

PostgreSQL chooses by itself between its trigram index and a walk in the order of the list. SQLite's trigram index is a
table of its own, without statistics, and dear for long texts whose trigrams are common: here we look first how many rows
a short piece of the text finds. Few: these rows are taken and looked at. Many: the list is walked in its order, with an
early stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, UnaryExpression, column, func, select, table
from sqlalchemy.sql.operators import custom_op

from app.storage.db import Reads
from app.storage.matching import contains
from app.storage.tables import domains

CAP = 1000  # beyond this number of hits a search is broad: its total is no longer counted
_TRIGRAM = 3  # the shortest text that the trigram index can find
_PIECE = 8  # of a longer text its beginning and its end are tried first

_d = domains.c
_full_text = table("domain_search", column("rowid"), column("domain_search"))


class Search:
    """A search, in a list sorted by `sort`, for rows that hold all `parts`. `broad`: there are surely more than `most`."""

    def __init__(
        self, session: Reads, parts: Sequence[str], sort: str = "name", most: int | None = None
    ) -> None:
        self._most = CAP if most is None else most
        self._holds = [contains(_d.search, part, sqlite=is_sqlite(session)) for part in parts]
        self._among: ColumnElement[bool] | None = None
        self.broad = False
        long = [part for part in parts if len(part) >= _TRIGRAM]
        short = [part for part in parts if len(part) < _TRIGRAM]
        if not is_sqlite(session):
            return
        if long:
            self._use_trigrams(session, long, short, sort)
        elif sort != "name":
            self._use_names(session)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The search as SQL.

        On SQLite a broad one is looked for along ix_domains_search, where the list is in its order, that of names.
        """
        return self._holds if self._among is None else [self._among, *self._holds]

    def _use_trigrams(self, session: Reads, long: list[str], short: list[str], sort: str) -> None:
        """Narrows the search to the hits of a short piece, or of all parts together, if these are few."""
        pieces = {piece for part in long for piece in (part[:_PIECE], part[-_PIECE:])}
        hits, best = min((self._count(session, _rowids([piece])), piece) for piece in pieces)
        if hits <= self._most:
            self._among = _d.id.in_(_rowids([best]))
            return
        all_long = _rowids(long)
        few = self._count(session, all_long) <= self._most
        self.broad = not few and not short
        if few or sort != "name":
            self._among = (_d.id if few else unindexed(_d.id)).in_(all_long)
            self._holds = [contains(_d.search, part, sqlite=True) for part in short]

    def _use_names(self, session: Reads) -> None:
        """Nothing for the trigram index: looks along ix_domains_search how much there is."""
        found = select(_d.id).where(*self._holds)
        self.broad = self._count(session, found) > self._most
        if not self.broad:
            self._among = _d.id.in_(found)

    def _count(self, session: Reads, ids: Select[Any]) -> int:
        """How many ids there are, at most one more than `most`."""
        return session.scalar(select(func.count()).select_from(ids.limit(self._most + 1).subquery())) or 0


def _rowids(parts: Iterable[str]) -> Select[Any]:
    """The ids of the domains whose search text holds all `parts`, each of three characters or more."""
    phrases = " AND ".join('"' + part.replace('"', '""') + '"' for part in parts)
    return select(_full_text.c.rowid).where(_full_text.c.domain_search.op("MATCH")(phrases))


def is_sqlite(session: Reads) -> bool:
    """The session's database is SQLite."""
    bind = session if isinstance(session, Connection) else session.get_bind()
    return bind.dialect.name == "sqlite"


def unindexed(field: ColumnElement[Any]) -> ColumnElement[Any]:
    """`+field`: the same value, for which SQLite looks into no index."""
    return UnaryExpression(field, operator=custom_op("+"), type_=field.type)
