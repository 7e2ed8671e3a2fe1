"""Jobs and their items behind core's port. Rows are the truth: a worker that dies leaves a lease that runs out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.actor import Actor, ScopeKind
from app.core.ports import Clock, ItemState, Job, JobItem, JobState, NewItem
from app.core.text import Message
from app.storage.column_types import storable
from app.storage.db import Database, rows_changed, utc_now
from app.storage.job_rows import COUNTS, CREATING, counts_of, final_state, item_of, job_of
from app.storage.keys import actor_key, stored_key
from app.storage.matching import matches
from app.storage.tables import job_items, jobs
from app.storage.vault import Vault, WrongKey, masked

Json = Any

_j = jobs.c
_i = job_items.c
_BATCH = 500
_ABANDONED = timedelta(hours=1)  # a job whose items are still being stored after this will never be complete
_WORKABLE = (JobState.QUEUED.value, JobState.RUNNING.value)
_ACTIVE = (*_WORKABLE, JobState.STOPPING.value)
_RESTARTABLE = tuple(state.value for state in JobState if state.ended)


class SqlJobs:
    """`core.ports.Jobs` in a database. Marked secrets in commands are encrypted; only `claim` gives them back plain."""

    def __init__(self, database: Database, vault: Vault, clock: Clock = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    # --- made by people ---

    def create(
        self,
        actor: Actor,
        kind: str,
        title: Message,
        items: Iterable[NewItem],
        *,
        params: Mapping[str, Json] | None = None,
        request_key: str = "",
        held: bool = False,
        alone: bool = False,
    ) -> int:
        """Stores a job with its items, 500 in a transaction, and returns its id; no worker sees it before it is whole.

        `held`: it is stopped at first, until somebody resumes it.

        The same person's same `request_key` gives the id of the job made before; with `alone`, an unfinished job of this
        kind and `params["key"]` gives its id, whoever made it. What `items` raises is passed on, and nothing is left of
        the job.
        """
        job_id, is_new = self._begin(actor, kind, title, dict(params or {}), request_key, alone)
        if not is_new:
            return job_id
        try:
            for first_no, batch in _numbered(items):
                self._add_items(job_id, first_no, batch)
        except BaseException:
            self._remove([job_id])
            raise
        state = JobState.STOPPED if held else JobState.QUEUED
        with self._database.unit_of_work() as session:
            session.execute(update(jobs).where(_j.id == job_id).values(state=state.value))
        return job_id

    def add(self, job_id: int, items: Iterable[NewItem]) -> None:
        """Further items for a job that is at work, numbered after those that it has, 500 in a transaction."""
        with self._database.session() as session:
            last = session.scalar(select(func.max(_i.no)).where(_i.job_id == job_id)) or 0
        for first_no, batch in _numbered(items):
            self._add_items(job_id, last + first_no, batch)

    def _begin(
        self,
        actor: Actor,
        kind: str,
        title: Message,
        params: dict[str, Json],
        request_key: str,
        alone: bool,
    ) -> tuple[int, bool]:
        """The job's row: (id, whether it is a new one)."""
        key = str(params.get("key", ""))
        row = {
            "kind": kind,
            "title": title.to_json(),
            "actor": actor.to_json(),
            "actor_key": actor_key(actor),
            "state": CREATING,
            "params": params,
            "key": key,
            "request_key": stored_key(request_key) or None,
            "created_at": self._clock(),
            "total": 0,
            "progress": 0,
            **{column.name: 0 for column in COUNTS.values()},
        }
        twin = select(_j.id).where(_j.actor_key == row["actor_key"], _j.request_key == row["request_key"])
        try:
            with self._database.check_then_write() as session:
                known = session.scalar(twin) if row["request_key"] else None
                if known is None and alone:
                    self._one_at_a_time(session, kind, key)
                    known = session.scalar(_active(kind, key))
                if known is not None:
                    return known, False
                return session.execute(jobs.insert().values(row).returning(_j.id)).scalar_one(), True
        except IntegrityError:
            with self._database.session() as session:
                return session.execute(twin).scalar_one(), False

    def _one_at_a_time(self, session: Session, kind: str, key: str) -> None:
        """Until the transaction ends, nobody else makes a job of this kind and key (SQLite has one writer anyway)."""
        if not self._database.is_sqlite:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{kind} {key}", 0))))

    def _add_items(self, job_id: int, first_no: int, batch: list[NewItem]) -> None:
        rows = [
            {
                "job_id": job_id,
                "no": no,
                "subject": item.subject,
                "command": self._vault.seal(item.command),
                "state": item.state.value,
                "result": None if item.result is None else item.result.to_json(),
                "attempts": 0,
                "progress": 0,
            }
            for no, item in enumerate(batch, first_no)
        ]
        by_state = Counter(item.state for item in batch)
        with self._database.unit_of_work() as session:
            session.execute(job_items.insert(), rows)
            more = {COUNTS[state].name: COUNTS[state] + count for state, count in by_state.items()}
            more["total"] = _j.total + len(rows)
            session.execute(update(jobs).where(_j.id == job_id).values(more))

    def _remove(self, job_ids: Sequence[int]) -> None:
        with self._database.unit_of_work() as session:
            session.execute(delete(jobs).where(_j.id.in_(job_ids), _j.state == CREATING))

    def request_stop(self, job_id: int) -> bool:
        """No further item is taken; the job is stopped at once when none is at work. False when it has ended."""
        with self._database.unit_of_work() as session:
            idle = _j.n_running == 0
            stopped = session.execute(
                update(jobs)
                .where(_j.id == job_id, _j.state.in_(_WORKABLE))
                .values(
                    state=case((idle, JobState.STOPPED.value), else_=JobState.STOPPING.value),
                    ended_at=case((idle, self._clock()), else_=None),
                )
            )
            return rows_changed(stopped) == 1

    def resume(self, job_id: int) -> bool:
        """A stopped (or stopping) job goes on. False when it is neither."""
        with self._database.unit_of_work() as session:
            waiting = (JobState.STOPPED.value, JobState.STOPPING.value)
            resumed = session.execute(
                update(jobs)
                .where(_j.id == job_id, _j.state.in_(waiting))
                .values(state=JobState.QUEUED.value, ended_at=None)
            )
            return rows_changed(resumed) == 1

    def retry(self, job_id: int, states: Sequence[ItemState]) -> int:
        """Puts items of these states back into the queue; returns how many. An ended job goes on with them."""
        moved = Counter[ItemState]()
        with self._database.check_then_write() as session:
            for state in {*states} - {ItemState.QUEUED, ItemState.RUNNING}:
                done = session.execute(
                    update(job_items)
                    .where(_i.job_id == job_id, _i.state == state.value)
                    .values(
                        state=ItemState.QUEUED.value,
                        result=None,
                        ended_at=None,
                        progress=0,
                        progress_total=None,
                    )
                )
                moved[state] -= rows_changed(done)
            count = -moved.total()
            if count:
                moved[ItemState.QUEUED] += count
                _move(session, job_id, moved)
                session.execute(
                    update(jobs)
                    .where(_j.id == job_id, _j.state.in_(_RESTARTABLE))
                    .values(state=JobState.QUEUED.value, ended_at=None)
                )
        return count

    # --- made by workers ---

    def claim(self, job_id: int, limit: int, lease_seconds: float) -> list[JobItem]:
        """Takes up to `limit` items that are queued, or running with a lease that is over; sets their lease.

        Empty when none is left or the job is stopping. A claimed item that was running before has `attempts` > 1. An
        item whose secrets cannot be read ends as failed.
        """
        now = self._clock()
        with self._database.check_then_write() as session:
            if session.scalar(select(_j.state).where(_j.id == job_id)) not in _WORKABLE:
                return []
            overdue = _take(session, job_id, limit, _is_overdue(now))
            queued = _take(session, job_id, limit - len(overdue), _i.state == ItemState.QUEUED.value)
            ids = [row.id for row in (*overdue, *queued)]
            if not ids:
                return []
            leased = {
                "state": ItemState.RUNNING.value,
                "attempts": _i.attempts + 1,
                "lease_until": now + timedelta(seconds=lease_seconds),
                "started_at": now,
            }
            session.execute(update(job_items).where(_i.id.in_(ids)).values(leased))
            _move(session, job_id, {ItemState.QUEUED: -len(queued), ItemState.RUNNING: len(queued)})
            started = {
                "state": case((_j.state == JobState.QUEUED.value, JobState.RUNNING.value), else_=_j.state),
                "started_at": func.coalesce(_j.started_at, now),
            }
            session.execute(update(jobs).where(_j.id == job_id).values(started))
            rows = session.execute(select(job_items).where(_i.id.in_(ids)).order_by(_i.no)).all()
        return self._opened(rows)

    def _opened(self, rows: Sequence[Row[Any]]) -> list[JobItem]:
        """Claimed items with their secrets; those whose secrets cannot be read are ended."""
        items: list[JobItem] = []
        failed: list[tuple[int, ItemState, Message | None]] = []
        for row in rows:
            try:
                items.append(item_of(row, self._vault.unseal(row.command)))
            except WrongKey as error:
                failed.append((row.id, ItemState.FAILED, error.message))
        if failed:
            self.finish(failed)
        return items

    def extend(self, item_ids: Sequence[int], lease_seconds: float) -> None:
        """Still at work: the lease runs anew."""
        lease = self._clock() + timedelta(seconds=lease_seconds)
        with self._database.unit_of_work() as session:
            session.execute(
                update(job_items)
                .where(_i.id.in_(item_ids), _i.state == ItemState.RUNNING.value)
                .values(lease_until=lease)
            )

    def progress(self, item_id: int, done: int, total: int | None) -> None:
        """How far a long item is; also the progress of its job when this is its only item."""
        far = {"progress": done, "progress_total": total}
        with self._database.unit_of_work() as session:
            session.execute(update(job_items).where(_i.id == item_id).values(far))
            its_job = select(_i.job_id).where(_i.id == item_id).scalar_subquery()
            session.execute(update(jobs).where(_j.id == its_job, _j.total == 1).values(far))

    def finish(self, results: Sequence[tuple[int, ItemState, Message | None]]) -> None:
        """Ends items, in one transaction: (item id, state, text). One that is no longer running is left as it is."""
        with self._database.check_then_write() as session:
            job_of_item = _running(session, [item_id for item_id, _, _ in results])
            rows, moves = [], defaultdict[int, Counter[ItemState]](Counter)
            for item_id, state, text in results:
                if item_id not in job_of_item:
                    continue
                rows.append(
                    {
                        "item_id": item_id,
                        "new_state": state.value,
                        "text": None if text is None else text.to_json(),
                    }
                )
                moves[job_of_item[item_id]].update({state: 1})
            if rows:
                session.execute(_ENDED.values(ended_at=self._clock()), rows)
            _leave_running(session, moves)

    def release(self, item_ids: Sequence[int]) -> None:
        """Gives claimed items back unfinished, as if they had not been claimed (the worker is stopping)."""
        with self._database.check_then_write() as session:
            job_of_item = _running(session, item_ids)
            back = {
                "state": ItemState.QUEUED.value,
                "attempts": _i.attempts - 1,
                "lease_until": None,
                "started_at": None,
            }
            session.execute(update(job_items).where(_i.id.in_(job_of_item)).values(back))
            _leave_running(
                session,
                {job: Counter({ItemState.QUEUED: n}) for job, n in Counter(job_of_item.values()).items()},
            )

    def close_if_finished(self, job_id: int) -> JobState:
        """Sets the job's final state when no item is left to do; returns the state it has now.

        Items of a stopping job whose worker died go back into the queue. A job that is not there counts as stopped.
        """
        with self._database.check_then_write() as session:
            state = session.scalar(select(_j.state).where(_j.id == job_id))
            if state == JobState.STOPPING.value:
                self._give_back_overdue(session, job_id)
            row = session.execute(select(jobs).where(_j.id == job_id).with_for_update()).one_or_none()
            if row is None:
                return JobState.STOPPED
            new = _state_now(row)
            if new is not None:
                session.execute(
                    update(jobs).where(_j.id == job_id).values(state=new.value, ended_at=self._clock())
                )
                return new
        return job_of(row).state

    def _give_back_overdue(self, session: Session, job_id: int) -> None:
        overdue = _take(session, job_id, _BATCH, _is_overdue(self._clock()))
        if overdue:
            back = {"state": ItemState.QUEUED.value, "lease_until": None}
            session.execute(update(job_items).where(_i.id.in_([row.id for row in overdue])).values(back))
            _leave_running(session, {job_id: Counter({ItemState.QUEUED: len(overdue)})})

    # --- reads ---

    def by_request(self, actor: Actor, request_key: str) -> int | None:
        """The job that this person made under this key, if there is one."""
        mine = (_j.actor_key == actor_key(actor), _j.request_key == stored_key(request_key))
        with self._database.session() as session:
            return session.scalar(select(_j.id).where(*mine))

    def get(self, actor: Actor, job_id: int) -> Job | None:
        """One job, None when it is not there or not the actor's to see (see `_seen_by`)."""
        with self._database.session() as session:
            seen = _seen_by(actor, self._database.is_sqlite)
            row = session.execute(select(jobs).where(_j.id == job_id, seen)).one_or_none()
        return None if row is None else job_of(row)

    def page(
        self, actor: Actor, *, before_id: int | None = None, size: int = 50, kind: str = ""
    ) -> list[Job]:
        """At most `size` jobs, newest first, those with ids below `before_id`."""
        conditions = [_seen_by(actor, self._database.is_sqlite)]
        if before_id is not None:
            conditions.append(_j.id < before_id)
        if kind:
            conditions.append(_j.kind == storable(kind))
        with self._database.session() as session:
            rows = session.execute(select(jobs).where(*conditions).order_by(_j.id.desc()).limit(size))
            return [job_of(row) for row in rows]

    def items(
        self, job_id: int, *, states: Sequence[ItemState] = (), after_no: int = 0, size: int = 100
    ) -> list[JobItem]:
        """At most `size` items by number (from 1), those after `after_no`; secrets in commands are masks."""
        conditions = [_i.job_id == job_id, _i.no > after_no]
        if states:
            conditions.append(_i.state.in_([state.value for state in states]))
        with self._database.session() as session:
            rows = session.execute(select(job_items).where(*conditions).order_by(_i.no).limit(size))
            return [item_of(row, masked(row.command)) for row in rows]

    def unfinished(self) -> list[int]:
        """Ids of jobs that have something to do now: queued items, leases that are over, or only their end to note.

        Jobs whose making was broken off are taken out.
        """
        now = self._clock()
        overdue = exists().where(_i.job_id == _j.id, _is_overdue(now))
        queued = and_(_j.n_queued > 0, _j.state.in_(_WORKABLE))
        with self._database.session() as session:
            due = session.scalars(
                select(_j.id)
                .where(_j.state.in_(_ACTIVE), or_(queued, _j.n_running == 0, overdue))
                .order_by(_j.id)
            ).all()
            abandoned = session.scalars(
                select(_j.id).where(_j.state == CREATING, _j.created_at < now - _ABANDONED)
            ).all()
        if abandoned:
            self._remove(abandoned)
        return list(due)

    def active(self, kind: str, key: str) -> int | None:
        """The id of an unfinished job of this kind whose `params["key"]` is `key`, if there is one."""
        with self._database.session() as session:
            return session.scalar(_active(kind, key))

    def count_running(self, actor: Actor) -> int:
        """How many of the jobs that the actor sees have not ended."""
        with self._database.session() as session:
            wanted = (_j.state.in_((*_ACTIVE, CREATING)), _seen_by(actor, self._database.is_sqlite))
            return session.scalar(select(func.count()).select_from(jobs).where(*wanted)) or 0


