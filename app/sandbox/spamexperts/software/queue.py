"""The delivery queues (SpamExperts contract sheet, section 6.3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.sandbox.spamexperts import messages, wording
from app.sandbox.spamexperts.answers import Answer, Empty, Number, Records, Text, fail, invalid
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.messages import INCOMING, OUTGOING, Message
from app.sandbox.spamexperts.names import NODES
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import CLIENT, INFERRED, VENDOR, Run, software
from app.sandbox.spamexperts.software.domains import page
from app.sandbox.spamexperts.unreachable import delivery_error

_FILTERS = ("domain=", "sender=", "recipient=", "partial=", "time_queued=", "frozen=")
_PAGING = (f"{wording.LIMIT}=", f"{wording.OFFSET}=")
_COLUMNS = ("domain", "host", "message_id", "age", "size", "sender", "recipient", "frozen", "retry_time")


@dataclass(frozen=True)
class ByDomain:
    """The older queue calls: the domain alone on a line, then its messages without the domain column."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def plain(self) -> str:
        parts: list[str] = []
        for domain in dict.fromkeys(row[0] for row in self.rows):
            own = [row[1:] for row in self.rows if row[0] == domain]
            parts.append(f"{domain}\n{Records(self.columns[1:], own).plain()}")
        return "".join(parts)

    def value(self) -> Any:
        return Records(self.columns, self.rows).value()


def _waiting(
    cluster: Cluster, arguments: Arguments, direction: str, *, empty_means_frozen: bool
) -> list[Message]:
    rows = messages.queue(cluster, direction)
    if arguments.given("domain"):
        domain = arguments.domain()
        cluster.require(domain)
        rows = [row for row in rows if row["domain"] == domain]
    frozen = arguments.boolean("frozen", default=None)
    if frozen is None and empty_means_frozen and arguments.present("frozen"):
        frozen = True
    if frozen is not None:
        rows = [row for row in rows if (row["status"] == "queue-frozen") is frozen]
    if arguments.given("time_queued"):
        shortest, longest = _span(arguments.text("time_queued"))
        now = time.time()
        rows = [row for row in rows if shortest <= now - row["timestamp"] <= longest]
    wishes = {name: arguments.text(name) for name in ("sender", "recipient") if arguments.given(name)}
    partial = bool(arguments.boolean("partial", default=False))
    return messages.matching(rows, wishes, partial=partial, any_of=False)


def _span(text: str) -> tuple[int, int]:
    shortest, dash, longest = text.partition("-")
    if not dash or not shortest.isdigit() or not longest.isdigit():
        raise invalid("time_queued", text)
    return int(shortest), int(longest)


def _row(message: Message, direction: str) -> list[Any]:
    recipient = message["recipient"]
    return [
        message["domain"] if direction == INCOMING else recipient.rpartition("@")[2],
        message["filtering_host"],
        message["id"],
        int(time.time() - message["timestamp"]),
        message["incoming_size"],
        message["sender"],
        recipient.rpartition("@")[0] if direction == INCOMING else recipient,
        message["status"] == "queue-frozen",
        messages.retry_time(message),
    ]


def _lister(direction: str, *, older: bool) -> Run:
    def show(cluster: Cluster, arguments: Arguments) -> Answer:
        waiting = _waiting(cluster, arguments, direction, empty_means_frozen=older)
        width = len(_COLUMNS) if arguments.boolean("include_retry_time", default=True) else len(_COLUMNS) - 1
        rows = [_row(message, direction)[:width] for message in page(waiting, arguments)]
        return ByDomain(_COLUMNS[:width], rows) if older else Records(_COLUMNS[:width], rows)

    return show


def _counter(direction: str) -> Run:
    def count(cluster: Cluster, arguments: Arguments) -> Answer:
        return Number(len(_waiting(cluster, arguments, direction, empty_means_frozen=False)))

    return count


def _deleter(direction: str) -> Run:
    """Remove messages from one server's queue; ids that are not there, or come twice, are passed over."""

    def delete(cluster: Cluster, arguments: Arguments) -> Answer:
        method = arguments.text("method", "remove")
        if method not in ("remove", "bounce"):
            raise invalid("method", method)
        wanted = set(arguments.words("message_id"))
        for message in messages.queue(cluster, direction):
            if message["id"] in wanted and message["filtering_host"] == arguments.text("host").lower():
                messages.settle(cluster, message, "queue-removed" if method == "remove" else "queue-bounced")
        return Empty()

    return delete


def _reasons(direction: str) -> Run:
    def show(cluster: Cluster, arguments: Arguments) -> Answer:
        wanted = arguments.words("message_id")
        rows = [row for row in messages.queue(cluster, direction) if row["id"] in wanted]
        return Records(("message_id", "reason"), [(row["id"], row["delivery_data"]) for row in rows])

    return show


@software(
    "api_deliver_queued_message",
    *("host", "message_id"),
    tag=INFERRED,
)
def deliver_queued_message(cluster: Cluster, arguments: Arguments) -> Answer:
    """Tries to deliver a queued message now; answers the error when that fails."""
    host, wanted = arguments.text("host").lower(), arguments.text("message_id")
    for message in [*messages.queue(cluster, INCOMING), *messages.queue(cluster, OUTGOING)]:
        if (message["id"], message["filtering_host"]) == (wanted, host):
            error = delivery_error(cluster.require(message["domain"])["destinations"])
            if error:
                return Text(f"{error}\n")
            messages.settle(cluster, message, "delivered")
            return Empty()
    raise fail(wording.NO_SUCH, thing="message", item=wanted)


@software("api_clear_retry_hints", "domain=", tag=VENDOR)
def clear_retry_hints(cluster: Cluster, arguments: Arguments) -> Answer:
    """Forgets which destinations did not answer."""
    if arguments.given("domain"):
        cluster.require(arguments.domain())
    return Empty()


def _declare(direction: str, prefix: str, word: str) -> None:
    queue_arguments = (*_FILTERS, "include_retry_time=", *_PAGING)
    software(
        f"api_get_{prefix}delivery_queue",
        *queue_arguments,
        about="Lists the queue.",
        tag=CLIENT,
        returns="csv",
        json_proven=True,
    )(_lister(direction, older=False))
    software(
        f"api_{prefix}delivery_queue",
        *queue_arguments,
        about="Lists it by domain.",
        tag=VENDOR,
        returns="text",
    )(_lister(direction, older=True))
    software(
        f"api_get_{prefix}delivery_queue_count",
        *_FILTERS,
        about="Counts the queue.",
        tag=VENDOR,
        returns="number",
    )(_counter(direction))
    software(
        f"api_delete_queued_message_{word}",
        *("host", "message_id", "method="),
        about=f"Removes messages from the queue of one server: {' or '.join(NODES)}.",
        tag=CLIENT,
    )(_deleter(direction))
    software(
        f"api_get_queue_reason_{word}", "message_id", about="Says why they wait.", tag=INFERRED, returns="csv"
    )(_reasons(direction))


_declare(INCOMING, "", "incoming")
_declare(OUTGOING, "outgoing_", "outgoing")
