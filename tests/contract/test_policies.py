"""Policies with names: listed, added, changed, removed, chosen, and each of it taken back."""

import json

import pytest

from app.core.capabilities import Capability
from app.core.errors import Conflict, Invalid, NotFound, NotThere
from app.core.model import FieldKind
from app.core.plan import Seen

CAN = Capability
NAME = "Contract policy"
needs_all = pytest.mark.needs(CAN.POLICIES_READ, CAN.POLICIES_WRITE)


def policies(subject):
    """The policies of the domain by name."""
    return {policy.name: policy for policy in subject.driver.list_policies(subject.about.domain)}


def add(subject, **values):
    """A policy of our own; returns the steps."""
    return subject.carry_out(subject.wish("policy.create", name=NAME, values=values))


@pytest.mark.needs(CAN.POLICIES_READ)
def test_fields_are_described(subject):
    fields = subject.driver.policy_fields()
    names = [field.name for field in fields]
    assert len(names) == len(set(names)) and subject.log.count() == 0
    for field in fields:
        json.dumps(field.value)
        assert str(field.label) and str(field.group) and (not field.needs or field.needs in names)
        assert (field.minimum is not None) is (field.kind is FieldKind.NUMBER), field.name


@pytest.mark.needs(CAN.POLICIES_READ)
def test_the_policies_of_a_domain(subject):
    found = policies(subject)
    described = [field.name for field in subject.driver.policy_fields()]
    assert [policy.default for policy in found.values()].count(True) == 1
    for policy in found.values():
        assert policy.id and (policy.connection, policy.domain) == ("prod", subject.about.domain)
        assert [field.name for field in policy.fields] == described
        json.dumps([policy.values, policy.summary.to_json()])
    assert not any(record.write for record in subject.records)
    with pytest.raises(NotFound):
        subject.driver.list_policies("not-there.example")


@pytest.mark.needs(CAN.POLICIES_READ)
def test_who_uses_a_policy(subject):
    default = next(policy for policy in policies(subject).values() if policy.default)
    use = subject.driver.policy_use(subject.about.domain, default.id)
    assert use.default and use.used and use.total >= len(use.mailboxes) > 0
    with pytest.raises(NotFound):
        subject.driver.policy_use(subject.about.domain, "no-such-id")


@needs_all
def test_a_policy_is_added_and_taken_back(subject):
    name, value, _ = subject.about.policy
    before = policies(subject)
    wish = subject.wish("policy.create", name=NAME, values={name: value})
    steps = subject.carry_out(wish)
    made = policies(subject)[NAME]
    assert made.values[name] == value and not made.default
    assert not subject.driver.policy_use(subject.about.domain, made.id).used
    assert subject.driver.plan(wish) == []
    subject.undo(steps)
    assert policies(subject) == before


@needs_all
def test_a_name_that_is_taken_is_a_conflict(subject):
    name, value, other = subject.about.policy
    add(subject, **{name: value})
    with pytest.raises(Conflict) as caught:
        subject.driver.plan(subject.wish("policy.create", name=NAME.upper(), values={name: other}))
    assert NAME in str(caught.value)


@needs_all
def test_a_copy_is_a_new_policy_with_the_same_values(subject):
    source = next(policy for policy in policies(subject).values() if policy.default)
    values = {name: value for name, value in source.values.items() if value is not None}
    add(subject, **values)
    assert policies(subject)[NAME].values == source.values


@needs_all
def test_a_policy_is_changed_and_changed_back(subject):
    name, value, other = subject.about.policy
    add(subject, **{name: value})
    made = policies(subject)[NAME]
    wish = subject.wish("policy.edit", policy=made.id, values={name: other}, expected={name: value})
    [step] = subject.carry_out(wish)
    assert (step.before, step.after) == ({name: value}, {name: other})
    assert policies(subject)[NAME].values == {**made.values, name: other}
    assert subject.driver.plan(subject.wish("policy.edit", policy=made.id, values={name: other})) == []
    subject.undo([step])
    assert policies(subject)[NAME] == made


@needs_all
def test_what_somebody_changed_since_is_not_overwritten(subject):
    name, value, other = subject.about.policy
    add(subject, **{name: value})
    identity = policies(subject)[NAME].id
    wish = subject.wish("policy.edit", policy=identity, values={name: other}, expected={name: other})
    with pytest.raises(Conflict) as caught:
        subject.driver.plan(wish)
    assert caught.value.now[name] == value


