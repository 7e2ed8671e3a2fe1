"""The use cases around domains, below the doors: rights, scope, what is reported, what comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.actor import Actor, Right, Role, Scope, ScopeKind
from app.core.commands import AddDomain, AddRoute, RemoveDomain, RemoveRoute, ReplaceRouteHost, SetRoutes
from app.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Unreachable,
)
from app.core.model import Route, Verdict
from app.core.plan import State, Tone
from app.core.ports import DomainQuery
from app.features.domains.service import DomainService
from tests.features.world import ADMIN, HOME, OLS, ONLY_NORDWIND, SE, TWIN, World, actor

NEW = "new.example"
HOST = {"host": "mail.hosting.example"}
Wish = Callable[[DomainService, Actor], object]

WISHES: dict[str, tuple[Right, Wish]] = {
    "list": (Right.VIEW_DOMAINS, lambda s, a: s.list_page(a, DomainQuery())),
    "export": (Right.EXPORT, lambda s, a: s.export(a, DomainQuery())),
    "detail": (Right.VIEW_DOMAINS, lambda s, a: s.detail(a, SE, HOME)),
    "read": (Right.VIEW_DOMAINS, lambda s, a: s.read(a, SE, HOME)),
    "addable": (Right.CHANGE_DOMAINS, lambda s, a: s.addable(a)),
    "test": (
        Right.CHECK_ROUTES,
        lambda s, a: s.test_routes(a, SE, HOME, [Route("mail.hosting.example", 25)]),
    ),
    "add": (
        Right.CHANGE_DOMAINS,
        lambda s, a: s.add(a, AddDomain(connection=SE, domain=NEW, routes=[HOST]), "k"),
    ),
    "plan a removal": (Right.REMOVE_DOMAINS, lambda s, a: s.removal_plan(a, SE, HOME)),
    "remove": (
        Right.REMOVE_DOMAINS,
        lambda s, a: s.remove(a, RemoveDomain(connection=SE, domain=HOME), "k", typed=HOME),
    ),
    "routes": (
        Right.CHANGE_DOMAINS,
        lambda s, a: s.change_routes(a, SetRoutes(connection=SE, domain=HOME, routes=[HOST]), "k"),
    ),
    "refresh": (Right.SYNC, lambda s, a: s.refresh(a)),
    "accept": (Right.SYNC, lambda s, a: s.accept_held(a, SE)),
}


@pytest.mark.parametrize("name", WISHES)
def test_without_the_right_nothing_works(reader: World, name: str) -> None:
    right, wish = WISHES[name]
    service, reports = reader.service(DomainService)
    nobody = Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {right})
    with pytest.raises(Forbidden):
        wish(service, nobody)
    assert reports == []


OUTSIDE: dict[str, Wish] = {
    "detail": lambda s, a: s.detail(a, SE, "hafencafe.example"),
    "add": lambda s, a: s.add(a, AddDomain(connection=SE, domain=NEW, routes=[HOST]), "k"),
    "plan": lambda s, a: s.plan(a, RemoveDomain(connection=SE, domain="hafencafe.example")),
    "removal": lambda s, a: s.removal_plan(a, SE, "hafencafe.example"),
    "remove": lambda s, a: s.remove(
        a, RemoveDomain(connection=SE, domain="hafencafe.example"), "k", typed="hafencafe.example"
    ),
    "routes": lambda s, a: s.change_routes(
        a, SetRoutes(connection=SE, domain="hafencafe.example", routes=[HOST]), "k"
    ),
    "test": lambda s, a: s.test_routes(a, SE, "hafencafe.example", [Route("mail.hosting.example", 25)]),
    "other connection": lambda s, a: s.detail(a, OLS, "harbourbikes.example"),
    "no connection": lambda s, a: s.detail(a, "gone", HOME),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_the_scope_is_like_not_being_there(world: World, name: str) -> None:
    service, reports = world.service(DomainService)
    with pytest.raises(NotFound):
        OUTSIDE[name](service, actor(scopes=ONLY_NORDWIND))
    assert reports == []
    assert world.upstream_calls() == 0
    assert world.changes() == []


def test_a_list_and_its_totals_are_cut_to_the_scope(reader: World) -> None:
    service, _ = reader.service(DomainService)
    found = service.list_page(actor(scopes=ONLY_NORDWIND), DomainQuery(size=200))
    assert found.page.total == 6
    assert {row.name.split("-")[0].split(".")[0] for row in found.page.rows} == {"nordwind"}
    assert found.completeness.states[SE].domains == 3
    twin = service.list_page(actor(scopes=(Scope(ScopeKind.CONNECTION, "tw*"),)), DomainQuery())
    assert [c.key for c in twin.completeness.connections] == [TWIN]


def test_names_of_an_alias_lead_to_its_domain_inside_the_scope(reader: World) -> None:
    service, _ = reader.service(DomainService)
    assert service.resolve_alias(ADMIN, "nwl.example") == [
        (SE, "nordwind-logistik.example"),
        (TWIN, "nordwind-logistik.example"),
    ]
    assert service.resolve_alias(actor(scopes=ONLY_NORDWIND), "cafe-am-hafen.example") == []


# --- adding ---


def test_one_report_says_what_was_done(world: World) -> None:
    service, reports = world.service(DomainService)
    wish = AddDomain(connection=SE, domain=NEW, routes=[HOST], aliases=["one.test"])
    execution = service.add(ADMIN, wish, "k")
    [report] = reports
    assert str(report.text) == "Added new.example to Se filter with 1 route."
    assert report.tone is Tone.OK and report.done
    assert [o.state for o in execution.outcomes] == [State.DONE, State.DONE]


def test_the_same_key_gives_the_first_report_again(world: World) -> None:
    wish = AddDomain(connection=SE, domain=NEW, routes=[HOST])
    first = world.service(DomainService)[0].add(ADMIN, wish, "k")
    second = world.service(DomainService)[0].add(ADMIN, wish, "k")
    assert second.run.repeated and not first.run.repeated
    assert [o.change_id for o in second.outcomes] == [o.change_id for o in first.outcomes]
    assert len(world.writes()) == 1


def test_keys_are_a_persons_own(world: World) -> None:
    service, _ = world.service(DomainService)
    service.add(actor(name="a"), AddDomain(connection=SE, domain=NEW, routes=[HOST]), "k")
    service.add(actor(name="b"), AddDomain(connection=SE, domain="b.example", routes=[HOST]), "k")
    assert {c.actor_name for c in world.changes()} == {"a", "b"}


def test_what_the_provider_cannot_say_is_refused_before_any_call(world: World) -> None:
    service, _ = world.service(DomainService)
    for wish in (
        AddDomain(connection=SE, domain=NEW),
        AddDomain(connection=SE, domain=NEW, routes=[HOST | {"transport": "tls_always"}]),
        AddDomain(connection=SE, domain=NEW, routes=[HOST], options={"account": "x"}),
        AddDomain(connection=OLS, domain=NEW, routes=[HOST]),
        AddDomain(connection=OLS, domain=NEW, aliases=["one.test"]),
    ):
        with pytest.raises(NotSupported):
            service.add(ADMIN, wish, "k")
    assert world.writes() == []
    assert world.changes() == []


def test_a_switched_off_connection_takes_nothing(world: World) -> None:
    from app.features.connections.service import ConnectionService

    service, _ = world.service(ConnectionService)
    data = {
        "kind": "spamexperts",
        "key": "own",
        "name": "Own",
        "base_url": world.sandbox.http("spamexperts"),
        "values": {"username": "softwareapi", "password": "demo-software-api"},
    }
    service.add(ADMIN, data)
    service.set_enabled(ADMIN, "own", False)
    domains, _ = world.service(DomainService)
    with pytest.raises(NotSupported, match="switched off"):
        domains.add(ADMIN, AddDomain(connection="own", domain=NEW, routes=[HOST]), "k")
    assert "own" not in [c.key for c, _ in domains.addable(ADMIN)]
    assert world.upstream_calls() == 0


def test_a_lost_answer_is_unknown_and_raised(world: World) -> None:
    service, reports = world.service(DomainService)
    world.fault("hangup", "api_add_*", count=1)
    with pytest.raises(OutcomeUnknown):
        service.add(ADMIN, AddDomain(connection=SE, domain=NEW, routes=[HOST]), "k")
    assert reports == []
    [change] = world.changes()
    assert change.state is State.UNKNOWN
    world.all_well()
    with pytest.raises(OutcomeUnknown):
        service.add(ADMIN, AddDomain(connection=SE, domain=NEW, routes=[HOST]), "k")
    assert len(world.writes()) == 1


# --- routes ---


def test_single_routes_are_added_removed_and_replaced(world: World) -> None:
    service, reports = world.service(DomainService)
    service.add(ADMIN, AddDomain(connection=SE, domain=NEW, routes=[HOST]), "1")
    base = {"connection": SE, "domain": NEW}
    service.change_routes(ADMIN, AddRoute(**base, route={"host": "b.example", "port": 26}), "2")
    service.change_routes(ADMIN, AddRoute(**base, route={"host": "a.example"}, position=0), "3")
    assert world.routes(NEW) == [("a.example", 25), ("mail.hosting.example", 25), ("b.example", 26)]
    service.change_routes(
        ADMIN, ReplaceRouteHost(**base, old_host="b.example", new_host="c.example", new_port=27), "4"
    )
    service.change_routes(ADMIN, RemoveRoute(**base, host="a.example"), "5")
    assert world.routes(NEW) == [("mail.hosting.example", 25), ("c.example", 27)]
    assert str(reports[-1].text) == "Changed the routes of new.example."
    assert [str(route) for route in world.row(NEW).routes] == ["mail.hosting.example:25", "c.example:27"]


def test_routes_that_are_so_already_cost_nothing(world: World) -> None:
    service, reports = world.service(DomainService)
    routes = [{"host": host, "port": port} for host, port in world.routes(HOME)]
    service.change_routes(ADMIN, SetRoutes(connection=SE, domain=HOME, routes=routes), "k")
    assert "already as you wish" in str(reports[0].text)
    assert world.writes() == []


def test_expected_routes_guard_against_others(world: World) -> None:
    service, _ = world.service(DomainService)
    wish = SetRoutes(connection=SE, domain=HOME, routes=[HOST], expected=[{"host": "old.example"}])
    with pytest.raises(Conflict, match="no longer what you saw"):
        service.change_routes(ADMIN, wish, "k")
    assert world.writes() == []


def test_a_test_of_routes_gives_a_verdict_for_each(world: World) -> None:
    service, _ = world.service(DomainService)
    port = world.sandbox.smtp_port
    routes = [Route("mail.nordwind.example", port), Route("mail.gone.example", port)]
    (_, good), (_, gone) = service.test_routes(ADMIN, SE, HOME, routes)
    assert Verdict.FAIL not in {r.verdict for r in good}
    assert Verdict.FAIL in {r.verdict for r in gone}
    assert world.upstream_calls() == 0


# --- removing ---


def test_a_removal_needs_its_typed_name(world: World) -> None:
    service, _ = world.service(DomainService)
    with pytest.raises(Invalid) as refused:
        service.remove(ADMIN, RemoveDomain(connection=SE, domain=HOME), "k", typed="x")
    assert list(refused.value.fields) == ["confirm"]
    assert world.upstream_calls() == 0


def test_after_a_removal_only_that_row_is_gone(world: World) -> None:
    service, reports = world.service(DomainService)
    service.remove(ADMIN, RemoveDomain(connection=SE, domain=HOME), "k", typed=HOME)
    assert (world.row(HOME), world.row(HOME, TWIN) is None) == (None, False)
    assert str(reports[0].text) == "Removed nordwind.example from Se filter."


def test_a_removal_is_not_planned_while_its_settings_cannot_be_read(world: World) -> None:
    service, _ = world.service(DomainService)
    world.fault("reset", "api_get_*")
    with pytest.raises(Unreachable):
        service.removal_plan(ADMIN, SE, HOME)


def test_the_row_is_marked_old_when_it_cannot_be_read_back(world: World) -> None:
    service, _ = world.service(DomainService)
    world.fault("reset", "api_list_domains", count=None)
    world.sandbox.faults["spamexperts"].set()
    plan = service.plan(ADMIN, SetRoutes(connection=SE, domain=HOME, routes=[HOST]))
    assert plan.steps
    real = world.wired.sync.refresh

    def broken(connection: object, name: str) -> object:
        world.fault("reset")
        return real(connection, name)

    world.wired.executor._sync.refresh = broken
    service.change_routes(ADMIN, SetRoutes(connection=SE, domain=HOME, routes=[HOST]), "k")
    assert world.row(HOME).stale
    assert world.changes()[0].state is State.DONE
