"""The state of the imitated filter cluster, shared by the Software API and the Control Panel API."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import fail
from app.sandbox.spamexperts.names import Destination
from app.sandbox.state import State

NO_PRODUCTS = {"incoming": 1, "outgoing": 0, "archiving": 0}
OWNED_TABLES = (
    "settings",
    "local_recipients",
    "lists",
    "dkim",
    "outgoing_users",
    "email_aliases",
    "contacts",
)
"""Tables whose rows are keyed by domain name and go with the domain."""


class Cluster:
    """Domains and all that hangs on them. Every method expects to run under the upstream's lock.

    ``call_log``: the latest calls of the Software API (time, ``client_username``, ``client_ip``, call), oldest first.
    """

    def __init__(
        self, state: State, profile: Mapping[str, Any], call_log: Sequence[tuple[float, str, str, str]] = ()
    ) -> None:
        self.state = state
        self.profile = profile
        self.call_log = call_log
        self.domains = state.table("domains")
        self.aliases = state.table("aliases")

    def require(self, domain: str) -> dict[str, Any]:
        """Return the row of a domain, or raise ED; an alias is not a domain of its own."""
        row: dict[str, Any] | None = self.domains.get(domain)
        if row is None:
            raise fail(wording.DOMAIN_MISSING, domain=domain)
        return row

    def taken(self, name: str) -> bool:
        """True when a name is a domain or an alias already."""
        return name in self.domains or name in self.aliases

    def add_domain(
        self, domain: str, routes: Sequence[Destination], aliases: Sequence[str] = (), admin: str = ""
    ) -> None:
        """Add a domain; EX when the name is taken. All aliases must be free, too, before anything changes."""
        for name in (domain, *aliases):
            if self.taken(name):
                raise fail(wording.DOMAIN_PRESENT, domain=name)
        self.domains[domain] = {
            "destinations": [list(route) for route in routes],
            "aliases": list(aliases),
            "admin": admin,
            "owner": "",
            "created": int(time.time()),
            "products": dict(NO_PRODUCTS),
        }
        for alias in aliases:
            self.aliases[alias] = domain

    def remove_domain(self, domain: str) -> None:
        """Remove a domain with its aliases, settings and lists; ED when it is not there."""
        for alias in self.require(domain)["aliases"]:
            del self.aliases[alias]
        del self.domains[domain]
        for name in OWNED_TABLES:
            self.state.table(name).pop(domain, None)

    def change_domain(self, domain: str, **values: Any) -> None:
        """Change fields of a domain's row; ED when it is not there."""
        self.domains[domain] = {**self.require(domain), **values}

    def add_alias(self, domain: str, alias: str) -> None:
        """Add an alias domain; ED, and EX when the name is taken."""
        aliases = self.require(domain)["aliases"]
        if self.taken(alias):
            raise fail(wording.DOMAIN_PRESENT, domain=alias)
        self.change_domain(domain, aliases=[*aliases, alias])
        self.aliases[alias] = domain

    def remove_alias(self, domain: str, alias: str) -> None:
        """Remove an alias domain; ED, and EN when it is not an alias of this domain."""
        aliases = self.require(domain)["aliases"]
        if alias not in aliases:
            raise fail(wording.NO_SUCH, thing="alias", item=alias)
        self.change_domain(domain, aliases=[name for name in aliases if name != alias])
        del self.aliases[alias]
