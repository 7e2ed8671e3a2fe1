"""Settings with their sources, below the doors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.actor import Actor, Right, Role
from app.core.commands import SetSetting
from app.core.errors import Forbidden, Invalid, NotFound, NotSupported
from app.core.model import PolicyField, Source
from app.core.plan import State
from app.features.policies.service import PolicyService
from tests.features.world import ADMIN, HOME, OLS, ONLY_NORDWIND, SE, World, actor

DAYS = "quarantine_days"
Wish = Callable[[PolicyService, Actor], object]


def set_days(value: str | None, domain: str | None = HOME, name: str = DAYS) -> SetSetting:
    return SetSetting(connection=SE, domain=domain, name=name, value=value)


WISHES: dict[str, tuple[Right, Wish]] = {
    "overview": (Right.VIEW_POLICIES, lambda s, a: s.overview(a)),
    "page": (Right.VIEW_POLICIES, lambda s, a: s.page(a, SE, HOME)),
    "compare": (Right.VIEW_POLICIES, lambda s, a: s.compare(a, [(SE, HOME)])),
    "set": (Right.CHANGE_POLICIES, lambda s, a: s.set(a, set_days("7"), "k")),
    "overrides": (Right.VIEW_POLICIES, lambda s, a: s.overrides(a, SE, DAYS)),
    "read": (Right.SYNC, lambda s, a: s.read_everywhere(a, SE, DAYS, "k")),
}


@pytest.mark.parametrize("name", WISHES)
def test_without_the_right_nothing_works(reader: World, name: str) -> None:
    right, wish = WISHES[name]
    service, reports = reader.service(PolicyService)
    with pytest.raises(Forbidden):
        wish(service, Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {right}))
    assert reports == []


OUTSIDE: dict[str, Wish] = {
    "page": lambda s, a: s.page(a, SE, "hafencafe.example"),
    "defaults": lambda s, a: s.page(a, SE, None),
    "compare": lambda s, a: s.compare(a, [(SE, HOME), (SE, "hafencafe.example")]),
    "set": lambda s, a: s.set(a, set_days("7", "hafencafe.example"), "k"),
    "set defaults": lambda s, a: s.set(a, set_days("7", None), "k"),
    "overrides": lambda s, a: s.overrides(a, SE, DAYS),
    "read": lambda s, a: s.read_everywhere(a, SE, DAYS, "k"),
    "no connection": lambda s, a: s.page(a, "gone", HOME),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_the_scope_is_like_not_being_there(world: World, name: str) -> None:
    service, _ = world.service(PolicyService)
    with pytest.raises(NotFound):
        OUTSIDE[name](service, actor(scopes=ONLY_NORDWIND))
    assert world.upstream_calls() == 0


def field(world: World, name: str = DAYS, domain: str | None = HOME) -> PolicyField:
    page = world.service(PolicyService)[0].page(ADMIN, SE, domain)
    return next(f for f in page.fields if f.name == name)


def test_a_value_says_where_it_comes_from(world: World) -> None:
    own = field(world)
    assert (own.value, own.source, own.default) == (28, Source.OWN, 14)
    equal = field(world, "block_hidden_executables")
    assert equal.source is Source.OWN and equal.equals_default
    inherited = field(world, "use_local_recipient_list")
    assert inherited.source is Source.INHERITED
    assert field(world, "filter_status", "oldquay.example").value is False
    assert field(world, "quarantine_threshold", None).source is Source.OWN


def test_a_value_is_set_and_reset(world: World) -> None:
    service, reports = world.service(PolicyService)
    service.set(ADMIN, set_days("7"), "1")
    assert (field(world).value, field(world).source) == (7, Source.OWN)
    service.set(ADMIN, set_days(None), "2")
    assert (field(world).value, field(world).source) == (14, Source.INHERITED)
    service.set(ADMIN, set_days("14"), "3")
    assert field(world).equals_default
    assert [str(r.text) for r in reports][:2] == [
        "quarantine_days of nordwind.example is set to 7.",
        "quarantine_days of nordwind.example follows what is above it again.",
    ]
    assert next(c.step.before for c in reversed(world.changes())) == {"own": True, "value": 28}


def test_a_default_reaches_those_without_a_value_of_their_own(world: World) -> None:
    service, _ = world.service(PolicyService)
    service.set(ADMIN, set_days("21", None), "1")
    assert field(world, DAYS, "skagenfisk.example").value == 21
    assert field(world).value == 28
    service.set(ADMIN, set_days(None, None), "2")
    assert field(world, DAYS, None).value == 14


def test_what_is_so_already_costs_nothing(world: World) -> None:
    service, reports = world.service(PolicyService)
    service.set(ADMIN, set_days("28"), "1")
    service.set(ADMIN, set_days(None, "skagenfisk.example"), "2")
    assert world.writes() == []
    assert all("already as you wish" in str(report.text) for report in reports)


@pytest.mark.parametrize(
    ("name", "value"),
    [(DAYS, "many"), (DAYS, "-1"), (DAYS, ""), ("filter_status", "perhaps"), (DAYS, "1.5")],
)
def test_what_the_setting_cannot_be_is_refused_before_any_write(world: World, name: str, value: str) -> None:
    service, _ = world.service(PolicyService)
    with pytest.raises(Invalid):
        service.set(ADMIN, set_days(value, name=name), "k")
    assert world.writes() == [] and world.changes() == []


def test_unknown_settings_and_connections_without_any(world: World) -> None:
    service, _ = world.service(PolicyService)
    with pytest.raises(NotFound):
        service.set(ADMIN, set_days("1", name="colour"), "k")
    with pytest.raises(NotFound):
        service.overrides(ADMIN, SE, "colour")
    with pytest.raises(NotFound):
        service.read_everywhere(ADMIN, SE, "colour", "k")
    with pytest.raises(NotSupported):
        service.overrides(ADMIN, OLS, DAYS)
    with pytest.raises(NotSupported):
        service.read_everywhere(ADMIN, OLS, DAYS, "k")
    page = service.page(ADMIN, OLS, "harbourbikes.example")
    assert page.problem is not None and not page.fields
    assert world.wired.jobs.unfinished() == []


def test_a_domain_that_is_nowhere_is_not_found(world: World) -> None:
    service, _ = world.service(PolicyService)
    with pytest.raises(NotFound):
        service.page(ADMIN, SE, "gone.example")
    del world.cluster[HOME]
    page = service.page(ADMIN, SE, HOME)
    assert page.problem is not None


def test_one_field_that_fails_carries_its_problem(world: World) -> None:
    world.fault("html", "api_get_quarantine_days")
    assert field(world).problem is not None
    assert field(world, "filter_status").problem is None


def test_several_domains_are_compared(world: World) -> None:
    service, _ = world.service(PolicyService)
    pages = service.compare(ADMIN, [(SE, HOME), (SE, "oldquay.example"), (SE, "gone.example")])
    assert [page.domain for page in pages] == [HOME, "oldquay.example", "gone.example"]
    assert [page.problem is None for page in pages] == [True, True, False]


def test_who_overrides_a_default_is_known_from_what_was_read(world: World) -> None:
    service, _ = world.service(PolicyService)
    before = service.overrides(ADMIN, SE, DAYS)
    assert (before.rows, before.read, before.total, before.oldest) == ([], 0, 10, None)
    job = service.read_everywhere(ADMIN, SE, DAYS, "k")
    assert service.read_everywhere(ADMIN, SE, DAYS, "k") == job
    world.work(job)
    after = service.overrides(ADMIN, SE, DAYS)
    assert [(row.domain, row.value) for row in after.rows] == [(HOME, 28)]
    assert (after.read, after.total) == (10, 10)
    assert after.oldest is not None
    items = world.wired.jobs.items(job, size=500)
    assert {str(item.result) for item in items} == {"inherited", "its own value: 28"}


def test_looking_at_a_domain_is_a_reading_too(world: World) -> None:
    service, _ = world.service(PolicyService)
    service.page(ADMIN, SE, HOME)
    assert service.overrides(ADMIN, SE, DAYS).read == 1


def test_a_value_set_is_known_without_another_look(world: World) -> None:
    service, _ = world.service(PolicyService)
    service.page(ADMIN, SE, HOME)
    service.set(ADMIN, set_days(None), "k")
    assert service.overrides(ADMIN, SE, DAYS).rows == []


def test_a_change_of_a_setting_is_journalled_with_its_way_back(world: World) -> None:
    service, _ = world.service(PolicyService)
    service.set(ADMIN, set_days("7"), "k")
    [change] = world.changes()
    assert change.state is State.DONE
    assert change.step.inverse[0]["value"] == "28"
