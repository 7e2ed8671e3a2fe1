"""Domain aliases: a call for each (contract sheet, 4.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.commands import AddAliases, RemoveAliases, SetAliases
from app.core.plan import Observed, Seen, Step, Verb
from app.providers.spamexperts.domain_calls import DomainCalls, Said
from app.providers.spamexperts.reads import DomainReads


class Aliases:
    """Adds and removes aliases of domains."""

    def __init__(self, reads: DomainReads, calls: DomainCalls) -> None:
        self._reads = reads
        self._calls = calls

    def plan_add(self, command: AddAliases) -> list[Step]:
        """A step for each alias that is not there yet. Raises NotFound."""
        now = self._reads.read(command.domain).aliases or ()
        return add_steps(self._calls, command.connection, command.domain, now, command.aliases)

    def plan_set(self, command: SetAliases) -> list[Step]:
        """Steps for what differs: first the new aliases, then those that go. Raises NotFound, Conflict when it moved."""
        new, gone = command.difference(self._reads.read(command.domain).aliases or ())
        whose = {"connection": command.connection, "domain": command.domain}
        added = self.plan_add(AddAliases(**whose, aliases=new)) if new else []
        return added + (self.plan_remove(RemoveAliases(**whose, aliases=gone)) if gone else [])

    def plan_remove(self, command: RemoveAliases) -> list[Step]:
        """A step for each alias that is there. Raises NotFound."""
        now = self._reads.read(command.domain).aliases or ()
        steps = []
        for alias in dict.fromkeys(command.aliases):
            if alias in now:
                rest = tuple(name for name in now if name != alias)
                said = self._calls.alias(command.domain, alias, add=False)
                steps.append(_step(said, command.connection, command.domain, alias, now, rest))
                now = rest
        return steps

    def observe(self, step: Step) -> Observed:
        """Whether the alias is there (or gone)."""
        domain = self._reads.read_or_none(step.domain or "")
        if domain is None:
            return Observed(Seen.DIFFERS)
        now = domain.aliases or ()
        done = (step.args["arguments"]["alias"] in now) is (step.verb is Verb.ALIAS_ADD)
        return Observed(Seen.DONE if done else Seen.NOT_DONE, {"aliases": list(now)})


def add_steps(
    calls: DomainCalls, connection: str, domain: str, now: Sequence[str], wanted: Sequence[str]
) -> list[Step]:
    """A step for each wanted alias that is not among those that are there now."""
    steps = []
    for alias in dict.fromkeys(wanted):
        if alias not in now:
            after = (*now, alias)
            said = calls.alias(domain, alias, add=True)
            steps.append(_step(said, connection, domain, alias, now, after))
            now = after
    return steps


def _step(
    said: Said, connection: str, domain: str, alias: str, before: Sequence[str], after: Sequence[str]
) -> Step:
    adds = len(after) > len(before)
    back = {
        "command": RemoveAliases.command if adds else AddAliases.command,
        "connection": connection,
        "domain": domain,
        "aliases": [alias],
    }
    return Step(
        verb=Verb.ALIAS_ADD if adds else Verb.ALIAS_REMOVE,
        subject=f"{domain}: {alias}",
        domain=domain,
        args=said,
        before={"aliases": list(before)},
        after={"aliases": list(after)},
        inverse=[back],
    )
