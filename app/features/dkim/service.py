"""Show, set and remove the DKIM key of a domain, and look whether DNS publishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, DkimReader
from app.core.commands import RemoveDkim, SetDkim
from app.core.dkim import DkimRecord
from app.core.errors import NotSupported
from app.core.model import Connection, Reading
from app.core.names import display
from app.core.ports import Checker, Feedback
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor, Plan
from app.operations.gather import Gather
from app.operations.guard import check_typed
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of

CHECKED = 50
"""Records of one domain that DNS is asked for; the others of a domain with very many aliases are shown unchecked."""


@dataclass(frozen=True, slots=True)
class Key:
    """A record to publish, and what DNS says of it; `published` None: not asked."""

    record: DkimRecord
    published: Reading | None


@dataclass(frozen=True, slots=True)
class DkimPage:
    """The keys of a domain. `problem`: why they could not be read."""

    found: LiveDomain
    keys: Sequence[Key]
    problem: Message | None


class DkimService:
    """The use cases around DKIM keys."""

    def __init__(
        self,
        executor: Executor,
        live: LiveDomains,
        pool: DriverPool,
        gather: Gather,
        checks: Checker,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._live = live
        self._pool = pool
        self._gather = gather
        self._checks = checks
        self._page_seconds = page_seconds
        self._feedback = feedback

    def page(self, actor: Actor, key: str, domain: str) -> DkimPage:
        """The keys, read live, each looked up in DNS. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        found = self._live.read(actor, key, domain, lambda connection: self._asked(connection, domain))
        if Capability.DKIM_READ not in found.card.can:
            return DkimPage(found, (), found.card.reason(Capability.DKIM_READ))
        problem = found.problems.get("dkim")
        records: Sequence[DkimRecord] = found.items.get("dkim", ())
        return DkimPage(
            found, self._looked_up(found.connection, records), problem.message if problem else None
        )

    def set(self, actor: Actor, command: SetDkim, request_key: str) -> Execution:
        """Gives the domain a key, or (`replace`) another one. Raises the first failure when nothing was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        done = msg(
            "{domain} has a new DKIM key. Publish its record now: until then, receivers find no valid signature.",
            domain=display(command.domain),
        )
        self._feedback.show(report_of(execution, done))
        return execution

    def removal_plan(self, actor: Actor, key: str, domain: str) -> Plan:
        """What removing the key would send. Nothing is changed."""
        return self._executor.plan(actor, RemoveDkim(connection=key, domain=domain))

    def remove(
        self, actor: Actor, command: RemoveDkim, request_key: str, *, typed: str, confirmed: str = ""
    ) -> Execution:
        """Takes the key away, when the domain's name was typed. Raises Invalid, Conflict, and the first failure."""
        self._executor.connection(actor, command)
        check_typed(display(command.domain), display(typed.strip().lower()))
        execution = self._executor.execute(actor, command, request_key=request_key, confirmed=confirmed)
        execution.raise_if_nothing_done()
        done = msg(
            "The DKIM key of {domain} is removed; its mail is no longer signed.",
            domain=display(command.domain),
        )
        self._feedback.show(report_of(execution, done))
        return execution

    # --- inner parts ---

    def _asked(self, connection: Connection, domain: str) -> Mapping[str, Callable[[], Any]]:
        """What is asked beside the domain itself."""
        card = self._pool.card(connection)
        if Capability.DKIM_READ not in card.can:
            return {}
        return {"dkim": lambda: self._reader(connection).read_dkim(domain)}

    def _reader(self, connection: Connection) -> DkimReader:
        driver = self._pool.driver(connection)
        if not isinstance(driver, DkimReader):
            reason = self._pool.card(connection).reason(Capability.DKIM_READ)
            raise NotSupported(Capability.DKIM_READ, reason)
        return driver

    def _looked_up(self, connection: Connection, records: Sequence[DkimRecord]) -> list[Key]:
        calls = {
            str(number): partial(self._checks.dkim_record, connection, record)
            for number, record in enumerate(records[:CHECKED])
        }
        answers = self._gather(calls, self._page_seconds).items
        return [Key(record, answers.get(str(number))) for number, record in enumerate(records)]
