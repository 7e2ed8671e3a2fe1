"""The driver against the imitated SPanel, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.commands import Command, parse
from app.core.model import Connection, FieldKind
from app.core.plan import Step
from app.core.secret import Secret
from app.net.http import Http
from app.net.limits import LocalLimits
from app.providers import spanel
from app.providers.spanel.driver import SPanelDriver
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox

Connect = Callable[..., SPanelDriver]
Calls = Callable[[], list[str]]
SetFault = Callable[..., None]

ACCOUNT, MAIN, ADDON = "hafencafe", "hafencafe.example", "cafe-am-hafen.example"
"""An account of the demo company with its main domain (a remote route) and a second one (mail stays)."""

SECRETS = {setting.name for setting in spanel.CARD.settings if setting.kind is FieldKind.SECRET}


def make_driver(url: str, values: dict[str, str], **changes: Any) -> SPanelDriver:
    """A driver for that address; `changes` are fields of the connection."""
    fields: dict[str, Any] = {"per_second": 0, "read_timeout": 5.0, "write_timeout": 5.0} | changes
    connection = Connection(
        "sp",
        "spanel",
        "SPanel test",
        url,
        values={name: Secret(text) if name in SECRETS else text for name, text in values.items() if text},
        **fields,
    )
    limits = LocalLimits(connection.parallel, connection.per_second)
    http = Http(connection, limits, lambda: datetime.now(UTC), sleep=lambda _: None)
    return spanel.build(connection, http)


def wish(model: type[Command], domain: str, **more: Any) -> Any:
    """A command for the test's connection."""
    return parse(model, {"connection": "sp", "domain": domain, **more})


def again(step: Step) -> Step:
    """The step as another process reads it."""
    return Step.from_json(json.loads(json.dumps(step.to_json())))


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """A sandbox with this upstream alone."""
    sandbox = Sandbox(slugs=["spanel"])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The same, as fresh as at its start."""
    running.reset()
    return running


@pytest.fixture
def profile(sandbox: Sandbox) -> dict[str, Any]:
    """The panel's switches."""
    return sandbox.upstreams["spanel"].profile


@pytest.fixture
def connect(sandbox: Sandbox) -> Connect:
    """Makes drivers with the demo's credentials; `connect(admin_token="")` leaves one out."""

    def make(base: str | None = None, parallel: int = 8, **values: str) -> SPanelDriver:
        known = sandbox.upstreams["spanel"].credentials()
        wanted = {s.name: known.get(s.name, "") for s in spanel.CARD.settings} | values
        return make_driver(base or sandbox.http("spanel"), wanted, parallel=parallel)

    return make


@pytest.fixture
def admin(connect: Connect) -> SPanelDriver:
    """An admin token alone."""
    return connect(client_token="", account="")


@pytest.fixture
def client(connect: Connect) -> SPanelDriver:
    """A client token alone."""
    return connect(admin_token="")


@pytest.fixture(params=["admin", "client"])
def driver(request: pytest.FixtureRequest) -> SPanelDriver:
    """Each kind of token; both see the demo account `ACCOUNT`."""
    found: SPanelDriver = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def calls(sandbox: Sandbox) -> Calls:
    """The actions that arrived since the last look."""

    def since() -> list[str]:
        names = sandbox.calls["spanel"].names()
        sandbox.calls["spanel"].clear()
        return names

    return since


@pytest.fixture
def fault(sandbox: Sandbox) -> SetFault:
    """Sets one fault: `fault("hangup", "domain/adddomain")`."""

    def set_fault(kind: str, call: str = "*", **parameters: Any) -> None:
        sandbox.faults["spanel"].set(Fault.parse({"fault": kind, "calls": call, **parameters}))

    return set_fault
