"""What the Control Panel API offers, why it does not offer the rest, and what a connection and a new domain need."""

from __future__ import annotations

from app.core.capabilities import Capability, Card, Setting
from app.core.model import FieldKind
from app.core.text import msg
from app.providers.hornetsecurity.messages import ACTIONS, TRACE
from app.providers.hornetsecurity.messages import SHAPES as SHAPES_OF_MAIL
from app.providers.hornetsecurity.resources import KINDS
from app.providers.hornetsecurity.wire_lists import SHAPES

OWNER, ADMIN, REFERENCE, FILTER = "partner", "admin", "external_reference", "filter"
ON, OFF = "on", "off"

NO_PARTNER = msg(
    "The connection's user has no role on a partner. Customers, and with them their primary domains, are added and "
    "removed by partners; alias domains can be added."
)

SETTINGS = (
    Setting(
        "api_token",
        msg("API token"),
        FieldKind.SECRET,
        help=msg("Made in the Control Panel under user settings, API token. With it nothing else is needed."),
    ),
    Setting(
        "username",
        msg("User name"),
        help=msg("Without an API token. Users that sign in through Microsoft 365 or LDAP need a token."),
        placeholder="admin@example.com",
    ),
    Setting("password", msg("Password"), FieldKind.SECRET),
    Setting(
        "app_id",
        msg("App-ID"),
        FieldKind.SECRET,
        help=msg("Given out by the panel's support. Needed with a user name, not with an API token."),
    ),
    Setting(
        "account",
        msg("Account"),
        help=msg(
            "A partner or customer, by its name or object id, where the user sees more than this connection is for: only "
            "what lies below it is listed, and new customers go there."
        ),
    ),
    Setting(
        "app_version",
        msg("App version"),
        help=msg(
            "For panels older than API v0.11 only, which want the headers App-ID, App-Version and CP-Token (the API "
            "token) and a user name with every call. Leave it empty otherwise."
        ),
        placeholder="1.0.0",
    ),
)

DOMAIN_FIELDS = (
    Setting(
        OWNER,
        msg("Partner"),
        help=msg(
            "Whose customer it becomes, by name or object id. Needed where the connection has several partners."
        ),
    ),
    Setting(
        ADMIN,
        msg("Administrator"),
        help=msg("An existing user, by address, who administers the new customer."),
        placeholder="admin@example.com",
    ),
    Setting(REFERENCE, msg("External reference"), help=msg("Your own number or name for the customer.")),
    Setting(
        FILTER,
        msg("Spam and Malware Protection"),
        FieldKind.CHOICE,
        help=msg("Switched on together with the routes. It may be a booked product that costs money."),
        choices=((ON, msg("switch on")), (OFF, msg("leave as it is"))),
        default=ON,
    ),
)

_NO_SPREAD = msg("Hornetsecurity adds an entry to one list at a time; a job adds it to several.")

_NO_KEYS = msg(
    "Hornetsecurity's API switches DKIM signing on and off for a customer; no call shows a key, and none takes one."
)
_NO_POLICIES = msg("Hornetsecurity has no policies with names: each domain has settings of its own.")

_NO_ACCESS = msg(
    "Roles of Hornetsecurity's users stand with each customer, under More, Roles; here are the connection's own user and its "
    "API tokens."
)

_NO_PLATFORMS = msg(
    "Hornetsecurity has a primary environment and further ones, which are the routes here; it has no platforms."
)

_NO_EMAIL_ALIASES = msg(
    "Hornetsecurity keeps alias addresses with the mailbox that they belong to; they stand on the page of that mailbox."
)

_NO_QUEUE = msg(
    "Hornetsecurity has no call that shows or changes its delivery queue; the log names what was put off."
)

_GAPS = {
    **dict.fromkeys((Capability.QUEUE_READ, Capability.QUEUE_RETRY, Capability.QUEUE_REMOVE), _NO_QUEUE),
    Capability.MAIL_FOLDERS: msg("Hornetsecurity keeps messages by recipient, not in folders of mailboxes."),
    Capability.MAIL_ATTACHMENTS: msg("Hornetsecurity names attachments, but no call hands one out."),
    Capability.MAIL_DELETE: msg(
        "Hornetsecurity has no call that deletes a held message; it goes by itself when its time is over."
    ),
    Capability.ADMINS_WRITE: _NO_ACCESS,
    Capability.ACCESS_READ: _NO_ACCESS,
    Capability.ACCESS_WRITE: _NO_ACCESS,
    Capability.PLATFORMS_READ: _NO_PLATFORMS,
    Capability.PLATFORMS_WRITE: _NO_PLATFORMS,
    Capability.EMAIL_ALIASES_READ: _NO_EMAIL_ALIASES,
    Capability.EMAIL_ALIASES_WRITE: _NO_EMAIL_ALIASES,
    Capability.EMAIL_ALIAS_RECIPIENTS: _NO_EMAIL_ALIASES,
    Capability.DKIM_READ: _NO_KEYS,
    Capability.DKIM_WRITE: _NO_KEYS,
    Capability.DKIM_REMOVE: _NO_KEYS,
    Capability.DOMAIN_EDIT: msg(
        "What Hornetsecurity keeps of a customer beside routes, aliases and settings stands under More, each with a form of its "
        "own."
    ),
    Capability.DOMAIN_SWITCH: msg(
        "Hornetsecurity's API has no call that switches a single domain on or off."
    ),
    Capability.DOMAIN_RENAME: msg("Hornetsecurity's API has no call that renames a domain."),
    Capability.DOMAIN_RESTORE: msg(
        "Hornetsecurity removes a domain at once and for good. “Undo” in Changes adds it again with what was known of it."
    ),
    Capability.POLICIES_READ: _NO_POLICIES,
    Capability.POLICIES_WRITE: _NO_POLICIES,
    Capability.POLICY_ASSIGN: _NO_POLICIES,
    Capability.RULES_SPREAD: _NO_SPREAD,
    Capability.HEALTH_RUN: msg("Hornetsecurity looks at DNS by itself; no call makes it look now."),
    Capability.HEALTH_FAILURES: msg("Hornetsecurity's API tells the state of one customer at a time."),
    Capability.RELAY_TRY: msg(
        "Hornetsecurity's API has no call that tries a route; Gatehouse tries it itself."
    ),
}

CARD = Card(
    kind="hornetsecurity",
    label="Hornetsecurity",
    can=frozenset(Capability) - _GAPS.keys(),
    gaps=_GAPS,
    settings=SETTINGS,
    domain_fields=DOMAIN_FIELDS,
    rules=SHAPES,
    resources=KINDS,
    mail=SHAPES_OF_MAIL,
    mail_actions=ACTIONS,
    mail_trace=TRACE,
    default_url="https://cp.hornetsecurity.com",
    url_help=msg("The address of the Control Panel, without /api/v0."),
    https_required=True,
)
