"""SPanel's answers in our words, and ours in its parameters (SPanel contract sheet, sections 3 to 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.errors import BadCredentials, Malformed, Rejected, UpstreamError
from app.core.model import Route, RouteKind
from app.core.names import NameProblem, domain_name, host_name
from app.core.text import Message, msg
from app.net.answer import Answer, looks_like_html, raise_for_gateway
from app.providers.spanel import inferred

Json = Any
Row = Mapping[str, Json]

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_IMPLAUSIBLE = re.compile(r"[\s:,*/<>\"'{}\[\]]")
_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_DEEPEST = 5  # levels of a refusal's words that are looked into


# --- Success or not -----------------------------------------------------------------------------------------


def read_answer(answer: Answer) -> Row:
    """The object of a successful answer; `result` and `data` may be missing, but not both (section 3).

    Raises BadCredentials, Rejected (AlreadyThere, NotThere), Unreachable and Malformed for a read,
    OutcomeUnknown for a write whose answer says neither yes nor no.
    """
    raise_for_gateway(answer)
    if answer.status in (401, 403):
        raise BadCredentials(
            msg("The server keeps us out (status {status}).", status=answer.status), status=answer.status
        )
    if looks_like_html(answer) or not answer.body.strip():
        raise answer.unreadable(_no_api(answer))
    value = answer.json()
    if not isinstance(value, dict):
        raise answer.unreadable(_no_api(answer))
    entries = list(_entries(value)) if inferred.is_refusal(value) else []
    if entries or value.get("result") == "error":
        raise refusal([(key, answer.quote(_plain(words))) for key, words in entries])
    if not answer.ok or inferred.is_refusal(value):
        raise answer.unreadable(_no_api(answer))
    return value


def read_change(answer: Answer) -> None:
    """Returns when the change was confirmed. Raises as `read_answer`; OutcomeUnknown without `result`
    "success"."""
    if read_answer(answer).get("result") != "success":
        raise answer.unreadable(msg("The panel's answer says neither yes nor no."))


def read_rows(answer: Answer) -> list[Row]:
    """The objects of a list. PHP writes a list with gaps as an object, so its values will do too."""
    data = read_answer(answer).get("data")
    items = list(data.values()) if isinstance(data, dict) else data
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise answer.unreadable(msg("The panel's answer is not the list that was asked for."))
    return items


def read_data(answer: Answer) -> Row:
    """The object under `data`."""
    data = read_answer(answer).get("data")
    if not isinstance(data, dict):
        raise answer.unreadable(msg("The panel's answer does not hold what was asked for."))
    return data


def refusal(entries: Sequence[tuple[str, str]]) -> UpstreamError:
    """The error for a refusal: pairs of parameter ("" where none is named) and words."""
    words = "; ".join(dict.fromkeys(text for _, text in entries if text)) or "no reason given"
    meanings = (
        kind
        for parameter, pattern, kind in inferred.MEANINGS
        if any(_fits(parameter, pattern, entry) for entry in entries)
    )
    kind = next(meanings, Rejected)
    if issubclass(kind, Rejected):
        return kind(words)
    return kind(msg("The panel does not accept the token for this: “{words}”", words=words))


def _fits(parameter: str, pattern: re.Pattern[str], entry: tuple[str, str]) -> bool:
    return parameter in ("*", entry[0]) and pattern.search(entry[1].lower()) is not None


def _entries(answer: Row) -> Iterator[tuple[str, str]]:
    """The words of a refusal, each with the parameter that it is about."""
    for key in inferred.WORDS_KEYS:
        found = list(_texts("", answer.get(key), _DEEPEST))
        if found:
            yield from found
            return


def _texts(key: str, value: Json, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value.strip():
        yield key, value
    elif isinstance(value, list | dict) and depth:
        items = value.items() if isinstance(value, dict) else ((key, item) for item in value)
        for name, item in items:
            yield from _texts(str(name), item, depth - 1)


def _plain(words: str) -> str:
    """Words without the markup that some of them hold."""
    return _TAG.sub("", words[:5000])


def _no_api(answer: Answer) -> Message:
    return msg(
        "What answers here is not SPanel's API (status {status}). Check the address of the connection, and "
        "its folder if the panel was rebranded.",
        status=answer.status,
    )


# --- Accounts (4) -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """An item of `accounts/listaccounts`. `domain` is its main domain."""

    user: str
    domain: str = ""
    suspended: bool = False
    package: str = ""
    mailboxes: str = ""


def read_accounts(answer: Answer) -> list[Account]:
    """All accounts of the answer. Every value comes as text, also numbers and switches."""
    return [_account(row, answer) for row in read_rows(answer)]


def _account(row: Row, answer: Answer) -> Account:
    user = row.get("user")
    if not isinstance(user, str) or not user:
        raise answer.unreadable(msg("The list of accounts holds something that is no account."))
    domain = row.get("domain")
    used, limit = shown(row.get("numemails"), 20), shown(row.get("emailslimit"), 20)
    return Account(
        user=user,
        domain=name_of(domain, answer) if isinstance(domain, str) and domain else "",
        suspended=str(row.get("suspended")) == "1",
        package=shown(row.get("package"), 80),
        mailboxes=f"{used} of {limit}" if used and limit else used,
    )


# --- Domains (5.1) ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """An item of `domain/listdomains`."""

    name: str
    folder: str = ""
    main: bool = False
    modsecurity: str = ""


def read_sites(answer: Answer) -> list[Site]:
    """The domains of one account."""
    return [
        Site(
            name=name_of(row.get("domain"), answer),
            folder=shown(inferred.folder_of(row), 1000),
            main=inferred.is_main(row),
            modsecurity=shown(row.get("modsecurity"), 40),
        )
        for row in read_rows(answer)
    ]


def name_of(text: Json, answer: Answer) -> str:
    """A domain name in our form. A name that we would refuse, but the panel has, is kept in lower case."""
    if not isinstance(text, str):
        raise answer.unreadable(msg("A list holds something in the place of a domain."))
    try:
        return domain_name(text)
    except NameProblem:
        name = text.strip().rstrip(".").lower()
    if not 0 < len(name) <= 255 or not name.isprintable() or _IMPLAUSIBLE.search(name):
        raise Malformed(msg("A list holds something in the place of a domain."), answer.quote(text))
    return name


def belongs(owner: Json, name: str) -> bool:
    """Whether a list's row, by the domain or the address that it names, belongs to the domain."""
    text = str(owner).rpartition("@")[2]
    try:
        return domain_name(text) == name
    except NameProblem:
        return text.lower() == name


