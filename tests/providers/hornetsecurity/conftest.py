"""The driver against the imitated Control Panel, over real sockets, in both generations of the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.core.commands import COMMANDS, Command, parse
from app.core.plan import Step
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench

PARTNER, PARTNER_ID = "Nordwind IT", 1_111_111
FIRST = "kontor-hansen.example"
SECOND = "praxis-am-deich.example"
UNBOOKED = "archiv.nordwind.example"
NEW = "neu.example"

FIND = ["GET /object/", "GET /domains/"]
ENVIRONMENT = "GET /filtering/environment/{domain_id}/"
SET_ENVIRONMENT = "POST /filtering/environment/{domain_id}/"

CREDENTIALS = ("username", "password", "api_token", "app_id", "account", "app_version")
NOBODY = dict.fromkeys(CREDENTIALS, "")

Connect = Callable[..., Bench]


@pytest.fixture
def connect(sandbox: Sandbox) -> Connect:
    """Makes benches: `connect()` with the demo's API token, `connect(username=…, password=…)` with what is named (and
    nothing else); other keywords change the connection. `old=True`: for the old generation."""

    def make(old: bool = False, **changes: Any) -> Bench:
        demo = sandbox.upstreams["hornetsecurity"].credentials()
        values = {name: changes.pop(name) for name in CREDENTIALS if name in changes}
        if old:
            values = {
                "app_version": "1.0.0",
                **_of(demo, "username", "password", "api_token", "app_id"),
                **values,
            }
        elif not values.keys() - {"account"}:
            values = {**_of(demo, "api_token"), **values}
        return Bench("hornetsecurity", sandbox.http("hornetsecurity"), {**NOBODY, **values}, **changes)

    return make


def _of(demo: dict[str, str], *names: str) -> dict[str, str]:
    return {name: demo[name] for name in names}


@pytest.fixture
def bench(connect: Connect) -> Bench:
    """The demo's partner, signed in by API token."""
    return connect()


@pytest.fixture(params=["current", "old"])
def either(request: pytest.FixtureRequest, connect: Connect) -> Bench:
    """The demo's partner in both generations of the API."""
    return connect(old=request.param == "old")


@pytest.fixture
def signed_in(sandbox: Sandbox, connect: Connect) -> Bench:
    """The demo's partner, signed in by user name and password."""
    demo = sandbox.upstreams["hornetsecurity"].credentials()
    return connect(**_of(demo, "username", "password", "app_id"))


@pytest.fixture
def fault(sandbox: Sandbox) -> Callable[..., None]:
    """Sets one fault: `fault("hangup", "PUT /domains/")`."""

    def set_fault(kind: str, call: str = "*", **parameters: Any) -> None:
        # a name with braces is no pattern, and one with brackets would be
        sandbox.faults["hornetsecurity"].set(Fault.parse({"fault": kind, "calls": call, **parameters}))

    return set_fault


def wish(command: str, domain: str | None = FIRST, **fields: Any) -> Command:
    """A command for the demo connection."""
    return parse(COMMANDS[command], {"connection": "prod", "domain": domain, **fields})


def route(host: str, port: int = 25) -> dict[str, Any]:
    """A route as somebody enters it."""
    return {"host": host, "port": port}


def again(step: Step) -> Step:
    """The step as another process reads it."""
    return Step.from_json(json.loads(json.dumps(step.to_json())))


def applied(bench: Bench, command: Command) -> list[Step]:
    """Plans and sends a command; every step goes through JSON. Returns the steps."""
    steps = bench.driver.plan(command)
    for step in steps:
        bench.driver.apply(again(step))
    return steps


def undone(bench: Bench, steps: list[Step]) -> None:
    """Sends the inverse of the steps, the last one first."""
    for step in reversed(steps):
        for back in step.inverse or ():
            applied(
                bench, parse(COMMANDS[back["command"]], {k: v for k, v in back.items() if k != "command"})
            )


def site(sandbox: Sandbox) -> Any:
    """The state of the imitated panel, its indexes fresh."""
    found = sandbox.upstreams["hornetsecurity"]._site
    found.refresh()
    return found