_ENDED = (
    update(job_items)
    .where(_i.id == bindparam("item_id"))
    .values(state=bindparam("new_state"), result=bindparam("text", type_=_i.result.type), lease_until=None)
)


def _seen_by(actor: Actor, sqlite: bool) -> ColumnElement[bool]:
    """Who acts everywhere sees all jobs, everybody else their own and the syncs of connections they see all of."""
    whole = [s.name for s in actor.scopes if s.kind is ScopeKind.CONNECTION and s.name]
    if any(not name.strip("*") for name in whole):
        return true()
    syncs = (and_(_j.kind == "sync", matches(_j.key, name, sqlite=sqlite)) for name in whole)
    return or_(_j.actor_key == actor_key(actor), *syncs)


def _active(kind: str, key: str) -> Select[int]:
    mine = (_j.kind == kind, _j.key == key, _j.state.in_((*_ACTIVE, CREATING)))
    return select(_j.id).where(*mine).order_by(_j.id.desc()).limit(1)


def _is_overdue(now: Any) -> ColumnElement[bool]:
    return and_(_i.state == ItemState.RUNNING.value, _i.lease_until < now)


def _take(session: Session, job_id: int, limit: int, condition: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Ids of up to `limit` items, locked; what another worker holds is passed over."""
    wanted = select(_i.id).where(_i.job_id == job_id, condition).order_by(_i.no).limit(max(limit, 0))
    return session.execute(wanted.with_for_update(skip_locked=True)).all()


def _running(session: Session, item_ids: Sequence[int]) -> dict[int, int]:
    """item -> job of those items that are still running, locked."""
    wanted = select(_i.id, _i.job_id).where(_i.id.in_(item_ids), _i.state == ItemState.RUNNING.value)
    return {row.id: row.job_id for row in session.execute(wanted.order_by(_i.id).with_for_update())}


def _leave_running(session: Session, moves: Mapping[int, Counter[ItemState]]) -> None:
    """Counts items that were running in their new states, by job."""
    for job_id in sorted(moves):
        _move(session, job_id, {**moves[job_id], ItemState.RUNNING: -moves[job_id].total()})


def _move(session: Session, job_id: int, moves: Mapping[ItemState, int]) -> None:
    """Adds `moves` to the job's counts. Items are locked before their job, always, or two workers wait for each other."""
    values = {COUNTS[state].name: COUNTS[state] + n for state, n in moves.items() if n}
    if values:
        session.execute(update(jobs).where(_j.id == job_id).values(values))


def _state_now(row: Row[Any]) -> JobState | None:
    """The final state of a job that has nothing left to do; None when it goes on or has ended already."""
    if row.state not in _ACTIVE or row.n_running:
        return None
    if not row.n_queued:
        return final_state(counts_of(row))
    return JobState.STOPPED if row.state == JobState.STOPPING.value else None


def _numbered(items: Iterable[NewItem]) -> Iterator[tuple[int, list[NewItem]]]:
    """Batches of items with the number of the first, counted from 1."""
    iterator, first = iter(items), 1
    while batch := list(islice(iterator, _BATCH)):
        yield first, batch
        first += len(batch)
