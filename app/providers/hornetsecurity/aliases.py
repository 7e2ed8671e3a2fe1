"""Alias domains of a customer: added in one call, removed one by one (Hornetsecurity contract sheet, 5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.commands import AddAliases, RemoveAliases, SetAliases
from app.core.errors import AlreadyThere, Rejected
from app.core.model import Connection
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire import NoPermission, number, read_answer
from app.providers.hornetsecurity.wire_domains import DomainRow, read_added, read_deletion

Json = Any

ADD, REMOVE = "PUT /domains/", "DELETE /domains/{domain_id}/"


class Aliases:
    """Adds and removes alias domains."""

    def __init__(self, connection: Connection, panel: ControlPanel, places: Places) -> None:
        self._parallel = connection.parallel
        self._panel = panel
        self._places = places

    def plan_add(self, command: AddAliases) -> list[Step]:
        """One step for all aliases that are not there yet. Raises NotFound."""
        place = self._places.find(command.domain)
        return add_steps(command.connection, command.domain, tuple(place.aliases), command.aliases, place.ref)

    def plan_set(self, command: SetAliases) -> list[Step]:
        """Steps for what differs: first the new aliases, then those that go. Raises NotFound, Conflict when it moved."""
        new, gone = command.difference(tuple(self._places.find(command.domain).aliases))
        whose = {"connection": command.connection, "domain": command.domain}
        added = self.plan_add(AddAliases(**whose, aliases=new)) if new else []
        return added + (self.plan_remove(RemoveAliases(**whose, aliases=gone)) if gone else [])

    def plan_remove(self, command: RemoveAliases) -> list[Step]:
        """A step for each alias that is there; what goes with it is asked before. Raises NotFound."""
        place = self._places.find(command.domain)
        gone = [place.aliases[name] for name in dict.fromkeys(command.aliases) if name in place.aliases]
        lost = side_by_side(self._lost, gone, self._parallel)
        now, steps = tuple(place.aliases), []
        for row, losses in zip(gone, lost, strict=True):
            rest = tuple(name for name in now if name != row.name)
            steps.append(_remove_step(command, row, now, rest, losses))
            now = rest
        return steps

    def apply_add(self, step: Step) -> Applied:
        """Sends the names. The panel skips those that another customer has without a word, so they become warnings;
        when it added none of them, that is a refusal."""
        names = step.args["aliases"]
        with nothing_sent():
            object_id = self._object_id(step)
        answer = self._panel.write(ADD, query={"object_id": object_id}, body={"domains": names})
        added = read_added(answer)
        skipped = [] if added is None else [name for name in names if name not in added]
        if skipped and len(skipped) == len(names):
            raise AlreadyThere(
                f"none added, they are in the panel already: {', '.join(skipped)}", status=answer.status
            )
        return Applied(warnings=tuple(f"{name} was skipped: it is in the panel already." for name in skipped))

    def apply_remove(self, step: Step) -> Applied:
        """Removes one alias domain."""
        read_answer(self._panel.write(REMOVE, ids={"domain_id": int(step.args["domain_id"])}))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the aliases are there (or gone); some of several are neither."""
        place = self._places.find_or_none(step.domain or "")
        if place is None:
            return Observed(Seen.DIFFERS)
        adds = step.verb is Verb.ALIAS_ADD
        done = [(name in place.aliases) is adds for name in step.args["aliases"]]
        seen = Seen.DONE if all(done) else Seen.DIFFERS if any(done) else Seen.NOT_DONE
        return Observed(seen, {"aliases": list(place.aliases)})

    def _object_id(self, step: Step) -> int:
        """The customer that the plan found, else by its name."""
        hinted = number(step.ref.get("object_id")) if isinstance(step.ref, dict) else None
        return self._places.hierarchy.customer(step.domain or "").id if hinted is None else hinted

    def _lost(self, row: DomainRow) -> list[Message]:
        """What goes with an alias domain for good."""
        lost = [msg("A route and settings of {alias} of its own, and addresses in it.", alias=row.name)]
        try:
            ids = {"domain_id": row.id}
            deleted, moved = read_deletion(
                self._panel.read("GET /domains/{domain_id}/deletion_info/", ids=ids)
            )
        except (Rejected, NoPermission):
            return [
                *lost,
                msg("Perhaps mailboxes: the panel does not tell how many are in {alias}.", alias=row.name),
            ]
        if deleted:
            lost.insert(
                0, msg("{count} mailboxes in {alias} with their mail.", count=deleted, alias=row.name)
            )
        if moved:
            lost.append(msg("{count} mailboxes move to the primary domain and stay there.", count=moved))
        return lost


def add_steps(
    connection: str, domain: str, now: Sequence[str], wanted: Sequence[str], ref: Json = None
) -> list[Step]:
    """The step that adds the wanted aliases that are not among those that are there now, if any are missing."""
    names = [name for name in dict.fromkeys(wanted) if name not in now]
    if not names:
        return []
    back = {"command": RemoveAliases.command, "connection": connection, "domain": domain, "aliases": names}
    return [
        Step(
            verb=Verb.ALIAS_ADD,
            subject=f"{domain}: {', '.join(names)}",
            domain=domain,
            args={"call": ADD, "aliases": names},
            before={"aliases": list(now)},
            after={"aliases": [*now, *names]},
            inverse=[back],
            ref=ref,
        )
    ]


def _remove_step(
    command: RemoveAliases, row: DomainRow, now: Sequence[str], rest: Sequence[str], lost: Sequence[Message]
) -> Step:
    back = {
        "command": AddAliases.command,
        "connection": command.connection,
        "domain": command.domain,
        "aliases": [row.name],
    }
    return Step(
        verb=Verb.ALIAS_REMOVE,
        subject=f"{command.domain}: {row.name}",
        domain=command.domain,
        args={"call": REMOVE, "domain_id": row.id, "aliases": [row.name]},
        before={"aliases": list(now)},
        after={"aliases": list(rest)},
        inverse=[back],
        lost=lost,
    )
