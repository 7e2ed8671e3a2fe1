"""What these tests stand on: the application below its doors, with a real database, joined to an imitated upstream."""

from __future__ import annotations

import contextlib
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import wiring
from app.core.actor import Actor, Role
from app.core.commands import COMMANDS, Command, parse
from app.core.connections import build_connection
from app.core.model import Connection
from app.core.ports import Change, ChangeQuery, DomainRow, Job, JobItem, NewItem
from app.core.text import msg
from app.operations.executor import Execution
from app.operations.settle import Settler
from app.operations.worker import Worker
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox
from tests.conftest import close_database, make_config

ACTOR = Actor(7, "Ada", Role.ADMIN)
QUICK = {
    "connect_timeout": 1.0,
    "read_timeout": 5.0,
    "write_timeout": 5.0,
    "per_second": 10_000,
    "parallel": 64,
}
MX = {"host": "mx.example.net", "port": 25}

_keys = itertools.count(1)


class World:
    """One upstream of the sandbox as the connection "prod", and everything that `wiring` builds over it."""

    actor = ACTOR
    key = "prod"

    def __init__(self, wired: wiring.Wired, sandbox: Sandbox, slug: str) -> None:
        self.wired = wired
        self.sandbox = sandbox
        self.slug = slug
        self.upstream = sandbox.upstreams[slug]
        self.log = sandbox.calls[slug]

    # --- connections ---

    def connect(self, key: str = "", **changes: Any) -> Connection:
        """Stores the connection, or stores it anew: with changes, and with a driver that remembers nothing."""
        key = key or self.key
        card = self.wired.cards[self.slug]
        known = self.upstream.credentials()
        values = {s.name: known[s.name] for s in card.settings if s.name in known}
        values |= changes.pop("values", {})
        data = {
            "key": key,
            "kind": self.slug,
            "name": f"The {key} one",
            "base_url": self.sandbox.http(self.slug),
        }
        connection = build_connection({**data, **QUICK, "values": values, **changes}, self.wired.cards)
        old = self.wired.store.get(key)
        if old is None:
            self.wired.store.add(connection)
        else:
            self.wired.store.replace(connection, old.version)
        return self.connection(key)

    def connection(self, key: str = "") -> Connection:
        """The connection as it is stored now."""
        connection = self.wired.store.get(key or self.key)
        assert connection is not None
        return connection

    def reconnect(self, key: str = "") -> Connection:
        """The same connection under a new version: its driver and its limits begin anew."""
        old = self.connection(key)
        self.wired.store.replace(replace(old), old.version)
        return self.connection(key)

    def driver(self, key: str = "") -> Any:
        """The driver that the application uses."""
        return self.wired.pool.driver(self.connection(key))

    # --- wishes ---

    def wish(self, command: str, /, **fields: Any) -> Command:
        """A command: `wish("routes.set", domain=..., routes=[...])`."""
        return parse(COMMANDS[command], {"connection": self.key, **fields})

    def do(self, command: Command | str, request_key: str = "", /, **options: Any) -> Execution:
        """Executes a command, or the wish of that name with these fields, under a request key of its own."""
        if isinstance(command, str):
            command, options = self.wish(command, **options), {}
        request_key = request_key or f"request-{next(_keys)}"
        return self.wired.executor.execute(
            options.pop("actor", self.actor), command, request_key=request_key, **options
        )

    # --- what is there ---

    def faults(self, *faults: dict[str, Any]) -> None:
        """Replaces the upstream's faults; none given, all is well again."""
        self.sandbox.faults[self.slug].set(*(Fault.parse(fault) for fault in faults))

    def domains(self) -> dict[str, Any]:
        """The upstream's own table of domains."""
        return dict(self.upstream.state.table("domains").items())

    def changes(self, request_key: str = "", actor: Actor = ACTOR) -> list[Change]:
        """The journal in the order of its rows; of one request where its key is given."""
        if request_key:
            return self.wired.journal.by_request(actor, request_key)
        return self.wired.journal.page(actor, ChangeQuery(size=200))[::-1]

    def states(self, request_key: str = "") -> list[str]:
        """The states of these changes."""
        return [change.state.value for change in self.changes(request_key)]

    def row(self, domain: str, key: str = "") -> DomainRow | None:
        """The inventory's row."""
        return self.wired.inventory.get(self.actor, key or self.key, domain)

    # --- the worker's side ---

    def late_settler(self) -> Settler:
        """The settler as it is when all time-outs and graces are over."""
        wired = self.wired
        clock = lambda: wiring.now() + timedelta(hours=1)  # noqa: E731
        return Settler(
            wired.journal, wired.connections, wired.pool, wired.sync, wired.rule_reads, clock, 30.0
        )

    def job(self, *commands: Command, kind: str = "bulk", **options: Any) -> int:
        """Stores a job with an item for each command."""
        items = [NewItem(getattr(c, "domain", None) or "", c.to_json()) for c in commands]
        return self.wired.jobs.create(self.actor, kind, msg("Several things"), items, **options)

    def get_job(self, job_id: int) -> Job:
        """The job as it is stored now."""
        job = self.wired.jobs.get(self.actor, job_id)
        assert job is not None
        return job

    def items(self, job_id: int) -> list[JobItem]:
        """Its items, by number."""
        return self.wired.jobs.items(job_id, size=1000)

    def item_states(self, job_id: int) -> list[str]:
        """The states of its items."""
        return [item.state.value for item in self.items(job_id)]

    def worker(self, handlers: dict[str, Any], **options: Any) -> Worker:
        """A worker with handlers of its own."""
        load = functools.partial(self.wired.jobs.get, self.actor)
        return Worker(self.wired.jobs, load, handlers, options.pop("after", lambda _: None), **options)


@contextlib.contextmanager
def built_world(folder: Path, empty_database: str, sandbox: Sandbox, slug: str) -> Iterator[World]:
    """The application on a database in `folder`, connected to that upstream. Pauses between tries cost no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            wiring, "Http", functools.partial(wiring.Http, sleep=lambda _: None, jitter=lambda: 0.0)
        )
        wired = wiring.build(make_config(folder, empty_database, SYNC_MINUTES="15", JOB_THREADS="16"))
        world = World(wired, sandbox, slug)
        world.connect()
        yield world
        close_database(wired.database)


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for something that another thread or process does. Fails when it does not happen."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
