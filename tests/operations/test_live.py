"""A domain as its upstream says now, else as the inventory knows it, within the deadline of a page."""

from dataclasses import replace

import pytest

from app.core.actor import Scope, ScopeKind
from app.core.capabilities import Capability, Found
from app.core.errors import NotFound
from app.core.ports import ProbeResult
from app.core.text import msg
from app.operations.gather import Gather
from app.operations.live import LiveDomains
from app.wiring import now

OLD = "nordwind.example"


@pytest.fixture
def live(world):
    wired = world.wired
    return LiveDomains(wired.connections, wired.inventory, wired.pool, wired.sync, Gather(), 0.6)


def test_what_upstream_says_is_shown_and_kept(world, live):
    found = live.read(world.actor, "prod", OLD)
    assert found.live and found.problem is None and found.domain.routes
    assert found.row.routes == found.domain.routes == world.row(OLD).routes


@pytest.mark.parametrize(
    "fault", ["refuse", "reset", "5xx", "429", "truncated", "malformed", "html", "delay"]
)
def test_while_upstream_is_down_the_inventory_is_shown_with_the_reason(world, live, fault):
    live.read(world.actor, "prod", OLD)
    before = world.row(OLD)
    world.faults({"fault": fault} | ({"seconds": 2} if fault == "delay" else {}))
    found = live.read(world.actor, "prod", OLD)
    assert not found.live and str(found.problem)
    assert found.domain.routes == before.routes and found.domain.aliases == before.aliases
    assert world.row(OLD) == before


def test_what_neither_upstream_nor_inventory_has(world, live):
    with pytest.raises(NotFound, match="is not on"):
        live.read(world.actor, "prod", "gone.example")


def test_what_upstream_no_longer_lists_is_shown_from_the_inventory(world, live):
    live.read(world.actor, "prod", OLD)
    del world.upstream.state.table("domains")[OLD]
    found = live.read(world.actor, "prod", OLD)
    assert not found.live and "does not list this domain any more" in str(found.problem)


def test_what_is_asked_beside_it(world, live):
    def broken():
        raise NotFound(msg("There is no MX."))

    found = live.read(
        world.actor, "prod", OLD, lambda connection: {"key": lambda: connection.key, "mx": broken}
    )
    assert found.live and found.items["key"] == "prod" and str(found.problems["mx"]) == "There is no MX."


@pytest.mark.parametrize(
    "scope", [Scope(ScopeKind.DOMAIN, "*.mine.example"), Scope(ScopeKind.CONNECTION, "other")]
)
def test_outside_the_scope_there_is_nothing(world, live, scope):
    live.read(world.actor, "prod", OLD)
    asked = world.log.count()
    with pytest.raises(NotFound):
        live.read(replace(world.actor, scopes=(scope,)), "prod", OLD)
    assert world.log.count() == asked


def test_the_gaps_are_those_of_this_connection(world, live):
    of_all = set(live.read(world.actor, "prod", OLD).gaps())
    assert of_all == {c.value for c in Capability} - world.wired.cards["spamexperts"].can
    reason = msg("The token may not do this.")
    found = Found(missing={Capability.DOMAIN_REMOVE: reason, Capability.ALIASES_WRITE: reason})
    world.wired.store.save_probe("prod", ProbeResult(now(), True, found, None, 1.0))
    gaps = live.read(world.actor, "prod", OLD)
    assert set(gaps.gaps()) - of_all == {"domain_remove", "aliases_write"}
    assert gaps.gaps(Capability.DOMAIN_REMOVE) == {"domain_remove": reason}
