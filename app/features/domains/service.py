"""List, show, add and remove domains; change their routes and aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Card
from app.core.commands import (
    AddDomain,
    AddRoute,
    Command,
    RemoveDomain,
    RemoveRoute,
    ReplaceRouteHost,
    SetRoutes,
)
from app.core.errors import Forbidden, GatehouseError, NotFound
from app.core.model import Connection, Reading, Route, Verdict
from app.core.names import display
from app.core.plan import Link, Report
from app.core.ports import (
    Change,
    ChangeQuery,
    Checker,
    Connections,
    DomainPage,
    DomainQuery,
    DomainRow,
    Feedback,
    Inventory,
    Journal,
    SyncState,
    SyncStatus,
)
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor, Plan
from app.operations.gather import Gather
from app.operations.guard import check_sum, check_typed
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of
from app.operations.schedule import READ_A_PART, SyncJobs

ROUTE_TEST_SECONDS = 25.0  # slow hosts are what the test is for, so it has more time than a page


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of the list can be trusted: connections that answered at their last sync, and what holds for the others.

    `whole`: keys of the connections of which the person sees everything.
    """

    connections: tuple[Connection, ...]
    states: Mapping[str, SyncState]
    whole: frozenset[str] = frozenset()

    @property
    def domains(self) -> int:
        """How many domains of the scope the upstreams list."""
        shown = {connection.key for connection in self.connections}
        return sum(state.domains for key, state in self.states.items() if key in shown)

    @property
    def answered(self) -> tuple[Connection, ...]:
        """Connections whose last sync was complete."""
        return tuple(c for c in self.connections if self._status(c) is SyncStatus.OK)

    @property
    def others(self) -> tuple[tuple[Connection, SyncState | None], ...]:
        """Connections whose last sync was not, with its state (None: never read)."""
        return tuple(
            (c, self.states.get(c.key)) for c in self.connections if self._status(c) is not SyncStatus.OK
        )

    @property
    def held(self) -> tuple[tuple[Connection, SyncState], ...]:
        """Connections whose list shrank suspiciously and waits for a person who sees all of it."""
        return tuple(
            (c, s)
            for c, s in self.others
            if s is not None and s.status is SyncStatus.HELD and c.key in self.whole
        )

    def _status(self, connection: Connection) -> SyncStatus:
        state = self.states.get(connection.key)
        if state is None:
            return SyncStatus.NEVER
        running_after_good_one = state.status is SyncStatus.RUNNING and state.last_ok_at is not None
        return SyncStatus.OK if running_after_good_one else state.status


@dataclass(frozen=True, slots=True)
class DomainList:
    """The domains page: rows of the inventory and what to know about their age."""

    page: DomainPage
    completeness: Completeness
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DomainDetail:
    """One domain with its last changes.

    `mx_hosts`: what DNS names for it now, None when it could not be asked or says there is none (`mx_problem`).
    """

    found: LiveDomain
    changes: Sequence[Change]
    mx_hosts: Sequence[str] | None
    mx_problem: Message | None


