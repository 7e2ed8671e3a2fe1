from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.errors import Conflict
from app.core.model import DomainStatus, Route
from app.core.ports import DomainQuery, SyncStatus
from app.core.text import msg
from app.storage.inventory import SqlInventory
from tests.storage.people import ADMIN, connection, domain, domains, within


@pytest.fixture
def inventory(database, clock):
    return SqlInventory(database, clock)


def sync(inventory, *listed, on="prod"):
    run = inventory.begin_sync(on)
    inventory.put_batch(run, on, [domain(d, on) if isinstance(d, str) else d for d in listed])
    return inventory.finish_sync(run, on)


def statuses(inventory):
    return {row.name: row.status.value for row in inventory.iterate(ADMIN, DomainQuery())}


def test_the_first_sync_stores_everything(inventory, clock):
    assert sync(inventory, "a.example", "b.example") == 0
    state = inventory.sync_states(ADMIN)["prod"]
    assert (state.status, state.domains) == (SyncStatus.OK, 2)
    assert state.last_ok_at == state.last_try_at == clock.now


def test_what_is_no_longer_listed_goes_missing_and_is_kept(inventory, clock):
    sync(inventory, "a.example", domain("b.example", status=DomainStatus.DISABLED))
    clock.pass_by(hours=1)
    assert sync(inventory, "a.example") == 1
    row = inventory.get(ADMIN, "prod", "b.example")
    assert (row.status, row.missing_since, row.changed_at) == (DomainStatus.MISSING, clock.now, clock.now)
    assert inventory.count_by_status(ADMIN) == {"prod": {"active": 1, "missing": 1}}
    assert inventory.sync_states(ADMIN)["prod"].domains == 1


def test_what_was_missing_for_long_keeps_its_date(inventory, clock):
    sync(inventory, "a.example", "b.example")
    clock.pass_by(hours=1)
    sync(inventory, "a.example")
    since = clock.now
    clock.pass_by(hours=1)
    assert sync(inventory, "a.example") == 0
    assert inventory.get(ADMIN, "prod", "b.example").missing_since == since


def test_a_missing_domain_comes_back_as_it_is(inventory, clock):
    disabled = domain("b.example", status=DomainStatus.DISABLED)
    sync(inventory, "a.example", disabled)
    sync(inventory, "a.example")
    clock.pass_by(hours=1)
    sync(inventory, "a.example", disabled)
    row = inventory.get(ADMIN, "prod", "b.example")
    assert (row.status, row.missing_since, row.changed_at) == (DomainStatus.DISABLED, None, clock.now)
    assert inventory.count_by_status(ADMIN) == {"prod": {"active": 1, "disabled": 1}}


def test_missing_after_says_what_finishing_would_do(inventory):
    sync(inventory, *(f"d{n}.example" for n in range(10)))
    sync(inventory, *(f"d{n}.example" for n in range(8)))
    run = inventory.begin_sync("prod")
    inventory.put_batch(run, "prod", [domain("d0.example"), domain("d9.example"), domain("new.example")])
    assert inventory.missing_after(run, "prod") == (7, 8)
    assert inventory.finish_sync(run, "prod") == 7


def test_a_held_list_changes_nothing_until_a_person_agrees(inventory):
    sync(inventory, "a.example", "b.example", "c.example")
    run = inventory.begin_sync("prod")
    inventory.put_batch(run, "prod", [domain("a.example")])
    inventory.hold_sync(run, "prod", seen=1, missing=2)
    state = inventory.sync_states(ADMIN)["prod"]
    assert (state.status, state.held_seen, state.held_missing, state.run_id) == (SyncStatus.HELD, 1, 2, run)
    assert set(statuses(inventory).values()) == {"active"}
    assert inventory.finish_sync(run, "prod") == 2
    state = inventory.sync_states(ADMIN)["prod"]
    assert (state.status, state.held_seen, state.held_missing) == (SyncStatus.OK, 0, 0)


def test_a_failed_sync_says_why_and_marks_nothing(inventory, clock):
    sync(inventory, "a.example", "b.example")
    ok_at = clock.now
    clock.pass_by(hours=1)
    run = inventory.begin_sync("prod")
    inventory.put_batch(run, "prod", [domain("a.example")])
    inventory.fail_sync(run, "prod", msg("No answer from {host}.", host="x"))
    state = inventory.sync_states(ADMIN)["prod"]
    assert (state.status, str(state.problem)) == (SyncStatus.FAILED, "No answer from x.")
    assert (state.last_ok_at, state.last_try_at) == (ok_at, clock.now)
    assert set(statuses(inventory).values()) == {"active"}


def test_a_running_sync_is_seen(inventory):
    inventory.begin_sync("prod")
    assert inventory.sync_states(ADMIN)["prod"].status is SyncStatus.RUNNING


