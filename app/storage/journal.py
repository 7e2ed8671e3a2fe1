"""The journal behind core's port: every write before it is sent, and what came of it. Rows are added, never taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core.actor import Actor
from app.core.plan import Applied, State, Step
from app.core.ports import CallRecord, Change, ChangeQuery, Clock, DuplicateRequest
from app.core.text import Message
from app.storage.column_types import storable
from app.storage.db import Database, rows_changed, utc_now
from app.storage.grouped import GroupedWrites
from app.storage.keys import actor_key, stored_key
from app.storage.matching import contains_any_case, seen_by
from app.storage.tables import OPEN_STATES, changes
from app.storage.vault import masked

Json = Any

_c = changes.c
_IS_OPEN = _c.state.in_(OPEN_STATES)
# Put together once: an import writes them ten thousand times.
_INTEND = changes.insert().returning(_c.id)
_CLOSE = update(changes).where(_c.id == bindparam("change_id"), _IS_OPEN)

# How long a row rests after a look that could not tell: the first, second, third and every further time.
RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1))


class SqlJournal:
    """`core.ports.Journal` in a database. Each call is a short transaction, shared with those made at the same time."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._writes = GroupedWrites(database)
        self._clock = clock

    # --- writes ---

    def intend(
        self,
        actor: Actor,
        connection: str,
        step: Step,
        *,
        request_key: str,
        step_no: int,
        command_sum: str,
        steps: int = 1,
        command: Mapping[str, Json] | None = None,
        job_id: int | None = None,
        item_id: int | None = None,
        undo_of: int | None = None,
    ) -> int:
        """Writes "intended", durably, and returns the row's id. Marked secrets in the step become masks.

        Raises DuplicateRequest when the same person already has this key and number.
        """
        row = {
            "at": self._clock(),
            "actor_id": actor.user_id,
            "actor_key": actor_key(actor),
            "actor_name": actor.name,
            "door": actor.door,
            "connection": connection,
            "verb": step.verb.value,
            "domain": step.domain,
            "subject": step.subject,
            "step": masked(step.to_json()),
            "request_key": stored_key(request_key),
            "step_no": step_no,
            "steps": steps,
            "command_sum": command_sum,
            "command": None if command is None else masked(dict(command)),
            "job_id": job_id,
            "item_id": item_id,
            "undo_of": undo_of,
            "state": State.INTENDED.value,
            "settled_by": "",
            "note": "",
            "looks": 0,
        }
        try:
            return self._writes.run(lambda session: int(session.execute(_INTEND, row).scalar_one()))
        except IntegrityError as error:
            raise DuplicateRequest(f"step {step_no} of this request is journalled already") from error

    def close(
        self,
        change_id: int,
        state: State,
        *,
        problem: Message | None = None,
        applied: Applied | None = None,
        ms: float | None = None,
        calls: Sequence[CallRecord] = (),
    ) -> None:
        """Writes the outcome of a row that is still open; one that a look upstream has settled meanwhile stays so."""
        applied = applied or Applied()
        self._close(
            change_id,
            state=state.value,
            closed_at=None if state.open else self._clock(),
            problem=None if problem is None else problem.to_json(),
            warnings=list(applied.warnings) or None,
            upstream_id=applied.upstream_id,
            ms=ms,
            calls=[call.to_json() for call in calls] or None,
        )

    def settle(
        self, change_id: int, state: State, *, by: str, now: Mapping[str, Json] | None = None, note: str = ""
    ) -> bool:
        """Closes a row that was intended or unknown; False when somebody else was faster."""
        return self._close(
            change_id,
            state=state.value,
            closed_at=None if state.open else self._clock(),
            settled_by=by,
            now=None if now is None else masked(now),
            note=note,
        )

    def _close(self, change_id: int, **values: Any) -> bool:
        row = {"change_id": change_id, **values}
        return self._writes.run(lambda session: rows_changed(session.execute(_CLOSE, row)) == 1)

    def note_unsettled(self, change_id: int, now: Mapping[str, Json] | None, problem: Message) -> None:
        """A look could not tell: the row becomes (or stays) unknown, and rests before the next look."""
        with self._database.check_then_write() as session:
            wanted = select(_c.looks).where(_c.id == change_id, _IS_OPEN).with_for_update()
            looks = session.scalar(wanted)
            if looks is None:
                return
            values = {
                "state": State.UNKNOWN.value,
                "now": None if now is None else masked(now),
                "problem": problem.to_json(),
                "looks": looks + 1,
                "next_look_at": self._clock() + RESTS[min(looks, len(RESTS) - 1)],
            }
            session.execute(update(changes).where(_c.id == change_id).values(values))

    def link_undo(self, change_id: int, undone_by: int) -> None:
        """Marks a change as undone by another."""
        with self._database.unit_of_work() as session:
            session.execute(update(changes).where(_c.id == change_id).values(undone_by=undone_by))

    # --- reads ---

    def by_request(self, actor: Actor, request_key: str) -> list[Change]:
        """The steps already journalled under this key by this person, in order."""
        mine = (_c.actor_key == actor_key(actor), _c.request_key == stored_key(request_key))
        return self._changes(select(changes).where(*mine).order_by(_c.step_no))

    def unsettled(self, older_than: datetime, limit: int = 100) -> list[Change]:
        """Open rows from before `older_than`, oldest first, without those that rest after a look."""
        rested = or_(_c.next_look_at.is_(None), _c.next_look_at <= self._clock())
        return self._changes(
            select(changes).where(_IS_OPEN, _c.at < older_than, rested).order_by(_c.id).limit(limit)
        )

    def get(self, actor: Actor, change_id: int) -> Change | None:
        """One change, None when it is not there or outside the scope."""
        found = self._changes(select(changes).where(_c.id == change_id))
        return next(
            (c for c in found if all(actor.sees(c.connection, domain) for domain in c.step.domains)), None
        )

    def page(self, actor: Actor, query: ChangeQuery) -> list[Change]:
        """At most `query.size` + 1 rows, newest first (one more tells that there is a next page)."""
        conditions = [self._seen_by(actor), *_conditions(query)]
        return self._changes(select(changes).where(*conditions).order_by(_c.id.desc()).limit(query.size + 1))

    def count_open(self, actor: Actor) -> int:
        """How many rows wait to be settled."""
        with self._database.session() as session:
            counted = select(func.count()).select_from(changes).where(_IS_OPEN, self._seen_by(actor))
            return session.scalar(counted) or 0

    def _seen_by(self, actor: Actor) -> ColumnElement[bool]:
        """Changes that belong to no domain need the whole connection in the scope."""
        return seen_by(actor, _c.connection, _c.domain, sqlite=self._database.is_sqlite)

    def _changes(self, statement: Select[Any]) -> list[Change]:
        with self._database.session() as session:
            return [_change(row) for row in session.execute(statement)]


