"""One driver for each stored version of a connection, and its card cut to what its test found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.core.capabilities import Capability, Found
from app.core.errors import NotFound, NotSupported
from app.core.ports import ProbeResult
from app.core.text import msg
from app.operations.pool import DriverPool
from app.wiring import now

WHY = msg("The token may not do this.")


@pytest.fixture
def built(world):
    """A pool that notes what it builds."""
    made = []

    class Noting(DriverPool):
        def __init__(self):
            super().__init__(self.make, world.wired.cards, world.wired.store.probes)

        def make(self, connection):
            made.append(connection)
            return object()

    return Noting(), made


def test_the_driver_is_kept_until_the_connection_changes(world, built):
    pool, made = built
    first = pool.driver(world.connection())
    assert pool.driver(world.connection()) is first and len(made) == 1
    changed = world.connect(parallel=3)
    assert pool.driver(changed) is not first and pool.driver(changed) is pool.driver(world.connection())
    assert [c.parallel for c in made] == [64, 3]


def test_each_connection_has_its_own(world, built):
    pool, made = built
    assert pool.driver(world.connection()) is not pool.driver(world.connect("other"))
    assert [c.key for c in made] == ["prod", "other"]


def test_threads_that_ask_at_once_share_one(world, built):
    pool, made = built
    connection = world.connection()
    with ThreadPoolExecutor(16) as threads:
        drivers = set(threads.map(lambda _: pool.driver(connection), range(64)))
    assert len(drivers) == len(made) == 1


def test_a_driver_to_try_something_is_not_kept(world, built):
    pool, made = built
    assert pool.fresh_driver(world.connection()) is not pool.driver(world.connection())
    assert len(made) == 2


def test_a_connection_that_is_switched_off_has_none(world, built):
    pool, made = built
    with pytest.raises(NotSupported, match="is switched off"):
        pool.driver(replace(world.connection(), enabled=False))
    assert made == []


def test_before_its_first_test_a_connection_has_the_card_of_its_provider(world):
    pool = world.wired.pool
    assert pool.card(world.connection()) == pool.static_card("spamexperts") == pool.kinds()["spamexperts"]
    with pytest.raises(NotFound, match="There is no provider"):
        pool.static_card("nothing")


def test_the_card_is_cut_to_what_the_test_found(world):
    found = Found("1.2", {Capability.DOMAIN_REMOVE: WHY}, {"calls": 12})
    world.wired.store.save_probe("prod", ProbeResult(now(), True, found, None, 1.0))
    card = world.wired.pool.card(world.connection())
    assert Capability.DOMAIN_REMOVE not in card.can and Capability.DOMAIN_ADD in card.can
    assert str(card.reason(Capability.DOMAIN_REMOVE)) == str(WHY) and card.facts["calls"] == 12
    other = world.connect("other")
    cards = world.wired.pool.cards([world.connection(), other])
    assert Capability.DOMAIN_REMOVE in cards["other"].can and cards["prod"] == card


def test_a_test_that_failed_takes_nothing_away(world):
    world.wired.store.save_probe("prod", ProbeResult(now(), False, None, WHY, 1.0))
    assert world.wired.pool.card(world.connection()) == world.wired.cards["spamexperts"]
