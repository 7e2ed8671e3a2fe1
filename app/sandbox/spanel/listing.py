"""accounts/listaccounts and its filters (SPanel contract sheet, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.sandbox.spanel.answers import Answer, Refused, bare
from app.sandbox.spanel.call import LIMITS, Call, missing

_AGES = {"1w": 7, "1m": 30, "1y": 365}
_LIMIT_KEYS = dict(
    zip(LIMITS, ("disklimit", "inodeslimit", "domainslimit", "emailslimit", "databaseslimit"), strict=True)
)


def shown_limits(limits: dict[str, int | None]) -> dict[str, str]:
    """Return limits as the lists show them: numbers as text, or "Unlimited"."""
    return {
        key: "Unlimited" if limits[limit] is None else str(limits[limit])
        for limit, key in _LIMIT_KEYS.items()
    }


def list_accounts(call: Call) -> Answer:
    """accounts/listaccounts: shape D, every value a string."""
    rows = list(call.table("accounts").values())
    if call.text("accountuser"):
        rows = _named(call, rows)
    for keep in _filters(call):
        rows = [row for row in rows if keep(row)]
    return bare([_item(call, row) for row in rows])


def _named(call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the account of ``accountuser``. Two switches serve what clients have met in the field (sheet, 4):

    more rows than the one asked for, and an error instead of an empty list for an unknown account.
    """
    user = call.text("accountuser")
    if call.profile["unknown_account"] == "error":
        missing(user, call.table("accounts"), "accountuser")
    return [row for row in rows if row["user"] == user or call.profile["extra_rows"]]


def _item(call: Call, row: dict[str, Any]) -> dict[str, str]:
    def count(kind: str) -> int:
        return len(call.table(kind).get(row["user"], ()))

    numbers = {
        "numaddons": count("domains") - 1,
        "numsubdomains": count("subdomains"),
        "numdatabases": count("databases"),
        "numemails": count("mailboxes"),
        "numftpaccts": count("ftp"),
    }
    return {
        "domain": row["domain"],
        "user": row["user"],
        "ip": row["ip"],
        "disk": str(row["disk"]),
        "inodes": str(row["inodes"]),
        "homedir": "home",
        **{key: str(number) for key, number in numbers.items()},
        "suspended": "1" if row["suspended"] else "0",
        **shown_limits(row["limits"]),
        "setupDate": row["setup"],
        "package": row["package"],
    }


def _filters(call: Call) -> list[Callable[[dict[str, Any]], bool]]:
    found = []
    if call.text("selectedPackage"):
        found.append(lambda row: row["package"] == call.text("selectedPackage"))
    if call.text("statusOption"):
        found.append(_status(call.text("statusOption")))
    if call.text("diskSpaceOption"):
        found.append(_disk_space(call))
    if call.text("setupOption"):
        found.append(_setup(call))
    return found


def _status(option: str) -> Callable[[dict[str, Any]], bool]:
    """ "scheduled" means accounts whose removal is planned, which no call of the API can plan: none."""
    return lambda row: option == ("suspended" if row["suspended"] else "active")


def _disk_space(call: Call) -> Callable[[dict[str, Any]], bool]:
    """Compare the space used, in MB, GB, or percent of the account's limit (unlimited counts as 0 %)."""
    if not call.text("diskSpaceValue"):
        raise Refused(diskSpaceValue="The diskSpaceValue field is required")
    wanted, unit = int(call.text("diskSpaceValue")), call.text("diskSpaceType", "MB")

    def used(row: dict[str, Any]) -> Any:
        if unit == "%":
            return 100 * row["disk"] / row["limits"]["quota"] if row["limits"]["quota"] else 0
        return row["disk"] / (1024 if unit == "GB" else 1)

    compare: dict[str, Callable[[dict[str, Any]], bool]] = {
        "exactly": lambda row: round(used(row)) == wanted,
        "over": lambda row: used(row) > wanted,
        "under": lambda row: used(row) < wanted,
    }
    return compare[call.text("diskSpaceOption")]


def _setup(call: Call) -> Callable[[dict[str, Any]], bool]:
    """Compare the day of the set-up with a day so long ago, or with ``setupDate`` (DD.MM.YYYY)."""
    day = _setup_day(call)
    compare: dict[str, Callable[[dict[str, Any]], bool]] = {
        "older": lambda row: _day(row["setup"]) < day,
        "newer": lambda row: _day(row["setup"]) > day,
        "created": lambda row: _day(row["setup"]) == day,
    }
    return compare[call.text("setupOption")]


def _setup_day(call: Call) -> date:
    age = _AGES.get(call.text("setupValue"))
    if age is not None:
        return datetime.now(UTC).date() - timedelta(days=age)
    if not call.text("setupDate"):
        raise Refused(setupDate="The setupDate field is required")
    return _day(call.text("setupDate"))


def _day(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=UTC).date()
