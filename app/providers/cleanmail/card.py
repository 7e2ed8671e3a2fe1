"""What Cleanmail's API offers, and what a connection and a new domain need."""

from __future__ import annotations

from app.core.capabilities import Capability, Card, Limits, Setting
from app.core.model import FieldKind
from app.core.text import msg
from app.providers.cleanmail import domain_fields
from app.providers.cleanmail.kinds import KINDS
from app.providers.cleanmail.messages import SHAPES as MAIL
from app.providers.cleanmail.platforms import ROUTES
from app.providers.cleanmail.wire_rules import SHAPES

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
            Capability.ADMINS_READ,
            Capability.ADMINS_WRITE,
            Capability.TOKENS_READ,
            Capability.TOKENS_WRITE,
            Capability.ACCESS_READ,
            Capability.ACCESS_WRITE,
            Capability.DKIM_READ,
            Capability.DKIM_WRITE,
            Capability.DKIM_REMOVE,
            Capability.DOMAIN_EDIT,
            Capability.DOMAIN_SWITCH,
            Capability.DOMAIN_RENAME,
            Capability.DOMAIN_RESTORE,
            Capability.EMAIL_ALIASES_READ,
            Capability.EMAIL_ALIASES_WRITE,
            Capability.EMAIL_ALIAS_RECIPIENTS,
            Capability.POLICIES_READ,
            Capability.POLICIES_WRITE,
            Capability.POLICY_ASSIGN,
            Capability.RULES_READ,
            Capability.RULES_WRITE,
            Capability.RULES_SPREAD,
            Capability.PLATFORMS_READ,
            Capability.PLATFORMS_WRITE,
            Capability.HEALTH_READ,
            Capability.HEALTH_RUN,
            Capability.HEALTH_FAILURES,
            Capability.RELAY_TRY,
            Capability.QUARANTINE_READ,
            Capability.MAIL_FOLDERS,
            Capability.MAIL_HEADERS,
            Capability.MAIL_READ,
            Capability.MAIL_ATTACHMENTS,
            Capability.MAIL_RELEASE,
            Capability.RESOURCES_READ,
            Capability.RESOURCES_WRITE,
        }
    ),
    gaps={
        Capability.STATISTICS_READ: msg("Cleanmail's API has no call that counts mail."),
        **dict.fromkeys(
            (Capability.LOGS_READ, Capability.QUEUE_READ, Capability.QUEUE_RETRY, Capability.QUEUE_REMOVE),
            msg("Cleanmail's API has no log of messages and no delivery queue."),
        ),
        Capability.MAIL_RELEASE_ALLOW: msg(
            "Cleanmail has no call that does both; the sender is allowed by a rule, then the message is released."
        ),
        Capability.MAIL_DELETE: msg(
            "Cleanmail's API has no call that deletes a held message; it goes by itself."
        ),
        Capability.MAIL_ACT: msg(
            "Cleanmail names tasks that report spam or clean mail, without saying what they take."
        ),
        Capability.FILTER_HOSTS: msg(
            "No call of Cleanmail tells which hosts MX records should name; its health report says whether they do."
        ),
    },
    settings=(
        Setting(
            "token",
            msg("Access token"),
            FieldKind.SECRET,
            required=True,
            help=msg(
                "Made under “Access tokens” of a Cleanmail account. It acts with the rights of that account: adding and "
                "deleting domains, and all changes of policies, need the sysadmin role."
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
    domain_fields=domain_fields.NEW,
    mx_check=True,
    limits=Limits(routes=ROUTES),
    rules=SHAPES,
    resources=KINDS,
    mail=MAIL,
    default_url="https://cloud.cleanmail.eu/api/v3",
    url_help=msg("The address of the REST API. In public use it ends with /api/v3."),
)
