"""What the cluster has recorded: calls of its API, refusals of destinations, who has a quarantine or may send (contract sheet,
3, 6.1, 6.2 and 6.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.actor import Right
from app.core.resources import DOMAIN, Action, Area, Column, Resource, ResourceAt, ResourceKind, Show
from app.core.text import msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.kinds.base import Apis, Kept, Rows, of_domain
from app.providers.spamexperts.wire_messages import instant

Json = Any

_LOGGED_DAYS, _REFUSED_DAYS = 7, 31
_MOST = 1000


def _since(days: int) -> dict[str, str]:
    """The last days in epoch seconds, both ends."""
    now = datetime.now(UTC)
    return {
        "from_date": str(int((now - timedelta(days=days)).timestamp())),
        "to_date": str(int((now + timedelta(minutes=1)).timestamp())),
    }


def _newest_first(records: Sequence[dict[str, str]], *named: str) -> Rows:
    """Records as resources, keyed by their time and some of their values; equal ones are told apart by a number."""
    seen: Counter[str] = Counter()
    rows: Rows = []
    for record in sorted(records, key=lambda record: record["date"]):
        key = " ".join([record["date"], *(record[name] for name in named)])[:240]
        seen[key] += 1
        at = instant(record["date"])
        values: dict[str, Json] = {**record, "date": at.isoformat() if at else record["date"]}
        label = " ".join(record[name] for name in named)
        rows.append(Resource(f"{key} {seen[key]}" if seen[key] > 1 else key, values, label=label))
    return rows[::-1]


def _calls(apis: Apis, _at: ResourceAt) -> Rows:
    found = apis.records(
        "api_find_call_logs", inferred.CALL_LOG_COLUMNS, **_since(_LOGGED_DAYS), limit=str(_MOST)
    )
    return _newest_first(found, "call", "client_username")


CALL_LOG = Kept(
    ResourceKind(
        name="api_calls",
        label=msg("Calls of the API"),
        one=msg("Call"),
        area=Area.ACCESS,
        right=Right.MANAGE_ACCESS,
        calls=("api_find_call_logs",),
        columns=(
            Column("date", msg("Time"), Show.TIME),
            Column("call", msg("Call"), Show.CODE),
            Column("client_username", msg("User")),
            Column("client_ip", msg("From the address"), Show.CODE),
        ),
        note=msg(
            "What the Software API was asked for in the last seven days, by whomever; at most a thousand calls."
        ),
        icon="history",
    ),
    rows=_calls,
)


def _refusals(apis: Apis, domain: str) -> Rows:
    found = apis.records(
        "api_get_delivery_errors", inferred.DELIVERY_ERROR_COLUMNS, domain=domain, **_since(_REFUSED_DAYS)
    )
    return _newest_first(found, "recipient")


DELIVERY_ERRORS = Kept(
    ResourceKind(
        name="delivery_errors",
        label=msg("Refusals of the destination"),
        one=msg("Refusal"),
        area=Area.DELIVERY,
        parent=DOMAIN,
        calls=("api_get_delivery_errors",),
        columns=(
            Column("date", msg("Time"), Show.TIME),
            Column("recipient", msg("Recipient"), Show.CODE),
            Column("delivery_fqdn", msg("Destination"), Show.CODE),
            Column("delivery_data", msg("What it said")),
        ),
        actions=(
            Action(
                "forget_retries",
                msg("Forget what was learned about retries"),
                msg("The filter tries the destinations anew, as if they had never been down."),
                Right.CHANGE_DOMAINS,
                "api_clear_retry_hints",
                on_kind=True,
                icon="refresh",
            ),
        ),
        note=msg("What the destinations of the domain did not accept in the last month."),
        icon="mail-x",
    ),
    rows=lambda apis, at: of_domain(at, lambda domain: _refusals(apis, domain)),
    sends={"forget_retries": lambda it: ("api_clear_retry_hints", {"domain": it.domain})},
)


OWN_QUARANTINES = Kept(
    ResourceKind(
        name="own_quarantines",
        label=msg("Quarantines of single recipients"),
        one=msg("Recipient"),
        area=Area.MAILBOXES,
        parent=DOMAIN,
        right=Right.VIEW_MAILBOXES,
        calls=("api_list_local_part_quarantine",),
        columns=(Column("local_part", msg("Part before the @"), Show.CODE),),
        note=msg("Who can open a quarantine of their own, over IMAP."),
        icon="inbox",
    ),
    rows=lambda apis, at: of_domain(
        at,
        lambda domain: [
            Resource(name, {"local_part": name})
            for name in sorted(apis.lines("api_list_local_part_quarantine", domain=domain))
        ],
    ),
)


def _senders(apis: Apis, _at: ResourceAt) -> Rows:
    names = sorted(set(apis.lines("api_list_all_outgoing_users", append_domain="True")))
    return [
        Resource(name, {"username": name.rpartition("@")[0] or name, "domain": name.rpartition("@")[2]})
        for name in names
    ]


ALL_OUTGOING_USERS = Kept(
    ResourceKind(
        name="all_outgoing_users",
        label=msg("Outgoing users of all domains"),
        one=msg("Outgoing user"),
        area=Area.DELIVERY,
        right=Right.MANAGE_ACCESS,
        calls=("api_list_all_outgoing_users",),
        columns=(
            Column("username", msg("User name"), Show.CODE),
            Column("domain", msg("Domain")),
        ),
        note=msg("They are added and removed on the pages of their domains."),
        icon="send",
    ),
    rows=_senders,
)
