"""Adding and removing aliases, below the doors."""

from __future__ import annotations

import pytest

from app.core.actor import Actor, Right, Role
from app.core.commands import AddAliases, RemoveAliases
from app.core.errors import Conflict, Forbidden, NotFound, NotSupported, Rejected
from app.core.plan import State
from app.features.aliases.service import AliasService
from tests.features.world import ADMIN, HOME, OLS, ONLY_NORDWIND, SE, World, actor


def wish(*aliases: str, domain: str = HOME, connection: str = SE) -> AddAliases:
    return AddAliases(connection=connection, domain=domain, aliases=list(aliases))


def test_without_the_right_nothing_works(reader: World) -> None:
    service, reports = reader.service(AliasService)
    with pytest.raises(Forbidden):
        service.read(Actor(None, "n", Role.ADMIN, only_rights=frozenset()), SE, HOME)
    with pytest.raises(Forbidden):
        service.change(actor(Role.SUPPORT), wish("a.test"), "k")
    nobody = Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {Right.CHANGE_DOMAINS})
    with pytest.raises(Forbidden):
        service.change(nobody, RemoveAliases(connection=SE, domain=HOME, aliases=["nordwind.test"]), "k")
    assert reports == []


def test_outside_the_scope_is_like_not_being_there(world: World) -> None:
    service, _ = world.service(AliasService)
    narrow = actor(scopes=ONLY_NORDWIND)
    with pytest.raises(NotFound):
        service.read(narrow, SE, "hafencafe.example")
    with pytest.raises(NotFound):
        service.change(narrow, wish("a.test", domain="hafencafe.example"), "k")
    assert world.upstream_calls() == 0


def test_each_alias_is_a_step(world: World) -> None:
    service, reports = world.service(AliasService)
    execution = service.change(ADMIN, wish("bücher.test", "nordwind.test", "two.test"), "k")
    assert [o.state for o in execution.outcomes] == [State.DONE, State.DONE]
    assert world.upstream(HOME)["aliases"][2:] == ["xn--bcher-kva.test", "two.test"]  # type: ignore[index]
    assert str(reports[0].text) == "Added bücher.test, nordwind.test, two.test to nordwind.example."


def test_after_a_part_was_refused_the_report_says_so(world: World) -> None:
    service, reports = world.service(AliasService)
    execution = service.change(ADMIN, wish("a.test", "nwl.example", "b.test"), "k")
    assert [o.state for o in execution.outcomes] == [State.DONE, State.REJECTED, State.SKIPPED]
    assert str(reports[0].text).startswith("1 of 3 steps were done; then:")
    assert "a.test" in world.row(HOME).aliases


def test_when_nothing_was_done_the_refusal_is_raised(world: World) -> None:
    service, reports = world.service(AliasService)
    with pytest.raises((Conflict, Rejected)) as refused:
        service.change(ADMIN, wish("nwl.example"), "k")
    assert "nwl.example" in str(refused.value)
    assert reports == []


def test_the_same_key_is_one_change(world: World) -> None:
    for _ in range(2):
        service, reports = world.service(AliasService)
        service.change(ADMIN, wish("a.test"), "k")
        assert len(reports) == 1
    assert len(world.writes()) == 1


def test_a_provider_without_aliases_says_so(world: World) -> None:
    service, _ = world.service(AliasService)
    with pytest.raises(NotSupported, match="no domain aliases"):
        service.change(ADMIN, wish("a.test", domain="harbourbikes.example", connection=OLS), "k")
