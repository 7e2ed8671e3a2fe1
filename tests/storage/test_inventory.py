from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.model import DomainStatus, Route, Transport
from app.core.ports import DomainQuery
from app.storage.inventory import SqlInventory
from app.storage.inventory_query import SORTS
from app.storage.tables import domain_counts, sightings
from app.storage.tables import domains as domain_table
from tests.storage.people import ADMIN, connection, domain, domains, within


@pytest.fixture
def inventory(database, clock):
    return SqlInventory(database, clock)


def names(page):
    return [row.name for row in page.rows]


# --- single rows ---


def test_a_domain_comes_back_as_it_was_stored(inventory, clock):
    stored = domain(
        "xn--bcher-kva.example",
        aliases=("alias.example", "xn--mller-kva.example"),
        routes=(Route("mx1.example.net", 2525, 10, Transport.TLS_ALWAYS), Route("2001:db8::1")),
        status=DomainStatus.PENDING,
        account="ACME – Nord",
        mailboxes=12,
        ref={"id": 7},
        extra={"note": "ü"},
    )
    inventory.upsert(stored)
    row = inventory.get(ADMIN, "prod", "xn--bcher-kva.example")
    assert row is not None
    assert (row.aliases, row.routes, row.status) == (stored.aliases, stored.routes, stored.status)
    assert (row.account, row.mailboxes, row.ref, row.extra) == ("ACME – Nord", 12, {"id": 7}, {"note": "ü"})
    assert row.display == "bücher.example"
    assert row.seen_at == row.changed_at == clock.now
    assert (row.missing_since, row.stale) == (None, False)


def test_what_an_upstream_does_not_say_stays_unsaid(inventory):
    inventory.upsert(domain("a.example", aliases=None, routes=None, mailboxes=None))
    row = inventory.get(ADMIN, "prod", "a.example")
    assert (row.aliases, row.routes, row.mailboxes, row.ref) == (None, None, None, None)


def test_hostile_texts_are_stored_without_what_no_database_takes(inventory):
    inventory.upsert(
        domain("a.example", account="x\x00y", extra={"a": "\x00b"}, routes=(Route("h\x00o", 25),))
    )
    row = inventory.get(ADMIN, "prod", "a.example")
    assert (row.account, row.extra, row.routes[0].host) == ("xy", {"a": "b"}, "ho")


def test_the_same_name_on_two_connections_is_two_domains(inventory):
    inventory.upsert_many([domain("a.example", "one"), domain("a.example", "two", account="2")])
    assert inventory.get(ADMIN, "one", "a.example").account == ""
    assert inventory.get(ADMIN, "two", "a.example").account == "2"


def test_changed_at_moves_only_when_something_changed(inventory, clock):
    inventory.upsert(domain("a.example"))
    first = clock.now
    clock.pass_by(minutes=5)
    inventory.upsert(domain("a.example"))
    row = inventory.get(ADMIN, "prod", "a.example")
    assert (row.changed_at, row.seen_at) == (first, clock.now)
    clock.pass_by(minutes=5)
    inventory.upsert(domain("a.example", extra={"last_seen": "now"}))
    row = inventory.get(ADMIN, "prod", "a.example")
    assert (row.changed_at, row.extra) == (first, {"last_seen": "now"})
    inventory.upsert(domain("a.example", aliases=("b.example",)))
    assert inventory.get(ADMIN, "prod", "a.example").changed_at == clock.now


def test_a_row_can_be_marked_as_old_and_is_fresh_after_the_next_read(inventory):
    inventory.upsert(domain("a.example"))
    inventory.mark_stale("prod", "a.example")
    assert inventory.get(ADMIN, "prod", "a.example").stale
    inventory.upsert(domain("a.example"))
    assert not inventory.get(ADMIN, "prod", "a.example").stale


def test_a_forgotten_domain_is_gone_with_all_that_belongs_to_it(inventory, database):
    inventory.upsert_many([domain("a.example", aliases=("alias.example",)), domain("b.example")])
    inventory.forget("prod", "a.example")
    inventory.forget("prod", "never-there.example")
    assert inventory.get(ADMIN, "prod", "a.example") is None
    assert inventory.owners_of(ADMIN, "alias.example") == []
    assert inventory.count_by_status(ADMIN) == {"prod": {"active": 1}}
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(sightings)) == 1


def test_a_removed_connection_leaves_nothing(inventory):
    inventory.upsert_many(domain(f"d{n}.example", "gone") for n in range(1200))
    inventory.upsert(domain("a.example", "kept"))
    inventory.begin_sync("gone")
    inventory.forget_connection("gone")
    assert names(inventory.page(ADMIN, DomainQuery())) == ["a.example"]
    assert inventory.count_by_status(ADMIN) == {"kept": {"active": 1}}
    assert "gone" not in inventory.sync_states(ADMIN)


