"""Routes of a domain: its default platform, written with all others (Cleanmail contract notes, 9 and 15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.core.commands import AddRoute, RemoveRoute, ReplaceRouteHost, RouteInput, SetRoutes, route_inputs
from app.core.errors import Conflict, NotSupported
from app.core.model import Route
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.platforms import ROUTES, Platform, merged, port_of, routes_of, same_routes
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire_domains import Record
from app.providers.cleanmail.writes import alive, just_before

Json = Any
RouteCommand = SetRoutes | AddRoute | RemoveRoute | ReplaceRouteHost


class Routes:
    """Changes the routes of domains."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    def plan(self, command: RouteCommand) -> list[Step]:
        """One step, or none when it is already so. Raises NotFound, Conflict, and NotSupported for a third route, for none
        at all, and where other settings of a platform would be erased."""
        record = alive(self._reads.record(command.domain))
        default = self._reads.default(record)
        now = routes_of(record.platforms, default)
        if now is None:
            raise _unknown(record)
        wanted = self._wanted(command, now)
        if isinstance(command, SetRoutes) and command.expected is not None:
            _check_expected(command, self.meant(command.expected, now), now)
        if same_routes(wanted, now):
            return []
        return [self.step(command.connection, record, default, wanted)]

    def step(
        self, connection: str, record: Record, default: Platform | None, wanted: Sequence[Route]
    ) -> Step:
        """The step that gives a domain these routes. Raises NotSupported as `plan`."""
        _check(record, default, wanted)
        now = default.routes if default is not None else ()
        back = {"routes": route_inputs(now), "expected": route_inputs(tuple(wanted))}
        inverse = {"command": SetRoutes.command, "connection": connection, "domain": record.name, **back}
        return Step(
            verb=Verb.ROUTES_SET,
            subject=record.name,
            domain=record.name,
            args={"call": "editDomain", "platform": default.id if default is not None else None},
            before={"routes": routes_to_json(now)},
            after={"routes": routes_to_json(wanted)},
            inverse=[inverse] if now else None,
            lost=[] if now else [msg("The domain had no route; one can be changed, but not taken away.")],
            ref={"id": record.id},
        )

    def apply(self, step: Step) -> Applied:
        """Reads the domain again, puts the routes among its platforms and sends all of them.

        Raises Conflict when the routes are no longer those that were planned for, NotSupported as `plan`; nothing is sent
        then.
        """
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
            default = self._reads.default(record)
        now, wanted = routes_of(record.platforms, default) or (), routes_from_json(step.after)
        same_platform = (default.id if default is not None else None) == step.args.get("platform")
        if not same_platform or not same_routes(now, routes_from_json(step.before)):
            raise _moved(record.name, now)
        _check(record, default, wanted)
        body = merged(record.platforms, default, wanted)
        self._client.ask("editDomain", {"domainId": record.id, "platforms": body})
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the routes are as the step wanted them."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        now = routes_of(record.platforms, self._reads.default(record)) or ()
        found = {"routes": routes_to_json(now)}
        if same_routes(now, routes_from_json(step.after)):
            return Observed(Seen.DONE, found)
        unchanged = same_routes(now, routes_from_json(step.before))
        return Observed(Seen.NOT_DONE if unchanged else Seen.DIFFERS, found)

    def meant(self, inputs: Iterable[RouteInput], now: Sequence[Route]) -> tuple[Route, ...]:
        """The routes that somebody entered. One that says nothing of TLS keeps what its host and port have now."""
        return tuple(_meant(one, now) for one in inputs)

    def _wanted(self, command: RouteCommand, now: Sequence[Route]) -> tuple[Route, ...]:
        match command:
            case SetRoutes():
                return self.meant(command.routes, now)
            case AddRoute():
                return _added(command, now)
            case RemoveRoute():
                gone = (command.host, command.port)
                return tuple(route for route in now if _place(route) != gone)
            case ReplaceRouteHost():
                return _unique(_replaced(command, route) for route in now)


def routes_to_json(routes: Sequence[Route]) -> list[dict[str, Json]]:
    """Routes for `before` and `after` of a step."""
    return [route.to_json() for route in routes]


def routes_from_json(state: Any) -> tuple[Route, ...]:
    """Reads the routes of a step's `before` or `after`."""
    return tuple(Route.from_json(item) for item in (state or {}).get("routes") or ())


def _place(route: Route) -> tuple[str, int]:
    return route.host, port_of(route)


def _meant(one: RouteInput, now: Sequence[Route]) -> Route:
    route = one.to_route()
    if "transport" in one.model_fields_set:
        return route
    return next((known for known in now if _place(known) == _place(route)), route)


def _added(command: AddRoute, now: Sequence[Route]) -> tuple[Route, ...]:
    new = _meant(command.route, now)
    if any(_place(route) == _place(new) for route in now):
        return tuple(new if _place(route) == _place(new) else route for route in now)
    at = len(now) if command.position is None else command.position
    return (*now[:at], new, *now[at:])


def _replaced(command: ReplaceRouteHost, route: Route) -> Route:
    if route.host != command.old_host:
        return route
    return Route(command.new_host, command.new_port or route.port, transport=route.transport)


def _unique(routes: Iterable[Route]) -> tuple[Route, ...]:
    found: dict[tuple[str, int], Route] = {}
    for route in routes:
        found.setdefault(_place(route), route)
    return tuple(found.values())


def _check(record: Record, default: Platform | None, wanted: Sequence[Route]) -> None:
    """Raises NotSupported for what must not be sent."""
    name = display(record.name)
    if default is None and record.platforms:
        raise _unknown(record)
    if not wanted:
        raise _refused(msg("{domain} would be left without a route. Nothing was sent.", domain=name))
    if len(wanted) > ROUTES:
        text = msg(
            "{domain} would have {count} routes; Cleanmail takes a main host and one fallback. Nothing was sent.",
            domain=name,
            count=len(wanted),
        )
        raise _refused(text)
    sealed = next((platform for platform in record.platforms if platform.seals), None)
    if sealed is not None:
        text = msg(
            "Platform “{platform}” of {domain} has settings of a sign-in or of a mailbox access that Cleanmail does not "
            "show. Writing the routes could erase them, so change them in Cleanmail's own interface. Nothing was sent.",
            domain=name,
            platform=sealed.name,
        )
        raise _refused(text)


def _unknown(record: Record) -> NotSupported:
    """Without a known default platform a new one would have to take the place of all others."""
    return _refused(
        msg(
            "None of the platforms of {domain} is marked as the default one, so its route is not known. Mark one in "
            "Cleanmail's own interface. Nothing was sent.",
            domain=display(record.name),
        )
    )


def _refused(reason: Message) -> NotSupported:
    return NotSupported("routes_write", reason)


def _check_expected(command: SetRoutes, expected: Sequence[Route], now: Sequence[Route]) -> None:
    if not same_routes(expected, now):
        raise _moved(command.domain, now)


def _moved(domain: str, now: Sequence[Route]) -> Conflict:
    text = msg(
        "The routes of {domain} are no longer what you saw. Nothing was changed.", domain=display(domain)
    )
    return Conflict(text, {"routes": routes_to_json(now)})
