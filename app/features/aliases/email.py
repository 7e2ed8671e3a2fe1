"""List, add, change and remove the e-mail aliases of a domain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, EmailAliasReader, require
from app.core.commands import (
    AddEmailAlias,
    AddRecipients,
    EditEmailAlias,
    RemoveEmailAlias,
    RemoveRecipients,
)
from app.core.email_aliases import EmailAlias, EmailAliasPage, EmailAliasQuery
from app.core.errors import GatehouseError, NotSupported, Unreachable
from app.core.model import Connection
from app.core.ports import Feedback
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor, Plan
from app.operations.guard import check_typed
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of

EmailAliasCommand = AddEmailAlias | EditEmailAlias | RemoveEmailAlias | AddRecipients | RemoveRecipients

_DONE: dict[type[EmailAliasCommand], Message] = {
    AddEmailAlias: msg("Added the e-mail alias {address}."),
    EditEmailAlias: msg("Changed the e-mail alias {address}."),
    RemoveEmailAlias: msg("Removed the e-mail alias {address}."),
    AddRecipients: msg("Added recipients to the e-mail alias {address}."),
    RemoveRecipients: msg("Removed recipients of the e-mail alias {address}."),
}
_AT_ONCE = 200
"""Aliases of one page where nobody chose a size: for a file, and where those that lead to another are looked for."""


@dataclass(frozen=True, slots=True)
class EmailAliasList:
    """A domain with one page of its e-mail aliases; `page` None: they could not be read, `failure` says why."""

    found: LiveDomain
    page: EmailAliasPage | None
    query: EmailAliasQuery
    failure: GatehouseError | None


@dataclass(frozen=True, slots=True)
class OneEmailAlias:
    """A domain with one of its e-mail aliases; None: it could not be read. `reached_by`: the aliases of the domain that lead
    to it, None where that could not be read."""

    found: LiveDomain
    alias: EmailAlias | None
    problem: GatehouseError | None
    reached_by: tuple[str, ...] | None = None


class EmailAliasService:
    """The use cases around e-mail aliases."""

    def __init__(self, executor: Executor, live: LiveDomains, pool: DriverPool, feedback: Feedback) -> None:
        self._executor = executor
        self._live = live
        self._pool = pool
        self._feedback = feedback

    def page(self, actor: Actor, key: str, domain: str, query: EmailAliasQuery) -> EmailAliasList:
        """One page, read live beside the domain. Raises NotFound for a domain that is not there."""
        actor.require(Right.VIEW_MAILBOXES)
        found = self._live.read(
            actor,
            key,
            domain,
            lambda connection: {"page": lambda: self._reader(connection).list_email_aliases(domain, query)},
        )
        return EmailAliasList(found, found.items.get("page"), query, found.problems.get("page"))

    def export(self, actor: Actor, key: str, domain: str, query: EmailAliasQuery) -> list[EmailAlias]:
        """All aliases of a query, read live page by page before anything is handed out. Raises NotFound and as a read does."""
        actor.require(Right.EXPORT)
        query = replace(query, page=1, size=_AT_ONCE)
        first = self.page(actor, key, domain, query)
        if first.page is None:
            raise first.failure or Unreachable(msg("The e-mail aliases could not be read."))
        reader, page, rows = self._reader(first.found.connection), first.page, list(first.page.rows)
        while page.more:
            query = replace(query, page=query.page + 1)
            page = reader.list_email_aliases(domain, query)
            rows += page.rows
        return rows

    def one(self, actor: Actor, key: str, domain: str, address: str) -> OneEmailAlias:
        """One alias and those that lead to it, read live beside the domain. Raises NotFound for a domain that is not there."""
        actor.require(Right.VIEW_MAILBOXES)
        query = EmailAliasQuery(address, "recipient", size=_AT_ONCE)
        found = self._live.read(
            actor,
            key,
            domain,
            lambda connection: {
                "alias": lambda: self._reader(connection).read_email_alias(domain, address),
                "reaching": lambda: self._reader(connection).list_email_aliases(domain, query),
            },
        )
        reaching = found.items.get("reaching")
        return OneEmailAlias(
            found,
            found.items.get("alias"),
            found.problems.get("alias"),
            None if reaching is None else _leading_to(address, reaching),
        )

    def change(self, actor: Actor, command: EmailAliasCommand, request_key: str) -> Execution:
        """Adds or changes an alias; raises the failure when nothing was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        return self._told(execution, command)

    def removal_plan(self, actor: Actor, command: RemoveEmailAlias) -> Plan:
        """What removing an alias would send, with its recipients."""
        return self._executor.plan(actor, command)

    def remove(
        self,
        actor: Actor,
        command: RemoveEmailAlias,
        request_key: str,
        *,
        typed: str,
        confirmed: str = "",
    ) -> Execution:
        """Removes an alias after its address was typed. Raises Invalid when it was not."""
        check_typed(command.address, typed)
        execution = self._executor.execute(actor, command, request_key=request_key, confirmed=confirmed)
        return self._told(execution, command)

    def _told(self, execution: Execution, command: EmailAliasCommand) -> Execution:
        execution.raise_if_nothing_done()
        done = msg(_DONE[type(command)].template, address=command.address)
        self._feedback.show(report_of(execution, done))
        return execution

    def _reader(self, connection: Connection) -> EmailAliasReader:
        require(self._pool.card(connection), Capability.EMAIL_ALIASES_READ)
        driver = self._pool.driver(connection)
        if not isinstance(driver, EmailAliasReader):
            card = self._pool.card(connection)
            raise NotSupported("email_aliases_read", card.reason(Capability.EMAIL_ALIASES_READ))
        return driver


def _leading_to(address: str, page: EmailAliasPage) -> tuple[str, ...]:
    """The aliases of a page with this very recipient, for the search finds parts of addresses too."""
    wanted = address.lower()
    return tuple(
        alias.address for alias in page.rows if any(one.address.lower() == wanted for one in alias.recipients)
    )
