"""The per-domain settings of the Software API: how each is called, sent, checked and shown.

Source: SpamExperts contract sheet, 5.1 (policy settings) and 5.2 (local recipients, catch-all). Which names are attested
and which are proposals ([inferred]) stands there row by row; so do the arguments, of which most are proposals. They are
spelled here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from app.core.errors import Invalid
from app.core.model import FieldKind
from app.core.names import NameProblem, mail_address
from app.core.text import Message, msg
from app.providers.spamexperts.wire import boolean

Json = Any
Choices = tuple[tuple[str, Message], ...]

DEFAULT = "default"
"""As a domain: the values that all others follow. As a value: follow them again (section 5)."""

_DAYS, _BYTES = msg("days"), msg("bytes")
_COLONS = msg("Separated by colons, without dots: “{example}”.", example="exe:js:bat")
_COMMAS = msg("Separated by commas.")


@dataclass(frozen=True, slots=True)
class Field:
    """One setting X of `api_get_X(domain)` and `api_set_X(domain, <argument>)`.

    `readable` False: only the setter is public. `blank`: an empty value is a value; everywhere else in this API an empty
    argument is none. `separator`: the value is a list split by it. `group`: the heading that it stands under.
    """

    name: str
    argument: str
    label: Message
    kind: FieldKind = FieldKind.TEXT
    help: Message | None = None
    unit: Message | None = None
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = True
    choices: Choices = ()
    separator: str = ""
    address: bool = False
    readable: bool = True
    blank: bool = False
    group: Message | None = None

    @property
    def getter(self) -> str:
        """The call that reads it."""
        return f"api_get_{self.name}"

    @property
    def setter(self) -> str:
        """The call that changes it."""
        return f"api_set_{self.name}"

    def from_wire(self, value: Json) -> Json:
        """The value as we show it. Raises ValueError when it is not of its kind."""
        if value is None:
            return None
        if self.kind is FieldKind.SWITCH:
            found = boolean(value)
            if found is None:
                raise ValueError(value)
            return found
        if self.kind is FieldKind.NUMBER:
            number = _decimal(str(value))
            if number is None:
                raise ValueError(value)
            return int(number) if self.whole and number == int(number) else float(number)
        return self.separator.join(map(str, value)) if isinstance(value, list) else str(value)

    def to_wire(self, text: str) -> str:
        """What a person entered, as the argument. Raises Invalid with the problem of the field "value"."""
        text = text.strip()
        if not text and not self.blank:
            raise _invalid(
                msg("An empty value cannot be set here: the upstream takes it for no value at all.")
            )
        if self.kind is FieldKind.SWITCH:
            return self._switch(text)
        if self.kind is FieldKind.NUMBER:
            return self._number(text)
        if self.kind is FieldKind.CHOICE and text not in dict(self.choices):
            raise _invalid(msg("Choose one of {choices}.", choices=", ".join(dict(self.choices))))
        if self.separator:
            items = [item.strip().lower().removeprefix(".") for item in text.split(self.separator)]
            return self.separator.join(dict.fromkeys(item for item in items if item))
        return self._address(text) if self.address and text else text

    def _switch(self, text: str) -> str:
        found = boolean(text)
        if found is None:
            raise _invalid(msg("Choose on or off."))
        return str(found)

    def _number(self, text: str) -> str:
        number = _decimal(text)
        if number is None or (self.whole and number != int(number)):
            raise _invalid(
                msg("A whole number is expected here.") if self.whole else msg("A number is expected here.")
            )
        low, high = self.minimum, self.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise _invalid(self._bounds())
        return format(number.normalize(), "f")

    def _bounds(self) -> Message:
        if self.maximum is None:
            return msg("At least {low} is accepted here.", low=f"{self.minimum or 0:g}")
        return msg(
            "From {low} to {high} is accepted here.", low=f"{self.minimum or 0:g}", high=f"{self.maximum:g}"
        )

    def _address(self, text: str) -> str:
        try:
            return mail_address(text)
        except NameProblem as problem:
            raise _invalid(problem.message) from problem


def _decimal(text: str) -> Decimal | None:
    """A number of a size that some setting could have, None for anything else."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 2**63 and len(text) <= 40 else None


def _invalid(problem: Message) -> Invalid:
    return Invalid({"value": problem})


def _switch(name: str, argument: str, label: Message, help: Message | None = None) -> Field:
    return Field(name, argument, label, FieldKind.SWITCH, help)


def _number(
    name: str,
    argument: str,
    label: Message,
    help: Message | None = None,
    unit: Message | None = None,
    maximum: float | None = None,
    *,
    whole: bool = True,
) -> Field:
    return Field(name, argument, label, FieldKind.NUMBER, help, unit, 0, maximum, whole)


def _list(name: str, argument: str, label: Message, separator: str, help: Message) -> Field:
    return Field(name, argument, label, help=help, separator=separator)


def _contact(name: str, label: Message, help: Message | None = None, *, blank: bool = False) -> Field:
    return Field(name, "email", label, help=help, address=True, blank=blank)


