"""Panels that answer what a test says, for what the imitated one never does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.net.servers import Peer, Server, serve
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import NOBODY

Answers = Callable[[str, dict[str, str], Any], tuple[int, Any]]
"""Call ("GET /domains/"), query and JSON body to status and JSON answer; a str as the answer is sent as a web page."""


@contextmanager
def panel(answers: Answers, **changes: Any) -> Iterator[tuple[Bench, Server]]:
    """A driver and the panel that it talks to; `changes` are credentials and fields of the connection."""

    def handler(peer: Peer) -> None:
        while (request := peer.request()) is not None:
            head, _, body = request.partition(b"\r\n\r\n")
            method, target, _ = head.decode().split("\r\n")[0].split(" ")
            url = urlsplit(target)
            call = f"{method} {url.path.removeprefix('/api/v0')}"
            status, answer = answers(call, dict(parse_qsl(url.query)), json.loads(body) if body else None)
            page = isinstance(answer, str)
            text = "" if answer is None else answer if page else json.dumps(answer)
            kind = "text/html" if page else "application/json"
            peer.answer(text.encode(), f"{status} X", Content_Type=kind)

    with serve(handler) as server:
        values = {name: changes.pop(name) for name in tuple(changes) if name in NOBODY}
        values = {**NOBODY, **(values or {"api_token": "5d0c7a41e9b3"})}
        yield Bench("hornetsecurity", server.url, values, **changes), server


def headers_of(request: bytes) -> dict[str, str]:
    """The headers of a request, names in lower case."""
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
