"""The settings of a domain's e-mail handling, in words: the panel's codes for spam and infomail are opposite.

Source: Hornetsecurity contract sheet, 5.5 (`/filtering/emailhandling/{domain_id}/`) and 7.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import Invalid
from app.core.model import FieldKind, PolicyField
from app.core.text import Message, msg
from app.providers.hornetsecurity.wire import boolean, number

Json = Any

QUARANTINE, TAG = "quarantine", "tag"
_CHOICES = ((QUARANTINE, msg("Quarantine")), (TAG, msg("Deliver with a mark in the subject")))
_TRUE, _FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. `codes`: the numbers behind the words of a choice."""

    name: str
    label: Message
    kind: FieldKind
    help: Message | None = None
    codes: Mapping[str, int] = field(default_factory=dict)

    def from_wire(self, value: Json) -> Json:
        """The value as we show it, None where it is missing or none of those that are known."""
        if self.kind is FieldKind.CHOICE:
            code = number(value)
            return next((word for word, known in self.codes.items() if known == code), None)
        if self.kind is FieldKind.SWITCH:
            return None if value in (None, "") else boolean(value)
        return str(value or "")

    def to_wire(self, text: str) -> Json:
        """What a person entered, as the panel takes it. Raises Invalid with the problem of the field "value"."""
        if self.kind is FieldKind.CHOICE:
            if text.strip().lower() not in self.codes:
                raise _invalid(msg("Choose one of {choices}.", choices=", ".join(self.codes)))
            return self.codes[text.strip().lower()]
        if self.kind is FieldKind.SWITCH:
            if text.strip().lower() not in _TRUE + _FALSE:
                raise _invalid(msg("Choose on or off."))
            return text.strip().lower() in _TRUE
        if len(text) > _LONGEST:
            raise _invalid(msg("More than {count} characters are not accepted.", count=_LONGEST))
        return text

    def shown(self, value: Json = None, problem: Message | None = None) -> PolicyField:
        """The field with a value. Where that comes from the panel does not say, nor what it would be otherwise."""
        return PolicyField(
            name=self.name,
            label=self.label,
            kind=self.kind,
            value=value,
            help=self.help,
            choices=_CHOICES if self.kind is FieldKind.CHOICE else (),
            problem=problem,
        )


FIELDS: tuple[Field, ...] = (
    Field("spamhandling", msg("Spam"), FieldKind.CHOICE, codes={QUARANTINE: 1, TAG: 0}),
    Field(
        "tagphrase",
        msg("Mark for spam"),
        FieldKind.TEXT,
        msg("Put before the subject of spam that is delivered with a mark."),
    ),
    Field("infomailhandling", msg("Infomail"), FieldKind.CHOICE, codes={QUARANTINE: 0, TAG: 1}),
    Field(
        "infomailtagphrase",
        msg("Mark for infomail"),
        FieldKind.TEXT,
        msg("Put before the subject of newsletters and the like that are delivered with a mark."),
    ),
    Field("grey_active", msg("Infomail filter"), FieldKind.SWITCH, msg("For all users of the domain.")),
    Field("grey_user", msg("Users may switch the infomail filter"), FieldKind.SWITCH),
    Field("social_media_filter_enabled", msg("Mail of social networks is infomail"), FieldKind.SWITCH),
    Field("travel_filter_enabled", msg("Mail of travel portals is infomail"), FieldKind.SWITCH),
    Field("purchase_filter_enabled", msg("Mail of shops is infomail"), FieldKind.SWITCH),
)
"""All nine, in the order of the panel."""

BY_NAME: Mapping[str, Field] = {one.name: one for one in FIELDS}


def to_wire(handling: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """The whole object with the changes in it: whether the panel keeps what is left out is not said."""
    return {name: handling[name] for name in BY_NAME if handling.get(name) is not None} | dict(changes)


def _invalid(problem: Message) -> Invalid:
    return Invalid({"value": problem})
