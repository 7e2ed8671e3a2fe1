"""The settings of a domain in words: the panel's codes for spam and infomail are opposite.

Source: Hornetsecurity contract sheet, 5.5 (`/filtering/emailhandling/{domain_id}/`, `/email_authentication/…`,
`/filtering/filtering_action_mode/`) and 7.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.errors import Invalid
from app.core.model import FieldKind, PolicyField
from app.core.text import Message, msg
from app.providers.hornetsecurity.wire import boolean, number

Json = Any

HANDLING, SPF, DMARC = "handling", "spf", "dmarc"
DKIM_VALIDATION, DKIM_SIGNATURE, ACTION_MODE = "dkim_validation", "dkim_signature", "action_mode"
CONTENT = "content_control"
"""The parts of the panel that hold settings, each read and written as an object of its own."""

QUARANTINE, TAG = "quarantine", "tag"
_WORDS = {
    QUARANTINE: msg("Quarantine"),
    TAG: msg("Deliver with a mark in the subject"),
    "off": msg("off"),
    "own": msg("for the own domains"),
    "all": msg("for all domains"),
    "reject": msg("Reject"),
    "nothing": msg("Do nothing"),
    "envelope": msg("Envelope sender"),
    "header": msg("From header"),
    "both": msg("both"),
    "policy_or_nothing": msg("As the sender's policy says; without one: do nothing"),
    "policy_or_quarantine": msg("As the sender's policy says; without one: quarantine"),
    "policy_or_reject": msg("As the sender's policy says; without one: reject"),
    "monitoring": msg("Only watch"),
    "protection": msg("Act"),
    "block": msg("Hold the whole message back"),
    "cut": msg("Cut the attachment off"),
}
_TRUE, _FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. `codes`: what stands behind the words of a choice (for a switch: behind on and off). `part`: where it is
    kept, `key` its name there ("": the same as here), `group` the heading that it stands under. `least`, `most`: of a number;
    `listed`: the panel has a list where a text with commas is entered."""

    name: str
    label: Message
    kind: FieldKind
    help: Message | None = None
    codes: Mapping[str, Json] = field(default_factory=dict)
    part: str = HANDLING
    key: str = ""
    group: Message | None = None
    least: int = 0
    most: int = 0
    listed: bool = False

    @property
    def wire(self) -> str:
        """Its name in the panel's object."""
        return self.key or self.name

    def from_wire(self, value: Json) -> Json:
        """The value as we show it, None where it is missing or none of those that are known."""
        if self.kind is FieldKind.CHOICE:
            code = value if isinstance(value, str) and not value.isdigit() else number(value)
            return next((word for word, known in self.codes.items() if known == code), None)
        if self.kind is FieldKind.SWITCH:
            return None if value in (None, "") else boolean(value)
        if self.kind is FieldKind.NUMBER:
            return number(value)
        if self.listed:
            return ", ".join(str(one) for one in value) if isinstance(value, list) else None
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
            wanted = text.strip().lower() in _TRUE
            return int(wanted) if self.part == DKIM_SIGNATURE else wanted
        if self.kind is FieldKind.NUMBER:
            return self._number(text)
        if self.listed:
            return list(dict.fromkeys(one for one in text.replace(",", " ").lower().split()))
        if len(text) > _LONGEST:
            raise _invalid(msg("More than {count} characters are not accepted.", count=_LONGEST))
        return text

    def _number(self, text: str) -> int:
        found = number(text)
        if found is None or not self.least <= found <= self.most:
            raise _invalid(
                msg("Give a whole number from {least} to {most}.", least=self.least, most=self.most)
            )
        return found

    def shown(self, value: Json = None, problem: Message | None = None) -> PolicyField:
        """The field with a value. Where that comes from the panel does not say, nor what it would be otherwise."""
        return PolicyField(
            name=self.name,
            label=self.label,
            kind=self.kind,
            value=value,
            help=self.help,
            choices=tuple((word, _WORDS[word]) for word in self.codes),
            problem=problem,
            group=self.group,
            minimum=self.least if self.kind is FieldKind.NUMBER else None,
            maximum=self.most if self.kind is FieldKind.NUMBER else None,
        )


