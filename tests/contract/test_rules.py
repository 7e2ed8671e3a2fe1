"""Filtering rules: read, added, edited, replaced, removed and brought back, in every shape that a card names."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.capabilities import Capability
from app.core.commands import from_json
from app.core.errors import Conflict, NotFound, NotSupported, OutcomeUnknown, UpstreamError
from app.core.plan import Seen
from app.core.rules import RuleAction, RuleKind

CAN = Capability
WHEN = (datetime.now(UTC) + timedelta(days=20)).replace(microsecond=0)
PATTERNS = {
    RuleKind.SENDER: ("partner.example", "one@partner.example"),
    RuleKind.RECIPIENT: ("sales", "support"),
    RuleKind.ATTACHMENT: (r"\.exe$", r"\.js$"),
    RuleKind.URI: (r"(^|\.)bad\.example$", r"^worse\.example$"),
    RuleKind.IP: ("192.0.2.77", "198.51.100.0/28"),
    RuleKind.LINK: ("https://shop.partner.example/list", "https://partner.example/"),
}


def samples(subject, which=0):
    """A rule for each kind, action and part that the card names."""
    for shape in subject.static.rules:
        for action in shape.actions:
            for part in shape.parts or ("",):
                rule = {"kind": shape.kind, "action": action, "part": part}
                yield shape, {**rule, "pattern": PATTERNS[shape.kind][which]}


def there(subject, domain=None, mailbox=""):
    """What is there now, by identity; what the demo had before is left out."""
    reading = subject.driver.read_rules(domain or subject.about.domain, mailbox)
    assert not reading.problems
    return {rule.identity: rule for rule in reading.rules}


def add(subject, *rules, **fields):
    return subject.carry_out(subject.wish("rules.add", rules=list(rules), **fields))


@pytest.mark.needs(CAN.RULES_READ)
def test_rules_are_read_in_our_words(subject):
    rules = there(subject)
    assert all(rule.domain == subject.about.domain and rule.connection == "prod" for rule in rules.values())
    assert len({rule.id for rule in rules.values()}) == len(rules)
    assert not any(record.write for record in subject.records)
    list(subject.driver.rule_mailboxes(subject.about.domain))


@pytest.mark.needs(CAN.RULES_READ)
def test_rules_of_a_domain_that_is_not_there(subject):
    with pytest.raises(NotFound):
        subject.driver.read_rules("not-there.example")


@pytest.mark.needs(CAN.RULES_READ)
@pytest.mark.parametrize("fault", ["html", "malformed", "truncated", "5xx", "429", "refuse"])
def test_an_upstream_that_is_not_well(subject, fault):
    subject.faults(fault=fault)
    with pytest.raises(UpstreamError):
        subject.driver.read_rules(subject.about.domain)


@pytest.mark.needs(CAN.RULES_WRITE)
def test_every_shape_is_added_and_taken_back(subject):
    before = there(subject)
    for _shape, rule in samples(subject):
        steps = add(subject, rule)
        assert subject.driver.plan(subject.wish("rules.add", rules=[rule])) == []
        assert len(there(subject)) == len(before) + 1
        subject.undo(steps)
        assert there(subject).keys() == before.keys()


@pytest.mark.needs(CAN.RULES_WRITE)
def test_every_shape_is_removed_and_brought_back(subject):
    for _shape, rule in samples(subject):
        add(subject, rule)
        before = there(subject)
        wish = subject.wish("rules.remove", rules=[rule])
        steps = subject.carry_out(wish)
        assert len(there(subject)) == len(before) - 1 and subject.driver.plan(wish) == []
        subject.undo(steps)
        assert there(subject).keys() == before.keys()
        subject.carry_out(wish)


@pytest.mark.needs(CAN.RULES_WRITE)
def test_every_shape_is_edited_and_set_back(subject):
    for (_shape, old), (_, new) in zip(samples(subject), samples(subject, 1), strict=True):
        add(subject, old)
        before = there(subject)
        steps = subject.carry_out(subject.wish("rules.edit", old=old, new=new))
        assert len(there(subject)) == len(before) and there(subject).keys() != before.keys()
        subject.undo(steps)
        assert there(subject).keys() == before.keys()
        subject.carry_out(subject.wish("rules.remove", rules=[old]))


@pytest.mark.needs(CAN.RULES_WRITE)
def test_notes_expiry_and_spf_are_kept_where_the_card_says_so(subject):
    for shape, rule in samples(subject):
        allows = shape.kind is RuleKind.SENDER and rule["action"] is RuleAction.ALLOW
        more = {
            **({"note": "Agreed with Kaja"} if shape.notes else {}),
            **({"expires": WHEN} if shape.expiry else {}),
            **({"spf": False} if shape.spf and allows else {}),
        }
        add(subject, {**rule, **more})
        wish = subject.wish("rules.add", rules=[{**rule, **more}])
        [found] = [r for r in there(subject).values() if r.identity == wish.rules[0].identity]
        assert {name: getattr(found, name) for name in more} == more
        subject.carry_out(subject.wish("rules.remove", rules=[rule]))


@pytest.mark.needs(CAN.RULES_WRITE)
def test_what_the_card_does_not_name_is_refused_before_any_call(subject):
    named = {shape.kind: shape for shape in subject.static.rules}
    for kind, (pattern, _) in PATTERNS.items():
        shape = named.get(kind)
        action = shape.actions[0] if shape else RuleAction.BLOCK
        base = {
            "kind": kind,
            "action": action,
            "pattern": pattern,
            "part": shape.parts[0] if shape and shape.parts else "",
        }
        lacking = [{}] if shape is None else []
        if shape is not None:
            lacking += [{"note": "x"}] * (not shape.notes) + [{"expires": WHEN}] * (not shape.expiry)
            lacking += [{"part": "no such part"}, {"mailbox": f"a@{subject.about.domain}"}][
                : 2 - shape.mailboxes
            ]
            lacking += [{"spf": True}] * (not shape.spf)
        for more in lacking:
            with pytest.raises(NotSupported):
                subject.driver.plan(subject.wish("rules.add", rules=[{**base, **more}]))
    assert subject.log.count() == 0


@pytest.mark.needs(CAN.RULES_WRITE)
def test_a_list_is_replaced_and_set_back(subject):
    for kind in {shape.kind for shape in subject.static.rules}:
        first, second = (next(r for s, r in samples(subject, n) if s.kind is kind) for n in (0, 1))
        add(subject, first)
        before = there(subject)
        seen = [r.to_json() for r in before.values() if r.kind is kind and not r.read_only]
        wish = subject.wish("rules.replace", kind=kind, rules=[second], expected=seen)
        if kind in subject.about.mixed_lists:
            with pytest.raises(NotSupported):
                subject.driver.plan(wish)
            continue
        steps = subject.carry_out(wish)
        now = [r for r in there(subject).values() if r.kind is kind and not r.read_only]
        assert [(r.action, r.pattern) for r in now] == [(second["action"], second["pattern"])]
        assert subject.driver.plan(wish) == []
        subject.undo(steps)
        assert there(subject).keys() == before.keys()


@pytest.mark.needs(CAN.RULES_WRITE)
def test_a_list_that_somebody_changed_meanwhile_is_left_alone(subject):
    kind, (_, rule) = subject.static.rules[0].kind, next(samples(subject))
    add(subject, rule)
    wish = subject.wish("rules.replace", kind=kind, rules=[], expected=[])
    before = len(subject.records)
    with pytest.raises(Conflict):
        subject.driver.plan(wish)
    assert not any(record.write for record in subject.records[before:])


@pytest.mark.needs(CAN.RULES_WRITE)
def test_a_rule_that_is_gone_cannot_be_edited(subject):
    old, new = (next(samples(subject, n))[1] for n in (0, 1))
    with pytest.raises(NotFound):
        subject.driver.plan(subject.wish("rules.edit", old=old, new=new))


@pytest.mark.needs(CAN.RULES_WRITE)
def test_undo_leaves_alone_what_somebody_took_away_since(subject):
    [step] = add(subject, next(samples(subject))[1])
    subject.carry_out(from_json(step.inverse[0]))
    assert subject.driver.observe(step).seen is Seen.NOT_DONE
    assert subject.driver.plan(from_json(step.inverse[0])) == []


@pytest.mark.needs(CAN.RULES_WRITE)
def test_rules_of_a_mailbox(subject):
    if not any(shape.mailboxes for shape in subject.static.rules):
        assert list(subject.driver.rule_mailboxes(subject.about.domain)) == []
        return
    mailbox, ref = next(iter(subject.driver.rule_mailboxes(subject.about.domain)))
    own = there(subject, mailbox=mailbox)
    before = len(subject.records)
    by_ref = subject.driver.read_rules(subject.about.domain, mailbox, ref)
    assert {rule.identity for rule in by_ref.rules} == own.keys() and len(
        subject.records
    ) == before + subject.about.rule_calls
    of_domain = there(subject)
    rule = {"action": "allow", "pattern": "mine.example", "mailbox": mailbox}
    steps = add(subject, rule)
    assert len(there(subject, mailbox=mailbox)) == len(own) + 1 and there(subject).keys() == of_domain.keys()
    subject.undo(steps)
    steps = subject.carry_out(subject.wish("rules.replace", mailbox=mailbox, rules=[rule]))
    now = [r for r in there(subject, mailbox=mailbox).values() if r.kind is RuleKind.SENDER]
    assert {r.pattern for r in now if not r.read_only} == {"mine.example"}
    subject.undo(steps)
    assert there(subject, mailbox=mailbox).keys() == own.keys()
    with pytest.raises(NotFound):
        subject.driver.read_rules(subject.about.domain, f"nobody@{subject.about.domain}")


def spread_owners(subject):
    mailbox, _ = next(iter(subject.driver.rule_mailboxes(subject.about.domain)))
    return [subject.about.domain, mailbox, subject.about.unsigned]


def with_rule(subject, pattern):
    """Which of the owners have a rule for the pattern."""
    home, mailbox, away = spread_owners(subject)
    where = {home: there(subject), mailbox: there(subject, home, mailbox), away: there(subject, away)}
    return [owner for owner, rules in where.items() if any(r.pattern == pattern for r in rules.values())]


@pytest.mark.needs(CAN.RULES_SPREAD)
def test_a_rule_is_spread_over_owners_by_one_call_and_taken_back(subject):
    owners, domains = spread_owners(subject), {subject.about.domain, subject.about.unsigned}
    add(subject, {"action": "allow", "pattern": "many.example", "spf": False, "expires": WHEN, "note": "Why"})
    rule = {"action": "allow", "pattern": "many.example", "spf": False, "expires": WHEN, "note": "Why"}
    wish = subject.wish("rules.spread", owners=owners, rule=rule)
    [step] = subject.carry_out(wish)
    assert set(step.domains) == domains and step.domain is None
    assert with_rule(subject, "many.example") == owners and subject.driver.plan(wish) == []
    [found] = [r for r in there(subject, owners[2]).values() if r.pattern == "many.example"]
    assert (found.spf, found.expires, found.note) == (False, WHEN, "Why")
    subject.undo([step])
    assert with_rule(subject, "many.example") == owners[:1], "the owner that had it before keeps it"


@pytest.mark.needs(CAN.RULES_SPREAD)
def test_a_rule_is_spread_to_all_owners_or_none(subject):
    owners = spread_owners(subject)
    rule = {"action": "block", "pattern": "many.example"}
    add(subject, {**rule, "note": "another"})
    before = len(subject.records)
    with pytest.raises(Conflict, match=subject.about.domain):
        subject.driver.plan(subject.wish("rules.spread", owners=owners, rule=rule))
    for nobody in ("not-there.example", f"nobody@{subject.about.domain}"):
        with pytest.raises(NotFound):
            subject.driver.plan(subject.wish("rules.spread", owners=[*owners[1:], nobody], rule=rule))
    assert not any(record.write for record in subject.records[before:])


@pytest.mark.needs(CAN.RULES_SPREAD)
def test_what_became_of_a_spread_is_seen_at_every_owner(subject):
    owners, rule = spread_owners(subject), {"action": "block", "pattern": "many.example"}
    [step] = subject.driver.plan(subject.wish("rules.spread", owners=owners, rule=rule))
    assert subject.driver.observe(step).seen is Seen.NOT_DONE
    add(subject, rule)
    seen = subject.driver.observe(step)
    assert seen.seen is Seen.DIFFERS and seen.now == {"owners": owners[:1]}
    with pytest.raises(OutcomeUnknown, match=f"These have the rule now all the same: {owners[0]}"):
        subject.driver.apply(step)


@pytest.mark.needs(CAN.RULES_WRITE)
def test_rules_of_the_whole_connection(subject):
    if not any(shape.connection for shape in subject.static.rules):
        with pytest.raises(NotSupported):
            subject.driver.read_rules(None)
        return
    _, rule = next((s, r) for s, r in samples(subject) if s.connection)
    before = {r.identity for r in subject.driver.read_rules(None).rules}
    steps = add(subject, rule, domain=None)
    assert len(subject.driver.read_rules(None).rules) == len(before) + 1
    subject.undo(steps)
    assert {r.identity for r in subject.driver.read_rules(None).rules} == before