def test_find_keeps_the_order_that_was_asked_for(inventory):
    inventory.upsert_many(domain(f"d{n}.example") for n in range(5))
    wanted = [
        ("prod", "d3.example"),
        ("prod", "none.example"),
        ("prod", "d1.example"),
        ("else", "d1.example"),
    ]
    assert [row.name for row in inventory.find(ADMIN, wanted)] == ["d3.example", "d1.example"]
    cut = within(domains("d1.*"))
    assert [row.name for row in inventory.find(cut, wanted)] == ["d1.example"]


def test_signs_that_no_database_takes_only_find_nothing(inventory):
    inventory.upsert(domain("a.example"))
    assert inventory.get(ADMIN, "prod", "b\x00.example") is None
    assert inventory.owners_of(ADMIN, "b\x00\ud800.example") == []
    query = DomainQuery(connections=("prod", "\x00"), statuses=("active", "\x00"))
    assert names(inventory.page(ADMIN, query)) == ["a.example"]
    assert names(inventory.page(ADMIN, DomainQuery(route_host="\x00"))) == []


def test_find_takes_thousands_of_names(inventory):
    inventory.upsert_many(domain(f"d{n}.example") for n in range(1100))
    assert len(inventory.find(ADMIN, [("prod", f"d{n}.example") for n in range(3000)])) == 1100


def test_owners_are_found_by_name_and_by_alias(inventory):
    inventory.upsert_many(
        [
            domain("a.example", "one", aliases=("xn--bcher-kva.example", "b.example")),
            domain("b.example", "two"),
            domain("ab.example", "two", aliases=("a-b.example",)),
        ]
    )
    assert inventory.owners_of(ADMIN, "b.example") == [("one", "a.example"), ("two", "b.example")]
    assert inventory.owners_of(ADMIN, "xn--bcher-kva.example") == [("one", "a.example")]
    assert inventory.owners_of(ADMIN, "example") == []
    assert inventory.owners_of(within(connection("two")), "b.example") == [("two", "b.example")]


# --- lists ---

SORT_KEYS = {
    "name": lambda d: (d.name, d.connection),
    "connection": lambda d: (d.connection, d.name),
    "aliases": lambda d: (-1 if d.aliases is None else len(d.aliases), d.name, d.connection),
    "routes": lambda d: (str(d.routes[0]) if d.routes else "", d.name, d.connection),
    "status": lambda d: (d.status.value, d.name, d.connection),
    "mailboxes": lambda d: (-1 if d.mailboxes is None else d.mailboxes, d.name, d.connection),
}


def some_domains(count, seed=1):
    """Domains that differ in everything a list sorts and filters by."""
    random = Random(seed)
    made = []
    for n in range(count):
        made.append(
            domain(
                f"{random.choice(['shop', 'mail', 'office'])}-{n}.{random.choice(['com', 'dk'])}",
                random.choice(["one", "two", "three"]),
                aliases=random.choice([None, (), (f"alias{n}.example",), (f"x{n}.example", f"y{n}.example")]),
                routes=random.choice([None, (), (Route(f"mx{n % 3}.example.net", 25),)]),
                status=random.choice([DomainStatus.ACTIVE, DomainStatus.DISABLED]),
                mailboxes=random.choice([None, 0, 5, 10]),
            )
        )
    return made


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", list(SORT_KEYS))
def test_every_page_of_every_order(inventory, sort, descending):
    world = some_domains(57)
    inventory.upsert_many(world)
    expected = [d.name for d in sorted(world, key=SORT_KEYS[sort], reverse=descending)]
    found = []
    for page_no in range(1, 8):
        page = inventory.page(ADMIN, DomainQuery(sort=sort, descending=descending, page=page_no, size=10))
        assert (page.total, page.total_capped) == (57, False)
        found += names(page)
    assert found == expected


def test_sorted_by_change(inventory, clock):
    for name in ("b", "a", "c"):
        clock.pass_by(seconds=1)
        inventory.upsert(domain(f"{name}.example"))
    page = inventory.page(ADMIN, DomainQuery(sort="changed", descending=True))
    assert names(page) == ["c.example", "a.example", "b.example"]


def test_every_sort_has_a_test():
    assert set(SORTS) == {*SORT_KEYS, "changed"}


@pytest.mark.parametrize("page", [0, -3, 7, 10**9, 10**15])
def test_pages_that_are_not_there(inventory, page):
    inventory.upsert_many(some_domains(57))
    found = inventory.page(ADMIN, DomainQuery(page=page, size=10))
    assert len(found.rows) == (10 if page < 1 else 0)
    assert found.total == 57 or page > 10**6


def test_an_empty_inventory(inventory):
    page = inventory.page(ADMIN, DomainQuery())
    assert (page.rows, page.total, page.total_capped) == ((), 0, False)
    assert list(inventory.iterate(ADMIN, DomainQuery())) == []


