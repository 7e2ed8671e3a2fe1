"""OLSPanel's answers in our words, and ours in its fields (OLSPanel contract sheet, sections 3 and 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.core.errors import AlreadyThere, BadCredentials, Malformed, NotThere, Rejected, UpstreamError
from app.core.model import Domain
from app.core.names import NameProblem, domain_name
from app.core.text import Message, msg
from app.net.answer import Answer, looks_like_html, raise_for_gateway
from app.providers.olspanel import inferred

Json = Any

MEANINGS: tuple[tuple[re.Pattern[str], type[UpstreamError]], ...] = (
    (re.compile(r"already exists"), AlreadyThere),
    (
        re.compile(r"^user\b.*\bnot found|^username '.*' does not exist|^authentication required"),
        BadCredentials,
    ),
    (
        re.compile(
            r"^(package not found|username is required|post method required|line is required|failed to delete)"
        ),
        Rejected,
    ),
    (re.compile(r"\bnot found|does not exist"), NotThere),
)
"""What sorts a refusal, on its words in lower case: the first that fits decides. All other words are plain
refusals, and at the gate bad credentials. "User not found" means the connection's own account: we ask about
no other. Some views, too, refuse with `error` alone, as the gate does (5)."""

_NO_SUCH_USER = re.compile(r"^user\b.*\bnot found|^user not found|^username\b.*does not exist")
_SWITCHED_OFF = "api is currently disabled"
_IMPLAUSIBLE = re.compile(r"[\s:,*/<>\"'{}\[\]]")
_UNLIMITED = "∞"
_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")


# --- Success or not -----------------------------------------------------------------------------------------


def read_answer(answer: Answer, *, of_others: bool = False) -> Json:
    """The JSON of a successful answer: an object, or an array. `of_others`: the call names an account, so that a user who
    is not found is that one, not ours.

    Everything has status 200, so the body decides (section 3). Raises BadCredentials, Rejected (AlreadyThere,
    NotThere), Unreachable and Malformed for a read, OutcomeUnknown for a write whose answer says neither yes
    nor no.
    """
    raise_for_gateway(answer)
    if answer.status in (401, 403):
        raise _kept_out(answer)
    if looks_like_html(answer) or not answer.body.strip():
        raise answer.unreadable(_no_api(answer))
    value = answer.json()
    if isinstance(value, dict):
        words = inferred.refusal_words(value)
        if words:
            raise refusal(answer.quote(words), gate=inferred.at_the_gate(value), of_others=of_others)
    if not answer.ok:
        raise answer.unreadable(_no_api(answer))
    return value


def read_change(answer: Answer, *, of_others: bool = False) -> Mapping[str, Json]:
    """The object that confirms a change. Raises as `read_answer`; OutcomeUnknown when it says no yes."""
    value = read_answer(answer, of_others=of_others)
    if not isinstance(value, dict) or not value.get("success"):
        raise answer.unreadable(msg("The panel's answer says neither yes nor no."))
    return value


def refusal(words: str, *, gate: bool = False, of_others: bool = False) -> UpstreamError:
    """The error for a refusal in these words. `gate`: it came before the call was looked at. `of_others` as there."""
    lower = words.lower()
    if of_others and _NO_SUCH_USER.search(lower):
        return NotThere(words)
    if _SWITCHED_OFF in lower:
        return BadCredentials(
            msg(
                "The panel's API is switched off. An administrator of the panel switches it on (api_status "
                "= 1 in etc/conf.ini for accounts; the admin API has a switch of its own). Nothing was "
                "changed."
            )
        )
    fits = (kind for pattern, kind in MEANINGS if pattern.search(lower))
    kind = next(fits, BadCredentials if gate else Rejected)
    if issubclass(kind, Rejected):
        return kind(words)
    return kind(
        msg(
            "The panel does not let the account in: “{words}”. A suspended account looks like a wrong "
            "password.",
            words=words,
        )
    )


def _kept_out(answer: Answer) -> BadCredentials:
    text = msg(
        "The panel's server keeps us out (status {status}). Its firewall may have blocked this machine's "
        "address.",
        status=answer.status,
    )
    return BadCredentials(text, status=answer.status)


def _no_api(answer: Answer) -> Message:
    return msg(
        "What answers here is not OLSPanel's API (status {status}). Check the address of the connection and "
        "its port.",
        status=answer.status,
    )


# --- Domains (4.2, 4.3) -------------------------------------------------------------------------------------


def read_domains(answer: Answer, connection: str, account: str) -> list[Domain]:
    """The array of `domain_list`; subdomains stand among the domains. Raises Malformed for anything else."""
    value = read_answer(answer)
    if not isinstance(value, list):
        raise answer.unreadable(msg("The list of domains is not a list."))
    return [_domain(item, answer, connection, account) for item in value]


def _domain(item: Json, answer: Answer, connection: str, account: str) -> Domain:
    name = item.get("domain") if isinstance(item, dict) else None
    if not isinstance(name, str):
        raise answer.unreadable(msg("The list of domains holds something that is no domain."))
    number, folder = item.get("id"), item.get("path")
    return Domain(
        connection=connection,
        name=_name(name, answer),
        aliases=None,
        routes=None,
        account=account,
        ref={"id": number} if isinstance(number, int) else None,
        extra={"folder": shown(folder)} if isinstance(folder, str) and folder else {},
    )


def _name(text: str, answer: Answer) -> str:
    """A domain name in our form. A name that we would refuse, but the panel has, is kept in lower case."""
    try:
        return domain_name(text)
    except NameProblem:
        name = text.strip().rstrip(".").lower()
    if not 0 < len(name) <= 255 or not name.isprintable() or _IMPLAUSIBLE.search(name):
        raise Malformed(msg("The list of domains holds something that is no domain."), answer.quote(text))
    return name


def shown(text: str, limit: int = 300) -> str:
    """A fact in the panel's words on one line of at most `limit` characters. `Answer.quote` would hide the
    account's name, which goes out as a credential and is part of most folders."""
    text = _INVISIBLE.sub(" ", text[: 2 * limit]).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def folder_to_wire(text: str) -> str:
    """A folder below the home folder as `add_domain` takes it (4.2): without slashes around it."""
    return text.strip().strip("/") or "public_html"


