"""Everything that the first page says, from stored data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Card
from app.core.health import HealthCounts, HealthQuery, HealthRow, HealthStore
from app.core.model import Connection, DomainStatus, Verdict
from app.core.ports import (
    Change,
    ChangeQuery,
    Connections,
    ConnectionStore,
    Feedback,
    Inventory,
    Job,
    Jobs,
    Journal,
    ProbeResult,
    SyncState,
)
from app.features.connections.service import connection_state
from app.operations.pool import DriverPool

_WORST = HealthQuery(verdicts=(Verdict.FAIL,), size=6)


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connection on the first page."""

    connection: Connection
    card: Card
    state: str
    probe: ProbeResult | None
    sync: SyncState | None
    domains: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page. `by_status`: status -> number of domains. `worst`: the first failing checks."""

    connections: Sequence[ConnectionLine]
    by_status: Mapping[str, int]
    changes: Sequence[Change]
    open_changes: int
    jobs: Sequence[Job]
    health: HealthCounts
    worst: Sequence[HealthRow]

    @property
    def domains(self) -> int:
        """All domains but those that are missing or deleted upstream."""
        gone = (DomainStatus.MISSING.value, DomainStatus.DELETED.value)
        return sum(count for status, count in self.by_status.items() if status not in gone)


class OverviewService:
    """The use case of the first page."""

    def __init__(
        self,
        connections: Connections,
        store: ConnectionStore,
        pool: DriverPool,
        inventory: Inventory,
        journal: Journal,
        jobs: Jobs,
        health: HealthStore,
        feedback: Feedback,
    ) -> None:
        self._connections = connections
        self._store = store
        self._pool = pool
        self._inventory = inventory
        self._journal = journal
        self._jobs = jobs
        self._health = health
        self._feedback = feedback

    def page(self, actor: Actor) -> Overview:
        """What the person sees first. Touches no upstream."""
        actor.require(Right.VIEW_DOMAINS)
        counts = self._inventory.count_by_status(actor)
        by_status: dict[str, int] = {}
        for of_connection in counts.values():
            for status, count in of_connection.items():
                by_status[status] = by_status.get(status, 0) + count
        may_see_changes, may_see_health = actor.may(Right.VIEW_CHANGES), actor.may(Right.VIEW_HEALTH)
        return Overview(
            self.lines(actor, counts),
            by_status,
            self._journal.page(actor, ChangeQuery(size=8))[:8] if may_see_changes else (),
            self._journal.count_open(actor) if may_see_changes else 0,
            [j for j in self._jobs.page(actor, size=20) if not j.state.ended][:5]
            if actor.may(Right.VIEW_JOBS)
            else (),
            self._health.counts(actor) if may_see_health else HealthCounts(),
            self._health.page(actor, _WORST).rows if may_see_health else (),
        )

    def lines(self, actor: Actor, counts: Mapping[str, Mapping[str, int]]) -> list[ConnectionLine]:
        """The connections in the scope with their state."""
        connections = self._connections.visible(actor)
        cards, probes = self._pool.cards(connections), self._store.probes()
        syncs = self._inventory.sync_states(actor)
        return [
            ConnectionLine(
                c,
                cards[c.key],
                connection_state(c, probes.get(c.key)),
                probes.get(c.key),
                syncs.get(c.key),
                sum(counts.get(c.key, {}).values()),
            )
            for c in connections
        ]
