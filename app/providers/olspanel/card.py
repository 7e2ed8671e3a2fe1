"""What OLSPanel's API offers, why it does not offer the rest, and what a connection and a new domain need."""

from __future__ import annotations

from app.core.capabilities import MAIL_CAPABILITIES, Capability, Card, Setting
from app.core.model import FieldKind
from app.core.text import msg
from app.providers.olspanel.kinds import KINDS

PATH = "path"
PHP_VERSION = "php_version"

_NO_ROUTES = msg(
    "OLSPanel delivers mail on its own server; its API has no calls for routes. Its domains can be added "
    "and listed."
)
_NO_ALIASES = msg(
    "OLSPanel's API knows no domain aliases. Mail forwarders exist in the panel's own pages, not in its API."
)
_NO_SETTINGS = msg(
    "OLSPanel's API has no settings of a domain: it tells name and folder of each, nothing else."
)
_NO_RULES = msg(
    "OLSPanel's API has no sender lists and no filters; its spam filter is set in the panel itself."
)

_NO_ACCESS = msg(
    "OLSPanel's API acts for one account and has no calls for the panel's administrators or their tokens."
)
_NO_DKIM = msg(
    "OLSPanel's API has no calls for DKIM keys. What the panel does about them is seen in its own pages only."
)
_NO_POLICIES = msg("OLSPanel is a hosting panel: it filters no mail and has no policies.")

_NO_PLATFORMS = msg(
    "OLSPanel delivers mail on its own server; its API has no places of delivery to choose from."
)

_NO_EMAIL_ALIASES = msg("OLSPanel's API has no calls for e-mail aliases; they are made in the panel itself.")

_NO_HEALTH = msg("OLSPanel has no call about the health of a domain. Gatehouse looks at DNS itself.")

_NO_MAIL = msg(
    "OLSPanel is a hosting panel: it holds no mail back, and its API tells nothing of single messages."
)

CARD = Card(
    kind="olspanel",
    label="OLSPanel",
    can=frozenset(
        {
            Capability.DOMAINS_READ,
            Capability.DOMAIN_ADD,
            Capability.RESOURCES_READ,
            Capability.RESOURCES_WRITE,
        }
    ),
    gaps={
        Capability.STATISTICS_READ: msg("Gatehouse reads no statistics of OLSPanel."),
        **dict.fromkeys(MAIL_CAPABILITIES, _NO_MAIL),
        Capability.DOMAIN_REMOVE: msg(
            "OLSPanel's API has no call that removes a domain. Remove it in the panel itself; the next "
            "reading of the list notices."
        ),
        Capability.ROUTES_READ: _NO_ROUTES,
        Capability.ROUTES_WRITE: _NO_ROUTES,
        Capability.ALIASES_READ: _NO_ALIASES,
        Capability.ALIASES_WRITE: _NO_ALIASES,
        Capability.SETTINGS_READ: _NO_SETTINGS,
        Capability.SETTINGS_WRITE: _NO_SETTINGS,
        Capability.ADMINS_READ: _NO_ACCESS,
        Capability.ADMINS_WRITE: _NO_ACCESS,
        Capability.TOKENS_READ: _NO_ACCESS,
        Capability.TOKENS_WRITE: _NO_ACCESS,
        Capability.ACCESS_READ: _NO_ACCESS,
        Capability.ACCESS_WRITE: _NO_ACCESS,
        Capability.DKIM_READ: _NO_DKIM,
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
        Capability.DKIM_WRITE: _NO_DKIM,
        Capability.DKIM_REMOVE: _NO_DKIM,
        Capability.PLATFORMS_READ: _NO_PLATFORMS,
        Capability.PLATFORMS_WRITE: _NO_PLATFORMS,
        Capability.EMAIL_ALIASES_READ: _NO_EMAIL_ALIASES,
        Capability.EMAIL_ALIASES_WRITE: _NO_EMAIL_ALIASES,
        Capability.EMAIL_ALIAS_RECIPIENTS: _NO_EMAIL_ALIASES,
        Capability.DOMAIN_EDIT: msg(
            "OLSPanel's API has no call that changes a domain: name and folder are set when it is added."
        ),
        Capability.DOMAIN_SWITCH: msg("OLSPanel's API has no call that switches a domain on or off."),
        Capability.DOMAIN_RENAME: msg("OLSPanel's API has no call that renames a domain."),
        Capability.DOMAIN_RESTORE: msg("OLSPanel's API has no call that brings a removed domain back."),
        **dict.fromkeys(
            (Capability.POLICIES_READ, Capability.POLICIES_WRITE, Capability.POLICY_ASSIGN), _NO_POLICIES
        ),
        Capability.RULES_READ: _NO_RULES,
        Capability.RULES_WRITE: _NO_RULES,
        Capability.RULES_SPREAD: _NO_RULES,
    },
    resources=KINDS,
    settings=(
        Setting(
            "username",
            msg("Account"),
            required=True,
            help=msg("The panel account whose domains this connection lists; new domains become its own."),
            placeholder="exampleuser",
        ),
        Setting(
            "password",
            msg("Password"),
            FieldKind.SECRET,
            required=True,
            help=msg(
                "Travels with every call. Letters of Western European languages are possible, others are "
                "not (Latin-1)."
            ),
        ),
        Setting(
            "admin_username",
            msg("Administrator"),
            help=msg(
                "An account with the panel's administrator flag. Only for calls of the panel's admin API."
            ),
        ),
        Setting("admin_password", msg("Administrator's password"), FieldKind.SECRET),
    ),
    domain_fields=(
        Setting(
            PATH,
            msg("Folder"),
            default="public_html",
            help=msg("Where its web site lies, below the account's home folder."),
            placeholder="public_html",
        ),
        Setting(
            PHP_VERSION,
            msg("PHP version"),
            required=True,
            default="8.2",
            help=msg("The panel does not check it: name a version that is installed there."),
            placeholder="8.2",
        ),
    ),
    url_help=msg(
        "Address and port of the panel, for example https://panel.example.org:6844. The panel draws its "
        "port when it is installed and signs its own certificate: enter the certificate's file as the CA "
        "file."
    ),
)