def same_folder(full: str, wanted: str) -> bool:
    """Whether a folder of the lists ("/home/acct/public_html") is the one that a call was given (from home,
    or in full)."""
    return f"/{full.strip('/')}".endswith(f"/{wanted.strip('/')}")


def shown(value: Json, limit: int = 300) -> str:
    """A fact in the panel's words on one line of at most `limit` characters, "" for none."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = _INVISIBLE.sub(" ", str(value)[: 2 * limit]).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


# --- Routes (5.2) -------------------------------------------------------------------------------------------

HERE = Route("localhost", kind=RouteKind.LOCAL)
"""The route of a domain whose mail stays on the panel's own server."""


def read_routes(answer: Answer) -> tuple[Route, ...]:
    """The routes of `email/getmailroute`, the first to be tried first. Raises Malformed."""
    try:
        found = inferred.exchangers(read_data(answer))
    except ValueError:
        found = []
    if found == []:
        raise answer.unreadable(msg("The panel's answer is no mail route."))
    if found is None:
        return (HERE,)
    routes = (Route(_host(server, answer), priority=_priority(number)) for server, number in found)
    return tuple(sorted(routes, key=lambda route: route.priority or 0))


def routes_to_wire(domain: str, routes: Sequence[Route]) -> dict[str, Json]:
    """What `email/setmailroute` takes: remote mail servers with their priorities, or this server for no route
    at all."""
    remote = [route for route in routes if route.kind is RouteKind.REMOTE]
    if not remote:
        return {"domain": domain, "exchanger": inferred.LOCAL}
    return {
        "domain": domain,
        "exchanger": inferred.REMOTE,
        "mailserver": [route.host for route in remote],
        "priority": [route.priority or 0 for route in remote],
    }


def _host(text: str, answer: Answer) -> str:
    try:
        return host_name(text)
    except NameProblem:
        return name_of(text, answer)


def _priority(value: Json) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
