"""The Software API's front door: sign-in, method, arguments, formats and errors (contract sheet, sections 1 and 2)."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from app.sandbox.spamexperts import software, wording
from app.sandbox.spamexperts.answers import AlwaysJson, Answer, ApiError, misuse
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments, basic_header, parse
from app.sandbox.spamexperts.registry import CALLS, SoftwareCall

__all__ = ["SoftwareApi", "call_of", "software"]

COMMON = ("call", "format", "api_language", "client_username", "client_ip")
"""Arguments that every call accepts (1.1)."""

_NO_STORE = {"Cache-Control": "no-store"}


def call_of(request: Request) -> str:
    """Return the call that a request names, in lower case; empty when it names none."""
    return parse(request.environ["QUERY_STRING"]).get("call", "").lower()


class SoftwareApi:
    """Answers ``/cgi-bin/api``."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._header = basic_header(username, password)
        self.call_log: deque[tuple[float, str, str, str]] = deque(maxlen=1000)

    def handle(self, request: Request, cluster: Cluster) -> Response:
        """Answer one request."""
        if request.environ.get("HTTP_AUTHORIZATION") != self._header:
            return _unauthorized()
        if request.method != "GET":
            body = wording.error(wording.ONLY_GET) + "\n"
            return Response(body, 405, {**_NO_STORE, "Allow": "GET"}, mimetype="text/plain")
        values = parse(request.environ["QUERY_STRING"])
        wants_json = values.get("format", "").lower() == "json"
        name = values.pop("call", "").lower()
        try:
            call = _call(name, cluster.profile)
            self._log(call, values)
            answer = call.run(cluster, _arguments(call, values))
        except ApiError as error:
            as_json = wants_json and _speaks_json(CALLS.get(name), cluster.profile)
            return _error(error, as_json, cluster.profile)
        return _answer(answer, call, wants_json and _speaks_json(call, cluster.profile))

    def _log(self, call: SoftwareCall, values: dict[str, str]) -> None:
        """Note who called; ``client_username`` and ``client_ip`` say who is really asking (1.1)."""
        who = values.get("client_username") or self._username, values.get("client_ip") or "127.0.0.1"
        self.call_log.append((time.time(), *who, call.name))


def _call(name: str, profile: Mapping[str, Any]) -> SoftwareCall:
    if not name:
        raise misuse(wording.NO_CALL)
    if name not in CALLS:
        raise misuse(wording.UNKNOWN_CALL, call=name)
    if name in profile["help_hides"]:
        raise ApiError(wording.error(wording.NO_PERMISSION, call=name), status=403)
    return CALLS[name]


def _arguments(call: SoftwareCall, values: dict[str, str]) -> Arguments:
    for name in values:
        if name not in COMMON and not call.knows(name):
            raise misuse(wording.UNKNOWN_ARGUMENT, call=call.name, argument=name)
    arguments = Arguments(call.name, values)
    arguments.require(*(argument.name for argument in call.arguments if argument.required))
    return arguments


def _speaks_json(call: SoftwareCall | None, profile: Mapping[str, Any]) -> bool:
    return profile["json_support"] == "all" or (call is not None and call.json_proven)


def _answer(answer: Answer, call: SoftwareCall, as_json: bool) -> Response:
    if as_json or isinstance(answer, AlwaysJson):
        return Response(json.dumps(answer.value()), 200, _NO_STORE, mimetype="application/json")
    mimetype = "text/html" if call.name == "api_help" else "text/plain"
    return Response(answer.plain(), 200, _NO_STORE, mimetype=mimetype)


def _error(error: ApiError, as_json: bool, profile: Mapping[str, Any]) -> Response:
    status = error.status or profile["error_http_status"]
    if as_json:
        texts = [line.removeprefix("ERROR: ") for line in error.lines]
        return Response(json.dumps({"error": texts}), status, _NO_STORE, mimetype="application/json")
    body = "".join(f"{line}\n" for line in error.lines)
    return Response(body, status, _NO_STORE, mimetype="text/plain")


def _unauthorized() -> Response:
    headers = {**_NO_STORE, "WWW-Authenticate": f'Basic realm="{wording.REALM}"'}
    body = wording.error(wording.AUTHENTICATION_FAILED) + "\n"
    return Response(body, 401, headers, mimetype="text/plain")
