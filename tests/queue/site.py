"""An installation as people run it: a data folder, one database, one queue, and workers as processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app import wiring
from app.core.model import Connection
from app.core.ports import Job, JobState
from app.sandbox.server import Sandbox
from app.storage.tables import job_items
from config import Config
from tests.operations.world import MX, World, wait_until
from tests.queue.gate import Gate

ROOT = Path(__file__).resolve().parents[2]
THREADS = 4
PATIENCE = 120.0  # seconds; a busy machine needs many to begin a process

SQLITE = pytest.param("sqlite", marks=pytest.mark.xdist_group("queue-sqlite"))
POSTGRESQL = pytest.param(
    "postgresql", marks=[pytest.mark.postgres, pytest.mark.xdist_group("queue-postgresql")]
)
REDIS = pytest.param("redis", marks=[pytest.mark.redis, pytest.mark.xdist_group("queue-redis")])
KINDS = [SQLITE, POSTGRESQL, REDIS]


def settings(folder: Path, **more: str) -> dict[str, str]:
    """The environment variables of an installation in that folder."""
    given = {
        "DATA_DIR": str(folder),
        "SYNC_MINUTES": "1440",
        "SETTLE_GRACE": "0",
        "LOG_LEVEL": "info",
        **more,
    }
    return {f"GATEHOUSE_{name}": value for name, value in given.items()}


# Children of a server that has imported everything begin at once; else most of these tests' time would be imports.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["app.factory"])


def _run_flask(arguments: list[str], environ: dict[str, str], log: Path) -> None:
    """`flask …` in this process."""
    from flask.cli import main

    with log.open("wb") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.environ.update(environ)
    os.chdir(ROOT)
    sys.argv = ["flask", "--app", "wsgi", *arguments]
    main()


class Command:
    """A process that runs `flask …`; its output is kept in a file."""

    def __init__(self, log: Path, arguments: list[str], environ: dict[str, str]) -> None:
        self._log = log
        self._process = FORKS.Process(target=_run_flask, args=(arguments, environ, log))
        self._process.start()

    def output(self) -> str:
        """Everything that it said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def wait_for(self, text: str) -> None:
        """Waits until it said this."""
        wait_until(lambda: text in self.output() or not self.runs, PATIENCE)
        assert text in self.output(), self.output()

    def terminate(self) -> None:
        """Asks it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends it in the middle of whatever it does."""
        self._process.kill()
        self._process.join()

    def ended(self) -> int | None:
        """Its exit code, when it has ended by itself; None when it does not."""
        self._process.join(PATIENCE)
        return self._process.exitcode

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()


class Site(World):
    """An installation with one connection to an imitated cluster; the test itself is its dashboard."""

    def __init__(self, folder: Path, sandbox: Sandbox, environ: dict[str, str]) -> None:
        super().__init__(wiring.build(Config.from_env(environ)), sandbox, "spamexperts")
        self.folder = folder
        self.environ = environ
        self.gate = Gate(self.upstream)
        self._workers: list[Command] = []
        self._names = 0
        self.wired.migrate()
        self.connect()

    def connect(self, key: str = "", **changes: Any) -> Connection:
        """See World; what the gate holds does not run into time-outs."""
        return super().connect(key, read_timeout=PATIENCE, write_timeout=PATIENCE, **changes)

    def start_worker(self) -> Command:
        """A further worker."""
        log = self.folder / f"worker-{len(self._workers)}.log"
        self._workers.append(Command(log, ["worker"], self.environ))
        return self._workers[-1]

    def worker_process(self) -> Command:
        """The worker that runs, or a new one."""
        return next((worker for worker in self._workers if worker.runs), None) or self.start_worker()

    def bulk(self, count: int) -> int:
        """A job that adds so many domains nobody had before. No worker is told."""
        self._names += 1
        names = (f"job{self._names}-{n}.example" for n in range(count))
        return self.job(*(self.wish("domain.add", domain=name, routes=[MX]) for name in names))

    def nudge(self, job_id: int) -> None:
        """Tells a worker."""
        self.wired.queue.nudge(job_id)

    def wait_for_job(self, job_id: int, state: JobState = JobState.DONE) -> Job:
        """The job, once it is in this state."""
        wait_until(lambda: self.get_job(job_id).state is state, PATIENCE)
        return self.get_job(job_id)

    def sweep_until_done(self, job_id: int) -> None:
        """The sweep for lost jobs again and again, as the worker's clock does it: one that comes while the last items are still
        being written finds nothing lost."""
        until = time.monotonic() + PATIENCE
        while self.get_job(job_id).state is not JobState.DONE:
            assert time.monotonic() < until, "the job was not taken up again"
            self.wired.schedule.nudge_lost_jobs()
            time.sleep(1)

    def additions(self, job_id: int) -> list[str]:
        """The domains of this job whose addition arrived, in order."""
        own = {item.subject for item in self.wired.jobs.items(job_id, size=1000)}
        return [domain for domain in self.gate.arrived if domain in own]

    def let_leases_run_out(self, job_id: int) -> None:
        """As if the two minutes of a lease had passed."""
        past = wiring.now() - timedelta(seconds=1)
        with self.wired.database.unit_of_work() as session:
            items = job_items.c
            mine = (items.job_id == job_id, items.lease_until.is_not(None))
            session.execute(update(job_items).where(*mine).values(lease_until=past))

    def close(self) -> None:
        """Ends what still runs."""
        for worker in self._workers:
            if worker.runs:
                worker.kill()
        self.wired.huey.storage.close()
