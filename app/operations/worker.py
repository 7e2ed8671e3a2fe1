"""What the queue runs: the items of a job, in parallel, each claimed with a lease and finished with a result.

Rows are the truth. A worker that dies leaves leases that run out; the next one takes the items up again, after a look at
what the dead one may have sent.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from app.core.errors import GatehouseError
from app.core.ports import ItemState, Job, JobItem, Jobs, JobState
from app.core.text import Message, msg

log = logging.getLogger("gatehouse.worker")

_WRITE_EVERY = 0.25  # seconds; how long the result of an item may wait for others

Result = tuple[ItemState, Message | None]


class GivenBack(Exception):
    """The item was not begun, or broke off without harm because the worker shuts down: the next worker does it."""


@dataclass(frozen=True, slots=True)
class Control:
    """What a handler may ask and tell while it works on an item.

    `stopping`: a person stops the job, or the worker shuts down; `shutting_down`: the latter, and another worker goes on.
    """

    progress: Callable[[int, int | None], None]
    stopping: Callable[[], bool]
    shutting_down: Callable[[], bool]


Handler = Callable[[Job, JobItem, Control], Result]


class Worker:
    """Works on jobs. `handlers` maps the "command" of an item to the function that does it ("*" for all others)."""

    def __init__(
        self,
        jobs: Jobs,
        load_job: Callable[[int], Job | None],
        handlers: Mapping[str, Handler],
        after_job: Callable[[Job], None],
        *,
        threads: int = 16,
        lease_seconds: float = 120.0,
    ) -> None:
        self._jobs = jobs
        self._load_job = load_job
        self._handlers = handlers
        self._after_job = after_job
        self._threads = threads
        self._lease = lease_seconds
        self._stop = threading.Event()

    def shut_down(self) -> None:
        """Asks all running jobs to give back what they have not begun; the items at work are finished."""
        self._stop.set()

    def work(self, job_id: int) -> JobState | None:
        """Works on a job until nothing of it is left to take; returns the state it has then, None if it is gone."""
        job = self._load_job(job_id)
        if job is None or job.state.ended:
            return None if job is None else job.state
        with ThreadPoolExecutor(self._threads, thread_name_prefix=f"job-{job_id}") as pool:
            self._drain(job, pool)
        state = self._jobs.close_if_finished(job_id)
        if state.ended:
            self._after_job(job)
        return state

    def _drain(self, job: Job, pool: ThreadPoolExecutor) -> None:
        """Keeps the pool busy with claimed items; leases are extended all the while.

        Results are written in groups: to write each by itself would cost more than many an item's own work. What a crash
        takes with it is looked up again, as any item that was at work.
        """
        running: dict[Future[Result], JobItem] = {}
        ended: list[Future[Result]] = []
        extended = written = time.monotonic()
        while True:
            at_work = running.keys() - ended
            free = self._threads * 2 - len(at_work)
            if free >= self._threads and not self._stop.is_set():
                for item in self._jobs.claim(job.id, free, self._lease):
                    context = contextvars.copy_context()
                    future = pool.submit(context.run, self._one, job, item)
                    running[future] = item
                    at_work.add(future)
            now = time.monotonic()
            if ended and (not at_work or now - written >= _WRITE_EVERY):
                self._finish(running, ended)
                ended, written = [], now
            if not running:
                return
            if at_work:
                limit = _WRITE_EVERY if ended else self._lease / 4
                ended += wait(at_work, timeout=limit, return_when=FIRST_COMPLETED).done
            if running and time.monotonic() - extended >= self._lease / 4:
                self._jobs.extend([item.id for item in running.values()], self._lease)
                extended = time.monotonic()

    def _finish(self, running: dict[Future[Result], JobItem], ended: list[Future[Result]]) -> None:
        results: list[tuple[int, ItemState, Message | None]] = []
        given_back: list[int] = []
        for future in ended:
            item = running.pop(future)
            try:
                state, text = future.result()
            except GivenBack:
                given_back.append(item.id)
            else:
                results.append((item.id, state, text))
        if results:
            self._jobs.finish(results)
        if given_back:
            self._jobs.release(given_back)

    def _one(self, job: Job, item: JobItem) -> Result:
        if self._stop.is_set():
            raise GivenBack
        handler = self._handlers.get(str(item.command.get("command"))) or self._handlers["*"]
        control = Control(
            progress=lambda done, total: self._jobs.progress(item.id, done, total),
            stopping=lambda: self._stop.is_set() or self._is_stopping(job.id),
            shutting_down=self._stop.is_set,
        )
        try:
            return handler(job, item, control)
        except GivenBack:
            raise
        except GatehouseError as error:
            return ItemState.FAILED, error.message
        except Exception:
            # A fault of ours must not stop the job, nor be tried for ever.
            log.exception("item %s of job %s failed", item.no, job.id)
            return ItemState.FAILED, msg("An error inside Gatehouse; the log of the worker has the details.")

    def _is_stopping(self, job_id: int) -> bool:
        job = self._load_job(job_id)
        return job is None or job.state is JobState.STOPPING


class Slots:
    """Lets a process work on so many jobs at once, each in the caller's thread, and on none of them twice.

    Who is turned away is nudged again when a job ends: it may have been told of something that came too late for it.
    """

    def __init__(self, work: Callable[[int], object], nudge: Callable[[int], None], at_once: int) -> None:
        self._work = work
        self._nudge = nudge
        self._at_once = at_once
        self._at_work: set[int] = set()
        self._turned_away: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, job_id: int) -> None:
        """Works on the job, unless it is at work already or all slots are taken."""
        with self._lock:
            if job_id in self._at_work or len(self._at_work) >= self._at_once:
                self._turned_away.add(job_id)
                return
            self._at_work.add(job_id)
        try:
            self._work(job_id)
        finally:
            with self._lock:
                self._at_work.discard(job_id)
                again, self._turned_away = sorted(self._turned_away), set()
            for each in again:
                self._nudge(each)
