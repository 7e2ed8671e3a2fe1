"""Options of a domain: its own value, or the one it inherits (Cleanmail REST API manual, 5.5.4, 5.5.10, 5.5.14, 6.40 to 6.42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.core.commands import SetSetting, parse
from app.core.errors import (
    BadCredentials,
    Invalid,
    Malformed,
    NotFound,
    NotSupported,
    Rejected,
    UpstreamError,
)
from app.core.model import FieldKind, PolicyField, Source
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import Message, literal, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, read_rows, text_of
from app.providers.cleanmail.wire_domains import Record
from app.providers.cleanmail.writes import alive

Json = Any

_KINDS = {"BOOL": FieldKind.SWITCH, "LIST": FieldKind.CHOICE}
_HIDDEN = msg(
    "It holds credentials: they are neither shown nor changed here, only in Cleanmail's own interface."
)
_RESTRICTED = msg("Only an account with the sysadmin role can change it.")
_NO_DEFAULTS = msg(
    "Cleanmail's API has options of domains and mailboxes only; what they inherit is set in Cleanmail's own interface."
)


class Options:
    """The options of one connection's domains. Their definitions are asked for once: only an operator changes them."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client
        self._definitions: tuple[PolicyField, ...] = ()

    # --- reading ----------------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[PolicyField]:
        """The options that domains have, without values: as the first domain shows them. Empty when that cannot be asked
        (no domain, no answer, no permission)."""
        if not self._definitions:
            try:
                first = read_rows(self._client.call("listDomains", {"pageSize": 1, "sort": "id"}))
                if first:
                    self._read(id_of(first[0]))
            except UpstreamError:
                return ()
        return self._definitions

    def read_all(self, domain: str | None, names: Sequence[str] | None = None) -> list[PolicyField]:
        """The options of a domain with their values. Raises NotFound, and NotSupported for the defaults themselves."""
        if domain is None:
            raise NotSupported("settings_read", _NO_DEFAULTS)
        fields = self._read(self._reads.record(domain).id)
        return [field for field in fields if names is None or field.name in names]

    def own_values(self, record: Record) -> dict[str, str]:
        """The values that are set on the domain itself, but no credentials; nothing where they may not be read."""
        try:
            fields = self._read(record.id)
        except (Rejected, BadCredentials, Malformed):
            return {}
        own = (f for f in fields if f.source is Source.OWN and f.problem is None)
        return {field.name: str(field.value) for field in own}

    def _read(self, identity: str) -> list[PolicyField]:
        return [field for field, _ in self._read_rows(identity)]

    def _read_rows(self, identity: str) -> list[tuple[PolicyField, Row]]:
        rows = read_rows(self._client.call("listDomainOptions", {"domainId": identity}))
        found = [(field, row) for row in rows if (field := read_option(row)) is not None]
        self._definitions = tuple(
            replace(f, value=None, source=Source.UNKNOWN, default=None, problem=None) for f, _ in found
        )
        return found

    # --- writing ----------------------------------------------------------------------------------------------------

    def plan_set(self, command: SetSetting) -> list[Step]:
        """One step, or none when it is already so. Raises NotFound, Invalid, NotSupported, Conflict (deleted domain)."""
        if command.domain is None:
            raise NotSupported("settings_write", _NO_DEFAULTS)
        record = alive(self._reads.record(command.domain))
        found = next((both for both in self._read_rows(record.id) if both[0].name == command.name), None)
        if found is None:
            raise NotFound(msg("Cleanmail has no option “{name}” here.", name=command.name))
        field, row = found
        if not field.writable:
            raise NotSupported("settings_write", field.problem or _HIDDEN)
        value = None if command.value is None else checked(field, command.value)
        own = field.source is Source.OWN
        if own is (value is not None) and (value is None or value == field.value):
            return []
        before = {"own": own, "value": field.value}
        after = {"own": value is not None, "value": field.default if value is None else value}
        return [_step(command, record, _arguments(field, row, after), before, after)]

    def observe(self, step: Step) -> Observed:
        """Whether the option is as the step wanted it."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        fields = [] if record is None else self._read(record.id)
        field = next((f for f in fields if f.name == step.args["option"]), None)
        if field is None:
            return Observed(Seen.DIFFERS)
        seen, wanted = {"own": field.source is Source.OWN, "value": field.value}, step.after or {}
        if seen["own"] == wanted.get("own") and (not seen["own"] or seen["value"] == wanted.get("value")):
            return Observed(Seen.DONE, seen)
        return Observed(Seen.NOT_DONE if seen == step.before else Seen.DIFFERS, seen)


# --- Translation ------------------------------------------------------------------------------------------------------


def read_option(row: Row, scope: str = "domainScope") -> PolicyField | None:
    """An option with its value, None for a row that has no definition or is not for this scope."""
    definition = row.get("option")
    if not isinstance(definition, dict) or definition.get(scope) is False:
        return None
    name, kind = text_of(definition, "name", 100), text_of(definition, "type").upper()
    if not name:
        return None
    secret = kind in inferred.SECRET_OPTIONS
    own, parent = row.get("value"), row.get("parentValue")
    field = PolicyField(
        name=name,
        label=literal(name.replace("_", " ").capitalize()),
        kind=FieldKind.SECRET if secret else _KINDS.get(kind, FieldKind.TEXT),
        source=Source.INHERITED if own is None else Source.OWN,
        help=_help(definition),
        choices=tuple((value, literal(value)) for value in _values(definition)),
        writable=not secret,
        problem=_HIDDEN if secret else None,
    )
    if secret:
        return field
    return replace(field, value=_shown(field, parent if own is None else own), default=_shown(field, parent))


def checked(field: PolicyField, text: str) -> Json:
    """What a person entered, as the field's value. Raises Invalid with the problem of the field "value"."""
    if field.kind is FieldKind.SWITCH:
        found = inferred.flag(text)
        if found is None:
            raise Invalid({"value": msg("Choose on or off.")})
        return found
    allowed = [value for value, _ in field.choices]
    if field.kind is FieldKind.CHOICE and allowed and text not in allowed:
        raise Invalid({"value": msg("Choose one of {choices}.", choices=", ".join(allowed))})
    return text


