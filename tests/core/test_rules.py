"""Filtering rules: what may be entered, and which stand in each other's way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.actor import Actor, Right, Role
from app.core.commands import AddRules, EditRule, RemoveRules, ReplaceRules, from_json, parse
from app.core.errors import Forbidden, Invalid
from app.core.names import NameProblem
from app.core.rules import (
    Mark,
    Rule,
    RuleAction,
    RuleKind,
    marks,
    names_of,
    regular_expression,
    sender_pattern,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BASE = {"connection": "prod", "domain": "example.org"}


def rule(pattern: str, action: RuleAction = RuleAction.ALLOW, **more: object) -> Rule:
    return Rule("prod", "example.org", RuleKind.SENDER, action, pattern, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Anna@Example.ORG", "anna@example.org"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("@partner.example", "partner.example"),
        ("*@partner.example", "partner.example"),
        ("*.Partner.example", "*.partner.example"),
    ],
)
def test_senders_are_normalised(text: str, pattern: str) -> None:
    assert sender_pattern(text) == pattern


@pytest.mark.parametrize(
    "text", ["", "*", "a b@c.example", "localhost", "1.2.3.4", "a@", "*.x", "a@b@c.example"]
)
def test_what_is_no_sender(text: str) -> None:
    with pytest.raises(NameProblem):
        sender_pattern(text)


@pytest.mark.parametrize("text", ["(", "[a", "*a", "a{2,1}", ".*", "", "a|", "(?P<x", "[[a]--b]", "(" * 5000])
def test_what_is_no_regular_expression(text: str) -> None:
    with pytest.raises(NameProblem) as caught:
        regular_expression(text)
    assert str(caught.value.message)


@pytest.mark.parametrize("text", [r"\.exe$", "(?i)^invoice.*zip$", r"(^|\.)bad\.example$"])
def test_regular_expressions_stay_as_they_are(text: str) -> None:
    assert regular_expression(text) == text


@pytest.mark.parametrize(
    ("model", "fields", "path"),
    [
        (AddRules, {"rules": []}, "rules"),
        (AddRules, {"rules": [{"action": "allow", "pattern": "a.b"}] * 2}, ""),
        (AddRules, {"rules": [{"action": "allow", "pattern": "a.b"}] * 501}, "rules"),
        (
            AddRules,
            {"rules": [{"kind": "recipient", "action": "allow", "pattern": "a@b"}]},
            "rules.0.pattern",
        ),
        (AddRules, {"rules": [{"action": "allow", "pattern": "a\x00.b"}]}, "rules.0.pattern"),
        (
            AddRules,
            {"rules": [{"action": "allow", "pattern": "a.b", "mailbox": "nobody"}]},
            "rules.0.mailbox",
        ),
        (
            EditRule,
            {"old": {"action": "allow", "pattern": "a.b"}, "new": {"action": "x", "pattern": "b"}},
            "new.action",
        ),
        (
            EditRule,
            {
                "old": {"action": "block", "pattern": "a"},
                "new": {"kind": "uri", "action": "block", "pattern": "b"},
            },
            "",
        ),
        (ReplaceRules, {"rules": [{"kind": "uri", "action": "block", "pattern": "b"}]}, ""),
    ],
)
def test_what_cannot_be_wished(model: type, fields: dict[str, object], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(model, {**BASE, **fields})
    assert path in caught.value.fields and str(caught.value.fields[path])


def test_what_was_seen_may_be_what_nobody_could_enter() -> None:
    """An upstream may hold anything; it must be possible to remove it."""
    seen = {"kind": "uri", "action": "block", "pattern": ".*"}
    command = parse(RemoveRules, {**BASE, "rules": [seen]})
    assert from_json(command.to_json()) == command


def test_who_may_add_what() -> None:
    def added(**more: object) -> AddRules:
        return parse(AddRules, {**BASE, "rules": [{"action": "allow", "pattern": "a.example", **more}]})

    now = datetime.now(UTC)
    support, auditor = Actor(None, "s", Role.SUPPORT), Actor(None, "a", Role.AUDITOR)
    added(expires=now + timedelta(days=29)).check_right(support)
    for wish in (added(), added(expires=now + timedelta(days=31))):
        wish.check_right(Actor(None, "o", Role.OPERATOR))
        with pytest.raises(Forbidden, match="30 days"):
            wish.check_right(support)
    with pytest.raises(Forbidden):
        added(expires=now + timedelta(days=1)).check_right(auditor)
    with pytest.raises(Forbidden):
        parse(RemoveRules, {**BASE, "rules": [{"action": "allow", "pattern": "a"}]}).check_right(support)
    narrowed = Actor(None, "t", Role.ADMIN, only_rights=frozenset({Right.VIEW_RULES}))
    with pytest.raises(Forbidden):
        added(expires=now + timedelta(days=1)).check_right(narrowed)


def test_which_patterns_name_a_sender() -> None:
    assert names_of("Anna@mail.partner.example") == [
        "anna@mail.partner.example",
        "mail.partner.example",
        "*.partner.example",
    ]
    assert names_of("partner.example") == ["partner.example"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([rule("a.example"), rule("x@a.example")], {1: Mark.SHADOWED}),
        ([rule("a.example"), rule("x@b.example")], {}),
        ([rule("*.a.example"), rule("m.a.example")], {1: Mark.SHADOWED}),
        ([rule("*.a.example"), rule("a.example")], {}),
        ([rule("*.a.example"), rule("*.m.a.example")], {1: Mark.SHADOWED}),
        ([rule("a.example"), rule("x@a.example", mailbox="u@example.org")], {1: Mark.SHADOWED}),
        ([rule("a.example", mailbox="u@example.org"), rule("x@a.example")], {}),
        ([rule("a.example", spf=True), rule("x@a.example", spf=False)], {}),
        ([rule("a.example", spf=False), rule("x@a.example", spf=True)], {1: Mark.SHADOWED}),
        ([rule("a.example", expires=NOW + timedelta(days=1)), rule("x@a.example")], {}),
        ([rule("a.example", expires=NOW - timedelta(days=1)), rule("x@a.example", RuleAction.BLOCK)], {}),
        ([rule("a.example"), rule("x@a.example", RuleAction.BLOCK)], {1: Mark.CONFLICT}),
        ([rule("a.example"), rule("a.example", RuleAction.BLOCK)], {0: Mark.CONFLICT, 1: Mark.CONFLICT}),
        (
            [rule("a.example", RuleAction.PROTECTED), rule("a.example")],
            {1: Mark.SHADOWED},
        ),
    ],
)
def test_marks(rules: list[Rule], expected: dict[int, Mark]) -> None:
    assert marks(rules, NOW) == {rules[number].id: mark for number, mark in expected.items()}
