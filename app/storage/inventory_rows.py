"""Between the domains of core and the rows of the inventory."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, select

from app.core.model import Domain, DomainStatus, Route, Verdict
from app.core.names import display
from app.core.ports import DomainRow
from app.storage.column_types import storable, storable_json
from app.storage.health_tables import RANKS, VERDICTS, health_readings, health_runs
from app.storage.inventory_search import unindexed
from app.storage.tables import FIRST_ROUTE, NOT_SAID, domains, sightings

ALIAS = "="  # begins the line of an alias in the search text
HOST = ">"  # begins the line of a route's host


def ident(connection: str, name: str) -> str:
    """The one column by which a domain's row is found."""
    return storable(f"{connection} {name}")


def search_text(domain: Domain) -> str:
    """What a search looks into: lines with the name, `=alias` and `>route host`, in lower case, and their Unicode forms.

    Each line has a line break on both sides, so that a whole line can be looked for as well as a part of it.
    """
    lines = [domain.name]
    lines += [ALIAS + alias for alias in domain.aliases or ()]
    lines += [HOST + route.host for route in domain.routes or () if route.host]
    unicode_lines = [
        line[:1] + display(line[1:]) if line[0] in ALIAS + HOST else display(line) for line in lines
    ]
    every = dict.fromkeys(searched(line) for line in [*lines, *unicode_lines])
    return storable("\n" + "\n".join(every) + "\n")


def searched(text: str) -> str:
    """`text` in the form in which it is stored for searching and looked for."""
    return unicodedata.normalize("NFC", text.lower())


def content_of(domain: Domain) -> dict[str, Any]:
    """What people see of a domain, as columns."""
    aliases, routes = domain.aliases, domain.routes
    return {
        "upstream_status": domain.status.value,
        "account": domain.account,
        "aliases": None if aliases is None else list(aliases),
        "alias_count": NOT_SAID if aliases is None else len(aliases),
        "routes": None if routes is None else [route.to_json() for route in routes],
        "first_route": storable(str(routes[0]))[:FIRST_ROUTE] if routes else "",
        "mailboxes": NOT_SAID if domain.mailboxes is None else domain.mailboxes,
    }


def facts_of(domain: Domain) -> dict[str, Any]:
    """What the driver and the details page alone use, as columns."""
    return {"ref": domain.ref, "extra": dict(domain.extra)}


def sum_of(columns: dict[str, Any]) -> str:
    """A short name (16 hex digits) of these values, the same for the same values."""
    text = json.dumps(storable_json(columns), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# The names of the checks that make a domain's health what it is, where something is wrong; a few readings of that domain.
_TROUBLES = case(
    (
        health_runs.c.rank <= RANKS[Verdict.WARN],
        select(func.aggregate_strings(health_readings.c.check_name, ","))
        .where(
            health_readings.c.domain_id == health_runs.c.domain_id,
            unindexed(health_readings.c.rank) == health_runs.c.rank,
        )
        .correlate(health_runs)
        .scalar_subquery(),
    )
).label("troubles")

ROW_COLUMNS: tuple[Any, ...] = (
    domains.c.connection,
    domains.c.name,
    domains.c.aliases,
    domains.c.routes,
    domains.c.status,
    domains.c.account,
    domains.c.mailboxes,
    domains.c.ref,
    domains.c.extra,
    sightings.c.seen_at,
    domains.c.changed_at,
    domains.c.missing_since,
    sightings.c.stale,
    health_runs.c.rank,
    _TROUBLES,
)
ROW_TABLES = domains.join(sightings).outerjoin(health_runs, health_runs.c.domain_id == domains.c.id)
"""What `ROW_COLUMNS` are read from."""

_STATUS = {status.value: status for status in DomainStatus}


def domain_row(row: Sequence[Any]) -> DomainRow:
    """A row that begins with `ROW_COLUMNS`. Lists read many of them, so it is taken apart by position."""
    (
        connection,
        name,
        aliases,
        routes,
        status,
        account,
        mailboxes,
        ref,
        extra,
        seen,
        changed,
        missing,
        stale,
        rank,
        troubles,
    ) = row[:15]
    return DomainRow(
        connection,
        name,
        display(name),
        None if aliases is None else tuple(aliases),
        None if routes is None else tuple(Route.from_json(route) for route in routes),
        _STATUS[status],
        account,
        None if mailboxes == NOT_SAID else mailboxes,
        ref,
        extra or {},
        seen,
        changed,
        missing,
        bool(stale),
        None if rank is None else VERDICTS[rank],
        tuple(dict.fromkeys(troubles.split(","))) if troubles else (),
    )
