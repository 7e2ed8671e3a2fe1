"""What stands before an imitated upstream: counts the additions that arrive, by domain, and holds them when told to."""

from __future__ import annotations

import threading
from typing import Any

from werkzeug.wrappers import Request, Response

ADD = "api_add_incoming_domain"
_EVERYTHING = 1_000_000


class Gate:
    """Every addition waits until it may pass; at first, and after `open`, all may."""

    def __init__(self, upstream: Any) -> None:
        self._upstream = upstream
        self._handle = upstream.handle
        self._changed = threading.Condition()
        self._left = _EVERYTHING
        self.waiting = 0
        self.arrived: list[str] = []
        """The domains of all additions, in the order in which they came."""
        upstream.handle = self.handle

    def handle(self, request: Request) -> Response:
        """Answers a request, as the upstream does, when it may pass."""
        if self._upstream.call_name(request) == ADD:
            self._wait(request.args["domain"])
        return self._handle(request)  # type: ignore[no-any-return]

    def _wait(self, domain: str) -> None:
        with self._changed:
            self.arrived.append(domain)
            self.waiting += 1
            self._changed.wait_for(lambda: self._left > 0, timeout=120)
            self.waiting -= 1
            self._left -= 1

    def pass_only(self, count: int) -> None:
        """So many more additions pass; those after them wait."""
        with self._changed:
            self._left = count

    def open(self) -> None:
        """All may pass."""
        with self._changed:
            self._left = _EVERYTHING
            self._changed.notify_all()
