"""A domain's own fields, whether it is enabled, and its way back (Cleanmail REST API manual, 5.5.15; notes, 10 and 11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.commands import DisableDomain, EditDomain, EnableDomain, RemoveDomain, RestoreDomain, parse
from app.core.errors import Conflict, Invalid, NotFound, UpstreamError
from app.core.model import DomainStatus, FieldKind, PolicyField
from app.core.names import display
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import literal, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.domain_fields import EDITABLE
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import id_of, read_rows, text_of
from app.providers.cleanmail.wire_domains import (
    CAN_BE_EMPTY,
    Record,
    edit_values,
    edited_fields,
    text_as_kept,
)
from app.providers.cleanmail.writes import alive

Json = Any
_WIRE_STATUS = {DomainStatus.ACTIVE: "ENABLED", DomainStatus.DISABLED: "DISABLED"}
_SWITCHED = {
    EnableDomain: (Verb.DOMAIN_ENABLE, DomainStatus.ACTIVE),
    DisableDomain: (Verb.DOMAIN_DISABLE, DomainStatus.DISABLED),
}
_BACK: Mapping[DomainStatus, type[EnableDomain | DisableDomain]] = {
    DomainStatus.ACTIVE: EnableDomain,
    DomainStatus.DISABLED: DisableDomain,
}


class Details:
    """Edits, enables, disables and restores domains."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    # --- reading ----------------------------------------------------------------------------------------------------

    def fields(self, domain: str) -> list[PolicyField]:
        """The fields that can be edited, with their values as texts. Raises NotFound.

        The policies to choose from are asked for; where that is refused, a policy's id can be entered.
        """
        record = self._reads.record(domain)
        values, policies = edit_values(record), self._policies(record)
        found = []
        for setting in EDITABLE:
            choices = policies if setting.name == "policyId" else setting.choices
            found.append(
                PolicyField(
                    setting.name,
                    setting.label,
                    FieldKind.CHOICE if choices else setting.kind,
                    value=values[setting.name],
                    help=setting.help,
                    choices=choices,
                    writable=not record.deleted,
                )
            )
        return found

    def _policies(self, record: Record) -> tuple[tuple[str, Any], ...]:
        try:
            rows = read_rows(self._client.call("listDomainPolicies", {"domainId": record.id}))
        except UpstreamError:
            return ()
        return tuple((id_of(row), literal(text_of(row, "name", 100))) for row in rows if id_of(row))

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_edit(self, command: EditDomain) -> list[Step]:
        """One PATCH with what differs, none when nothing does. Raises NotFound, Invalid, Conflict (deleted, or moved)."""
        wanted = edited_fields(command.fields)
        record = alive(self._reads.record(command.domain))
        now = edit_values(record)
        unknown = {f"fields.{name}": msg("There is no such field.") for name in wanted if name not in now}
        if unknown:
            raise Invalid(unknown)
        texts = {name: text_as_kept(value) for name, value in wanted.items()}
        changed = [name for name, text in texts.items() if text != now[name]]
        _check_expected(command, now, changed)
        if not changed:
            return []
        before, after = ({name: state[name] for name in changed} for state in (now, texts))
        inverse = _edit_back(command, before, after)
        return [
            Step(
                verb=Verb.DOMAIN_EDIT,
                subject=command.domain,
                domain=command.domain,
                args=_call({name: wanted[name] for name in changed}, skip=command.skip_mx_check),
                before=before,
                after=after,
                inverse=inverse,
                lost=[] if inverse else [msg("A field was empty that cannot be emptied again.")],
                ref={"id": record.id},
            )
        ]

    def plan_switch(self, command: EnableDomain | DisableDomain) -> list[Step]:
        """One PATCH, or none when it is so already. Raises NotFound, Conflict for a deleted domain."""
        record = alive(self._reads.record(command.domain))
        verb, wanted = _SWITCHED[type(command)]
        if record.status is wanted:
            return []
        back = _BACK.get(record.status)
        inverse = None if back is None else [_same(command, back)]
        return [
            Step(
                verb=verb,
                subject=command.domain,
                domain=command.domain,
                args=_call({"status": _WIRE_STATUS[wanted]}, skip=command.skip_mx_check),
                before={"status": record.status.value},
                after={"status": wanted.value},
                inverse=inverse,
                lost=[]
                if inverse
                else [msg("Its status “{status}” is not brought back.", status=record.status.value)],
                ref={"id": record.id},
            )
        ]

    def plan_restore(self, command: RestoreDomain) -> list[Step]:
        """The PATCH that takes the deletion back, none for a domain that is not deleted. Raises NotFound once it is purged."""
        record = self._reads.record_or_none(command.domain) or self._reads.deleted(command.domain)
        if record is None:
            raise NotFound(
                msg(
                    "{domain} is not among the deleted domains either: Cleanmail has purged it, or this token cannot see it.",
                    domain=display(command.domain),
                )
            )
        if not record.deleted:
            return []
        return [restore_step(command.connection, record, {}, skip=command.skip_mx_check)]

    # --- what became of them ----------------------------------------------------------------------------------------

    def observe_edit(self, step: Step) -> Observed:
        """Whether the fields are as the step wanted them."""
        return self._observe(step, edit_values)

    def observe_switch(self, step: Step) -> Observed:
        """Whether the status is as the step wanted it."""
        return self._observe(step, lambda record: {"status": record.status.value})

    def _observe(self, step: Step, read: Callable[[Record], Mapping[str, Json]]) -> Observed:
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        state, wanted = read(record), step.after or {}
        now = {name: state.get(name) for name in wanted}
        if now == dict(wanted):
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if now == dict(step.before or {}) else Seen.DIFFERS, now)


