"""Health as the upstream sees it: reports, all failures, hosts for MX records, and a relay that is only tried."""

import pytest

from app.core.capabilities import Capability
from app.core.errors import NotFound
from app.core.health import CHECKS
from app.core.model import Reading, Route, Verdict

CAN = Capability


def check(subject, readings):
    """What must hold of every reading that a driver gives."""
    assert readings
    for reading in readings:
        assert isinstance(reading, Reading) and isinstance(reading.verdict, Verdict)
        assert reading.source == subject.static.label
        assert str(reading.found).strip() and "{" not in str(reading.found)
        assert reading.verdict is not Verdict.FAIL or reading.advice is not None
        assert reading.seen_at is None or reading.seen_at.tzinfo is not None


@pytest.mark.needs(CAN.HEALTH_READ)
def test_the_last_report_is_read_and_nothing_is_tested(subject):
    readings = list(subject.driver.read_health(subject.about.domain))
    check(subject, readings)
    assert {reading.check for reading in readings} & CHECKS.keys()
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.HEALTH_READ)
def test_the_health_of_what_is_not_there(subject):
    with pytest.raises(NotFound):
        subject.driver.read_health("not-there.example")


@pytest.mark.needs(CAN.HEALTH_RUN)
def test_a_run_gives_the_same_checks_as_the_report(subject):
    before = {(r.check, r.subject) for r in subject.driver.read_health(subject.about.domain)}
    readings = list(subject.driver.run_health(subject.about.domain))
    check(subject, readings)
    assert {(r.check, r.subject) for r in readings} == before
    with pytest.raises(NotFound):
        subject.driver.run_health("not-there.example")


@pytest.mark.needs(CAN.HEALTH_FAILURES)
def test_all_failures_are_those_of_listed_domains(subject):
    names = {domain.name for batch in subject.driver.list_domains() for domain in batch}
    failures = subject.driver.list_failures()
    assert failures and failures.keys() <= names
    for readings in failures.values():
        check(subject, readings)
        assert any(reading.verdict is not Verdict.PASS for reading in readings)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.RELAY_TRY)
def test_a_relay_is_tried_and_nothing_is_saved(subject):
    before = subject.driver.read_domain(subject.about.domain)
    good = subject.driver.try_relay([Route("mail.relay.example", 25)])
    bad = subject.driver.try_relay([Route("no-such-host.invalid", 25)])
    check(subject, good)
    check(subject, bad)
    assert bad[0].verdict is Verdict.FAIL
    assert not any(record.write for record in subject.records)
    assert subject.driver.read_domain(subject.about.domain).routes == before.routes


@pytest.mark.needs(CAN.FILTER_HOSTS)
def test_the_hosts_that_mx_records_should_name(subject):
    hosts = list(subject.driver.filter_hosts(subject.about.domain))
    assert hosts and all(host == host.lower().rstrip(".") and "." in host for host in hosts)
    with pytest.raises(NotFound):
        subject.driver.filter_hosts("not-there.example")