_MAIL = (
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

_AT_RESULT = {QUARANTINE: 0, "reject": 1, "nothing": 2}
_OFF_OR = {"off": 0, QUARANTINE: 1, "reject": 2}

_AUTHENTICATION = (
    Field(
        "spf_status",
        msg("SPF check"),
        FieldKind.CHOICE,
        msg("Of which sender domains the SPF record is checked."),
        {"off": 0, "own": 1, "all": 2},
        SPF,
        "status",
    ),
    Field(
        "spf_fail",
        msg("When SPF fails"),
        FieldKind.CHOICE,
        msg("The sender's record ends in “-all”."),
        _AT_RESULT,
        SPF,
        "fail",
    ),
    Field(
        "spf_softfail",
        msg("When SPF fails softly"),
        FieldKind.CHOICE,
        msg("The sender's record ends in “~all”."),
        _AT_RESULT,
        SPF,
        "softfail",
    ),
    Field(
        "spf_analysis",
        msg("SPF is checked for"),
        FieldKind.CHOICE,
        msg("Which sender of a message counts."),
        {"envelope": 0, "header": 1, "both": 2},
        SPF,
        "analysis",
    ),
    Field(
        "dkim_validation",
        msg("When a DKIM signature is wrong"),
        FieldKind.CHOICE,
        None,
        _OFF_OR,
        DKIM_VALIDATION,
        "status",
    ),
    Field(
        "dkim_signature",
        msg("Sign outgoing mail with DKIM"),
        FieldKind.SWITCH,
        part=DKIM_SIGNATURE,
        key="status",
    ),
    Field(
        "dmarc",
        msg("When DMARC fails"),
        FieldKind.CHOICE,
        None,
        {**_OFF_OR, "policy_or_nothing": 3, "policy_or_quarantine": 4, "policy_or_reject": 5},
        DMARC,
        "status",
    ),
)

_MODE = (
    Field(
        "filtering_action_mode",
        msg("What the filter does"),
        FieldKind.CHOICE,
        msg("Only for customers whose mail is filtered through the API of their mail server."),
        {"monitoring": "monitoring", "protection": "protection"},
        ACTION_MODE,
    ),
)

_ALLOWED: tuple[tuple[str, Message], ...] = (
    ("allow_encrypted_attachments", msg("Encrypted attachments pass")),
    ("allow_executables", msg("Programs pass")),
    ("allow_excel", msg("Excel files with macros pass")),
    ("allow_powerpoint", msg("PowerPoint files with macros pass")),
    ("allow_word", msg("Word files with macros pass")),
    ("inherit_forbidden_extensions", msg("Forbidden endings of above apply too")),
)
_ENDINGS = msg("Endings with commas between them, such as .exe, .js")


def _of_content(way: str) -> Iterator[Field]:
    """Content control of one direction; outgoing mail is always held back whole, never cut (5.5)."""
    key = f"{way}.{{}}".format
    name = f"{way}_{{}}".format
    yield Field(
        name("email_size"),
        msg("Largest message, MiB"),
        FieldKind.NUMBER,
        None,
        {},
        CONTENT,
        key("email_size"),
        None,
        1,
        150,
    )
    if way == "incoming":
        yield Field(
            name("forbidden_attachment_handling"),
            msg("When an attachment is forbidden"),
            FieldKind.CHOICE,
            None,
            {"block": 0, "cut": 1},
            CONTENT,
            key("forbidden_attachment_handling"),
        )
    for switch, label in _ALLOWED:
        yield Field(name(switch), label, FieldKind.SWITCH, None, {}, CONTENT, key(switch))
    for endings, label in (
        ("forbidden_attachment_extensions", msg("Forbidden endings of attachments")),
        ("forbidden_attachment_extensions_archives", msg("Forbidden endings inside archives")),
    ):
        yield Field(name(endings), label, FieldKind.TEXT, _ENDINGS, {}, CONTENT, key(endings), listed=True)


_CONTENT = (
    Field(
        "use_same_settings",
        msg("Outgoing mail as incoming mail"),
        FieldKind.SWITCH,
        msg("While it is on, what is set for outgoing mail does not count."),
        part=CONTENT,
    ),
)

_GROUPS: tuple[tuple[Message, tuple[Field, ...]], ...] = (
    (msg("Spam and infomail"), _MAIL),
    (msg("Sender authentication"), _AUTHENTICATION),
    (msg("Mode"), _MODE),
    (msg("Content control"), _CONTENT),
    (msg("Content control of incoming mail"), tuple(_of_content("incoming"))),
    (msg("Content control of outgoing mail"), tuple(_of_content("outgoing"))),
)

FIELDS: tuple[Field, ...] = tuple(
    replace(one, group=heading) for heading, fields in _GROUPS for one in fields
)
"""All of them under their headings, those of the e-mail handling in the order of the panel."""

BY_NAME: Mapping[str, Field] = {one.name: one for one in FIELDS}


def to_wire(handling: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """The whole object with the changes in it: whether the panel keeps what is left out is not said."""
    names = [one.wire for one in FIELDS if one.part == HANDLING]
    return {name: handling[name] for name in names if handling.get(name) is not None} | dict(changes)


def _invalid(problem: Message) -> Invalid:
    return Invalid({"value": problem})
