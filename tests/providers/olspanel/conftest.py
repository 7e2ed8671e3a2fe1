"""The driver against the imitated OLSPanel, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.model import Connection, FieldKind
from app.core.secret import Secret
from app.net.http import Http
from app.net.limits import LocalLimits
from app.providers import olspanel
from app.providers.olspanel.driver import OlsPanelDriver
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox

Connect = Callable[..., OlsPanelDriver]

SECRETS = {setting.name for setting in olspanel.CARD.settings if setting.kind is FieldKind.SECRET}


def make_driver(url: str, values: dict[str, str], **changes: Any) -> OlsPanelDriver:
    """A driver for that address; `changes` are fields of the connection."""
    fields: dict[str, Any] = {"per_second": 0, "read_timeout": 5.0, "write_timeout": 5.0} | changes
    connection = Connection(
        "ols",
        "olspanel",
        "OLSPanel test",
        url,
        values={name: Secret(text) if name in SECRETS else text for name, text in values.items()},
        **fields,
    )
    limits = LocalLimits(connection.parallel, connection.per_second)
    http = Http(connection, limits, lambda: datetime.now(UTC), sleep=lambda _: None)
    return olspanel.build(connection, http)


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """A sandbox with this upstream alone."""
    sandbox = Sandbox(slugs=["olspanel"])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The same, as fresh as at its start."""
    running.reset()
    return running


@pytest.fixture(params=["seed", "live"])
def profile(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """Both ways in which the panel behaves: as its documents say, and as its code does."""
    sandbox.upstreams["olspanel"].profile["profile"] = request.param
    return str(request.param)


@pytest.fixture
def connect(sandbox: Sandbox) -> Connect:
    """Makes drivers: `connect()` with the demo's credentials, `connect(username="exampleuser")` with
    others."""

    def make(base: str | None = None, **values: str) -> OlsPanelDriver:
        known = sandbox.upstreams["olspanel"].credentials()
        wanted = {s.name: known[s.name] for s in olspanel.CARD.settings} | values
        return make_driver(base or sandbox.http("olspanel"), {n: v for n, v in wanted.items() if v})

    return make


@pytest.fixture
def driver(connect: Connect, profile: str) -> OlsPanelDriver:
    """The demo's account, without an administrator, in each profile."""
    return connect(admin_username="", admin_password="")


@pytest.fixture
def calls(sandbox: Sandbox) -> Callable[[], list[str]]:
    """The calls that arrived, without the method."""
    return lambda: [name.removeprefix("POST ") for name in sandbox.calls["olspanel"].names()]


@pytest.fixture
def fault(sandbox: Sandbox) -> Callable[..., None]:
    """Sets one fault: `fault("hangup", "POST /api/add_domain/")`."""

    def set_fault(kind: str, call: str = "*", **parameters: Any) -> None:
        sandbox.faults["olspanel"].set(Fault.parse({"fault": kind, "calls": call, **parameters}))

    return set_fault
