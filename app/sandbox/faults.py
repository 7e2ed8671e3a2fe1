"""Faults on demand: what they are called, what they take, and which call they hit.

``PUT /faults/<upstream>`` takes one fault or a list of them:

    {"fault": "5xx", "calls": "api_list_domains", "count": 2, "when": "before", "status": 503}

``calls``   ``*`` (default), a call name, a pattern such as ``api_get_*``, or a list of those
``count``   how many calls it hits before it is over; without it, all until it is deleted
``when``    ``before``: the request has no effect upstream; ``after``: it is handled first and only its answer suffers

============ ================ =======================================================================
fault        when (default)   on the wire
============ ================ =======================================================================
delay        before, after    ``seconds`` (1) of silence, then the proper answer
refuse       before           the connection is closed without an answer; with ``calls`` ``*`` a new
                              connection is closed before a byte is read from it
reset        before, after    the same, but with a TCP reset (RST)
hangup       after            the request is handled, then the connection is closed without an answer
5xx          before, after    ``status`` (503) with a short plain text
429          before, after    429 with ``Retry-After: retry_after`` (1; seconds, or an HTTP date)
truncated    after, before    ``Content-Length`` announces more than is sent, then the connection closes
malformed    after, before    the answer breaks off in the middle and goes on with rubbish
html         after, before    an HTML page with status 200, as a proxy or portal in between shows it
huge         after, before    a body of ``size`` bytes (50 MB), streamed without ``Content-Length``
half         after            a valid answer with half of the items: of a JSON list, of the lists in a
                              JSON object, or of the lines of a text
============ ================ =======================================================================
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, tuple[str, ...]] = {
    "delay": ("before", "after"),
    "refuse": ("before",),
    "reset": ("before", "after"),
    "hangup": ("after",),
    "5xx": ("before", "after"),
    "429": ("before", "after"),
    "truncated": ("after", "before"),
    "malformed": ("after", "before"),
    "html": ("after", "before"),
    "huge": ("after", "before"),
    "half": ("after",),
}
"""Each fault with the moments it knows, the default first."""

_PARAMETERS: dict[str, tuple[str, float | int | str]] = {
    "delay": ("seconds", 1.0),
    "5xx": ("status", 503),
    "429": ("retry_after", "1"),
    "huge": ("size", 50_000_000),
}
"""The one own parameter of those faults that have one, and its default."""


class BadFault(ValueError):
    """The description of a fault cannot be understood; the text says why."""


@dataclass
class Fault:
    """One fault; ``count`` falls with each hit, None means without end. ``value`` is the fault's own parameter."""

    kind: str
    calls: tuple[str, ...] = ("*",)
    count: int | None = None
    when: str = ""
    value: float | int | str = 0
    hits: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, data: Any) -> Fault:
        """Read the JSON object of the control port; raise ``BadFault``."""
        if not isinstance(data, Mapping):
            raise BadFault("a fault is a JSON object with at least the key 'fault'")
        kind = str(data.get("fault", ""))
        if kind not in KINDS:
            raise BadFault(f"unknown fault '{kind}'; known are {', '.join(KINDS)}")
        name, default = _PARAMETERS.get(kind, ("", 0))
        unknown = set(data) - {"fault", "calls", "count", "when", name}
        if unknown:
            raise BadFault(f"unknown parameter '{sorted(unknown)[0]}' of the fault '{kind}'")
        when = str(data.get("when", KINDS[kind][0]))
        if when not in KINDS[kind]:
            raise BadFault(f"'{kind}' knows when {' or '.join(KINDS[kind])}, not '{when}'")
        value = _parameter(name, data.get(name, default))
        return cls(kind, _calls(data.get("calls", "*")), _count(data.get("count")), when, value)

    def matches(self, call: str) -> bool:
        """True when this fault is meant for that call."""
        return any(call == pattern or fnmatch.fnmatchcase(call, pattern) for pattern in self.calls)

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the control port shows it, with ``hits`` so far."""
        shown: dict[str, Any] = {"fault": self.kind, "calls": list(self.calls), "when": self.when}
        if self.kind in _PARAMETERS:
            shown[_PARAMETERS[self.kind][0]] = self.value
        return {**shown, "count": self.count, "hits": self.hits}


class Faults:
    """The faults of one upstream. The first that matches a call hits it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def set(self, *faults: Fault) -> None:
        """Replace all faults; none given, all is well again."""
        with self._lock:
            self._faults = list(faults)

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults that are still active."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]

    def take(self, call: str) -> Fault | None:
        """Return the fault that hits this call, if any, and count the hit."""
        if not self._faults:
            return None
        with self._lock:
            fault = next((fault for fault in self._faults if fault.matches(call)), None)
            if fault is not None:
                self._hit(fault)
            return fault

    def admit(self) -> bool:
        """Return False, and count the hit, when a new connection is to be refused before it says anything."""
        if not self._faults:
            return True
        with self._lock:
            first = self._faults[0] if self._faults else None
            if first is None or first.kind != "refuse" or "*" not in first.calls:
                return True
            self._hit(first)
            return False

    def _hit(self, fault: Fault) -> None:
        fault.hits += 1
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._faults.remove(fault)


def _calls(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise BadFault("'calls' is a call name, a pattern, or a list of those")
    return tuple(names)


def _count(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadFault("'count' is a whole number from 1")
    return value


def _parameter(name: str, value: Any) -> float | int | str:
    if name == "retry_after":
        return str(value)
    if name == "status" and not (isinstance(value, int) and 500 <= value <= 599):
        raise BadFault("'status' is a number from 500 to 599")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadFault(f"'{name}' is a number from 0")
    return value
