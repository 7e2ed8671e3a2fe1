"""The inventory behind core's port: lists cut to the actor's scope, and what sync and the executor write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.orm import Session

from app.core.actor import Actor, ScopeKind
from app.core.errors import Conflict
from app.core.model import Domain
from app.core.ports import Clock, DomainPage, DomainQuery, DomainRow, SyncState, SyncStatus
from app.core.text import Message, msg
from app.storage import inventory_write as write
from app.storage.column_types import storable
from app.storage.db import Database, Reads, utc_now
from app.storage.inventory_fetch import all_ids, rows_by_id
from app.storage.inventory_query import FULL_ROW, Listing, listing
from app.storage.inventory_rows import ALIAS, domain_row, ident, searched
from app.storage.inventory_search import CAP, Search, is_sqlite
from app.storage.matching import seen_by
from app.storage.tables import MISSING, domain_counts, domains, sync_states
from app.storage.upkeep import tidy

T = TypeVar("T")

_d = domains.c
_STATES = select(
    sync_states,
    select(func.sum(domain_counts.c.n))
    .where(domain_counts.c.connection == sync_states.c.connection, domain_counts.c.status != MISSING)
    .scalar_subquery()
    .label("n"),
).where(sync_states.c.run_id > 0)
_CHUNK = 500  # rows read, or written, at a time
_DEEPEST = 10_000_000  # pages beyond this row are empty (and would not fit the database's numbers)


class SqlInventory:
    """`core.ports.Inventory` in a database."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    # --- reads ---

    def page(self, actor: Actor, query: DomainQuery) -> DomainPage:
        """One page of the list; empty beyond its end."""
        with self._database.reading() as session:
            wanted = listing(session, actor, query)
            if wanted is None:
                return DomainPage((), 0, False, query)
            offset = max(query.page - 1, 0) * query.size
            ids, total, capped = _stretch(session, wanted, offset, query.size)
            return DomainPage(tuple(_rows_by_id(session, ids)), total, capped, query)

    def get(self, actor: Actor, connection: str, name: str) -> DomainRow | None:
        """One domain, None when it is not there or outside the scope."""
        return next(iter(self.find(actor, [(connection, name)])), None)

    def find(self, actor: Actor, names: Sequence[tuple[str, str]]) -> list[DomainRow]:
        """The rows of those (connection, name) pairs that exist in the scope, in the order of `names`."""
        wanted = [ident(*pair) for pair in names if actor.sees(*pair)]
        found: dict[tuple[str, str], DomainRow] = {}
        with self._database.session() as session:
            for chunk in _chunks(wanted):
                rows = session.execute(FULL_ROW.where(_d.ident.in_(chunk)))
                found |= {(row.connection, row.name): domain_row(row) for row in rows}
        return [found[pair] for pair in names if pair in found]

    def iterate(self, actor: Actor, query: DomainQuery) -> Iterator[DomainRow]:
        """All rows of a query, a few hundred in memory, no session open in between. `page` and `size` are not used."""
        with self._database.session() as session:
            wanted = listing(session, actor, query)
        last: Sequence[Any] | None = None
        while wanted is not None:
            with self._database.session() as session:
                rows = session.execute(wanted.rows_after(last, _CHUNK)).all()
            yield from map(domain_row, rows)
            if len(rows) < _CHUNK:
                return
            last = [getattr(rows[-1], str(key.key)) for key in wanted.keys]

    def count_by_status(self, actor: Actor) -> dict[str, dict[str, int]]:
        """connection -> status -> number of domains."""
        with self._database.reading() as session:
            return self._counts(session, actor)

    def _counts(self, session: Reads, actor: Actor) -> dict[str, dict[str, int]]:
        by_connection: dict[str, dict[str, int]] = defaultdict(dict)
        for row in session.execute(select(domain_counts).where(domain_counts.c.n > 0)):
            if actor.sees(row.connection):
                by_connection[row.connection][row.status] = row.n
        if any(scope.kind is ScopeKind.DOMAIN for scope in actor.scopes):
            self._count_parts(session, actor, by_connection)
        return dict(by_connection)

    def _count_parts(self, session: Reads, actor: Actor, by_connection: dict[str, dict[str, int]]) -> None:
        """Adds the connections of which the actor sees a part: their rows must be counted."""
        scope = seen_by(actor, _d.connection, _d.name, sqlite=self._database.is_sqlite)
        statement = (
            select(_d.connection, _d.status, func.count().label("n"))
            .where(scope, _d.connection.not_in(by_connection))
            .group_by(_d.connection, _d.status)
        )
        for row in session.execute(statement):
            by_connection[row.connection][row.status] = row.n

    def owners_of(self, actor: Actor, name: str) -> list[tuple[str, str]]:
        """(connection, domain) pairs where `name` is a domain or an alias."""
        name = storable(name)
        line = f"\n{ALIAS}{searched(name)}\n"
        with self._database.session() as session:
            has_alias = and_(*Search(session, [line]).conditions)
            found = session.execute(
                select(_d.connection, _d.name)
                .where(_d.name == name)
                .union(select(_d.connection, _d.name).where(has_alias))
                .order_by("connection", "name")
            ).all()
        return [(row.connection, row.name) for row in found if actor.sees(row.connection, row.name)]

    # --- single rows ---

    def upsert(self, domain: Domain) -> None:
        """Stores one domain as just read."""
        self.upsert_many([domain])

    def upsert_many(self, domains: Iterable[Domain]) -> None:
        """Stores several domains as just read, in one transaction."""
        by_connection: dict[str, list[Domain]] = defaultdict(list)
        for domain in domains:
            by_connection[domain.connection].append(domain)
        with self._database.check_then_write() as session:
            # One order for all, or two writers could wait for each other.
            for connection in sorted(by_connection):
                state = write.lock(session, connection)
                for chunk in _chunks(by_connection[connection]):
                    write.store_read(session, state, chunk, self._clock())

    def forget(self, connection: str, name: str) -> None:
        """Takes the row out: we removed the domain ourselves."""
        with self._database.check_then_write() as session:
            state = write.lock(session, connection)
            write.remove(session, state, _d.name == name, limit=1)
            write.note_touched(session, state, [name])

    def forget_connection(self, connection: str) -> None:
        """Takes out everything of a connection, some hundred rows at a time."""
        removed = _CHUNK
        while removed == _CHUNK:
            with self._database.check_then_write() as session:
                removed = write.remove(session, write.lock(session, connection), limit=_CHUNK)
        with self._database.unit_of_work() as session:
            write.remove_traces(session, connection)

    def mark_stale(self, connection: str, name: str) -> None:
        """The row may be old: a write touched it and the read after it failed."""
        with self._database.check_then_write() as session:
            write.mark_stale(session, write.lock(session, connection), name)

    # --- sync ---

    def begin_sync(self, connection: str) -> int:
        """Starts a run; returns its id, greater than those of the connection's runs before."""
        with self._database.check_then_write() as session:
            state = write.lock(session, connection)
            write.clear_touched(session, connection)
            known = session.scalar(
                select(func.coalesce(func.sum(domain_counts.c.n), 0)).where(
                    domain_counts.c.connection == connection, domain_counts.c.status != MISSING
                )
            )
            self._set_state(
                session,
                state,
                run_id=state.run_id + 1,
                status=SyncStatus.RUNNING.value,
                known=known,
                last_try_at=self._clock(),
                problem=None,
                held_missing=0,
                held_seen=0,
            )
            return int(state.run_id) + 1

    def put_batch(self, run_id: int, connection: str, domains: Sequence[Domain]) -> None:
        """Stores one batch of a run in one transaction. Raises Conflict when another run has begun since."""
        with self._database.check_then_write() as session:
            write.store_listed(session, self._current(session, run_id, connection), domains, self._clock())

    def missing_after(self, run_id: int, connection: str) -> tuple[int, int]:
        """(rows that `finish_sync` would now mark as missing, rows before the run that were not missing)."""
        with self._database.check_then_write() as session:
            state = self._current(session, run_id, connection)
            return write.count_unseen(session, connection, run_id), state.known

    def finish_sync(self, run_id: int, connection: str) -> int:
        """Marks what the run did not see as missing, some hundred rows at a time; returns how many. The run is OK.

        Raises Conflict when another run has begun since.
        """
        marked = self._mark_missing(run_id, connection)
        tidy(self._database)
        return marked

    def _mark_missing(self, run_id: int, connection: str) -> int:
        marked, last = 0, 0
        while True:
            with self._database.check_then_write() as session:
                state = self._current(session, run_id, connection)
                ids = write.mark_missing(session, state, self._clock(), after_id=last, limit=_CHUNK)
                marked += len(ids)
                if len(ids) < _CHUNK:
                    write.clear_touched(session, connection)
                    self._set_state(
                        session,
                        state,
                        status=SyncStatus.OK.value,
                        last_ok_at=self._clock(),
                        problem=None,
                        held_missing=0,
                        held_seen=0,
                    )
                    return marked
                last = ids[-1]

    def hold_sync(self, run_id: int, connection: str, seen: int, missing: int) -> None:
        """Keeps everything and waits for a person, who lets `finish_sync` go on or starts another run."""
        with self._database.check_then_write() as session:
            state = self._current(session, run_id, connection)
            self._set_state(
                session, state, status=SyncStatus.HELD.value, held_missing=missing, held_seen=seen
            )

    def fail_sync(self, run_id: int, connection: str, problem: Message) -> None:
        """The run ended early; nothing is marked as missing. A run that another one replaced is not noted."""
        with self._database.check_then_write() as session:
            state = write.lock(session, connection)
            if state.run_id == run_id:
                self._set_state(session, state, status=SyncStatus.FAILED.value, problem=problem.to_json())

    def sync_states(self, actor: Actor) -> dict[str, SyncState]:
        """The last run of each connection of which the scope holds something, by key."""
        with self._database.reading() as session:
            rows = session.execute(_STATES).all()
            parts = {} if all(actor.sees(row.connection) for row in rows) else self._counts(session, actor)
        return {
            row.connection: _sync_state(
                row, row.n or 0 if actor.sees(row.connection) else _there(parts.get(row.connection, {}))
            )
            for row in rows
            if actor.sees_some_of(row.connection)
        }

    def _current(self, session: Session, run_id: int, connection: str) -> Row[Any]:
        """The connection's state, locked. Raises Conflict unless `run_id` is its latest run."""
        state = write.lock(session, connection)
        if state.run_id != run_id:
            raise Conflict(msg("Another sync of this connection has begun; this one stops."))
        return state

    def _set_state(self, session: Session, state: Row[Any], **values: Any) -> None:
        mine = sync_states.c.connection == state.connection
        session.execute(update(sync_states).where(mine).values(values))


