"""The connection test: reads only, and every way in which it ends."""

import json

import pytest

from app.core.capabilities import Found
from app.core.errors import BadCredentials, GatehouseError, Unreachable, UpstreamError


def test_it_finds_out_whom_it_talks_to(subject):
    found = subject.driver.probe()
    assert found.version or found.facts
    assert subject.records and not any(record.write for record in subject.records)


def test_what_it_found_can_be_stored(subject):
    found = subject.driver.probe()
    stored = Found.from_json(json.loads(json.dumps(found.to_json())))
    assert stored.to_json() == found.to_json() and stored.missing.keys() == found.missing.keys()


def test_wrong_credentials_are_told_apart(subject):
    driver = subject.connect(**subject.about.wrong)
    for read in (
        driver.probe,
        lambda: list(driver.list_domains()),
        lambda: driver.read_domain(subject.about.domain),
    ):
        with pytest.raises(BadCredentials) as caught:
            read()
        text = str(caught.value)
        assert text and not any(value in text for value in subject.about.wrong.values() if len(value) > 5)


def test_wrong_credentials_change_nothing(subject):
    driver = subject.connect(**subject.about.wrong)
    with pytest.raises(BadCredentials):
        driver.plan(subject.addition())
    assert not any(record.write for record in subject.records)


def test_an_address_where_nobody_listens(subject):
    with pytest.raises(Unreachable, match="refuses connections"):
        subject.connect("http://127.0.0.1:1").probe()


@pytest.mark.parametrize("fault", ["html", "malformed", "truncated", "5xx", "429", "refuse", "reset", "huge"])
def test_an_upstream_that_is_not_well(subject, fault):
    size = {"size": 5_000_000} if fault == "huge" else {}
    subject.faults(fault=fault, **size)
    with pytest.raises(UpstreamError):
        subject.driver.probe()


def test_the_address_of_another_kind_of_upstream(subject):
    """Somebody mixed up two addresses."""
    for slug in subject.sandbox.upstreams:
        if slug != subject.slug:
            with pytest.raises(GatehouseError):
                subject.connect(subject.sandbox.http(slug)).probe()
