"""Usage, databases, cron lines and packages as the panel tells them (OLSPanel contract sheet, 4.1, 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.core.errors import NotThere
from app.core.text import msg
from app.net.answer import Answer
from app.providers.olspanel.wire import read_answer, read_usage, shown

Json = Any

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(bytes?|kb|mb|gb|tb)", re.IGNORECASE)
_UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_COUNTED = (("domains", "domain"), ("mailboxes", "email"), ("databases", "db"), ("ftp_accounts", "ftp"))
_FACTS = (
    ("package", "package_name"),
    ("main_domain", "main_domain"),
    ("full_name", "full_name"),
    ("email", "email"),
    ("server_ip", "server_ip"),
)


def read_used(answer: Answer, *, of_others: bool = False) -> dict[str, Json]:
    """Usage and limits as bars, and the facts of an account. Raises as `read_usage`."""
    usage = read_usage(answer, of_others=of_others)
    values: dict[str, Json] = {
        "disk": _bar(usage.get("disk_used"), usage.get("disk_limit")),
        "mail_space": _bar(usage.get("email_disk_used"), None),
        "database_space": _bar(usage.get("db_disk_used"), None),
    }
    for name, key in _COUNTED:
        used, limit = _count(usage.get(f"{key}_used")), _count(usage.get(f"{key}_limit"))
        values[name] = None if used is None else {"used": used, "limit": limit, "unit": ""}
    if "bandwidth_use" in usage:
        values["bandwidth"] = _bar(usage.get("bandwidth_use"), usage.get("bandwidth"))
    for name, key in _FACTS:
        text = usage.get(key)
        values[name] = shown(str(text)) if text is not None else ""
    number = _count(usage.get("user_id"))
    return {name: value for name, value in {**values, "user_id": number}.items() if value not in (None, "")}


def _bar(used: Json, limit: Json) -> dict[str, Json] | None:
    size = _size(used)
    return None if size is None else {"used": size, "limit": _size(limit), "unit": "bytes"}


def _size(value: Json) -> int | None:
    """A size in bytes: "2.0 GB", "10GB", "512 Bytes"; a bare number is megabytes (4.1). None for "∞" and all else."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII):
        return int(text) << 20
    found = _SIZE.fullmatch(text)
    return round(float(found[1]) * _UNITS[found[2][0].lower()]) if found else None


def _count(value: Json) -> int | None:
    text = "" if isinstance(value, bool) else str(value).strip()
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) else None


def read_names(answer: Answer, field: str) -> list[str]:
    """The names of databases, or of their users (5). Raises Malformed for anything else."""
    value = read_answer(answer)
    names = value.get(field) if isinstance(value, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise answer.unreadable(msg("The list of names is not a list."))
    return [shown(name) for name in names]


def read_status(answer: Answer) -> bool:
    """{"status": true or false} (5). Raises Malformed for anything else."""
    value = read_answer(answer)
    status = value.get("status") if isinstance(value, dict) else None
    if not isinstance(status, bool):
        raise answer.unreadable(msg("The panel's answer says neither yes nor no."))
    return status


def read_line_number(answer: Answer) -> int | None:
    """The number of a cron line, None where there is no such line (5).

    Raises Malformed for anything else, such as the panel's own failure for an account that never had a cron job.
    """
    try:
        value = read_answer(answer)
    except NotThere:
        return None
    number = value.get("line_number") if isinstance(value, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise answer.unreadable(msg("The panel's answer has no number of a line."))
    return number


def read_packages(answer: Answer) -> list[dict[str, Json]]:
    """The packages (6). Raises Malformed for anything else."""
    value = read_answer(answer)
    rows = value.get("packages") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not all(_is_package(row) for row in rows):
        raise answer.unreadable(msg("The list of packages is not a list."))
    return [
        {"id": row["id"], "name": shown(str(row["name"])), "disk_space": _count(row.get("disk_space"))}
        for row in rows
    ]


def _is_package(row: Json) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("id"), int) and isinstance(row.get("name"), str)
