"""When a cron job runs: the five fields of its line checked, put into words, and the next times worked out (crontab(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.names import NameProblem
from app.core.text import Message, msg

FIELDS = ("minute", "hour", "day", "month", "weekday")
LOOK_AHEAD = 8 * 366
"""Days that are looked through for the next runs: 29 February may be eight years away (2096 to 2104)."""

_RANGES: Mapping[str, tuple[int, int]] = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
    "weekday": (0, 7),
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES: Mapping[str, Mapping[str, int]] = {
    "month": {name: number for number, name in enumerate(_MONTHS, 1)},
    "weekday": {name: number for number, name in enumerate(_DAYS)},
}
_MONTH_WORDS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_DAY_WORDS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_PART = re.compile(r"(\*|[0-9a-z]+(?:-[0-9a-z]+)?)(?:/([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The numbers that each field allows (Sunday is 0), and whether day and weekday were left open (`*`)."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    any_day: bool
    any_weekday: bool

    def fits(self, day: datetime) -> bool:
        """Whether it runs on this day. Where both day and weekday are named, one of them is enough (crontab(5))."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, (day.isoweekday() % 7) in self.weekdays
        return (by_day and by_weekday) if self.any_day or self.any_weekday else (by_day or by_weekday)

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The times after `moment`, in its zone; none for a day that never comes, such as 31 February."""
        start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(LOOK_AHEAD):
            day = start + timedelta(days=number)
            if self.fits(day):
                times = (
                    day.replace(hour=hour, minute=minute) for hour in self.hours for minute in self.minutes
                )
                yield from (time for time in times if time > moment)


def parse(fields: Mapping[str, str]) -> Schedule:
    """The schedule of the five fields by name. Raises NameProblem that names the field and what it may hold."""
    values = {name: numbers(name, fields.get(name, "")) for name in FIELDS}
    return Schedule(
        values["minute"],
        values["hour"],
        values["day"],
        values["month"],
        tuple(sorted({number % 7 for number in values["weekday"]})),
        any_day=fields["day"].strip().startswith("*"),
        any_weekday=fields["weekday"].strip().startswith("*"),
    )


def numbers(name: str, text: str) -> tuple[int, ...]:
    """The numbers that one field allows, in order. Raises NameProblem."""
    found: set[int] = set()
    for part in text.strip().lower().split(","):
        found.update(_part(name, part))
    return tuple(sorted(found))


def _part(name: str, part: str) -> Sequence[int]:
    least, most = _RANGES[name]
    match = _PART.fullmatch(part)
    if match is None:
        raise _problem(name, part)
    span, step = match[1], int(match[2] or 1)
    if span == "*":
        first, last = least, most
    else:
        begin, _, end = span.partition("-")
        first = _number(name, begin)
        last = _number(name, end) if end else (most if match[2] else first)
    if step < 1 or not least <= first <= last <= most:
        raise _problem(name, part)
    return range(first, last + 1, step)


def _number(name: str, text: str) -> int:
    known = _NAMES.get(name, {}).get(text[:3])
    if known is not None and len(text) == 3:
        return known
    if not (text.isascii() and text.isdigit()):
        raise _problem(name, text)
    return int(text)


def _problem(name: str, part: str) -> NameProblem:
    least, most = _RANGES[name]
    return NameProblem(
        msg(
            "“{part}” is no {field} of a cron job: * or numbers from {least} to {most}, lists with commas, spans such as 1-5, steps such as */15.",
            part=part[:40],
            field=name,
            least=least,
            most=most,
        )
    )


# --- in words ---------------------------------------------------------------------------------------------------------


def words(fields: Mapping[str, str]) -> Message:
    """The schedule in words ("at 02:30, on Monday"). Raises NameProblem."""
    schedule = parse(fields)
    parts = [_times(fields, schedule), _days(fields, schedule)]
    if fields["month"].strip() != "*":
        parts.append(msg("in {months}", months=_listed([_MONTH_WORDS[n - 1] for n in schedule.months])))
    text = [part for part in parts if part is not None]
    whole = text[0]
    for part in text[1:]:
        whole = msg("{one}, {two}", one=whole, two=part)
    return whole


def _times(fields: Mapping[str, str], schedule: Schedule) -> Message:
    minute, hour = fields["minute"].strip(), fields["hour"].strip()
    if len(schedule.minutes) * len(schedule.hours) <= 6:
        times = [f"{hour:02d}:{minute:02d}" for hour in schedule.hours for minute in schedule.minutes]
        return msg("at {times}", times=_listed(times))
    hours = None if hour == "*" else _span("hour", hour, schedule.hours)
    minutes = _every("minute", minute, schedule.minutes)
    if hours is None:
        return minutes
    return msg("{minutes} of {hours}", minutes=minutes, hours=hours)


def _every(name: str, text: str, found: tuple[int, ...]) -> Message:
    """ "every minute", "every 5 minutes", "at minute 0 and 30"."""
    if text == "*":
        return msg("every minute")
    step = re.fullmatch(r"\*/([0-9]+)", text)
    if step and 60 % int(step[1]) == 0:
        return msg("every {count} minutes", count=int(step[1]))
    return msg("at {name} {numbers}", name=name, numbers=_listed([str(number) for number in found]))


def _span(name: str, text: str, found: tuple[int, ...]) -> Message:
    step = re.fullmatch(r"\*/([0-9]+)", text)
    if step and 24 % int(step[1]) == 0:
        return msg("every {count} hours", count=int(step[1]))
    if len(found) > 2 and found == tuple(range(found[0], found[-1] + 1)):
        return msg("each {name} from {first} to {last}", name=name, first=found[0], last=found[-1])
    return msg("{name} {numbers}", name=name, numbers=_listed([str(number) for number in found]))


def _days(fields: Mapping[str, str], schedule: Schedule) -> Message | None:
    days = msg("on day {days} of the month", days=_listed([str(number) for number in schedule.days]))
    weekdays = msg("on {weekdays}", weekdays=_listed([_DAY_WORDS[number] for number in schedule.weekdays]))
    free = fields["day"].strip() == "*", fields["weekday"].strip() == "*"
    if free == (True, True):
        return None
    if free[1]:
        return days
    if free[0]:
        return weekdays
    joint = "{one} if that is {two}" if schedule.any_day or schedule.any_weekday else "{one} and also {two}"
    return msg(joint, one=days, two=weekdays)


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts)