def _stretch(session: Reads, wanted: Listing, offset: int, size: int) -> tuple[list[int], int, bool]:
    """(ids of a page, total, whether there are more than the total)."""
    if offset > _DEEPEST:
        return [], 0, False
    if wanted.exact:
        return _exact_stretch(session, wanted, offset, size), wanted.rows, False
    if wanted.broad:
        return all_ids(session, wanted.ids(size, offset)), CAP, True
    if is_sqlite(session) and offset + size <= CAP:
        ids = all_ids(session, wanted.ids(CAP + 1))
        return ids[offset : offset + size], min(len(ids), CAP), len(ids) > CAP
    total = session.scalar(wanted.count_up_to(CAP + 1)) or 0
    ids = all_ids(session, wanted.ids(size, offset)) if total > offset or total > CAP else []
    return ids, min(total, CAP), total > CAP


def _exact_stretch(session: Reads, wanted: Listing, offset: int, size: int) -> list[int]:
    """The ids of a page of a list whose length is known, walked from the nearer end."""
    size = min(size, wanted.rows - offset)
    if size <= 0:
        return []
    if offset <= wanted.rows // 2:
        return all_ids(session, wanted.ids(size, offset))
    from_end = wanted.rows - offset - size
    return all_ids(session, wanted.ids(size, from_end, backwards=True))[::-1]


def _rows_by_id(session: Reads, ids: Sequence[int]) -> Iterator[DomainRow]:
    by_id = rows_by_id(session, ids) if ids else {}
    return (by_id[id_] for id_ in ids if id_ in by_id)


def _there(counts: dict[str, int]) -> int:
    """How many of the domains the upstream still lists."""
    return sum(n for status, n in counts.items() if status != MISSING)


def _sync_state(row: Row[Any], domains_there: int) -> SyncState:
    return SyncState(
        connection=row.connection,
        status=SyncStatus(row.status),
        domains=domains_there,
        last_ok_at=row.last_ok_at,
        last_try_at=row.last_try_at,
        problem=None if row.problem is None else Message.from_json(row.problem),
        held_missing=row.held_missing,
        held_seen=row.held_seen,
        run_id=row.run_id,
    )


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
