"""What really arrived: a bounded log of the requests of one upstream."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Call:
    """One request. ``status`` is None while no answer was sent; ``path`` is without the query (it may hold secrets)."""

    method: str
    call: str
    path: str
    time: float
    fault: str | None = None
    status: int | None = None


class CallLog:
    """The last 5,000 calls of one upstream, and how often each call name came since the last ``clear``."""

    def __init__(self, keep: int = 5000) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Record one call, when it arrives: whoever sees an answer can count the call."""
        with self._lock:
            self._calls.append(call)
            self._counts[call.call] += 1

    def count(self, call: str | None = None) -> int:
        """Return how many requests came: of this call name, or altogether."""
        with self._lock:
            return self._counts.total() if call is None else self._counts[call]

    def names(self) -> list[str]:
        """Return the call names of the kept calls, oldest first."""
        with self._lock:
            return [call.call for call in self._calls]

    def entries(self) -> list[dict[str, Any]]:
        """Return the kept calls as JSON objects, oldest first."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def clear(self) -> None:
        """Forget all calls and counts."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()
