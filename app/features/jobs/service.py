"""Look at jobs; stop, resume and retry them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.mail_searches import JOB_KIND
from app.core.plan import Report
from app.core.ports import Feedback, ItemState, Job, JobItem, Jobs, Queue
from app.core.text import msg


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job with one page of its items; `next_no` for the next page, None at the end."""

    job: Job
    items: Sequence[JobItem]
    next_no: int | None


class JobService:
    """The use cases around jobs."""

    def __init__(self, jobs: Jobs, queue: Queue, feedback: Feedback) -> None:
        self._jobs = jobs
        self._queue = queue
        self._feedback = feedback

    def page(
        self, actor: Actor, *, before_id: int | None = None, size: int = 50, kind: str = ""
    ) -> tuple[Sequence[Job], int | None]:
        """Jobs in the actor's scope, newest first, and the id to go on with."""
        actor.require(Right.VIEW_JOBS)
        rows = self._jobs.page(actor, before_id=before_id, size=size + 1, kind=kind)
        more = len(rows) > size
        rows = rows[:size]
        return rows, rows[-1].id if more and rows else None

    def get(self, actor: Actor, job_id: int) -> Job:
        """One job. Raises NotFound, also outside the scope."""
        actor.require(Right.VIEW_JOBS)
        job = self._jobs.get(actor, job_id)
        if job is None:
            raise NotFound(msg("There is no job {id}.", id=job_id))
        return job

    def detail(
        self,
        actor: Actor,
        job_id: int,
        *,
        states: Sequence[ItemState] = (),
        after_no: int = 0,
        size: int = 100,
    ) -> JobDetail:
        """A job and a page of its items, those of `states` only where given."""
        job = self.get(actor, job_id)
        items = self._jobs.items(job_id, states=states, after_no=after_no, size=size + 1)
        more = len(items) > size
        items = items[:size]
        return JobDetail(job, items, items[-1].no if more and items else None)

    def all_items(self, actor: Actor, job_id: int) -> Iterator[JobItem]:
        """Every item of a job, read page by page."""
        self.get(actor, job_id)
        after = 0
        while True:
            items = self._jobs.items(job_id, after_no=after, size=500)
            yield from items
            if len(items) < 500:
                return
            after = items[-1].no

    def stop(self, actor: Actor, job_id: int) -> None:
        """No further item is begun; those at work are finished."""
        job = self._may_steer(actor, job_id)
        if not self._jobs.request_stop(job.id):
            raise Conflict(msg("The job has ended already."))
        self._feedback.show(
            Report(msg("Stopping: what is being sent is finished, the rest waits. You can resume it."))
        )

    def resume(self, actor: Actor, job_id: int) -> None:
        """A stopped job goes on where it was."""
        job = self._may_steer(actor, job_id)
        if not self._jobs.resume(job.id):
            raise Conflict(msg("Only a stopped job can be resumed."))
        self._queue.nudge(job.id)
        self._feedback.show(Report(msg("The job goes on.")))

    def retry(self, actor: Actor, job_id: int) -> int:
        """Puts the failed items back into the queue; unknown ones are looked up upstream before anything is sent again."""
        job = self._may_steer(actor, job_id)
        count = self._jobs.retry(job.id, (ItemState.FAILED, ItemState.UNKNOWN))
        if not count:
            raise Conflict(msg("Nothing in this job failed."))
        self._queue.nudge(job.id)
        self._feedback.show(Report(msg("{count} items are tried again.", count=count)))
        return count

    def _may_steer(self, actor: Actor, job_id: int) -> Job:
        job = self.get(actor, job_id)
        if not actor.may(steering_right(job)):
            raise Forbidden(msg("Your role may look at this job but not steer it."))
        return job


def steering_right(job: Job) -> Right:
    """What somebody must be allowed to stop, resume and retry the job: the same as for starting it."""
    return {"sync": Right.SYNC, JOB_KIND: Right.VIEW_QUARANTINE}.get(job.kind, Right.BULK)
