"""Upstream -> inventory: all domains of a connection in batches, or the one row that a write touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.core.capabilities import Capability, DomainReader, require
from app.core.errors import GatehouseError, NotFound, NotSupported, UpstreamError
from app.core.mailboxes import MailboxBook
from app.core.model import Connection
from app.core.ports import Inventory
from app.core.rule_ports import RuleBook
from app.core.text import Message, msg
from app.operations.guard import shrank_suspiciously
from app.operations.pool import DriverPool


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: domains seen, domains marked missing, or held for a person."""

    seen: int
    missing: int
    held: bool = False

    @property
    def text(self) -> Message:
        """One sentence about it."""
        if self.held:
            return msg(
                "{seen} domains read, {missing} would go missing: waiting for a person to look.",
                seen=self.seen,
                missing=self.missing,
            )
        return msg("{seen} domains read, {missing} newly missing.", seen=self.seen, missing=self.missing)


class Sync:
    """Copies what upstreams say into the inventory."""

    def __init__(
        self, pool: DriverPool, inventory: Inventory, rules: RuleBook, mailboxes: MailboxBook
    ) -> None:
        self._pool = pool
        self._inventory = inventory
        self._rules = rules
        self._mailboxes = mailboxes

    def reader(self, connection: Connection) -> DomainReader:
        """The driver as a reader of domains. Raises NotSupported with the card's reason."""
        require(self._pool.card(connection), Capability.DOMAINS_READ)
        driver = self._pool.driver(connection)
        if not isinstance(driver, DomainReader):
            raise NotSupported(
                Capability.DOMAINS_READ, self._pool.card(connection).reason(Capability.DOMAINS_READ)
            )
        return driver

    def run(
        self,
        connection: Connection,
        progress: Callable[[int], None] = lambda _seen: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Synced:
        """Reads every domain of the connection. Raises the upstream's error after noting it; nothing is then marked.

        A list that shrank suspiciously is kept back: its rows are stored, nothing is marked as missing.
        """
        run_id = self._inventory.begin_sync(connection.key)
        seen = 0
        try:
            for batch in self.reader(connection).list_domains():
                self._inventory.put_batch(run_id, connection.key, batch)
                seen += len(batch)
                progress(seen)
                if stopping():
                    raise SyncStopped(msg("Stopped after {seen} domains.", seen=seen))
        except GatehouseError as error:
            self._inventory.fail_sync(run_id, connection.key, error.message)
            raise
        except Exception:
            text = msg("An error inside Gatehouse; the log of the worker has the details.")
            self._inventory.fail_sync(run_id, connection.key, text)
            raise
        missing, known = self._inventory.missing_after(run_id, connection.key)
        if shrank_suspiciously(known, missing):
            self._inventory.hold_sync(run_id, connection.key, seen, missing)
            return Synced(seen, missing, held=True)
        return Synced(seen, self._inventory.finish_sync(run_id, connection.key))

    def refresh(self, connection: Connection, name: str) -> Message | None:
        """Reads one domain back into its row. A failure marks the row as old and is returned, not raised."""
        try:
            domain = self.reader(connection).read_domain(name)
        except NotFound:
            self._inventory.forget(connection.key, name)
            self._rules.forget(connection.key, name)
            self._mailboxes.forget(connection.key, name)
        except (UpstreamError, NotSupported) as error:
            self._inventory.mark_stale(connection.key, name)
            return error.message
        else:
            self._inventory.upsert(domain)
        return None


class SyncStopped(GatehouseError):
    """A person stopped the sync."""
