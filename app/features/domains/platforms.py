"""The platforms of a domain: where mail of everybody goes, and that of single mailboxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, PlatformReader, require
from app.core.commands import SetPlatforms
from app.core.errors import GatehouseError
from app.core.model import Connection
from app.core.names import display
from app.core.platforms import Platform
from app.core.ports import Feedback
from app.core.text import msg
from app.operations.executor import Execution, Executor
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of


@dataclass(frozen=True, slots=True)
class DomainPlatforms:
    """A domain with its platforms; None: they could not be read, `failure` says why."""

    found: LiveDomain
    platforms: Sequence[Platform] | None
    failure: GatehouseError | None


class PlatformService:
    """The use cases around platforms."""

    def __init__(self, executor: Executor, live: LiveDomains, pool: DriverPool, feedback: Feedback) -> None:
        self._executor = executor
        self._live = live
        self._pool = pool
        self._feedback = feedback

    def read(self, actor: Actor, key: str, name: str) -> DomainPlatforms:
        """The platforms of a domain, read live beside it. Raises NotFound for a domain that is not there."""
        actor.require(Right.VIEW_DOMAINS)
        found = self._live.read(
            actor, key, name, lambda connection: {"platforms": lambda: self._read(connection, name)}
        )
        return DomainPlatforms(found, found.items.get("platforms"), found.problems.get("platforms"))

    def change(self, actor: Actor, command: SetPlatforms, request_key: str) -> Execution:
        """Replaces the platforms; raises the failure when nothing was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        text = msg("Changed the platforms of {domain}.", domain=display(command.domain))
        self._feedback.show(report_of(execution, text))
        return execution

    def _read(self, connection: Connection, name: str) -> Sequence[Platform]:
        require(self._pool.card(connection), Capability.PLATFORMS_READ)
        driver = self._pool.driver(connection)
        return driver.read_platforms(name) if isinstance(driver, PlatformReader) else ()
