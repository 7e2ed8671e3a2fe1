"""Items of the panel's lists as resources (SPanel contract sheet, 4 and 5).

Values are named as the columns and fields of `kinds`; `ref` keeps what a later call needs and no column shows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.core import cron
from app.core.names import NameProblem
from app.core.resources import Resource
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spanel import inferred
from app.providers.spanel.kinds.fields import ALL, LISTED
from app.providers.spanel.wire import Row, shown

Json = Any

LONGEST_KEY = 120
LIMITS = {
    "quota": "disklimit",
    "inodes": "inodeslimit",
    "domains": "domainslimit",
    "emails": "emailslimit",
    "databases": "databaseslimit",
}
"""The parameters of the five limits, and how the lists name them."""


# --- Values ---------------------------------------------------------------------------------------------------


def text(row: Row, *names: str, most: int = 1000) -> str:
    """The first of these facts that is there, on one line."""
    return next((found for name in names if (found := shown(row.get(name), most))), "")


def number(value: Json) -> int | None:
    """A whole number, which mostly comes as text; None for anything else."""
    words = str(value).strip() if not isinstance(value, bool) else ""
    return int(words) if re.fullmatch(r"[0-9]{1,15}", words, re.ASCII) else None


def needed(row: Row, *names: str, answer: Answer) -> str:
    """A fact without which an item is nothing. Raises Malformed."""
    found = text(row, *names)
    if not found:
        raise answer.unreadable(msg("A list of the panel holds something without a name."))
    return found


def limit(value: Json) -> int | str | None:
    """A limit: a number, "" for unlimited, None for what is neither."""
    known = number(value)
    return known if known is not None else "" if str(value).strip().lower() == "unlimited" else None


def bar(used: Json, most: Json, unit: str = "") -> Json:
    """How much of a limit is used; None where the panel does not tell."""
    count = number(used)
    if count is None:
        return None
    ceiling = limit(most)
    return {"used": count, "limit": ceiling if isinstance(ceiling, int) else None, "unit": unit}


def access(permissions: Json) -> dict[str, Json]:
    """Privileges as our two fields; nothing where the panel tells something else."""
    if permissions == "all":
        return {"access": ALL, "pages": []}
    pages = pages_of(permissions)
    return {} if pages is None else {"access": LISTED, "pages": pages}


def pages_of(permissions: Json) -> list[str] | None:
    """category/page of privileges: categories with their pages, bare or as `{"category", "pages"}`. None for anything else."""
    if isinstance(permissions, list) and not permissions:
        return []
    if not isinstance(permissions, Mapping):
        return None
    found = []
    for category, value in permissions.items():
        pages = value.get("pages") if isinstance(value, Mapping) and "pages" in value else value
        items = pages.values() if isinstance(pages, Mapping) else pages if isinstance(pages, list) else ()
        found += [f"{shown(category, 60)}/{shown(page, 60)}" for page in items if shown(page, 60)]
    return sorted(found)


def brief(words: str) -> str:
    """Words as a key that fits into an address: what is too long is cut, and told apart by a few digits."""
    if len(words) <= LONGEST_KEY:
        return words
    return f"{words[: LONGEST_KEY - 10]}…{hashlib.sha256(words.encode()).hexdigest()[:8]}"


# --- Accounts and packages (4) ----------------------------------------------------------------------------------


def account(row: Row, answer: Answer) -> Resource:
    """An item of `accounts/listaccounts`: every value of it is a text."""
    user = needed(row, "user", answer=answer)
    limits = {name: limit(row.get(key)) for name, key in LIMITS.items()}
    return Resource(
        user,
        {
            "user": user,
            "domain": text(row, "domain"),
            "state": {"0": "active", "1": "suspended"}.get(str(row.get("suspended")), "unknown"),
            "package": text(row, "package", most=80),
            "disk": bar(row.get("disk"), row.get("disklimit"), "MB"),
            "mailboxes": bar(row.get("numemails"), row.get("emailslimit")),
            "added_domains": bar(row.get("numaddons"), row.get("domainslimit")),
            "databases_used": bar(row.get("numdatabases"), row.get("databaseslimit")),
            "inodes_used": bar(row.get("inodes"), row.get("inodeslimit")),
            "subdomains": number(row.get("numsubdomains")),
            "ftp_accounts": number(row.get("numftpaccts")),
            "setup": inferred.day(text(row, "setupDate", most=40)),
            "ip": text(row, "ip", most=60),
            "homedir": text(row, "homedir", most=200),
            **{name: value for name, value in limits.items() if value is not None},
        },
    )


def package(row: Row, answer: Answer) -> Resource:
    """An item of `accounts/listpackages`."""
    name = needed(row, "packagename", answer=answer)
    limits = {limit_name: limit(row.get(key)) for limit_name, key in LIMITS.items()}
    return Resource(name, {"name": name, **{n: value for n, value in limits.items() if value is not None}})


# --- The web (5.1) ----------------------------------------------------------------------------------------------


def subdomain(row: Row, answer: Answer) -> Resource:
    """An item of `domain/listsubdomains`."""
    name = needed(row, "subdomain", answer=answer).lower()
    return Resource(name, {"name": name.partition(".")[0], "folder": shown(inferred.folder_of(row), 1000)})


def redirect(row: Row, answer: Answer) -> Resource:
    """An item of `domain/listredirects`; its key is the address without "http://"."""
    domain, path = needed(row, "domain", answer=answer), text(row, "path")
    values = {
        "path": path,
        "destination": text(row, "destination", most=2000),
        "type": text(row, "type", most=10),
    }
    return Resource(redirect_key(domain, path), values, ref={"domain": domain, "path": path})


def redirect_key(domain: str, path: str) -> str:
    """What names a redirect: its domain and path."""
    return brief(f"{domain.lower()}/{path.strip('/')}")


def dns_record(row: Row, answer: Answer) -> Resource:
    """An item of `domain/listdnszone`. `ref` keeps the record letter by letter: the panel finds it by all five keys."""
    kind = needed(row, "type", answer=answer).upper()
    name = text(row, "name") or "@"
    record = {key: row.get(key) for key in inferred.RECORD_KEYS}
    if any(isinstance(value, dict | list) for value in record.values()):
        raise answer.unreadable(msg("The zone holds something that is no record."))
    values = {
        "name": name.rstrip(".").lower(),
        "type": kind,
        "value": "" if row.get("value") is None else str(row["value"])[:10_000],
        "ttl": number(row.get("ttl")),
        "priority": number(row.get("priority")),
    }
    return Resource(record_key(values), values, ref={"record": record})


def record_key(values: Mapping[str, Json]) -> str:
    """What names a record: name, type, and value (of MX and SRV with the priority)."""
    kind = str(values.get("type", ""))
    priority = f"{values.get('priority') or 0} " if kind in ("MX", "SRV") else ""
    return brief(f"{values.get('name')} {kind} {priority}{values.get('value')}")


# --- Mail (5.2) -------------------------------------------------------------------------------------------------


def mailbox(row: Row, answer: Answer) -> Resource:
    """An item of `email/listemailaccounts`; sizes are in KB, and once more with their unit."""
    address = needed(row, "email", answer=answer).lower()
    used, quota = _megabytes(row, "used"), _megabytes(row, "allocated")
    factor = row.get("twofactor")
    return Resource(
        address,
        {
            "name": address.rpartition("@")[0],
            "domain": address.rpartition("@")[2],
            "usage": None if used is None else {"used": used, "limit": quota or None, "unit": "MB"},
            "quota": quota,
            "two_factor": factor if isinstance(factor, bool) else None,
        },
    )


def _megabytes(row: Row, part: str) -> int | None:
    """A size in MB: from the kilobytes, else from the number with its unit."""
    kilobytes = number(row.get(f"storage_{part}"))
    if kilobytes is not None:
        return kilobytes // 1024
    value, unit = number(row.get(f"storage_{part}_value")), text(row, f"storage_{part}_unit").upper()
    factor = {"MB": 1, "GB": 1024, "TB": 1024 * 1024}.get(unit)
    return None if value is None or factor is None else value * factor


def forwarder(row: Row, answer: Answer) -> Resource:
    """An item of `email/listemailforwarders`: to an address, or into a program."""
    source, goal, pipe = needed(row, "from", answer=answer).lower(), text(row, "to"), text(row, "pipe")
    values = {"name": source.rpartition("@")[0] or source, "address": source, "to": goal, "pipe": pipe}
    return Resource(forwarder_key(source, goal or pipe), values, ref={"from": source, "to": goal or pipe})


def forwarder_key(source: str, goal: str) -> str:
    """What names a forwarder: an address may have several."""
    return brief(f"{source} > {goal}")


def autoresponder(row: Row, answer: Answer) -> Resource:
    """An item of `email/listemailautoresponders`."""
    address = needed(row, "email", answer=answer).lower()
    message = row.get("message")
    return Resource(
        address,
        {
            "name": address.rpartition("@")[0],
            "message": message[:20_000].replace("\r\n", "\n") if isinstance(message, str) else "",
        },
    )


def mail_filter(row: Row, answer: Answer) -> Resource:
    """An item of `email/listemailfilters`: there `rule` is the text and `condition_string` the field (quirk 6)."""
    name = needed(row, "filter", answer=answer)
    field = text(row, "condition_string", most=100)
    return Resource(
        name,
        {
            "name": name,
            "field": inferred.filter_field(field) or field,
            "check": text(row, "checkaction", most=40),
            "value": text(row, "rule"),
        },
    )


# --- Hosting (5.3) ----------------------------------------------------------------------------------------------


def database(row: Row, answer: Answer) -> Resource:
    """An item of the list of databases."""
    name = needed(row, *inferred.DATABASE_NAMES, answer=answer)
    return Resource(name, {"name": name, "users": users_of(row)})


def users_of(row: Row) -> list[str]:
    """The users of a database."""
    users = row.get("users")
    items = users.values() if isinstance(users, Mapping) else users if isinstance(users, list) else ()
    return sorted(filter(None, (shown(item, 130) for item in items)))


def database_access(databases: Sequence[Resource]) -> list[Resource]:
    """Who has access to which database."""
    pairs = [(one.key, user) for one in databases for user in one.values["users"]]
    named = [(access_key(*pair), {"database": pair[0], "username": pair[1]}) for pair in pairs]
    return [Resource(key, values, ref=values) for key, values in named]


def access_key(database: str, user: str) -> str:
    """What names somebody's access to a database."""
    return brief(f"{database} {user}")


