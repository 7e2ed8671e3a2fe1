"""From the rows of jobs and items to the types of core."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from app.core.actor import Actor
from app.core.ports import ItemState, Job, JobItem, JobState
from app.core.text import Message
from app.storage.tables import jobs

CREATING = "creating"  # its items are still being stored; people see a queued job, no worker touches it
COUNTS = {state: jobs.c[f"n_{state.value}"] for state in ItemState}


def job_of(row: Row[Any]) -> Job:
    """A row of `jobs`."""
    return Job(
        id=row.id,
        kind=row.kind,
        title=Message.from_json(row.title),
        actor=Actor.from_json(row.actor),
        state=JobState.QUEUED if row.state == CREATING else JobState(row.state),
        created_at=row.created_at,
        total=row.total,
        counts=counts_of(row),
        started_at=row.started_at,
        ended_at=row.ended_at,
        params=row.params,
        progress=row.progress,
        progress_total=row.progress_total,
    )


def counts_of(row: Row[Any]) -> dict[str, int]:
    """The job's items by state."""
    return {state.value: getattr(row, f"n_{state.value}") for state in ItemState}


def item_of(row: Row[Any], command: Any) -> JobItem:
    """A row of `job_items`, with its command as the reader may see it."""
    return JobItem(
        id=row.id,
        job_id=row.job_id,
        no=row.no,
        subject=row.subject,
        command=command,
        state=ItemState(row.state),
        result=None if row.result is None else Message.from_json(row.result),
        attempts=row.attempts,
        started_at=row.started_at,
        ended_at=row.ended_at,
        progress=row.progress,
        progress_total=row.progress_total,
    )


def final_state(counts: dict[str, int]) -> JobState:
    """What a job is when no item is left to do: done, partial, or failed when nothing was done."""
    troubled = counts[ItemState.FAILED] + counts[ItemState.UNKNOWN]
    if not troubled:
        return JobState.DONE
    fine = counts[ItemState.DONE] + counts[ItemState.SKIPPED]
    return JobState.PARTIAL if fine else JobState.FAILED
