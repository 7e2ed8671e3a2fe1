"""Policies as they were last read: kept per domain, listed over all connections, cut to the scope."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from app.core.actor import Actor, Role, Scope, ScopeKind
from app.core.model import Domain, FieldKind, PolicyField
from app.core.policies import NamedPolicy, PolicyQuery
from app.core.text import msg
from app.storage.inventory import SqlInventory
from app.storage.policy_readings import SqlPolicyReadings

ADMIN = Actor(None, "Ada", Role.ADMIN)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIELD = PolicyField("score", msg("Score"), FieldKind.NUMBER)


def policy(identity, name, *, default=False, domain="a.example", connection="one", value=5):
    field = PolicyField("score", msg("Score"), FieldKind.NUMBER, value=value)
    text = msg("from {score}", score=value)
    return NamedPolicy(connection, domain, identity, name, (field,), default, text)


@pytest.fixture
def readings(database):
    inventory = SqlInventory(database)
    for connection, name in (("one", "a.example"), ("one", "b.example"), ("two", "a.example")):
        inventory.upsert(Domain(connection, name))
    return SqlPolicyReadings(database, lambda: NOW)


def names(readings, actor=ADMIN, **query):
    return [row.name for row in readings.page(actor, PolicyQuery(**query)).rows]


def test_what_was_read_comes_back(readings):
    readings.store("one", "a.example", [policy("x", "Zwei"), policy("y", "Eins", default=True, value=None)])
    first, second = readings.of_domain(ADMIN, "one", "a.example")
    assert (first.id, first.default, first.values, first.read_at) == ("y", True, {"score": None}, NOW)
    assert (second.name, str(second.summary), second.values) == ("Zwei", "from 5", {"score": 5})
    assert readings.coverage(ADMIN, "one") == (1, NOW)
    assert readings.coverage(ADMIN, "two") == (0, None)


def test_a_new_reading_takes_the_place_of_the_one_before(readings):
    readings.store("one", "a.example", [policy("x", "Old"), policy("y", "Gone")])
    readings.store("one", "a.example", [policy("x", "New"), policy("z", "Added")])
    assert names(readings, sort="name") == ["Added", "New"]
    readings.store("one", "a.example", [])
    assert names(readings) == []


def test_the_same_id_in_other_places_is_another_policy(readings):
    readings.store("one", "a.example", [policy("x", "First")])
    readings.store("one", "b.example", [policy("x", "Second", domain="b.example")])
    readings.store("two", "a.example", [policy("x", "Third", connection="two")])
    assert names(readings) == ["First", "Third", "Second"]
    assert names(readings, sort="connection", descending=True) == ["Third", "Second", "First"]


def test_filters_and_pages(readings):
    made = [policy(f"p{n}", f"Policy {n:02}", default=n == 0) for n in range(12)]
    readings.store("one", "a.example", made)
    readings.store("one", "b.example", [policy("q", "100% strict", default=True, domain="b.example")])
    page = readings.page(ADMIN, PolicyQuery(page=2, size=5))
    assert (len(page.rows), page.total) == (5, 13)
    assert names(readings, page=4, size=5) == []
    assert names(readings, page=2**31) == []
    assert names(readings, text="STRICT") == ["100% strict"]
    assert names(readings, text="b.exam 100%") == ["100% strict"]
    assert names(readings, text="%") == ["100% strict"]
    assert names(readings, text="_") == []
    assert names(readings, default=True) == ["Policy 00", "100% strict"]
    assert len(names(readings, default=False)) == 11
    assert names(readings, connection="two") == []
    assert names(readings, text="\x00") == names(readings)
    assert names(readings, connection="\x00") == []


def test_what_lies_outside_the_scope_is_not_there(readings):
    readings.store("one", "a.example", [policy("x", "Mine")])
    readings.store("one", "b.example", [policy("y", "Theirs", domain="b.example")])
    narrow = Actor(None, "Bea", Role.OPERATOR, (Scope(ScopeKind.DOMAIN, "a.*", "one"),))
    assert names(readings, narrow) == ["Mine"]
    assert readings.of_domain(narrow, "one", "b.example") == ()
    assert readings.coverage(narrow, "one") == (1, NOW)


def test_what_was_kept_of_a_domain_that_went_is_not_shown(readings, database):
    readings.store("one", "a.example", [policy("x", "Kept")])
    SqlInventory(database).forget("one", "a.example")
    assert names(readings) == []
    assert readings.coverage(ADMIN, "one") == (0, None)


def test_hostile_text_is_kept_harmless(readings):
    readings.store("one", "a.example", [policy("x", "a\x00b\ud800" + "ü" * 5000)])
    [row] = readings.of_domain(ADMIN, "one", "a.example")
    assert row.name.startswith("abü")


def test_readings_at_the_same_time(readings):
    def store(number):
        readings.store("one", "a.example", [policy(f"p{n}", f"{number}") for n in range(number % 5 + 1)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store, range(24)))
    assert 1 <= len(readings.of_domain(ADMIN, "one", "a.example")) <= 5
