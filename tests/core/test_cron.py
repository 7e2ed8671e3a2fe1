"""When cron jobs run."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from app.core import cron
from app.core.names import NameProblem

NOW = datetime(2026, 11, 21, 12, 7, 30, tzinfo=UTC)  # a Saturday


def fields(line):
    return dict(zip(cron.FIELDS, line.split(), strict=True))


@pytest.mark.parametrize(
    ("line", "words", "runs"),
    [
        ("* * * * *", "every minute", ["2026-11-21 12:08", "2026-11-21 12:09"]),
        ("*/5 * * * *", "every 5 minutes", ["2026-11-21 12:10", "2026-11-21 12:15"]),
        (
            "*/7 * * * *",
            "at minute 0, 7, 14, 21, 28, 35, 42, 49, 56",
            ["2026-11-21 12:14", "2026-11-21 12:21"],
        ),
        ("30 2 * * 1", "at 02:30, on Monday", ["2026-11-23 02:30", "2026-11-30 02:30"]),
        ("0 0 * * 7", "at 00:00, on Sunday", ["2026-11-22 00:00", "2026-11-29 00:00"]),
        (
            "15 8-17 * * mon-fri",
            "at minute 15 of each hour from 8 to 17, on Monday, Tuesday, Wednesday, Thursday, Friday",
            ["2026-11-23 08:15", "2026-11-23 09:15"],
        ),
        (
            "0 */6 1,15 jan-mar *",
            "at 00:00, 06:00, 12:00, 18:00, on day 1, 15 of the month, in January, February, March",
            ["2027-01-01 00:00", "2027-01-01 06:00"],
        ),
        (
            "0 9 1 * mon",
            "at 09:00, on day 1 of the month and also on Monday",
            ["2026-11-23 09:00", "2026-11-30 09:00"],
        ),
        (
            "0 0 29 feb *",
            "at 00:00, on day 29 of the month, in February",
            ["2028-02-29 00:00", "2032-02-29 00:00"],
        ),
        ("5/20 * * * *", "at minute 5, 25, 45", ["2026-11-21 12:25", "2026-11-21 12:45"]),
    ],
)
def test_a_schedule_in_words_and_its_next_runs(line, words, runs):
    assert str(cron.words(fields(line))) == words
    times = islice(cron.parse(fields(line)).after(NOW), 2)
    assert [f"{time:%Y-%m-%d %H:%M}" for time in times] == runs


def test_a_day_that_never_comes_has_no_runs():
    assert list(cron.parse(fields("0 0 31 2 *")).after(NOW)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("minute", "60"),
        ("minute", ""),
        ("minute", "1,"),
        ("minute", "*/0"),
        ("minute", "5-1"),
        ("minute", "a"),
        ("minute", "٣"),
        ("hour", "24"),
        ("day", "0"),
        ("month", "13"),
        ("month", "janu"),
        ("weekday", "8"),
        ("weekday", "mon-"),
        ("minute", "1; rm -rf /"),
    ],
)
def test_what_cron_would_refuse_is_refused_before(name, text):
    with pytest.raises(NameProblem):
        cron.numbers(name, text)
