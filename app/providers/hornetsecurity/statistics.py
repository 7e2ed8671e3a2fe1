"""How much mail of which class there was (contract sheet, 5.10; both generations)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app.core.errors import UpstreamError
from app.core.statistics import Statistics, StatisticsQuery, TimeSeries, UserCount
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.hornetsecurity.kinds.base import Desk
from app.providers.hornetsecurity.kinds.values import Row, number_of, text_of
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire import alone, number, read_answer

Json = Any

BY_TYPE, BY_TIME, BY_USER = (
    "POST /emails/statistics/by_type/",
    "POST /emails/statistics/by_time/",
    "POST /emails/statistics/by_user/",
)

_OLD_NAMES = {"virus": "threat", "atp": "advthreat", "infomail": "info"}
_OF_USERS = (
    "clean",
    "info",
    "spam",
    "content",
    "threat",
    "advthreat",
    "rejected",
    "virus",
    "atp",
)
_MOST_POINTS, _MOST_USERS = 5000, 100
_SEVEN_DAYS = msg(
    "The panel counts users over the last seven days, whatever period is chosen, and names the 100 busiest."
)
_NO_TIMES = msg("This panel counts by class only, not by time.")


class Counts:
    """The statistics of one connection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def read(self, query: StatisticsQuery) -> Statistics:
        """See StatisticsReader: three calls side by side."""
        scope = self._desk.partner() if query.domain is None else self._customer(query.domain)
        body = {"date_from": _stamp(query.since), "date_to": _stamp(query.until)}
        calls = {"classes": BY_TYPE, "times": BY_TIME, "users": BY_USER}
        asks = [partial(self._tried, call, scope, body) for call in calls.values()]
        answers = dict(zip(calls, side_by_side(_call, asks, self._desk.connection.parallel), strict=True))
        errors = {part: answer for part, answer in answers.items() if isinstance(answer, UpstreamError)}
        if len(errors) == len(calls):
            raise errors["classes"]
        return _put_together(answers, {part: error.message for part, error in errors.items()})

    def _customer(self, domain: str) -> int:
        return self._desk.places.hierarchy.customer(domain).id

    def _tried(self, call: str, object_id: int, body: Json) -> Any:
        """What one call says, or the error that it was answered with."""
        try:
            return _READERS[call](self._desk.panel.read(call, query={"object_id": object_id}, body=body))
        except UpstreamError as error:
            return error


def _put_together(answers: Mapping[str, Any], problems: dict[str, Message]) -> Statistics:
    classes: Mapping[str, int] = {} if "classes" in problems else answers["classes"]
    times = [] if "times" in problems else answers["times"]
    if isinstance(
        times, dict
    ):  # the old generation counts by class where the current one counts by time (section 0)
        if not classes:
            classes = times
            problems.pop("classes", None)
        times, problems["times"] = [], _NO_TIMES
    users = [] if "users" in problems else answers["users"]
    total = sum(classes.values()) if "classes" not in problems else None
    return Statistics(total, classes, times, users, problems, _SEVEN_DAYS)


def read_types(answer: Answer) -> dict[str, int]:
    """By class how many; looked up by name, since length and order vary (5.10)."""
    value = alone(read_answer(answer))
    rows = value.get("data") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise answer.unreadable(msg("The answer holds no numbers by class."))
    return _flat(row for row in rows if isinstance(row, dict))


def read_times(answer: Answer) -> list[TimeSeries] | dict[str, int]:
    """By class the points in time, or in the old generation by class only."""
    value = read_answer(answer)
    if not isinstance(value, list):
        raise answer.unreadable(msg("The answer holds no numbers by time."))
    rows = [row for row in value if isinstance(row, dict)]
    if rows and not any(isinstance(row.get("series"), list) for row in rows):
        return _flat(rows)
    return [TimeSeries(_class_name(row), _points(row)) for row in rows]


def _points(row: Row) -> list[tuple[datetime, int]]:
    series = row.get("series")
    points = [
        (moment, number_of(point, "value") or 0)
        for point in (series if isinstance(series, list) else [])[:_MOST_POINTS]
        if isinstance(point, dict) and (moment := _moment(text_of(point, "name", 40))) is not None
    ]
    return sorted(points)


def read_users(answer: Answer) -> list[UserCount]:
    """The busiest users; the total is named, or summed where it is not."""
    value = read_answer(answer)
    if not isinstance(value, list):
        raise answer.unreadable(msg("The answer holds no numbers by user."))
    found = []
    for row in value[:_MOST_USERS]:
        name = text_of(row, "name", 320) if isinstance(row, dict) else ""
        if not name:
            continue
        counts: dict[str, int] = {}
        for key in _OF_USERS:
            if (count := number_of(row, key)) is not None:
                counts[_OLD_NAMES.get(key, key)] = count
        total = next((n for key in ("count", "num") if (n := number(row.get(key))) is not None), None)
        found.append(UserCount(name, sum(counts.values()) if total is None else total, counts))
    return found


_READERS: Mapping[str, Callable[[Answer], Any]] = {
    BY_TYPE: read_types,
    BY_TIME: read_times,
    BY_USER: read_users,
}


def _flat(rows: Any) -> dict[str, int]:
    return {_class_name(row): number_of(row, "value") or 0 for row in rows if text_of(row, "name", 60)}


def _class_name(row: Row) -> str:
    name = text_of(row, "name", 60).lower()
    return _OLD_NAMES.get(name, name)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _call(call: Callable[[], Any]) -> Any:
    return call()
