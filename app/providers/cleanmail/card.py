"""What Cleanmail's API offers, and what a connection and a new domain need."""

from __future__ import annotations

from app.core.capabilities import Capability, Card, Limits, Setting
from app.core.model import FieldKind
from app.core.text import Message, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.platforms import ROUTES
from app.providers.cleanmail.wire_domains import LANGUAGES

_ON_OFF = (("true", msg("on")), ("false", msg("off")))
_LANGUAGE_NAMES = {
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


CARD = Card(
    kind="cleanmail",
    label="Cleanmail",
    can=frozenset(
        {
            Capability.DOMAINS_READ,
            Capability.DOMAIN_ADD,
            Capability.DOMAIN_REMOVE,
            Capability.ROUTES_READ,
            Capability.ROUTES_WRITE,
            Capability.ALIASES_READ,
            Capability.ALIASES_WRITE,
            Capability.SETTINGS_READ,
            Capability.SETTINGS_WRITE,
            Capability.DKIM_READ,
            Capability.DKIM_WRITE,
            Capability.DKIM_REMOVE,
        }
    ),
    gaps={},
    settings=(
        Setting(
            "token",
            msg("Access token"),
            FieldKind.SECRET,
            required=True,
            help=msg(
                "Made under “Access tokens” of a Cleanmail account. It acts with the rights of that account: adding and "
                "deleting domains needs the sysadmin role."
            ),
        ),
        Setting(
            "account",
            msg("Account of the token"),
            help=msg(
                "Its mail address, for your own information: no call tells it. What is sent by mail comes from it."
            ),
            placeholder="operations@example.org",
        ),
    ),
    domain_fields=(
        Setting(
            "defaultLanguage",
            msg("Language of its mailboxes"),
            FieldKind.CHOICE,
            required=True,
            choices=tuple((code, _LANGUAGE_NAMES[code]) for code in LANGUAGES),
            default=str(inferred.NEW_DOMAIN["defaultLanguage"]),
        ),
        Setting(
            "status",
            msg("Status"),
            FieldKind.CHOICE,
            choices=(("ENABLED", msg("Enabled")), ("DISABLED", msg("Disabled"))),
            default=str(inferred.NEW_DOMAIN["status"]),
        ),
        Setting("description", msg("Description")),
        Setting("externalId", msg("Own reference"), help=msg("For example its number in your billing.")),
        Setting(
            "customerId",
            msg("Customer"),
            help=msg("The id of the customer, as the details of another domain of theirs show it."),
        ),
        _switch("incoming", msg("Incoming mail")),
        _switch("outgoing", msg("Outgoing mail")),
        _switch("quarantine", msg("Quarantine")),
        _switch("retention", msg("Retention")),
        _switch("archive", msg("Archive")),
        _switch(
            "autoProvisioningOn",
            msg("Mailboxes appear by themselves"),
            msg("Left open: as Cleanmail has it for new domains."),
        ),
    ),
    limits=Limits(routes=ROUTES),
    default_url="https://cloud.cleanmail.eu/api/v3",
    url_help=msg("The address of the REST API. In public use it ends with /api/v3."),
)
