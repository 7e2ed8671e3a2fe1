"""How accounts and domains come and go, for the actions and for the demo data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.sandbox.company import HOSTS
from app.sandbox.spanel.call import DOMAIN_TABLES, LIMITS, LISTS, MAPS, Call
from app.sandbox.state import State

Limits = dict[str, int | None]
FOLDER = "public_html"
SERVER_IP = next(host.address for host in HOSTS if host.name == "mail.hosting.example")


def new_account(user: str, domain: str, password: str, **facts: Any) -> dict[str, Any]:
    """Return the row of a new account. ``disk`` is in MB, ``setup`` is DD.MM.YYYY."""
    row = {
        "user": user,
        "domain": domain,
        "password": password,
        "email": f"{user}@{domain}",
        "ip": SERVER_IP,
        "disk": 0,
        "inodes": 0,
        "setup": datetime.now(UTC).strftime("%d.%m.%Y"),
        "suspended": False,
        "reason": "",
        "package": "Custom",
        "limits": dict.fromkeys(LIMITS),
        "permissions": "all",
        "ssh": False,
    }
    return row | facts


def open_account(state: State, row: dict[str, Any]) -> None:
    """Add an account with its main domain."""
    user, domain = row["user"], row["domain"]
    state.table("accounts")[user] = row
    state.table("domains")[user] = {domain: new_domain(user, FOLDER)}
    state.table("owners")[domain] = user


def close_account(state: State, user: str) -> None:
    """Remove an account with all it has, and revoke its tokens."""
    for name in [*state.table("domains")[user], *state.table("subdomains").get(user, {})]:
        forget_domain(state, name)
    for kind in (*MAPS, *LISTS):
        state.table(kind).pop(user, None)
    for token, row in state.table("tokens").items():
        if row["account"] == user:
            state.table("tokens")[token] = row | {"revoked": True}
    del state.table("accounts")[user]


def forget_domain(state: State, name: str) -> None:
    """Remove what hangs on a domain's name alone: its owner, zone, mail route and default address."""
    for kind in DOMAIN_TABLES:
        state.table(kind).pop(name, None)


def new_domain(user: str, path: str) -> dict[str, str]:
    """Return what is kept of a domain beside its name."""
    return {"documentroot": folder(user, path), "modsecurity": "enabled"}


def folder(user: str, path: str) -> str:
    """Return the absolute folder of a path, which callers give from the home folder or in full."""
    inside = path.removeprefix(f"/home/{user}").strip("/")
    return f"/home/{user}/{inside}" if inside else f"/home/{user}"


def remove_domains(call: Call, names: list[str]) -> None:
    """Take domains or subdomains out of the account, with the mail and subdomains below them; files stay."""
    below = {full for full, row in call.map("subdomains").items() if row["domain"] in names}
    gone = below.union(names)
    for kind in ("domains", "subdomains"):
        call.keep(kind, {name: row for name, row in call.map(kind).items() if name not in gone})
    for kind in ("mailboxes", "autoresponders"):
        call.keep(
            kind, {mail: row for mail, row in call.map(kind).items() if mail.rpartition("@")[2] not in gone}
        )
    for kind in ("forwarders", "filters", "redirects"):
        call.keep(kind, [row for row in call.rows(kind) if row["domain"] not in gone])
    for name in gone:
        forget_domain(call.state, name)
