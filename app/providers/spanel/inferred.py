"""What no document says of SPanel's API, as this driver takes it: each guess stands here and nowhere else.

SPanel contract sheet, facts tagged [inferred] or seen in other programs only. Names of actions that are
guesses stand in `contract.json` with their certainty. When a real panel shows something else, this file
changes and the code around it does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import AlreadyThere, BadCredentials, NotThere, UpstreamError

Json = Any

# --- Refusals (section 3) -----------------------------------------------------------------------------------

WORDS_KEYS = ("message", "msg", "errors", "error")
"""Where the words of a refusal stand; the first that holds any counts. They are a text, a list, or texts by
parameter."""

MEANINGS: tuple[tuple[str, re.Pattern[str], type[UpstreamError]], ...] = (
    ("token", re.compile(""), BadCredentials),
    (
        "*",
        re.compile(r"\b(invalid|missing|expired|revoked|unknown|this)( or missing)? token\b"),
        BadCredentials,
    ),
    ("*", re.compile(r"\balready(?![\w.-])"), AlreadyThere),
    ("*", re.compile(r"\b(not exist|not found|no such|there is no)\b"), NotThere),
    ("accountuser", re.compile(""), BadCredentials),
)
"""What sorts a refusal: the parameter it is about ("*": any, or none is named) and its words in lower case.
The first that fits decides; all others are plain refusals."""


def is_refusal(answer: Mapping[str, Json]) -> bool:
    """Whether the answer says no: by its word, or because it brings neither result nor data."""
    return answer.get("result") == "error" or ("result" not in answer and "data" not in answer)


# --- Domains (5.1) ------------------------------------------------------------------------------------------


def folder_of(row: Mapping[str, Json]) -> str:
    """The folder of an item of `domain/listdomains` or `domain/listsubdomains`."""
    return str(row.get("documentroot") or row.get("documentRoot") or "")


def is_main(row: Mapping[str, Json]) -> bool:
    """Whether an item of `domain/listdomains` is the main domain of its account."""
    return str(row.get("maindomain", row.get("mainDomain", ""))) == "1"


def domain_params(domain: str, path: str) -> dict[str, str]:
    """What `domain/adddomain` takes."""
    return {"domain": domain, "path": path}


def default_path(domain: str) -> str:
    """The folder of a new domain for which none was named: the call needs one."""
    return f"public_html/{domain}"


def below_home(folder: str, account: str) -> str:
    """A folder of the lists ("/home/acct/public_html") as a path that calls take, counted from the home
    folder."""
    return folder.removeprefix(f"/home/{account}").strip("/")


MAIN_DOMAIN_STAYS = True
"""`domain/removedomain` does not take the main domain of an account: it goes with the account."""


# --- Routes (5.2) -------------------------------------------------------------------------------------------

LOCAL, REMOTE = "localexchanger", "remoteexchanger"


def exchangers(data: Mapping[str, Json]) -> list[tuple[str, Json]] | None:
    """What `email/getmailroute` says: pairs of mail server and priority, None for "this server". Raises
    ValueError."""
    exchanger = data.get("exchanger")
    if exchanger == LOCAL:
        return None
    servers, priorities = _items(data.get("mailserver")), _items(data.get("priority"))
    if exchanger != REMOTE or not servers:
        raise ValueError(exchanger)
    return [(str(server), priorities[i] if i < len(priorities) else None) for i, server in enumerate(servers)]


def _items(value: Json) -> list[Json]:
    """A PHP array: a list, or an object with numbers for keys; a single value may come alone."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


FIRST_PRIORITY = PRIORITY_STEP = 10
"""The priorities that we give: mail servers are tried from the lowest on."""


# --- What goes with a domain (5.1, 5.2) ---------------------------------------------------------------------

BELONGINGS: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    ("subdomains", "domain/listsubdomains", ("subdomain", "documentroot"), "domain"),
    (
        "mailboxes",
        "email/listemailaccounts",
        ("email", "storage_allocated_value", "storage_allocated_unit"),
        "email",
    ),
    ("forwarders", "email/listemailforwarders", ("from", "to", "pipe"), "domain"),
    ("automatic replies", "email/listemailautoresponders", ("email", "message"), "email"),
    (
        "mail filters",
        "email/listemailfilters",
        ("filter", "checkaction", "rule", "condition_string"),
        "domain",
    ),
    ("redirects", "domain/listredirects", ("path", "destination", "type"), "domain"),
)
"""Lists of an account: name, action, keys worth keeping, and the key (a name or an address) that tells the
domain."""

OF_THE_DOMAIN: Sequence[tuple[str, str]] = (
    ("default address", "email/getdefaultaddressstatus"),
    ("DNS records", "domain/listdnszone"),
)
"""What is read for one domain: name, action."""


# --- What else a panel keeps (4, 5) -------------------------------------------------------------------------

RECORD_KEYS = ("name", "ttl", "type", "priority", "value")
"""The keys of a DNS record, in lists as in `domain/editdnszone`."""

HOST_VALUES = ("CNAME", "MX", "NS", "SRV")
"""Types of records whose value ends with the name of a host, which needs its final dot."""

DATABASE_NAMES = ("database", "name", "dbname")
FTP_NAMES = ("username", "user", "login")
BACKUP_NAMES = ("backup", "file", "filename", "name", "path")
"""Under which key the items of three lists have their names; the first that is there counts."""

CUSTOM = "Custom"
"""The package of an account with limits of its own (seen in a sample; that the others are real packages is a guess)."""

_FILTER_FIELDS = {
    "from": "from",
    "subject": "subject",
    "any header": "anyheader",
    "anyheader": "anyheader",
    "spam score": "spamscore",
    "spamscore": "spamscore",
}


def filter_field(condition: str) -> str:
    """The field of `email/addemailfilter` by its name in the list, "" for one that nobody knows."""
    return _FILTER_FIELDS.get(condition.strip().lower(), "")


def day(text: str) -> str:
    """A day of the lists ("21.03.2024") as ISO 8601 writes it; anything else as it is."""
    found = re.fullmatch(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", text, re.ASCII)
    return f"{found[3]}-{found[2]}-{found[1]}" if found else text


def unknown_action(words: str) -> bool:
    """Whether a refusal says that the panel has no such action."""
    return re.search(r"\bunknown action\b", words.lower()) is not None


def spam_state(data: Mapping[str, Json]) -> tuple[str, str]:
    """What a change of the spam filter tells: "enabled" or "disabled", and the score; "" for what it leaves out."""
    told = data.get("status")
    found = told if isinstance(told, Mapping) else data
    state, score = str(found.get("sastatus") or "").lower(), str(found.get("saScore") or "")
    return state if state in ("enabled", "disabled") else "", score if score.isdigit() else ""
