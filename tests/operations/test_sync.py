"""Upstream's list becomes the inventory; what vanishes is missing, and a list that shrinks a lot is not believed."""

import threading

import pytest

from app.core.errors import Malformed, NotSupported, UpstreamError
from app.core.model import DomainStatus
from app.core.ports import DomainQuery, SyncStatus
from app.core.text import msg
from app.operations.sync import Sync, SyncStopped
from tests.operations.world import MX, wait_until

OLD = "nordwind.example"


@pytest.fixture
def sync(world):
    return lambda **options: world.wired.sync.run(world.connection(), **options)


def state_of(world):
    return world.wired.inventory.sync_states(world.actor)["prod"]


def listed(world, **query):
    page = world.wired.inventory.page(world.actor, DomainQuery(size=200, **query))
    return {row.name: row for row in page.rows}


def take_away(world, *names):
    table = world.upstream.state.table("domains")
    gone = {name: table[name] for name in names}
    for name in names:
        del table[name]
    return gone


def put_back(world, gone):
    for name, row in gone.items():
        world.upstream.state.table("domains")[name] = row


def test_the_inventory_is_what_upstream_listed(world, sync):
    synced = sync()
    assert (synced.seen, synced.missing, synced.held) == (len(world.domains()), 0, False)
    rows = listed(world)
    assert set(rows) == set(world.domains())
    for name, row in world.domains().items():
        assert rows[name].aliases == tuple(row["aliases"])
        assert [(r.host, r.port) for r in rows[name].routes] == [tuple(d) for d in row["destinations"]]
    state = state_of(world)
    assert (state.status, state.domains) == (SyncStatus.OK, synced.seen) and state.last_ok_at


def test_progress_is_told_by_batches(world, sync):
    world.sandbox.seed(1201, ["spamexperts"])
    told = []
    assert sync(progress=told.append).seen == 1201
    assert told == [500, 1000, 1201]


def test_a_second_run_finds_nothing_new(world, sync):
    sync()
    before = {name: row.changed_at for name, row in listed(world).items()}
    assert sync().missing == 0
    assert {name: row.changed_at for name, row in listed(world).items()} == before


def test_what_vanishes_is_missing_and_comes_back(world, sync):
    sync()
    gone = take_away(world, OLD)
    synced = sync()
    assert (synced.missing, synced.held) == (1, False) and "1 newly missing" in str(synced.text)
    row = world.row(OLD)
    assert row.status is DomainStatus.MISSING and row.missing_since and row.routes
    assert sync().missing == 0
    put_back(world, gone)
    sync()
    row = world.row(OLD)
    assert row.status is DomainStatus.ACTIVE and row.missing_since is None


