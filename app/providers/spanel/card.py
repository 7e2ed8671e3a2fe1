"""What SPanel's API offers, why it does not offer the rest, and what a connection and a new domain need."""

from __future__ import annotations

from app.core.capabilities import MAIL_CAPABILITIES, Capability, Card, Limits, Setting
from app.core.model import FieldKind
from app.core.text import msg
from app.providers.spanel.kinds import KINDS
from app.providers.spanel.wire_rules import SHAPES

ACCOUNT = "account"
PATH = "path"

_NO_ALIASES = msg(
    "SPanel has no domain aliases: a further name is added as a domain of its own. Forwarders of single "
    "addresses are another thing."
)
_NO_SETTINGS = msg(
    "SPanel's spam filter holds for a whole account and not for one domain, and no call reads how it is set: it is "
    "switched and tuned under Delivery, “Spam filter”."
)
_NO_SPREAD = msg("SPanel adds a sender to the lists of one account at a time.")

NO_ADMIN_TOKEN = msg(
    "The connection has no admin token: a client token opens one account, and administrators belong to none."
)
_NO_ACCESS = msg(
    "SPanel's administrators and sub-users are changed under Access; its tokens in SPanel's own pages only."
)
_NO_DKIM = msg(
    "SPanel's API has no calls for DKIM keys. What the panel does about them is seen in its own pages only."
)
_NO_POLICIES = msg("SPanel is a hosting panel: it has no mail policies with names.")

_NO_PLATFORMS = msg(
    "SPanel delivers the whole domain by its mail route; there are no places of delivery for single mailboxes."
)

_NO_EMAIL_ALIASES = msg(
    "SPanel's forwarders are no aliases with recipients of several kinds: they stand under Mailboxes, “Forwarders”."
)

_NO_HEALTH = msg(
    "SPanel has no call about the health of a domain. Gatehouse looks at DNS and at the routes itself."
)

_NO_MAIL = msg(
    "SPanel is a hosting panel: it holds no mail back, and its API tells nothing of single messages."
)

CARD = Card(
    kind="spanel",
    label="SPanel",
    can=frozenset(
        {
            Capability.DOMAINS_READ,
            Capability.DOMAIN_ADD,
            Capability.DOMAIN_REMOVE,
            Capability.ROUTES_READ,
            Capability.ROUTES_WRITE,
            Capability.ADMINS_READ,
            Capability.RULES_READ,
            Capability.RULES_WRITE,
            Capability.RESOURCES_READ,
            Capability.RESOURCES_WRITE,
        }
    ),
    gaps={
        Capability.STATISTICS_READ: msg("Gatehouse reads no statistics of SPanel."),
        **dict.fromkeys(MAIL_CAPABILITIES, _NO_MAIL),
        Capability.ALIASES_READ: _NO_ALIASES,
        Capability.ALIASES_WRITE: _NO_ALIASES,
        Capability.SETTINGS_READ: _NO_SETTINGS,
        Capability.SETTINGS_WRITE: _NO_SETTINGS,
        Capability.ADMINS_WRITE: _NO_ACCESS,
        Capability.TOKENS_READ: _NO_ACCESS,
        Capability.TOKENS_WRITE: _NO_ACCESS,
        Capability.ACCESS_READ: _NO_ACCESS,
        Capability.ACCESS_WRITE: _NO_ACCESS,
        Capability.DKIM_READ: _NO_DKIM,
        Capability.DKIM_WRITE: _NO_DKIM,
        **dict.fromkeys(
            (
                Capability.HEALTH_READ,
                Capability.HEALTH_RUN,
                Capability.HEALTH_FAILURES,
                Capability.RELAY_TRY,
                Capability.FILTER_HOSTS,
            ),
            _NO_HEALTH,
        ),
        Capability.DKIM_REMOVE: _NO_DKIM,
        Capability.PLATFORMS_READ: _NO_PLATFORMS,
        Capability.PLATFORMS_WRITE: _NO_PLATFORMS,
        Capability.EMAIL_ALIASES_READ: _NO_EMAIL_ALIASES,
        Capability.EMAIL_ALIASES_WRITE: _NO_EMAIL_ALIASES,
        Capability.EMAIL_ALIAS_RECIPIENTS: _NO_EMAIL_ALIASES,
        Capability.DOMAIN_EDIT: msg(
            "What SPanel keeps of a domain beside its mail route is not changed here yet."
        ),
        Capability.DOMAIN_SWITCH: msg(
            "SPanel switches whole accounts off, not single domains; that is not done from a domain's page."
        ),
        Capability.DOMAIN_RENAME: msg("SPanel's API has no call that renames a domain."),
        Capability.DOMAIN_RESTORE: msg(
            "SPanel removes a domain at once and for good. “Undo” in Changes adds it again with what was known of it."
        ),
        **dict.fromkeys(
            (Capability.POLICIES_READ, Capability.POLICIES_WRITE, Capability.POLICY_ASSIGN), _NO_POLICIES
        ),
        Capability.RULES_SPREAD: _NO_SPREAD,
    },
    settings=(
        Setting(
            "admin_token",
            msg("Admin token"),
            FieldKind.SECRET,
            help=msg(
                "Made in SPanel's admin interface. Opens all accounts. Give this one, a client token, or "
                "both."
            ),
        ),
        Setting(
            "client_token",
            msg("Client token"),
            FieldKind.SECRET,
            help=msg("Made there for one account, and opens that account only."),
        ),
        Setting(
            ACCOUNT,
            msg("Account"),
            help=msg(
                "The account of the client token. With an admin token: the account that gets new domains "
                "when none is named."
            ),
        ),
        Setting(
            "folder",
            msg("Folder"),
            default="spanel",
            help=msg("Part of the panel's address; other than “spanel” where the panel was rebranded."),
            placeholder="spanel",
        ),
    ),
    domain_fields=(
        Setting(
            ACCOUNT,
            msg("Account"),
            help=msg(
                "The SPanel account that shall own the domain. May stay empty when the connection names one."
            ),
        ),
        Setting(
            PATH,
            msg("Folder"),
            help=msg(
                "Where its web site lies, below the account's home folder. Empty: public_html/ and its name."
            ),
            placeholder="public_html/example.org",
        ),
    ),
    limits=Limits(route_ports=False),
    rules=SHAPES,
    resources=KINDS,
    url_help=msg(
        "Address of the server without a folder, for example https://server.example.org. Use the name that "
        "its certificate holds, or enter a CA file."
    ),
)
