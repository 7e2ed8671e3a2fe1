"""Show, add and remove the aliases of a domain."""

from __future__ import annotations

from app.core.actor import Actor, Right
from app.core.commands import AddAliases, RemoveAliases, SetAliases
from app.core.names import display
from app.core.ports import Feedback
from app.core.text import msg
from app.operations.executor import Execution, Executor, Plan
from app.operations.live import LiveDomain, LiveDomains
from app.operations.reports import report_of


class AliasService:
    """The use cases around domain aliases."""

    def __init__(self, executor: Executor, live: LiveDomains, feedback: Feedback) -> None:
        self._executor = executor
        self._live = live
        self._feedback = feedback

    def read(self, actor: Actor, key: str, domain: str) -> LiveDomain:
        """The domain with its aliases, read live. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        return self._live.read(actor, key, domain)

    def change(self, actor: Actor, command: AddAliases | RemoveAliases, request_key: str) -> Execution:
        """Adds or removes aliases, one step each. Raises the first failure when nothing at all was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        self._told(execution, command)
        return execution

    def replace_plan(self, actor: Actor, command: SetAliases) -> Plan:
        """What replacing the list would send now; nothing is changed."""
        return self._executor.plan(actor, command)

    def replace(self, actor: Actor, command: SetAliases, request_key: str, confirmed: str = "") -> Execution:
        """Replaces the whole list; `confirmed` is the checksum of the plan that a person saw."""
        execution = self._executor.execute(actor, command, request_key=request_key, confirmed=confirmed)
        execution.raise_if_nothing_done()
        text = msg("Replaced the aliases of {domain}.", domain=display(command.domain))
        self._feedback.show(report_of(execution, text))
        return execution

    def _told(self, execution: Execution, command: AddAliases | RemoveAliases) -> None:
        names = ", ".join(display(alias) for alias in command.aliases)
        template = (
            "Added {aliases} to {domain}."
            if isinstance(command, AddAliases)
            else "Removed {aliases} from {domain}."
        )
        self._feedback.show(
            report_of(execution, msg(template, aliases=names, domain=display(command.domain)))
        )