def same_folder(full: str, below_home: str) -> bool:
    """Whether a folder of `domain_list` ("/home/user/public_html") is the one that `add_domain` got."""
    return f"/{full.strip('/')}".endswith(f"/{below_home.strip('/')}")


# --- Usage (4.1) --------------------------------------------------------------------------------------------

_COUNTED = (("domains", "domain"), ("mailboxes", "email"), ("databases", "db"), ("FTP accounts", "ftp"))
_SPACE = (("mail space", "email_disk_used"), ("database space", "db_disk_used"))


def read_usage(answer: Answer, *, of_others: bool = False) -> Mapping[str, Json]:
    """The object of `account_information`, as it came. Raises Malformed for anything else."""
    value = read_answer(answer, of_others=of_others)
    if not isinstance(value, dict) or "package_name" not in value:
        raise answer.unreadable(msg("The answer does not describe an account."))
    return value


def usage_facts(usage: Mapping[str, Json]) -> dict[str, str]:
    """What an account has used and may use, by name, in texts for people ("2 GB of 10 GB")."""
    text = {key: shown(str(value), 80) for key, value in usage.items() if value is not None}
    facts = {"package": text.get("package_name", ""), "main domain": text.get("main_domain", "")}
    facts["disk"] = _of(text.get("disk_used", ""), _disk_limit(usage.get("disk_limit"), text))
    facts |= {name: text.get(key, "") for name, key in _SPACE}
    for name, key in _COUNTED:
        facts[name] = _of(text.get(f"{key}_used", ""), _unlimited(text.get(f"{key}_limit", "")))
    facts["server address"] = text.get("server_ip", "")
    return {name: value for name, value in facts.items() if value}


def domains_used_up(usage: Mapping[str, Json]) -> bool:
    """Whether the account has as many domains as its package allows, where both are numbers."""
    used, limit = _number(usage.get("domain_used")), _number(usage.get("domain_limit"))
    return used is not None and bool(limit) and used >= (limit or 0)


def _of(used: str, limit: str) -> str:
    return f"{used} of {limit}" if used and limit else used


def _disk_limit(limit: Json, text: Mapping[str, str]) -> str:
    """A bare number is megabytes (4.1); everything else names its unit."""
    megabytes = _number(limit)
    return _unlimited(text.get("disk_limit", "")) if megabytes is None else f"{megabytes} MB"


def _unlimited(text: str) -> str:
    return "unlimited" if text == _UNLIMITED else text


def _number(value: Json) -> int | None:
    """A whole number that may come as text, None for everything else ("∞", "10GB")."""
    if isinstance(value, bool):
        return None
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
