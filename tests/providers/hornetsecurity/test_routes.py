"""Routes: the destination of a domain's environment, which is read again and sent whole."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import Conflict, Malformed, NotFound, NotSupported, OutcomeUnknown, Unreachable
from app.core.model import Route
from app.core.plan import Applied, Seen, Verb
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import (
    ENVIRONMENT,
    FIND,
    FIRST,
    SECOND,
    SET_ENVIRONMENT,
    UNBOOKED,
    again,
    applied,
    route,
    site,
    undone,
    wish,
)

A, B, C = "a.example.com", "b.example.com", "c.example.com"


def routes_of(bench: Bench, domain: str = FIRST) -> tuple[Route, ...]:
    return bench.driver.read_domain(domain).routes


def given(sandbox: Sandbox, destinations: str | None, **fields: Any) -> None:
    """What the panel has as the first customer's environment."""
    site(sandbox).table("routes")["432"] = {
        "enabled": True,
        "dest_type": 1,
        "inherit_primary_domain": False,
        "hornet_email": False,
        "destination_server": destinations,
        **fields,
    }


def test_set(either: Bench) -> None:
    [step] = either.driver.plan(wish("routes.set", routes=[route(A, 2525), route(B)]))
    assert (step.verb, step.subject, step.domain) == (Verb.ROUTES_SET, FIRST, FIRST)
    assert step.args["changes"]["destination_server"] == f"{A}:2525#10;{B}#20"
    assert either.driver.observe(again(step)).seen is Seen.NOT_DONE
    assert either.driver.apply(again(step)) == Applied()
    assert either.driver.observe(again(step)).seen is Seen.DONE
    assert routes_of(either) == (Route(A, 2525, 10), Route(B, None, 20))


def test_what_it_costs(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("routes.set", routes=[route(A)]))
    assert bench.called() == [*FIND, ENVIRONMENT]
    bench.records.clear()
    bench.driver.apply(step)
    assert bench.called() == [ENVIRONMENT, SET_ENVIRONMENT]


def test_everything_else_in_the_environment_stays(bench: Bench, sandbox: Sandbox) -> None:
    given(sandbox, A, relayserver="192.0.2.0/24", bounce=False, alternative_server=None, enabled=False)
    applied(bench, wish("routes.set", routes=[route(B)]))
    kept = site(sandbox).table("routes")["432"]
    assert (kept["relayserver"], kept["bounce"], kept["enabled"]) == ("192.0.2.0/24", False, False)
    assert kept["destination_server"] == B


def test_what_changed_since_the_plan_stays_too(bench: Bench, sandbox: Sandbox) -> None:
    [step] = bench.driver.plan(wish("routes.set", routes=[route(B)]))
    given(sandbox, A, relayserver="192.0.2.7")
    bench.driver.apply(step)
    assert site(sandbox).table("routes")["432"]["relayserver"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("command", "fields", "before", "after"),
    [
        ("routes.set", {"routes": [route(A)]}, f"{A};{B}", A),
        ("routes.set", {"routes": [route(B), route(A)]}, f"{A}#10;{B}#20", f"{B}#10;{A}#20"),
        ("routes.add", {"route": route(B)}, A, f"{A}#10;{B}#20"),
        ("routes.add", {"route": route(B, 26)}, f"{A}#5", f"{A}#5;{B}:26#15"),
        ("routes.add", {"route": route(C), "position": 0}, f"{A}#10;{B}#20", f"{C}#10;{A}#20;{B}#30"),
        ("routes.add", {"route": route(C), "position": 1}, f"{A}#10;{B}#20", f"{A}#10;{C}#20;{B}#30"),
        ("routes.add", {"route": route(A)}, None, A),
        ("routes.remove", {"host": A}, f"{A}:25#10;{B}#20", f"{B}#20"),
        ("routes.remove", {"host": A, "port": 26}, f"{A}#10;{A}:26#20", f"{A}#10"),
        ("routes.replace_host", {"old_host": A, "new_host": C}, f"{A}:26#10;{B}#20", f"{C}:26#10;{B}#20"),
        (
            "routes.replace_host",
            {"old_host": A, "new_host": C, "new_port": 25},
            f"{A}:26#10;{B}#20",
            f"{C}#10;{B}#20",
        ),
        ("routes.replace_host", {"old_host": A, "new_host": B}, f"{A}#10;{B}#20", f"{B}#10"),
        ("routes.set", {"routes": [route("2001:db8::25", 26)]}, A, "[2001:db8::25]:26"),
    ],
)
def test_change_and_undo(
    bench: Bench, sandbox: Sandbox, command: str, fields: Any, before: str | None, after: str
) -> None:
    given(sandbox, before)
    seen = routes_of(bench)
    steps = applied(bench, wish(command, **fields))
    assert site(sandbox).table("routes")["432"]["destination_server"] == after
    assert bench.driver.plan(wish(command, **fields)) == [] or command == "routes.replace_host"
    if before is None:
        assert steps[0].inverse is None
        return
    undone(bench, steps)
    assert [(r.host, r.port or 25) for r in routes_of(bench)] == [(r.host, r.port or 25) for r in seen]


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("routes.set", {"routes": [route(A), route(B)]}),
        ("routes.set", {"routes": [route(A, 25), route(B, 25)]}),
        ("routes.add", {"route": route(B)}),
        ("routes.remove", {"host": C}),
        ("routes.remove", {"host": A, "port": 26}),
        ("routes.replace_host", {"old_host": C, "new_host": A}),
        ("routes.replace_host", {"old_host": A, "new_host": A}),
    ],
)
@pytest.mark.parametrize("now", [f"{A}#10;{B}#20", f"{A};{B}", f"{A}:25#7;{B}:25#7"])
def test_nothing_to_do(bench: Bench, sandbox: Sandbox, now: str, command: str, fields: Any) -> None:
    given(sandbox, now)
    assert bench.driver.plan(wish(command, **fields)) == []
    assert SET_ENVIRONMENT not in bench.called()


