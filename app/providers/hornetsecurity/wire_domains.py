"""Domains, routes and e-mail handling as the Control Panel API writes them (Hornetsecurity contract sheet, 5.4, 5.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.core.errors import Malformed
from app.core.model import Route, RouteKind
from app.core.names import NameProblem, host_name
from app.core.text import msg
from app.net.answer import Answer
from app.providers.hornetsecurity import inferred
from app.providers.hornetsecurity.wire import alone, boolean, number, read_answer
from app.providers.hornetsecurity.wire_tree import plausible_name

Json = Any

PRIMARY, ALIAS = "primary", "alias"


# --- Domains of a customer --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A customer's primary domain or one of its alias domains. `verified`: its MX records lead to the filter."""

    id: int
    name: str
    primary: bool
    verified: bool


def read_domains(answer: Answer) -> tuple[list[DomainRow], bool]:
    """A page of `/domains/`, and whether more follow."""
    value = alone(read_answer(answer))
    if not isinstance(value, dict) or not isinstance(value.get("domains"), list):
        raise answer.unreadable(msg("The list of domains is not a list."))
    return [_row(item, answer) for item in value["domains"]], boolean(value.get("has_more_elements"))


def read_added(answer: Answer) -> set[str] | None:
    """The names that `PUT /domains/` added: those that were there already are skipped in silence. None: not said."""
    value = read_answer(answer)
    if isinstance(value, dict) and isinstance(value.get("domains"), list):
        value = value["domains"]
    if value is None:
        return None
    return {_row(item, answer).name for item in (value if isinstance(value, list) else [value])}


def _row(item: Json, answer: Answer) -> DomainRow:
    found = number(item.get("id")) if isinstance(item, dict) else None
    text = item.get("domain") if isinstance(item, dict) else None
    name = plausible_name(text) if isinstance(text, str) else None
    if found is None or name is None:
        raise answer.unreadable(msg("The list of domains holds something that is no domain."))
    return DomainRow(
        id=found,
        name=name,
        primary=item.get("type") == PRIMARY,
        verified=boolean(item.get("verified", item.get("mx_switched"))),
    )


def read_deletion(answer: Answer) -> tuple[int, int]:
    """How many mailboxes go, and how many are moved, when an alias domain is removed."""
    value = alone(read_answer(answer))
    if not isinstance(value, dict):
        raise answer.unreadable(msg("The answer does not say what goes with the alias domain."))
    return number(value.get("mailboxes_to_delete")) or 0, number(value.get("mailboxes_to_move")) or 0


def read_count(answer: Answer) -> int | None:
    """The total that a list answer names, None where it names none."""
    value = alone(read_answer(answer))
    return number(value.get("num_found_items")) if isinstance(value, dict) else None


def read_settings_object(answer: Answer) -> Mapping[str, Json]:
    """The object of an environment or of e-mail handling, as it came."""
    value = alone(read_answer(answer))
    if not isinstance(value, dict):
        raise answer.unreadable(msg("The answer holds no settings."))
    return value


# --- Environment: the primary mail route of a domain ------------------------------------------------------------------

POP = 2
_SERVER = 1
_LDAP = 1

_WRITABLE = (
    "enabled",
    "destination_server",
    "dest_type",
    "restrict_email_sending_to_relay_ips",
    "bounce",
    "dest_pop_size",
    "relay_check",
    "relayserver",
    "alternative_server",
    "relay_check_type",
    "hornet_email",
)
"""What POST takes of the object that GET shows."""


def environment_routes(environment: Mapping[str, Json]) -> tuple[Route, ...]:
    """The routes of an environment, first the one that is tried first. None for a domain whose mail is fetched by POP."""
    if number(environment.get("dest_type")) == POP:
        return ()
    routes = parse_destinations(str(environment.get("destination_server") or ""))
    if not boolean(environment.get("inherit_primary_domain")):
        return routes
    return tuple(replace(route, kind=RouteKind.INHERITED) for route in routes)


def hosted_elsewhere(environment: Mapping[str, Json]) -> bool:
    """Whether the panel itself decides where mail goes: mailboxes on Hornet.email, or fetched by POP."""
    return boolean(environment.get("hornet_email")) or number(environment.get("dest_type")) == POP


