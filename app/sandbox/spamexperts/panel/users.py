"""Domain users, e-mail users, outgoing users and tickets through the Control Panel API (contract sheet, 7.4).

Passwords are never kept: nobody signs in to a demo with them.
"""

from __future__ import annotations

import secrets
from typing import Any

from app.sandbox.spamexperts import names
from app.sandbox.spamexperts.answers import ApiError
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.panel.domains import domain_of, known
from app.sandbox.spamexperts.panel.outcome import Outcome, changes, done, reads, refuse
from app.sandbox.spamexperts.panel.paths import Asked
from app.sandbox.spamexperts.software.users import save_outgoing_user
from app.sandbox.spamexperts.wording import PANEL_ROLE, PANEL_VERSION, Panel

DOMAIN_USERS, EMAIL_USERS, TICKETS = "domain_users", "email_users", "tickets"
WEB_ADMINS = "web_admins"


@reads("version/get")
def version(_cluster: Cluster, _asked: Asked) -> Outcome:
    """Tell the version, two numbers joined by a dot."""
    return Outcome(result=PANEL_VERSION)


@reads("auth/getrole")
def role(_cluster: Cluster, _asked: Asked) -> Outcome:
    """Tell the role of the credentials."""
    return Outcome(result=PANEL_ROLE)


@reads("archive/accounts")
def archive_accounts(_cluster: Cluster, _asked: Asked) -> Outcome:
    """List the archive accounts; the demo has none."""
    return Outcome(result=[])


@changes("domainuser/add")
def add_domain_user(cluster: Cluster, asked: Asked) -> Outcome:
    """Add the user of a domain."""
    domain, _ = known(cluster, asked)
    asked.text("password")
    table = cluster.state.table(DOMAIN_USERS)
    if domain in table:
        raise refuse(Panel.USER_EXISTS, item=domain)
    table[domain] = new_user(cluster, domain, asked.text("email"), "domain")
    return done(Panel.USER_SAVED, item=domain)


@changes("domainuser/remove")
def remove_domain_user(cluster: Cluster, asked: Asked) -> Outcome:
    """Remove the user of a domain."""
    domain = asked.text("username").lower()
    table = cluster.state.table(DOMAIN_USERS)
    if domain not in table:
        raise refuse(Panel.USER_MISSING, item=domain)
    del table[domain]
    return done(Panel.USER_DELETED, item=domain)


@changes("domainuser/setpassword", "emailusers/setpassword")
def set_password(cluster: Cluster, asked: Asked) -> Outcome:
    """Change the password of a domain or e-mail user."""
    asked.text("password")
    user = _find(cluster, asked.text("username"))
    return done(Panel.PASSWORD_SET, item=user["username"])


@reads("domainuser/status")
def status(cluster: Cluster, asked: Asked) -> Outcome:
    """Tell the status of a domain user."""
    return Outcome(result=_find(cluster, asked.text("username"))["status"])


@changes("emailusers/add")
def add_email_user(cluster: Cluster, asked: Asked) -> Outcome:
    """Add the user of one mailbox."""
    domain, _ = known(cluster, asked)
    asked.text("password")
    local_part = names.local_part("username", asked.text("username"))
    table = cluster.state.table(EMAIL_USERS)
    present = table.get(domain, {})
    if local_part in present:
        raise refuse(Panel.USER_EXISTS, item=f"{local_part}@{domain}")
    address = f"{local_part}@{domain}"
    table[domain] = {**present, local_part: new_user(cluster, address, address, "email")}
    return done(Panel.USER_SAVED, item=address)


@changes("emailusers/remove")
def remove_email_user(cluster: Cluster, asked: Asked) -> Outcome:
    """Remove the user of one mailbox."""
    address = asked.text("username").lower()
    local_part, _, domain = address.rpartition("@")
    table = cluster.state.table(EMAIL_USERS)
    present = table.get(domain, {})
    if local_part not in present:
        raise refuse(Panel.USER_MISSING, item=address)
    table[domain] = {name: row for name, row in present.items() if name != local_part}
    return done(Panel.USER_DELETED, item=address)


