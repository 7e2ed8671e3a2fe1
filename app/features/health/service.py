"""Show the health of domains, check it now or in the background, and try routes before they are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.errors import Conflict, Invalid, NotSupported
from app.core.health import DomainHealth, HealthCounts, HealthPage, HealthQuery, HealthRow, HealthStore
from app.core.model import Connection, Reading, Route, ServerState
from app.core.names import display
from app.core.plan import Link, Report
from app.core.ports import (
    Connections,
    ConnectionStore,
    DomainQuery,
    DomainRow,
    Feedback,
    Inventory,
    Jobs,
    NewItem,
    Queue,
)
from app.core.text import Message, msg
from app.operations.health import Examiner
from app.operations.health_work import counted, look_up
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool

CHECK_SECONDS = 25.0
"""How long a person waits for a check: slow hosts are what it is for, so it has more time than a page."""
MOST = 20_000
"""Domains of one job."""

_PART_ONLY = msg(
    "Your account sees a part of this connection only. Choose the domains in the list and “Check health”. Nothing was "
    "started."
)


@dataclass(frozen=True, slots=True)
class ServerLine:
    """A server of a connection's upstream, as the upstream said at the last test."""

    connection: Connection
    server: ServerState
    tested_at: datetime


@dataclass(frozen=True, slots=True)
class HealthList:
    """One page of the list, how many domains have which worst verdict, and what can be filtered by.

    `listers`: connections whose upstream lists all its failures in one go. `servers`: those of the upstreams, worst first.
    """

    page: HealthPage
    counts: HealthCounts
    connections: Sequence[Connection]
    checks: Sequence[str]
    listers: Sequence[Connection]
    servers: Sequence[ServerLine]


@dataclass(frozen=True, slots=True)
class DomainHealthPage:
    """The stored health of a domain; `gaps`: what the upstream does not do for it, with the reason."""

    found: LiveDomain
    health: DomainHealth
    gaps: Mapping[str, Message]


