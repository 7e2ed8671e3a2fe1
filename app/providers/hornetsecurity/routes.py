"""Routes of a domain: the field `destination_server` of its environment, which is always sent whole (contract sheet, 5.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.core.capabilities import Capability
from app.core.commands import (
    AddRoute,
    RemoveRoute,
    ReplaceRouteHost,
    RouteInput,
    SetRoutes,
    route_inputs,
)
from app.core.errors import Conflict, NotSupported
from app.core.model import Route, RouteKind, Transport
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity import inferred
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.wire import boolean, read_answer
from app.providers.hornetsecurity.wire_domains import (
    destination_change,
    environment_routes,
    environment_to_wire,
    hosted_elsewhere,
    numbered,
    port_of,
    same_routes,
)

Json = Any
RouteCommand = SetRoutes | AddRoute | RemoveRoute | ReplaceRouteHost

CALL = "POST /filtering/environment/{domain_id}/"
_INHERITANCE_LOST = msg("That the domain followed another one's route: it has one of its own from now on.")
_PRIORITIES_LOST = msg("The priorities that the routes had; their order comes back.")


class Routes:
    """Changes the routes of domains."""

    def __init__(self, panel: ControlPanel, places: Places) -> None:
        self._panel = panel
        self._places = places

    def plan(self, command: RouteCommand) -> list[Step]:
        """One step, or none when it is already so. Raises NotFound, NotSupported, Conflict."""
        place = self._places.find(command.domain)
        environment = self._places.at_primary(place, self._places.environment)
        check_ours(command.domain, environment)
        now = environment_routes(environment)
        if isinstance(command, SetRoutes) and command.expected is not None:
            _check_expected(command, now)
        wanted = _wanted(command, now)
        if same_routes(wanted, now):
            return []
        if not wanted:
            text = msg("{domain} would be left without a route. Nothing was sent.", domain=command.domain)
            raise NotSupported(Capability.ROUTES_WRITE, text)
        return [step(command.connection, command.domain, now, wanted, ref=place.ref)]

    def apply(self, step: Step) -> Applied:
        """Reads the environment again, puts the routes in, and sends it, once."""
        with nothing_sent():
            domain_id, environment = self._places.again(step.domain or "", step.ref, self._places.environment)
        body = environment_to_wire(environment, step.args["changes"])
        read_answer(self._panel.write(CALL, ids={"domain_id": domain_id}, body=body))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the routes are as the step wanted them."""
        place = self._places.find_or_none(step.domain or "")
        if place is None:
            return Observed(Seen.DIFFERS)
        environment = self._places.at_primary(place, self._places.environment)
        now = environment_routes(environment)
        found = {"routes": routes_to_json(now)}
        if same_routes(now, routes_from_json(step.after)):
            return Observed(Seen.DONE, found)
        unchanged = same_routes(now, routes_from_json(step.before))
        return Observed(Seen.NOT_DONE if unchanged else Seen.DIFFERS, found)


def step(
    connection: str,
    domain: str,
    now: Sequence[Route],
    wanted: Sequence[Route],
    *,
    switch_on: bool = False,
    ref: Json = None,
) -> Step:
    """The step that replaces the routes of a domain. `switch_on`: and lets the filter work for it."""
    changes: dict[str, Json] = destination_change(wanted)
    if switch_on:
        changes["enabled"] = True
    inverse, lost = _inverse(connection, domain, now, wanted)
    return Step(
        verb=Verb.ROUTES_SET,
        subject=domain,
        domain=domain,
        args={"call": CALL, "changes": changes},
        before={"routes": routes_to_json(now)},
        after={"routes": routes_to_json(wanted), **({"filter": "on"} if switch_on else {})},
        inverse=inverse,
        lost=lost,
        ref=ref,
    )