def _shown(field: PolicyField, value: Json) -> Json:
    """A value of the API as we show it; a switch that is neither on nor off stays the text that it is."""
    if value is None:
        return None
    found = inferred.flag(value) if field.kind is FieldKind.SWITCH else None
    return str(value) if found is None else found


def _values(definition: Row) -> list[str]:
    values = definition.get("values")
    return [str(value) for value in values if value is not None] if isinstance(values, list) else []


def _help(definition: Row) -> Message | None:
    words = text_of(definition, "description")
    if definition.get("restricted") is not True:
        return literal(words) if words else None
    return msg("{words} {note}", words=words, note=_RESTRICTED) if words else _RESTRICTED


def _arguments(field: PolicyField, row: Row, after: Row) -> dict[str, str]:
    """What the call needs: `setDomainOption` the value as a text, `deleteDomainOption` the name alone."""
    if not after["own"]:
        return {"optionName": field.name}
    value = after["value"]
    if isinstance(value, bool):
        value = inferred.flag_to_wire(value, row.get("value"), row.get("parentValue"))
    return {"name": field.name, "value": value}


def _step(
    command: SetSetting, record: Record, arguments: Row, before: dict[str, Json], after: dict[str, Json]
) -> Step:
    inverse = _inverse(command, before)
    return Step(
        verb=Verb.SETTING_SET,
        subject=f"{command.domain}: {command.name}",
        domain=command.domain,
        args={
            "call": "setDomainOption" if after["own"] else "deleteDomainOption",
            "arguments": arguments,
            "option": command.name,
        },
        before=before,
        after=after,
        inverse=inverse,
        lost=[]
        if inverse is not None
        else [msg("The value that it has now holds what cannot be entered here.")],
        ref={"id": record.id},
    )


def _inverse(command: SetSetting, before: Row) -> list[dict[str, Json]] | None:
    """The command that brings back what was, None where it would not bring back the very same text."""
    value = str(before["value"]) if before["own"] else None
    whose = {"connection": command.connection, "domain": command.domain, "name": command.name}
    try:
        back = parse(SetSetting, {**whose, "value": value})
    except Invalid:
        return None
    return [back.to_json()] if back.value == value else None
