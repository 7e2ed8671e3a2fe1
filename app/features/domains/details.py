"""What a domain's upstream keeps of it beside routes and aliases: its fields, its status, and its way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, DomainFieldsReader, require
from app.core.commands import DisableDomain, EditDomain, EnableDomain, RenameDomain, RestoreDomain
from app.core.model import Connection, PolicyField
from app.core.names import display
from app.core.ports import Connections, DomainPage, DomainQuery, Feedback, Inventory
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor
from app.operations.guard import check_typed
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of

Switch = EnableDomain | DisableDomain | RestoreDomain

DONE: dict[type[Switch], Message] = {
    EnableDomain: msg("Enabled {domain} on {name}."),
    DisableDomain: msg("Disabled {domain} on {name}."),
    RestoreDomain: msg("Restored {domain} on {name}."),
}


@dataclass(frozen=True, slots=True)
class DomainFields:
    """A domain with its fields as they are now; `problem` says why there are none."""

    found: LiveDomain
    fields: Sequence[PolicyField]
    problem: Message | None


@dataclass(frozen=True, slots=True)
class DeletedDomains:
    """The domains that wait to be purged, from the inventory; `restorable`: keys of connections that can restore."""

    page: DomainPage
    connections: Sequence[Connection]
    restorable: frozenset[str]


class DetailService:
    """The use cases around the fields and the status of domains."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        inventory: Inventory,
        pool: DriverPool,
        live: LiveDomains,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._inventory = inventory
        self._pool = pool
        self._live = live
        self._feedback = feedback

    def fields(self, actor: Actor, key: str, name: str) -> DomainFields:
        """The fields of a domain that can be edited, read live. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        found = self._live.read(
            actor, key, name, lambda connection: {"fields": lambda: self._read(connection, name)}
        )
        problem = found.problems.get("fields")
        return DomainFields(found, found.items.get("fields", ()), problem.message if problem else None)

    def read(self, actor: Actor, key: str, name: str) -> LiveDomain:
        """The domain, read live. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        return self._live.read(actor, key, name)

    def edit(self, actor: Actor, command: EditDomain, request_key: str) -> Execution:
        """Sends the fields that differ from what is there; raises the failure when nothing was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        self._feedback.show(report_of(execution, msg("Changed {domain}.", domain=display(command.domain))))
        return execution

    def rename(self, actor: Actor, command: RenameDomain, request_key: str, *, typed: str) -> Execution:
        """Gives a domain another name, when its present one was typed; raises the failure when nothing was done."""
        self._executor.connection(actor, command)
        check_typed(display(command.domain), typed)
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        done = msg(
            "{domain} is called {name} now.", domain=display(command.domain), name=display(command.new_name)
        )
        self._feedback.show(report_of(execution, done))
        return execution

    def switch(self, actor: Actor, command: Switch, request_key: str) -> Execution:
        """Enables, disables or restores a domain; raises the failure when nothing was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        done = msg(
            DONE[type(command)].template,
            domain=display(command.domain),
            name=execution.connection.name,
        )
        self._feedback.show(report_of(execution, done))
        return execution

    def deleted(self, actor: Actor, query: DomainQuery) -> DeletedDomains:
        """One page of the domains that are marked as deleted, from the inventory. Touches no upstream."""
        actor.require(Right.VIEW_DOMAINS)
        connections = self._connections.visible(actor)
        cards = self._pool.cards(connections)
        return DeletedDomains(
            self._inventory.page(actor, query),
            connections,
            frozenset(key for key, card in cards.items() if Capability.DOMAIN_RESTORE in card.can),
        )

    def _read(self, connection: Connection, name: str) -> Sequence[PolicyField]:
        require(self._pool.card(connection), Capability.DOMAIN_EDIT)
        driver = self._pool.driver(connection)
        return driver.read_fields(name) if isinstance(driver, DomainFieldsReader) else ()
