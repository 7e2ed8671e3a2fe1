"""Numbers of mail: of the connection and of a domain, and what an upstream that is not well costs."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.capabilities import Capability
from app.core.errors import NotFound, UpstreamError
from app.core.statistics import StatisticsQuery

CAN = Capability


def period(domain=None, days=7):
    now = datetime.now(UTC).replace(microsecond=0)
    return StatisticsQuery(now - timedelta(days=days), now, domain)


@pytest.mark.needs(CAN.STATISTICS_READ)
def test_numbers_add_up_and_a_domain_has_a_part_of_them(subject):
    everything = subject.driver.read_statistics(period())
    one = subject.driver.read_statistics(period(subject.about.domain))
    assert not everything.problems and not one.problems
    assert everything.total == sum(everything.classes.values()) > one.total > 0
    assert one.users and all(user.total >= 0 and user.user for user in one.users)
    for series in one.times:
        moments = [moment for moment, _ in series.points]
        assert moments == sorted(moments) and all(moment.tzinfo for moment in moments)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.STATISTICS_READ)
def test_statistics_of_a_domain_that_is_not_there(subject):
    with pytest.raises(NotFound):
        subject.driver.read_statistics(period("not-there.example"))


@pytest.mark.needs(CAN.STATISTICS_READ)
@pytest.mark.parametrize("fault", ["html", "truncated", "5xx"])
def test_an_upstream_that_is_not_well_counts_nothing(subject, fault):
    subject.driver.read_statistics(period(days=1))
    subject.faults(fault=fault)
    with pytest.raises(UpstreamError):
        subject.driver.read_statistics(period(days=1))
