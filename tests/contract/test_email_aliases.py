"""E-mail aliases are listed, added, changed and removed, each with its way back; and the list of domain aliases is replaced."""

import pytest

from app.core.capabilities import Capability
from app.core.email_aliases import EmailAliasQuery, RecipientKind
from app.core.errors import Conflict, Invalid, NotFound, NotThere

CAN = Capability
OUTSIDE = "someone@elsewhere.example"


def read(subject, address):
    return subject.driver.read_email_alias(subject.about.domain, address)


def listed(subject, **query):
    return subject.driver.list_email_aliases(subject.about.domain, EmailAliasQuery(**query))


def addresses(alias):
    return {recipient.address for recipient in alias.recipients}


@pytest.mark.needs(CAN.EMAIL_ALIASES_READ)
def test_they_are_listed_page_by_page_and_found(subject):
    whole = listed(subject)
    assert whole.rows and not whole.more and whole.total in (None, len(whole.rows))
    first = listed(subject, size=1)
    assert first.rows == whole.rows[:1] and first.more is (len(whole.rows) > 1)
    assert listed(subject, page=9).rows == ()
    one = whole.rows[0]
    assert one in listed(subject, text=one.address[:4]).rows
    assert one in listed(subject, text=one.recipients[0].address[:5], by="recipient").rows
    assert listed(subject, text="no-such-thing").rows == ()
    assert addresses(read(subject, one.address)) == addresses(one)


@pytest.mark.needs(CAN.EMAIL_ALIASES_WRITE)
def test_one_is_added_changed_removed_and_each_is_brought_back(subject):
    team, other = f"team@{subject.about.domain}", f"crew@{subject.about.domain}"
    first, second = subject.about.recipients, subject.about.other_recipients
    add = subject.wish("email_aliases.add", address=team, recipients=first)
    added = subject.carry_out(add)
    assert addresses(read(subject, team)) == set(first)
    assert subject.driver.plan(add) == []
    edit = subject.wish("email_aliases.edit", address=team, recipients=second)
    edited = subject.carry_out(edit)
    assert addresses(read(subject, team)) == set(second) and subject.driver.plan(edit) == []
    renamed = subject.carry_out(subject.wish("email_aliases.edit", address=team, new_address=other))
    assert addresses(read(subject, other)) == set(second)
    subject.undo(renamed)
    removed = subject.carry_out(subject.wish("email_aliases.remove", address=team))
    with pytest.raises(NotFound):
        read(subject, team)
    assert subject.driver.plan(subject.wish("email_aliases.remove", address=team)) == []
    subject.undo(removed)
    subject.undo(edited)
    assert addresses(read(subject, team)) == set(first)
    subject.undo(added)
    with pytest.raises(NotFound):
        read(subject, team)


@pytest.mark.needs(CAN.EMAIL_ALIASES_WRITE)
def test_recipients_of_several_kinds(subject):
    """Where the provider takes more than one mailbox."""
    team, there = f"team@{subject.about.domain}", listed(subject).rows[0].address
    add = subject.wish("email_aliases.add", address=team, recipients=[OUTSIDE, there])
    if OUTSIDE not in subject.about.recipients:
        with pytest.raises(Invalid):
            subject.driver.plan(add)
        return
    subject.carry_out(add)
    kinds = {recipient.address: recipient.kind for recipient in read(subject, team).recipients}
    assert kinds == {OUTSIDE: RecipientKind.EXTERNAL, there: RecipientKind.ALIAS}


@pytest.mark.needs(CAN.EMAIL_ALIASES_WRITE)
def test_what_moved_or_is_there_otherwise_is_left_alone(subject):
    there, to = listed(subject).rows[0].address, subject.about.recipients
    with pytest.raises(Conflict):
        subject.driver.plan(
            subject.wish("email_aliases.edit", address=there, recipients=to, expected=["old@x.example"])
        )
    with pytest.raises(Conflict):
        subject.driver.plan(subject.wish("email_aliases.add", address=there, recipients=to))
    step, *_ = subject.driver.plan(subject.wish("email_aliases.edit", address=there, recipients=to))
    theirs = subject.about.other_recipients
    subject.carry_out(subject.wish("email_aliases.edit", address=there, recipients=theirs))
    with pytest.raises((Conflict, NotThere)):
        subject.driver.apply(step)
    assert addresses(read(subject, there)) == set(theirs)


@pytest.mark.needs(CAN.EMAIL_ALIASES_WRITE)
def test_what_cannot_be(subject):
    with pytest.raises(Invalid):
        subject.driver.plan(subject.wish("email_aliases.add", address="a@elsewhere.example"))
    with pytest.raises(NotFound):
        subject.driver.plan(
            subject.wish(
                "email_aliases.edit",
                address=f"no@{subject.about.domain}",
                new_address=f"neither@{subject.about.domain}",
            )
        )
    for bad in ({"address": "no address"}, {"address": "a@b.example", "recipients": ["a@b.example"]}):
        with pytest.raises(Invalid):
            subject.wish("email_aliases.add", **bad)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.EMAIL_ALIAS_RECIPIENTS)
def test_single_recipients_come_and_go_beside_the_others(subject):
    there, before = listed(subject).rows[0].address, addresses(listed(subject).rows[0])
    add = subject.wish("email_aliases.add_recipients", address=there, recipients=[OUTSIDE, *sorted(before)])
    [step] = subject.driver.plan(add)
    theirs = "theirs@elsewhere.example"
    subject.carry_out(subject.wish("email_aliases.edit", address=there, recipients=[*sorted(before), theirs]))
    subject.driver.apply(step)
    assert addresses(read(subject, there)) == {*before, theirs, OUTSIDE}
    assert subject.driver.observe(step).seen == "done" and subject.driver.plan(add) == []
    away = subject.wish(
        "email_aliases.remove_recipients", address=there, recipients=[OUTSIDE.upper(), theirs]
    )
    removals = subject.carry_out(away)
    assert len(removals) == 2 and addresses(read(subject, there)) == before
    assert subject.driver.plan(away) == [] and subject.driver.observe(step).seen == "not_done"
    writes = sum(record.write for record in subject.records)
    subject.driver.apply(removals[0])
    assert sum(record.write for record in subject.records) == writes, "what is gone is not removed again"
    subject.undo(removals)
    assert addresses(read(subject, there)) == {*before, theirs, OUTSIDE}
    nobody = subject.wish(
        "email_aliases.add_recipients", address=f"no@{subject.about.domain}", recipients=[OUTSIDE]
    )
    with pytest.raises(NotFound):
        subject.driver.plan(nobody)


# --- the list of domain aliases ---------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.ALIASES_WRITE)
def test_the_list_of_domain_aliases_is_replaced_and_brought_back(subject):
    before = list(subject.there().aliases)
    kept, new = before[:1], subject.about.aliases[0]
    wish = subject.wish("aliases.set", aliases=[*kept, new], expected=before)
    steps = subject.carry_out(wish)
    assert set(subject.there().aliases) == {*kept, new}
    assert subject.driver.plan(subject.wish("aliases.set", aliases=[new, *kept])) == []
    subject.undo(steps)
    assert set(subject.there().aliases) == set(before)


@pytest.mark.needs(CAN.ALIASES_WRITE)
def test_a_list_that_moved_meanwhile_is_left_alone(subject):
    with pytest.raises(Conflict):
        subject.driver.plan(subject.wish("aliases.set", aliases=["a.example"], expected=["stale.example"]))
    assert not any(record.write for record in subject.records)