def test_a_list_that_shrank_is_held_for_a_person(world, sync):
    sync()
    names = sorted(world.domains())
    gone = take_away(world, *names[: len(names) // 2])
    synced = sync()
    assert synced.held and synced.missing == len(gone) and "waiting for a person" in str(synced.text)
    assert not any(row.status is DomainStatus.MISSING for row in listed(world).values())
    state = state_of(world)
    assert (state.status, state.held_missing, state.held_seen) == (SyncStatus.HELD, len(gone), synced.seen)
    assert world.wired.inventory.finish_sync(state.run_id, "prod") == len(gone)
    assert {n for n, row in listed(world).items() if row.status is DomainStatus.MISSING} == set(gone)


def test_a_held_list_is_forgotten_when_the_next_one_is_whole(world, sync):
    sync()
    names = sorted(world.domains())
    gone = take_away(world, *names[: len(names) // 2])
    sync()
    put_back(world, gone)
    assert sync().missing == 0
    assert state_of(world).status is SyncStatus.OK


def test_half_a_list_is_held(world, sync):
    sync()
    world.faults({"fault": "half", "calls": "api_list_domains"})
    assert sync().held
    assert not any(row.status is DomainStatus.MISSING for row in listed(world).values())


@pytest.mark.parametrize("fault", ["refuse", "reset", "5xx", "429", "truncated", "malformed", "html", "huge"])
def test_a_list_that_does_not_come_changes_nothing(world, sync, fault):
    world.connect(body_cap=2**20)
    sync()
    before = listed(world)
    world.faults({"fault": fault} | ({"size": 2_000_000} if fault == "huge" else {}))
    with pytest.raises(UpstreamError):
        sync()
    assert listed(world) == before
    state = state_of(world)
    assert state.status is SyncStatus.FAILED and state.problem and state.last_ok_at


def test_a_list_that_breaks_off_in_the_middle_marks_nothing(world, monkeypatch, sync):
    """The first batch is stored, the second does not come."""
    sync()
    driver = world.driver()
    whole = [domain for batch in driver.list_domains() for domain in batch]

    def broken(_self):
        yield whole[:2]
        raise Malformed(msg("The second page is no list."))

    monkeypatch.setattr(type(driver), "list_domains", broken)
    with pytest.raises(Malformed):
        sync()
    assert not any(row.status is DomainStatus.MISSING for row in listed(world).values())
    assert len(listed(world)) == len(whole)


def test_an_error_of_ours_ends_the_run_too(world, monkeypatch, sync):
    sync()
    monkeypatch.setattr(type(world.driver()), "list_domains", lambda _self: iter([[None]]))
    with pytest.raises(AttributeError):
        sync()
    state = state_of(world)
    assert state.status is SyncStatus.FAILED and "An error inside Gatehouse" in str(state.problem)


def test_a_person_can_stop_it(world, sync):
    world.sandbox.seed(1201, ["spamexperts"])
    with pytest.raises(SyncStopped, match="Stopped after 500 domains"):
        sync(stopping=lambda: True)
    assert state_of(world).status is SyncStatus.FAILED
    assert len(list(world.wired.inventory.iterate(world.actor, DomainQuery()))) == 500


def test_what_we_changed_during_a_run_is_newer_than_its_list(world, sync):
    """The list was made before our removal and is stored after it."""
    sync()
    world.faults({"fault": "delay", "calls": "api_list_domains", "when": "after", "seconds": 0.4, "count": 1})
    asked = world.log.count("api_list_domains")
    running = threading.Thread(target=sync)
    running.start()
    wait_until(lambda: world.log.count("api_list_domains") == asked + 1)
    other = next(name for name in sorted(world.domains()) if name != OLD)
    world.do("domain.remove", domain=OLD)
    world.do("domain.add", domain="new.example", routes=[MX])
    world.do("routes.set", domain=other, routes=[MX])
    running.join()
    assert set(listed(world)) == set(world.domains())
    assert [str(route) for route in world.row(other).routes] == ["mx.example.net:25"]


# --- one row ------------------------------------------------------------------------------------------------------


def test_one_domain_is_read_back(world):
    assert world.wired.sync.refresh(world.connection(), OLD) is None
    assert world.row(OLD).routes and set(listed(world)) == {OLD}


def test_a_row_of_what_is_gone_is_forgotten(world):
    world.wired.sync.refresh(world.connection(), OLD)
    take_away(world, OLD)
    assert world.wired.sync.refresh(world.connection(), OLD) is None
    assert world.row(OLD) is None


def test_a_row_that_cannot_be_read_is_old(world):
    world.wired.sync.refresh(world.connection(), OLD)
    world.faults({"fault": "html"})
    assert "web page" in str(world.wired.sync.refresh(world.connection(), OLD))
    assert world.row(OLD).stale


def test_a_connection_that_is_switched_off_is_said_to_be(world):
    connection = world.connect(enabled=False)
    assert "switched off" in str(world.wired.sync.refresh(connection, OLD))


def test_what_lists_no_domains_is_refused_with_the_reason_of_the_card(world):
    class Listless:
        def card(self, _connection):
            card = world.wired.cards["spamexperts"]
            return card.cut(dict.fromkeys(card.can, msg("These credentials list nothing.")))

    with pytest.raises(NotSupported, match="list nothing"):
        Sync(Listless(), world.wired.inventory, world.wired.rules, world.wired.mailboxes).run(
            world.connection()
        )
