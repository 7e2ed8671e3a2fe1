"""Admins as groups of domains, and outgoing users with their locks (SpamExperts contract sheet, section 6.6)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import Answer, Empty, Listing, Number, Records, Text, fail
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, software

ADMINS, OUTGOING, LOCKS = "admins", "outgoing_users", "locks"


@software("api_list_admins", tag=VENDOR, returns="[admin]")
def list_admins(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Lists the admins."""
    return Listing(list(cluster.state.table(ADMINS)))


@software("api_count_admins", tag=VENDOR, returns="number")
def count_admins(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Counts the admins."""
    return Number(len(cluster.state.table(ADMINS)))


@software("api_add_admin", "admin", "parent=", tag=INFERRED)
def add_admin(cluster: Cluster, arguments: Arguments) -> Answer:
    """Adds an admin."""
    table, name = cluster.state.table(ADMINS), arguments.text("admin")
    if name in table:
        raise fail(wording.ALREADY_LISTED, item=name)
    if arguments.given("parent"):
        _admin(cluster, arguments.text("parent"))
    table[name] = {"admin_id": cluster.state.counter("admin"), "parent": arguments.text("parent")}
    return Empty()


@software("api_remove_admin", "admin", tag=INFERRED)
def remove_admin(cluster: Cluster, arguments: Arguments) -> Answer:
    """Removes an admin; its domains belong to nobody then."""
    name = arguments.text("admin")
    _admin(cluster, name)
    del cluster.state.table(ADMINS)[name]
    _hand_over(cluster, name, "")
    return Empty()


@software("api_rename_admin", "admin_id", "admin", tag=VENDOR)
def rename_admin(cluster: Cluster, arguments: Arguments) -> Answer:
    """Gives an admin another name."""
    table, name, wanted = cluster.state.table(ADMINS), arguments.text("admin"), arguments.text("admin_id")
    old = next((key for key, row in table.items() if str(row["admin_id"]) == wanted), None)
    if old is None:
        raise fail(wording.NO_SUCH, thing="admin", item=wanted)
    if name in table:
        raise fail(wording.ALREADY_LISTED, item=name)
    table[name] = table.pop(old)
    _hand_over(cluster, old, name)
    return Empty()


@software("api_set_admin_parent", "admin", "parent=", tag=VENDOR)
def set_admin_parent(cluster: Cluster, arguments: Arguments) -> Answer:
    """Puts an admin under another one."""
    name, parent = arguments.text("admin"), arguments.text("parent")
    row = _admin(cluster, name)
    if parent:
        _admin(cluster, parent)
    cluster.state.table(ADMINS)[name] = {**row, "parent": parent}
    return Empty()


@software("api_set_admin", "domain", "admin=", tag=INFERRED)
def set_admin(cluster: Cluster, arguments: Arguments) -> Answer:
    """Assigns a domain to an admin."""
    domain, admin = arguments.domain(), arguments.text("admin")
    cluster.require(domain)
    if admin:
        _admin(cluster, admin)
    cluster.change_domain(domain, admin=admin)
    return Empty()


@software("api_get_admin", "domain", tag=INFERRED, returns="admin")
def get_admin(cluster: Cluster, arguments: Arguments) -> Answer:
    """Shows whose domain it is."""
    domain = arguments.domain()
    admin = cluster.require(domain)["admin"]
    return Text(f"{domain} {admin}\n", {"domain": domain, "admin": admin})


@software("api_get_admin_details", "admin", tag=INFERRED, returns="csv")
def get_admin_details(cluster: Cluster, arguments: Arguments) -> Answer:
    """Shows an admin."""
    name = arguments.text("admin")
    row = _admin(cluster, name)
    owned = sum(domain["admin"] == name for domain in cluster.domains.values())
    columns = ("admin_id", "admin", "parent", "domains")
    return Records(columns, [(row["admin_id"], name, row["parent"], owned)])


@software(
    "api_list_all_outgoing_users",
    "append_domain=",
    tag=VENDOR,
    returns="[username]",
)
def list_all_outgoing_users(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the outgoing users of all domains."""
    appended = arguments.boolean("append_domain", default=False)
    rows = cluster.state.table(OUTGOING).items()
    return Listing([f"{user}@{domain}" if appended else user for domain, users in rows for user in users])


@software("api_list_outgoing_users", "domain", tag=INFERRED, returns="[username]")
def list_outgoing_users(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the outgoing users."""
    return Listing(list(_users(cluster, arguments.domain())))


@software(
    "api_add_outgoing_user",
    *("domain", "username", "password"),
    tag=INFERRED,
)
def add_outgoing_user(cluster: Cluster, arguments: Arguments) -> Answer:
    """Adds an outgoing user."""
    save_outgoing_user(cluster, arguments.domain(), arguments.text("username"))
    return Empty()


@software("api_remove_outgoing_user", "domain", "username", tag=INFERRED)
def remove_outgoing_user(cluster: Cluster, arguments: Arguments) -> Answer:
    """Removes an outgoing user."""
    domain, username = arguments.domain(), arguments.text("username")
    users = _known_user(cluster, domain, username)
    cluster.state.table(OUTGOING)[domain] = {name: row for name, row in users.items() if name != username}
    return Empty()


@software("api_add_user_method", *("domain", "username", "method"), tag=INFERRED)
def add_user_method(cluster: Cluster, arguments: Arguments) -> Answer:
    """Allows an outgoing user, or all of a domain (*), a way to sign in; which ways there are is not public."""
    domain, username, method = arguments.domain(), arguments.text("username"), arguments.text("method")
    users = _users(cluster, domain) if username == "*" else _known_user(cluster, domain, username)
    for name in users if username == "*" else (username,):
        users = {**users, name: {**users[name], "methods": [*users[name].get("methods", []), method]}}
    cluster.state.table(OUTGOING)[domain] = users
    return Empty()


def save_outgoing_user(cluster: Cluster, domain: str, username: str) -> None:
    """Add an outgoing user, and with the first one the product; ED, EX. Passwords are not kept."""
    users = _users(cluster, domain)
    if username in users:
        raise fail(wording.ALREADY_LISTED, item=username)
    cluster.state.table(OUTGOING)[domain] = {**users, username: {"locked": []}}
    products = cluster.require(domain)["products"]
    cluster.change_domain(domain, products={**products, "outgoing": 1})


@software(
    "api_lock_outgoing_identity",
    *("domain", "identity", "username="),
    tag=VENDOR,
)
def lock_outgoing_identity(cluster: Cluster, arguments: Arguments) -> Answer:
    """Locks an identity of one outgoing user, or of all (*)."""
    domain, key = arguments.domain(), _lock_key(cluster, arguments)
    locks = cluster.state.table(LOCKS)
    held = locks.get(domain, [])
    if key not in held:
        locks[domain] = [*held, key]
    return Empty()


@software(
    "api_unlock_outgoing_identity",
    *("domain", "identity", "username="),
    tag=INFERRED,
)
def unlock_outgoing_identity(cluster: Cluster, arguments: Arguments) -> Answer:
    """Unlocks an identity."""
    domain, key = arguments.domain(), _lock_key(cluster, arguments)
    locks = cluster.state.table(LOCKS)
    held = locks.get(domain, [])
    if key not in held:
        raise fail(wording.NO_SUCH, thing="lock", item=arguments.text("identity"))
    locks[domain] = [other for other in held if other != key]
    return Empty()


def _locked(cluster: Cluster, arguments: Arguments) -> list[tuple[str, ...]]:
    locks = cluster.state.table(LOCKS)
    domains = [arguments.domain()] if arguments.given("domain") else list(locks)
    if arguments.given("domain"):
        cluster.require(domains[0])
    wanted = arguments.text("username", "*")
    rows = [(domain, *lock) for domain in domains for lock in locks.get(domain, [])]
    return [row for row in rows if wanted in ("*", row[1])]


def _list_locked(cluster: Cluster, arguments: Arguments) -> Answer:
    return Records(("domain", "username", "identity"), _locked(cluster, arguments))


for _name in ("api_list_locked_identities", "api_find_outgoing_user_locking"):
    software(
        _name,
        *("domain=", "username="),
        about="Lists the locked identities of a domain or of the cluster.",
        tag=VENDOR,
        returns="csv",
    )(_list_locked)


@software(
    "api_count_outgoing_user_locking",
    *("domain=", "username="),
    tag=VENDOR,
    returns="number",
)
def count_locked(cluster: Cluster, arguments: Arguments) -> Answer:
    """Counts them."""
    return Number(len(_locked(cluster, arguments)))


def _lock_key(cluster: Cluster, arguments: Arguments) -> list[str]:
    domain, username = arguments.domain(), arguments.text("username", "*")
    cluster.require(domain)
    if username != "*":
        _known_user(cluster, domain, username)
    return [username, arguments.text("identity")]


def _admin(cluster: Cluster, name: str) -> dict[str, Any]:
    row: dict[str, Any] | None = cluster.state.table(ADMINS).get(name)
    if row is None:
        raise fail(wording.NO_SUCH, thing="admin", item=name)
    return row


def _hand_over(cluster: Cluster, old: str, new: str) -> None:
    for domain, row in cluster.domains.items():
        if row["admin"] == old:
            cluster.change_domain(domain, admin=new)


def _users(cluster: Cluster, domain: str) -> dict[str, Any]:
    cluster.require(domain)
    users: dict[str, Any] = cluster.state.table(OUTGOING).get(domain, {})
    return users


def _known_user(cluster: Cluster, domain: str, username: str) -> dict[str, Any]:
    users = _users(cluster, domain)
    if username not in users:
        raise fail(wording.NO_SUCH, thing="outgoing user", item=username)
    return users
