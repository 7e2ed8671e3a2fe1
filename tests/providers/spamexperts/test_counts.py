"""Numbers of mail: few messages are counted from the log, of many the upstream counts (contract sheet, 6.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.statistics import StatisticsQuery
from app.providers.spamexperts import counts
from app.sandbox.faults import Fault

DOMAIN = "nordwind.example"


def period(days):
    now = datetime.now(UTC).replace(microsecond=0)
    return StatisticsQuery(now - timedelta(days=days), now, DOMAIN)


def test_few_messages_cost_two_calls(se):
    se.driver.read_statistics(period(30))
    assert se.called() == ["api_count_messages", "api_find_messages"]


@pytest.mark.parametrize("days", [1, 7, 30])
def test_what_the_upstream_counts_is_what_the_log_adds_up_to(se, monkeypatch, days):
    wanted = period(days)
    of_log = se.driver.read_statistics(wanted)
    monkeypatch.setattr(counts, "MOST_ROWS", 3)
    counted = se.driver.read_statistics(wanted)
    assert (counted.total, dict(counted.classes)) == (of_log.total, dict(of_log.classes))
    [series] = counted.times
    added = {}
    for one in of_log.times:
        for at, number in one.points:
            added[at] = added.get(at, 0) + number
    assert dict(series.points) == added
    assert sum(user.total for user in counted.users) == 3 and counted.users_note is not None


def test_a_part_that_fails_is_a_problem_of_the_answer(se, sandbox, monkeypatch):
    monkeypatch.setattr(counts, "MOST_ROWS", 3)
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "5xx", "calls": ["api_find_messages"]}))
    found = se.driver.read_statistics(period(7))
    assert list(found.problems) == ["users"] and found.classes and found.times and not found.users
