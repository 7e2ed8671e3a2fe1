"""What a connection allows itself: calls at once, calls per second, and a pause while its upstream is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from app.core.errors import Unreachable
from app.core.model import Connection
from app.core.text import msg

FAILURES = 5
"""Calls without an answer, one after another, that open the breaker."""

PAUSE = 15.0
"""Seconds until one call may try an open breaker."""


class Limits(Protocol):
    """The limits of one connection. What they refuse was surely not sent: Unreachable."""

    def check(self) -> None:
        """Raises Unreachable while the breaker is open. After its pause one call a pause passes, to find out."""
        ...

    def place(self, wait: float) -> AbstractContextManager[None]:
        """A place among the calls that run at once, and a turn in the rate. Waits at most `wait` seconds for both, then
        raises Unreachable."""
        ...

    def report(self, answered: bool) -> None:
        """How a call ended: any answer at all closes the breaker, silence counts towards opening it."""
        ...


class LocalLimits:
    """Limits within this process.

    `parallel`: calls at once. `per_second`: size and refill of a token bucket (0: no limit). `failures`, `pause`: the
    breaker's. `clock` and `sleep` are replaced in tests.
    """

    def __init__(
        self,
        parallel: int,
        per_second: float,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._parallel = parallel
        self._places = threading.BoundedSemaphore(parallel)
        self._interval = 1 / per_second if per_second > 0 else 0.0
        self._burst = max(1.0, per_second) * self._interval
        self._earliest = 0.0
        self._failures = failures
        self._pause = pause
        self._silent = 0
        self._open_until: float | None = None
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def check(self) -> None:
        """See Limits."""
        with self._lock:
            if self._open_until is None:
                return
            left = self._open_until - self._clock()
            if left <= 0:
                self._open_until = self._clock() + self._pause
                return
        raise paused(left)

    def report(self, answered: bool) -> None:
        """See Limits."""
        with self._lock:
            if answered:
                self._silent, self._open_until = 0, None
                return
            self._silent += 1
            if self._silent >= self._failures:
                self._open_until = self._clock() + self._pause

    @contextmanager
    def place(self, wait: float) -> Iterator[None]:
        """See Limits."""
        started = self._clock()
        if not self._places.acquire(timeout=max(0.0, wait)):
            raise crowded(self._parallel, wait)
        try:
            delay = self._turn(wait - (self._clock() - started))
            if delay > 0:
                self._sleep(delay)
            yield
        finally:
            self._places.release()

    def _turn(self, wait: float) -> float:
        """Seconds until this call's turn. Raises Unreachable when that is longer than `wait`."""
        with self._lock:
            now = self._clock()
            after = max(self._earliest, now) + self._interval
            delay = max(0.0, after - self._burst - now)
            if delay > max(0.0, wait):
                raise hurried(delay)
            self._earliest = after
            return delay


def limits_for(redis_url: str | None = None, share: float = 1.0) -> Callable[[Connection], Limits]:
    """A maker of limits for connections.

    Without Redis each process has its own and gets `share` of a connection's caps (two processes: 0.5), at least one
    call at once. With Redis all processes share the whole caps; while it does not answer, each goes by its own share.
    """

    def local(connection: Connection) -> LocalLimits:
        return LocalLimits(max(1, int(connection.parallel * share)), connection.per_second * share)

    if redis_url is None:
        return local
    from app.net.redis_limits import RedisLimits, redis_client

    client = redis_client(redis_url)
    return lambda connection: RedisLimits(client, connection, local(connection))


def paused(left: float) -> Unreachable:
    """The breaker is open for `left` more seconds."""
    text = msg(
        "The upstream did not answer several times in a row. The next try is in {seconds} s. Nothing was sent.",
        seconds=max(1, round(left)),
    )
    return Unreachable(text)


def crowded(parallel: int, wait: float) -> Unreachable:
    """All places are taken."""
    text = msg(
        "{parallel} calls to this connection are already running, and none ended within {seconds} s. Nothing was sent.",
        parallel=parallel,
        seconds=f"{max(0.0, wait):.3g}",
    )
    return Unreachable(text)


def hurried(delay: float) -> Unreachable:
    """The rate leaves no room in time."""
    text = msg(
        "This connection's calls per second are used up for the next {seconds} s. Nothing was sent.",
        seconds=f"{delay:.3g}",
    )
    return Unreachable(text)
