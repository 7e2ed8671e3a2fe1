"""Readings of domains as rows, behind core's port `HealthStore`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.health import (
    DNS,
    SMTP,
    UPSTREAM,
    DomainHealth,
    HealthCounts,
    HealthPage,
    HealthQuery,
    HealthRow,
)
from app.core.model import DomainStatus, Reading, Verdict
from app.core.text import Message
from app.storage.column_types import storable
from app.storage.db import Database
from app.storage.health_tables import (
    CHECK,
    RANKS,
    SOURCE,
    SUBJECT,
    VALUE,
    VERDICTS,
    health_readings,
    health_runs,
)
from app.storage.inventory_rows import ident
from app.storage.inventory_search import CAP, Search, unindexed
from app.storage.matching import seen_by
from app.storage.tables import domain_counts, domains
from app.storage.upserts import insert_into

COUNTED = 10_000
"""Rows of a list, and domains of a verdict, are counted up to here."""
BADGE = 1_000
"""Failing domains are counted up to here for the menu."""

_MOST = 200  # readings of one domain
_PIECE = 500
_SAMPLE = 2_000  # readings of which the usual value is that of most
_SHORT = 3  # characters from which on a database's trigram index finds a text
_GONE = (DomainStatus.MISSING.value, DomainStatus.DELETED.value)

_h = health_readings.c
_d = domains.c
_ORDER = (_h.rank, _h.domain, _h.connection, _h.check_name, _h.source, _h.subject)
_KEYS = (_h.domain_id, _h.check_name, _h.source, _h.subject)


class SqlHealth:
    """`core.health.HealthStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- writing ---

    def replace(self, connection: str, domain: str, readings: Sequence[Reading], at: datetime) -> None:
        """Keeps what one run found instead of what was kept of the domain. Nothing happens to a domain that is gone."""
        self._put(connection, domain, readings, at, None)

    def replace_source(self, connection: str, domain: str, source: str, readings: Sequence[Reading]) -> None:
        """Keeps what one source says of the domain instead of what it said before."""
        self._put(connection, domain, readings, None, source)

    def _put(
        self,
        connection: str,
        domain: str,
        readings: Sequence[Reading],
        at: datetime | None,
        source: str | None,
    ) -> None:
        with self._database.check_then_write() as session:
            found = select(_d.id).where(_d.ident == ident(connection, domain)).with_for_update()
            domain_id = session.execute(found).scalar()
            if domain_id is None:
                return
            mine = [_h.domain_id == domain_id]
            if source is not None:
                mine.append(_h.source == source[:SOURCE])
            old = {
                (row.check_name, row.source, row.subject): row
                for row in session.execute(select(*_KEYS, _h.rank, _h.since).where(*mine))
            }
            session.execute(delete(health_readings).where(*mine))
            rows = _rows(domain_id, connection, domain, readings, old)
            if rows:
                session.execute(health_readings.insert(), rows)
            _note_run(session, domain_id, at)
            session.execute(
                health_runs.update()
                .where(health_runs.c.domain_id == domain_id)
                .values(
                    rank=select(func.coalesce(func.min(_h.rank), RANKS[Verdict.UNKNOWN]))
                    .where(_h.domain_id == domain_id)
                    .scalar_subquery()
                )
            )

    # --- reading ---

    def page(self, actor: Actor, query: HealthQuery) -> HealthPage:
        """One page of the readings of all domains that are not missing, worst first."""
        offset = (query.page - 1) * query.size
        with self._database.session() as session:
            conditions, broad = self._conditions(session, actor, query)
            found = session.execute(_rows_of(conditions).limit(query.size).offset(offset))
            rows = [_row(row) for row in found]
            every = select(_h.domain_id).join(domains, _d.id == _h.domain_id).where(*conditions)
            most = CAP if broad else COUNTED
            total = _count(session, every, most)
        return HealthPage(rows, min(total, most), total > most)

    def iterate(self, actor: Actor, query: HealthQuery) -> Iterator[HealthRow]:
        """All rows of a query, in the order of the list; read in pieces, none of them twice."""
        last: Row[Any] | None = None
        while True:
            with self._database.session() as session:
                further = [] if last is None else [_after(last)]
                conditions, _ = self._conditions(session, actor, query)
                found = session.execute(_rows_of([*conditions, *further]).limit(_PIECE)).all()
            yield from map(_row, found)
            if len(found) < _PIECE:
                return
            last = found[-1]

    def of_domain(self, actor: Actor, connection: str, domain: str) -> DomainHealth:
        """What is kept of one domain, worst first."""
        if not actor.sees(connection, domain):
            return DomainHealth((), None)
        its = _d.ident == ident(connection, domain)
        run = select(health_runs.c.checked_at).join(domains, _d.id == health_runs.c.domain_id).where(its)
        with self._database.session() as session:
            rows = [_row(row) for row in session.execute(_rows_of([its]))]
            return DomainHealth(rows, session.execute(run).scalar())

    def counts(self, actor: Actor) -> HealthCounts:
        """How many domains have which worst verdict, each counted up to `COUNTED`."""
        found: dict[Verdict, int] = {}
        with self._database.session() as session:
            for rank, verdict in VERDICTS.items():
                if number := self._having(session, actor, rank, COUNTED):
                    found[verdict] = number
            more = frozenset(verdict for verdict, number in found.items() if number > COUNTED)
            never = None if more else self._never(session, actor, sum(found.values()))
        return HealthCounts({verdict: min(n, COUNTED) for verdict, n in found.items()}, never, more)

    def failing(self, actor: Actor) -> int:
        """How many domains fail at least one check, counted up to `BADGE`."""
        with self._database.session() as session:
            return min(self._having(session, actor, RANKS[Verdict.FAIL], BADGE), BADGE)

    def _having(self, session: Session, actor: Actor, rank: int, most: int) -> int:
        """How many domains of the scope have this worst verdict, at most one more than `most`.

        Who sees everything need not have every domain looked at: only those that are gone, which are few.
        """
        runs, its = health_runs.c, health_runs.c.rank == rank
        joined = select(runs.domain_id).join(domains, _d.id == runs.domain_id).where(its)
        if not _sees_all(session, actor):
            return _count(session, joined.where(*self._there(actor)), most)
        # From the domains that are gone, not through all that have the verdict: so the rank is kept out of the choice.
        lost = select(runs.domain_id).join(domains, _d.id == runs.domain_id)
        gone = _count(session, lost.where(unindexed(runs.rank) == rank, _d.status.in_(_GONE)), COUNTED)
        every = _count(session, select(runs.domain_id).where(its), most + gone)
        return every - gone

    def _never(self, session: Session, actor: Actor, known: int) -> int:
        """How many domains of the scope have nothing stored, when `known` of them have something."""
        if _sees_all(session, actor):
            there = select(func.coalesce(func.sum(domain_counts.c.n), 0))
            every: int = session.execute(there.where(domain_counts.c.status.not_in(_GONE))).scalar_one()
            return max(0, every - known)
        never = select(_d.id).outerjoin(health_runs, _d.id == health_runs.c.domain_id)
        return _count(session, never.where(health_runs.c.domain_id.is_(None), *self._there(actor)), COUNTED)

    def _there(self, actor: Actor) -> list[ColumnElement[bool]]:
        return [_d.status.not_in(_GONE), self._scope(actor, _d.connection, _d.name)]

    def due(self, before: datetime, connections: Sequence[str], limit: int) -> list[tuple[str, str]]:
        """(connection, domain) on these connections not checked since `before`: the never checked, then the oldest."""
        at = health_runs.c.checked_at
        statement = (
            select(_d.connection, _d.name)
            .select_from(domains.outerjoin(health_runs, _d.id == health_runs.c.domain_id))
            .where(
                _d.status.not_in(_GONE), _d.connection.in_(list(connections)), or_(at.is_(None), at < before)
            )
            .order_by(at.is_not(None), at, _d.id)
            .limit(limit)
        )
        with self._database.session() as session:
            return [(row.connection, row.name) for row in session.execute(statement)]

    def failing_at(self, connection: str, source: str) -> list[str]:
        """The domains of a connection of which this source said that something fails."""
        failing = _h.rank == RANKS[Verdict.FAIL]
        statement = (
            select(_h.domain)
            .where(_h.connection == connection, _h.source == source[:SOURCE], failing)
            .distinct()
            .order_by(_h.domain)
        )
        with self._database.session() as session:
            return list(session.execute(statement).scalars())

    def usual_value(self, connection: str, check: str) -> tuple[str, int, int]:
        """(the value that most domains of the connection have, how many have it, how many have any).

        Of a connection with very many domains those are asked that we have known for the shortest time.
        """
        of_all = [_h.connection == connection, _h.check_name == check, _h.source == DNS]
        newest = select(_h.value).where(*of_all).order_by(_h.domain_id.desc()).limit(_SAMPLE).subquery()
        value, count = newest.c.value, func.count()
        found = select(value, count).where(value != "").group_by(value).order_by(count.desc(), value)
        with self._database.session() as session:
            rows = session.execute(found).all()
        return (rows[0][0], rows[0][1], sum(row[1] for row in rows)) if rows else ("", 0, 0)

    def checks(self, actor: Actor) -> list[str]:
        """The checks of which something is kept, by name; one step through the index for each of them."""
        first = select(func.min(_h.check_name).label("name")).cte("kept_checks", recursive=True)
        further = select(func.min(_h.check_name)).where(_h.check_name > first.c.name).scalar_subquery()
        every = first.union_all(select(further).where(first.c.name.is_not(None)))
        seen = exists().where(_h.check_name == every.c.name, self._scope(actor, _h.connection, _h.domain))
        with self._database.session() as session:
            return list(
                session.execute(select(every.c.name).where(every.c.name.is_not(None), seen)).scalars()
            )

    # --- inner parts ---

    def _conditions(
        self, session: Session, actor: Actor, query: HealthQuery
    ) -> tuple[list[ColumnElement[bool]], bool]:
        """What the rows must be, and whether the text that is looked for stands in very many names."""
        broad = False
        found: list[ColumnElement[bool]] = [
            self._scope(actor, _h.connection, _h.domain),
            _d.status.not_in(_GONE),
        ]
        if query.verdicts:
            found.append(_h.rank.in_([RANKS[verdict] for verdict in query.verdicts]))
        if query.connections:
            found.append(_h.connection.in_([storable(key) for key in query.connections]))
        if query.check:
            found.append(_h.check_name == storable(query.check))
        if query.source == UPSTREAM:
            found.append(_h.source.not_in((DNS, SMTP)))
        elif query.source:
            found.append(_h.source == storable(query.source))
        if query.text:
            text = storable(query.text.lower())
            # What many names hold is found by walking the list, what few hold by their rows.
            search = Search(session, [text], "name" if len(text) >= _SHORT else "worst", COUNTED)
            found, broad = found + search.conditions, search.broad
        return found, broad

    def _scope(
        self, actor: Actor, connection: ColumnElement[Any], domain: ColumnElement[Any]
    ) -> ColumnElement[bool]:
        return seen_by(actor, connection, domain, sqlite=self._database.is_sqlite)


def _count(session: Session, ids: Select[Any], most: int) -> int:
    """How many there are, at most one more than `most`."""
    return session.execute(select(func.count()).select_from(ids.limit(most + 1).subquery())).scalar_one()


def _sees_all(session: Session, actor: Actor) -> bool:
    """The whole of every connection of which something is stored lies in the scope."""
    keys = session.execute(select(domain_counts.c.connection).distinct()).scalars()
    return all(actor.sees(key) for key in keys)


def _rows_of(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return select(health_readings).join(domains, _d.id == _h.domain_id).where(*conditions).order_by(*_ORDER)


def _after(last: Row[Any]) -> ColumnElement[bool]:
    """The rows that follow `last` in the order of the list."""
    values = (literal(getattr(last, column.name), column.type) for column in _ORDER)
    return tuple_(*_ORDER) > tuple_(*values)


def _note_run(session: Session, domain_id: int, at: datetime | None) -> None:
    """The domain has something stored; `at`: all of it was checked."""
    insert = insert_into(session, health_runs).values(domain_id=domain_id, rank=0, checked_at=at)
    if at is None:
        session.execute(insert.on_conflict_do_nothing(index_elements=["domain_id"]))
        return
    changed = {"checked_at": insert.excluded.checked_at}
    session.execute(insert.on_conflict_do_update(index_elements=["domain_id"], set_=changed))


def _rows(
    domain_id: int, connection: str, domain: str, readings: Sequence[Reading], old: dict[Any, Any]
) -> list[dict[str, Any]]:
    """The rows of some readings; of those with the same check, source and subject the worst stays."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for reading in sorted(readings, key=lambda r: r.verdict.badness)[-_MOST:]:
        if reading.seen_at is None:
            raise ValueError("a reading without its time cannot be stored")
        key = (
            storable(reading.check)[:CHECK],
            storable(reading.source)[:SOURCE],
            storable(reading.subject)[:SUBJECT],
        )
        before = old.get(key)
        same = before is not None and before.rank == RANKS[reading.verdict]
        rows[key] = {
            "domain_id": domain_id,
            "check_name": key[0],
            "source": key[1],
            "subject": key[2],
            "connection": connection,
            "domain": domain,
            "rank": RANKS[reading.verdict],
            "found": reading.found.to_json(),
            "expected": reading.expected.to_json() if reading.expected else None,
            "advice": reading.advice.to_json() if reading.advice else None,
            "record": reading.record,
            "value": storable(reading.value)[:VALUE],
            "seen_at": reading.seen_at,
            "since": before.since if before is not None and same else reading.seen_at,
        }
    return list(rows.values())


def _row(row: Row[Any]) -> HealthRow:
    reading = Reading(
        check=row.check_name,
        verdict=VERDICTS[row.rank],
        found=Message.from_json(row.found),
        expected=Message.from_json(row.expected) if row.expected else None,
        advice=Message.from_json(row.advice) if row.advice else None,
        source=row.source,
        seen_at=row.seen_at,
        subject=row.subject,
        record=row.record,
        value=row.value,
    )
    return HealthRow(row.connection, row.domain, reading, row.since)
