"""Lists, single domains and settings."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.capabilities import Capability
from app.core.deadline import deadline_in
from app.core.errors import NotFound, UpstreamError
from app.core.names import domain_name
from app.core.plan import Verb


def test_the_list_is_in_our_words(subject):
    domains = subject.listed()
    assert subject.about.domain in domains and len(domains) > 1
    for name, domain in domains.items():
        assert domain.name == name == domain_name(name) and domain.connection == "prod"
        assert json.loads(json.dumps([domain.ref, dict(domain.extra)])) == [domain.ref, dict(domain.extra)]
        if Capability.ALIASES_READ in subject.static.can:
            assert domain.aliases is not None and list(domain.aliases) == [
                domain_name(a) for a in domain.aliases
            ]
        else:
            assert domain.aliases is None
        if Capability.ROUTES_READ not in subject.static.can:
            assert domain.routes is None
    assert not any(record.write for record in subject.records)


def test_no_domain_is_listed_twice(subject):
    names = [domain.name for batch in subject.driver.list_domains() for domain in batch]
    assert len(names) == len(set(names))


@pytest.mark.needs("sees_all")
def test_long_lists_come_in_batches(subject):
    subject.sandbox.seed(1201, [subject.slug])
    batches = [len(batch) for batch in subject.driver.list_domains()]
    assert sum(batches) >= 1201 and max(batches) <= 500


@pytest.mark.needs("sees_all")
def test_an_empty_list(subject):
    subject.sandbox.seed(0, [subject.slug])
    assert subject.listed() == {}


def test_one_domain_is_what_the_list_said(subject):
    for listed in list(subject.listed().values())[:6]:
        read = subject.driver.read_domain(listed.name, listed.ref)
        assert (read.name, read.connection, read.status) == (listed.name, listed.connection, listed.status)
        assert read.account == listed.account
        assert listed.aliases is None or set(read.aliases) == set(listed.aliases)
        assert listed.routes is None or read.routes == listed.routes


def test_the_hint_is_only_a_hint(subject):
    name = subject.about.domain
    plain = subject.driver.read_domain(name)
    other = next(d for d in subject.listed().values() if d.name != name)
    hints = [plain.ref, other.ref, {"id": "no-such-id"}, {"account": "nobody"}, {}, 7, "text", ["list"]]
    for hint in hints:
        fresh = subject.connect()
        assert fresh.read_domain(name, hint) == plain, hint


def test_what_the_card_can_read_is_filled_for_one_domain(subject):
    domain = subject.there()
    for capability, value in (
        (Capability.ROUTES_READ, domain.routes),
        (Capability.ALIASES_READ, domain.aliases),
    ):
        assert (value is not None) is (capability in subject.card.can), capability


def test_a_domain_that_is_not_there(subject):
    with pytest.raises(NotFound) as caught:
        subject.driver.read_domain("not-there.example")
    assert "not-there.example" in str(caught.value)


def test_many_threads_at_once(subject):
    names = list(subject.listed())[:8]
    with ThreadPoolExecutor(8) as pool:
        for name, found in zip(names * 4, pool.map(subject.driver.read_domain, names * 4), strict=True):
            assert found.name == name


def test_half_a_page_is_no_list(subject):
    for fault in ("truncated", "malformed", "html", "5xx"):
        subject.faults(fault=fault)
        with pytest.raises(UpstreamError):
            subject.listed()


def test_a_page_does_not_wait_longer_than_its_deadline(subject):
    subject.faults(fault="delay", when="before", seconds=3)
    with deadline_in(0.3), pytest.raises(UpstreamError):
        subject.driver.read_domain(subject.about.domain)


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.needs(Capability.SETTINGS_READ)
def test_settings_are_described_and_valued(subject):
    described = {field.name: field for field in subject.driver.setting_fields()}
    name = subject.about.setting[0]
    assert name in described and all(field.value is None and str(field.label) for field in described.values())
    read = {field.name: field for field in subject.driver.read_settings(subject.about.domain)}
    assert set(read) <= set(described)
    for field in read.values():
        json.dumps([field.value, field.default])
        assert field.problem is None or str(field.problem)
        assert (field.kind, field.label) == (described[field.name].kind, described[field.name].label)
    assert read[name].problem is None and read[name].writable


@pytest.mark.needs(Capability.SETTINGS_READ)
def test_only_the_settings_that_were_asked_for_are_read(subject):
    name = subject.about.setting[0]
    assert [field.name for field in subject.driver.read_settings(subject.about.domain, [name])] == [name]


@pytest.mark.needs(Capability.SETTINGS_READ, "defaults")
def test_the_defaults_of_the_connection(subject):
    assert subject.driver.read_settings(None, [subject.about.setting[0]])[0].problem is None


@pytest.mark.needs(Capability.SETTINGS_READ)
def test_settings_of_what_is_not_there(subject):
    with pytest.raises(NotFound):
        subject.driver.read_settings("not-there.example")
    with contextlib.suppress(NotFound):
        assert list(subject.driver.read_settings(subject.about.domain, ["no_such_setting"])) == []


def test_the_words_for_steps_are_known(subject):
    """A plan's verbs are of the kinds that pages, journal and undo know."""
    assert {step.verb for step in subject.driver.plan(subject.addition())} <= set(Verb)