queries = st.builds(
    DomainQuery,
    text=st.sampled_from(["", "shop", "-1", "o", "alias", "MX2", "mail dk", "e.net", "none"]),
    connections=st.sampled_from([(), ("one",), ("one", "two"), ("none",)]),
    statuses=st.sampled_from([(), ("active",), ("active", "missing"), ("disabled", "active")]),
    route_host=st.sampled_from(["", "", "mx1.example.net", "mx1", "MX1.example.net"]),
    sort=st.sampled_from(list(SORT_KEYS)),
    descending=st.booleans(),
    page=st.integers(1, 4),
    size=st.sampled_from([5, 20]),
)
scope_lists = st.sampled_from(
    [
        (connection("*"),),
        (connection("t*"),),
        (domains("*.dk"),),
        (domains("shop-*", "one"), connection("three")),
        (domains("shop-1.com"), domains("mail-[1-5].*")),
        (),
    ]
)


def fits(wanted, query):
    """What a list must show, said once more in Python."""
    hay = [wanted.name, *(wanted.aliases or ()), *(route.host for route in wanted.routes or ())]
    return (
        (not query.connections or wanted.connection in query.connections)
        and (not query.statuses or wanted.status in query.statuses)
        and (not query.route_host or query.route_host.lower() in [r.host for r in wanted.routes or ()])
        and all(any(word.lower() in text for text in hay) for word in query.text.split())
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries, scopes=scope_lists)
def test_lists_show_what_fits_and_lies_in_the_scope(inventory, query, scopes):
    world = some_domains(60)
    if inventory.page(ADMIN, DomainQuery()).total == 0:
        inventory.upsert_many(world)
    actor = within(*scopes)
    wanted = [d for d in world if fits(d, query) and actor.sees(d.connection, d.name)]
    wanted.sort(key=SORT_KEYS[query.sort], reverse=query.descending)
    page = inventory.page(actor, query)
    start = (query.page - 1) * query.size
    assert names(page) == [d.name for d in wanted[start : start + query.size]]
    assert page.total == len(wanted)
    assert [row.name for row in inventory.iterate(actor, query)] == [d.name for d in wanted]


@pytest.mark.parametrize("scopes", [(connection("t*"),), (domains("*.dk"), connection("two")), ()])
def test_counts_are_cut_to_the_scope(inventory, scopes):
    world = some_domains(60)
    inventory.upsert_many(world)
    actor = within(*scopes)
    expected: dict[str, dict[str, int]] = {}
    for d in world:
        if actor.sees(d.connection, d.name):
            by_status = expected.setdefault(d.connection, {})
            by_status[d.status.value] = by_status.get(d.status.value, 0) + 1
    assert inventory.count_by_status(actor) == expected


def test_outside_the_scope_a_domain_does_not_exist(inventory):
    inventory.upsert_many([domain("a.example", "one"), domain("b.example", "two")])
    actor = within(domains("a.*"))
    assert inventory.get(actor, "two", "b.example") is None
    assert inventory.get(actor, "one", "a.example") is not None
    assert inventory.owners_of(actor, "b.example") == []


def test_iterate_gives_thousands_once_each(inventory):
    world = [domain(f"d{n}.example", mailboxes=n % 3) for n in range(1700)]
    inventory.upsert_many(world)
    found = [row.name for row in inventory.iterate(ADMIN, DomainQuery(sort="mailboxes", descending=True))]
    assert len(found) == 1700
    assert set(found) == {d.name for d in world}


def test_iterate_holds_no_session_between_rows(inventory, database):
    inventory.upsert_many(domain(f"d{n}.example") for n in range(10))
    rows = inventory.iterate(ADMIN, DomainQuery())
    next(rows)
    assert database.engine.pool.checkedout() == 0


def test_sixteen_threads_keep_the_counts_right(inventory, database):
    def work(thread):
        for n in range(12):
            inventory.upsert(domain(f"d{n}.example", status=list(DomainStatus)[(thread + n) % 4]))
            if n % 5 == 0:
                inventory.forget("prod", f"d{(n + thread) % 12}.example")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    with database.session() as session:
        counted = session.execute(select(domain_table.c.status, func.count()).group_by(domain_table.c.status))
        truth = {tuple(row) for row in counted}
        kept = select(domain_counts.c.status, domain_counts.c.n).where(domain_counts.c.n != 0)
        assert {tuple(row) for row in session.execute(kept)} == truth


def test_rows_seen_long_ago_say_so(inventory, clock):
    inventory.upsert(domain("a.example"))
    seen = clock.now
    clock.pass_by(days=3)
    assert clock.now - inventory.get(ADMIN, "prod", "a.example").seen_at == timedelta(days=3)
    assert inventory.get(ADMIN, "prod", "a.example").seen_at == seen


def test_storing_the_same_batch_twice_in_another_order_is_harmless(inventory):
    world = some_domains(20)
    inventory.upsert_many(world)
    inventory.upsert_many(replace(d, account="new") for d in reversed(world))
    assert {row.account for row in inventory.iterate(ADMIN, DomainQuery())} == {"new"}
