"""The journal's use cases: pages, undo, finishing, looking, closing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.actor import EVERYWHERE, Actor, Right, Role
from app.core.commands import AddAliases, AddDomain, RemoveAliases, RemoveDomain, SetRoutes, SetSetting
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, NotSupported, OutcomeUnknown, Unreachable
from app.core.plan import State
from app.core.ports import Change, ChangeQuery
from app.features.aliases.service import AliasService
from app.features.changes.service import ChangeService
from app.features.domains.service import DomainService
from app.features.policies.service import PolicyService
from tests.features.world import ADMIN, HOME, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World, actor

NEW = "new.example"
HOST = {"host": "mail.hosting.example"}
Wish = Callable[[ChangeService, Actor, int], object]


def add(world: World, name: str = NEW, aliases: tuple[str, ...] = (), key: str = "add") -> Change:
    wish = AddDomain(connection=SE, domain=name, routes=[HOST], aliases=list(aliases))
    world.service(DomainService)[0].add(ADMIN, wish, key)
    return world.changes()[0]


def remove(world: World, name: str = HOME, who: Actor = ADMIN) -> Change:
    wish = RemoveDomain(connection=SE, domain=name)
    world.service(DomainService)[0].remove(who, wish, f"remove {name}", typed=name)
    return world.changes()[0]


def lost(world: World) -> Change:
    """A domain was added, and the answer got lost."""
    world.fault("hangup", "api_add_*", count=1)
    with pytest.raises(OutcomeUnknown):
        add(world)
    world.all_well()
    return world.changes()[0]


def undo(world: World, change: Change, typed: str = "", key: str = "undo", who: Actor = ADMIN) -> list[str]:
    """Undoes a change; returns what was reported."""
    service, reports = world.service(ChangeService)
    service.undo(who, change.id, key, typed=typed)
    return [str(report.text) for report in reports]


WISHES: dict[str, tuple[Right, Wish]] = {
    "page": (Right.VIEW_CHANGES, lambda s, a, n: s.page(a, ChangeQuery())),
    "get": (Right.VIEW_CHANGES, lambda s, a, n: s.get(a, n)),
    "export": (Right.EXPORT, lambda s, a, n: list(s.export(a, ChangeQuery()))),
    "undo": (Right.CHANGE_DOMAINS, lambda s, a, n: s.undo(a, n, "k", typed=NEW)),
    "finish": (Right.CHANGE_DOMAINS, lambda s, a, n: s.finish(a, n, "k")),
    "look": (Right.SETTLE_CHANGES, lambda s, a, n: s.look(a, n)),
    "close": (Right.SETTLE_CHANGES, lambda s, a, n: s.close(a, n, State.DONE, "seen")),
}


def test_without_the_right_nothing_works(world: World) -> None:
    removed = remove(world, "skagenfisk.example")
    open_one = lost(world)
    service, reports = world.service(ChangeService)
    for name, (right, wish) in WISHES.items():
        nobody = Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {right})
        number = removed.id if name == "undo" else open_one.id
        error = NotSupported if name == "finish" else Forbidden
        with pytest.raises(error):
            wish(service, nobody, number)
    assert reports == []


def test_what_lies_outside_the_scope_is_not_there(world: World) -> None:
    remove(world, "skagenfisk.example")
    inside = remove(world, HOME)
    outside = lost(world)
    service, _ = world.service(ChangeService)
    narrow = actor(scopes=ONLY_NORDWIND)
    assert [c.id for c in service.page(narrow, ChangeQuery()).rows] == [inside.id]
    assert [c.id for c in service.export(narrow, ChangeQuery())] == [inside.id]
    for name, (_, wish) in WISHES.items():
        if name not in ("page", "export"):
            with pytest.raises(NotFound):
                wish(service, narrow, outside.id)
    assert service.page(actor(scopes=ONLY_TWIN), ChangeQuery()).rows == []
    assert world.wired.journal.count_open(narrow) == 0


def test_a_page_and_the_way_to_the_next(world: World) -> None:
    for number in range(5):
        add(world, f"d{number}.example", key=str(number))
    service, _ = world.service(ChangeService)
    first = service.page(ADMIN, ChangeQuery(size=2))
    second = service.page(ADMIN, ChangeQuery(size=2, before_id=first.next_id))
    last = service.page(ADMIN, ChangeQuery(size=2, before_id=second.next_id))
    names = [c.step.domain for page in (first, second, last) for c in page.rows]
    assert names == [f"d{n}.example" for n in range(4, -1, -1)]
    assert last.next_id is None
    assert [c.step.domain for c in service.export(ADMIN, ChangeQuery(size=2))] == names


# --- undo ---


def test_an_addition_is_undone_by_a_removal_whose_name_is_typed(world: World) -> None:
    change = add(world)
    plan = world.service(ChangeService)[0].undo_plan(ADMIN, change.id)
    assert plan.typed and plan.lost == tuple(change.step.lost)
    with pytest.raises(Invalid):
        undo(world, change, typed="x")
    assert undo(world, change, typed="New.Example") == ["Undone: Domain added (new.example)."]
    assert world.upstream(NEW) is None and world.row(NEW) is None
    newest = world.changes()[0]
    assert newest.undo_of == change.id
    assert world.wired.journal.get(ADMIN, change.id).undone_by == newest.id


def test_a_removal_is_undone_with_routes_aliases_and_settings(world: World) -> None:
    routes, aliases = world.routes(HOME), list(world.upstream(HOME)["aliases"])  # type: ignore[index]
    settings = dict(world.sandbox.upstreams["spamexperts"].state.table("settings")[HOME])
    change = remove(world)
    undo(world, change)
    assert world.routes(HOME) == routes
    assert world.upstream(HOME)["aliases"] == aliases  # type: ignore[index]
    assert world.sandbox.upstreams["spamexperts"].state.table("settings")[HOME] == settings
    assert world.row(HOME).aliases == tuple(aliases)


def test_routes_aliases_and_settings_are_undone(world: World) -> None:
    routes, aliases = world.routes(HOME), list(world.upstream(HOME)["aliases"])  # type: ignore[index]
    domains, _ = world.service(DomainService)
    domains.change_routes(ADMIN, SetRoutes(connection=SE, domain=HOME, routes=[HOST]), "1")
    undo(world, world.changes()[0], key="u1")
    assert world.routes(HOME) == routes
    names, _ = world.service(AliasService)
    names.change(ADMIN, AddAliases(connection=SE, domain=HOME, aliases=["a.test"]), "2")
    undo(world, world.changes()[0], key="u2")
    names.change(ADMIN, RemoveAliases(connection=SE, domain=HOME, aliases=["nordwind.test"]), "3")
    undo(world, world.changes()[0], key="u3")
    assert sorted(world.upstream(HOME)["aliases"]) == sorted(aliases)  # type: ignore[index]
    policies, _ = world.service(PolicyService)
    policies.set(ADMIN, SetSetting(connection=SE, domain=HOME, name="quarantine_days", value="7"), "4")
    undo(world, world.changes()[0], key="u4")
    field = next(f for f in policies.page(ADMIN, SE, HOME).fields if f.name == "quarantine_days")
    assert field.value == 28


def test_an_undo_can_be_undone(world: World) -> None:
    change = add(world)
    undo(world, change, typed=NEW)
    undo(world, world.changes()[0], key="again")
    assert world.routes(NEW) == [("mail.hosting.example", 25)]


def test_what_somebody_changed_since_is_not_overwritten(world: World) -> None:
    domains, _ = world.service(DomainService)
    domains.change_routes(ADMIN, SetRoutes(connection=SE, domain=HOME, routes=[HOST]), "1")
    change = world.changes()[0]
    world.cluster[HOME] = {**world.cluster[HOME], "destinations": [["other.example", 25]]}
    world.calls.clear()
    for attempt in (world.service(ChangeService)[0].undo_plan, lambda a, n: undo(world, change)):
        with pytest.raises(Conflict, match="Somebody changed it since") as refused:
            attempt(ADMIN, change.id)
        assert refused.value.now == {"routes": [{"host": "other.example", "port": 25}]}
    assert world.writes() == []


def test_what_cannot_be_undone_says_why(world: World) -> None:
    open_one = lost(world)
    with pytest.raises(NotSupported, match="Only a change that was done"):
        undo(world, open_one)
    change = add(world, "b.example", key="b")
    undo(world, change, typed="b.example")
    with pytest.raises(NotSupported, match="undone already"):
        undo(world, change, typed="b.example", key="other")
    world.cluster["odd.example"] = {**world.cluster[HOME], "aliases": [], "destinations": [["-x-.test", 25]]}
    odd = remove(world, "odd.example")
    with pytest.raises(NotSupported, match="no way back"):
        undo(world, odd)


def test_undone_twice_with_one_key_is_one_undo(world: World) -> None:
    change = add(world)
    undo(world, change, typed=NEW)
    writes = len(world.writes())
    assert undo(world, change, typed=NEW) == ["Undone: Domain added (new.example)."]
    assert len(world.writes()) == writes


def test_an_undo_that_stops_half_way_says_how_far_it_came(world: World) -> None:
    change = remove(world)
    world.fault("429", "api_set_*", retry_after="60")
    [text] = undo(world, change)
    assert "parts were undone; then:" in text
    assert world.upstream(HOME) is not None
    assert world.row(HOME) is not None
    assert world.wired.journal.get(ADMIN, change.id).undone_by is None


@pytest.mark.parametrize("calls", ["api_set_*", "api_get_quarantine_days"])
def test_undoing_once_more_does_the_rest(world: World, calls: str) -> None:
    """The second fault hits while a part is planned, which must not pass for “nothing was changed”."""
    settings = dict(world.sandbox.upstreams["spamexperts"].state.table("settings")[HOME])
    change = remove(world)
    world.fault("429", calls, retry_after="60")
    [text] = undo(world, change, key="first")
    assert "parts were undone; then:" in text
    world.all_well()
    assert undo(world, change, key="second") == ["Undone: Domain removed (nordwind.example)."]
    assert world.sandbox.upstreams["spamexperts"].state.table("settings")[HOME] == settings
    assert world.wired.journal.get(ADMIN, change.id).undone_by is not None


def test_an_undo_that_cannot_begin_changes_nothing(world: World) -> None:
    change = remove(world)
    world.fault("refuse")
    with pytest.raises(Unreachable):
        undo(world, change)
    assert world.wired.journal.get(ADMIN, change.id).undone_by is None


def test_an_undo_needs_the_right_for_what_it_sends(world: World) -> None:
    change = add(world)
    nobody = Actor(None, "n", Role.ADMIN, EVERYWHERE, only_rights=frozenset(Right) - {Right.REMOVE_DOMAINS})
    with pytest.raises(Forbidden):
        undo(world, change, typed=NEW, who=nobody)
    assert world.upstream(NEW) is not None


# --- finishing ---


def half_done(world: World) -> Change:
    """A domain that was added, of whose aliases one was refused."""
    return add(world, aliases=("a.test", "nwl.example", "b.test"))


def test_what_is_left_of_a_wish_is_planned_again(world: World) -> None:
    change = half_done(world)
    service, reports = world.service(ChangeService)
    steps = service.finish_plan(ADMIN, change.id).steps
    assert [step.subject for step in steps] == [f"{NEW}: nwl.example", f"{NEW}: b.test"]
    del world.cluster["nordwind-logistik.example"]
    aliases = world.sandbox.upstreams["spamexperts"].state.table("aliases")
    del aliases["nwl.example"]
    service.finish(ADMIN, change.id, "k")
    assert world.upstream(NEW)["aliases"] == ["a.test", "nwl.example", "b.test"]  # type: ignore[index]
    assert str(reports[-1].text) == "Finished: Add the domain new.example."


def test_what_was_done_or_is_open_cannot_be_finished(world: World) -> None:
    service, _ = world.service(ChangeService)
    with pytest.raises(NotSupported, match="Everything of it was done"):
        service.finish_plan(ADMIN, add(world, "b.example", key="b").id)
    with pytest.raises(NotSupported, match="First it must be known"):
        service.finish_plan(ADMIN, lost(world).id)


def test_a_removal_is_finished_after_its_name_was_typed(world: World) -> None:
    domains, _ = world.service(DomainService)
    world.fault("429", "api_remove_domain", retry_after="60")
    with pytest.raises(Exception, match="takes no more calls"):
        domains.remove(ADMIN, RemoveDomain(connection=SE, domain=HOME), "r", typed=HOME)
    world.all_well()
    service, _ = world.service(ChangeService)
    change = world.changes()[0]
    with pytest.raises(Invalid) as refused:
        service.finish(ADMIN, change.id, "k")
    assert list(refused.value.fields) == ["confirm"]
    assert world.upstream(HOME) is not None
    service.finish(ADMIN, change.id, "k", typed=HOME)
    assert world.upstream(HOME) is None


# --- looking and closing ---


def test_an_open_change_is_looked_up(world: World) -> None:
    change = lost(world)
    service, reports = world.service(ChangeService)
    assert service.look(ADMIN, change.id) is State.DONE
    assert str(reports[0].text) == "The change was done."
    settled = world.wired.journal.get(ADMIN, change.id)
    assert (settled.state, settled.settled_by) == (State.DONE, "tester")
    assert world.row(NEW) is not None
    with pytest.raises(Conflict, match="closed already"):
        service.look(ADMIN, change.id)


def test_what_was_not_done_is_told(world: World) -> None:
    change = lost(world)
    del world.cluster[NEW]
    service, reports = world.service(ChangeService)
    assert service.look(ADMIN, change.id) is State.UNREACHABLE
    assert "was not done" in str(reports[0].text)


def test_what_the_upstream_cannot_tell_stays_open_until_somebody_closes_it(world: World) -> None:
    change = lost(world)
    world.cluster[NEW] = {**world.cluster[NEW], "destinations": [["other.example", 25]]}
    service, reports = world.service(ChangeService)
    assert service.look(ADMIN, change.id) is State.UNKNOWN
    assert "stays open" in str(reports[0].text)
    assert world.wired.journal.get(ADMIN, change.id).now["routes"]
    for state, note, field in ((State.DONE, "  ", "note"), (State.REJECTED, "seen", "state")):
        with pytest.raises(Invalid) as refused:
            service.close(ADMIN, change.id, state, note)
        assert list(refused.value.fields) == [field]
    service.close(ADMIN, change.id, State.DONE, " asked the provider ")
    closed = world.wired.journal.get(ADMIN, change.id)
    assert (closed.state, closed.note, closed.settled_by) == (State.DONE, "asked the provider", "tester")
    with pytest.raises(Conflict):
        service.close(ADMIN, change.id, State.DONE, "again")


def test_the_worker_settles_by_itself(world: World) -> None:
    change = lost(world)
    world.wired.settler._grace = -10.0
    assert world.wired.settler.sweep() == 1
    assert world.wired.journal.get(ADMIN, change.id).state is State.DONE


def test_one_domain_on_two_connections_is_two_histories(world: World) -> None:
    remove(world)
    service, _ = world.service(ChangeService)
    assert len(service.page(ADMIN, ChangeQuery(connection=SE, domain=HOME)).rows) == 1
    assert service.page(ADMIN, ChangeQuery(connection=TWIN, domain=HOME)).rows == []
