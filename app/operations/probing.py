"""Connection tests with reads only: one, or many side by side; what they find is stored."""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.core.capabilities import Found
from app.core.errors import GatehouseError
from app.core.model import Connection
from app.core.ports import Clock, ConnectionStore, ProbeResult
from app.core.text import Message, msg
from app.operations.gather import Gather
from app.operations.pool import DriverPool


class Prober:
    """Tests connections within a number of seconds."""

    def __init__(
        self, store: ConnectionStore, pool: DriverPool, gather: Gather, clock: Clock, seconds: float
    ) -> None:
        self._store = store
        self._pool = pool
        self._gather = gather
        self._clock = clock
        self._seconds = seconds

    def test(self, connections: Sequence[Connection]) -> dict[str, ProbeResult]:
        """Tests connections all at once and stores the results, by key. Raises nothing for what an upstream does."""
        calls = {c.key: (lambda c=c: self._probe(c, kept=True)) for c in connections}
        gathered = self._gather(calls, self._seconds)
        results = {c.key: gathered.items.get(c.key) or self._late() for c in connections}
        for key, result in results.items():
            self._store.save_probe(key, result)
        return results

    def try_out(self, connection: Connection) -> ProbeResult:
        """Tests a connection that is not stored (yet); nothing is kept."""
        gathered = self._gather({"it": lambda: self._probe(connection, kept=False)}, self._seconds)
        return gathered.items.get("it") or self._late()

    def _probe(self, connection: Connection, *, kept: bool) -> ProbeResult:
        started = time.monotonic()
        found: Found | None = None
        problem: Message | None = None
        try:
            driver = self._pool.driver(connection) if kept else self._pool.fresh_driver(connection)
            found = driver.probe()
        except GatehouseError as error:
            problem = error.message
        ms = (time.monotonic() - started) * 1000
        return ProbeResult(self._clock(), problem is None, found, problem, ms)

    def _late(self) -> ProbeResult:
        text = msg("No answer within {seconds} seconds.", seconds=f"{self._seconds:g}")
        return ProbeResult(self._clock(), False, None, text, self._seconds * 1000)
