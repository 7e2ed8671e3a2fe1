"""Routes of a domain: one call replaces them all (contract sheet, 4.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.core.commands import (
    AddRoute,
    RemoveRoute,
    ReplaceRouteHost,
    RouteInput,
    SetRoutes,
    parse,
    route_inputs,
)
from app.core.errors import Conflict, Invalid, NotSupported
from app.core.model import Route, Transport
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.domain_calls import DomainCalls, Said
from app.providers.spamexperts.reads import DomainReads, same_routes
from app.providers.spamexperts.wire_domains import port_of

Json = Any
RouteCommand = SetRoutes | AddRoute | RemoveRoute | ReplaceRouteHost


class Routes:
    """Changes the routes of domains."""

    def __init__(self, reads: DomainReads, calls: DomainCalls) -> None:
        self._reads = reads
        self._calls = calls

    def plan(self, command: RouteCommand) -> list[Step]:
        """One step, or none when it is already so. Raises NotFound, NotSupported, Conflict."""
        now = self._reads.read(command.domain).routes or ()
        wanted = _wanted(command, now)
        if isinstance(command, SetRoutes) and command.expected is not None:
            _check_expected(command, now)
        if same_routes(wanted, now):
            return []
        if not wanted and inferred.NEEDS_DESTINATION:
            text = msg("{domain} would be left without a route. Nothing was sent.", domain=command.domain)
            raise NotSupported("routes_write", text)
        return [_step(command, self._calls.set_routes(command.domain, wanted), now, wanted)]

    def observe(self, step: Step) -> Observed:
        """Whether the routes are as the step wanted them."""
        domain = self._reads.read_or_none(step.domain or "")
        if domain is None:
            return Observed(Seen.DIFFERS)
        now = domain.routes or ()
        found = {"routes": routes_to_json(now)}
        if same_routes(now, routes_from_json(step.after)):
            return Observed(Seen.DONE, found)
        unchanged = same_routes(now, routes_from_json(step.before))
        return Observed(Seen.NOT_DONE if unchanged else Seen.DIFFERS, found)


def plain_routes(inputs: Iterable[RouteInput]) -> tuple[Route, ...]:
    """The routes that somebody entered. Raises NotSupported when one asks for more than host and port."""
    routes = tuple(one.to_route() for one in inputs)
    if any(route.transport is not Transport.TLS_IF_OFFERED for route in routes):
        text = msg(
            "SpamExperts routes have a host and a port only; whether TLS is used is not theirs to say. Nothing was sent."
        )
        raise NotSupported("routes_write", text)
    return routes


def routes_to_json(routes: Sequence[Route]) -> list[dict[str, Json]]:
    """Routes for `before` and `after` of a step."""
    return [route.to_json() for route in routes]


def routes_from_json(state: Any) -> tuple[Route, ...]:
    """Reads the routes of a step's `before` or `after`."""
    return tuple(Route.from_json(item) for item in (state or {}).get("routes") or ())


def _wanted(command: RouteCommand, now: Sequence[Route]) -> tuple[Route, ...]:
    match command:
        case SetRoutes():
            return plain_routes(command.routes)
        case AddRoute():
            [new] = plain_routes([command.route])
            at = len(now) if command.position is None else command.position
            return tuple(now) if _names(now, new) else (*now[:at], new, *now[at:])
        case RemoveRoute():
            gone = Route(command.host, command.port)
            return tuple(route for route in now if not _names([route], gone))
        case ReplaceRouteHost():
            return _unique(_replaced(command, route) for route in now)


def _replaced(command: ReplaceRouteHost, route: Route) -> Route:
    if route.host != command.old_host:
        return route
    return Route(command.new_host, command.new_port or route.port)


def _names(routes: Sequence[Route], wanted: Route) -> bool:
    return any(same_routes([route], [wanted]) for route in routes)


def _unique(routes: Iterable[Route]) -> tuple[Route, ...]:
    return tuple({(route.host, port_of(route)): route for route in routes}.values())


def _check_expected(command: SetRoutes, now: Sequence[Route]) -> None:
    expected = [one.to_route() for one in command.expected or ()]
    if not same_routes(expected, now):
        text = msg(
            "The routes of {domain} are no longer what you saw. Nothing was changed.", domain=command.domain
        )
        raise Conflict(text, {"routes": routes_to_json(now)})


def _step(command: RouteCommand, said: Said, now: Sequence[Route], wanted: Sequence[Route]) -> Step:
    return Step(
        verb=Verb.ROUTES_SET,
        subject=command.domain,
        domain=command.domain,
        args=said,
        before={"routes": routes_to_json(now)},
        after={"routes": routes_to_json(wanted)},
        inverse=_bring_back(command, now, wanted),
    )


def _bring_back(
    command: RouteCommand, now: Sequence[Route], wanted: Sequence[Route]
) -> list[dict[str, Json]] | None:
    """The command that sets the routes of now again, None where no command can say them (a strange host, none at all)."""
    data = {
        "connection": command.connection,
        "domain": command.domain,
        "routes": route_inputs(tuple(now)),
        "expected": route_inputs(tuple(wanted)),
    }
    try:
        return [parse(SetRoutes, data).to_json()]
    except Invalid:
        return None
