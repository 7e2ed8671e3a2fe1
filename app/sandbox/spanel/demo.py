"""What the imitated SPanel knows at the start: the demo company's accounts, or generated ones."""

from __future__ import annotations

import hashlib
from typing import Any

from app.sandbox.company import FILTER_HOSTS, Firm, firms_of
from app.sandbox.seed import chance, generated
from app.sandbox.spanel import dns, filtering, forwarding, hosting
from app.sandbox.spanel.call import LIMITS, Call
from app.sandbox.spanel.mailboxes import new_mailbox
from app.sandbox.state import State

ACCOUNT = "hafencafe"
"""The account of the client token; it exists in generated data too."""
SUSPENDED = "librairie"
ADMIN = "admin@hosting.example"
PASSWORD = "demo-password"
MAX_ACCOUNTS = 500
_OWN_HOST = "mail.hosting.example"

PACKAGES: dict[str, tuple[int | None, ...]] = {
    "starter": (1024, 10000, 1, 2, 3),
    "business": (20480, 200000, 10, 50, 20),
    "unlimited": (None, None, None, None, None),
}


def _token(purpose: str) -> str:
    """Return a fixed demo token of 40 hexadecimal digits, as in the documents' samples."""
    return hashlib.sha1(f"gatehouse sandbox {purpose}".encode()).hexdigest()


def credentials() -> dict[str, str]:
    """Return the tokens that work, and the account that the client token is tied to.

    ``admin_token`` (``token`` is another name of it) may make sign-in links, ``plain_token`` may not.
    """
    return {
        "token": _token("admin with sign-in"),
        "admin_token": _token("admin with sign-in"),
        "plain_token": _token("admin"),
        "client_token": _token("client"),
        "account": ACCOUNT,
    }


REVOKED_TOKEN = _token("revoked")


def seed(state: State, domains: int | None) -> None:
    """Fill the empty state with the demo company, or with that many domains in up to 500 accounts."""
    _seed_access(state)
    if domains is None:
        for firm in firms_of("spanel"):
            _seed_firm(state, firm)
    else:
        _seed_generated(state, domains)


def _seed_access(state: State) -> None:
    named = credentials()
    for token, account, sso, revoked in (
        (named["admin_token"], "", True, False),
        (named["plain_token"], "", False, False),
        (named["client_token"], ACCOUNT, False, False),
        (REVOKED_TOKEN, "", True, True),
    ):
        admin = "" if account else ADMIN
        state.table("tokens")[token] = {"account": account, "sso": sso, "revoked": revoked, "admin": admin}
    state.table("admins")[ADMIN] = {"password": PASSWORD, "permissions": "all", "twofactor": True}
    watching = {"server": ["status"], "accounts": ["list"]}
    state.table("admins")["support@hosting.example"] = {
        "password": PASSWORD,
        "permissions": watching,
        "twofactor": False,
    }
    for name, limits in PACKAGES.items():
        state.table("packages")[name] = {"limits": _limits(limits), "permissions": "all"}


def _limits(numbers: tuple[int | None, ...]) -> hosting.Limits:
    return dict(zip(LIMITS, numbers, strict=True))


def _seed_firm(state: State, firm: Firm) -> None:
    user = "".join(filter(str.isalnum, firm.domain.split(".")[0]))
    random = chance("spanel", user)
    package = "business" if firm.aliases else "unlimited"
    _open(
        state, user, firm.domain, package, disk=random.randint(200, 4000), inodes=random.randint(2000, 60000)
    )
    call = Call(state, {}, user)
    for alias in firm.aliases:
        state.table("domains")[user] |= {alias: hosting.new_domain(user, f"{hosting.FOLDER}/{alias}")}
        state.table("owners")[alias] = user
    _seed_mail(call, firm)
    _seed_zone(state, firm)
    _seed_hosting(call, firm)


def _open(state: State, user: str, domain: str, package: str, **facts: Any) -> None:
    row = hosting.new_account(
        user,
        domain,
        PASSWORD,
        package=package,
        limits=_limits(PACKAGES[package]),
        setup=f"{chance(user).randint(1, 28):02d}.03.2024",
        suspended=user == SUSPENDED,
        reason="unpaid invoice" if user == SUSPENDED else "",
    )
    hosting.open_account(state, row | facts)


