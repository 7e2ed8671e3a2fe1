"""Web administrators (older name: resellers) and whose domain is whose (contract sheet, 7.4)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.panel.domains import domain_of, known
from app.sandbox.spamexperts.panel.outcome import Outcome, changes, done, reads, refuse
from app.sandbox.spamexperts.panel.paths import Asked
from app.sandbox.spamexperts.panel.users import WEB_ADMINS
from app.sandbox.spamexperts.software.users import OUTGOING
from app.sandbox.spamexperts.wording import Panel

_UNLIMITED = "0"
"""A ``domainslimit`` of 0 stands for no limit [inferred]."""


def _both(action: str) -> tuple[str, str]:
    return f"reseller/{action}", f"admin/{action}"


def new_admin(cluster: Cluster, username: str, email: str, limit: str = _UNLIMITED) -> dict[str, Any]:
    """Return the row of a new web administrator with the next id."""
    return {
        "id": cluster.state.counter("user"),
        "username": username,
        "email": email,
        "domainslimit": limit,
        "api_usage": "1",
        "products": {"incoming": 1, "outgoing": 1, "archiving": 0},
    }


@changes(*_both("add"))
def add(cluster: Cluster, asked: Asked) -> Outcome:
    """Add an administrator."""
    username, table = asked.text("username").lower(), cluster.state.table(WEB_ADMINS)
    if username in table:
        raise refuse(Panel.ADMIN_EXISTS, item=username)
    table[username] = new_admin(cluster, username, asked.text("email")) | _fields(asked)
    return done(Panel.ADMIN_SAVED, item=username)


@changes(*_both("update"))
def update(cluster: Cluster, asked: Asked) -> Outcome:
    """The administrator is named by ``id`` or, without one, by ``username``."""
    table, wanted = cluster.state.table(WEB_ADMINS), asked.values.get("id", "")
    old = next(
        (name for name, row in table.items() if str(row["id"]) == wanted), asked.text("username").lower()
    )
    row = _admin(cluster, old)
    name = asked.values.get("username", old).lower()
    del table[old]
    table[name] = {**row, **_fields(asked), "username": name}
    for domain in _owned(cluster, old):
        cluster.change_domain(domain, owner=name)
    return done(Panel.ADMIN_SAVED, item=name)


@changes(*_both("remove"))
def remove(cluster: Cluster, asked: Asked) -> Outcome:
    """An empty body is the success."""
    _remove(cluster, asked.text("username").lower())
    return Outcome()


@changes(*_both("wipe"))
def wipe(cluster: Cluster, asked: Asked) -> Outcome:
    """Like ``remove``, for a JSON array of names."""
    for name in asked.listed("username"):
        _remove(cluster, name.lower())
    return Outcome()


@reads(*_both("list"))
def list_admins(cluster: Cluster, asked: Asked) -> Outcome:
    """One item that is the list itself: clients read ``result[0]``."""
    wanted = asked.values.get("username", "").lower()
    bare = asked.values.get("no_domains") == "1"
    rows = [row for name, row in cluster.state.table(WEB_ADMINS).items() if wanted in ("", name)]
    return Outcome(result=[[_shown(cluster, row, bare=bare) for row in rows]])


@changes(*_both("binddomains"))
def bind(cluster: Cluster, asked: Asked) -> Outcome:
    """Give domains to an administrator, up to its limit."""
    username = asked.text("username").lower()
    row, domains = _admin(cluster, username), _domains(cluster, asked)
    limit = int(row["domainslimit"])
    if limit and len({*_owned(cluster, username), *domains}) > limit:
        raise refuse(Panel.LIMIT_REACHED, item=username)
    return _give(cluster, domains, username)


@changes(*_both("unbinddomains"))
def unbind(cluster: Cluster, asked: Asked) -> Outcome:
    """Take domains away from an administrator."""
    username = asked.text("username").lower()
    _admin(cluster, username)
    domains = _domains(cluster, asked)
    for domain in domains:
        if cluster.domains[domain]["owner"] != username:
            raise refuse(Panel.NOT_OURS, domain=domain)
    return _give(cluster, domains, "")


@changes("admin/transferdomains")
def transfer(cluster: Cluster, asked: Asked) -> Outcome:
    """Give domains to an administrator, whoever had them."""
    username = asked.text("username").lower()
    _admin(cluster, username)
    return _give(cluster, _domains(cluster, asked), username)


@changes(*_both("setproducts"))
def set_products(cluster: Cluster, asked: Asked) -> Outcome:
    """Set the products an administrator may use."""
    username = asked.text("username").lower()
    row = _admin(cluster, username)
    wishes = {key: int(asked.values[key] == "1") for key in row["products"] if key in asked.values}
    cluster.state.table(WEB_ADMINS)[username] = {**row, "products": {**row["products"], **wishes}}
    return done(Panel.ADMIN_CHANGED)


@reads(*_both("domainswithproduct"))
def count_with_product(cluster: Cluster, asked: Asked) -> Outcome:
    """Count the administrator's domains with one product."""
    product = asked.text("product")
    owned = _owned(cluster, asked.text("username").lower())
    return Outcome(result=sum(cluster.domains[domain]["products"].get(product, 0) for domain in owned))