def restore_step(connection: str, there: Record, changed: Mapping[str, str], *, skip: bool = False) -> Step:
    """The step that takes a deletion back and sets the fields that `changed` names with it; `skip`: without the MX check."""
    now = edit_values(there)
    return Step(
        verb=Verb.DOMAIN_RESTORE,
        subject=there.name,
        domain=there.name,
        args=_call({**inferred.RESTORED, **changed}, skip=skip),
        before={"status": there.status.value, **{name: now[name] for name in changed}},
        after={"status": DomainStatus.ACTIVE.value, **changed},
        inverse=[RemoveDomain(connection=connection, domain=there.name).to_json()],
        ref={"id": there.id},
    )


def mx_header(*, skip: bool) -> dict[str, str]:
    """The argument that switches Cleanmail's MX check off: only where a person asked for it (notes, 10)."""
    return {"X-Ignore-MX": "true"} if skip else {}


def _call(fields: Mapping[str, Json], *, skip: bool) -> dict[str, Json]:
    return {"call": "editDomain", "arguments": {**fields, **mx_header(skip=skip)}}


def _check_expected(command: EditDomain, now: Mapping[str, str], changed: Sequence[str]) -> None:
    """Raises Conflict when a field that would change is no longer what the person saw."""
    seen = command.expected or {}
    moved = {name: now[name] for name in changed if name in seen and seen[name] != now[name]}
    if moved:
        text = msg(
            "{fields} of {domain} changed since you saw it. Nothing was sent.",
            fields=", ".join(moved),
            domain=display(command.domain),
        )
        raise Conflict(text, moved)


def _edit_back(
    command: EditDomain, before: Mapping[str, str], after: Mapping[str, str]
) -> list[dict[str, Json]] | None:
    """The command that brings the fields back, None where one was empty that cannot be emptied, or cannot be entered."""
    if any(not text and name not in CAN_BE_EMPTY for name, text in before.items()):
        return None
    whose = {"connection": command.connection, "domain": command.domain}
    more = {"skip_mx_check": True} if command.skip_mx_check else {}
    try:
        back = parse(EditDomain, {**whose, "fields": before, "expected": after, **more})
        edited_fields(back.fields)
    except Invalid:
        return None
    return [back.to_json()] if back.fields == before else None


def _same(
    command: EnableDomain | DisableDomain, model: type[EnableDomain | DisableDomain]
) -> dict[str, Json]:
    back = model(connection=command.connection, domain=command.domain, skip_mx_check=command.skip_mx_check)
    return back.to_json()