def test_a_run_that_another_one_replaced_stops_and_spoils_nothing(inventory):
    sync(inventory, "a.example", "b.example")
    old = inventory.begin_sync("prod")
    new = inventory.begin_sync("prod")
    assert new > old
    for late in (
        lambda: inventory.put_batch(old, "prod", [domain("z.example")]),
        lambda: inventory.missing_after(old, "prod"),
        lambda: inventory.finish_sync(old, "prod"),
        lambda: inventory.hold_sync(old, "prod", 0, 2),
    ):
        with pytest.raises(Conflict):
            late()
    inventory.fail_sync(old, "prod", msg("late"))
    assert inventory.sync_states(ADMIN)["prod"].status is SyncStatus.RUNNING
    assert statuses(inventory) == {"a.example": "active", "b.example": "active"}


def test_what_we_read_back_during_a_sync_is_newer_than_its_list(inventory):
    sync(inventory, "a.example")
    run = inventory.begin_sync("prod")
    inventory.upsert(domain("a.example", account="new"))
    inventory.upsert(domain("added.example"))
    inventory.put_batch(run, "prod", [domain("a.example", account="old")])
    assert inventory.finish_sync(run, "prod") == 0
    assert inventory.get(ADMIN, "prod", "a.example").account == "new"
    assert inventory.get(ADMIN, "prod", "added.example").status is DomainStatus.ACTIVE


def test_what_we_removed_during_a_sync_does_not_come_back_with_its_list(inventory):
    sync(inventory, "a.example", "b.example")
    run = inventory.begin_sync("prod")
    inventory.forget("prod", "b.example")
    inventory.put_batch(run, "prod", [domain("a.example"), domain("b.example")])
    inventory.finish_sync(run, "prod")
    assert statuses(inventory) == {"a.example": "active"}
    sync(inventory, "a.example", "b.example")
    assert statuses(inventory) == {"a.example": "active", "b.example": "active"}


def test_a_row_that_may_be_old_stays_so_when_a_list_from_before_arrives(inventory):
    sync(inventory, "a.example")
    run = inventory.begin_sync("prod")
    inventory.mark_stale("prod", "a.example")
    inventory.put_batch(run, "prod", [domain("a.example")])
    assert inventory.finish_sync(run, "prod") == 0
    assert inventory.get(ADMIN, "prod", "a.example").stale
    sync(inventory, "a.example")
    assert not inventory.get(ADMIN, "prod", "a.example").stale


def test_a_name_that_is_listed_twice_is_one_domain(inventory):
    sync(inventory, domain("a.example", account="1"), domain("a.example", account="2"))
    assert inventory.get(ADMIN, "prod", "a.example").account == "2"
    assert inventory.count_by_status(ADMIN) == {"prod": {"active": 1}}


def test_an_empty_batch_and_an_empty_list(inventory):
    run = inventory.begin_sync("prod")
    inventory.put_batch(run, "prod", [])
    assert inventory.missing_after(run, "prod") == (0, 0)
    assert inventory.finish_sync(run, "prod") == 0
    assert inventory.sync_states(ADMIN)["prod"].domains == 0


def test_thousands_go_missing_in_small_transactions(inventory):
    sync(inventory, *(f"d{n}.example" for n in range(1300)))
    assert sync(inventory, "d7.example") == 1299
    assert inventory.count_by_status(ADMIN) == {"prod": {"active": 1, "missing": 1299}}


def test_one_connection_does_not_touch_another(inventory):
    sync(inventory, "a.example", on="one")
    sync(inventory, "b.example", on="two")
    sync(inventory, on="one")
    assert statuses(inventory) == {"a.example": "missing", "b.example": "active"}


def test_states_are_cut_to_the_scope(inventory):
    sync(inventory, "a.example", "b.example", on="one")
    sync(inventory, "a.example", on="two")
    assert set(inventory.sync_states(within(connection("two")))) == {"two"}
    assert inventory.sync_states(within(domains("a.*", "one")))["one"].domains == 1
    assert inventory.sync_states(within()) == {}


def test_a_connection_without_a_sync_has_no_state(inventory):
    inventory.upsert(domain("a.example"))
    assert inventory.sync_states(ADMIN) == {}


def test_four_connections_are_read_at_once(inventory):
    def read(on):
        run = inventory.begin_sync(on)
        for start in range(0, 200, 50):
            inventory.put_batch(run, on, [domain(f"d{n}.example", on) for n in range(start, start + 50)])
        return inventory.finish_sync(run, on)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, ["one", "two", "three", "four"])) == [0, 0, 0, 0]
    assert {c: s["active"] for c, s in inventory.count_by_status(ADMIN).items()} == dict.fromkeys(
        ("one", "two", "three", "four"), 200
    )


def test_what_a_list_does_not_say_is_kept_as_a_single_read_found_it(inventory, clock):
    sync(inventory, domain("a.example", routes=None))
    inventory.upsert(domain("a.example", routes=(Route("mail.example", 25),), mailboxes=7))
    changed = inventory.get(ADMIN, "prod", "a.example").changed_at
    clock.pass_by(hours=1)
    sync(inventory, domain("a.example", routes=None))
    row = inventory.get(ADMIN, "prod", "a.example")
    assert (row.routes, row.mailboxes, row.changed_at) == ((Route("mail.example", 25),), 7, changed)
    sync(inventory, domain("a.example", routes=()))
    assert inventory.get(ADMIN, "prod", "a.example").routes == ()
