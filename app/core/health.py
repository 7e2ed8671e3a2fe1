"""Health of domains: the checks that exist, the rows of the list, and the store behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.core.actor import Actor
from app.core.model import Reading, Verdict
from app.core.text import Message, msg

DNS, SMTP = "DNS", "SMTP"
UPSTREAM = "upstream"
"""In a filter: every source that is neither our look at DNS nor our SMTP test."""

CHECKS: Mapping[str, Message] = {
    "mx": msg("MX"),
    "spf": msg("SPF"),
    "dkim": msg("DKIM"),
    "dmarc": msg("DMARC"),
    "route": msg("Route"),
    "certificate": msg("Certificate"),
    "auth": msg("Sign-in of the platform"),
    "api": msg("Mailbox access of the platform"),
    "report": msg("Report of the upstream"),
}
"""The checks with their names for people, in the order of a mail's way. Upstreams may know others."""


def check_label(check: str) -> Message:
    """A check's name for people; an upstream's own keeps its name."""
    return CHECKS.get(check) or msg("{name}", name=check)


@dataclass(frozen=True, slots=True)
class HealthRow:
    """A stored reading of a domain. `since`: when the verdict became this one."""

    connection: str
    domain: str
    reading: Reading
    since: datetime


@dataclass(frozen=True, slots=True)
class HealthQuery:
    """Which readings a list shows, worst first. Empty = all; `source`: DNS, SMTP, or "upstream" for the others.

    `text` is looked for inside the domain's name. `page` counts from 1.
    """

    verdicts: tuple[Verdict, ...] = ()
    check: str = ""
    connections: tuple[str, ...] = ()
    source: str = ""
    text: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class HealthPage:
    """One page of the list. `total` is exact unless `total_capped`, then there are more."""

    rows: Sequence[HealthRow]
    total: int
    total_capped: bool


@dataclass(frozen=True, slots=True)
class DomainHealth:
    """The stored health of one domain; `checked_at` None: it was never checked."""

    readings: Sequence[HealthRow]
    checked_at: datetime | None

    @property
    def worst(self) -> Verdict | None:
        """The worst verdict, None where nothing was checked."""
        return worst([row.reading for row in self.readings])


@dataclass(frozen=True, slots=True)
class HealthCounts:
    """How many domains have which worst verdict. `never`: those that were never checked, None where nobody counted.

    Of the verdicts in `more` there are more domains than were counted.
    """

    domains: Mapping[Verdict, int] = field(default_factory=dict)
    never: int | None = 0
    more: frozenset[Verdict] = frozenset()


@dataclass(frozen=True, slots=True)
class WantedHosts:
    """The hosts that MX records should name, and who says so; none: nobody says, for this `reason`."""

    hosts: Sequence[str] = ()
    by: Message | None = None
    reason: Message | None = None


def worst(readings: Sequence[Reading]) -> Verdict | None:
    """The worst verdict of some readings, None where there is none."""
    return max((r.verdict for r in readings), key=lambda v: v.badness, default=None)


class HealthStore(Protocol):
    """Readings of domains as rows. They go with their domain; every read is cut to the actor's scope."""

    def replace(self, connection: str, domain: str, readings: Sequence[Reading], at: datetime) -> None:
        """Keeps what one run found instead of what was kept of the domain. Nothing happens to a domain that is gone."""
        ...

    def replace_source(self, connection: str, domain: str, source: str, readings: Sequence[Reading]) -> None:
        """Keeps what one source says of the domain instead of what it said before."""
        ...

    def page(self, actor: Actor, query: HealthQuery) -> HealthPage:
        """One page of the readings of all domains that are not missing, worst first."""
        ...

    def iterate(self, actor: Actor, query: HealthQuery) -> Iterator[HealthRow]:
        """All rows of a query, in the order of the list."""
        ...

    def of_domain(self, actor: Actor, connection: str, domain: str) -> DomainHealth:
        """What is kept of one domain, worst first."""
        ...

    def counts(self, actor: Actor) -> HealthCounts:
        """How many domains have which worst verdict, counted up to a limit."""
        ...

    def failing(self, actor: Actor) -> int:
        """How many domains fail at least one check, counted up to a limit."""
        ...

    def due(self, before: datetime, connections: Sequence[str], limit: int) -> list[tuple[str, str]]:
        """(connection, domain) on these connections not checked since `before`: the never checked, then the oldest."""
        ...

    def failing_at(self, connection: str, source: str) -> list[str]:
        """The domains of a connection of which this source said that something fails."""
        ...

    def usual_value(self, connection: str, check: str) -> tuple[str, int, int]:
        """(the value that most domains of the connection have, how many have it, how many have any)."""
        ...

    def checks(self, actor: Actor) -> list[str]:
        """The checks of which something is kept."""
        ...
