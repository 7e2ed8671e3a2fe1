"""From a command to its outcome: rights and scope, card, plan, run, refresh. Every door and every job item comes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.actor import Actor
from app.core.capabilities import Card, require
from app.core.commands import (
    ActOnResource,
    AddAliases,
    AddDomain,
    AddRoute,
    Command,
    RuleCommand,
    SetRoutes,
    SpreadRule,
)
from app.core.errors import GatehouseError, NotFound, NotSupported
from app.core.model import Connection
from app.core.names import display
from app.core.plan import BESIDE_THE_DOMAIN, Outcome, State, Step, checksum
from app.core.ports import Connections
from app.core.rules import check_shapes
from app.core.text import msg
from app.operations.guard import check_sum
from app.operations.mailboxes import BesideDomains
from app.operations.pool import DriverPool
from app.operations.resources import check_resource_right, unkept_texts, with_checked_values
from app.operations.rules import RuleReads
from app.operations.runner import Run, Runner, Ticket
from app.operations.sync import Sync


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command would send: shown before it runs, confirmed by its checksum."""

    command: Command
    connection: Connection
    steps: tuple[Step, ...]

    @property
    def checksum(self) -> str:
        """Names exactly these steps."""
        return checksum([step.to_json() for step in self.steps])


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a command that `actor` gave."""

    actor: Actor
    command: Command
    connection: Connection
    run: Run

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcome of each step."""
        return self.run.outcomes

    @property
    def error(self) -> GatehouseError | None:
        """The error of the step that failed."""
        return self.run.error

    def raise_if_nothing_done(self) -> None:
        """Raises the first failure when no step at all was done."""
        if self.run.error is not None and self.run.nothing_done:
            raise self.run.error


class Executor:
    """Plans and runs commands for an actor."""

    def __init__(
        self,
        connections: Connections,
        pool: DriverPool,
        runner: Runner,
        sync: Sync,
        rules: RuleReads,
        beside: BesideDomains,
    ) -> None:
        self._connections = connections
        self._pool = pool
        self._runner = runner
        self._sync = sync
        self._rules = rules
        self._beside = beside

    def connection(self, actor: Actor, command: Command) -> Connection:
        """The command's connection, when the actor may do such a thing there.

        Raises Forbidden without the right, NotFound outside the scope (the same as for what does not exist).
        """
        command.check_right(actor)
        connection = self._connections.get(actor, command.connection)
        if connection is None:
            raise NotFound(msg("There is no connection “{key}”.", key=command.connection))
        for domain in command.domains:
            if not actor.sees(connection.key, domain):
                raise NotFound(
                    msg(
                        "{domain} is not on {name}.",
                        domain=display(domain or "default"),
                        name=connection.name,
                    )
                )
        if isinstance(command, ActOnResource):
            check_resource_right(actor, self._pool.recent_card(connection), command)
        return connection

    def plan(self, actor: Actor, command: Command) -> Plan:
        """What the command would send now. Nothing is changed. Raises as `connection`, `require` and the driver do."""
        connection = self.connection(actor, command)
        card = self._pool.recent_card(connection)
        require(card, command.capability)
        check_limits(card, command)
        if isinstance(command, ActOnResource):
            command = with_checked_values(card, command)
        steps = self._pool.driver(connection).plan(command)
        return Plan(command, connection, tuple(steps))

    def execute(
        self,
        actor: Actor,
        command: Command,
        *,
        request_key: str,
        confirmed: str = "",
        job_id: int | None = None,
        item_id: int | None = None,
        undo_of: int | None = None,
        refresh: bool = True,
        fresh: bool = False,
    ) -> Execution:
        """Plans and sends. The same `request_key` of the same person sends nothing twice.

        `confirmed` is the checksum of the plan that a person saw. What upstreams did is in the answer, never raised;
        what stops the command before anything is sent is raised. `refresh` False leaves the inventory's row to the
        caller (bulk work reads the whole list once at its end). `fresh`: this key was surely not used before.
        """
        connection = self.connection(actor, command)
        texts: frozenset[str] = frozenset()
        if isinstance(command, ActOnResource):
            # What was entered as a secret must be one before it is written down.
            card = self._pool.recent_card(connection)
            command, texts = with_checked_values(card, command), unkept_texts(card, command)
        wish = command.to_json()
        ticket = Ticket(request_key, checksum([wish]), wish, job_id, item_id, undo_of, texts)
        run = None if fresh else self._runner.earlier(actor, ticket)
        if run is not None:
            return Execution(actor, command, connection, run)
        # A twin of this request may do it all while we plan: then nothing is left to do, or it no longer fits.
        try:
            plan = self.plan(actor, command)
            check_sum(confirmed, plan.checksum)
        except GatehouseError:
            run = self._runner.earlier(actor, ticket)
            if run is None:
                raise
            return Execution(actor, command, connection, run)
        run = None if plan.steps else self._runner.earlier(actor, ticket)
        if run is None:
            run = self._runner.run(actor, connection.key, self._pool.driver(connection), plan.steps, ticket)
            self._rules.note(connection.key, run.outcomes)
            self._beside.note(connection.key, run.outcomes)
        if refresh:
            self.refresh(connection, run.outcomes)
        return Execution(actor, command, connection, run)

    def refresh(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        """Reads back the domains that the outcomes touched (or may have touched); rules, messages and resources are no part of them."""
        touched = [
            o.step
            for o in outcomes
            if o.state in (State.DONE, State.UNKNOWN) and o.step.verb not in BESIDE_THE_DOMAIN
        ]
        for name in dict.fromkeys(name for step in touched for name in step.domains if name):
            self._sync.refresh(connection, name)


def check_limits(card: Card, command: Command) -> None:
    """Raises NotSupported when the command goes beyond a number on the card; nothing is sent then."""
    if isinstance(command, RuleCommand | SpreadRule):
        check_shapes(card.label, card.rules, command.domains[0], command.named)
    routes = getattr(command, "routes", [])
    if isinstance(command, AddDomain | SetRoutes):
        _at_most(card, "routes", card.limits.routes, len(routes))
    if isinstance(command, AddDomain | AddAliases):
        _at_most(card, "aliases", card.limits.aliases, len(command.aliases))
    if isinstance(command, AddRoute):
        routes = [command.route]
    if not card.limits.route_ports and any(route.port != 25 for route in routes):
        raise NotSupported(
            "routes_write",
            msg(
                "{provider} routes have no port: mail goes to port 25. Nothing was sent.", provider=card.label
            ),
        )


def _at_most(card: Card, what: str, limit: int | None, wanted: int) -> None:
    if limit is not None and wanted > limit:
        raise NotSupported(
            f"{what}_write",
            msg(
                "{provider} takes at most {limit} {what}, not {wanted}. Nothing was sent.",
                provider=card.label,
                limit=limit,
                what=what,
                wanted=wanted,
            ),
        )
