"""One authenticated call: its parameters, and the part of the panel's memory that it works on."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.spanel.answers import Refused
from app.sandbox.spanel.php import Value, texts
from app.sandbox.state import State, Table

LIMITS = ("quota", "inodes", "domains", "emails", "databases")
"""The limits of an account or a package: a number, or None for unlimited."""
LISTS = ("redirects", "forwarders", "filters", "senders", "crons", "backups")
MAPS = (
    "domains",
    "subdomains",
    "mailboxes",
    "autoresponders",
    "databases",
    "dbusers",
    "ftp",
    "subusers",
    "spam",
)
"""What an account has: one table for each, by account name."""
DOMAIN_TABLES = ("owners", "zones", "routes", "defaults")
"""What a domain has beside that: one table for each, by domain name."""


@dataclass(frozen=True)
class Call:
    """What an action gets: the account it works on ("" for admin functions) and the checked parameters."""

    state: State
    profile: dict[str, Any]
    account: str = ""
    params: dict[str, Value] = field(default_factory=dict)
    origin: str = ""
    """Scheme and host of the request, for links."""
    admin: str = ""
    """The admin user whose token was used."""

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        value = self.params.get(name)
        return value if isinstance(value, str) else default

    def texts(self, name: str) -> list[str]:
        """Return a parameter that is a string or an array."""
        return texts(self.params.get(name, []))

    def table(self, name: str) -> Table:
        """Return one table of the panel."""
        return self.state.table(name)

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Return a copy of one of the account's lists, such as its forwarders."""
        return list(self.table(kind).get(self.account, ()))

    def map(self, kind: str) -> dict[str, Any]:
        """Return a copy of what the account has of one kind, by name, such as its mailboxes."""
        return dict(self.table(kind).get(self.account, {}))

    def keep(self, kind: str, content: list[dict[str, Any]] | dict[str, Any]) -> None:
        """Put back what ``rows`` or ``map`` returned."""
        self.table(kind)[self.account] = content

    def room(self, limit: str, used: int) -> None:
        """Raise ``Refused`` when the account may not have one more."""
        allowed = self.table("accounts")[self.account]["limits"][limit]
        if allowed is not None and used >= allowed:
            raise Refused(limit=f"The account has reached its limit of {limit}: {allowed}")

    def own(self, parameter: str = "domain", subdomains: bool = True) -> str:
        """Return the named domain (or subdomain), lower case; raise ``Refused`` unless the account has it."""
        name = self.text(parameter).lower()
        if name in self.map("domains") or (subdomains and name in self.map("subdomains")):
            return name
        raise Refused(**{parameter: f"The domain {name} does not exist in this account"})

    def prefixed(self, name: str) -> str:
        """Return a database, FTP or sub-user name with the account's prefix, which callers may leave out."""
        return name if name.startswith(f"{self.account}_") else f"{self.account}_{name}"


def taken(name: str, existing: Container[str], parameter: str) -> None:
    """Raise ``Refused`` when the name is among the existing ones."""
    if name in existing:
        raise Refused(**{parameter: f"{name} already exists"})


def missing(name: str, existing: Container[str], parameter: str) -> None:
    """Raise ``Refused`` when the name is not among the existing ones."""
    if name not in existing:
        raise Refused(**{parameter: f"{name} does not exist"})
