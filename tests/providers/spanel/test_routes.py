"""Mail routes: every command, its undo, and what they cannot express."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.commands import AddRoute, RemoveRoute, ReplaceRouteHost, SetRoutes, from_json
from app.core.errors import Conflict, NotFound, NotSupported
from app.core.model import Route, RouteKind
from app.core.plan import Seen, Step
from app.providers.spanel.driver import SPanelDriver
from app.sandbox.server import Sandbox
from tests.providers.spanel.conftest import ACCOUNT, ADDON, MAIN, Calls, again, wish

FIRST = "mail.slowpost.example"


def do(driver: SPanelDriver, *steps: Step) -> None:
    for step in map(again, steps):
        assert driver.observe(step).seen is Seen.NOT_DONE
        driver.apply(step)
        assert driver.observe(step).seen is Seen.DONE


def undo(driver: SPanelDriver, step: Step) -> None:
    """Carries out the commands that the step carries, each planned when its turn comes."""
    assert step.inverse is not None
    for data in again(step).inverse or ():
        for back in driver.plan(from_json(data)):
            driver.apply(back)


def routes(driver: SPanelDriver, name: str = MAIN) -> list[tuple[str, int | None]]:
    found = driver.read_domain(name, {"account": ACCOUNT}).routes or ()
    return [("", None) if route.kind is RouteKind.LOCAL else (route.host, route.priority) for route in found]


def give(sandbox: Sandbox, name: str, *pairs: tuple[str, str]) -> None:
    """Puts routes into the panel itself."""
    sandbox.upstreams["spanel"].state.table("routes")[name] = {
        "exchanger": "remoteexchanger",
        "mailserver": [host for host, _ in pairs],
        "priority": [number for _, number in pairs],
    }


def test_set(driver: SPanelDriver, calls: Calls) -> None:
    [step] = driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "mx1.example"}, {"host": "mx2.example"}]))
    assert step.before == {"routes": [{"host": FIRST, "priority": 10}]}
    assert step.after == {
        "routes": [{"host": "mx1.example", "priority": 10}, {"host": "mx2.example", "priority": 20}]
    }
    do(driver, step)
    assert calls()[-2:] == ["email/setmailroute", "email/getmailroute"]
    assert routes(driver) == [("mx1.example", 10), ("mx2.example", 20)]
    undo(driver, step)
    assert routes(driver) == [(FIRST, 10)]
    assert step.lost == []


def test_nothing_to_do(driver: SPanelDriver) -> None:
    for command in (
        wish(SetRoutes, MAIN, routes=[{"host": FIRST}]),
        wish(AddRoute, MAIN, route={"host": FIRST}),
        wish(RemoveRoute, MAIN, host="mx.example"),
        wish(RemoveRoute, MAIN, host=FIRST, port=2525),
        wish(ReplaceRouteHost, MAIN, old_host="mx.example", new_host="mx2.example"),
        wish(RemoveRoute, ADDON, host="localhost"),
        wish(ReplaceRouteHost, ADDON, old_host="localhost", new_host="mx2.example"),
    ):
        assert driver.plan(command) == []


def test_mail_leaves_the_server_and_comes_back(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(SetRoutes, ADDON, routes=[{"host": "mx1.example"}, {"host": "mx2.example"}]))
    assert step.before == {"routes": [{"host": "localhost", "kind": "local"}]}
    do(driver, step)
    assert routes(driver, ADDON) == [("mx1.example", 10), ("mx2.example", 20)]
    undo(driver, step)
    assert routes(driver, ADDON) == [("", None)]


def test_removing_the_last_route_brings_mail_back_here(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(RemoveRoute, MAIN, host=FIRST))
    assert step.after == {"routes": [{"host": "localhost", "kind": "local"}]}
    do(driver, step)
    assert routes(driver) == [("", None)]
    undo(driver, step)
    assert routes(driver) == [(FIRST, 10)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [(FIRST, 10), ("mx.example", 20)]),
        ({"position": 0}, [("mx.example", 4), (FIRST, 10)]),
        ({"position": 9}, [(FIRST, 10), ("mx.example", 20)]),
    ],
)
def test_add(driver: SPanelDriver, more: dict[str, Any], expected: list[tuple[str, int]]) -> None:
    [step] = driver.plan(wish(AddRoute, MAIN, route={"host": "mx.example"}, **more))
    do(driver, step)
    assert routes(driver) == expected
    undo(driver, step)
    assert routes(driver) == [(FIRST, 10)]


def test_replace_a_host_and_keep_its_place(sandbox: Sandbox, driver: SPanelDriver) -> None:
    give(sandbox, MAIN, ("a.example", "5"), ("b.example", "5"), ("c.example", "50"))
    [step] = driver.plan(wish(ReplaceRouteHost, MAIN, old_host="a.example", new_host="x.example"))
    do(driver, step)
    assert routes(driver) == [("x.example", 5), ("b.example", 5), ("c.example", 50)]


def test_replace_a_host_by_one_that_is_there(sandbox: Sandbox, driver: SPanelDriver) -> None:
    give(sandbox, MAIN, ("a.example", "5"), ("b.example", "7"), ("c.example", "9"))
    [step] = driver.plan(wish(ReplaceRouteHost, MAIN, old_host="b.example", new_host="c.example"))
    do(driver, step)
    assert routes(driver) == [("a.example", 5), ("c.example", 7)]


def test_equal_priorities_survive_what_leaves_them_alone(sandbox: Sandbox, driver: SPanelDriver) -> None:
    give(sandbox, MAIN, ("a.example", "5"), ("b.example", "5"))
    [step] = driver.plan(wish(AddRoute, MAIN, route={"host": "c.example"}))
    do(driver, step)
    assert routes(driver) == [("a.example", 5), ("b.example", 5), ("c.example", 15)]
    undo(driver, step)
    assert routes(driver) == [("a.example", 5), ("b.example", 5)]


def test_undo_says_when_priorities_do_not_come_back(sandbox: Sandbox, driver: SPanelDriver) -> None:
    give(sandbox, MAIN, ("a.example", "5"), ("b.example", "5"))
    [step] = driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "x.example"}]))
    assert "priorities" in str(step.lost[0])
    do(driver, step)
    undo(driver, step)
    assert [host for host, _ in routes(driver)] == ["a.example", "b.example"]


def test_a_host_that_no_command_can_say(sandbox: Sandbox, driver: SPanelDriver) -> None:
    give(sandbox, MAIN, ("10.0.0.256", "5"))
    [step] = driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "x.example"}]))
    assert step.inverse is None


def test_priorities_that_the_panel_does_not_tell(sandbox: Sandbox, driver: SPanelDriver) -> None:
    sandbox.upstreams["spanel"].state.table("routes")[MAIN] = {
        "exchanger": "remoteexchanger",
        "mailserver": ["a.example"],
        "priority": [],
    }
    assert routes(driver) == [("a.example", None)]
    assert driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "a.example"}])) == []


def test_changed_since_the_person_looked(driver: SPanelDriver, calls: Calls) -> None:
    wanted = [{"host": "mx.example"}]
    with pytest.raises(Conflict) as caught:
        driver.plan(wish(SetRoutes, MAIN, routes=wanted, expected=[{"host": "old.example"}]))
    assert caught.value.now == {"routes": [{"host": FIRST, "priority": 10}]}
    assert "email/setmailroute" not in calls()
    assert driver.plan(wish(SetRoutes, MAIN, routes=wanted, expected=[{"host": FIRST}]))
    assert driver.plan(wish(SetRoutes, ADDON, routes=wanted, expected=[]))


def test_undo_does_not_overwrite_what_somebody_did_since(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "mx1.example"}]))
    driver.apply(step)
    [later] = driver.plan(wish(AddRoute, MAIN, route={"host": "mx2.example"}))
    driver.apply(later)
    with pytest.raises(Conflict):
        undo(driver, step)


def test_somebody_else_changed_them(sandbox: Sandbox, driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "mx1.example"}]))
    give(sandbox, MAIN, ("other.example", "10"))
    seen = driver.observe(step)
    assert (seen.seen, seen.now) == (Seen.DIFFERS, {"routes": [{"host": "other.example", "priority": 10}]})


@pytest.mark.parametrize(
    "command",
    [
        wish(SetRoutes, MAIN, routes=[{"host": "mx.example", "port": 2525}]),
        wish(SetRoutes, MAIN, routes=[{"host": "mx.example", "transport": "tls_always"}]),
        wish(AddRoute, MAIN, route={"host": "mx.example", "port": 587}),
        wish(ReplaceRouteHost, MAIN, old_host=FIRST, new_host="mx.example", new_port=26),
    ],
    ids=lambda command: command.command,
)
def test_ports_and_tls(driver: SPanelDriver, calls: Calls, command: Any) -> None:
    with pytest.raises(NotSupported):
        driver.plan(command)
    assert calls() == []


def test_port_25_may_be_said(driver: SPanelDriver) -> None:
    assert driver.plan(wish(ReplaceRouteHost, MAIN, old_host=FIRST, new_host="mx.example", new_port=25))


def test_a_domain_that_is_not_there(driver: SPanelDriver) -> None:
    with pytest.raises(NotFound):
        driver.plan(wish(SetRoutes, "nowhere.example", routes=[{"host": "mx.example"}]))


def test_the_domain_went_meanwhile(sandbox: Sandbox, driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(SetRoutes, ADDON, routes=[{"host": "mx.example"}]))
    domains = sandbox.upstreams["spanel"].state.table("domains")
    domains[ACCOUNT] = {MAIN: domains[ACCOUNT][MAIN]}
    assert driver.observe(step).seen is Seen.NOT_DONE


def test_routes_as_ipv4_are_the_panels_to_judge(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(SetRoutes, MAIN, routes=[{"host": "192.0.2.1"}]))
    assert step.after == {"routes": [Route("192.0.2.1", priority=10).to_json()]}
