"""Fields of a domain are edited, a domain is switched off and on, and a removed one is restored: each with its way back."""

import pytest

from app.core.capabilities import Capability
from app.core.errors import Conflict, Invalid, NotFound
from app.core.model import DomainStatus

CAN = Capability
ABSENT = "not-there.example"


def values(subject):
    """The fields as they are read, by name."""
    return {field.name: field.value for field in subject.driver.read_fields(subject.about.domain)}


@pytest.mark.needs(CAN.DOMAIN_EDIT)
def test_every_field_has_a_label_and_a_text(subject):
    fields = subject.driver.read_fields(subject.about.domain)
    assert len({field.name for field in fields}) == len(fields)
    assert all(str(field.label) and isinstance(field.value, str) for field in fields)
    for field in fields:
        assert not field.choices or not field.value or field.value in [choice for choice, _ in field.choices]


@pytest.mark.needs(CAN.DOMAIN_EDIT)
def test_a_field_is_edited_and_brought_back_and_the_others_stay(subject):
    name, one, other = subject.about.field
    before = values(subject)
    first = subject.carry_out(subject.wish("domain.edit", fields={**before, name: one}))
    assert values(subject) == {**before, name: one}
    assert [set(step.after) for step in first] == [{name}]
    assert subject.driver.plan(subject.wish("domain.edit", fields={name: one})) == []
    second = subject.carry_out(subject.wish("domain.edit", fields={name: other}, expected={name: one}))
    subject.undo(second)
    subject.undo(first)
    assert values(subject) == before


@pytest.mark.needs(CAN.DOMAIN_EDIT)
def test_a_field_that_moved_meanwhile_is_left_alone(subject):
    name, one, other = subject.about.field
    with pytest.raises(Conflict):
        subject.driver.plan(subject.wish("domain.edit", fields={name: one}, expected={name: other}))
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.DOMAIN_EDIT)
def test_a_field_that_does_not_exist_is_refused(subject):
    with pytest.raises(Invalid) as caught:
        subject.driver.plan(subject.wish("domain.edit", fields={"no_such_field": "1"}))
    assert list(caught.value.fields) == ["fields.no_such_field"]


@pytest.mark.needs(CAN.DOMAIN_SWITCH)
def test_a_domain_is_switched_off_and_on(subject):
    assert subject.driver.plan(subject.wish("domain.enable")) == []
    [off] = subject.carry_out(subject.wish("domain.disable"))
    assert subject.there().status is DomainStatus.DISABLED
    assert subject.driver.plan(subject.wish("domain.disable")) == []
    subject.undo([off])
    assert subject.there().status is DomainStatus.ACTIVE


@pytest.mark.needs(CAN.DOMAIN_RENAME)
def test_a_domain_gets_another_name_and_its_old_one_back(subject):
    before = subject.there()
    steps = subject.carry_out(subject.wish("domain.rename", new_name="renamed.example"))
    now = subject.there("renamed.example")
    assert subject.there() is None
    assert (now.aliases, now.routes, now.ref) == (before.aliases, before.routes, before.ref)
    assert steps[0].domains == (subject.about.domain, "renamed.example")
    subject.undo(steps)
    assert subject.there() == before and subject.there("renamed.example") is None


@pytest.mark.needs(CAN.DOMAIN_RENAME)
def test_a_name_that_is_taken_is_refused(subject):
    taken = next(name for name in subject.listed() if name != subject.about.domain)
    alias = subject.there().aliases[0]
    for name in (taken, alias):
        with pytest.raises(Conflict):
            subject.driver.plan(subject.wish("domain.rename", new_name=name))
    with pytest.raises(Invalid):
        subject.wish("domain.rename", new_name=subject.about.domain)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.DOMAIN_RESTORE, CAN.DOMAIN_REMOVE)
def test_a_removed_domain_is_restored_with_what_it_had(subject):
    before = subject.there()
    assert subject.driver.plan(subject.wish("domain.restore")) == []
    subject.carry_out(subject.wish("domain.remove"))
    [step] = subject.carry_out(subject.wish("domain.restore"))
    assert subject.there() == before and subject.driver.plan(subject.wish("domain.restore")) == []
    subject.undo([step])
    assert subject.there() is None


@pytest.mark.needs(CAN.DOMAIN_RESTORE, CAN.DOMAIN_SWITCH, CAN.DOMAIN_EDIT)
def test_a_removed_domain_is_neither_switched_nor_edited(subject):
    subject.carry_out(subject.wish("domain.remove"))
    name, one, _ = subject.about.field
    for command, fields in (
        ("domain.enable", {}),
        ("domain.disable", {}),
        ("domain.edit", {"fields": {name: one}}),
    ):
        with pytest.raises(Conflict):
            subject.driver.plan(subject.wish(command, **fields))


@pytest.mark.needs(CAN.DOMAIN_RESTORE, CAN.DOMAIN_SWITCH, CAN.DOMAIN_EDIT)
def test_what_is_not_there(subject):
    name, one, _ = subject.about.field
    for command, fields in (
        ("domain.enable", {}),
        ("domain.disable", {}),
        ("domain.restore", {}),
        ("domain.edit", {"fields": {name: one}}),
    ):
        with pytest.raises(NotFound):
            subject.driver.plan(subject.wish(command, domain=ABSENT, **fields))
