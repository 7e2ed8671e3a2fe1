"""Another name for a domain (Cleanmail REST API manual, 5.5.15 and 6.21)."""

from __future__ import annotations

from app.core.commands import RenameDomain
from app.core.errors import Conflict
from app.core.names import display
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.cleanmail.details import mx_header
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.writes import alive


class Rename:
    """Plans that a domain gets another name, and looks what became of it."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def plan(self, command: RenameDomain) -> list[Step]:
        """One PATCH. Raises NotFound, Conflict for a deleted domain, and where the new name is taken: by a domain that this
        token sees, or by an alias of this very one."""
        record = alive(self._reads.record(command.domain))
        if command.new_name in (self._reads.with_aliases(record).alias_names or ()):
            text = msg(
                "{name} is an alias of {domain}. Remove the alias first. Nothing was sent.",
                name=display(command.new_name),
                domain=display(record.name),
            )
            raise Conflict(text)
        taken = self._reads.record_or_none(command.new_name)
        if taken is not None:
            text = msg(
                "There is a domain {name} already (status “{status}”). Nothing was sent.",
                name=display(taken.name),
                status=taken.status.value,
            )
            raise Conflict(text, {"status": taken.status.value})
        names = [command.domain, command.new_name]
        back = command.model_copy(update={"domain": command.new_name, "new_name": command.domain})
        return [
            Step(
                verb=Verb.DOMAIN_RENAME,
                subject=command.domain,
                domain=command.domain,
                args={
                    "call": "editDomain",
                    "arguments": {"name": command.new_name, **mx_header(skip=command.skip_mx_check)},
                    "domains": names,
                },
                before={"name": command.domain},
                after={"name": command.new_name},
                inverse=[back.to_json()],
                ref={"id": record.id},
            )
        ]

    def observe(self, step: Step) -> Observed:
        """Whether the very domain of the step has the new name, or still the old one."""
        old, new = step.args["domains"]
        for name, seen in ((new, Seen.DONE), (old, Seen.NOT_DONE)):
            record = self._reads.record_or_none(name, step.ref)
            if record is not None and {"id": record.id} == step.ref:
                return Observed(seen, {"name": name})
        return Observed(Seen.DIFFERS)
