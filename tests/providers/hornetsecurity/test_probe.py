"""The connection test: version, who signs in, what is reached, what is missing and why."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.capabilities import Capability, Found
from app.core.errors import BadCredentials, Malformed, NotFound, Unreachable
from app.core.model import Connection
from app.providers import hornetsecurity
from app.sandbox.server import Sandbox
from tests.net.servers import answering, free_port, serve
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import NOBODY, PARTNER, Connect
from tests.providers.hornetsecurity.panels import panel

CALLS = ["GET /version/", "GET /user/", "GET /hierarchy/", "POST /service_dashboard/_search/"]


def test_a_partner(bench: Bench) -> None:
    found = bench.driver.probe()
    assert found.version == "6.40.0.0"
    assert found.missing == {} and found.notes == ()
    assert found.facts == {
        "user": "it@nordwind.example",
        "sign-in": "API token",
        "API generation": "current",
        "scope": f"{PARTNER} (partner)",
        "below it": 10,
    }
    assert bench.called() == CALLS
    assert Found.from_json(found.to_json()).facts == found.facts


def test_a_partner_of_an_old_panel(connect: Connect) -> None:
    bench = connect(old=True)
    found = bench.driver.probe()
    assert found.version == "6.17.0.0"
    assert found.facts["API generation"] == "old" and found.facts["sign-in"] == "user name and password"
    assert found.facts["scope"] == f"{PARTNER} (partner)"
    assert found.missing == {} and found.notes == ()
    assert bench.called() == [CALLS[0], "POST /auth/login/", *CALLS[1:]]


def test_an_old_panel_is_noticed(connect: Connect, sandbox: Sandbox) -> None:
    sandbox.upstreams["hornetsecurity"].profile["generation"] = "manual"
    found = connect().driver.probe()
    assert found.version == "6.17.0.0"
    [note] = found.notes
    assert "old generation" in str(note) and "app version" in str(note)


def test_the_version_as_a_bare_string(connect: Connect, sandbox: Sandbox) -> None:
    sandbox.upstreams["hornetsecurity"].profile["version_form"] = "string"
    assert connect().driver.probe().version == "6.40.0.0"


def test_a_customer_s_administrator(connect: Connect, sandbox: Sandbox) -> None:
    bench = connect(api_token=sandbox.upstreams["hornetsecurity"].credentials()["limited_token"])
    found = bench.driver.probe()
    assert set(found.missing) == {Capability.DOMAIN_ADD, Capability.DOMAIN_REMOVE}
    assert "no role on a partner" in str(found.missing[Capability.DOMAIN_ADD])
    assert "PATCH /service_dashboard/customers/" in found.calls and "GET /domains/" not in found.calls
    assert all(reason == found.missing[Capability.DOMAIN_ADD] for reason in found.calls.values())
    card = hornetsecurity.CARD.cut(found.missing, found.facts)
    assert Capability.ALIASES_WRITE in card.can and Capability.DOMAIN_ADD not in card.can
    assert bench.called() == CALLS[:3]


def answers_of(
    roots: Any, dashboard: tuple[int, Any] = (200, {"num_found_items": 0, "sd_data_list": []})
) -> Any:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return {
            "GET /version/": (200, {"version": "6.1.0.0"}),
            "GET /user/": (404, {"error_id": 404, "error_message": "Not found"}),
            "GET /auth/check/session/": (200, [{"username": "jane@example.com", "object_id": 7}]),
            "GET /hierarchy/": (200, {"hierarchy": roots}),
            "POST /service_dashboard/_search/": dashboard,
        }[call]

    return answers


def test_a_user_without_a_role() -> None:
    with panel(answers_of([{"id": 7, "name": "jane@example.com", "type": "user"}])) as (bench, _):
        found = bench.driver.probe()
    assert set(found.missing) == set(Capability)
    assert "no role on a partner or customer" in str(found.missing[Capability.DOMAINS_READ])
    assert found.facts["user"] == "jane@example.com"


@pytest.mark.parametrize(
    "dashboard",
    [
        (403, {"error_id": 1003, "error_message": "Permission denied."}),
        (404, "<html>Not found</html>"),
        (402, None),
    ],
)
def test_a_service_dashboard_that_is_closed(dashboard: tuple[int, Any]) -> None:
    roots = [{"id": 1, "name": "P", "type": "partner", "children_count": 3}]
    with panel(answers_of(roots, dashboard)) as (bench, _):
        found = bench.driver.probe()
    assert set(found.missing) == {Capability.DOMAIN_ADD, Capability.DOMAIN_REMOVE}
    assert "service dashboard" in str(found.missing[Capability.DOMAIN_REMOVE])


def test_an_account_that_is_not_there(connect: Connect) -> None:
    with pytest.raises(NotFound, match="nobody"):
        connect(account="nobody").driver.probe()


def test_wrong_credentials(connect: Connect) -> None:
    with pytest.raises(BadCredentials):
        connect(api_token="0" * 40).driver.probe()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>It works</html>", "200 OK"),
        (b"<html>no</html>", "404 X"),
        (b"ok", "200 OK"),
        (b"{}", "200 OK"),
    ]
    + [(b'{"error_id": 404, "error_message": "Not found"}', "404 X"), (b"", "200 OK")],
)
def test_something_else_at_the_address(body: bytes, status: str) -> None:
    with serve(answering(body, status)) as server:
        bench = Bench("hornetsecurity", server.url, {**NOBODY, "api_token": "5d0c7a41e9b3"})
        with pytest.raises(Malformed, match="without /api/v0"):
            bench.driver.probe()
        assert bench.called() == ["GET /version/"]


def test_the_address_with_too_much_in_it(sandbox: Sandbox) -> None:
    values = {**NOBODY, "api_token": sandbox.upstreams["hornetsecurity"].credentials()["api_token"]}
    bench = Bench("hornetsecurity", sandbox.http("hornetsecurity") + "/api/v0", values)
    with pytest.raises(Malformed, match="without /api/v0"):
        bench.driver.probe()


def test_nobody_at_the_address() -> None:
    bench = Bench(
        "hornetsecurity", f"http://127.0.0.1:{free_port()}", {**NOBODY, "api_token": "5d0c7a41e9b3"}
    )
    with pytest.raises(Unreachable):
        bench.driver.probe()


def test_building_a_driver_sends_nothing_and_needs_no_credentials() -> None:
    hornetsecurity.build(Connection("x", "hornetsecurity", "X", "http://127.0.0.1:1"), None)