def _conditions(query: ChangeQuery) -> list[ColumnElement[bool]]:
    """The filters of a list."""
    equal = {
        "connection": query.connection,
        "domain": query.domain,
        "actor_name": query.actor_name,
        "verb": query.verb,
        "door": query.door,
    }
    conditions = [_c[name] == storable(value) for name, value in equal.items() if value]
    if query.states:
        conditions.append(_c.state.in_([storable(state) for state in query.states]))
    if query.since is not None:
        conditions.append(_c.at >= query.since)
    if query.until is not None:
        conditions.append(_c.at < query.until)
    if query.job_id is not None:
        conditions.append(_c.job_id == query.job_id)
    if query.undo_of is not None:
        conditions.append(_c.undo_of == query.undo_of)
    if query.before_id is not None:
        conditions.append(_c.id < query.before_id)
    text = storable(query.text).strip()
    if text:
        conditions.append(or_(*(contains_any_case(c, text) for c in (_c.subject, _c.actor_name, _c.note))))
    return conditions


def _change(row: Row[Any]) -> Change:
    return Change(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        door=row.door,
        connection=row.connection,
        step=Step.from_json(row.step),
        state=State(row.state),
        request_key=row.request_key,
        step_no=row.step_no,
        command_sum=row.command_sum,
        command=row.command,
        steps=row.steps,
        problem=None if row.problem is None else Message.from_json(row.problem),
        upstream_id=row.upstream_id,
        ms=row.ms,
        closed_at=row.closed_at,
        settled_by=row.settled_by,
        note=row.note,
        now=row.now,
        calls=row.calls or (),
        warnings=row.warnings or (),
        job_id=row.job_id,
        item_id=row.item_id,
        undo_of=row.undo_of,
        undone_by=row.undone_by,
    )
