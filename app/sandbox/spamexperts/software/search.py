"""Log search, counts and statistics (SpamExperts contract sheet, section 6.1)."""

from __future__ import annotations

import time
from collections import Counter

from app.sandbox.spamexperts import messages, wording
from app.sandbox.spamexperts.answers import Answer, Empty, Number, Records, fail, invalid
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.messages import INCOMING, OUTGOING, Message
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, Run, software
from app.sandbox.spamexperts.software.domains import page

TEXTS = ("sender", "recipient", "sender_host", "sender_ip", "subject_header", "id")
"""Filters by text; ``predicate`` and ``partial`` say how they combine and match."""

_FILTERS = (
    *("domain", "from_date=", "to_date=", *(f"{name}=" for name in TEXTS)),
    *(
        "predicate=",
        "partial=",
        "classification=",
        "status=",
        "include_in_progress=",
        "min_size=",
        "max_size=",
    ),
)
_WEEK = 7 * 86_400
_STATISTICS = ("not-spam", "spam", "phish", "virus", "unsure", "unknown", "block list", "allow list", "error")


def _found(cluster: Cluster, arguments: Arguments, direction: str) -> list[Message]:
    rows = messages.of_domain(cluster, arguments.domain(), direction)
    rows = _within(rows, arguments)
    for field in ("classification", "status"):
        words = {word.lower() for word in arguments.words(field)}
        if words:
            rows = [row for row in rows if row[field] in words]
    if arguments.given("username"):
        rows = [row for row in rows if row["auth_user"] == arguments.text("username")]
    predicate = arguments.text("predicate", "and").lower()
    if predicate not in ("and", "or"):
        raise invalid("predicate", predicate)
    return messages.matching(
        rows,
        {name: arguments.text(name) for name in TEXTS if arguments.given(name)},
        partial=bool(arguments.boolean("partial", default=False)),
        any_of=predicate == "or",
    )


def _within(rows: list[Message], arguments: Arguments) -> list[Message]:
    """Return the messages of the asked time and size; those of the last minutes only when asked for."""
    end = time.time()
    if not arguments.boolean("include_in_progress", default=False):
        end -= messages.IN_PROGRESS_SECONDS
    if arguments.given("to_date"):
        end = min(end, messages.instant("to_date", arguments.text("to_date")))
    start = messages.instant("from_date", arguments.text("from_date", str(messages.YEAR_2000)))
    smallest, largest = arguments.integer("min_size", 0) or 0, arguments.integer("max_size")
    return [
        row
        for row in rows
        if start <= row["timestamp"] <= end
        and row["incoming_size"] >= smallest
        and (largest is None or row["incoming_size"] <= largest)
    ]


def _finder(direction: str) -> Run:
    def find(cluster: Cluster, arguments: Arguments) -> Answer:
        columns = arguments.words("columns") or list(messages.DEFAULT_COLUMNS)
        for name in columns:
            if name not in messages.COLUMNS:
                raise invalid("columns", name)
        rows = _found(cluster, arguments, direction)
        field = arguments.text("sort_field")
        if field:
            if field not in messages.COLUMNS:
                raise invalid("sort_field", field)
            rows.sort(key=lambda row: str(messages.column(row, field)))
        return Records(
            columns, [[messages.column(row, name) for name in columns] for row in page(rows, arguments)]
        )

    return find


def _counter(direction: str) -> Run:
    def count(cluster: Cluster, arguments: Arguments) -> Answer:
        if arguments.text("include_in_progress").lower() in ("true", "force"):
            raise invalid("include_in_progress", arguments.text("include_in_progress"))
        return Number(len(_found(cluster, arguments, direction)))

    return count


def _declare(word: str, direction: str) -> None:
    filters = _FILTERS if direction == INCOMING else (*_FILTERS, "username=")
    shape = ("columns=", "sort_field=", f"{wording.LIMIT}=", f"{wording.OFFSET}=")
    software(
        f"api_find_{word}",
        *filters,
        *shape,
        about="Searches the log.",
        tag=VENDOR,
        returns="csv",
        json_proven=True,
    )(_finder(direction))
    software(f"api_count_{word}", *filters, about="Counts in the log.", tag=VENDOR, returns="number")(
        _counter(direction)
    )


_declare("messages", INCOMING)
_declare("outgoing_messages", OUTGOING)


@software(
    "api_get_delivery_errors",
    *("domain", "from_date=", "to_date="),
    tag=VENDOR,
    returns="csv",
)
def get_delivery_errors(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists what the destinations refused."""
    rows = _within(messages.of_domain(cluster, arguments.domain(), INCOMING), arguments)
    columns = ("date", "recipient", "delivery_fqdn", "delivery_data")
    refused = [row for row in rows if row["status"] in ("not-accepted", "delivery-failed", "bounced")]
    return Records(columns, [[messages.column(row, name) for name in columns] for row in refused])


@software(
    "api_update_incoming_message_status",
    *("domain", "message_id", "status"),
    tag=VENDOR,
)
def update_incoming_message_status(cluster: Cluster, arguments: Arguments) -> Answer:
    """Changes the status of a message in the log."""
    domain, status = arguments.domain(), arguments.text("status")
    if status not in messages.STATUSES:
        raise invalid("status", status)
    wanted = arguments.text("message_id")
    for message in messages.of_domain(cluster, domain, INCOMING):
        if message["id"] == wanted:
            messages.settle(cluster, message, status)
            return Empty()
    raise fail(wording.NO_SUCH, thing="message", item=wanted)


@software(
    "api_get_weekly_statistics",
    *("domain", "columns="),
    tag=INFERRED,
    returns="csv",
)
def get_weekly_statistics(cluster: Cluster, arguments: Arguments) -> Answer:
    """Counts the last seven days by class."""
    since = time.time() - _WEEK
    rows = messages.of_domain(cluster, arguments.domain(), INCOMING)
    counts = Counter(row["classification"] for row in rows if row["timestamp"] >= since)
    columns = arguments.words("columns") or list(_STATISTICS)
    for name in columns:
        if name not in _STATISTICS:
            raise invalid("columns", name)
    return Records(columns, [[counts[name] for name in columns]])


@software(
    "api_statistics_earliest_timeframe",
    "domain",
    tag=INFERRED,
    returns="number",
)
def statistics_earliest_timeframe(cluster: Cluster, arguments: Arguments) -> Answer:
    """Shows since when there are statistics."""
    rows = messages.of_domain(cluster, arguments.domain(), INCOMING)
    return Number(rows[-1]["timestamp"] if rows else int(time.time()))