def _seed_mail(call: Call, firm: Firm) -> None:
    random = chance("spanel mail", firm.domain)
    quotas = (500, 1024, 2048)
    boxes = {}
    for address in firm.addresses:
        quota = random.choice(quotas)
        boxes[address] = new_mailbox(quota, random.randint(0, quota), PASSWORD)
    call.keep("mailboxes", boxes)
    first, last = firm.addresses[0], firm.addresses[-1]
    goals = (("info", first), ("bestellung" if firm.language == "de" else "orders", last))
    rows = [{"from": f"{local}@{firm.domain}", "domain": firm.domain, "to": to} for local, to in goals]
    pipe = {
        "from": f"ticket@{firm.domain}",
        "domain": firm.domain,
        "pipe": f"/home/{call.account}/ticket.php",
    }
    call.keep("forwarders", [*rows, pipe])
    call.keep("autoresponders", {last: f"{firm.people[-1].name}: I am back on Monday."})
    call.table("defaults")[firm.domain] = {"type": "forward", "email": first}
    _seed_route(call, firm)
    call.keep(
        "senders",
        [
            {"type": "whitelist_from", "sender": "hosting.example"},
            {"type": "blacklist_from", "sender": "lottery.example"},
        ],
    )
    call.keep("spam", {"status": "enable", "score": "5"})
    call.keep("filters", [_filter(firm.domain)])


def _filter(domain: str) -> dict[str, str]:
    field = filtering.FIELDS["subject"]
    return {
        "filter": "lottery",
        "domain": domain,
        "rule": "lottery",
        "checkaction": "contains",
        "condition_string": field,
    }


def _seed_route(call: Call, firm: Firm) -> None:
    """Mail of firms that run their own mail host goes there; the panel keeps that of the others."""
    if _OWN_HOST not in firm.routes:
        priorities = [str(10 * number) for number in range(1, len(firm.routes) + 1)]
        route = {"exchanger": forwarding.REMOTE, "mailserver": list(firm.routes), "priority": priorities}
        call.table("routes")[firm.domain] = route


def _seed_zone(state: State, firm: Firm) -> None:
    """The zone names the filter hosts of the upstream that filters the firm's mail."""
    hosts = next((FILTER_HOSTS[slug] for slug in firm.upstreams if slug in FILTER_HOSTS), None)
    if hosts:
        zone = [row for row in dns.default_zone(firm.domain, hosting.SERVER_IP) if row["type"] != "MX"]
        mx = [
            dns.record(firm.domain, "MX", f"{host}.", priority=10 * n)
            for n, host in enumerate(hosts, start=1)
        ]
        state.table("zones")[firm.domain] = [*zone, *mx]


def _seed_hosting(call: Call, firm: Firm) -> None:
    user = call.account
    shop = {f"shop.{firm.domain}": {"domain": firm.domain, "documentroot": hosting.folder(user, "shop")}}
    call.keep("subdomains", shop)
    call.table("owners")[f"shop.{firm.domain}"] = user
    call.keep("databases", {f"{user}_shop": {f"{user}_shop": ["ALL"]}})
    login = {"password": PASSWORD, "hostname": "localhost"}
    call.keep("dbusers", {f"{user}_{name}": login for name in ("shop", "reader")})
    call.keep("ftp", {f"{user}_web": {"password": PASSWORD, "path": hosting.folder(user, hosting.FOLDER)}})
    command = f"/usr/bin/php /home/{user}/shop/cron.php"
    call.keep(
        "crons",
        [{"minute": "*/15", "hour": "*", "day": "*", "month": "*", "weekday": "*", "command": command}],
    )
    away = {
        "domain": firm.domain,
        "path": "/old-shop",
        "destination": f"https://shop.{firm.domain}/",
        "type": "301",
    }
    call.keep("redirects", [away])
    person = firm.people[-1].local_part.replace(".", "")
    pages = {"email": ["accounts", "forwarders"]}
    row = {"password": PASSWORD, "permissions": pages, "twofactor": False}
    call.keep("subusers", {f"{user}_{person}": row})
    backup = {
        "backup": f"backup-{user}-20240901030000.tar.gz",
        "date": "01.09.2024",
        "mode": "local",
        "type": "daily",
    }
    call.keep("backups", [{**backup, "description": "", "size": "120 MB"}])


def _seed_generated(state: State, count: int) -> None:
    """Spread the domains over the accounts in turn: the first of each account is its main domain."""
    accounts = min(count, MAX_ACCOUNTS)
    users = [ACCOUNT, *(f"customer{number:05d}" for number in range(2, accounts + 1))]
    added: dict[str, dict[str, Any]] = {user: {} for user in users}
    for domain in generated(count):
        user = users[(domain.number - 1) % accounts]
        if domain.number <= accounts:
            _open(state, user, domain.name, "unlimited", disk=domain.number, inodes=100)
            state.table("mailboxes")[user] = {f"info@{domain.name}": new_mailbox(500, 20, PASSWORD)}
        else:
            added[user][domain.name] = hosting.new_domain(user, domain.name)
            state.table("owners")[domain.name] = user
    for user, names in added.items():
        if names:
            state.table("domains")[user] |= names
