"""What the two APIs offer, why they do not offer the rest, and what a connection needs."""

from __future__ import annotations

from app.core.capabilities import Api, Capability, Card, Setting
from app.core.model import FieldKind
from app.core.text import msg
from app.providers.spamexperts.app_messages import ACTIONS as MAIL_ACTIONS
from app.providers.spamexperts.app_messages import SHAPE as QUARANTINE_OF_APP
from app.providers.spamexperts.counts import SHAPE as COUNTED
from app.providers.spamexperts.messages import SHAPES as MAIL
from app.providers.spamexperts.resources import KINDS
from app.providers.spamexperts.software_api import calls_of
from app.providers.spamexperts.wire_rules import PANEL_SHAPES, SHAPES

_NO_ACCESS = msg(
    "SpamExperts has no rights and tokens of single people: the administrators of the panel and the users of domains stand "
    "among the lists of this connection."
)
_NO_PLATFORMS = msg(
    "SpamExperts delivers the whole domain to its routes; there are no places of delivery for single mailboxes."
)

_NO_POLICIES = msg(
    "SpamExperts has no policies with names: each domain has settings of its own that follow the defaults."
)

_NO_HEALTH = msg(
    "SpamExperts has no call about the health of a domain. Gatehouse looks at DNS and at the routes itself."
)

_EMAIL_ALIASES = frozenset({Capability.EMAIL_ALIASES_READ, Capability.EMAIL_ALIASES_WRITE})
_OF_BOTH = frozenset(
    {
        Capability.DOMAINS_READ,
        Capability.DOMAIN_ADD,
        Capability.DOMAIN_REMOVE,
        Capability.ROUTES_READ,
        Capability.ROUTES_WRITE,
        Capability.ALIASES_READ,
        Capability.ALIASES_WRITE,
        Capability.RULES_READ,
        Capability.RULES_WRITE,
        Capability.RESOURCES_READ,
        Capability.RESOURCES_WRITE,
    }
)

SOFTWARE = Api(
    "Software API",
    ("username", "password"),
    _OF_BOTH
    | {
        Capability.SETTINGS_READ,
        Capability.SETTINGS_WRITE,
        Capability.DKIM_READ,
        Capability.DKIM_WRITE,
        Capability.QUARANTINE_READ,
        Capability.LOGS_READ,
        Capability.QUEUE_READ,
        Capability.MAIL_HEADERS,
        Capability.MAIL_READ,
        Capability.MAIL_RELEASE,
        Capability.MAIL_DELETE,
        Capability.QUEUE_RETRY,
        Capability.QUEUE_REMOVE,
        Capability.STATISTICS_READ,
    },
    msg(
        "Needs the user name and password of the Software API, which this connection does not have. That API exists on Local "
        "Cloud only; Hosted Cloud has none."
    ),
    SHAPES,
    calls_of(""),
    mail=MAIL,
)
"""Where both are open it serves what both can do: it lists all domains in one call, and knows the lists of the cluster."""

APP_SERVES = frozenset(
    {
        Capability.QUARANTINE_READ,
        Capability.MAIL_HEADERS,
        Capability.MAIL_READ,
        Capability.MAIL_RELEASE,
        Capability.MAIL_DELETE,
        Capability.MAIL_RELEASE_ALLOW,
        Capability.MAIL_ACT,
    }
)
"""What goes through the panel's interface for its app. All but the last two the Software API does too, and shows more."""

PANEL = Api(
    "Control Panel API",
    ("panel_username", "panel_password"),
    _OF_BOTH | _EMAIL_ALIASES | APP_SERVES,
    msg("Needs the Control Panel API: the connection has no user name and password of the panel."),
    PANEL_SHAPES,
    calls_of("Control Panel API"),
    mail=(QUARANTINE_OF_APP,),
)

CARD = Card(
    kind="spamexperts",
    label="SpamExperts",
    can=SOFTWARE.serves | PANEL.serves,
    gaps={
        Capability.MAIL_FOLDERS: msg(
            "SpamExperts has no folders of single mailboxes: its quarantine is searched by domain."
        ),
        Capability.MAIL_ATTACHMENTS: msg(
            "SpamExperts has no call for single attachments; they are cut out of the whole message."
        ),
        Capability.ADMINS_READ: _NO_ACCESS,
        Capability.ADMINS_WRITE: _NO_ACCESS,
        Capability.TOKENS_READ: _NO_ACCESS,
        Capability.TOKENS_WRITE: _NO_ACCESS,
        Capability.ACCESS_READ: _NO_ACCESS,
        Capability.ACCESS_WRITE: _NO_ACCESS,
        Capability.DKIM_REMOVE: msg(
            "SpamExperts has no call that removes a DKIM key; a key can only be replaced by another."
        ),
        Capability.RULES_SPREAD: msg(
            "SpamExperts adds a rule to one domain, or to all of them, at a time. “Add to many domains” does it one by one."
        ),
        Capability.EMAIL_ALIAS_RECIPIENTS: msg(
            "An e-mail alias of SpamExperts leads to exactly one mailbox: it is changed as a whole."
        ),
        Capability.PLATFORMS_READ: _NO_PLATFORMS,
        Capability.PLATFORMS_WRITE: _NO_PLATFORMS,
        Capability.DOMAIN_EDIT: msg(
            "SpamExperts has no fields of a domain beside its routes, aliases and settings; those are changed on their tabs."
        ),
        Capability.DOMAIN_SWITCH: msg("The Software API has no call that switches a domain on or off."),
        Capability.DOMAIN_RENAME: msg("The Software API has no call that renames a domain."),
        Capability.DOMAIN_RESTORE: msg(
            "SpamExperts removes a domain at once and for good. “Undo” in Changes adds it again with what was known of it."
        ),
        **dict.fromkeys(
            (Capability.POLICIES_READ, Capability.POLICIES_WRITE, Capability.POLICY_ASSIGN), _NO_POLICIES
        ),
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
    },
    settings=(
        Setting(
            "username",
            msg("User name of the Software API"),
            help=msg(
                "A Software API user of the cluster, not the one you sign in to the Control Panel with. Empty on Hosted Cloud, "
                "which has no Software API."
            ),
        ),
        Setting("password", msg("Password of the Software API"), FieldKind.SECRET),
        Setting(
            "panel_username",
            msg("User name of the Control Panel"),
            help=msg(
                "An administrator of the Control Panel. Alone it is enough for domains, routes, aliases, lists and the "
                "quarantine; beside the Software API it adds e-mail aliases, users, and training by a message."
            ),
        ),
        Setting("panel_password", msg("Password of the Control Panel"), FieldKind.SECRET),
    ),
    url_help=msg(
        "The address of the server without /cgi-bin/api or /api: on Local Cloud the cluster's primary server, on Hosted Cloud "
        "the Control Panel's."
    ),
    apis=(SOFTWARE, PANEL),
    https_required=True,
    rules=SHAPES,
    mail=MAIL,
    mail_actions=MAIL_ACTIONS,
    statistics=COUNTED,
    resources=KINDS,
)
