"""Domains come and go as customers of a partner: plan, apply, observe, undo."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.commands import SetSetting
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    NotThere,
    OutcomeUnknown,
)
from app.core.model import Route
from app.core.plan import Applied, Seen, Verb
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import (
    ENVIRONMENT,
    FIND,
    FIRST,
    NEW,
    PARTNER,
    PARTNER_ID,
    SECOND,
    SET_ENVIRONMENT,
    UNBOOKED,
    Connect,
    again,
    applied,
    route,
    site,
    undone,
    wish,
)

ADD = "POST /service_dashboard/customers/"
REMOVE = "DELETE /service_dashboard/customers/{target_id}/"


def add(domain: str = NEW, **fields: Any) -> Any:
    return wish("domain.add", domain, **fields)


# --- adding ---


def test_add_with_routes_and_aliases(bench: Bench) -> None:
    command = add(
        routes=[route("mx1.example.com", 2525), route("mx2.example.com")], aliases=["a.example", "b.example"]
    )
    steps = bench.driver.plan(command)
    assert [step.verb for step in steps] == [Verb.DOMAIN_ADD, Verb.ROUTES_SET, Verb.ALIAS_ADD]
    assert steps[0].args["body"] == {"name": NEW, "parent": PARTNER_ID}
    assert steps[0].after == {"partner": PARTNER}
    assert steps[1].args["changes"] == {
        "destination_server": "mx1.example.com:2525#10;mx2.example.com#20",
        "dest_type": 1,
        "enabled": True,
    }
    assert bench.called() == ["GET /object/", "GET /hierarchy/"]
    for step in steps:
        assert bench.driver.observe(again(step)).seen in (Seen.NOT_DONE, Seen.DIFFERS)
        assert bench.driver.apply(again(step)) == Applied()
        assert bench.driver.observe(again(step)).seen is Seen.DONE
    domain = bench.driver.read_domain(NEW)
    assert domain.routes == (Route("mx1.example.com", 2525, 10), Route("mx2.example.com", None, 20))
    assert domain.aliases == ("a.example", "b.example")
    assert domain.account == PARTNER and domain.extra["Spam and Malware Protection"] is True
    assert bench.driver.plan(command) == []


def test_what_adding_costs(bench: Bench) -> None:
    steps = bench.driver.plan(add(routes=[route("mx1.example.com")], aliases=["a.example"]))
    costs = []
    for step in steps:
        bench.records.clear()
        bench.driver.apply(step)
        costs.append(bench.called())
    assert costs == [[ADD], [*FIND, ENVIRONMENT, SET_ENVIRONMENT], ["GET /object/", "PUT /domains/"]]


def test_add_the_bare_domain(either: Bench) -> None:
    [step] = applied(either, add())
    assert either.driver.read_domain(NEW).routes == ()
    undone(either, [step])
    with pytest.raises(NotFound):
        either.driver.read_domain(NEW)


def test_add_with_every_field(bench: Bench, sandbox: Sandbox) -> None:
    options = {
        "partner": PARTNER,
        "admin": "it@nordwind.example",
        "external_reference": "K-17",
        "filter": "off",
    }
    steps = applied(bench, add(routes=[route("mx1.example.com")], options=options))
    assert steps[0].args["body"] == {
        "name": NEW,
        "parent": PARTNER_ID,
        "admin": 133_456,
        "external_reference": "K-17",
    }
    domain = bench.driver.read_domain(NEW)
    assert domain.extra["external reference"] == "K-17"
    assert domain.extra["Spam and Malware Protection"] is False
    assert any(
        role["user"] == 133_456 and role["target"] == domain.ref["object_id"]
        for role in site(sandbox).roles.all()
    )


def test_an_international_name_travels_as_punycode(bench: Bench) -> None:
    applied(bench, add("bücher.example"))
    assert bench.driver.read_domain("xn--bcher-kva.example").account == PARTNER


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"partner": "Nobody"}, "options.partner"),
        ({"partner": "42"}, "options.partner"),
        ({"partner": FIRST}, "options.partner"),
        ({"admin": "nobody@nordwind.example"}, "options.admin"),
        ({"admin": FIRST}, "options.admin"),
        ({"filter": "maybe"}, "options.filter"),
        ({"colour": "blue"}, "options.colour"),
    ],
)
def test_a_field_that_is_wrong(bench: Bench, options: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        bench.driver.plan(add(options=options))
    assert list(caught.value.fields) == [field]


def test_one_of_several_partners_has_to_be_named(connect: Connect, sandbox: Sandbox) -> None:
    tables = site(sandbox)
    other = tables.directory.objects.put(
        {"id": 1_111_112, "name": "Other", "type": "partner", "parent": None}
    )
    tables.roles.add({"user": 133_456, "target": other["id"], "role": "admin"})
    tables.directory.load()
    with pytest.raises(Invalid, match=f"{PARTNER}, Other"):
        connect().driver.plan(add())
    [step] = connect().driver.plan(add(options={"partner": "Other"}))
    assert step.args["body"]["parent"] == other["id"]
    [step] = connect(account=str(PARTNER_ID)).driver.plan(add())
    assert step.args["body"]["parent"] == PARTNER_ID


def test_without_a_partner_nothing_is_added(connect: Connect, sandbox: Sandbox) -> None:
    bench = connect(api_token=sandbox.upstreams["hornetsecurity"].credentials()["limited_token"])
    with pytest.raises(NotSupported, match="no role on a partner"):
        bench.driver.plan(add())


def test_a_route_that_asks_for_more(bench: Bench) -> None:
    with pytest.raises(NotSupported, match="whether TLS is used"):
        bench.driver.plan(add(routes=[{"host": "mx.example.com", "transport": "tls_always"}]))
    assert bench.called() == []


# --- what is there already ---


def test_what_failed_in_the_middle_is_finished(bench: Bench) -> None:
    command = add(routes=[route("mx1.example.com")], aliases=["a.example"])
    bench.driver.apply(bench.driver.plan(command)[0])
    rest = bench.driver.plan(command)
    assert [step.verb for step in rest] == [Verb.ROUTES_SET, Verb.ALIAS_ADD]
    bench.driver.apply(rest[0])
    [last] = bench.driver.plan(command)
    assert last.verb is Verb.ALIAS_ADD
    bench.driver.apply(last)
    assert bench.driver.plan(command) == []


def test_a_filter_that_is_off_is_switched_on_with_the_same_routes(bench: Bench) -> None:
    applied(bench, add(routes=[route("mx1.example.com")], options={"filter": "off"}))
    assert bench.driver.plan(add(routes=[route("mx1.example.com")], options={"filter": "off"})) == []
    [step] = applied(bench, add(routes=[route("mx1.example.com")]))
    assert step.after["filter"] == "on"
    assert bench.driver.read_domain(NEW).extra["Spam and Malware Protection"] is True


@pytest.mark.parametrize(
    "fields",
    [
        {"routes": [route("mx1.example.com")]},
        {},
        {"options": {"partner": "Elsewhere"}},
    ],
)
def test_it_is_there_otherwise(bench: Bench, fields: Any) -> None:
    with pytest.raises(Conflict, match="already there") as caught:
        bench.driver.plan(add(FIRST, **fields))
    assert caught.value.now["aliases"] == ["hansen-kontor.example"]


def test_it_is_there_out_of_sight(connect: Connect, sandbox: Sandbox) -> None:
    bench = connect(api_token=sandbox.upstreams["hornetsecurity"].credentials()["limited_token"])
    with pytest.raises(Conflict, match="out of this user's sight"):
        bench.driver.plan(add(SECOND))


def test_added_by_somebody_else_meanwhile(bench: Bench) -> None:
    steps = bench.driver.plan(add())
    applied(bench, add())
    with pytest.raises(AlreadyThere, match="Customer already exists"):
        bench.driver.apply(steps[0])
    assert bench.driver.observe(steps[0]).seen is Seen.DONE


def test_there_below_another_partner(bench: Bench, sandbox: Sandbox) -> None:
    [step] = bench.driver.plan(add())
    other = site(sandbox).directory.add_object("Other", "partner", PARTNER_ID)
    applied(bench, add(options={"partner": str(other["id"])}))
    seen = bench.driver.observe(step)
    assert (seen.seen, seen.now) == (Seen.DIFFERS, {"partner": "Other"})


def test_the_name_of_an_alias_is_taken(bench: Bench) -> None:
    [step] = bench.driver.plan(add("hansen-kontor.example"))
    with pytest.raises(AlreadyThere):
        bench.driver.apply(step)
    assert bench.driver.observe(step).seen is Seen.NOT_DONE


# --- removing ---


def test_remove(either: Bench, sandbox: Sandbox) -> None:
    [step] = either.driver.plan(wish("domain.remove", FIRST))
    assert (step.verb, step.subject, step.after) == (Verb.DOMAIN_REMOVE, FIRST, None)
    before = step.before
    assert before["aliases"] == ["hansen-kontor.example"] and before["mailboxes"] == 9
    assert [r["host"] for r in before["routes"]] == ["mail.nordwind.example", "backup.nordwind.example"]
    assert before["settings"]["spamhandling"] == "quarantine"
    assert before["environment"]["enabled"] is True
    lost = " ".join(str(text) for text in step.lost)
    assert "9 mailboxes" in lost and "Quarantined and archived mail" in lost
    assert either.driver.observe(again(step)).seen is Seen.NOT_DONE
    assert either.driver.apply(again(step)) == Applied()
    assert either.driver.observe(again(step)).seen is Seen.DONE
    with pytest.raises(NotFound):
        either.driver.read_domain(FIRST)


def test_remove_and_undo(bench: Bench) -> None:
    applied(bench, wish("settings.set", name="spamhandling", value="tag"))
    applied(bench, wish("settings.set", name="tagphrase", value="[JUNK]"))
    before, settings = bench.driver.read_domain(FIRST), bench.driver.read_settings(FIRST)
    steps = applied(bench, wish("domain.remove", FIRST))
    undone(bench, steps)
    after = bench.driver.read_domain(FIRST)
    assert (after.routes, after.aliases, after.account) == (before.routes, before.aliases, before.account)
    assert after.extra["Spam and Malware Protection"] is True
    assert bench.driver.read_settings(FIRST) == settings
    assert after.ref != before.ref


def test_the_filter_comes_back_as_it_was(bench: Bench) -> None:
    applied(
        bench, add(routes=[route("mx1.example.com")], options={"filter": "off", "external_reference": "K-17"})
    )
    undone(bench, applied(bench, wish("domain.remove", NEW)))
    domain = bench.driver.read_domain(NEW)
    assert domain.routes == (Route("mx1.example.com"),)
    assert domain.extra["Spam and Malware Protection"] is False
    assert domain.extra["external reference"] == "K-17"


def test_what_removing_costs(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("domain.remove", FIRST))
    assert bench.called()[:2] == FIND
    assert sorted(bench.called()[2:]) == sorted(
        [ENVIRONMENT, "GET /filtering/emailhandling/{domain_id}/", "POST /mailboxes/"]
    )
    bench.records.clear()
    bench.driver.apply(step)
    assert bench.called() == ["GET /object/", REMOVE]


def test_the_inverse_is_made_of_commands(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("domain.remove", FIRST))
    first, *others = step.inverse
    assert first["command"] == "domain.add"
    assert first["options"] == {"partner": str(PARTNER_ID), "filter": "on"}
    assert {back["command"] for back in others} == {SetSetting.command} and len(others) == 9


def test_routes_that_cannot_come_back_are_named(bench: Bench, sandbox: Sandbox) -> None:
    site(sandbox).table("routes")["432"] = {
        "enabled": True,
        "dest_type": 2,
        "destination_server": "pop.example",
    }
    [step] = bench.driver.plan(wish("domain.remove", FIRST))
    assert "Where its mail goes" in str(step.lost[0])
    assert "routes" not in step.inverse[0]


def test_remove_what_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.driver.plan(wish("domain.remove", "nowhere.example"))


def test_removed_by_somebody_else_meanwhile(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("domain.remove", UNBOOKED))
    applied(bench, wish("domain.remove", UNBOOKED))
    with pytest.raises(NotThere):
        bench.driver.apply(step)
    assert bench.driver.observe(step).seen is Seen.DONE


def test_a_customer_that_is_another_one_by_now_stays(bench: Bench, sandbox: Sandbox) -> None:
    [step] = bench.driver.plan(wish("domain.remove", UNBOOKED))
    directory = site(sandbox).directory
    directory.change_object(directory.object_named(UNBOOKED), name="renamed.example")
    with pytest.raises(Conflict, match="another customer in the place"):
        bench.driver.apply(step)
    assert bench.driver.read_domain("renamed.example")


def test_removed_and_added_again_is_another_one(bench: Bench) -> None:
    [step] = applied(bench, wish("domain.remove", UNBOOKED))
    applied(bench, add(UNBOOKED))
    assert bench.driver.observe(step).seen is Seen.DIFFERS


# --- when it breaks ---


@pytest.mark.parametrize("kind", ["hangup", "html", "malformed", "truncated", "5xx"])
def test_a_write_that_breaks_is_unknown_and_then_seen(bench: Bench, fault: Any, kind: str) -> None:
    when = {"when": "after"} if kind == "5xx" else {}
    [step] = bench.driver.plan(add())
    fault(kind, ADD, **when)
    with pytest.raises(OutcomeUnknown):
        bench.driver.apply(step)
    fault("delay", seconds=0)
    assert bench.called().count(ADD) == 1
    assert bench.driver.observe(step).seen is Seen.DONE


def test_a_removal_that_breaks_is_unknown_and_then_seen(bench: Bench, fault: Any) -> None:
    [step] = bench.driver.plan(wish("domain.remove", FIRST))
    fault("hangup", REMOVE)
    with pytest.raises(OutcomeUnknown):
        bench.driver.apply(step)
    fault("delay", seconds=0)
    assert bench.driver.observe(step).seen is Seen.DONE


def test_outside_the_scope(connect: Connect, sandbox: Sandbox) -> None:
    bench = connect(api_token=sandbox.upstreams["hornetsecurity"].credentials()["limited_token"])
    with pytest.raises(BadCredentials, match="outside the user's scope"):
        bench.driver.plan(wish("domain.remove", SECOND))