_FILTERING = (
    _switch("filter_status", "status", msg("Filtering"), msg("Off: mail passes unfiltered.")),
    _switch(
        "quarantine_enabled",
        "enabled",
        msg("Quarantine"),
        msg("Off: spam is marked and delivered in the place of being kept."),
    ),
    _number(
        "quarantine_days",
        "days",
        msg("Days in quarantine"),
        msg("How long quarantined messages are kept."),
        _DAYS,
    ),
    _number(
        "quarantine_threshold",
        "threshold",
        msg("Spam threshold"),
        msg("Messages with this score or more are spam. Lower is stricter."),
        maximum=1,
        whole=False,
    ),
    _number(
        "unsure_threshold",
        "threshold",
        msg("Unsure threshold"),
        msg("Between this score and the spam threshold a message counts as unsure."),
        maximum=1,
        whole=False,
    ),
    _switch(
        "quarantine_oversized_messages",
        "enabled",
        msg("Quarantine oversized messages"),
        msg("On: messages that are larger than allowed are kept in the quarantine."),
    ),
    _number(
        "additional_training_days",
        "days",
        msg("Additional training days"),
        msg("0 switches it off."),
        _DAYS,
    ),
)

_ATTACHMENTS = (
    _number(
        "maximum_message_size",
        "size",
        msg("Largest message"),
        msg("{bytes} bytes are 50 MB.", bytes="52428800"),
        _BYTES,
    ),
    _list("blocked_extensions", "extensions", msg("Blocked attachments"), ":", _COLONS),
    _switch(
        "block_hidden_executables",
        "enabled",
        msg("Block hidden executables"),
        msg("Looks into archives, three levels deep."),
    ),
    _switch(
        "block_password_protected_attachments",
        "enabled",
        msg("Block password-protected archives"),
        msg("On: archives that cannot be looked into are blocked."),
    ),
    _number(
        "message_link_size_limit",
        "size",
        msg("Scan linked files up to"),
        msg("Bytes to download per message; 0 switches it off."),
        _BYTES,
    ),
    _list("scanned_linked_extensions", "extensions", msg("Linked files to scan"), ":", _COLONS),
)

_SENDERS = (
    _list(
        "blocked_tld",
        "tld",
        msg("Blocked sender top-level domains"),
        ":",
        msg("Separated by colons, without dots: “{example}”.", example="zip:top"),
    ),
    _list("disabled_spf_domains", "domains", msg("Sender domains without SPF check"), ",", _COMMAS),
    _list("disabled_dkim_domains", "domains", msg("Sender domains without DKIM check"), ",", _COMMAS),
    Field(
        "predata_reject",
        "action",
        msg("Reject by DNS block lists before the content"),
        FieldKind.CHOICE,
        msg("Such mail is never quarantined."),
        choices=(("off", msg("off")), ("temporary", msg("temporarily")), ("permanent", msg("permanently"))),
    ),
)

_CONNECTIONS = (
    _number("maximum_messages", "messages", msg("Most messages")),
    _number("maximum_messages_per_connection", "messages", msg("Most messages per connection")),
    Field(
        "excessive_messages_per_connection_behaviour",
        "behaviour",
        msg("When a connection brings more messages"),
    ),
    Field("valid_helo_characters", "characters", msg("Characters allowed in HELO names")),
    Field("valid_local_part_characters", "characters", msg("Characters allowed in local parts")),
)

_RECIPIENTS = (
    _switch(
        "use_local_recipient_list",
        "enabled",
        msg("Accept listed recipients only"),
        msg("On: mail to any local part that is not on the domain's list of local recipients is rejected."),
    ),
    _switch(
        "local_part_case_sensitive",
        "enabled",
        msg("Local parts differ by case"),
        msg("Off: Info@ and info@ are the same recipient."),
    ),
    _switch(
        "catch_all_check",
        "enabled",
        msg("Check for a catch-all destination"),
        msg("With a catch-all destination no valid recipients are learned."),
    ),
    _number(
        "queue_retry_days",
        "days",
        msg("Days that queued mail is retried"),
        msg("While the destination does not answer."),
        _DAYS,
    ),
)

_CONTACTS = (
    _contact("contact", msg("Contact")),
    _contact("administrator_contact", msg("Administrator's contact")),
    _contact(
        "administrator_callout",
        msg("Address for recipient callouts"),
        msg("May be empty."),
        blank=True,
    ),
    Field("recipient_report_template", "template", msg("Template of the recipients' report")),
    Field(
        "recipient_protection_report_template",
        "template",
        msg("Template of the recipients' protection report"),
        readable=False,
    ),
    Field(
        "recipient_protection_report_language",
        "language",
        msg("Language of the recipients' protection report"),
        readable=False,
    ),
)

_GROUPS: tuple[tuple[Message, tuple[Field, ...]], ...] = (
    (msg("Filtering and quarantine"), _FILTERING),
    (msg("Size, attachments and links"), _ATTACHMENTS),
    (msg("Senders"), _SENDERS),
    (msg("Connections"), _CONNECTIONS),
    (msg("Recipients and delivery"), _RECIPIENTS),
    (msg("Contacts and reports"), _CONTACTS),
)

FIELDS: tuple[Field, ...] = tuple(
    replace(field, group=heading) for heading, fields in _GROUPS for field in fields
)
"""All of them under their headings, in the order in which people see them: first what they ask for most."""

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
