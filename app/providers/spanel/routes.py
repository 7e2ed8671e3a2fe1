"""Mail routes: where the panel sends mail for a domain (SPanel contract sheet, 5.2).

A domain's mail stays on the panel's own server (one local route), or goes to remote mail servers by priority.
Removing the last remote route brings it back here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.core.capabilities import Capability
from app.core.commands import (
    AddRoute,
    RemoveRoute,
    ReplaceRouteHost,
    RouteInput,
    SetRoutes,
    parse,
    route_inputs,
)
from app.core.errors import Conflict, Invalid, NotSupported, NotThere
from app.core.model import Connection, Route, RouteKind, Transport
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.routes import DEFAULT_PORT
from app.core.text import Message, msg
from app.providers.spanel.inferred import FIRST_PRIORITY, PRIORITY_STEP
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.wire import HERE, read_change, read_routes, routes_to_wire

Json = Any
RouteCommand = SetRoutes | AddRoute | RemoveRoute | ReplaceRouteHost


class Routes:
    """The mail routes of one connection's domains."""

    def __init__(self, connection: Connection, api: PanelApi) -> None:
        self._connection = connection
        self._api = api

    def read(self, user: str, name: str) -> tuple[Route, ...]:
        """The routes of a domain, the first to be tried first; `wire.HERE` alone when its mail stays."""
        return read_routes(self._api.read("email/getmailroute", {"domain": name}, account=user))

    # --- planning -------------------------------------------------------------------------------------------

    def plan(self, command: RouteCommand, user: str) -> list[Step]:
        """One step that replaces all routes, or none when they are so already.

        `check_inputs` comes first. Raises Conflict when the routes are not those that the person saw.
        """
        now = self.read(user, command.domain)
        expected = command.expected if isinstance(command, SetRoutes) else None
        if expected is not None and [r.host for r in expected] != [r.host for r in remote(now)]:
            raise Conflict(
                msg(
                    "The routes of {domain} were changed meanwhile. Nothing was sent.",
                    domain=display(command.domain),
                ),
                {"routes": _as_json(now)},
            )
        after = wished(command, now) or (HERE,)
        return [] if same(after, now) else [self._step(user, command.domain, now, after)]

    def wished_anew(self, inputs: Sequence[RouteInput]) -> tuple[Route, ...]:
        """The routes of a domain that is not there yet. Raises NotSupported."""
        _check(inputs)
        return with_priorities([route.host for route in inputs], ())

    def finish(self, user: str, name: str, after: tuple[Route, ...]) -> list[Step]:
        """The step that gives a domain the routes which adding it should have given; none when it has them.

        Raises Conflict when it has others: somebody chose them.
        """
        now = self.read(user, name)
        if same(after, now):
            return []
        if remote(now):
            raise Conflict(
                msg(
                    "{domain} is there already, with other routes. Nothing was changed.", domain=display(name)
                ),
                {"routes": _as_json(now)},
            )
        return [self._step(user, name, now, after)]

    def step_for_new(self, user: str, name: str, after: tuple[Route, ...]) -> Step:
        """The step that follows the one that adds the domain."""
        return Step(
            verb=Verb.ROUTES_SET,
            subject=name,
            domain=name,
            args={"account": user, "params": routes_to_wire(name, after)},
            after={"routes": _as_json(after)},
            ref={"account": user},
        )

    def _step(self, user: str, name: str, now: tuple[Route, ...], after: tuple[Route, ...]) -> Step:
        inverse, lost = self._inverse(name, now, after)
        return replace(
            self.step_for_new(user, name, after), before={"routes": _as_json(now)}, inverse=inverse, lost=lost
        )

    def _inverse(
        self, name: str, now: tuple[Route, ...], after: tuple[Route, ...]
    ) -> tuple[list[dict[str, Json]] | None, list[Message]]:
        """Commands that bring the former routes back, and what they cannot."""
        target = {"connection": self._connection.key, "domain": name}
        if not remote(now):
            gone = [RemoveRoute(**target, host=route.host) for route in reversed(remote(after))]
            return [command.to_json() for command in gone], []
        wish = {**target, "routes": route_inputs(now), "expected": route_inputs(after)}
        try:
            command = parse(SetRoutes, wish)
        except Invalid:
            return None, []
        again = with_priorities([route.host for route in now], after)
        return [command.to_json()], [] if again == now else [_PRIORITIES_LOST]

    # --- sending --------------------------------------------------------------------------------------------

    def apply(self, step: Step) -> Applied:
        """Sends the step, once."""
        account = str(step.args["account"])
        read_change(self._api.write("email/setmailroute", step.args["params"], account=account))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the routes are as the step wanted them."""
        try:
            now = self.read(str(step.args["account"]), str(step.domain))
        except NotThere:
            return Observed(Seen.NOT_DONE)
        seen = {"routes": _as_json(now)}
        if same(_from_json(step.after), now):
            return Observed(Seen.DONE, seen)
        before = (HERE,) if step.before is None else _from_json(step.before)
        return Observed(Seen.NOT_DONE if same(before, now) else Seen.DIFFERS, seen)


_PRIORITIES_LOST = msg("The priorities of the routes: they come back in their order with other numbers.")


def check_inputs(command: RouteCommand) -> None:
    """Raises NotSupported for a port other than 25, or a wish about TLS: SPanel's routes hold neither."""
    if isinstance(command, SetRoutes):
        _check(command.routes)
    elif isinstance(command, AddRoute):
        _check([command.route])
    elif isinstance(command, ReplaceRouteHost) and command.new_port not in (None, DEFAULT_PORT):
        raise _no_port()


