"""Connection tests: all at once, within their seconds, and what they find is kept."""

import pytest

from app.operations.gather import Gather
from app.operations.probing import Prober
from app.wiring import now


@pytest.fixture
def prober(world):
    return Prober(world.wired.store, world.wired.pool, Gather(), now, 0.6)


def test_several_connections_side_by_side(world, prober):
    connections = [world.connection(), world.connect("wrong", values={"password": "wrong"})]
    connections.append(world.connect("dead", base_url="http://127.0.0.1:1"))
    results = prober.test(connections)
    assert {key: result.ok for key, result in results.items()} == {
        "prod": True,
        "wrong": False,
        "dead": False,
    }
    assert results["prod"].found.version and results["prod"].ms > 0
    assert "does not accept the user name" in str(results["wrong"].problem)
    assert "refuses connections" in str(results["dead"].problem)
    stored = world.wired.store.probes()
    assert {key: (p.ok, str(p.problem)) for key, p in stored.items()} == {
        key: (r.ok, str(r.problem)) for key, r in results.items()
    }


def test_a_silent_upstream_costs_the_seconds_and_no_more(world, prober):
    world.faults({"fault": "delay", "when": "before", "seconds": 2})
    [result] = prober.test([world.connection()]).values()
    assert not result.ok and str(result.problem)


def test_a_connection_that_is_switched_off_is_not_asked(world, prober):
    connection = world.connect(enabled=False)
    [result] = prober.test([connection]).values()
    assert not result.ok and "switched off" in str(result.problem) and world.log.count() == 0


def test_nothing_is_kept_of_a_connection_that_is_only_tried(world, prober):
    assert prober.try_out(world.connection()).ok
    assert world.wired.store.probes() == {}
