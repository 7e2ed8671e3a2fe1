"""The queue as the port `Queue`: nudges through Huey where it answers, and nothing lost where it does not."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger("gatehouse.queue")


class NudgingQueue:
    """Sends the id of a job to the worker. A queue that is down costs time only: the sweep finds the rows."""

    def __init__(self, send: Callable[[int], object], failures: tuple[type[Exception], ...]) -> None:
        self._send = send
        self._failures = failures

    def nudge(self, job_id: int) -> None:
        """Tells the worker that the job has something to do."""
        try:
            self._send(job_id)
        except self._failures as error:
            log.warning("the queue did not take job %s (%s); the sweep will", job_id, type(error).__name__)