def _check(inputs: Sequence[RouteInput]) -> None:
    for route in inputs:
        if route.port != DEFAULT_PORT:
            raise _no_port()
        if route.transport is not Transport.TLS_IF_OFFERED:
            raise NotSupported(
                Capability.ROUTES_WRITE,
                msg("SPanel does not let a route choose about TLS. Nothing was sent."),
            )


def _no_port() -> NotSupported:
    return NotSupported(
        Capability.ROUTES_WRITE, msg("SPanel routes have no port: mail goes to port 25. Nothing was sent.")
    )


def remote(routes: Sequence[Route]) -> list[Route]:
    """The routes that lead elsewhere."""
    return [route for route in routes if route.kind is RouteKind.REMOTE]


def wished(command: RouteCommand, now: tuple[Route, ...]) -> tuple[Route, ...]:
    """The remote routes that the command asks for, given those there are now; none: mail stays here."""
    hosts = [route.host for route in remote(now)]
    if isinstance(command, SetRoutes):
        return with_priorities([route.host for route in command.routes], now)
    if isinstance(command, RemoveRoute):
        return tuple(r for r in remote(now) if r.host != command.host or command.port != DEFAULT_PORT)
    if isinstance(command, ReplaceRouteHost):
        renamed = [
            replace(r, host=command.new_host) if r.host == command.old_host else r for r in remote(now)
        ]
        once: dict[str, Route] = {}
        for route in renamed:
            once.setdefault(route.host, route)
        return tuple(once.values())
    if command.route.host in hosts:
        return tuple(remote(now))
    position = len(hosts) if command.position is None else command.position
    return with_priorities([*hosts[:position], command.route.host, *hosts[position:]], now)


def with_priorities(hosts: Sequence[str], now: Sequence[Route]) -> tuple[Route, ...]:
    """The hosts in this order as routes. Those that are there already keep their priorities, equal ones too,
    where the order allows it; else all are numbered anew."""
    known = {r.host: r.priority for r in remote(now) if r.priority is not None}
    kept = [host for host in hosts if host in known]
    numbers = [known.get(host) for host in hosts]
    filled = _filled(numbers) if kept == [host for host in known if host in kept] else None
    if filled is None:
        filled = [FIRST_PRIORITY + PRIORITY_STEP * i for i in range(len(hosts))]
    return tuple(Route(host, priority=number) for host, number in zip(hosts, filled, strict=True))


def _filled(numbers: Sequence[int | None]) -> list[int] | None:
    """The numbers with the gaps filled by ones between their neighbours, None when there is no room."""
    filled: list[int] = []
    for i, number in enumerate(numbers):
        before = filled[-1] if filled else -1
        after = next((n for n in numbers[i:] if n is not None), None)
        if number is not None:
            filled.append(number)
        elif after is None:
            filled.append(before + PRIORITY_STEP if filled else FIRST_PRIORITY)
        elif after - before < 2:
            return None
        else:
            filled.append(max(after - PRIORITY_STEP, (before + after) // 2))
    return filled


def same(one: Sequence[Route], other: Sequence[Route]) -> bool:
    """Whether two lists of routes are equal; a priority that is not told equals any."""
    if [(r.kind, r.host) for r in one] != [(r.kind, r.host) for r in other]:
        return False
    numbers = [(a.priority, b.priority) for a, b in zip(one, other, strict=True)]
    return all(a == b or None in (a, b) for a, b in numbers)


def _from_json(fields: Mapping[str, Json] | None) -> tuple[Route, ...]:
    return tuple(Route.from_json(route) for route in (fields or {}).get("routes", ()))


def _as_json(routes: Sequence[Route]) -> list[dict[str, Json]]:
    return [route.to_json() for route in routes]
