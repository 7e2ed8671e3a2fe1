"""The table of calls: which function answers which method and path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule
from werkzeug.wrappers import Request

from app.sandbox.hornetsecurity.problems import Problem

BASE = "/api/v0"

Handler = Callable[..., Any]
"""Takes the call and the ids of the path; returns a JSON value for status 200, or a whole response."""

F = TypeVar("F", bound=Handler)


@dataclass(frozen=True)
class Route:
    """One documented call.

    ``entity`` names what a change touches in the auditing log; None: it only reads.
    """

    method: str
    path: str
    handler: Handler
    open: bool = False
    entity: str | None = None
    forms: bool = False

    @property
    def name(self) -> str:
        """Method and documented path, such as ``DELETE /domains/{domain_id}/``."""
        return self.method + " " + _CONVERTER.sub(r"{\1}", self.path)


_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")

ROUTES: list[Route] = []


def route(
    method: str, path: str, *, open: bool = False, entity: str | None = None, forms: bool = False
) -> Callable[[F], F]:
    """Register a handler. ``open``: no token needed; ``forms``: form bodies are read too."""

    def register(handler: F) -> F:
        ROUTES.append(Route(method, path, handler, open, entity, forms))
        return handler

    return register


class Router:
    """Finds the route of a request among all that were registered."""

    def __init__(self) -> None:
        rules = [Rule(BASE + each.path, methods=[each.method], endpoint=each) for each in ROUTES]
        self._map = Map(rules, merge_slashes=False)

    def match(self, request: Request) -> tuple[Route, dict[str, Any]]:
        """Return route and path ids.

        Raises Problem 404, also where only the last slash is missing, or 405.
        """
        adapter = self._map.bind("sandbox", path_info=request.path, default_method=request.method)
        try:
            endpoint, ids = adapter.match()
        except (NotFound, RequestRedirect):
            raise Problem(404) from None
        except MethodNotAllowed:
            raise Problem(405) from None
        found: Route = endpoint
        return found, dict(ids)

    def name(self, request: Request) -> str:
        """Return the route's name, or method and path when there is none."""
        try:
            return self.match(request)[0].name
        except Problem:
            return f"{request.method} {request.path.removeprefix(BASE)}"