def test_priorities_that_cannot_come_back_are_named(bench: Bench, sandbox: Sandbox) -> None:
    given(sandbox, f"{A}#5;{B}#5")
    [step] = bench.driver.plan(wish("routes.set", routes=[route(C)]))
    assert "priorities" in str(step.lost[0])
    given(sandbox, f"{A}#10;{B}#20")
    [step] = bench.driver.plan(wish("routes.set", routes=[route(C)]))
    assert step.lost == []


def test_an_inherited_route_becomes_an_own_one(bench: Bench, sandbox: Sandbox) -> None:
    given(sandbox, A, inherit_primary_domain=True)
    [step] = bench.driver.plan(wish("routes.set", routes=[route(A)]))
    assert step.inverse is None and "followed another one's route" in str(step.lost[0])
    bench.driver.apply(step)
    assert routes_of(bench) == (Route(A),)
    assert bench.driver.observe(step).seen is Seen.DONE


def test_the_last_route_stays(bench: Bench, sandbox: Sandbox) -> None:
    given(sandbox, A)
    with pytest.raises(NotSupported, match="left without a route"):
        bench.driver.plan(wish("routes.remove", host=A))


@pytest.mark.parametrize(
    ("fields", "words"), [({"dest_type": 2}, "fetched by POP"), ({"hornet_email": True}, "on Hornet.email")]
)
def test_mail_that_goes_elsewhere_has_no_routes(
    bench: Bench, sandbox: Sandbox, fields: Any, words: str
) -> None:
    given(sandbox, A, **fields)
    with pytest.raises(NotSupported, match=words):
        bench.driver.plan(wish("routes.set", routes=[route(B)]))


def test_a_route_that_asks_for_more(bench: Bench) -> None:
    with pytest.raises(NotSupported, match="whether TLS is used"):
        bench.driver.plan(wish("routes.add", route={"host": A, "transport": "plain"}))


def test_what_somebody_saw_is_no_longer_there(bench: Bench, sandbox: Sandbox) -> None:
    given(sandbox, f"{A}#10;{B}#20")
    command = wish("routes.set", routes=[route(C)], expected=[route(A), route(B)])
    assert bench.driver.plan(command)
    given(sandbox, f"{B}#10;{A}#20")
    with pytest.raises(Conflict, match="no longer what you saw") as caught:
        bench.driver.plan(command)
    assert [one["host"] for one in caught.value.now["routes"]] == [B, A]


def test_changed_otherwise_meanwhile(bench: Bench, sandbox: Sandbox) -> None:
    [step] = bench.driver.plan(wish("routes.set", routes=[route(A)]))
    given(sandbox, C)
    seen = bench.driver.observe(step)
    assert (seen.seen, seen.now) == (Seen.DIFFERS, {"routes": [{"host": C}]})


def test_the_domain_is_gone(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("routes.set", SECOND, routes=[route(A)]))
    applied(bench, wish("domain.remove", SECOND))
    assert bench.driver.observe(step).seen is Seen.DIFFERS
    with pytest.raises(NotFound):
        bench.driver.apply(step)
    with pytest.raises(NotFound):
        bench.driver.plan(wish("routes.set", SECOND, routes=[route(A)]))


def test_a_domain_with_another_id_by_now_is_found_by_its_name(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("routes.set", UNBOOKED, routes=[route(A)]))
    undone(bench, applied(bench, wish("domain.remove", UNBOOKED)))
    bench.records.clear()
    bench.driver.apply(step)
    assert bench.called() == [ENVIRONMENT, *FIND, ENVIRONMENT, SET_ENVIRONMENT]
    assert routes_of(bench, UNBOOKED) == (Route(A),)


def test_a_route_that_cannot_be_read_is_not_overwritten(bench: Bench, sandbox: Sandbox) -> None:
    given(sandbox, "mx.example:smtp")
    with pytest.raises(Malformed):
        bench.driver.plan(wish("routes.add", route=route(A)))


@pytest.mark.parametrize("kind", ["hangup", "html", "malformed", "truncated", "reset", "5xx"])
def test_a_write_that_breaks_is_unknown_and_then_seen(bench: Bench, fault: Any, kind: str) -> None:
    when = {"when": "after"} if kind in ("5xx", "reset") else {}
    [step] = bench.driver.plan(wish("routes.set", routes=[route(A)]))
    fault(kind, SET_ENVIRONMENT, **when)
    with pytest.raises(OutcomeUnknown):
        bench.driver.apply(step)
    fault("delay", seconds=0)
    assert bench.called().count(SET_ENVIRONMENT) == 1
    assert bench.driver.observe(step).seen is Seen.DONE


@pytest.mark.parametrize("kind", ["html", "malformed", "5xx"])
def test_a_read_that_breaks_before_the_write_is_no_unknown_outcome(
    bench: Bench, fault: Any, kind: str
) -> None:
    [step] = bench.driver.plan(wish("routes.set", routes=[route(A)]))
    fault(kind, ENVIRONMENT)
    with pytest.raises(Unreachable, match="Nothing was changed"):
        bench.driver.apply(step)
    assert SET_ENVIRONMENT not in bench.called()
