"""Readings of domains as rows: worst first, cut to scopes, and gone with their domain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.health import HealthQuery
from app.core.model import DomainStatus, Reading, Verdict
from app.core.ports import DomainQuery
from app.core.text import literal, msg
from app.storage import inventory_query
from app.storage.health import SqlHealth
from app.storage.inventory import SqlInventory
from tests.storage.people import ADMIN, domain, domains, within


@pytest.fixture
def inventory(database, clock):
    found = SqlInventory(database, clock)
    found.upsert_many([domain(name) for name in ("a.example", "b.example", "c.example")])
    return found


@pytest.fixture
def health(database, inventory):
    return SqlHealth(database)


@pytest.fixture
def reading(clock):
    def make(check="mx", verdict=Verdict.FAIL, source="DNS", subject="", **more):
        return Reading(
            check, verdict, msg("found"), source=source, subject=subject, seen_at=clock.now, **more
        )

    return make


def domains_of(page):
    return [row.domain for row in page.rows]


def test_a_reading_comes_back_as_it_was_stored(health, reading, clock):
    stored = reading(
        expected=msg("{n} hosts", n=2),
        advice=literal("do {this}"),
        record="a. IN MX 10 b.",
        value="b",
        subject="s",
    )
    health.replace("prod", "a.example", [stored], clock.now)
    found = health.of_domain(ADMIN, "prod", "a.example")
    [row] = found.readings
    assert row.reading == stored and (row.connection, row.domain) == ("prod", "a.example")
    assert row.since == found.checked_at == clock.now and found.worst is Verdict.FAIL


def test_since_stays_while_the_verdict_does(health, reading, clock):
    first = clock.now
    health.replace("prod", "a.example", [reading()], first)
    clock.now += timedelta(hours=1)
    health.replace("prod", "a.example", [reading()], clock.now)
    assert health.of_domain(ADMIN, "prod", "a.example").readings[0].since == first
    health.replace("prod", "a.example", [reading(verdict=Verdict.PASS)], clock.now)
    assert health.of_domain(ADMIN, "prod", "a.example").readings[0].since == clock.now


def test_a_run_replaces_everything_and_a_source_only_its_own(health, reading, clock):
    both = [reading(), reading(source="Cleanmail")]
    health.replace("prod", "a.example", both, clock.now)
    health.replace_source(
        "prod", "a.example", "Cleanmail", [reading(source="Cleanmail", verdict=Verdict.PASS)]
    )
    kept = {
        r.reading.source: r.reading.verdict for r in health.of_domain(ADMIN, "prod", "a.example").readings
    }
    assert kept == {"DNS": Verdict.FAIL, "Cleanmail": Verdict.PASS}
    health.replace("prod", "a.example", [reading(check="spf")], clock.now)
    assert [r.reading.check for r in health.of_domain(ADMIN, "prod", "a.example").readings] == ["spf"]


def test_the_same_twice_keeps_the_worse(health, reading, clock):
    health.replace("prod", "a.example", [reading(), reading(verdict=Verdict.PASS)], clock.now)
    [row] = health.of_domain(ADMIN, "prod", "a.example").readings
    assert row.reading.verdict is Verdict.FAIL


def test_a_domain_that_is_not_there_takes_nothing(health, reading, clock):
    health.replace("prod", "gone.example", [reading()], clock.now)
    assert health.page(ADMIN, HealthQuery()).total == 0


def test_worst_first_paged_filtered_and_iterated(health, reading, clock):
    health.replace("prod", "a.example", [reading(verdict=Verdict.PASS)], clock.now)
    health.replace("prod", "b.example", [reading(), reading("spf", Verdict.UNKNOWN)], clock.now)
    health.replace(
        "prod", "c.example", [reading(verdict=Verdict.WARN), reading("route", source="SMTP")], clock.now
    )
    page = health.page(ADMIN, HealthQuery())
    assert domains_of(page) == ["b.example", "c.example", "c.example", "b.example", "a.example"]
    assert domains_of(health.page(ADMIN, HealthQuery(size=2, page=2))) == ["c.example", "b.example"]
    assert domains_of(health.page(ADMIN, HealthQuery(verdicts=(Verdict.WARN,)))) == ["c.example"]
    assert domains_of(health.page(ADMIN, HealthQuery(source="SMTP"))) == ["c.example"]
    assert health.page(ADMIN, HealthQuery(source="upstream")).total == 0
    assert domains_of(health.page(ADMIN, HealthQuery(check="spf"))) == ["b.example"]
    assert domains_of(health.page(ADMIN, HealthQuery(text="A.EXAM"))) == ["a.example"]
    assert health.page(ADMIN, HealthQuery(connections=("other",))).total == 0
    assert list(health.iterate(ADMIN, HealthQuery())) == list(page.rows)
    assert set(health.checks(ADMIN)) == {"mx", "spf", "route"}


def test_more_rows_than_a_piece_are_iterated_without_a_gap(health, inventory, reading, clock, monkeypatch):
    monkeypatch.setattr("app.storage.health._PIECE", 3)
    for name in ("a.example", "b.example"):
        many = [reading("route", Verdict.WARN, "SMTP", f"h{n}") for n in range(4)]
        health.replace("prod", name, many, clock.now)
    found = [(row.domain, row.reading.subject) for row in health.iterate(ADMIN, HealthQuery())]
    assert len(found) == len(set(found)) == 8


def test_scopes(health, reading, clock):
    for name in ("a.example", "b.example"):
        health.replace("prod", name, [reading()], clock.now)
    narrow = within(domains("a.*"))
    assert domains_of(health.page(narrow, HealthQuery())) == ["a.example"]
    assert health.of_domain(narrow, "prod", "b.example").readings == ()
    assert health.failing(narrow) == 1 and health.counts(narrow).never == 0
    assert health.failing(ADMIN) == 2 and health.counts(ADMIN).never == 1


def test_counts_are_of_domains_by_their_worst(health, reading, clock):
    health.replace("prod", "a.example", [reading(), reading("spf", Verdict.PASS)], clock.now)
    health.replace("prod", "b.example", [reading(verdict=Verdict.PASS)], clock.now)
    counts = health.counts(ADMIN)
    assert counts.domains == {Verdict.FAIL: 1, Verdict.PASS: 1} and counts.never == 1


def test_readings_go_with_their_domain_and_missing_ones_are_not_shown(health, inventory, reading, clock):
    for name in ("a.example", "b.example"):
        health.replace("prod", name, [reading()], clock.now)
    inventory.forget("prod", "a.example")
    assert domains_of(health.page(ADMIN, HealthQuery())) == ["b.example"]
    inventory.upsert(domain("b.example", status=DomainStatus.DELETED))
    assert health.page(ADMIN, HealthQuery()).total == 0 and health.failing(ADMIN) == 0


def test_what_an_upstream_says_counts_before_the_first_run(health, reading, clock):
    health.replace_source("prod", "a.example", "Cleanmail", [reading(source="Cleanmail")])
    assert health.failing(ADMIN) == 1 and health.counts(ADMIN).never == 2
    assert health.of_domain(ADMIN, "prod", "a.example").checked_at is None
    assert ("prod", "a.example") in health.due(clock.now, ["prod"], 10)


def test_due_are_the_never_checked_then_the_oldest(health, reading, clock):
    start = clock.now
    health.replace("prod", "c.example", [reading()], start)
    health.replace("prod", "a.example", [reading()], start + timedelta(hours=1))
    later = start + timedelta(hours=2)
    due = [name for _, name in health.due(later, ["prod"], 10)]
    assert due == ["b.example", "c.example", "a.example"]
    assert [name for _, name in health.due(later, ["prod"], 1)] == ["b.example"]
    assert [name for _, name in health.due(start + timedelta(minutes=1), ["prod"], 10)] == [
        "b.example",
        "c.example",
    ]
    assert health.due(later, ["other"], 10) == []


def test_the_usual_value_is_that_of_most(health, reading, clock):
    assert health.usual_value("prod", "mx") == ("", 0, 0)
    for name, value in (("a.example", "x y"), ("b.example", "x y"), ("c.example", "z")):
        health.replace("prod", name, [reading(value=value)], clock.now)
    assert health.usual_value("prod", "mx") == ("x y", 2, 3)
    assert health.failing_at("prod", "DNS") == ["a.example", "b.example", "c.example"]


def test_hostile_texts_are_kept_or_cut_and_never_refused(health, reading, clock):
    nasty = reading(
        "c" * 500, source="s\x00" * 300, subject="\ud800" + "x" * 900, record="r" * 9000, value="v" * 5000
    )
    health.replace("prod", "a.example", [nasty], clock.now)
    [row] = health.of_domain(ADMIN, "prod", "a.example").readings
    assert len(row.reading.check) == 64 and len(row.reading.subject) == 300


# --- in the list of domains ---


def test_the_list_of_domains_names_the_worst_and_what_is_wrong(health, inventory, reading, clock):
    health.replace(
        "prod", "a.example", [reading(), reading("dkim"), reading("dkim", subject="s2")], clock.now
    )
    health.replace("prod", "b.example", [reading(verdict=Verdict.PASS)], clock.now)
    rows = inventory.page(ADMIN, DomainQuery()).rows
    assert [(row.name, row.health, set(row.troubles)) for row in rows] == [
        ("a.example", Verdict.FAIL, {"mx", "dkim"}),
        ("b.example", Verdict.PASS, set()),
        ("c.example", None, set()),
    ]
    assert inventory.get(ADMIN, "prod", "a.example").health is Verdict.FAIL


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("sort", ["name", "changed", "mailboxes"])
def test_the_list_of_domains_is_cut_to_a_verdict(health, inventory, reading, clock, monkeypatch, few, sort):
    """The same whether few have the verdict, and are fetched, or many, and are met on the way."""
    monkeypatch.setattr(inventory_query, "CAP", few)
    for name in ("a.example", "c.example"):
        health.replace("prod", name, [reading(verdict=Verdict.WARN)], clock.now)
    found = inventory.page(ADMIN, DomainQuery(health=Verdict.WARN, sort=sort))
    assert ([row.name for row in found.rows], found.total) == (["a.example", "c.example"], 2)
    assert [row.name for row in inventory.iterate(ADMIN, DomainQuery(health=Verdict.WARN))] == [
        "a.example",
        "c.example",
    ]
    with_text = DomainQuery(health=Verdict.WARN, text="c.exa")
    assert [row.name for row in inventory.page(ADMIN, with_text).rows] == ["c.example"]
    assert inventory.page(ADMIN, DomainQuery(health=Verdict.PASS)).total == 0
    mine = inventory.page(within(domains("a.*")), DomainQuery(health=Verdict.WARN))
    assert [row.name for row in mine.rows] == ["a.example"]
