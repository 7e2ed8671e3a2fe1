"""Jobs over REST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from flask_babel import gettext
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.ports import ItemState, Job, JobItem
from app.features.jobs.service import JobService
from app.web.api import Query, api_right, blueprint, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with

api = blueprint("jobs", "Jobs")


class JobOut(BaseModel):
    """A job. `counts`: items by state."""

    id: int
    kind: str
    title: str
    actor: str
    state: str
    total: int
    counts: dict[str, int]
    created_at: datetime
    ended_at: datetime | None
    progress: int


class JobsQuery(Query):
    """Which jobs, newest first; `before` continues a list."""

    kind: str = Field(default="", max_length=20)
    before: int | None = Field(default=None, ge=1, le=2_147_483_647)
    size: int = Field(default=50, ge=1, le=500)


class JobsOut(BaseModel):
    """One page of jobs; `next` is the value of `before` for the next one."""

    items: list[JobOut]
    next: int | None


class ItemOut(BaseModel):
    """One item of a job."""

    no: int
    subject: str
    state: str
    result: str | None
    attempts: int


class ItemsQuery(Query):
    """Which items; `after` continues a list."""

    state: Literal["", "queued", "running", "done", "failed", "unknown", "skipped"] = ""
    after: int = Field(default=0, ge=0, le=2_147_483_647)
    size: int = Field(default=100, ge=1, le=500)


class ItemsOut(BaseModel):
    """One page of items; `next` is the value of `after` for the next one."""

    items: list[ItemOut]
    next: int | None


def _service() -> JobService:
    return service_with(JobService, CollectFeedback())


@api.get("/jobs")
@api_right(Right.VIEW_JOBS)
@api.input(JobsQuery, location="query")
@api.output(JobsOut)
def list_jobs(actor: Actor, query_data: JobsQuery) -> JobsOut:
    """List jobs, newest first."""
    rows, next_id = _service().page(
        actor, before_id=query_data.before, size=query_data.size, kind=query_data.kind
    )
    return JobsOut(items=[job_out(job) for job in rows], next=next_id)


@api.get("/jobs/<int(max=2147483647):job>")
@api_right(Right.VIEW_JOBS)
@api.output(JobOut)
def get_job(actor: Actor, job: int) -> JobOut:
    """Read one job."""
    return job_out(_service().get(actor, job))


@api.get("/jobs/<int(max=2147483647):job>/items")
@api_right(Right.VIEW_JOBS)
@api.input(ItemsQuery, location="query")
@api.output(ItemsOut)
def list_items(actor: Actor, job: int, query_data: ItemsQuery) -> ItemsOut:
    """List the items of a job with their results."""
    states = (ItemState(query_data.state),) if query_data.state else ()
    detail = _service().detail(actor, job, states=states, after_no=query_data.after, size=query_data.size)
    return ItemsOut(items=[item_out(item) for item in detail.items], next=detail.next_no)


@api.post("/jobs/<int(max=2147483647):job>/stop")
@api_right(Right.VIEW_JOBS)
@api.output(JobOut)
def stop_job(actor: Actor, job: int) -> JobOut:
    """Begin no further item."""
    return _after(JobService.stop, actor, job)


@api.post("/jobs/<int(max=2147483647):job>/resume")
@api_right(Right.VIEW_JOBS)
@api.output(JobOut)
def resume_job(actor: Actor, job: int) -> JobOut:
    """Go on with a stopped job."""
    return _after(JobService.resume, actor, job)


@api.post("/jobs/<int(max=2147483647):job>/retry")
@api_right(Right.VIEW_JOBS)
@api.output(JobOut)
def retry_job(actor: Actor, job: int) -> JobOut:
    """Try the failed items again."""
    return _after(JobService.retry, actor, job)


def _after(work: Callable[[JobService, Actor, int], object], actor: Actor, job: int) -> JobOut:
    """Does something with a job, and says how it is then."""
    jobs = _service()
    work(jobs, actor, job)
    return job_out(jobs.get(actor, job))


def job_out(job: Job) -> JobOut:
    """A job as JSON."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        title=job.title.render(gettext),
        actor=job.actor.name,
        state=job.state.value,
        total=job.total,
        counts=dict(job.counts),
        created_at=job.created_at,
        ended_at=job.ended_at,
        progress=job.progress,
    )


def item_out(item: JobItem) -> ItemOut:
    """An item as JSON."""
    return ItemOut(
        no=item.no,
        subject=item.subject,
        state=item.state.value,
        result=text_out(item.result),
        attempts=item.attempts,
    )
