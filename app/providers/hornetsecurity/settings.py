"""Settings of domains: their e-mail handling, read and written as one object (Hornetsecurity contract sheet, 5.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.capabilities import Capability
from app.core.commands import SetSetting
from app.core.errors import NotFound, NotSupported
from app.core.model import PolicyField
from app.core.names import NameProblem, plain_text
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.fields import BY_NAME, FIELDS, Field, to_wire
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.wire import read_answer

Json = Any

CALL = "POST /filtering/emailhandling/{domain_id}/"
_NO_DEFAULTS = msg("Hornetsecurity has no defaults for all domains: each has values of its own.")
_NO_RESET = msg(
    "Hornetsecurity has no call that brings an inherited value back. Set the value that you want. Nothing was sent."
)
_NO_WAY_BACK = msg("The value before, which cannot be set by a call.")


class Settings:
    """The settings of one connection."""

    def __init__(self, panel: ControlPanel, places: Places) -> None:
        self._panel = panel
        self._places = places

    def fields(self) -> list[PolicyField]:
        """All settings, without values."""
        return [field.shown() for field in FIELDS]

    def read_all(self, domain: str | None, names: Sequence[str] | None = None) -> list[PolicyField]:
        """The settings with their values. Raises NotSupported for the defaults, of which there are none; NotFound."""
        if domain is None:
            raise NotSupported(Capability.SETTINGS_READ, _NO_DEFAULTS)
        values = self._places.at_primary(self._places.find(domain), self._places.handling)
        return [_valued(field, values) for field in FIELDS if names is None or field.name in names]

    def plan_set(self, command: SetSetting) -> list[Step]:
        """One step, or none when it is already so. Raises NotFound, Invalid, NotSupported."""
        if command.domain is None:
            raise NotSupported(Capability.SETTINGS_WRITE, _NO_DEFAULTS)
        field = BY_NAME.get(command.name)
        if field is None:
            raise NotFound(msg("Hornetsecurity has no setting “{name}”.", name=command.name))
        if command.value is None:
            raise NotSupported(Capability.SETTINGS_WRITE, _NO_RESET)
        sent = field.to_wire(command.value)
        place = self._places.find(command.domain)
        before = field.from_wire(self._places.at_primary(place, self._places.handling).get(field.name))
        after = field.from_wire(sent)
        return [] if before == after else [_step(command, field, sent, before, after, place.ref)]

    def apply(self, step: Step) -> Applied:
        """Reads all settings again, puts the one in, and sends them, once."""
        with nothing_sent():
            domain_id, now = self._places.again(step.domain or "", step.ref, self._places.handling)
        body = to_wire(now, step.args["changes"])
        read_answer(self._panel.write(CALL, ids={"domain_id": domain_id}, body=body))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the setting is as the step wanted it."""
        [name] = step.args["changes"]
        try:
            [now] = self.read_all(step.domain, [name])
        except NotFound:
            return Observed(Seen.DIFFERS)
        seen = {"value": now.value}
        if seen == step.after:
            return Observed(Seen.DONE, seen)
        return Observed(Seen.NOT_DONE if seen == step.before else Seen.DIFFERS, seen)


def own_values(handling: Mapping[str, Json]) -> dict[str, str]:
    """All values as a SetSetting takes them, without those that it could not carry."""
    values = {field.name: field.from_wire(handling.get(field.name)) for field in FIELDS}
    return {name: str(value) for name, value in values.items() if value is not None and _carried(value)}


def _valued(field: Field, values: Mapping[str, Json]) -> PolicyField:
    value = field.from_wire(values.get(field.name))
    problem = None if value is not None else msg("The panel shows no value that is known here.")
    return field.shown(value, problem)


def _step(command: SetSetting, field: Field, sent: Json, before: Json, after: Json, ref: Json) -> Step:
    inverse: list[dict[str, Json]] | None = None
    lost: list[Message] = [_NO_WAY_BACK]
    if before is not None and _carried(before):
        back = SetSetting(
            connection=command.connection, domain=command.domain, name=field.name, value=str(before)
        )
        inverse, lost = [back.to_json()], []
    return Step(
        verb=Verb.SETTING_SET,
        subject=f"{command.domain}: {field.name}",
        domain=command.domain,
        args={"call": CALL, "changes": {field.name: sent}},
        before={"value": before},
        after={"value": after},
        inverse=inverse,
        lost=lost,
        ref=ref,
    )


def _carried(value: Json) -> bool:
    """Whether a command can carry the value unchanged: it takes blanks off both ends."""
    try:
        return plain_text(str(value)) == str(value)
    except NameProblem:
        return False
