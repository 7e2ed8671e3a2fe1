"""DKIM keys: read with the record to publish, set, replaced, removed; no private key shows anywhere."""

import json

import pytest

from app.core.capabilities import Capability
from app.core.dkim import new_private_key, private_key, public_half
from app.core.errors import Conflict, Invalid, NotFound
from app.core.plan import Seen
from app.core.secret import MASK

CAN = Capability
PEM = new_private_key().reveal()
PUBLIC = public_half(private_key(PEM))


def keys(subject, domain=""):
    return list(subject.driver.read_dkim(domain or subject.about.domain))


@pytest.mark.needs(CAN.DKIM_READ)
def test_the_record_to_publish(subject):
    found = keys(subject)
    assert found and found[0].domain == subject.about.domain
    for record in found:
        assert record.host == f"{record.selector}._domainkey.{record.domain}"
        assert record.public_key and "".join(record.pieces) == record.value
        assert all(len(piece) <= 255 for piece in record.pieces)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.DKIM_READ)
def test_keys_of_what_is_not_there(subject):
    with pytest.raises(NotFound):
        keys(subject, "not-there.example")


@pytest.mark.needs(CAN.DKIM_WRITE)
def test_a_key_is_not_replaced_unasked(subject):
    before = keys(subject)
    with pytest.raises(Conflict):
        subject.driver.plan(subject.wish("dkim.set", selector="new"))
    assert keys(subject) == before and not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.DKIM_WRITE)
def test_a_key_is_replaced_by_one_that_is_made(subject):
    before = keys(subject)[0]
    [step] = subject.carry_out(subject.wish("dkim.set", selector="new2026", replace=True))
    now = keys(subject)[0]
    assert now.selector == "new2026" and now.public_key != before.public_key
    assert step.inverse is None and step.lost and step.before["public_key"] == before.public_key


@pytest.mark.needs(CAN.DKIM_WRITE)
def test_without_a_selector_the_present_one_stays(subject):
    before = keys(subject)[0]
    subject.carry_out(subject.wish("dkim.set", replace=True))
    assert keys(subject)[0].selector == before.selector


@pytest.mark.needs(CAN.DKIM_WRITE)
def test_a_key_that_somebody_brings_along(subject):
    wish = subject.wish("dkim.set", selector="own", private_key=PEM, replace=True)
    assert MASK in json.dumps(wish.to_json(), ensure_ascii=False)
    subject.carry_out(wish)
    assert (keys(subject)[0].selector, keys(subject)[0].public_key) == ("own", PUBLIC)
    assert subject.driver.plan(wish) == []
    secret = "".join(PEM.splitlines()[1:-1])
    assert not any(secret[40:80] in json.dumps(record.to_json()) for record in subject.records)


@pytest.mark.needs(CAN.DKIM_WRITE)
def test_somebody_else_set_another_key_meanwhile(subject):
    [step] = subject.driver.plan(subject.wish("dkim.set", selector="own", private_key=PEM, replace=True))
    subject.carry_out(subject.wish("dkim.set", selector="theirs", replace=True))
    assert subject.driver.observe(step).seen is Seen.DIFFERS


@pytest.mark.parametrize(
    "key",
    ["nonsense", MASK, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "MII" * 500],
)
def test_keys_that_are_none_never_reach_the_driver(subject, key):
    with pytest.raises(Invalid) as caught:
        subject.wish("dkim.set", selector="a", private_key=key)
    assert key not in str(caught.value)
    assert subject.log.count() == 0


@pytest.mark.parametrize("selector", ["a b", "-a", "a.", "ü", "a" * 64, "a;b", "_domainkey"])
def test_selectors_that_are_none_never_reach_the_driver(subject, selector):
    with pytest.raises(Invalid):
        subject.wish("dkim.set", selector=selector)
    assert subject.log.count() == 0


@pytest.mark.needs(CAN.DKIM_REMOVE)
def test_a_key_is_removed_and_a_first_one_added_and_taken_back(subject):
    [step] = subject.carry_out(subject.wish("dkim.remove"))
    assert keys(subject) == [] and step.inverse is None and step.lost
    assert subject.driver.plan(subject.wish("dkim.remove")) == []
    added = subject.carry_out(subject.wish("dkim.set", selector="first"))
    assert keys(subject)[0].selector == "first"
    subject.undo(added)
    assert keys(subject) == []


@pytest.mark.needs(CAN.DKIM_READ, "unsigned")
def test_a_domain_without_a_key(subject):
    assert keys(subject, subject.about.unsigned) == []
    if subject.can(CAN.DKIM_WRITE):
        subject.carry_out(subject.wish("dkim.set", domain=subject.about.unsigned, selector="first"))
        assert keys(subject, subject.about.unsigned)[0].selector == "first"


@pytest.mark.needs(CAN.DKIM_WRITE)
def test_a_key_for_what_is_not_there(subject):
    with pytest.raises(NotFound):
        subject.driver.plan(subject.wish("dkim.set", domain="not-there.example", selector="a"))
    assert not any(record.write for record in subject.records)
