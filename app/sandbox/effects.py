"""What each fault does to an answer on the wire; ``faults.py`` has the list in words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.faults import Fault
from app.sandbox.httpd import HttpConnection

_HTML = (
    "<!doctype html><html><head><title>Sign in to the network</title></head>"
    "<body><h1>Sign in</h1><p>Please sign in to continue.</p></body></html>\n"
)
_INSTEAD = '{"result": ["this request", "was not", "handled"]}\n'
_RUBBISH = b'\x00\xff\xfe{"unclosed": [1, 2,,'


def play(fault: Fault, connection: HttpConnection, handle: Callable[[], Response]) -> None:
    """Let one call suffer. ``handle`` does what was asked; for a fault "before" it is not called."""
    if fault.kind == "delay":
        connection.send(_delayed(fault, handle))
    elif fault.when == "after":
        _spoil(fault, connection, handle())
    else:
        _spoil(fault, connection, Response(_INSTEAD, mimetype="application/json"))


def _spoil(fault: Fault, connection: HttpConnection, response: Response) -> None:
    body = response.get_data()
    match fault.kind:
        case "refuse" | "hangup":
            connection.close()
        case "reset":
            connection.reset()
        case "truncated":
            connection.send_part(response, max(len(body), 64), body[: len(body) // 2])
        case "huge":
            connection.stream(Response(mimetype=response.mimetype), _filler(int(fault.value)))
        case _:
            connection.send(_replaced(fault, response, body))


def _replaced(fault: Fault, response: Response, body: bytes) -> Response:
    """Return what is sent, as a whole and properly framed, in the place of the proper answer."""
    match fault.kind:
        case "5xx":
            text = "The service is temporarily unavailable.\n"
            return Response(text, int(fault.value), mimetype="text/plain")
        case "429":
            headers = {"Retry-After": str(fault.value)}
            return Response("Too many requests.\n", 429, headers, mimetype="text/plain")
        case "html":
            return Response(_HTML, mimetype="text/html")
        case "half":
            response.set_data(halved(body))
        case "malformed":
            response.set_data(body[: len(body) // 2] + _RUBBISH)
        case unknown:
            raise ValueError(unknown)
    return response


def halved(body: bytes) -> bytes:
    """Return a valid answer with half of the items: of a JSON list, of the lists in an object, or of the lines."""
    try:
        value = json.loads(body)
    except ValueError:
        lines = body.splitlines(keepends=True)
        return b"".join(lines[: len(lines) // 2])
    return json.dumps(_half(value)).encode()


def _half(value: Any) -> Any:
    if isinstance(value, list):
        return value[: len(value) // 2]
    if isinstance(value, dict):
        return {key: _half(inner) for key, inner in value.items()}
    return value


def _delayed(fault: Fault, handle: Callable[[], Response]) -> Response:
    if fault.when == "before":
        time.sleep(float(fault.value))
        return handle()
    response = handle()
    time.sleep(float(fault.value))
    return response


def _filler(size: int) -> Iterator[bytes]:
    """Yield one valid JSON list of about ``size`` bytes, with which a client could fill its memory."""
    chunk = (b'"' + b"x" * 61 + b'",') * 1024
    yield b"["
    for _ in range(size // len(chunk)):
        yield chunk
    yield b'""]'
