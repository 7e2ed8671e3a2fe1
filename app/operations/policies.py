"""Policies with names, read live and kept: for pages, and for a job that reads those of every domain."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.capabilities import Capability, require
from app.core.errors import NotFound, NotSupported
from app.core.model import Connection
from app.core.policies import NamedPolicy, PolicyReader, PolicyReadings
from app.core.ports import Connections, ItemState, Job, JobItem
from app.core.text import msg
from app.operations.pool import DriverPool
from app.operations.worker import Control, Result


class LivePolicies:
    """Reads the policies of domains from their upstreams."""

    def __init__(self, pool: DriverPool, readings: PolicyReadings) -> None:
        self._pool = pool
        self._readings = readings

    def reader(self, connection: Connection) -> PolicyReader:
        """The driver's part for policies. Raises NotSupported with the card's reason."""
        card = self._pool.card(connection)
        require(card, Capability.POLICIES_READ)
        driver = self._pool.driver(connection)
        if not isinstance(driver, PolicyReader):
            raise NotSupported(Capability.POLICIES_READ, card.reason(Capability.POLICIES_READ))
        return driver

    def read(self, connection: Connection, domain: str) -> Sequence[NamedPolicy]:
        """The policies of a domain; what was read is kept. Raises as the driver does."""
        try:
            policies = self.reader(connection).list_policies(domain)
        except NotFound:
            self._readings.store(connection.key, domain, ())
            raise
        self._readings.store(connection.key, domain, policies)
        return policies


class ReadPoliciesItem:
    """The item that reads the policies of one domain: {"command": "read_policies", "connection", "domain"}."""

    def __init__(self, connections: Connections, policies: LivePolicies) -> None:
        self._connections = connections
        self._policies = policies

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Reads and keeps them; the text says how many there are."""
        key, domain = str(item.command.get("connection")), str(item.command.get("domain"))
        connection = self._connections.get(job.actor, key)
        if connection is None or not job.actor.sees(key, domain):
            raise NotFound(msg("The connection is gone."))
        found = self._policies.read(connection, domain)
        return ItemState.DONE, msg("{count} policies", count=len(found))
