"""accounts/: hosting accounts (SPanel contract sheet, section 4)."""

from __future__ import annotations

from app.sandbox.spanel import hosting
from app.sandbox.spanel.answers import Answer, done, silent, told
from app.sandbox.spanel.call import LIMITS, Call, missing, taken
from app.sandbox.spanel.permissions import granted


def limits(call: Call) -> tuple[str, hosting.Limits]:
    """Return package name and limits from the parameters; raise ``Refused`` for an unknown package.

    A limit that is left out is unlimited, 0 switches the feature off (sheet, section 2: a PHP ``false`` arrives
    as 0). Where both a package and single limits are named, the package wins ([inferred]).
    """
    package = call.text("package")
    if package:
        missing(package, call.table("packages"), "package")
        return package, dict(call.table("packages")[package]["limits"])
    return "Custom", {limit: int(call.text(limit)) if call.text(limit) else None for limit in LIMITS}


def create(call: Call) -> Answer:
    """accounts/wwwacct. The output was not recovered: shape B is [inferred]."""
    user, domain = call.text("username"), call.text("domain").lower()
    taken(user, call.table("accounts"), "username")
    taken(domain, call.table("owners"), "domain")
    package, allowed = limits(call)
    permissions = granted(call.params.get("permissions", "all"))
    row = hosting.new_account(
        user, domain, call.text("password"), package=package, limits=allowed, permissions=permissions
    )
    hosting.open_account(call.state, row)
    return told(f"Account {user} created successfully")


def _change(call: Call, **facts: object) -> None:
    """Change facts of the accounts named by ``username``; raise ``Refused`` when one of them does not exist."""
    accounts = call.table("accounts")
    for user in call.texts("username"):
        missing(user, accounts, "username")
    for user in call.texts("username"):
        accounts[user] = accounts[user] | facts


def change_password(call: Call) -> Answer:
    """accounts/changeuserpassword."""
    _change(call, password=call.text("password"))
    return told("Password updated successfully")


def change_domain(call: Call) -> Answer:
    """accounts/changedomain: another main domain; the former one is given up."""
    user, domain = call.text("username"), call.text("domain").lower()
    missing(user, call.table("accounts"), "username")
    taken(domain, call.table("owners"), "domain")
    former = call.table("accounts")[user]["domain"]
    names = dict(call.table("domains")[user])
    call.table("domains")[user] = {domain: names.pop(former), **names}
    hosting.forget_domain(call.state, former)
    call.table("owners")[domain] = user
    _change(call, domain=domain)
    return told("Domain changed successfully")


def change_email(call: Call) -> Answer:
    """accounts/changeuseremail."""
    _change(call, email=call.text("email"))
    return told("Email updated successfully")


def change_quota(call: Call) -> Answer:
    """accounts/changequota."""
    package, allowed = limits(call)
    _change(call, package=package, limits=allowed)
    return told("Quota changed successfully")


def suspend(call: Call) -> Answer:
    """accounts/suspendaccount."""
    _change(call, suspended=True, reason=call.text("reason"))
    return told("Suspend successful")


def unsuspend(call: Call) -> Answer:
    """accounts/unsuspendaccount."""
    _change(call, suspended=False, reason="")
    return told("Unsuspend successful")


def terminate(call: Call) -> Answer:
    """accounts/terminateaccount."""
    for user in call.texts("username"):
        missing(user, call.table("accounts"), "username")
    for user in dict.fromkeys(call.texts("username")):
        hosting.close_account(call.state, user)
    return told("Terminate successful")


def grant_ssh(call: Call) -> Answer:
    """accounts/grantSSH: answers with ``result`` alone."""
    _change(call, ssh=call.text("status") in ("1", "true"))
    return silent()


def edit_privileges(call: Call) -> Answer:
    """accounts/editprivileges: without ``permissions`` the account gets every right."""
    _change(call, permissions=granted(call.params.get("permissions", "all")))
    return done("Privileges updated successfully")