def environment_facts(environment: Mapping[str, Json]) -> dict[str, Json]:
    """What the details page shows of an environment beside its routes."""
    facts: dict[str, Json] = {"Spam and Malware Protection": boolean(environment.get("enabled"))}
    if boolean(environment.get("hornet_email")):
        facts["delivery"] = "mailboxes on Hornet.email"
    elif number(environment.get("dest_type")) == POP:
        facts["delivery"] = f"fetched by POP from {environment.get('destination_server') or 'nowhere'}"
    for label, key in (("relay servers", "relayserver"), ("alternative server", "alternative_server")):
        if environment.get(key):
            facts[label] = str(environment[key])
    return facts


def environment_to_wire(environment: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """The whole object that POST wants: what is there now with the changes in it. `enabled` is always needed.

    Empty values are left out, since the panel may show "" where it takes a number. So is the LDAP relay check: since
    September 2021 the panel takes it for another one, and nobody asked us to change it.
    """
    kept = {key: environment[key] for key in _WRITABLE if environment.get(key) not in (None, "")}
    if kept.get("relay_check_type") == _LDAP:
        del kept["relay_check_type"]
    return {**kept, "enabled": boolean(environment.get("enabled")), **changes}


def destination_change(routes: Sequence[Route]) -> dict[str, Json]:
    """The fields of an environment that lead mail to these routes."""
    return {"destination_server": format_destinations(routes), "dest_type": _SERVER}


# --- `destination_server`: host[:port][#priority], separated by ";" ---------------------------------------------------


def parse_destinations(text: str) -> tuple[Route, ...]:
    """The routes of a `destination_server`, lowest priority first, each once. Raises Malformed."""
    parts = (part.strip() for part in text.split(";"))
    routes = dict.fromkeys(_destination(part) for part in parts if part)
    return tuple(sorted(routes, key=_rank))


def format_destinations(routes: Iterable[Route]) -> str:
    """The routes as `destination_server` takes them."""
    return ";".join(inferred.destination(route.host, route.port, route.priority) for route in routes)


def _rank(route: Route) -> int:
    return inferred.UNSAID_PRIORITY if route.priority is None else route.priority


def _destination(text: str) -> Route:
    where, sharp, rank = text.partition("#")
    bracket = re.fullmatch(r"\[([^\]]*)\](?::([0-9]*))?", where.strip())
    if bracket:
        host, port = bracket.group(1), bracket.group(2)
    elif where.count(":") == 1:
        host, _, port = where.partition(":")
    else:
        host, port = where, None
    return Route(
        host=_host(host, text),
        port=None if port is None else _in_range(port, 1, 65535, text),
        priority=_in_range(rank, 0, 10**9, text) if sharp else None,
    )


def _host(text: str, whole: str) -> str:
    """A host in our form; one that we would refuse is kept as `plausible_name` has it."""
    try:
        return host_name(text)
    except NameProblem:
        name = plausible_name(text)
    if name is None:
        raise _no_route(whole)
    return name


def _in_range(text: str, low: int, high: int, whole: str) -> int:
    value = number(text)
    if value is None or not low <= value <= high:
        raise _no_route(whole)
    return value


def _no_route(text: str) -> Malformed:
    return Malformed(msg("A route cannot be read."), re.sub(r"[\x00-\x1f\x7f]+", " ", text[:200]))


# --- Routes as we write them ------------------------------------------------------------------------------------------


def port_of(route: Route) -> int:
    """The route's port, or the one that holds when it has none."""
    return inferred.DEFAULT_PORT if route.port is None else route.port


def same_routes(one: Sequence[Route], other: Sequence[Route]) -> bool:
    """Whether both lead to the same places in the same order, by the same right (own or inherited)."""
    return [(r.host, port_of(r), r.kind) for r in one] == [(r.host, port_of(r), r.kind) for r in other]


def numbered(routes: Sequence[Route]) -> tuple[Route, ...]:
    """The routes with priorities that keep their order: those that are there stay where they can."""
    ranks = [route.priority for route in routes]
    if len(routes) < 2 or (None not in ranks and ranks == sorted(ranks, key=lambda rank: rank or 0)):
        return tuple(routes)
    *first, last = ranks
    if None not in first and last is None and first == sorted(first, key=lambda rank: rank or 0):
        return (*routes[:-1], replace(routes[-1], priority=(first[-1] or 0) + inferred.PRIORITY_STEP))
    places = enumerate(routes, start=1)
    return tuple(replace(route, priority=place * inferred.PRIORITY_STEP) for place, route in places)
