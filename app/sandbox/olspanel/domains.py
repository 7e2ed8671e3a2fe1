"""Domains and certificates, of the user API and the admin API (OLSPanel contract sheet, 4.2 to 4.4 and 6)."""

from __future__ import annotations

import re
from typing import Any

from app.sandbox.olspanel.call import Account, Answer, Answered, Call, Crashed
from app.sandbox.olspanel.usage import target
from app.sandbox.state import State

_FORMAT = re.compile(r"[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_FAILURES = (
    ("fail-map", "Failed to add mapping for '{}'."),
    ("fail-vhost", "Failed to add virtual host for '{}'."),
    ("fail-perm", "Failed to set folder permissions for '{}'."),
)
"""What a domain's name triggers, in the order in which the panel works ([inferred]: the sheet's own switches)."""


def insert(state: State, account: str, *domains: tuple[str, str], php: str = "8.2") -> list[int]:
    """Add an account's domains, each with its path, and return their ids. Keys are lower case: so MariaDB compares."""
    numbers = []
    for domain, path in domains:
        numbers.append(state.counter("domain"))
        row = {
            "id": numbers[-1],
            "owner": account,
            "domain": domain,
            "path": path,
            "php": php,
            "certificate": "none",
        }
        state.table("domains")[domain.lower()] = row
    owned = state.table("owned")
    owned[account] = [*owned.get(account, ()), *(domain.lower() for domain, _ in domains)]
    return numbers


def add(call: Call) -> Answer:
    """``/api/add_domain/``, with the live code's order of checks."""
    domain, php = call.text("domain").strip(), call.text("php_version").strip()
    if not domain or not php:
        raise _refused("Domain and PHP version are required.")
    domain = _normalised(domain)
    kind = _kind(call, domain)
    _check_new(call, domain)
    package = call.package(call.user)
    if package is None:
        raise _refused(f"'NoneType' object has no attribute 'allowed_{kind}s'")
    used = sum(_kind(call, row["domain"]) == kind for row in call.domains(call.user))
    if 0 < package[f"allowed_{kind}s"] <= used:
        raise _refused(f"{kind.capitalize()} add limit exceeded.")
    return set_up(call, call.user, domain, php)


def _refused(message: str) -> Answered:
    return Answered(success=False, message=message)


def _normalised(domain: str) -> str:
    domain = re.sub(r"^https?://", "", domain.strip()).removeprefix("www.")
    if not _FORMAT.fullmatch(domain):
        raise _refused("Invalid domain format.")
    return domain


def _kind(call: Call, domain: str) -> str:
    """Return "subdomain" for three or more labels below one of the account's own domains, else "domain"."""
    labels = domain.lower().split(".")
    parent = call.table("domains").get(".".join(labels[-2:])) if len(labels) > 2 else None
    return "subdomain" if parent and parent["owner"] == call.user["username"] else "domain"


def _check_new(call: Call, domain: str) -> None:
    if domain.lower() in call.table("domains"):
        raise _refused(f"The domain '{domain}' already exists.")


def set_up(call: Call, account: Account, domain: str, php: str) -> dict[str, Any]:
    """Do what the panel does on its server, which may fail, and add the row."""
    for word, message in _FAILURES:
        if word in domain:
            raise _refused(message.format(domain))
    user = account["username"]
    path = call.text("path", "public_html").lstrip("/") or "public_html"
    [number] = insert(call.state, user, (domain, f"/home/{user}/{path}"), php=php)
    return {"success": True, "message": f"Domain '{domain}' added successfully!", "domain_id": number}


def admin_add(call: Call) -> Answer:
    """``/admin_api/add_domain/``: counts all rows against the domain limit and knows no subdomain limit."""
    if not (call.text("username") and call.text("domain") and call.text("php_version")):
        raise _refused("Username, domain, and php_version are required.")
    account = call.account(call.text("username"))
    if account is None:
        raise _refused(f"User '{call.text('username')}' not found.")
    domain = _normalised(call.text("domain"))
    _check_new(call, domain)
    package = call.package(account)
    if package is None:
        raise Crashed("the account has no package")
    if 0 < package["allowed_domains"] <= len(call.domains(account)):
        raise _refused("Domain add limit exceeded.")
    return set_up(call, account, domain, call.text("php_version"))


def first_domain(call: Call, account: Account) -> None:
    """Add the domain that a new account comes with; raise ``Answered`` when it cannot be."""
    domain = _normalised(call.text("domain"))
    _check_new(call, domain)
    set_up(call, account, domain, call.text("php_version"))


def listing(call: Call) -> Answer:
    """``/api/domain_list/``: a bare array. Live ignores the body and lists who signed in."""
    account = call.user
    if not call.live:
        account = target(call, {"success": False, "message": f"User '{call.text('username')}' not found."})
    return [{key: row[key] for key in ("id", "domain", "path")} for row in call.domains(account)]


def issue_ssl(call: Call) -> Answer:
    """``/api/domain_issue_ssl/``. Live serves the account's own domains; the seed speaks of an administrator."""
    name = call.text("domain").strip()
    if not name:
        raise _refused("Domain field is required." if call.live else "Domain name is required.")
    row = _exactly(call, name)
    if row is None or (row["owner"] != call.user["username"] and (call.live or not call.user["whm"])):
        raise _refused(
            f"Domain '{name}' not found for this user." if call.live else f"Domain '{name}' not found."
        )
    if not call.live:
        return _issue(call, row)
    if _certify(call, row):
        return {"success": True, "message": f'SSL issued successfully for "{name}".'}
    raise _refused(f'Failed to issue SSL for "{name}", self-signed SSL created instead.')


def admin_issue_ssl(call: Call) -> Answer:
    """``/admin_api/issue_ssl/``: any account's domain."""
    name = call.text("domain")
    if not name:
        raise _refused("Domain name is required.")
    row = _exactly(call, name)
    if row is None:
        raise _refused(f"Domain '{name}' not found.")
    return _issue(call, row)


def _exactly(call: Call, name: str) -> dict[str, Any] | None:
    """Return the domain of this very spelling."""
    row: dict[str, Any] | None = call.table("domains").get(name.lower())
    return row if row and row["domain"] == name else None


def _issue(call: Call, row: dict[str, Any]) -> Answer:
    if _certify(call, row):
        return {"success": True, "message": f"SSL issued successfully for '{row['domain']}'."}
    raise _refused(f"Failed to issue SSL for '{row['domain']}'.")


def _certify(call: Call, row: dict[str, Any]) -> bool:
    """Issue a certificate. A failure changes the domain too: a self-signed one takes the place of what it had."""
    works = "fail-ssl" not in row["domain"]
    call.table("domains")[row["domain"].lower()] = row | {"certificate": "issued" if works else "self-signed"}
    return works
