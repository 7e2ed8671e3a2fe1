"""Settings of domains: read one by one, set, and brought back to what they inherit (contract sheet, section 5)."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from app.core.commands import SetSetting, parse
from app.core.deadline import deadline_in, remaining
from app.core.errors import GatehouseError, Invalid, Malformed, NotFound, NotThere
from app.core.model import Connection, PolicyField, Source
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.spamexperts.fields import BY_NAME, DEFAULT, FIELDS, Field
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import read_setting

Json = Any

_SHARE = 0.85
"""The part of a page's time that the calls may take, so that those which answered are shown when others are late. There is
no call that reads all settings at once (5.1)."""


class Settings:
    """The settings of one connection."""

    def __init__(self, connection: Connection, api: SoftwareApi) -> None:
        self._connection = connection
        self._api = api

    # --- reading ----------------------------------------------------------------------------------------------------

    def fields(self) -> list[PolicyField]:
        """All settings, without values."""
        return [_described(field) for field in FIELDS]

    def read_all(self, domain: str | None, names: Sequence[str] | None = None) -> list[PolicyField]:
        """The settings with their values, a call for each that can be read, side by side.

        A setting whose call failed carries the problem. Raises NotFound for a domain or a name that is not there, and
        the first error when nothing at all could be read.
        """
        for name in names or ():
            _known(name)
        wanted = [field for field in FIELDS if names is None or field.name in names]
        found, errors = self._read_each(wanted, domain or DEFAULT)
        readable = [field for field in wanted if field.readable]
        if readable and len(errors) == len(readable):
            raise _first(errors, domain)
        return [self._valued(field, found, errors) for field in wanted]

    def own_values(self, domain: str) -> tuple[list[SetSetting], list[str]]:
        """The commands that would set again what is set on this very domain, and the names of the settings that cannot
        be read or set again. Raises as `read_all`."""
        back: list[SetSetting] = []
        lost: list[str] = []
        for field in self.read_all(domain):
            command = None
            if field.source is Source.OWN:
                command = setting_again(self._connection.key, domain, BY_NAME[field.name], field.value)
            if command is not None:
                back.append(command)
            elif field.problem is not None or field.source is Source.OWN:
                lost.append(field.name)
        return back, lost

    def _read_each(
        self, wanted: Sequence[Field], domain: str
    ) -> tuple[dict[str, PolicyField], dict[str, GatehouseError]]:
        found: dict[str, PolicyField] = {}
        errors: dict[str, GatehouseError] = {}
        readable = [field for field in wanted if field.readable]
        left = remaining()
        with (
            nullcontext() if left is None else deadline_in(left * _SHARE),
            ThreadPoolExecutor(max(1, min(self._connection.parallel, len(readable)))) as pool,
        ):
            futures = {
                field.name: pool.submit(contextvars.copy_context().run, self._read, field, domain)
                for field in readable
            }
        for name, future in futures.items():
            try:
                found[name] = future.result()
            except GatehouseError as error:
                errors[name] = error
        return found, errors

    def _read(self, field: Field, domain: str) -> PolicyField:
        answer = self._api.read(field.getter, {"domain": domain})
        raw = read_setting(answer, domain)
        value = _understood(field, raw.value)
        if value is None:
            shown = answer.quote(str(raw.value), 80)
            raise Malformed(msg("“{value}” is not a value that this setting can have.", value=shown))
        inherited = Source.DEFAULT if domain == DEFAULT else Source.INHERITED
        return _described(field, value, Source.OWN if raw.own else inherited, _understood(field, raw.default))

    def _valued(
        self, field: Field, found: Mapping[str, PolicyField], errors: Mapping[str, GatehouseError]
    ) -> PolicyField:
        if field.name in found:
            return found[field.name]
        problem = errors[field.name].message if field.name in errors else _ONLY_WRITABLE
        return _described(field, problem=problem)

    # --- writing ----------------------------------------------------------------------------------------------------

    def plan_set(self, command: SetSetting) -> list[Step]:
        """One step, or none when it is already so. Raises NotFound and Invalid."""
        field = _known(command.name)
        resets = command.value is None or command.value.strip().lower() == DEFAULT
        sent = DEFAULT if resets else field.to_wire(command.value or "")
        if not field.readable:
            return [self._step(command, field, sent, None, None)]
        before = self.read_all(command.domain, [field.name])[0]
        own = before.source is Source.OWN
        value = None if resets else field.from_wire(sent)
        if (resets and not own) or (not resets and own and before.value == value):
            return []
        after = {"own": not resets, "value": before.default if resets else value}
        return [self._step(command, field, sent, {"own": own, "value": before.value}, after)]

    def _step(
        self,
        command: SetSetting,
        field: Field,
        sent: str,
        before: Mapping[str, Json] | None,
        after: Mapping[str, Json] | None,
    ) -> Step:
        whose = command.domain or DEFAULT
        back = None
        if before is not None:
            value = before["value"] if before["own"] else None
            back = setting_again(command.connection, command.domain, field, value)
        return Step(
            verb=Verb.SETTING_SET,
            subject=f"{whose}: {field.name}",
            domain=command.domain,
            args={"call": field.setter, "arguments": {"domain": whose, field.argument: sent}},
            before=before,
            after=after,
            inverse=None if back is None else [back.to_json()],
            lost=[] if back is not None else [_NO_WAY_BACK],
            ref={"setting": field.name},
        )

    def observe(self, step: Step) -> Observed:
        """Whether the setting is as the step wanted it."""
        if step.after is None:
            return Observed(Seen.CANNOT_TELL)
        try:
            now = self.read_all(step.domain, [step.ref["setting"]])[0]
        except NotFound:
            return Observed(Seen.DIFFERS)
        seen = {"own": now.source is Source.OWN, "value": now.value}
        if seen["own"] == step.after["own"] and (not seen["own"] or seen["value"] == step.after["value"]):
            return Observed(Seen.DONE, seen)
        return Observed(Seen.NOT_DONE if seen == step.before else Seen.DIFFERS, seen)


def _understood(field: Field, value: Json) -> Json:
    """The value as we show it, None where it is not known or cannot be understood."""
    try:
        return field.from_wire(value)
    except ValueError:
        return None


_NO_WAY_BACK = msg("What was set before cannot be read, or cannot be set again by a call.")
_ONLY_WRITABLE = msg("This setting can be changed, but the upstream offers no call to read it.")


def _described(
    field: Field,
    value: Json = None,
    source: Source = Source.UNKNOWN,
    default: Json = None,
    problem: Message | None = None,
) -> PolicyField:
    return PolicyField(
        name=field.name,
        label=field.label,
        kind=field.kind,
        value=value,
        source=source,
        default=default,
        help=field.help,
        unit=field.unit,
        minimum=field.minimum,
        maximum=field.maximum,
        choices=field.choices,
        problem=problem,
        group=field.group,
        whole=field.whole,
    )


def setting_again(connection: str, domain: str | None, field: Field, value: Json) -> SetSetting | None:
    """The command that brings back a value (None: the inherited one). None where no command can say it: an empty value,
    one of several lines, one that is too long."""
    text = None if value is None else str(value)
    data = {"connection": connection, "domain": domain, "name": field.name, "value": text}
    try:
        command = parse(SetSetting, data)
        if text is not None:
            field.to_wire(text)
    except Invalid:
        return None
    return command if command.value == text else None


def _known(name: str) -> Field:
    field = BY_NAME.get(name)
    if field is None:
        raise NotFound(msg("SpamExperts has no setting “{name}”.", name=name))
    return field


def _first(errors: Mapping[str, GatehouseError], domain: str | None) -> GatehouseError:
    """The error to raise when every setting failed."""
    first = next(iter(errors.values()))
    if domain is not None and isinstance(first, NotThere):
        return NotFound(msg("{domain} is not on this server.", domain=domain))
    return first