def ftp_account(row: Row, answer: Answer) -> Resource:
    """An item of `file/listftpaccounts`."""
    name = needed(row, *inferred.FTP_NAMES, answer=answer)
    return Resource(name, {"name": name, "folder": text(row, "path", "homedir", "directory")})


def backup(row: Row, answer: Answer) -> Resource:
    """An item of `file/listfullbackups`; nothing but description and size is documented."""
    name = needed(row, *inferred.BACKUP_NAMES, answer=answer)
    values = {key: text(row, key) for key in ("date", "mode", "type", "size", "description")}
    return Resource(name, values)


CRON_FIELDS = ("minute", "hour", "day", "month", "weekday", "command")


def cron_job(row: Row, answer: Answer) -> Resource:
    """An item of the list of cron jobs."""
    needed(row, "command", answer=answer)
    values = {name: text(row, name) for name in CRON_FIELDS}
    when = " ".join(values[name] for name in CRON_FIELDS[:5])
    return Resource(cron_key(values), {**values, "when": when, "words": in_words(values)}, ref=values)


def in_words(values: Mapping[str, str]) -> str:
    """When a cron job runs, in words; "" for what cron itself would not understand."""
    try:
        return str(cron.words({name: values[name] for name in cron.FIELDS}))
    except NameProblem:
        return ""


def cron_key(values: Mapping[str, Json]) -> str:
    """What names a cron job: its whole line."""
    return brief(" ".join(str(values.get(name, "")) for name in CRON_FIELDS))


def subuser(row: Row, answer: Answer) -> Resource:
    """An item of `user/listsubusers`."""
    return _person(row, answer, "name")


def admin_user(row: Row, answer: Answer) -> Resource:
    """An item of `admin/listadminusers`: administrators are named by their address."""
    return _person(row, answer, "email")


def _person(row: Row, answer: Answer, named: str) -> Resource:
    name = needed(row, "user", answer=answer)
    factor, current = row.get("twofactor"), row.get("currentuser")
    return Resource(
        name,
        {
            named: name,
            **access(row.get("permissions")),
            "two_factor": factor if isinstance(factor, bool) else None,
            "ours": True if current is True else None,
        },
    )
