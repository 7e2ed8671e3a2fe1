"""The control port: where the upstreams are, faults, profiles, calls, reset and seed. JSON in, JSON out.

====== ============================== =========================================================================
GET    /                              addresses and credentials of all upstreams, CA, DNS and SMTP
GET    /faults/<upstream>             the faults that are active
PUT    /faults/<upstream>             set one fault or a list of them (``faults.py``)
DELETE /faults/<upstream>             all is well again
GET    /profile/<upstream>            the switches and their values
PUT    /profile/<upstream>            change some switches
GET    /calls/<upstream>              the requests that arrived, oldest first
DELETE /calls/<upstream>              forget them
POST   /reset                         state, profiles, faults and calls as at the start
POST   /seed?domains=N[&upstream=X]   replace the state by N generated domains; without ``domains`` by the demo
====== ============================== =========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from app.sandbox.calls import CallLog
from app.sandbox.faults import BadFault, Fault, Faults
from app.sandbox.upstream import Upstream

if TYPE_CHECKING:
    from app.sandbox.server import Sandbox

MAX_DOMAINS = 200_000


class Refused(Exception):
    """A request that the control port cannot fulfil: an HTTP status and a sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """Answers the requests of the control port."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def handle(self, request: Request) -> Response:
        """Answer one request with JSON."""
        try:
            return _json(self._route(request))
        except Refused as refused:
            return _json({"error": str(refused)}, refused.status)

    def _route(self, request: Request) -> Any:
        noun, _, slug = request.path.strip("/").partition("/")
        actions: dict[str, Callable[[], Any]] = {
            "GET ": self._sandbox.addresses,
            "POST reset": self._reset,
            "POST seed": partial(self._seed, request),
            "GET faults": lambda: self._faults(slug).listed(),
            "PUT faults": lambda: self._set_faults(self._faults(slug), _body(request)),
            "DELETE faults": lambda: self._faults(slug).set(),
            "GET profile": lambda: self._upstream(slug).profile,
            "PUT profile": lambda: self._set_profile(self._upstream(slug), _body(request)),
            "GET calls": lambda: self._calls(slug).entries(),
            "DELETE calls": lambda: self._calls(slug).clear(),
        }
        action = actions.get(f"{request.method} {noun}")
        if action is None:
            known = any(name.partition(" ")[2] == noun for name in actions)
            raise Refused(405 if known else 404, f"{request.method} {request.path} is not known here")
        return action()

    def _reset(self) -> Any:
        self._sandbox.reset()
        return {"reset": list(self._sandbox.upstreams)}

    def _seed(self, request: Request) -> Any:
        asked = request.args.get("domains", "")
        if asked and not (asked.isascii() and asked.isdigit() and 0 < int(asked) <= MAX_DOMAINS):
            raise Refused(422, f"'domains' is a number from 1 to {MAX_DOMAINS}")
        one = request.args.get("upstream")
        slugs = [self._upstream(one).slug] if one else list(self._sandbox.upstreams)
        self._sandbox.seed(int(asked) if asked else None, slugs)
        return {"seeded": slugs, "domains": int(asked) if asked else None}

    def _set_faults(self, faults: Faults, data: Any) -> Any:
        try:
            faults.set(*(Fault.parse(item) for item in (data if isinstance(data, list) else [data])))
        except BadFault as error:
            raise Refused(422, str(error)) from error
        return faults.listed()

    def _set_profile(self, upstream: Upstream, wishes: Any) -> Any:
        if not isinstance(wishes, dict):
            raise Refused(422, "a profile is a JSON object of switches")
        for switch, value in wishes.items():
            _check_switch(upstream, switch, value)
        upstream.profile.update(wishes)
        return upstream.profile

    def _faults(self, slug: str) -> Faults:
        return self._sandbox.faults[self._upstream(slug).slug]

    def _calls(self, slug: str) -> CallLog:
        return self._sandbox.calls[self._upstream(slug).slug]

    def _upstream(self, slug: str) -> Upstream:
        upstream = self._sandbox.upstreams.get(slug)
        if upstream is None:
            raise Refused(404, f"unknown upstream '{slug}'; known are {', '.join(self._sandbox.upstreams)}")
        return upstream


def _check_switch(upstream: Upstream, switch: str, value: Any) -> None:
    if switch not in upstream.defaults:
        raise Refused(422, f"unknown switch '{switch}'; known are {', '.join(upstream.defaults)}")
    default = upstream.defaults[switch]
    numbers = isinstance(default, int | float) and isinstance(value, int | float)
    same = type(value) is type(default) or default is None
    if not same and not (numbers and not isinstance(default, bool) and not isinstance(value, bool)):
        raise Refused(422, f"'{switch}' takes a value like {json.dumps(default)}")
    choices = upstream.choices.get(switch)
    if choices is not None and value not in choices:
        raise Refused(422, f"'{switch}' is one of {', '.join(json.dumps(choice) for choice in choices)}")


def _body(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise Refused(422, "the body is not JSON") from error


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, indent=2) + "\n", status, mimetype="application/json")
