"""The limits of a connection shared by several processes or machines, through Redis."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis

from app.core.model import Connection
from app.net.limits import FAILURES, PAUSE, Limits, crowded, hurried, paused

log = logging.getLogger("gatehouse.net")

_LOOK_AGAIN = 0.05  # seconds between two looks for a free place

_NOW = "local t = redis.call('TIME') local now = t[1] + t[2] / 1000000 "

_TAKE = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[2]) + 1)
return 1
"""
)
"""ARGV: places, lease in seconds, ticket. A place whose holder died comes back when its lease is over."""

_TURN = (
    _NOW
    + """
local earliest = tonumber(redis.call('GET', KEYS[1]) or 0)
local after = math.max(earliest, now) + ARGV[1]
local delay = math.max(0, after - ARGV[2] - now)
if delay > tonumber(ARGV[3]) then return {0, tostring(delay)} end
redis.call('SET', KEYS[1], string.format('%.6f', after), 'EX', math.ceil(after - now) + 1)
return {1, tostring(delay)}
"""
)
"""ARGV: seconds between calls, size of the bucket in seconds, longest wait. Answers whether and after what delay."""

_CHECK = (
    _NOW
    + """
local open_until = tonumber(redis.call('HGET', KEYS[1], 'open_until') or 0)
if open_until == 0 then return '0' end
if open_until > now then return tostring(open_until - now) end
redis.call('HSET', KEYS[1], 'open_until', string.format('%.6f', now + ARGV[1]))
return '0'
"""
)
"""ARGV: pause. Answers the seconds that the breaker stays open; 0: go."""

_SILENT = (
    _NOW
    + """
if redis.call('HINCRBY', KEYS[1], 'silent', 1) >= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'open_until', string.format('%.6f', now + ARGV[2]))
end
redis.call('EXPIRE', KEYS[1], 3600)
"""
)
"""ARGV: failures that open the breaker, pause."""


def redis_client(url: str) -> redis.Redis:
    """A client that gives up after half a second: limits must not be slower than what they limit."""
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


class RedisLimits:
    """Limits in Redis, under names of the connection and its version: an edited connection starts afresh.

    While Redis does not answer, `own` (the limits of this process) hold.
    """

    def __init__(
        self,
        client: redis.Redis,
        connection: Connection,
        own: Limits,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._own = own
        self._parallel = max(1, connection.parallel)
        rate = connection.per_second
        self._interval = 1 / rate if rate > 0 else 0.0
        self._burst = max(1.0, rate) * self._interval
        self._lease = connection.write_timeout + 10 * connection.read_timeout + 30
        self._failures = failures
        self._pause = pause
        self._sleep = sleep
        name = f"gatehouse:limits:{connection.key}:{connection.version}"
        self._places_key, self._turn_key, self._breaker_key = (
            f"{name}:{what}" for what in ("places", "turn", "breaker")
        )

    def check(self) -> None:
        """See Limits."""
        left = self._run(_CHECK, self._breaker_key, self._pause)
        if left is None:
            self._own.check()
        elif float(left) > 0:
            raise paused(float(left))

    def report(self, answered: bool) -> None:
        """See Limits."""
        self._own.report(answered)
        if not answered:
            self._run(_SILENT, self._breaker_key, self._failures, self._pause)
            return
        try:
            self._client.delete(self._breaker_key)
        except redis.RedisError as error:
            self._without_redis(error)

    @contextmanager
    def place(self, wait: float) -> Iterator[None]:
        """See Limits."""
        until = time.monotonic() + max(0.0, wait)
        ticket = secrets.token_hex(8)
        if not self._take(ticket, wait, until):
            with self._own.place(until - time.monotonic()):
                yield
            return
        try:
            self._wait_turn(until - time.monotonic())
            yield
        finally:
            self._give_back(ticket)

    def _take(self, ticket: str, wait: float, until: float) -> bool:
        """Takes a place under `ticket`; False when Redis does not answer. Raises Unreachable when none gets free."""
        while True:
            taken = self._run(_TAKE, self._places_key, self._parallel, self._lease, ticket)
            if taken is None or int(taken) == 1:
                return taken is not None
            left = until - time.monotonic()
            if left <= 0:
                raise crowded(self._parallel, wait)
            self._sleep(min(left, _LOOK_AGAIN))

    def _give_back(self, ticket: str) -> None:
        try:
            self._client.zrem(self._places_key, ticket)
        except redis.RedisError as error:
            self._without_redis(error)

    def _wait_turn(self, wait: float) -> None:
        if not self._interval:
            return
        found = self._run(_TURN, self._turn_key, self._interval, self._burst, max(0.0, wait))
        if found is None:
            return
        delay = float(found[1])
        if not int(found[0]):
            raise hurried(delay)
        if delay > 0:
            self._sleep(delay)

    def _run(self, script: str, key: str, *args: float | str) -> Any:
        """The script's answer, None when Redis does not answer (the scripts themselves never answer nothing that is
        read)."""
        try:
            return self._client.eval(script, 1, key, *(str(arg) for arg in args))
        except redis.RedisError as error:
            self._without_redis(error)
            return None

    def _without_redis(self, error: redis.RedisError) -> None:
        log.warning(
            "Redis does not answer (%s): each process keeps its own limits meanwhile", type(error).__name__
        )
