"""From a command to its outcome: who may, what the card says, what was confirmed, and the inventory afterwards."""

from dataclasses import replace

import pytest

from app.core.actor import Role, Scope, ScopeKind
from app.core.capabilities import Capability, Found, Limits
from app.core.errors import Conflict, Forbidden, NotFound, NotSupported
from app.core.model import DomainStatus
from app.core.ports import ProbeResult
from app.core.text import msg
from app.operations.executor import check_limits
from app.wiring import now
from tests.operations.world import MX

NEW, OLD = "new.example", "nordwind.example"


def scoped(world, *names):
    scopes = tuple(Scope(ScopeKind.DOMAIN, name) for name in names)
    return replace(world.actor, scopes=scopes)


# --- before anything is sent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR])
def test_without_the_right_nothing_is_read_or_sent(world, role):
    with pytest.raises(Forbidden, match="Nothing was changed"):
        world.do(world.wish("domain.remove", domain=OLD), actor=replace(world.actor, role=role))
    assert world.log.count() == 0 and world.changes() == []


def test_a_token_that_is_narrower_than_its_person(world):
    with pytest.raises(Forbidden):
        world.do(world.wish("domain.remove", domain=OLD), actor=replace(world.actor, only_rights=frozenset()))
    assert world.log.count() == 0


def test_outside_the_scope_everything_looks_as_if_it_did_not_exist(world):
    actor = scoped(world, "*.mine.example")
    for key in ("prod", "nowhere"):
        with pytest.raises(NotFound):
            world.do(
                world.wish("domain.remove", domain=OLD).model_copy(update={"connection": key}), actor=actor
            )
    with pytest.raises(NotFound, match="default is not on"):
        world.do(world.wish("settings.set", name="quarantine_days", value="7"), actor=actor)
    assert world.log.count() == 0 and world.changes() == []
    assert world.do(world.wish("domain.add", domain="a.mine.example", routes=[MX]), actor=actor).error is None


def test_a_connection_that_is_not_there(world):
    with pytest.raises(NotFound, match="There is no connection"):
        world.do(world.wish("domain.remove", domain=OLD).model_copy(update={"connection": "gone"}))


def test_a_connection_that_is_switched_off(world):
    world.connect(enabled=False)
    with pytest.raises(NotSupported, match="switched off"):
        world.do("domain.remove", domain=OLD)
    assert world.log.count() == 0


def test_what_the_connection_test_found_missing_is_refused_with_its_reason(world):
    reason = msg("These credentials may not use {calls}.", calls="api_remove_domain")
    found = Found(missing={Capability.DOMAIN_REMOVE: reason})
    world.wired.store.save_probe("prod", ProbeResult(now(), True, found, None, 1.0))
    with pytest.raises(NotSupported) as caught:
        world.do("domain.remove", domain=OLD)
    assert str(caught.value) == str(reason) and world.log.count() == 0
    assert world.do("domain.add", domain=NEW, routes=[MX]).error is None


def test_a_plan_shows_the_steps_and_changes_nothing(world):
    before = world.domains()
    plan = world.wired.executor.plan(world.actor, world.wish("domain.remove", domain=OLD))
    assert [step.subject for step in plan.steps] == [OLD] and plan.connection.key == "prod"
    assert world.domains() == before and world.changes() == []
    assert plan.checksum == world.wired.executor.plan(world.actor, plan.command).checksum


def test_a_plan_that_was_confirmed_runs(world):
    plan = world.wired.executor.plan(world.actor, world.wish("domain.remove", domain=OLD))
    assert world.do(plan.command, confirmed=plan.checksum).error is None
    assert OLD not in world.domains()


def test_a_plan_that_is_no_longer_what_was_confirmed_does_not_run(world):
    plan = world.wired.executor.plan(world.actor, world.wish("domain.remove", domain=OLD))
    world.do("aliases.add", domain=OLD, aliases=["further.example"])
    with pytest.raises(Conflict, match="changed since you confirmed"):
        world.do(plan.command, confirmed=plan.checksum)
    assert OLD in world.domains() and world.log.count("api_remove_domain") == 0


def test_what_is_so_already_sends_and_journals_nothing(world):
    world.do("domain.add", domain=NEW, routes=[MX])
    execution = world.do("domain.add", "k", domain=NEW, routes=[MX])
    assert execution.outcomes == () and execution.error is None and world.changes("k") == []


# --- limits of the card -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "command", "fields", "words"),
    [
        (Limits(routes=1), "domain.add", {"routes": [MX, {"host": "b.example"}]}, "at most 1 routes, not 2"),
        (Limits(routes=1), "routes.set", {"routes": [MX, {"host": "b.example"}]}, "at most 1 routes, not 2"),
        (Limits(aliases=0), "domain.add", {"routes": [MX], "aliases": ["a.example"]}, "at most 0 aliases"),
        (Limits(aliases=1), "aliases.add", {"aliases": ["a.example", "b.example"]}, "at most 1 aliases"),
        (Limits(route_ports=False), "routes.set", {"routes": [MX | {"port": 26}]}, "no port"),
        (Limits(route_ports=False), "routes.add", {"route": MX | {"port": 26}}, "no port"),
    ],
)
def test_what_goes_beyond_a_number_of_the_card_is_refused(world, limits, command, fields, words):
    card = replace(world.wired.cards["spamexperts"], limits=limits)
    with pytest.raises(NotSupported, match=words):
        check_limits(card, world.wish(command, domain=NEW, **fields))


def test_what_keeps_to_the_numbers_passes(world):
    card = replace(world.wired.cards["spamexperts"], limits=Limits(routes=1, aliases=1, route_ports=False))
    check_limits(card, world.wish("domain.add", domain=NEW, routes=[MX], aliases=["a.example"]))
    check_limits(card, world.wish("routes.add", domain=NEW, route=MX))
    check_limits(card, world.wish("domain.remove", domain=NEW))


# --- the inventory afterwards -------------------------------------------------------------------------------------


def test_the_row_follows_what_was_done(world):
    world.do("domain.add", domain=NEW, routes=[MX], aliases=["one.example"])
    row = world.row(NEW)
    assert row.aliases == ("one.example",) and [str(r) for r in row.routes] == ["mx.example.net:25"]
    assert not row.stale and row.status is DomainStatus.ACTIVE
    world.do("domain.remove", domain=NEW)
    assert world.row(NEW) is None


def test_the_row_is_marked_when_it_cannot_be_read_back(world):
    execution = world.do("routes.set", domain=OLD, routes=[MX])
    assert not world.row(OLD).stale
    world.faults({"fault": "html"})
    world.wired.executor.refresh(execution.connection, execution.outcomes)
    assert world.row(OLD).stale
    world.faults()
    world.wired.executor.refresh(execution.connection, execution.outcomes)
    assert not world.row(OLD).stale


def test_an_unknown_outcome_is_read_back_too(world):
    world.faults({"fault": "hangup", "calls": "api_set_destination"})
    world.do("routes.set", domain=OLD, routes=[MX])
    assert [str(route) for route in world.row(OLD).routes] == ["mx.example.net:25"]


def test_bulk_work_leaves_the_row_to_the_sync_at_its_end(world):
    world.do(world.wish("domain.add", domain=NEW, routes=[MX]), refresh=False)
    assert world.row(NEW) is None and NEW in world.domains()
