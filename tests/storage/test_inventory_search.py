"""Searches: what they find, and that the ways for many hits find the same as those for few."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from app.core.actor import Actor
from app.core.model import Route
from app.core.ports import DomainQuery
from app.storage import inventory as inventory_module
from app.storage import inventory_query, inventory_search
from app.storage.inventory import SqlInventory
from app.storage.inventory_rows import search_text
from tests.storage.people import ADMIN, domain, within
from tests.storage.test_inventory import SORT_KEYS, fits, names, queries, scope_lists, some_domains


@pytest.fixture
def inventory(database, clock):
    return SqlInventory(database, clock)


@pytest.fixture
def low_cap(monkeypatch):
    """Five hits are many."""
    for module in (inventory_module, inventory_query, inventory_search):
        monkeypatch.setattr(module, "CAP", 5)


@pytest.fixture
def world(inventory):
    made = some_domains(60)
    inventory.upsert_many(made)
    return made


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries, scopes=scope_lists)
def test_broad_searches_show_the_same_rows(inventory, low_cap, world, query, scopes):
    actor = within(*scopes)
    wanted = [d for d in world if fits(d, query) and actor.sees(d.connection, d.name)]
    wanted.sort(key=SORT_KEYS[query.sort], reverse=query.descending)
    page = inventory.page(actor, query)
    start = (query.page - 1) * query.size
    assert names(page) == [d.name for d in wanted[start : start + query.size]]
    assert page.total == (5 if page.total_capped else len(wanted))
    assert page.total_capped == (len(wanted) > 5 and not counts_exactly(actor, query))
    assert [row.name for row in inventory.iterate(actor, query)] == [d.name for d in wanted]


def counts_exactly(actor: Actor, query: DomainQuery) -> bool:
    """No search, and nothing but whole connections: the kept numbers say how many there are."""
    connections = query.connections or ("one", "two", "three")
    whole = all(actor.sees(c) for c in connections if actor.sees_some_of(c))
    return whole and not query.text.split() and not query.route_host


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bücher", True),
        ("BÜCHER", True),
        ("bu\u0308cher", True),
        ("xn--bcher", True),
        ("cher-kva.exam", True),
        ("müller", True),
        ("xn--mller-kva.example", True),
        ("mx1.post", True),
        ("2001:db8", True),
        ("  example  ", True),
        ("bücher mx1", True),
        ("bücher nowhere", False),
        ("2525", False),
        ("büchr", False),
        ("%", False),
        ("_", False),
        ("b*r", False),
        ("[b]", False),
        ('"', False),
        ("'", False),
        ("\x00", True),
        ("\ud800", True),
        ("x" * 5000, False),
    ],
)
def test_what_a_text_finds(inventory, words, found):
    inventory.upsert(
        domain(
            "xn--bcher-kva.example",
            aliases=("xn--mller-kva.example",),
            routes=(Route("mx1.post.example.net", 2525), Route("2001:db8::1")),
        )
    )
    assert inventory.page(ADMIN, DomainQuery(text=words)).total == found


@pytest.mark.parametrize("host", ["mx1.example.net", "MX1.example.net"])
def test_a_route_host_is_matched_whole(inventory, host):
    inventory.upsert_many(
        [
            domain("a.example", routes=(Route("mx1.example.net"),)),
            domain("b.example", routes=(Route("mx11.example.net"), Route("x.mx1.example.net"))),
            domain("mx1.example.net", aliases=("mx1.example.net.example",), routes=()),
        ]
    )
    assert names(inventory.page(ADMIN, DomainQuery(route_host=host))) == ["a.example"]


def test_a_search_follows_changes(inventory):
    def found(words):
        return names(inventory.page(ADMIN, DomainQuery(text=words)))

    inventory.upsert(domain("a.example", aliases=("old-alias.example",)))
    assert found("old-alias") == ["a.example"]
    inventory.upsert(domain("a.example", aliases=("new-alias.example",)))
    assert (found("old-alias"), found("new-alias")) == ([], ["a.example"])
    inventory.forget("prod", "a.example")
    assert found("new-alias") == []


def test_signs_with_a_meaning_are_only_signs(inventory):
    inventory.upsert_many([domain("a_b.example"), domain("a-b.example")])
    assert names(inventory.page(ADMIN, DomainQuery(text="a_b"))) == ["a_b.example"]


def test_a_domain_with_very_many_aliases_is_stored_and_found(inventory):
    aliases = tuple(f"alias-number-{n}.example.org" for n in range(2000))
    inventory.upsert(domain("a.example", aliases=aliases))
    assert inventory.page(ADMIN, DomainQuery(text="number-1999.")).total == 1
    assert inventory.owners_of(ADMIN, "alias-number-1777.example.org") == [("prod", "a.example")]


def test_search_text_has_each_line_between_two_breaks():
    made = domain("xn--bcher-kva.de", aliases=("B.de",), routes=(Route("MX.example"), Route("", 25)))
    assert search_text(made) == "\nxn--bcher-kva.de\n=b.de\n>mx.example\nbücher.de\n"


def test_sqlite_walks_indices_and_never_the_table(inventory, database, low_cap):
    """Without statistics SQLite must be led to the index of the sort order; a scan of the table would show here."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by statistics")
    inventory.upsert_many(some_domains(60))
    for query in (
        DomainQuery(),
        DomainQuery(sort="changed", connections=("one",)),
        DomainQuery(sort="mailboxes", connections=("one", "two"), statuses=("active",)),
        DomainQuery(text="shop"),
        DomainQuery(text="shop", sort="routes", connections=("one",)),
        DomainQuery(text="o"),
    ):
        plan = plan_of(database, query)
        assert all("USING COVERING INDEX" in line or "VIRTUAL TABLE" in line for line in plan), plan
        assert not any("TEMP B-TREE" in line for line in plan), plan


def plan_of(database, query):
    with database.session() as session:
        listing = inventory_query.listing(session, ADMIN, query)
        statement = listing.ids(50).compile(database.engine, compile_kwargs={"literal_binds": True})
        plan = session.execute(text("EXPLAIN QUERY PLAN " + str(statement).replace(":", "\\:")))
        return [row[-1] for row in plan if "SUBQUERY" not in row[-1]]
