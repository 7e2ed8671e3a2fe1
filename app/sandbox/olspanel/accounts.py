"""Accounts and packages of the admin API (OLSPanel contract sheet, section 6)."""

from __future__ import annotations

import json
import time
from typing import Any

from app.sandbox.olspanel import domains, gate
from app.sandbox.olspanel.call import Account, Answer, Answered, Call, Crashed
from app.sandbox.state import State

SSO_LIFETIME = 30 * 60
_LIMITS = (
    "disk_space",
    "bandwidth",
    "email_accounts",
    "databases",
    "ftp_accounts",
    "allowed_domains",
    "allowed_subdomains",
)


def _refused(message: str) -> Answered:
    return Answered(success=False, message=message)


def insert(state: State, username: str, password: str, package: str | None, **facts: Any) -> Account:
    """Add an account's row. ``home``, ``mail`` and ``bandwidth`` are bytes; ``mail`` None: no mail folder yet."""
    row: Account = {
        "id": state.counter("account"),
        "username": username,
        "password": password,
        "active": True,
        "whm": False,
        "package": package,
        "email": "",
        "first_name": "",
        "last_name": "",
        "home": 0,
        "mail": None,
        "bandwidth": 0,
        "emails": 0,
        "ftp": 0,
    }
    state.table("accounts")[username] = row = row | facts
    return row


def insert_package(state: State, name: str, *limits: int) -> str:
    """Add a package and return its id. The limits stand in the order of the form's fields, sizes in MB, 0 = none."""
    number = state.counter("package")
    row = {"id": number, "name": name, **dict(zip(_LIMITS, limits, strict=True)), "limit_action": False}
    state.table("packages")[str(number)] = row
    return str(number)


def add(call: Call) -> Answer:
    """``/admin_api/add_user/``. An invalid package or domain is noticed when the account is there already."""
    needed = ("username", "first_name", "last_name", "email", "password", "pkg_id", "domain", "php_version")
    if not all(call.text(name) for name in needed):
        raise _refused("All fields are required")
    username = call.text("username")
    if call.account(username) is not None:
        raise _refused("A username with the same name already exists")
    facts = {name: call.text(name) for name in ("email", "first_name", "last_name")}
    account = insert(call.state, username, call.text("password"), call.text("pkg_id"), **facts)
    if call.package(account) is None:
        raise _refused("Invalid package ID")
    domains.first_domain(call, account)
    call.table("accounts")[username] = account | {"ftp": 1}
    word = "User" if call.live else "Username"
    return {"success": True, "message": f"{word} {username} created successfully", "user_id": account["id"]}


def suspend(call: Call) -> Answer:
    """``/admin_api/suspend_user/``: suspends, unsuspends, or deletes what is suspended."""
    username, state = call.text("username"), call.text("state").upper()
    if not username or not state:
        raise _refused("Username and state are required")
    account = call.account(username)
    if account is None:
        raise _refused(f"User '{username}' does not exist.")
    if state not in ("SUSPEND", "UNSUSPEND", "DELETE"):
        raise _refused(f"Unknown state '{state}'. Use SUSPEND, UNSUSPEND or DELETE.")
    if state == "DELETE":
        _delete(call, account)
    else:
        call.table("accounts")[username] = account | {"active": state == "UNSUSPEND"}
    done = {"SUSPEND": "suspended", "UNSUSPEND": "unsuspended", "DELETE": "deleted"}[state]
    return {
        "success": True,
        "message": f"User '{username}' and everything that belongs to it have been {done}.",
    }


def _delete(call: Call, account: Account) -> None:
    username = account["username"]
    if account["active"]:
        raise _refused(f"User '{username}' must be suspended before deletion.")
    for table in ("domains", "databases", "dbusers"):
        for name, row in call.table(table).items():
            if row["owner"] == username:
                del call.table(table)[name]
    for table in ("owned", "crontabs", "sso", "accounts"):
        call.table(table).pop(username, None)


def update(call: Call) -> Answer:
    """``/admin_api/update_user/``: empty fields change nothing; the package is not checked."""
    if not call.text("username"):
        raise _refused("Username is required")
    account = _existing(call)
    fields = ("first_name", "last_name", "email", "password")
    changes: dict[str, Any] = {name: call.text(name) for name in fields if call.text(name)}
    if "pkg_id" in call.fields:
        changes["package"] = call.text("pkg_id")
    call.table("accounts")[account["username"]] = account | changes
    message = f"User '{account['username']}' updated successfully."
    return {"success": True, "message": message, "user_id": account["id"]}


def _existing(call: Call) -> Account:
    account = call.account(call.text("username"))
    if account is None:
        raise _refused(f"User with username '{call.text('username')}' not found.")
    return account


def packages(call: Call) -> Answer:
    """``/admin_api/packages_list/``."""
    keys = ("id", "name", "disk_space")
    return {
        "success": True,
        "packages": [{k: row[k] for k in keys} for row in call.table("packages").values()],
    }


def new_package(call: Call) -> Answer:
    """``/admin_api/new_package/``: a limit that is no number is an unhandled error there."""
    name = call.text("name")
    if not name:
        raise _refused("Package name is required")
    if any(row["name"] == name for row in call.table("packages").values()):
        raise _refused("A package with the same name already exists.")
    try:
        limits = [int(call.text(limit) or 0) for limit in _LIMITS]
    except ValueError as error:
        raise Crashed(str(error)) from error
    number = insert_package(call.state, name, *limits)
    call.table("packages")[number] |= {"limit_action": bool(call.text("limit_action"))}
    return {"success": True, "message": "Package has been added successfully.", "package_id": int(number)}


def sign_in_link(call: Call) -> Answer:
    """``/admin_api/sso_login/``: one valid link for each account; the token holds the password, reversibly."""
    if not call.text("username"):
        raise _refused("Username is required")
    account = _existing(call)
    inside = {"user": account["username"], "api": gate.encoded(account["password"]), "port": "0000"}
    token = gate.encoded(json.dumps(inside))
    call.table("sso")[account["username"]] = {"token": token, "until": time.time() + SSO_LIFETIME}
    message = f"User '{account['username']}' can sign in with this link."
    return {"success": True, "message": message, "url": f"{call.origin}/login/?token={token}"}


def opens(state: State, token: str) -> str | None:
    """Return the account that a link's token signs in, or None when it is not valid (any more)."""
    rows = state.table("sso").items()
    return next((name for name, row in rows if row["token"] == token and row["until"] > time.time()), None)
