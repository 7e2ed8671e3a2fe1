"""``/api/`` and ``/admin_api/``: an account's package, limits and usage (OLSPanel contract sheet, 4.1 and 6)."""

from __future__ import annotations

from typing import Any

from app.sandbox.company import HOSTS
from app.sandbox.olspanel.call import Account, Answer, Answered, Call

SERVER_IP = next(host.address for host in HOSTS if host.name == "mail.hosting.example")
_UNLIMITED = "∞"
_KB, _MB, _GB = 1 << 10, 1 << 20, 1 << 30


def home(call: Call) -> Answer:
    """``/api/``. Live ignores the body and reports who signed in; the seed asks about the body's ``username``."""
    if call.live:
        return _report(call, call.user)
    return _report(call, target(call, {"error": "User not found"}))


def target(call: Call, unknown: dict[str, Any]) -> Account:
    """Return the account that the body names, in the seed profile; another one's is for administrators ([inferred])."""
    account = call.account(call.text("username") or call.user["username"])
    if account is None:
        raise Answered(**unknown)
    if account["username"] != call.user["username"] and not call.user["whm"]:
        raise Answered(error="Invalid credentials")
    return account


def admin_home(call: Call) -> Answer:
    """``/admin_api/``: any account; live adds the bandwidth."""
    if not call.text("username"):
        raise Answered(error="Username is required")
    account = call.account(call.text("username"))
    if account is None:
        raise Answered(error="User not found")
    report = _report(call, account)
    package = call.package(account)
    if call.live and package is not None:
        report |= {"bandwidth": _limit(package["bandwidth"]), "bandwidth_use": _bytes(account["bandwidth"])}
    return report


def _report(call: Call, account: Account) -> dict[str, Any]:
    """Return the 18 documented keys."""
    package = call.package(account)
    if package is None:
        raise Answered(error="Package not found")
    domains = call.domains(account)
    return {
        "package_name": package["name"],
        **(_live_space if call.live else _seed_space)(call, account, package),
        "email_limit": _limit(package["email_accounts"]),
        "email_used": account["emails"],
        "db_limit": _limit(package["databases"]),
        "db_used": _owned(call, "dbusers" if call.live else "databases", account),
        "ftp_limit": _limit(package["ftp_accounts"]),
        "ftp_used": account["ftp"],
        "domain_limit": _limit(package["allowed_domains"]),
        "domain_used": len(domains),
        "server_ip": SERVER_IP,
        "main_domain": domains[0]["domain"] if domains else None,
        "user_id": account["id"],
        "email": account["email"],
        "full_name": f"{account['first_name']} {account['last_name']}",
    }


def _owned(call: Call, table: str, account: Account) -> int:
    """Count by name, as the panel does: live counts MySQL users and calls them databases."""
    return sum(name.startswith(f"{account['username']}_") for name in call.table(table))


def _sizes(call: Call, account: Account) -> tuple[int, int | None, int]:
    """Return bytes: everything, mail (None without a mail folder), databases."""
    rows = call.table("databases").values()
    databases = sum(row["size"] for row in rows if row["owner"] == account["username"])
    mail = account["mail"]
    return account["home"] + databases + (mail or 0), mail, databases


def _limit(number: int) -> int | str:
    return number or _UNLIMITED


def _live_space(call: Call, account: Account, package: dict[str, Any]) -> dict[str, Any]:
    total, mail, databases = _sizes(call, account)
    return {
        "disk_limit": _limit(package["disk_space"]),
        "disk_used": _bytes(total),
        "email_disk_used": 0 if mail is None else f"{mail / _MB:.2f} MB",
        "db_disk_used": _bytes(databases),
    }


def _seed_space(call: Call, account: Account, package: dict[str, Any]) -> dict[str, Any]:
    total, mail, databases = _sizes(call, account)
    return {
        "disk_limit": _short(package["disk_space"] * _MB) if package["disk_space"] else _UNLIMITED,
        "disk_used": _short(total),
        "email_disk_used": _short(mail or 0),
        "db_disk_used": _short(databases),
    }


def _bytes(size: int) -> str:
    """Return a size as live shows it: "2.0 GB", "12.34 MB", "1.5 KB", "512 Bytes"."""
    for unit, name in ((_GB, "GB"), (_MB, "MB"), (_KB, "KB")):
        if size >= unit:
            return f"{round(size / unit, 2)} {name}"
    return f"{size} Bytes"


def _short(size: int) -> str:
    """Return a size as the seed's sample shows it: "10GB", "100MB"."""
    return f"{size // _GB}GB" if size >= _GB and size % _GB == 0 else f"{size // _MB}MB"
