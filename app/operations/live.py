"""One domain as its upstream says now, with the inventory as the fallback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.actor import Actor
from app.core.capabilities import Capability, Card
from app.core.errors import GatehouseError, NotFound
from app.core.model import Connection, Domain
from app.core.names import display
from app.core.ports import Connections, DomainRow, Inventory
from app.core.text import Message, msg
from app.operations.gather import Gather
from app.operations.pool import DriverPool
from app.operations.sync import Sync


@dataclass(frozen=True, slots=True)
class LiveDomain:
    """A domain read just now, else as the inventory knows it (`problem` says why).

    `items`, `problems`: what else was asked side by side with it.
    """

    connection: Connection
    card: Card
    domain: Domain
    row: DomainRow | None
    problem: Message | None
    items: Mapping[str, Any]
    problems: Mapping[str, GatehouseError]

    @property
    def live(self) -> bool:
        """Whether the upstream answered just now."""
        return self.problem is None

    def gaps(self, *capabilities: Capability) -> dict[str, Message]:
        """The reason for each of these capabilities (all by default) that the connection lacks, by name."""
        wanted = capabilities or tuple(Capability)
        return {c.value: self.card.reason(c) for c in wanted if c not in self.card.can}


class LiveDomains:
    """Reads single domains for pages, within the page's deadline."""

    def __init__(
        self,
        connections: Connections,
        inventory: Inventory,
        pool: DriverPool,
        sync: Sync,
        gather: Gather,
        page_seconds: float,
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._pool = pool
        self._sync = sync
        self._gather = gather
        self._page_seconds = page_seconds

    def connection(self, actor: Actor, key: str, name: str | None) -> Connection:
        """The connection, when the domain can lie in the actor's scope. Raises NotFound."""
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key, name):
            raise NotFound(
                msg(
                    "There is no {domain} on a connection “{key}”.",
                    domain=display(name or "default"),
                    key=key,
                )
            )
        return connection

    def stored(self, actor: Actor, key: str, name: str) -> LiveDomain:
        """The domain as the inventory has it; no upstream is asked. Raises NotFound."""
        connection = self.connection(actor, key, name)
        row = self._inventory.get(actor, key, name)
        return LiveDomain(connection, self._pool.card(connection), _domain_of(row), row, None, {}, {})

    def read(
        self,
        actor: Actor,
        key: str,
        name: str,
        beside: Callable[[Connection], Mapping[str, Callable[[], Any]]] = lambda _connection: {},
    ) -> LiveDomain:
        """The domain, and what `beside` asks at the same time. Raises NotFound when neither upstream nor inventory has it.

        What was read live is stored in the inventory.
        """
        connection = self.connection(actor, key, name)
        row = self._inventory.get(actor, key, name)
        ref = row.ref if row is not None else None
        calls: dict[str, Callable[[], Any]] = {
            "domain": lambda: self._sync.reader(connection).read_domain(name, ref),
            **beside(connection),
        }
        gathered = self._gather(calls, self._page_seconds)
        live, problem = _outcome(connection, gathered.items.get("domain"), gathered.problems.get("domain"))
        if live is not None:
            self._inventory.upsert(live)
            row = self._inventory.get(actor, key, name)
        elif row is None:
            raise NotFound(msg("{domain} is not on {name}.", domain=display(name), name=connection.name))
        return LiveDomain(
            connection,
            self._pool.card(connection),
            live or _domain_of(row),
            row,
            problem,
            gathered.items,
            gathered.problems,
        )


def _outcome(
    connection: Connection, found: Domain | None, failure: GatehouseError | None
) -> tuple[Domain | None, Message | None]:
    if failure is None:
        return found, None
    if isinstance(failure, NotFound):
        return None, msg("{name} does not list this domain any more.", name=connection.name)
    return None, failure.message


def _domain_of(row: DomainRow | None) -> Domain:
    """The inventory's row as a domain; the row is there when this is called."""
    if row is None:
        raise NotFound(msg("There is no such domain."))
    return Domain(
        row.connection,
        row.name,
        row.aliases,
        row.routes,
        row.status,
        row.account,
        row.mailboxes,
        row.ref,
        row.extra,
    )
