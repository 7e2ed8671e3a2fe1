"""Numbers of mail: of the connection and of a domain, and what an upstream that is not well costs."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.capabilities import Capability
from app.core.errors import NotFound, NotSupported, UpstreamError
from app.core.statistics import StatisticsQuery

CAN = Capability


def period(domain=None, days=7):
    now = datetime.now(UTC).replace(microsecond=0)
    return StatisticsQuery(now - timedelta(days=days), now, domain)


@pytest.mark.needs(CAN.STATISTICS_READ)
def test_numbers_of_a_domain_add_up(subject):
    one = subject.driver.read_statistics(period(subject.about.domain))
    assert not one.problems and one.total == sum(one.classes.values()) > 0
    assert one.users and all(user.total >= 0 and user.user for user in one.users)
    for series in one.times:
        moments = [moment for moment, _ in series.points]
        assert moments == sorted(moments) and all(moment.tzinfo for moment in moments)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.STATISTICS_READ)
def test_a_whole_connection_has_more_than_a_domain_or_a_reason(subject):
    if subject.static.statistics.whole is None:
        one, everything = (subject.driver.read_statistics(period(d)) for d in (subject.about.domain, None))
        assert everything.total == sum(everything.classes.values()) > one.total
        return
    with pytest.raises(NotSupported) as caught:
        subject.driver.read_statistics(period())
    assert str(caught.value) == str(subject.static.statistics.whole) and subject.log.count() == 0


@pytest.mark.needs(CAN.STATISTICS_READ)
def test_a_longer_period_has_more(subject):
    read = [
        subject.driver.read_statistics(period(subject.about.domain, n))
        for n in subject.static.statistics.days
    ]
    totals = [found.total for found in read]
    assert totals == sorted(totals) and totals[0] < totals[-1]


@pytest.mark.needs(CAN.STATISTICS_READ)
def test_statistics_of_a_domain_that_is_not_there(subject):
    with pytest.raises(NotFound):
        subject.driver.read_statistics(period("not-there.example"))


@pytest.mark.needs(CAN.STATISTICS_READ)
@pytest.mark.parametrize("fault", ["html", "truncated", "5xx"])
def test_an_upstream_that_is_not_well_counts_nothing(subject, fault):
    subject.driver.read_statistics(period(subject.about.domain, days=1))
    subject.faults(fault=fault)
    with pytest.raises(UpstreamError):
        subject.driver.read_statistics(period(subject.about.domain, days=1))