@needs_all
def test_a_policy_gets_another_name_and_its_own_again(subject):
    add(subject)
    made = policies(subject)[NAME]
    steps = subject.carry_out(subject.wish("policy.edit", policy=made.id, name="Renamed"))
    assert policies(subject)["Renamed"].id == made.id
    subject.undo(steps)
    assert policies(subject)[NAME] == made


@needs_all
def test_what_no_field_can_hold_is_refused_at_the_field(subject):
    name = subject.about.policy[0]
    for values in ({name: "many"}, {name: -1}, {name: 1e15}, {name: ""}, {"no-such-field": 1}):
        with pytest.raises(Invalid) as caught:
            subject.driver.plan(subject.wish("policy.create", name=NAME, values=values))
        assert set(caught.value.fields) == {f"values.{next(iter(values))}"}
    assert subject.log.count() == 0


@needs_all
def test_a_policy_is_removed_and_brought_back(subject):
    name, value, _ = subject.about.policy
    add(subject, **{name: value})
    made = policies(subject)[NAME]
    [step] = subject.carry_out(subject.wish("policy.remove", policy=made.id))
    assert NAME not in policies(subject) and step.lost and step.before[name] == value
    subject.undo([step])
    assert policies(subject)[NAME].values == made.values


@needs_all
def test_a_policy_in_use_is_not_removed_and_it_is_said_by_whom(subject):
    used = [
        (policy, subject.driver.policy_use(subject.about.domain, policy.id))
        for policy in policies(subject).values()
    ]
    for policy, use in used:
        if use.used:
            with pytest.raises(Conflict) as caught:
                subject.driver.plan(subject.wish("policy.remove", policy=policy.id))
            assert policy.name in str(caught.value)
            assert (subject.about.domain if use.default else use.mailboxes[0]) in str(caught.value)
    assert any(use.used and not use.default for _, use in used)
    assert not any(record.write for record in subject.records)


@needs_all
def test_a_policy_that_is_not_there(subject):
    for wish in (
        subject.wish("policy.edit", policy="no-such-id", values={}),
        subject.wish("policy.remove", policy="no-such-id"),
        subject.wish("policy.remove", name="no such name"),
        subject.wish("domain.set_policy", policy="no-such-id"),
    ):
        with pytest.raises(NotFound):
            subject.driver.plan(wish)


@needs_all
def test_the_policy_of_another_domain_is_out_of_reach(subject):
    others = (name for name in subject.listed() if name != subject.about.domain)
    foreign = next(policy for name in others for policy in subject.driver.list_policies(name))
    if foreign.id in {policy.id for policy in policies(subject).values()}:
        pytest.fail("ids are not unique, so this test says nothing")
    for wish in (
        subject.wish("policy.edit", policy=foreign.id, name="Taken over"),
        subject.wish("policy.remove", policy=foreign.id),
        subject.wish("domain.set_policy", policy=foreign.id),
    ):
        with pytest.raises(NotFound):
            subject.driver.plan(wish)
    with pytest.raises(NotFound):
        subject.driver.policy_use(subject.about.domain, foreign.id)


@pytest.mark.needs(CAN.POLICY_ASSIGN)
def test_a_policy_becomes_the_default_and_the_one_before_comes_back(subject):
    found = policies(subject)
    before = next(policy for policy in found.values() if policy.default)
    other = next(policy for policy in found.values() if not policy.default)
    wish = subject.wish("domain.set_policy", policy=other.id, expected=before.id)
    steps = subject.carry_out(wish)
    assert policies(subject)[other.name].default and not policies(subject)[before.name].default
    with pytest.raises(Conflict):
        subject.driver.plan(wish)
    assert subject.driver.plan(subject.wish("domain.set_policy", policy=other.id)) == []
    subject.undo(steps)
    assert policies(subject)[before.name].default


@needs_all
def test_the_step_looks_once_more_before_it_writes(subject):
    add(subject)
    made = policies(subject)[NAME]
    [gone] = subject.driver.plan(subject.wish("policy.remove", policy=made.id))
    [edit] = subject.driver.plan(subject.wish("policy.edit", policy=made.id, name="Late"))
    subject.driver.apply(gone)
    writes = sum(record.write for record in subject.records)
    with pytest.raises(NotThere) as caught:
        subject.driver.apply(edit)
    assert "no such policy" in str(caught.value)
    assert sum(record.write for record in subject.records) == writes
    assert subject.driver.observe(edit).seen is Seen.DIFFERS
