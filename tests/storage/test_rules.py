"""The stored copy of filtering rules, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.actor import EVERYWHERE, Actor, Role, Scope, ScopeKind
from app.core.plan import State, Step, Verb
from app.core.rule_ports import RuleQuery
from app.core.rules import Mark, Rule, RuleAction, RuleKind, RuleReading
from app.core.text import msg
from app.storage.rules import SqlRuleBook

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ADMIN = Actor(1, "admin", Role.ADMIN)
ALLOW, BLOCK = RuleAction.ALLOW, RuleAction.BLOCK


@pytest.fixture
def book(database):
    return SqlRuleBook(database, lambda: NOW)


def rule(pattern, action=ALLOW, domain="a.example", connection="one", kind=RuleKind.SENDER, **more):
    return Rule(connection, domain, kind, action, pattern, **more)


def put(book, *rules, domain="a.example", connection="one", mailbox="", problems=None):
    book.store(connection, domain, mailbox, tuple(RuleKind), RuleReading(rules, problems or {}))


def shown(book, actor=ADMIN, **query):
    return [row.rule.pattern for row in book.page(actor, RuleQuery(**query), NOW).rows]


def test_what_was_read_takes_the_place_of_what_was_known(book):
    first = rule(
        "x.example",
        note="n",
        expires=NOW,
        spf=True,
        part="both",
        created=NOW,
        read_only=True,
        ref={"id": "7"},
    )
    put(book, first, rule("y.example"))
    [row] = [row for row in book.of_domain(ADMIN, "one", "a.example") if row.rule.pattern == "x.example"]
    assert row.rule == first and row.read_at == NOW and not row.stale and row.mark is None
    put(book, rule("z.example"))
    assert shown(book) == ["z.example"]


def test_a_kind_that_could_not_be_read_stays_as_it_was(book):
    put(book, rule("x.example"), rule("^a$", kind=RuleKind.URI))
    put(book, rule("y.example"), problems={RuleKind.URI: msg("No answer.")})
    assert sorted(shown(book)) == ["^a$", "y.example"]


def test_mailboxes_are_read_by_themselves_and_gone_ones_go(book):
    put(book, rule("x.example"))
    for box in ("u@a.example", "v@a.example"):
        book.store(
            "one", "a.example", box, (RuleKind.SENDER,), RuleReading((rule("m.example", mailbox=box),))
        )
    put(book, rule("x.example"))
    assert len(shown(book)) == 3
    coverage = book.coverage(ADMIN)["one"]
    assert (coverage.domains, coverage.complete, coverage.oldest) == (1, 0, NOW)
    book.completed("one", "a.example", ["u@a.example"])
    assert sorted(row.rule.mailbox for row in book.of_domain(ADMIN, "one", "a.example")) == [
        "",
        "u@a.example",
    ]
    assert book.coverage(ADMIN)["one"].complete == 1
    put(book)
    assert book.coverage(ADMIN)["one"].complete == 1


def test_filters_and_searches(book):
    put(book, rule("x.example", note="100% sure_"), rule("y.example", BLOCK), rule("^a$", kind=RuleKind.URI))
    put(book, rule("x.example", domain="b.example", connection="two"), domain="b.example", connection="two")
    assert len(shown(book)) == 4
    assert shown(book, connections=("two",)) == ["x.example"]
    assert shown(book, kinds=("uri",)) == ["^a$"]
    assert shown(book, actions=("block",)) == ["y.example"]
    assert shown(book, text="X.EXAMPLE b.ex") == ["x.example"]
    assert shown(book, text="100%") == ["x.example"] and shown(book, text="sure_") == ["x.example"]
    assert shown(book, text="1_0") == []
    assert len(shown(book, domain="a.example")) == 3
    assert shown(book, text="\x00") == shown(book)
    assert shown(book, sender="anna@x.example") == ["x.example", "x.example"]
    assert shown(book, sender="anna@other.example") == []


def test_pages_and_sorts(book):
    rules = [rule(f"{n:03}.example", expires=NOW + timedelta(days=n) if n % 2 else None) for n in range(60)]
    put(book, *rules)
    page = book.page(ADMIN, RuleQuery(page=2, size=25), NOW)
    assert (page.total, page.total_capped, page.rows[0].rule.pattern) == (60, False, "025.example")
    assert shown(book, descending=True, size=1) == ["059.example"]
    assert shown(book, sort="expires", size=2) == ["001.example", "003.example"]
    for sort in ("pattern", "domain", "connection", "kind", "action", "expires", "nonsense"):
        for descending in (False, True):
            query = RuleQuery(sort=sort, descending=descending, size=500)
            whole = [row.rule.id for row in book.page(ADMIN, query, NOW).rows]
            assert [row.rule.id for row in book.iterate(ADMIN, query, NOW)] == whole and len(set(whole)) == 60


def test_long_lists_are_walked_to_their_end(book):
    put(book, *(rule(f"{n:04}.example", expires=NOW) for n in range(1200)))
    for sort in ("pattern", "expires", "domain"):
        found = [row.rule.pattern for row in book.iterate(ADMIN, RuleQuery(sort=sort), NOW)]
        assert len(found) == len(set(found)) == 1200


def test_marks_follow_the_rules(book):
    put(
        book,
        rule("x.example"),
        rule("a@x.example"),
        rule("b@x.example", BLOCK),
        rule("old.example", expires=NOW),
    )
    marks = {row.rule.pattern: row.mark for row in book.of_domain(ADMIN, "one", "a.example")}
    assert marks["a@x.example"] is Mark.SHADOWED and marks["b@x.example"] is Mark.CONFLICT
    assert shown(book, marks=("shadowed",)) == ["a@x.example"]
    assert shown(book, marks=("conflict", "expired")) == ["b@x.example", "old.example"]
    put(book, rule("a@x.example"))
    assert shown(book, marks=("shadowed",)) == []


def test_rules_of_the_whole_connection_mark_those_of_domains(book):
    put(book, rule("x.example", domain=""), domain="")
    put(book, rule("a@x.example"))
    assert shown(book, marks=("shadowed",)) == ["a@x.example"]


def step(verb, before=(), after=(), **args):
    state = [{"rules": [one.to_json() for one in part]} for part in (before, after)]
    return Step(
        verb,
        "s",
        "a.example",
        args={"kind": "sender", "mailbox": "", **args},
        before=state[0],
        after=state[1],
    )


def test_changes_are_noted_without_a_reading(book):
    put(book, rule("x.example"), rule("safe.example", RuleAction.PROTECTED, read_only=True))
    book.note("one", step(Verb.RULE_ADD, after=[rule("y.example", note="n")]), State.DONE)
    book.note("one", step(Verb.RULE_REMOVE, before=[rule("x.example")]), State.DONE)
    assert shown(book) == ["safe.example", "y.example"]
    book.note(
        "one", step(Verb.RULE_EDIT, [rule("y.example", note="n")], [rule("z.example", BLOCK)]), State.DONE
    )
    assert shown(book) == ["safe.example", "z.example"]
    book.note("one", step(Verb.RULES_REPLACE, after=[rule("w.example")]), State.DONE)
    assert shown(book) == ["safe.example", "w.example"]
    book.note("one", step(Verb.RULE_ADD, after=[rule("q.example")]), State.UNKNOWN)
    assert shown(book) == ["safe.example", "w.example"]
    assert all(row.stale for row in book.of_domain(ADMIN, "one", "a.example"))
    put(book, rule("w.example"))
    assert not any(row.stale for row in book.of_domain(ADMIN, "one", "a.example"))


def test_nobody_sees_beyond_their_scope(book):
    put(book, rule("a-s.example"))
    put(book, rule("b-s.example", domain="b.example"), domain="b.example")
    put(book, rule("whole.example", domain=""), domain="")
    put(book, rule("two.example", domain="a.example", connection="two"), connection="two")
    by_domain = Actor(2, "n", Role.SUPPORT, (Scope(ScopeKind.DOMAIN, "a.example", "one"),))
    by_pattern = Actor(2, "n", Role.SUPPORT, (Scope(ScopeKind.DOMAIN, "*"),))
    by_connection = Actor(2, "n", Role.SUPPORT, (Scope(ScopeKind.CONNECTION, "two"),))
    assert len(shown(book, Actor(2, "n", Role.SUPPORT, EVERYWHERE))) == 4
    assert shown(book, by_domain) == ["a-s.example"]
    assert sorted(shown(book, by_pattern)) == ["a-s.example", "b-s.example", "two.example"]
    assert shown(book, by_connection) == ["two.example"]
    assert shown(book, Actor(2, "n", Role.SUPPORT, ())) == []
    assert list(book.coverage(by_connection)) == ["two"]
    assert book.of_domain(by_domain, "one", "b.example") == [] and book.of_domain(by_domain, "one", "") == []
    assert [row.rule.pattern for row in book.iterate(by_domain, RuleQuery(), NOW)] == ["a-s.example"]


def test_what_is_gone_is_forgotten(book):
    put(book, rule("x.example"))
    put(book, rule("y.example", domain="b.example"), domain="b.example")
    book.forget("one", "a.example")
    assert shown(book) == ["y.example"]
    book.forget("one")
    assert shown(book) == [] and book.coverage(ADMIN) == {}


def test_odd_texts_are_stored(book):
    put(book, rule("x.example", note="a\x00b\ud800c"), rule("=1+1", kind=RuleKind.URI))
    assert sorted(shown(book)) == ["=1+1", "x.example"]
