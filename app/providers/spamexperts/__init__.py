"""SpamExperts (N-able Mail Assure), Local Cloud, through its Software API."""

from __future__ import annotations

from app.core.capabilities import Capability, Card, Driver, Setting
from app.core.model import Connection, FieldKind
from app.core.text import msg
from app.net.http import Http
from app.providers.spamexperts.driver import SpamExpertsDriver

CARD = Card(
    kind="spamexperts",
    label="SpamExperts",
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
        }
    ),
    gaps={},
    settings=(
        Setting(
            "username",
            msg("User name of the Software API"),
            required=True,
            help=msg(
                "A Software API user of the cluster, not the one you sign in to the Control Panel with."
            ),
        ),
        Setting("password", msg("Password of the Software API"), FieldKind.SECRET, required=True),
    ),
    url_help=msg("The address of the cluster's primary server, without /cgi-bin/api. Local Cloud only."),
    https_required=True,
)


def build(connection: Connection, http: Http) -> Driver:
    """The driver of one connection. Sends nothing."""
    return SpamExpertsDriver(connection, http)