class HealthService:
    """The use cases around health."""

    def __init__(
        self,
        connections: Connections,
        probes: ConnectionStore,
        inventory: Inventory,
        store: HealthStore,
        pool: DriverPool,
        examiner: Examiner,
        jobs: Jobs,
        queue: Queue,
        live: LiveDomains,
        feedback: Feedback,
    ) -> None:
        self._connections = connections
        self._probes = probes
        self._inventory = inventory
        self._store = store
        self._pool = pool
        self._examiner = examiner
        self._jobs = jobs
        self._queue = queue
        self._live = live
        self._feedback = feedback

    # --- what is stored ---

    def list_page(self, actor: Actor, query: HealthQuery) -> HealthList:
        """Readings of all connections, worst first, from stored data only."""
        actor.require(Right.VIEW_HEALTH)
        connections = self._connections.visible(actor)
        cards = self._pool.cards(connections)
        return HealthList(
            self._store.page(actor, query),
            self._store.counts(actor),
            connections,
            self._store.checks(actor),
            [
                c
                for c in connections
                if c.enabled and Capability.HEALTH_FAILURES in cards[c.key].can and actor.sees(c.key)
            ],
            self._servers([c for c in connections if c.enabled and actor.sees(c.key)]),
        )

    def _servers(self, connections: Sequence[Connection]) -> list[ServerLine]:
        probes = self._probes.probes()
        lines = [
            ServerLine(connection, server, probe.at)
            for connection in connections
            if (probe := probes.get(connection.key)) is not None and probe.found is not None
            for server in probe.found.servers
        ]
        return sorted(lines, key=lambda line: -line.server.verdict.badness)

    def export(self, actor: Actor, query: HealthQuery) -> Iterator[HealthRow]:
        """All rows of a list."""
        actor.require(Right.VIEW_HEALTH)
        return self._store.iterate(actor, query)

    def domain_page(self, actor: Actor, key: str, name: str) -> DomainHealthPage:
        """What is stored of one domain. Raises NotFound."""
        actor.require(Right.VIEW_HEALTH)
        found = self._live.stored(actor, key, name)
        wanted = (
            Capability.HEALTH_READ,
            Capability.HEALTH_RUN,
            Capability.FILTER_HOSTS,
            Capability.DKIM_READ,
        )
        return DomainHealthPage(found, self._store.of_domain(actor, key, name), found.gaps(*wanted))

    # --- checks ---

    def run_now(self, actor: Actor, key: str, name: str) -> DomainHealth:
        """Checks a domain now, all checks side by side; what does not answer in time is unknown. Raises NotFound."""
        actor.require(Right.RUN_HEALTH)
        connection, row = look_up(self._connections, self._inventory, actor, key, name)
        readings = self._examiner.examine(connection, row, CHECK_SECONDS, run=True)
        self._report(msg("{domain} was checked: {counts}.", domain=display(name), counts=counted(readings)))
        return self._store.of_domain(actor, key, name)

    def read_report(self, actor: Actor, key: str, name: str) -> DomainHealth:
        """Reads the upstream's last report again, without a new test. Raises NotFound, NotSupported."""
        actor.require(Right.RUN_HEALTH)
        connection, _ = look_up(self._connections, self._inventory, actor, key, name)
        readings = self._examiner.take_report(connection, name, CHECK_SECONDS)
        self._report(
            msg(
                "The last report of {name} was read: {counts}.",
                name=connection.name,
                counts=counted(readings),
            )
        )
        return self._store.of_domain(actor, key, name)

    def check_all(self, actor: Actor, key: str, request_key: str) -> int:
        """Starts a job that checks every domain of a connection, or ("") of all; returns its id.

        The same key again gives the same job. Raises Invalid when there is nothing to check, or too much for one job.
        """
        actor.require(Right.RUN_HEALTH)
        actor.require(Right.BULK)
        started = self._jobs.by_request(actor, request_key)
        if started is not None:
            return started
        rows = self._rows(actor, key)
        title = msg("Check the health of {count} domains", count=len(rows))
        items = [
            NewItem(
                row.name, {"command": "health", "connection": row.connection, "domain": row.name, "run": True}
            )
            for row in rows
        ]
        return self._start(actor, title, items, request_key)

    def read_failures(self, actor: Actor, key: str, request_key: str) -> int:
        """Starts a job that reads all failures which a connection's upstream knows; returns its id.

        Raises NotFound, NotSupported, and Conflict for who sees but a part of the connection.
        """
        actor.require(Right.RUN_HEALTH)
        actor.require(Right.BULK)
        connection = self._live.connection(actor, key, None) if actor.sees(key) else None
        if connection is None:
            raise Conflict(_PART_ONLY)
        card = self._pool.card(connection)
        if Capability.HEALTH_FAILURES not in card.can:
            raise NotSupported(Capability.HEALTH_FAILURES, card.reason(Capability.HEALTH_FAILURES))
        title = msg("Read all failures that {name} knows", name=connection.name)
        item = NewItem(connection.name, {"command": "health_failures", "connection": key})
        return self._start(actor, title, [item], request_key)

    def try_relay(
        self, actor: Actor, key: str, domain: str, routes: Sequence[Route]
    ) -> Mapping[str, Sequence[Reading]]:
        """Tries routes for a domain from here, and by the upstream where it can; nothing is sent and nothing is saved.

        `domain` need not exist yet. By what was asked: each route, and the upstream's name. Raises NotFound, Invalid.
        """
        actor.require(Right.CHECK_ROUTES)
        connection = self._live.connection(actor, key, domain)
        if not routes:
            raise Invalid({"routes": msg("Name at least one host.")})
        return self._examiner.try_relay(connection, routes, domain, CHECK_SECONDS)

    def triable(self, actor: Actor) -> list[Connection]:
        """The connections for which routes can be tried."""
        actor.require(Right.CHECK_ROUTES)
        return [c for c in self._connections.visible(actor) if c.enabled]

    # --- inner parts ---

    def _rows(self, actor: Actor, key: str) -> list[DomainRow]:
        if key:
            self._live_connection(actor, key)
        query = DomainQuery(connections=(key,) if key else (), statuses=("active", "disabled", "pending"))
        enabled = {c.key for c in self._connections.visible(actor) if c.enabled}
        rows = []
        for row in self._inventory.iterate(actor, query):
            if row.connection in enabled:
                rows.append(row)
            if len(rows) > MOST:
                raise Invalid({"connection": msg("Choose at most {most} domains at once.", most=MOST)})
        if not rows:
            raise Invalid({"connection": msg("There is no domain to check.")})
        return rows

    def _live_connection(self, actor: Actor, key: str) -> Connection:
        """The connection, where anything on it lies in the scope. Raises NotFound."""
        connection = self._connections.get(actor, key)
        return connection if connection is not None else self._live.connection(actor, key, None)

    def _start(self, actor: Actor, title: Message, items: Sequence[NewItem], request_key: str) -> int:
        job_id = self._jobs.create(actor, "health", title, items, request_key=request_key)
        self._queue.nudge(job_id)
        link = Link(msg("Watch it"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    def _report(self, text: Message) -> None:
        self._feedback.show(Report(text))
