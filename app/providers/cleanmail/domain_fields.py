"""The fields of a domain: what each means, which a new one can have, and which can be edited (manual, 6.20 and 6.21)."""

from __future__ import annotations

from app.core.capabilities import Setting
from app.core.model import FieldKind
from app.core.text import Message, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.wire_domains import LANGUAGES

_ON_OFF = (("true", msg("on")), ("false", msg("off")))
LANGUAGE_NAMES = {
    "EN": msg("English"),
    "DE": msg("German"),
    "FR": msg("French"),
    "ES": msg("Spanish"),
    "DA": msg("Danish"),
    "NB": msg("Norwegian"),
}


def _switch(name: str, label: Message, help_text: Message | None = None) -> Setting:
    default = inferred.NEW_DOMAIN.get(name)
    return Setting(
        name,
        label,
        FieldKind.CHOICE,
        choices=_ON_OFF,
        default="" if default is None else str(default).lower(),
        help=help_text,
    )


_LANGUAGE = Setting(
    "defaultLanguage",
    msg("Language of its mailboxes"),
    FieldKind.CHOICE,
    required=True,
    choices=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
    default=str(inferred.NEW_DOMAIN["defaultLanguage"]),
)
_STATUS = Setting(
    "status",
    msg("Status"),
    FieldKind.CHOICE,
    choices=(("ENABLED", msg("Enabled")), ("DISABLED", msg("Disabled"))),
    default=str(inferred.NEW_DOMAIN["status"]),
)
_DESCRIPTION = Setting("description", msg("Description"), help=msg("Free text."))
_REFERENCE = Setting("externalId", msg("Own reference"), help=msg("For example its number in your billing."))
_CUSTOMER = Setting(
    "customerId",
    msg("Customer"),
    help=msg("The id of the customer, as the details of another domain of theirs show it."),
)
_POLICY = Setting(
    "policyId",
    msg("Default policy"),
    help=msg("The policy of mailboxes that have none of their own."),
)
_SERVICES = (
    _switch("quarantine", msg("Quarantine"), msg("A switch of the domain's default policy.")),
    _switch("retention", msg("Retention"), msg("A switch of the domain's default policy.")),
    _switch("archive", msg("Archive"), msg("A switch of the domain's default policy.")),
)
_FURTHER = (
    _switch(
        "autoProvisioningOn",
        msg("Mailboxes appear by themselves"),
        msg("Left open: as Cleanmail has it for new domains."),
    ),
    _switch(
        "senderVerifyOn",
        msg("Sender verification"),
        msg("Unknown senders are asked to confirm their mail. On for new domains where it is left open."),
    ),
    Setting(
        "wblistPriority",
        msg("Sender rules that win a conflict"),
        FieldKind.CHOICE,
        choices=(("USER", msg("those of the mailbox")), ("DOMAIN", msg("those of the domain"))),
    ),
    Setting(
        "outgoingSubnets",
        msg("Networks that may send"),
        help=msg("As a.b.c.d/y, separated by commas or blanks: servers that send mail for this domain."),
        placeholder="192.0.2.0/24",
    ),
    Setting(
        "outgoingProvidersIds",
        msg("Providers that may send"),
        help=msg("Ids of Cleanmail's outgoing providers, separated by commas; other domains show theirs."),
    ),
)

NEW: tuple[Setting, ...] = (
    _LANGUAGE,
    _STATUS,
    _DESCRIPTION,
    _REFERENCE,
    _CUSTOMER,
    _switch("incoming", msg("Incoming mail")),
    _switch("outgoing", msg("Outgoing mail")),
    *_SERVICES,
    *_FURTHER,
)
"""The fields of a new domain beside its name and its platforms."""

EDITABLE: tuple[Setting, ...] = (
    _DESCRIPTION,
    _REFERENCE,
    _LANGUAGE,
    _CUSTOMER,
    _POLICY,
    *_SERVICES,
    *_FURTHER,
)
"""The fields that can be changed; the status has switches of its own, the platforms a page of their own."""
