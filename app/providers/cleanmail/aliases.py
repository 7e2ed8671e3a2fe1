"""Domain aliases: added in one call, removed one by one, replaced as a list (Cleanmail REST API manual, 5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.commands import AddAliases, RemoveAliases, SetAliases
from app.core.errors import Conflict
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire_domains import shown
from app.providers.cleanmail.writes import alive, just_before

Json = Any


class Aliases:
    """Adds and removes aliases of domains."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    def plan_add(self, command: AddAliases) -> list[Step]:
        """One step for all aliases that are not there yet. Raises NotFound, Conflict for a deleted domain."""
        record = self._reads.with_aliases(alive(self._reads.record(command.domain)))
        now = record.alias_names or ()
        return add_steps(command.connection, command.domain, now, command.aliases, record.id)

    def plan_remove(self, command: RemoveAliases) -> list[Step]:
        """A step for each alias that is there. Raises NotFound, Conflict for a deleted domain."""
        record = self._reads.with_aliases(alive(self._reads.record(command.domain)))
        now, steps = record.alias_names or (), []
        for alias in dict.fromkeys(command.aliases):
            if alias in now:
                rest = tuple(name for name in now if name != alias)
                steps.append(_remove_step(command, alias, now, rest, record.id))
                now = rest
        return steps

    def plan_set(self, command: SetAliases) -> list[Step]:
        """One step for the whole list, none when it is so already. Raises NotFound, Conflict (deleted domain, or moved)."""
        record = self._reads.with_aliases(alive(self._reads.record(command.domain)))
        now = record.alias_names or ()
        new, gone = command.difference(now)
        if not new and not gone:
            return []
        wanted = list(dict.fromkeys(command.aliases))
        back = SetAliases(
            connection=command.connection, domain=command.domain, aliases=list(now), expected=wanted
        )
        return [
            Step(
                verb=Verb.ALIASES_SET,
                subject=command.domain,
                domain=command.domain,
                args={"call": "editDomainAliases"},
                before={"aliases": list(now)},
                after={"aliases": wanted},
                inverse=[back.to_json()],
                ref={"id": record.id},
            )
        ]

    def apply_set(self, step: Step) -> Applied:
        """Sends the whole list, when the one that is there is still the one that was planned for. Raises Conflict if not."""
        with just_before(step):
            record = self._reads.with_aliases(self._reads.record(step.domain or "", step.ref))
        now = list(record.alias_names or ())
        if set(now) != set((step.before or {}).get("aliases", ())):
            text = msg(
                "The aliases of {domain} changed meanwhile. Nothing was sent.", domain=display(record.name)
            )
            raise Conflict(text, {"aliases": now})
        self._client.ask(
            "editDomainAliases", {"domainId": record.id, "body": (step.after or {}).get("aliases", [])}
        )
        return Applied()

    def observe_set(self, step: Step) -> Observed:
        """Whether the list is as the step wanted it."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        now = self._reads.with_aliases(record).alias_names or ()
        state = {"aliases": list(now)}
        if set(now) == set((step.after or {}).get("aliases", ())):
            return Observed(Seen.DONE, state)
        unchanged = set(now) == set((step.before or {}).get("aliases", ()))
        return Observed(Seen.NOT_DONE if unchanged else Seen.DIFFERS, state)

    def apply_remove(self, step: Step) -> Applied:
        """Finds the id of the alias by its name, as it is now, and removes it; nothing when it is gone already."""
        with just_before(step):
            record = self._reads.with_aliases(self._reads.record(step.domain or "", step.ref))
        alias = next((one for one in record.aliases or () if one.name == step.args["alias"]), None)
        if alias is not None:
            self._client.ask("deleteDomainAlias", {"domainId": record.id, "aliasId": alias.id})
        return Applied()

    def observe_add(self, step: Step) -> Observed:
        """Whether all aliases are there; DIFFERS when only some are."""
        return self._observe(step, step.args["arguments"]["body"], there=True)

    def observe_remove(self, step: Step) -> Observed:
        """Whether the alias is gone."""
        return self._observe(step, [step.args["alias"]], there=False)

    def _observe(self, step: Step, names: Sequence[str], *, there: bool) -> Observed:
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        now = self._reads.with_aliases(record).alias_names or ()
        as_wished = [(name in now) is there for name in names]
        seen = Seen.DONE if all(as_wished) else Seen.DIFFERS if any(as_wished) else Seen.NOT_DONE
        return Observed(seen, {"aliases": list(now)})


def add_steps(
    connection: str, domain: str, now: Sequence[str], wanted: Sequence[str], identity: str = ""
) -> list[Step]:
    """One step for all wanted aliases that are not among those that are there; none when all are. `identity`: the id of the
    domain, where it is there already."""
    new = [alias for alias in dict.fromkeys(wanted) if alias not in now]
    if not new:
        return []
    back = RemoveAliases(connection=connection, domain=domain, aliases=new)
    return [
        Step(
            verb=Verb.ALIAS_ADD,
            subject=f"{domain}: {shown(new)}",
            domain=domain,
            args={"call": "addDomainAlias", "arguments": {"body": new}},
            before={"aliases": list(now)},
            after={"aliases": [*now, *new]},
            inverse=[back.to_json()],
            ref={"id": identity} if identity else None,
        )
    ]


def _remove_step(
    command: RemoveAliases, alias: str, before: Sequence[str], after: Sequence[str], identity: str
) -> Step:
    back = AddAliases(connection=command.connection, domain=command.domain, aliases=[alias])
    return Step(
        verb=Verb.ALIAS_REMOVE,
        subject=f"{command.domain}: {display(alias)}",
        domain=command.domain,
        args={"call": "deleteDomainAlias", "alias": alias},
        before={"aliases": list(before)},
        after={"aliases": list(after)},
        inverse=[back.to_json()],
        ref={"id": identity},
    )
