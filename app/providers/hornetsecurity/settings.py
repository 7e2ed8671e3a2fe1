"""Settings of domains: e-mail handling, authentication of senders, content control, and the filter's mode (contract sheet, 5.5).

Each part is read and written as one object. The e-mail handling is that of the customer's primary domain, the other parts are
the customer's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.core.capabilities import Capability
from app.core.commands import SetSetting
from app.core.errors import NotFound, NotSupported, UpstreamError
from app.core.model import PolicyField
from app.core.names import NameProblem, plain_text
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.fields import (
    ACTION_MODE,
    BY_NAME,
    CONTENT,
    DKIM_SIGNATURE,
    DKIM_VALIDATION,
    DMARC,
    FIELDS,
    HANDLING,
    SPF,
    Field,
    to_wire,
)
from app.providers.hornetsecurity.places import Place, Places
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire import read_answer
from app.providers.hornetsecurity.wire_domains import read_settings_object

Json = Any
Values = Mapping[str, Json]


class _Calls(NamedTuple):
    """How a part of the customer's own is read and written."""

    read: str
    write: str


CALL = "POST /filtering/emailhandling/{domain_id}/"
_OF_CUSTOMER: Mapping[str, _Calls] = {
    SPF: _Calls("GET /email_authentication/spf/", "POST /email_authentication/spf/"),
    DMARC: _Calls("GET /email_authentication/dmarc/", "POST /email_authentication/dmarc/"),
    DKIM_VALIDATION: _Calls(
        "GET /email_authentication/dkim/validation/", "POST /email_authentication/dkim/validation/"
    ),
    DKIM_SIGNATURE: _Calls(
        "GET /email_authentication/dkim/signature/", "POST /email_authentication/dkim/signature/"
    ),
    CONTENT: _Calls("GET /content_control/", "POST /content_control/"),
    ACTION_MODE: _Calls("GET /filtering/filtering_action_mode/", "POST /filtering/filtering_action_mode/"),
}

_NO_DEFAULTS = msg("Hornetsecurity has no defaults for all domains: each has values of its own.")
_NO_RESET = msg(
    "Hornetsecurity has no call that brings an inherited value back. Set the value that you want. Nothing was sent."
)
_NO_WAY_BACK = msg("The value before, which cannot be set by a call.")


class Settings:
    """The settings of one connection. `parallel`: parts that are read at once."""

    def __init__(self, panel: ControlPanel, places: Places, parallel: int) -> None:
        self._panel = panel
        self._places = places
        self._parallel = parallel

    def fields(self) -> list[PolicyField]:
        """All settings, without values."""
        return [field.shown() for field in FIELDS]

    def read_all(self, domain: str | None, names: Sequence[str] | None = None) -> list[PolicyField]:
        """The settings with their values, part by part side by side; those of a part that could not be read carry the
        problem. Raises NotSupported for the defaults, of which there are none; NotFound; and the first error when nothing
        at all could be read."""
        if domain is None:
            raise NotSupported(Capability.SETTINGS_READ, _NO_DEFAULTS)
        wanted = [field for field in FIELDS if names is None or field.name in names]
        place = self._places.find(domain)
        parts = list(dict.fromkeys(field.part for field in wanted))
        found = side_by_side(lambda part: self._tried(place, part), parts, self._parallel)
        answers = dict(zip(parts, found, strict=True))
        errors = [answer for answer in found if isinstance(answer, UpstreamError)]
        if errors and len(errors) == len(parts):
            raise errors[0]
        return [_valued(field, answers[field.part]) for field in wanted]

    def _tried(self, place: Place, part: str) -> Values | UpstreamError:
        try:
            return self._values(place, part)
        except UpstreamError as error:
            return error

    def _values(self, place: Place, part: str) -> Values:
        if part == HANDLING:
            return self._places.at_primary(place, self._places.handling)
        query = {"object_id": place.customer.id}
        found = read_settings_object(self._panel.read(_OF_CUSTOMER[part].read, query=query))
        return flat(found) if part == CONTENT else found

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
        before = field.from_wire(self._values(place, field.part).get(field.wire))
        after = field.from_wire(sent)
        return [] if before == after else [_step(command, field, sent, before, after, place.ref)]

    def apply(self, step: Step) -> Applied:
        """Reads the settings of that part again, puts the one in, and sends them, once."""
        field = _field_of(step)
        changes = {field.wire: step.args["changes"][field.name]}
        if field.part == HANDLING:
            with nothing_sent():
                domain_id, now = self._places.again(step.domain or "", step.ref, self._places.handling)
            body = to_wire(now, changes)
            read_answer(self._panel.write(CALL, ids={"domain_id": domain_id}, body=body))
            return Applied()
        with nothing_sent():
            place = self._places.find(step.domain or "")
            now = self._values(place, field.part)
        keys = [one.wire for one in FIELDS if one.part == field.part]
        body = {key: now[key] for key in keys if now.get(key) is not None} | changes
        if field.part == CONTENT:
            body = nested(body)
        query = {"object_id": place.customer.id}
        read_answer(self._panel.write(_OF_CUSTOMER[field.part].write, query=query, body=body))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the setting is as the step wanted it."""
        try:
            [now] = self.read_all(step.domain, [_field_of(step).name])
        except NotFound:
            return Observed(Seen.DIFFERS)
        seen = {"value": now.value}
        if seen == step.after:
            return Observed(Seen.DONE, seen)
        return Observed(Seen.NOT_DONE if seen == step.before else Seen.DIFFERS, seen)


def flat(value: Values) -> dict[str, Json]:
    """Content control with its two directions as "incoming.email_size" and the like."""
    found = {name: one for name, one in value.items() if not isinstance(one, dict)}
    for way in ("incoming", "outgoing"):
        part = value.get(way)
        found |= {f"{way}.{name}": one for name, one in part.items()} if isinstance(part, dict) else {}
    return found


def nested(value: Values) -> dict[str, Json]:
    """The same as the panel takes it."""
    body: dict[str, Json] = {}
    for name, one in value.items():
        way, dot, key = name.partition(".")
        if dot:
            body.setdefault(way, {})[key] = one
        else:
            body[name] = one
    if "outgoing" in body:
        body["outgoing"]["forbidden_attachment_handling"] = 0
    return body


def own_values(handling: Values) -> dict[str, str]:
    """All values of the e-mail handling as a SetSetting takes them, without those that it could not carry."""
    fields = [field for field in FIELDS if field.part == HANDLING]
    values = {field.name: field.from_wire(handling.get(field.wire)) for field in fields}
    return {name: str(value) for name, value in values.items() if value is not None and _carried(value)}


def _field_of(step: Step) -> Field:
    [name] = step.args["changes"]
    return BY_NAME[name]


def _valued(field: Field, answer: Values | UpstreamError) -> PolicyField:
    if isinstance(answer, UpstreamError):
        return field.shown(problem=answer.message)
    value = field.from_wire(answer.get(field.wire))
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
        args={
            "call": CALL if field.part == HANDLING else _OF_CUSTOMER[field.part].write,
            "changes": {field.name: sent},
        },
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