class DomainService:
    """The use cases around domains."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        inventory: Inventory,
        journal: Journal,
        pool: DriverPool,
        live: LiveDomains,
        sync_jobs: SyncJobs,
        gather: Gather,
        checker: Checker,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._inventory = inventory
        self._journal = journal
        self._pool = pool
        self._live = live
        self._sync_jobs = sync_jobs
        self._gather = gather
        self._checker = checker
        self._feedback = feedback

    # --- reading ---

    def list_page(self, actor: Actor, query: DomainQuery) -> DomainList:
        """One page of all domains in the scope, from the inventory. Touches no upstream."""
        actor.require(Right.VIEW_DOMAINS)
        connections = tuple(self._connections.visible(actor))
        return DomainList(
            self._inventory.page(actor, query),
            Completeness(
                connections,
                self._inventory.sync_states(actor),
                frozenset(c.key for c in connections if actor.sees(c.key)),
            ),
            {c.key: c.name for c in connections},
        )

    def export(self, actor: Actor, query: DomainQuery) -> Iterator[DomainRow]:
        """All rows of a query, one after the other."""
        actor.require(Right.EXPORT)
        return self._inventory.iterate(actor, query)

    def detail(self, actor: Actor, key: str, name: str) -> DomainDetail:
        """One domain, read live beside its MX records in DNS. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        found = self._live.read(
            actor, key, name, lambda connection: {"mx": lambda: self._checker.mx_hosts(connection, name)}
        )
        no_mx = found.problems.get("mx")
        return DomainDetail(
            found,
            self._journal.page(actor, ChangeQuery(connection=key, domain=name, size=5))[:5],
            found.items.get("mx"),
            no_mx.message if no_mx else None,
        )

    def read(self, actor: Actor, key: str, name: str) -> LiveDomain:
        """One domain, read live; for the tabs that need no more. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        return self._live.read(actor, key, name)

    def card(self, connection: Connection) -> Card:
        """What a connection can do."""
        return self._pool.card(connection)

    def addable(self, actor: Actor) -> list[tuple[Connection, Card]]:
        """Every connection in the scope with its card, for the form that adds a domain."""
        actor.require(Right.CHANGE_DOMAINS)
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        cards = self._pool.cards(connections)
        return [(c, cards[c.key]) for c in connections]

    def test_routes(
        self, actor: Actor, key: str, name: str, routes: Sequence[Route]
    ) -> list[tuple[Route, list[Reading]]]:
        """Tries routes by SMTP, all at once; nothing is sent and nothing is changed."""
        actor.require(Right.CHECK_ROUTES)
        connection = self._live.connection(actor, key, name)
        calls = {
            str(number): (lambda route=route: self._checker.test_route(connection, route, name))
            for number, route in enumerate(routes)
        }
        gathered = self._gather(calls, ROUTE_TEST_SECONDS)
        return [
            (route, gathered.items.get(str(number)) or [_no_reading(gathered.problems.get(str(number)))])
            for number, route in enumerate(routes)
        ]

    # --- changing ---

    def add(self, actor: Actor, command: AddDomain, request_key: str) -> Execution:
        """Adds a domain with its routes and aliases. Raises the first failure when nothing at all was done."""
        execution = self._execute(actor, command, request_key)
        text = msg(
            "Added {domain} to {name}.", domain=display(command.domain), name=execution.connection.name
        )
        if command.routes:
            text = msg(
                "Added {domain} to {name} with {routes}.",
                domain=display(command.domain),
                name=execution.connection.name,
                routes=_routes_count(len(command.routes)),
            )
        self._report(execution, text)
        return execution

    def removal_plan(self, actor: Actor, key: str, name: str) -> Plan:
        """What removing a domain would send, with all that is there now and what cannot come back."""
        return self._executor.plan(actor, RemoveDomain(connection=key, domain=name))

    def remove(
        self, actor: Actor, command: RemoveDomain, request_key: str, *, typed: str, confirmed: str = ""
    ) -> Execution:
        """Removes a domain after its name was typed. Raises Invalid when it was not."""
        check_typed(display(command.domain), display(typed.strip().lower()))
        if confirmed and command.skip_mx_check:
            # The person saw the plan without this switch, which adds a header and changes nothing that goes.
            check_sum(confirmed, self.removal_plan(actor, command.connection, command.domain).checksum)
            confirmed = ""
        execution = self._execute(actor, command, request_key, confirmed)
        text = msg(
            "Removed {domain} from {name}.", domain=display(command.domain), name=execution.connection.name
        )
        self._report(execution, text)
        return execution

    def change_routes(
        self,
        actor: Actor,
        command: SetRoutes | AddRoute | RemoveRoute | ReplaceRouteHost,
        request_key: str,
        confirmed: str = "",
    ) -> Execution:
        """Changes the routes of a domain."""
        execution = self._execute(actor, command, request_key, confirmed)
        self._report(execution, msg("Changed the routes of {domain}.", domain=display(command.domain)))
        return execution

    def plan(self, actor: Actor, command: Command) -> Plan:
        """What a command would send now; nothing is changed."""
        return self._executor.plan(actor, command)

    def refresh(self, actor: Actor, key: str = "") -> list[int]:
        """Starts reading all domains of one connection, or of all; returns the jobs.

        Raises NotFound, and Forbidden for a person who sees but a part of what would be read.
        """
        actor.require(Right.SYNC)
        visible = [c for c in self._connections.visible(actor) if not key or c.key == key]
        if key and not visible:
            raise NotFound(msg("There is no connection “{key}”.", key=key))
        wanted = [c for c in visible if actor.sees(c.key)]
        if visible and not wanted:
            raise Forbidden(READ_A_PART)
        jobs = [job for job in (self._sync_jobs.start(actor, c) for c in wanted) if job is not None]
        text = msg("Reading the domains of {count} connections again.", count=len(jobs))
        self._feedback.show(Report(text, links=(Link(msg("Watch it"), "jobs.list"),)))
        return jobs

    def accept_held(self, actor: Actor, key: str) -> int:
        """A person believes a list that shrank: what it lacks is marked as missing. Returns how many."""
        actor.require(Right.SYNC)
        connection = self._live.connection(actor, key, None)
        state = self._inventory.sync_states(actor).get(key)
        if state is None or state.status is not SyncStatus.HELD or state.run_id is None:
            raise NotFound(msg("No list of {name} waits for a decision.", name=connection.name))
        missing = self._inventory.finish_sync(state.run_id, key)
        self._feedback.show(
            Report(
                msg("{count} domains of {name} are marked as missing.", count=missing, name=connection.name)
            )
        )
        return missing

    def resolve_alias(self, actor: Actor, name: str) -> list[tuple[str, str]]:
        """(connection, domain) pairs that `name` is, or is an alias of."""
        return self._inventory.owners_of(actor, name)

    # --- inner parts ---

    def _execute(self, actor: Actor, command: Command, request_key: str, confirmed: str = "") -> Execution:
        execution = self._executor.execute(actor, command, request_key=request_key, confirmed=confirmed)
        execution.raise_if_nothing_done()
        return execution

    def _report(self, execution: Execution, done: Message) -> None:
        """One sentence about what came of a command, with what can be done next."""
        self._feedback.show(report_of(execution, done))


def _no_reading(problem: GatehouseError | None) -> Reading:
    """A route test that did not come to an end."""
    return Reading(
        "conversation", Verdict.UNKNOWN, problem.message if problem else msg("No answer."), source="SMTP"
    )


def _routes_count(count: int) -> Message:
    return msg("1 route") if count == 1 else msg("{count} routes", count=count)
