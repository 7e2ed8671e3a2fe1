"""Domains, aliases and destinations as the Software API writes them (SpamExperts contract sheet, section 4)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from app.core.model import Domain, Route
from app.core.names import NameProblem, domain_name, host_name
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.spamexperts import inferred
from app.providers.spamexperts.wire import Odd, as_list, judged, lines_of, read_answer, value_line

Json = Any

_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_NAME = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?!xn--)[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
"""A name that is in our form already, as nearly all are. A list may hold a hundred thousand."""


def read_domains(answer: Answer, connection: str) -> Iterator[Domain]:
    """The domains of `api_list_domains`, plain (4.3) or JSON, one after the other.

    Raises Malformed at the first line or item that cannot be one.
    """
    text = read_answer(answer)
    if text.lstrip()[:1] in ("[", "{"):
        return _judging(answer, _domains_of_json(answer.json(), connection))
    return _judging(answer, _domains_of_text(text, connection))


def _judging(answer: Answer, domains: Iterator[Domain]) -> Iterator[Domain]:
    with judged(answer):
        yield from domains


def _domains_of_text(text: str, connection: str) -> Iterator[Domain]:
    """`name:host::port,host::port` lines, each followed by its alias lines `name*:` (4.3)."""
    current: tuple[str, tuple[Route, ...]] | None = None
    aliases: dict[str, None] = {}
    for line in filter(None, map(str.strip, io.StringIO(text, newline="\n"))):
        name, colon, tail = line.partition(":")
        if name.endswith("*"):
            if current is None:
                raise _no_domain_line(line)
            aliases[name_of(name.rstrip("*"))] = None
            continue
        if not colon:
            raise _no_domain_line(line)
        if current is not None:
            yield Domain(connection, current[0], tuple(aliases), current[1])
        current, aliases = (name_of(name), _routes(tail.split(","))), {}
    if current is not None:
        yield Domain(connection, current[0], tuple(aliases), current[1])


def _domains_of_json(value: Json, connection: str) -> Iterator[Domain]:
    if not isinstance(value, list):
        raise Odd(msg("The list of domains is not a list."), value)
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get("domain"), str):
            raise Odd(msg("The list of domains holds something that is no domain."), item)
        aliases = item.get("aliases")
        routes = item.get("destinations")
        yield Domain(
            connection,
            name_of(item["domain"]),
            None if aliases is None else tuple(dict.fromkeys(name_of(str(a)) for a in as_list(aliases))),
            None if routes is None else _routes(as_list(routes)),
        )


def read_names(answer: Answer) -> tuple[str, ...]:
    """A LIST of names (2.3), one per line or as a JSON array."""
    text = read_answer(answer)
    items = as_list(answer.json()) if text.lstrip()[:1] == "[" else lines_of(text)
    with judged(answer):
        return tuple(name_of(str(item)) for item in items)


def read_destinations(answer: Answer, domain: str) -> tuple[Route, ...]:
    """The routes of `api_get_destination`: `example.com host::port,host::port`, or JSON (4.2)."""
    text = read_answer(answer)
    with judged(answer):
        if text.lstrip()[:1] == "{":
            return _routes(as_list(answer.json().get("destinations")))
        line, _ = value_line(text, domain)
        return _routes(line.split(","))


def destination_of(item: Json) -> Route:
    """One destination, as text or as JSON may have it: a pair, or an object (4.3). Raises Odd."""
    if isinstance(item, str):
        return destination_of_text(item.strip())
    if isinstance(item, list | tuple) and len(item) == 2:
        return _route(str(item[0]), str(item[1]), item)
    if isinstance(item, dict) and "host" in item:
        port = item.get("port")
        return _route(str(item["host"]), "" if port is None else str(port), item)
    raise _no_route(item)


@lru_cache(maxsize=8192)
def destination_of_text(text: str) -> Route:
    """`host::port` as it is exported, split at the LAST `::` for IPv6; also `host:port`, `[IPv6]:port`, `host` (4.1).

    Raises Odd.
    """
    host, exported, port = text.rpartition("::")
    if exported and _is_port(port) and (not host or _is_host(host)):
        return _route(host, port, text)
    bracket = re.fullmatch(r"\[([^\]]+)\](?::{1,2}(\d+))?", text)
    if bracket:
        return _route(bracket.group(1), bracket.group(2) or "", text)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return _route(host, port, text)
    return _route(text, "", text)


def destinations_to_wire(routes: Sequence[Route]) -> str:
    """All routes as the argument `destination`."""
    return inferred.destinations([inferred.destination(r.host, port_of(r)) for r in routes])


def data_to_wire(domain: str, routes: Sequence[Route]) -> str:
    """The argument `data` of `api_add_delivery_domain`: JSON with pairs of host and port number (4.2)."""
    pairs = [[route.host, port_of(route)] for route in routes]
    return json.dumps({domain: {"destinations": pairs}}, separators=(",", ":"))


def filter_to_wire(domain: str) -> str:
    """The argument `filter_by` that finds one domain: a JSON list of [field, value, operator] (4.2)."""
    field, operator = inferred.FILTER_BY_NAME
    return json.dumps([[field, domain, operator]], separators=(",", ":"))


def port_of(route: Route) -> int:
    """The route's port, or the one that holds when it has none."""
    return inferred.DEFAULT_PORT if route.port is None else route.port


def name_of(text: str) -> str:
    """A domain name in our form. Raises Odd for what can be none. Names that we would refuse, but a server has, are kept as they are in lower case."""
    if _PLAIN_NAME.fullmatch(text):
        return text
    try:
        return domain_name(text)
    except NameProblem:
        return _plausible(text, msg("The list of domains holds something that is no domain."))


def _routes(items: Sequence[Json]) -> tuple[Route, ...]:
    wanted = (item for item in items if not isinstance(item, str) or item.strip())
    return tuple(dict.fromkeys(destination_of(item) for item in wanted))


def _route(host: str, port: str, item: Json) -> Route:
    if port and not _is_port(port):
        raise _no_route(item)
    try:
        return Route(host_name(host), int(port) if port else None)
    except NameProblem:
        kept = _plausible(host, msg("A route cannot be read."))
        return Route(kept, int(port) if port else None)


def _plausible(text: str, problem: Message) -> str:
    name = text.strip().rstrip(".").lower()
    if not 0 < len(name) <= 255 or not name.isprintable() or re.search(r"[\s:,*/<>\"'{}\[\]]", name):
        raise Odd(problem, text)
    return name


def _is_host(text: str) -> bool:
    try:
        host_name(text)
    except NameProblem:
        return bool(text) and ":" not in text
    return True


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535


def _no_route(item: Json) -> Odd:
    return Odd(msg("A route cannot be read."), item)


def _no_domain_line(line: str) -> Odd:
    return Odd(msg("The list of domains has a line that is no domain: is this the Software API?"), line)
