"""The journal over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.names import display
from app.core.plan import State
from app.core.ports import Change, ChangeQuery
from app.features.changes.service import ChangeService
from app.web.api import Body, Query, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with

api = blueprint("changes", "Changes")


class ChangeOut(BaseModel):
    """One change. `state`: intended, done, rejected, unreachable, unknown or skipped."""

    id: int
    at: datetime
    actor: str
    door: str
    connection: str
    domain: str | None
    verb: str
    subject: str
    state: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    now: dict[str, Any] | None
    problem: str | None
    upstream_id: str | None
    ms: float | None
    note: str
    reason: str = Field(description="Why, in the words of who did it.")
    job: int | None
    undo_of: int | None
    undone_by: int | None
    undoable: bool


class ChangesQuery(Query):
    """Which changes, newest first; `before` continues a list."""

    connection: str = Field(default="", max_length=64)
    domain: str = Field(default="", max_length=253)
    actor: str = Field(default="", max_length=200)
    state: Literal["", "intended", "done", "rejected", "unreachable", "unknown", "skipped"] = ""
    job: int | None = Field(default=None, ge=1, le=2_147_483_647)
    before: int | None = Field(default=None, ge=1, le=2_147_483_647)
    size: int = Field(default=50, ge=1, le=500)


class ChangesOut(BaseModel):
    """One page of changes; `next` is the value of `before` for the next one."""

    items: list[ChangeOut]
    next: int | None


class CloseIn(Body):
    """How an open change is closed by hand."""

    state: Literal["done", "unreachable"]
    note: str = Field(min_length=1, max_length=2000)


def _service() -> tuple[ChangeService, CollectFeedback]:
    feedback = CollectFeedback()
    return service_with(ChangeService, feedback), feedback


@api.get("/changes")
@api_right(Right.VIEW_CHANGES)
@api.input(ChangesQuery, location="query")
@api.output(ChangesOut)
def list_changes(actor: Actor, query_data: ChangesQuery) -> ChangesOut:
    """List changes, newest first."""
    changes, _ = _service()
    found = changes.page(
        actor,
        ChangeQuery(
            connection=query_data.connection,
            domain=query_data.domain,
            actor_name=query_data.actor,
            states=(query_data.state,) if query_data.state else (),
            job_id=query_data.job,
            before_id=query_data.before,
            size=query_data.size,
        ),
    )
    return ChangesOut(items=[change_out(changes, row) for row in found.rows], next=found.next_id)


@api.get("/changes/<int(max=2147483647):change>")
@api_right(Right.VIEW_CHANGES)
@api.output(ChangeOut)
def get_change(actor: Actor, change: int) -> ChangeOut:
    """Read one change with before and after."""
    changes, _ = _service()
    return change_out(changes, changes.get(actor, change))


@api.post("/changes/<int(max=2147483647):change>/undo")
@api_right(Right.VIEW_CHANGES)
@api.output(ReportOut)
def undo_change(actor: Actor, change: int) -> Response:
    """Undo a change, unless somebody changed it since. Needs the right for what that sends."""
    changes, feedback = _service()
    typed = changes.to_type(actor, change)
    executions = changes.undo(actor, change, request_key(), typed=typed)
    return written(feedback.reports, [o for e in executions for o in e.outcomes])


@api.post("/changes/<int(max=2147483647):change>/finish")
@api_right(Right.CHANGE_DOMAINS)
@api.output(ReportOut)
def finish_change(actor: Actor, change: int) -> Response:
    """Plan what is left of a wish again from what is there now, and send it."""
    changes, feedback = _service()
    typed = display(changes.get(actor, change).step.domain or "")
    execution = changes.finish(actor, change, request_key(), typed=typed)
    return written(feedback.reports, execution.outcomes)


@api.post("/changes/<int(max=2147483647):change>/look")
@api_right(Right.SETTLE_CHANGES)
@api.output(ChangeOut)
def look_at_change(actor: Actor, change: int) -> ChangeOut:
    """Look upstream now what became of an open change."""
    changes, _ = _service()
    changes.look(actor, change)
    return change_out(changes, changes.get(actor, change))


@api.post("/changes/<int(max=2147483647):change>/close")
@api_right(Right.SETTLE_CHANGES)
@api.input(CloseIn, location="json")
@api.output(ChangeOut)
def close_change(actor: Actor, change: int, json_data: CloseIn) -> ChangeOut:
    """Close an open change by hand, with a note that says how it is known."""
    changes, _ = _service()
    changes.close(actor, change, State(json_data.state), json_data.note)
    return change_out(changes, changes.get(actor, change))


def change_out(changes: ChangeService, change: Change) -> ChangeOut:
    """A change as JSON."""
    step = change.step
    return ChangeOut(
        id=change.id,
        at=change.at,
        actor=change.actor_name,
        door=change.door,
        connection=change.connection,
        domain=step.domain,
        verb=step.verb.value,
        subject=step.subject,
        state=change.state.value,
        before=None if step.before is None else dict(step.before),
        after=None if step.after is None else dict(step.after),
        now=None if change.now is None else dict(change.now),
        problem=text_out(change.problem),
        upstream_id=change.upstream_id,
        ms=change.ms,
        note=change.note,
        reason=changes.reason_of(change),
        job=change.job_id,
        undo_of=change.undo_of,
        undone_by=change.undone_by,
        undoable=changes.why_not_undoable(change) is None,
    )
