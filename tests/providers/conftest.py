"""A running sandbox, and drivers that talk to it through real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.model import Connection
from app.core.ports import CallRecord
from app.core.secret import Secret
from app.net.http import Http
from app.net.limits import LocalLimits
from app.providers import registry
from app.sandbox.server import Sandbox

OPEN = ("username", "account", "app_id")  # credentials that are no secrets


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox on free ports for the whole session, in memory."""
    sandbox = Sandbox()
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The running sandbox, as fresh as at its start."""
    running_sandbox.reset()
    return running_sandbox


class Bench:
    """The driver of one connection, the transport below it (whose pauses cost no time), and the calls it made."""

    def __init__(self, kind: str, url: str, credentials: dict[str, str], **changes: Any) -> None:
        values = {name: v if name in OPEN else Secret(v) for name, v in credentials.items()}
        settings = {"per_second": 0, "parallel": 4} | changes
        self.connection = Connection("prod", kind, "Prod", url, values=values, **settings)
        self.records: list[CallRecord] = []
        limits = LocalLimits(self.connection.parallel, 0)
        self.http = Http(
            self.connection,
            limits,
            lambda: datetime.now(UTC),
            sink=self.records.append,
            sleep=lambda _: None,
            jitter=lambda: 0.0,
        )
        self.driver: Any = registry.build(self.connection, self.http)

    def called(self) -> list[str]:
        """The names of the calls so far, in order."""
        return [record.call for record in self.records]


@pytest.fixture
def connect(sandbox: Sandbox) -> Callable[..., Bench]:
    """Makes benches on the sandbox: `connect("spamexperts", password="wrong")`; other keywords change the connection."""

    def make(kind: str, **changes: Any) -> Bench:
        credentials = sandbox.upstreams[kind].credentials()
        own = {name: changes.pop(name) for name in tuple(changes) if name in credentials}
        return Bench(kind, sandbox.http(kind), credentials | own, **changes)

    return make