@reads("user/get")
def get_user(cluster: Cluster, asked: Asked) -> Outcome:
    """By name or id; nobody found is an empty answer."""
    wanted = asked.values.get("username", "").lower(), asked.values.get("id", "")
    users = [*_everybody(cluster), *cluster.state.table(WEB_ADMINS).values()]
    found = [user for user in users if user["username"] == wanted[0] or str(user["id"]) == wanted[1]]
    return Outcome(result=found[0] if found else None)


@reads("user/list")
def list_users(cluster: Cluster, asked: Asked) -> Outcome:
    """Users of one role, of one domain or of all; e-mail users are an error when there are none."""
    wanted, role_name = asked.values.get("domain", "").lower(), asked.values.get("role", "domain")
    users = [
        user
        for user in _everybody(cluster)
        if user["role"] == role_name and wanted in ("", user["username"].rpartition("@")[2])
    ]
    if role_name == "email" and not users:
        raise refuse(Panel.NO_USERS, domain=wanted)
    return Outcome(result=users)


@changes("authticket/create")
def create_ticket(cluster: Cluster, asked: Asked) -> Outcome:
    """A one-time sign-in for any known user or domain: 40 hex digits and nothing else."""
    username = asked.text("username").lower()
    someone = username in {user["username"] for user in _everybody(cluster)}
    if not (someone or username in cluster.domains or username in cluster.state.table(WEB_ADMINS)):
        raise refuse(Panel.NOT_REGISTERED, item=username)
    ticket = secrets.token_hex(20)
    cluster.state.table(TICKETS)[ticket] = username
    return Outcome(result=ticket)


@changes("outgoingusers/add")
def add_outgoing_user(cluster: Cluster, asked: Asked) -> Outcome:
    """Add an outgoing user, named after the domain when no name is given."""
    domain, _ = known(cluster, asked)
    asked.text("password")
    username = asked.values.get("username") or domain
    try:
        save_outgoing_user(cluster, domain, username)
    except ApiError as error:
        raise refuse(Panel.USER_EXISTS, item=username) from error
    return done(Panel.OUTGOING_ADDED, item=username)


@changes("outgoingusers/addip")
def add_outgoing_address(cluster: Cluster, asked: Asked) -> Outcome:
    """Add an address or network as an outgoing user."""
    domain, _ = known(cluster, asked)
    mask = asked.values.get("mask")
    address = names.address_range("ip", f"{asked.text('ip')}/{mask}" if mask else asked.text("ip"))
    try:
        save_outgoing_user(cluster, domain, address)
    except ApiError as error:
        raise refuse(Panel.USER_EXISTS, item=address) from error
    return done(Panel.OUTGOING_ADDED, item=address)


@changes("outgoingusers/remove")
def remove_outgoing_users(cluster: Cluster, asked: Asked) -> Outcome:
    """Remove all outgoing users of a domain."""
    domain = domain_of(asked)
    cluster.state.table("outgoing_users").pop(domain, None)
    return done(Panel.OUTGOING_REMOVED, domain=domain)


def new_user(cluster: Cluster, username: str, email: str, role_name: str) -> dict[str, Any]:
    """Return the row of a new user with the next id."""
    return {
        "id": cluster.state.counter("user"),
        "username": username,
        "email": email,
        "role": role_name,
        "status": "active",
    }


def _everybody(cluster: Cluster) -> list[dict[str, Any]]:
    by_domain = cluster.state.table(EMAIL_USERS).values()
    return [
        *cluster.state.table(DOMAIN_USERS).values(),
        *(user for users in by_domain for user in users.values()),
    ]


def _find(cluster: Cluster, username: str) -> dict[str, Any]:
    for user in _everybody(cluster):
        if username.lower() in (user["username"], str(user["id"])):
            return user
    raise refuse(Panel.USER_MISSING, item=username)
