"""The order of precedence of each provider, and the way of a new message, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.decision import PRECEDENCE, Ending, Facts, naming, way
from app.core.email_aliases import EmailAlias, Recipient
from app.core.model import DomainStatus, Route
from app.core.rules import Rule, RuleAction, RuleKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BOX = "arya@stark.net"
ALLOW, BLOCK = RuleAction.ALLOW, RuleAction.BLOCK


def rule(action, pattern="deadguys.fr", mailbox="", domain="stark.net", kind=RuleKind.SENDER, **more):
    return Rule("c", domain, kind, action, pattern, mailbox, **more)


def facts(provider="cleanmail", *rules, **more):
    known = {
        "provider": provider,
        "connection": "c",
        "domain": "stark.net",
        "recipient": BOX,
        "sender": "the@deadguys.fr",
        "address": BOX,
        "rules": rules,
        "routes": (Route("1.2.3.4", 25),),
        "now": NOW,
    }
    return Facts(**{**known, **more})


def kinds(steps):
    return [(step.kind, step.ending) for step in steps]


MAILBOX_ALLOW, MAILBOX_BLOCK = rule(ALLOW, mailbox=BOX), rule(BLOCK, mailbox=BOX)
DOMAIN_ALLOW, DOMAIN_BLOCK = rule(ALLOW), rule(BLOCK)
ALL_ALLOW, ALL_BLOCK = rule(ALLOW, domain=""), rule(BLOCK, domain="")
USER, DOMAIN = {"wblistPriority": "USER"}, {"wblistPriority": "DOMAIN"}


@pytest.mark.parametrize(
    ("provider", "fields", "rules", "winner"),
    [
        ("cleanmail", USER, (DOMAIN_BLOCK, MAILBOX_ALLOW), MAILBOX_ALLOW),
        ("cleanmail", {}, (DOMAIN_BLOCK, MAILBOX_ALLOW), MAILBOX_ALLOW),
        ("cleanmail", DOMAIN, (DOMAIN_BLOCK, MAILBOX_ALLOW), DOMAIN_BLOCK),
        ("cleanmail", DOMAIN, (DOMAIN_ALLOW, MAILBOX_BLOCK), DOMAIN_ALLOW),
        ("cleanmail", USER, (DOMAIN_BLOCK, DOMAIN_ALLOW), DOMAIN_ALLOW),
        ("hornetsecurity", {}, (DOMAIN_ALLOW, MAILBOX_BLOCK), MAILBOX_BLOCK),
        ("hornetsecurity", {}, (MAILBOX_BLOCK, MAILBOX_ALLOW), MAILBOX_ALLOW),
        ("hornetsecurity", {}, (DOMAIN_BLOCK, DOMAIN_ALLOW), DOMAIN_ALLOW),
        ("hornetsecurity", DOMAIN, (DOMAIN_ALLOW, MAILBOX_BLOCK), MAILBOX_BLOCK),
        ("spamexperts", {}, (ALL_BLOCK, DOMAIN_ALLOW), DOMAIN_ALLOW),
        ("spamexperts", {}, (ALL_ALLOW, DOMAIN_BLOCK), DOMAIN_BLOCK),
        ("spamexperts", {}, (DOMAIN_BLOCK, DOMAIN_ALLOW), DOMAIN_ALLOW),
        ("spanel", {}, (DOMAIN_BLOCK, DOMAIN_ALLOW), None),
        ("spanel", {}, (DOMAIN_BLOCK,), DOMAIN_BLOCK),
        ("olspanel", {}, (DOMAIN_BLOCK,), None),
    ],
)
def test_which_rule_wins(provider, fields, rules, winner):
    for given in (rules, rules[::-1]):
        named = naming(facts(provider, *given, fields=fields))
        assert [one.rule for one in named if one.wins] == ([winner] if winner else [])


def test_what_says_more_of_the_sender_comes_first():
    wide, whole, exact = rule(ALLOW, "*.fr"), rule(ALLOW), rule(ALLOW, "the@deadguys.fr")
    assert [n.rule for n in naming(facts("cleanmail", wide, whole, exact))] == [exact, whole]
    below = facts("cleanmail", rule(ALLOW, "*.deadguys.fr"), sender="x@mail.deadguys.fr")
    assert len(naming(below)) == 1


@pytest.mark.parametrize(
    "other",
    [
        rule(BLOCK, "other.fr"),
        rule(BLOCK, mailbox="sansa@stark.net"),
        rule(BLOCK, expires=NOW - timedelta(days=1)),
        rule(BLOCK, kind=RuleKind.URI),
    ],
)
def test_rules_that_do_not_count(other):
    assert naming(facts("cleanmail", other)) == []


def test_every_order_says_where_it_is_from():
    assert all(str(one.source) and one.ranks for one in PRECEDENCE.values())
    assert not PRECEDENCE["hornetsecurity"].ours and PRECEDENCE["spamexperts"].ours


def test_a_blocked_sender_ends_the_way():
    steps = way(facts("cleanmail", DOMAIN_BLOCK, mailbox=True))
    assert kinds(steps) == [("mailbox", Ending.ON), ("sender", Ending.STOP)]
    assert steps[-1].place.params == {"key": "c", "name": "stark.net"} and steps[-1].ours


def test_an_overridden_rule_is_named_and_the_score_no_longer_counts():
    steps = way(facts("cleanmail", DOMAIN_BLOCK, MAILBOX_ALLOW, policy={"spamScore": 5}, score=50))
    assert [str(step.title) for step in steps] == [
        "Blocked by a rule of the domain, which a stronger one overrides",
        "Allowed by a rule of the mailbox, which wins",
        "It is handed to 1.2.3.4:25",
    ]


def test_an_alias_comes_first():
    steps = way(facts("cleanmail", recipient="arya@winterfell.net"))
    assert str(steps[0].title) == "winterfell.net is an alias of stark.net"
    targets = tuple(Recipient(f"{n}@stark.net") for n in range(7))
    steps = way(facts("cleanmail", alias=EmailAlias(BOX, targets)))
    assert "and 2 more" in str(steps[0].text)


POLICY = {
    "spamScore": 5.0,
    "relayProps.relaySpam": True,
    "relayProps.spamScoreLimit": 10.0,
    "mailSizeLimit": 21,
}


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"score": 4.9}, ("route", Ending.ON)),
        ({"score": 5.0}, ("route", Ending.ON)),
        ({"score": 10.0}, ("score", Ending.STOP)),
        ({"score": 5.0, "policy": {**POLICY, "relayProps.relaySpam": False}}, ("score", Ending.STOP)),
        ({"size": 21_000_000}, ("route", Ending.ON)),
        ({"size": 21_000_001}, ("size", Ending.STOP)),
        ({"routes": ()}, ("route", Ending.STOP)),
        ({"routes": None}, ("route", Ending.UNKNOWN)),
    ],
)
def test_where_it_ends(more, ending):
    assert kinds(way(facts(**{"policy": POLICY, **more})))[-1] == ending


def test_the_unsure_and_the_unknown():
    policy = {"unsure_threshold": "0.3", "quarantine_threshold": "0.9"}
    for score, wanted in ((0.2, Ending.ON), (0.5, Ending.CARE), (0.9, Ending.STOP)):
        steps = way(facts("spamexperts", policy=policy, score=score))
        assert ("score", wanted) in kinds(steps)
    assert ("score", Ending.UNKNOWN) in kinds(way(facts("spamexperts", policy={"quarantine_threshold": "x"})))


def test_recipients_content_and_states():
    refused = facts("spamexperts", rule(BLOCK, "arya", kind=RuleKind.RECIPIENT))
    assert kinds(way(refused))[-1] == ("recipient", Ending.STOP)
    free = facts("spamexperts", rule(ALLOW, "*", kind=RuleKind.RECIPIENT))
    assert ("recipient", Ending.ON) in kinds(way(free))
    content = facts("cleanmail", rule(BLOCK, "x", kind=RuleKind.ATTACHMENT))
    assert ("content", Ending.CARE) in kinds(way(content))
    asleep = replace(facts(), status=DomainStatus.DISABLED, mailbox=False)
    assert kinds(way(asleep))[:2] == [("domain", Ending.CARE), ("mailbox", Ending.CARE)]
    assert ("sender", Ending.UNKNOWN) in kinds(way(facts(rules=None)))
