"""Everything that can go wrong on the wire, in a read and in a write of each kind: a core error, and nothing sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import (
    GatehouseError,
    Malformed,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
)
from app.core.plan import Seen
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIRST, NEW, SECOND, SET_ENVIRONMENT, Connect, route, wish

BROKEN = {
    "refuse": {},
    "reset": {"when": "before"},
    "reset after": {"when": "after"},
    "hangup": {},
    "5xx": {"when": "before"},
    "500": {"status": 500},
    "429": {"retry_after": "0"},
    "truncated": {},
    "malformed": {},
    "html": {},
    "huge": {"size": 200_000},
}
LIST = "GET /domains/"
WRITES = {
    "POST /service_dashboard/customers/": wish("domain.add", NEW),
    "DELETE /service_dashboard/customers/{target_id}/": wish("domain.remove", SECOND),
    SET_ENVIRONMENT: wish("routes.set", FIRST, routes=[route("mx.example.com")]),
    "PUT /domains/": wish("aliases.add", FIRST, aliases=[NEW]),
    "DELETE /domains/{domain_id}/": wish("aliases.remove", FIRST, aliases=["hansen-kontor.example"]),
    "POST /filtering/emailhandling/{domain_id}/": wish("settings.set", FIRST, name="grey_user", value="on"),
}


@pytest.fixture
def small(connect: Connect) -> Bench:
    """A connection that takes no long answers."""
    return connect(body_cap=64 * 1024)


def kind_of(name: str) -> str:
    return {"500": "5xx"}.get(name, name.partition(" ")[0])


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize(
    "call", [LIST, "GET /hierarchy/", "GET /object/", "GET /filtering/environment/{domain_id}/"]
)
def test_a_read_that_breaks(small: Bench, fault: Any, name: str, call: str) -> None:
    fault(kind_of(name), call, **BROKEN[name])
    with pytest.raises((Unreachable, Malformed, RateLimited)):
        list(small.driver.list_domains())
        small.driver.read_domain(FIRST)


@pytest.mark.parametrize("name", ["refuse", "reset", "5xx", "429", "truncated"])
def test_a_read_that_breaks_once_is_repeated(small: Bench, fault: Any, name: str) -> None:
    fault(kind_of(name), LIST, count=1, **BROKEN[name])
    assert small.driver.read_domain(FIRST).name == FIRST


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (call, name)
        for call in WRITES
        for name in BROKEN
        # its answer has no body that could break
        if not (call == "DELETE /domains/{domain_id}/" and name in ("truncated", "malformed"))
    ],
)
def test_a_write_that_breaks_went_out_once(small: Bench, fault: Any, call: str, name: str) -> None:
    [step] = small.driver.plan(WRITES[call])
    fault(kind_of(name), call, **BROKEN[name])
    with pytest.raises(GatehouseError) as caught:
        small.driver.apply(step)
    fault("delay", seconds=0)
    assert small.called().count(call) == 1
    assert isinstance(caught.value, RateLimited if name == "429" else OutcomeUnknown)
    assert small.driver.observe(step).seen in (Seen.DONE, Seen.NOT_DONE)


@pytest.mark.parametrize("name", ["refuse", "hangup", "html", "malformed", "5xx", "429", "500"])
def test_a_sign_in_that_breaks(signed_in: Bench, fault: Any, name: str) -> None:
    fault(kind_of(name), "POST /auth/login/", **BROKEN[name])
    with pytest.raises((Unreachable, Malformed, RateLimited)):
        signed_in.driver.read_domain(FIRST)
    fault("delay", seconds=0)
    assert signed_in.driver.read_domain(FIRST).name == FIRST


@pytest.mark.parametrize("name", ["refuse", "hangup", "html", "malformed", "5xx", "429"])
def test_a_sign_in_that_breaks_before_a_write(
    connect: Connect, signed_in: Bench, fault: Any, name: str
) -> None:
    """Surely not done: the write waits for the sign-in."""
    [step] = connect().driver.plan(WRITES["PUT /domains/"])
    fault(kind_of(name), "POST /auth/login/", **BROKEN[name])
    with pytest.raises((Unreachable, RateLimited)):
        signed_in.driver.apply(step)
    assert "PUT /domains/" not in signed_in.called()
