"""A worker as a process of its own, to be killed: `python -m tests.operations.dying_worker <data folder> <database> <job id>`."""

import sys

from app import wiring
from app.core.actor import system_actor
from app.operations.items import CommandItem
from app.operations.worker import Worker
from config import Config

if __name__ == "__main__":
    folder, database, job_id = sys.argv[1], sys.argv[2], int(sys.argv[3])
    settings = {"GATEHOUSE_DATA_DIR": folder, "GATEHOUSE_DATABASE_URL": database}
    wired = wiring.build(Config.from_env(settings))
    handlers = {"*": CommandItem(wired.executor, wired.settler)}
    load = lambda number: wired.jobs.get(system_actor(), number)  # noqa: E731
    Worker(wired.jobs, load, handlers, lambda _: None, threads=1, lease_seconds=1.0).work(job_id)