def plain_routes(inputs: Iterable[RouteInput]) -> tuple[Route, ...]:
    """The routes that somebody entered. Raises NotSupported when one asks for more than host and port.

    The default port is left out, as the panel's own pages do: it looks for MX records of a host.
    """
    routes = tuple(one.to_route() for one in inputs)
    if any(route.transport is not Transport.TLS_IF_OFFERED for route in routes):
        text = msg(
            "Hornetsecurity routes have a host, a port and a priority; whether TLS is used is set elsewhere. Nothing "
            "was sent."
        )
        raise NotSupported(Capability.ROUTES_WRITE, text)
    return tuple(replace(r, port=None) if r.port == inferred.DEFAULT_PORT else r for r in routes)


def routes_to_json(routes: Sequence[Route]) -> list[dict[str, Json]]:
    """Routes for `before` and `after` of a step."""
    return [route.to_json() for route in routes]


def routes_from_json(state: Any) -> tuple[Route, ...]:
    """Reads the routes of a step's `before` or `after`."""
    return tuple(Route.from_json(item) for item in (state or {}).get("routes") or ())


def check_ours(domain: str, environment: Mapping[str, Json]) -> None:
    """Raises NotSupported for a domain whose mail does not go to routes."""
    if hosted_elsewhere(environment):
        where = msg("on Hornet.email") if boolean(environment.get("hornet_email")) else msg("fetched by POP")
        text = msg(
            "The mail of {domain} is {where}, so it has no routes. Change that in the Control Panel first. Nothing was "
            "sent.",
            domain=domain,
            where=where,
        )
        raise NotSupported(Capability.ROUTES_WRITE, text)


def _wanted(command: RouteCommand, now: Sequence[Route]) -> tuple[Route, ...]:
    own = [replace(route, kind=RouteKind.REMOTE) for route in now]
    match command:
        case SetRoutes():
            wanted: Sequence[Route] = plain_routes(command.routes)
            if same_routes(wanted, now):
                return tuple(now)
        case AddRoute():
            [new] = plain_routes([command.route])
            at = len(now) if command.position is None else command.position
            wanted = now if _names(now, new) else [*own[:at], new, *own[at:]]
        case RemoveRoute():
            gone = Route(command.host, command.port)
            wanted = [route for route in own if not _names([route], gone)] if _names(now, gone) else now
        case ReplaceRouteHost():
            named = any(route.host == command.old_host for route in now)
            wanted = _unique(_replaced(command, route) for route in own) if named else now
    return numbered(wanted)


def _replaced(command: ReplaceRouteHost, route: Route) -> Route:
    if route.host != command.old_host:
        return route
    port = route.port if command.new_port is None else command.new_port
    return replace(route, host=command.new_host, port=None if port == inferred.DEFAULT_PORT else port)


def _names(routes: Sequence[Route], wanted: Route) -> bool:
    return any((route.host, port_of(route)) == (wanted.host, port_of(wanted)) for route in routes)


def _unique(routes: Iterable[Route]) -> tuple[Route, ...]:
    found: dict[tuple[str, int], Route] = {}
    for route in routes:
        found.setdefault((route.host, port_of(route)), route)
    return tuple(found.values())


def _check_expected(command: SetRoutes, now: Sequence[Route]) -> None:
    expected = plain_routes(command.expected or ())
    if not same_routes(expected, [route for route in now if route.kind is RouteKind.REMOTE]):
        text = msg(
            "The routes of {domain} are no longer what you saw. Nothing was changed.", domain=command.domain
        )
        raise Conflict(text, {"routes": routes_to_json(now)})


def _inverse(
    connection: str, domain: str, now: Sequence[Route], wanted: Sequence[Route]
) -> tuple[list[dict[str, Json]] | None, list[Message]]:
    """The command that brings the routes back, and what even that cannot bring back."""
    if not now:
        return None, []
    if any(route.kind is not RouteKind.REMOTE for route in now):
        return None, [_INHERITANCE_LOST]
    back = {"routes": route_inputs(tuple(now)), "expected": route_inputs(tuple(wanted))}
    command = {"command": SetRoutes.command, "connection": connection, "domain": domain, **back}
    again = numbered([replace(route, priority=None) for route in now])
    lost = [] if [r.priority for r in again] == [r.priority for r in now] else [_PRIORITIES_LOST]
    return [command], lost
