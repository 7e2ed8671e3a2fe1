"""Platforms, which hold the routes of a domain (Cleanmail REST API manual, 6.47; Cleanmail contract notes, 9 and 15).

The default platform serves everyone without a platform of their own: its main host and its fallback are the domain's
routes. Every other platform counts only for the mailboxes that it is assigned to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core.model import Route, Transport
from app.core.names import NameProblem, host_name
from app.providers.cleanmail import inferred
from app.providers.cleanmail.wire import Row, id_of, number_of, text_of

Json = Any

ROUTES = 2
"""The routes that a platform has at most: a main host and one fallback."""

_DEFAULT_PORT = 25
_KEYS = (
    ("transportDest", "transportType", "transportPort"),
    ("fallbackTransportDest", "fallbackTransportType", "fallbackTransportPort"),
)
_WIRE = {transport: name for name, transport in inferred.TRANSPORTS.items()}


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as it came (`raw`), and what we read from it."""

    raw: Row
    id: str
    name: str
    default: bool
    routes: tuple[Route, ...]

    @property
    def seals(self) -> bool:
        """It has settings of a sign-in or of a mailbox access that did not come back: writing it may erase them."""
        sign_in = text_of(self.raw, "authType").lower() not in ("", "local") and not self.raw.get("authData")
        return sign_in or bool(self.raw.get("apiType") and not self.raw.get("apiData"))


def read_platform(row: Row) -> Platform:
    """A platform of a domain. A fallback without a main host is no route: nothing would be tried before it."""
    main, fallback = (_route(row, *keys) for keys in _KEYS)
    routes = () if main is None else (main,) if fallback is None else (main, fallback)
    return Platform(row, id_of(row), text_of(row, "name", 100), row.get("default") is True, routes)


def default_of(platforms: Sequence[Platform], named: str = "") -> Platform | None:
    """The platform whose routes are the domain's, None where nobody can tell (notes 15).

    Of several that are marked it is the one that `named` (the users' `domainPlatformId`) says, else the first; an only
    one needs no mark.
    """
    marked = [one for one in platforms if one.default]
    if marked:
        return next((one for one in marked if named and one.id == named), marked[0])
    return platforms[0] if len(platforms) == 1 else None


def several_defaults(platforms: Sequence[Platform]) -> list[Platform]:
    """The platforms that are marked as the default one, where more than one is."""
    marked = [one for one in platforms if one.default]
    return marked if len(marked) > 1 else []


def routes_of(platforms: Sequence[Platform], default: Platform | None) -> tuple[Route, ...] | None:
    """The routes of a domain: none without a platform, None where its default platform is not known."""
    if default is not None:
        return default.routes
    return None if platforms else ()


def same_routes(one: Sequence[Route], other: Sequence[Route]) -> bool:
    """Whether both lead to the same places in the same order and way; a missing port is the usual one."""
    return [_key(route) for route in one] == [_key(route) for route in other]


def port_of(route: Route) -> int:
    """The route's port, or the usual one."""
    return _DEFAULT_PORT if route.port is None else route.port


# --- To the wire ------------------------------------------------------------------------------------------------------


def first_platform(routes: Sequence[Route]) -> dict[str, Json]:
    """The platform of a domain that had none: the default one, with local sign-in."""
    filled = {key: value for key, value in _written({}, (), routes).items() if value is not None}
    return {"name": inferred.PLATFORM_NAME, **filled, "authType": "local", "default": True}


def merged(
    platforms: Sequence[Platform], default: Platform | None, routes: Sequence[Route]
) -> list[dict[str, Json]]:
    """All platforms as PATCH wants them (notes 9): each as it came, with its id; the default one with these routes.

    Empty values are left out, so that nothing is erased; only a fallback that goes is sent as null. A domain without a
    platform gets its first one. Raises ValueError for platforms of which none is the default one: they would all go.
    """
    if not platforms:
        return [first_platform(routes)]
    if default is None:
        raise ValueError("the default platform is not known")
    return [_with_routes(one, routes) if one is default else _without_nulls(one.raw) for one in platforms]


def merged_list(
    platforms: Sequence[Platform], wishes: Sequence[tuple[str, str, bool, Sequence[Route]]]
) -> list[dict[str, Json]]:
    """All platforms as PATCH wants them (notes 9), for wishes of id, name, default and routes: a known one as it came with what
    the wish changes, one without an id as a new one with local sign-in."""
    known = {one.id: one for one in platforms}
    found = []
    for identity, name, default, routes in wishes:
        one = known.get(identity)
        if one is None:
            found.append({**first_platform(routes), "name": name, "default": default})
        else:
            found.append({**_with_routes(one, routes), "name": name, "default": default})
    return found


def _with_routes(platform: Platform, routes: Sequence[Route]) -> dict[str, Json]:
    kept = _without_nulls(platform.raw)
    return {**kept, **_written(platform.raw, platform.routes, routes), "default": True}


def _written(raw: Row, before: Sequence[Route], routes: Sequence[Route]) -> dict[str, Json]:
    """The keys of the routes. A route that stays in its place keeps what came, also a transport that we do not know."""
    found: dict[str, Json] = {}
    for number, (host, transport, port) in enumerate(_KEYS):
        if number >= len(routes):
            found |= {host: None, transport: None, port: None}
            continue
        route = routes[number]
        if number < len(before) and same_routes([before[number]], [route]):
            found |= {key: raw.get(key) for key in (host, transport, port)}
        else:
            found |= {host: route.host, transport: _WIRE[route.transport], port: port_of(route)}
    return found


def _without_nulls(row: Row) -> dict[str, Json]:
    return {key: value for key, value in row.items() if value is not None}


# --- From the wire ----------------------------------------------------------------------------------------------------


def _route(row: Row, host: str, transport: str, port: str) -> Route | None:
    name = text_of(row, host, 255)
    if not name:
        return None
    number = number_of(row, port)
    return Route(
        _host(name),
        number if number is not None and 1 <= number <= 65535 else None,
        transport=_transport(row.get(transport) or row.get("transportType")),
    )


def _transport(value: Json) -> Transport:
    return inferred.TRANSPORTS.get(str(value).upper(), inferred.UNKNOWN_TRANSPORT)


def _host(text: str) -> str:
    """A host in our form. A name that we would refuse, but the server has, is kept in lower case."""
    try:
        return host_name(text)
    except NameProblem:
        return text.rstrip(".").lower()


def _key(route: Route) -> tuple[str, int, Transport]:
    return route.host, port_of(route), route.transport
