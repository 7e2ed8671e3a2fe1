"""How much incoming mail of which class a domain had (contract sheet, 6.1): from the log, counted by the upstream."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from app.core.errors import GatehouseError, NotSupported, NotThere
from app.core.messages import MailClass
from app.core.model import Connection
from app.core.statistics import Statistics, StatisticsQuery, StatisticsShape, TimeSeries, UserCount
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.spamexperts import inferred
from app.providers.spamexperts.parallel import in_order
from app.providers.spamexperts.reads import not_found
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import read_answer
from app.providers.spamexperts.wire_messages import CLASSES, Row, class_of, instant, read_rows, words_for

MOST_ROWS = 5000
"""Messages up to which the log itself is read by one call and counted here; of more, the upstream counts them, a call for
each class and each piece of the period."""

MOST_USERS = 100
T = TypeVar("T")

_COLUMNS = ("date", "recipient", "classification")
_OTHER, _ALL = "other", "all"
_ONE_DOMAIN = msg(
    "SpamExperts counts the mail of one domain at a time: its log is searched by domain. Name one."
)
_SOME_ONLY = msg(
    "There are too many messages to look at each: these are the recipients of {count} of them only.",
    count=MOST_ROWS,
)

SHAPE = StatisticsShape(whole=_ONE_DOMAIN, days=(1, 7, 30))


class Counts:
    """The numbers of one connection."""

    def __init__(self, connection: Connection, api: SoftwareApi) -> None:
        self._threads = connection.parallel
        self._api = api

    def read(self, query: StatisticsQuery) -> Statistics:
        """See StatisticsReader: two calls; of more than MOST_ROWS messages a call for each class and piece of the period."""
        if query.domain is None:
            raise NotSupported("statistics_read", _ONE_DOMAIN)
        try:
            total = self._count(query.domain, query.since, query.until)
        except NotThere as gone:
            raise not_found(query.domain) from gone
        if total <= MOST_ROWS:
            return _counted(self._rows(query), query)
        return self._added_up(query, total)

    def _count(self, domain: str, since: datetime, until: datetime, words: str = "") -> int:
        sent = {"domain": domain, **_period(since, until), **({"classification": words} if words else {})}
        return read_number(self._api.read("api_count_messages", sent))

    def _rows(self, query: StatisticsQuery) -> list[Row]:
        sent = {
            "domain": query.domain or "",
            **_period(query.since, query.until),
            "columns": ",".join(_COLUMNS),
            inferred.PAGE_ARGUMENTS[0]: str(MOST_ROWS),
            "format": "json",
        }
        return read_rows(self._api.read("api_find_messages", sent), _COLUMNS)

    def _added_up(self, query: StatisticsQuery, total: int) -> Statistics:
        """What the upstream counts, part by part; one that could not be read is a problem of the answer."""
        problems: dict[str, Message] = {}
        count = partial(self._count, query.domain or "")
        pieces = list(_pieces(query))
        ends = [(max(begin, query.since), min(end, query.until)) for begin, end in pieces]
        by_class = self._part(
            "classes",
            problems,
            [partial(count, query.since, query.until, words_for([one], CLASSES)) for one in CLASSES],
        )
        by_time = self._part("times", problems, [partial(count, *piece) for piece in ends])
        classes = {one.value: n for one, n in zip(CLASSES, by_class, strict=False) if n}
        if by_class and (rest := total - sum(classes.values())) > 0:
            classes[_OTHER] = rest
        times = [TimeSeries(_ALL, [(begin, n) for (begin, _), n in zip(pieces, by_time, strict=False)])]
        rows = self._part("users", problems, [partial(self._rows, query)])
        users = _users(rows[0]) if rows else []
        return Statistics(total, classes, times if by_time else (), users, problems, _SOME_ONLY)

    def _part(self, name: str, problems: dict[str, Message], asks: Sequence[Callable[[], T]]) -> list[T]:
        try:
            return list(in_order(asks, self._threads))
        except GatehouseError as error:
            problems[name] = error.message
            return []


def _counted(rows: Sequence[Row], query: StatisticsQuery) -> Statistics:
    """What the rows of the log add up to."""
    begins = [begin for begin, _ in _pieces(query)]
    times: dict[str, Counter[datetime]] = {}
    classes: Counter[str] = Counter()
    for row in rows:
        name = _class(row)
        classes[name] += 1
        at = instant(row["date"])
        if at is not None:
            times.setdefault(name, Counter())[begins[bisect_right(begins, at) - 1]] += 1
    series = [
        TimeSeries(name, [(begin, times[name][begin]) for begin in begins])
        for name in classes
        if name in times
    ]
    return Statistics(len(rows), dict(classes), series, _users(rows))


def _users(rows: Sequence[Row]) -> list[UserCount]:
    """The busiest recipients."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        if row["recipient"]:
            found.setdefault(row["recipient"].lower()[:320], Counter())[_class(row)] += 1
    users = [UserCount(user, counts.total(), dict(counts)) for user, counts in found.items()]
    return sorted(users, key=lambda user: (-user.total, user.user))[:MOST_USERS]


def _class(row: Row) -> str:
    found = class_of(row["classification"])
    return _OTHER if found is MailClass.UNKNOWN else found.value


def _pieces(query: StatisticsQuery) -> Iterator[tuple[datetime, datetime]]:
    """The period by days (UTC), or where it is but one by four hours; the first one and the last one reach out of it."""
    length = timedelta(hours=4) if query.length <= timedelta(days=1) else timedelta(days=1)
    midnight = query.since.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = midnight + (query.since - midnight) // length * length
    while begin < query.until:
        yield begin, begin + length
        begin += length


def _period(since: datetime, until: datetime) -> dict[str, str]:
    """Both ends in epoch seconds, the last one excluded from a piece that another one follows."""
    return {"from_date": str(int(since.timestamp())), "to_date": str(int(until.timestamp()) - 1)}


def read_number(answer: Answer) -> int:
    """A NUMBER (2.3). Raises as `read_answer`, and Malformed for anything else."""
    text = read_answer(answer).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise answer.unreadable(msg("The answer is not the number that it should be."))
    return int(text)
