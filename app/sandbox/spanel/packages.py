"""accounts/: packages (SPanel contract sheet, section 4)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spanel.answers import Answer, bare, done
from app.sandbox.spanel.call import LIMITS, Call, missing, taken
from app.sandbox.spanel.listing import shown_limits
from app.sandbox.spanel.permissions import granted


def list_packages(call: Call) -> Answer:
    """accounts/listpackages: shape D, limits as text."""
    packages = call.table("packages").items()
    return bare([{"packagename": name, **shown_limits(row["limits"])} for name, row in packages])


def create(call: Call) -> Answer:
    """accounts/createpackage. The output is [inferred]."""
    name = call.text("package")
    taken(name, call.table("packages"), "package")
    call.table("packages")[name] = _package(call)
    return done("Package created successfully")


def modify(call: Call) -> Answer:
    """accounts/modifypackage: the accounts of the package get the new limits."""
    name = call.text("package")
    missing(name, call.table("packages"), "package")
    call.table("packages")[name] = package = _package(call)
    accounts = call.table("accounts")
    for user, row in accounts.items():
        if row["package"] == name:
            accounts[user] = row | {"limits": dict(package["limits"])}
    return done("Package modified successfully")


def _package(call: Call) -> dict[str, Any]:
    own = {limit: int(call.text(limit)) if call.text(limit) else None for limit in LIMITS}
    return {"limits": own, "permissions": granted(call.params.get("permissions", "all"))}


def remove(call: Call) -> Answer:
    """accounts/removepackage: one or several; accounts keep their limits."""
    for name in call.texts("package"):
        missing(name, call.table("packages"), "package")
    for name in call.texts("package"):
        call.table("packages").pop(name, None)
    return done("Package removed successfully")
