"""The log of messages: fields, search, and the queue and quarantine that are views of it (contract sheet, section 6).

A row of the table ``messages`` is one message for one recipient, keyed by its Exim id, with the field names of the
vendor's syslog templates. ``direction`` is ``delivery`` (incoming) or ``submission`` (outgoing).
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable
from typing import Any

from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import fail, invalid
from app.sandbox.spamexperts.cluster import Cluster

Message = dict[str, Any]

INCOMING, OUTGOING = "delivery", "submission"

FIELDS = (
    "id",
    "filtering_host",
    "domain",
    "sender",
    "recipient",
    "timestamp",
    "sender_host",
    "sender_ip",
    "helo",
    "incoming_size",
    "outgoing_size",
    "bandwidth",
    "from_header",
    "to_header",
    "cc_header",
    "subject_header",
    "status",
    "classification",
    "classification_details",
    "classification_code",
    "auth_user",
    "identity",
    "delivery_date",
    "delivery_ip",
    "delivery_fqdn",
    "delivery_port",
    "delivery_data",
    "archive_id",
)
DATES = ("date", "datestamp")
"""Columns that are the ``timestamp`` in words."""

COLUMNS = (*FIELDS, *DATES)
DEFAULT_COLUMNS = (
    "date",
    "filtering_host",
    "id",
    "sender",
    "recipient",
    "subject_header",
    "classification",
    "status",
)
"""What a search shows that names no columns [inferred]."""

STATUSES = frozenset(
    (
        "auto-released",
        "blackholed",
        "bounced",
        "delivered",
        "delivery-failed",
        "not-accepted",
        "quarantined",
        "quarantine-expired",
        "quarantine-removed",
        "queued",
        "queue-frozen",
        "queue-bounced",
        "queue-removed",
        "queue-expired",
        "rejected",
        "released",
    )
)
QUEUED = ("queued", "queue-frozen")
IN_PROGRESS_SECONDS = 300
_RETRY_SECONDS = 900
YEAR_2000 = 946_684_800


def column(message: Message, name: str) -> Any:
    """Return one column of a message, as both formats print it."""
    if name in DATES:
        return in_words(message["timestamp"])
    if name == "delivery_date":
        return in_words(message[name]) if message[name] else ""
    return message[name]


def in_words(instant: float) -> str:
    """Return an instant as text, UTC."""
    return datetime.datetime.fromtimestamp(instant, datetime.UTC).strftime(wording.DATE_FORMAT)


def of_domain(cluster: Cluster, domain: str, direction: str) -> list[Message]:
    """Return the messages of one domain and direction, newest first; ED for an unknown domain."""
    cluster.require(domain)
    found = [row for row in _rows(cluster) if row["domain"] == domain and row["direction"] == direction]
    return sorted(found, key=lambda row: row["timestamp"], reverse=True)


def queue(cluster: Cluster, direction: str) -> list[Message]:
    """Return what is waiting in one queue, oldest first."""
    found = [row for row in _rows(cluster) if row["status"] in QUEUED and row["direction"] == direction]
    return sorted(found, key=lambda row: row["timestamp"])


def retry_time(message: Message) -> str:
    """Return when a queued message is tried again: every quarter of an hour since it came."""
    now = time.time()
    return in_words(now + _RETRY_SECONDS - (now - message["timestamp"]) % _RETRY_SECONDS)


def matching(
    rows: Iterable[Message], wishes: dict[str, str], *, partial: bool, any_of: bool
) -> list[Message]:
    """Return the rows whose fields hold the wished texts: all of them, or any."""
    if not wishes:
        return list(rows)
    holds: Callable[[str, str], bool] = str.__contains__ if partial else str.__eq__
    combine = any if any_of else all
    wanted = {field: text.lower() for field, text in wishes.items()}
    return [
        row for row in rows if combine(holds(str(row[field]).lower(), text) for field, text in wanted.items())
    ]


def settle(cluster: Cluster, message: Message, status: str) -> None:
    """Give a message another status; a delivery is noted with its time and host."""
    values: Message = {"status": status}
    if status in ("delivered", "released", "auto-released"):
        host, port = cluster.require(message["domain"])["destinations"][0]
        values |= {
            "delivery_date": int(time.time()),
            "delivery_fqdn": host,
            "delivery_port": port,
            "delivery_data": "250 OK",
        }
    cluster.state.table("messages")[message["id"]] = {**message, **values}


def quarantined(
    cluster: Cluster, domain: str, message_id: str, direction: str, wishes: dict[str, str]
) -> Message:
    """Return one quarantined message; ED, and EN unless it is there and the other values given are its own."""
    cluster.require(domain)
    message: Message | None = cluster.state.table("messages").get(message_id)
    same = (
        message is not None
        and message["domain"] == domain
        and message["direction"] == direction
        and message["status"] == "quarantined"
        and all(_is(message, field, text) for field, text in wishes.items())
    )
    if message is None or not same:
        raise fail(wording.NO_SUCH, thing="message", item=message_id)
    return message


def instant(argument: str, text: str) -> int:
    """Return epoch seconds; EV for anything else and for dates before the year 2000."""
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < YEAR_2000:
        raise invalid(argument, text)
    return int(text)


def _is(message: Message, field: str, text: str) -> bool:
    if field == "date":
        return text in (str(message["timestamp"]), in_words(message["timestamp"]))
    return str(message[field]).lower() == text.lower()


def _rows(cluster: Cluster) -> Iterable[Message]:
    return cluster.state.table("messages").values()