@reads(*_both("getvalidrecipientcount"))
def count_recipients(cluster: Cluster, asked: Asked) -> Outcome:
    """Count the local recipients of the administrator's domains."""
    table = cluster.state.table("local_recipients")
    return Outcome(
        result=sum(len(table.get(name, [])) for name in _owned(cluster, asked.text("username").lower()))
    )


@reads(*_both("getoutgoingusercount"))
def count_outgoing_users(cluster: Cluster, asked: Asked) -> Outcome:
    """Count the outgoing users of the administrator's domains."""
    table = cluster.state.table(OUTGOING)
    return Outcome(
        result=sum(len(table.get(name, {})) for name in _owned(cluster, asked.text("username").lower()))
    )


@reads(*_both("getbandwidthusage"))
def bandwidth(cluster: Cluster, asked: Asked) -> Outcome:
    """One string of CSV lines: domain, bytes."""
    wanted = asked.text("reseller_id")
    names = [name for name, row in cluster.state.table(WEB_ADMINS).items() if str(row["id"]) == wanted]
    used: dict[str, int] = {domain: 0 for name in names for domain in _owned(cluster, name)}
    for message in cluster.state.table("messages").values():
        if message["domain"] in used:
            used[message["domain"]] += message["bandwidth"]
    return Outcome(result="".join(f"{domain},{total}\n" for domain, total in used.items()))


@reads("domain/getowner")
def owner(cluster: Cluster, asked: Asked) -> Outcome:
    """Tell whose domain it is; an empty answer when it is nobody's."""
    username = known(cluster, asked)[1]["owner"]
    return Outcome(result={"username": username} if username else None)


@changes("domain/move")
def move(cluster: Cluster, asked: Asked) -> Outcome:
    """Move one domain to another administrator; one that has reached its limit rejects it."""
    domain, _ = known(cluster, asked)
    target = asked.text("destination_username").lower()
    asked.text("destination_password")
    if _free(cluster, _admin(cluster, target)) == 0:
        return Outcome(result={"moved": [], "notmoved": [], "rejected": [domain]})
    cluster.change_domain(domain, owner=target)
    return Outcome(result={"moved": [domain], "notmoved": [], "rejected": []})


@reads("domain/getfreelimit")
def free_limit(cluster: Cluster, asked: Asked) -> Outcome:
    """Tell how many more domains an administrator may have."""
    row = _admin(cluster, asked.text("destination_username").lower())
    asked.text("destination_password")
    free = _free(cluster, row)
    return Outcome(result={"freelimit": "unlimit" if free is None else free})


def _fields(asked: Asked) -> dict[str, str]:
    """Return the fields of an administrator that a request sets."""
    known = ("email", "domainslimit", "api_usage")
    fields = {key: value for key, value in asked.values.items() if key in known}
    limit = fields.get("domainslimit", _UNLIMITED)
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9):
        raise refuse(Panel.BAD_VALUE, key="domainslimit", value=limit)
    return fields


def _admin(cluster: Cluster, username: str) -> dict[str, Any]:
    row: dict[str, Any] | None = cluster.state.table(WEB_ADMINS).get(username)
    if row is None:
        raise refuse(Panel.ADMIN_MISSING, item=username)
    return row


def _remove(cluster: Cluster, username: str) -> None:
    _admin(cluster, username)
    del cluster.state.table(WEB_ADMINS)[username]
    _give(cluster, _owned(cluster, username), "")


def _owned(cluster: Cluster, username: str) -> list[str]:
    return [domain for domain, row in cluster.domains.items() if row["owner"] == username]


def _free(cluster: Cluster, row: dict[str, Any]) -> int | None:
    limit = int(row["domainslimit"])
    return max(0, limit - len(_owned(cluster, row["username"]))) if limit else None


def _domains(cluster: Cluster, asked: Asked) -> list[str]:
    """Return the domains of a JSON array, or of a single name."""
    given = asked.text("domains")
    wanted = asked.listed("domains") if given.startswith("[") else [domain_of(asked, "domains")]
    for domain in wanted:
        if domain not in cluster.domains:
            raise refuse(Panel.NOT_ALLOWED, domain=domain)
    return wanted


def _give(cluster: Cluster, domains: list[str], username: str) -> Outcome:
    for domain in domains:
        cluster.change_domain(domain, owner=username)
    return done(Panel.ADMIN_CHANGED)


def _shown(cluster: Cluster, row: dict[str, Any], *, bare: bool) -> dict[str, Any]:
    return row if bare else {**row, "domains": _owned(cluster, row["username"])}
