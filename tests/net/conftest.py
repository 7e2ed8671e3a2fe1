"""An `Http` for a server of the test, whose pauses cost no time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.model import Connection
from app.core.ports import CallRecord
from app.core.secret import Secret
from app.net.http import Http
from app.net.limits import Limits, LocalLimits

PASSWORD = "MARKED-s3cret/&+é"


class Bench:
    """An `Http` with what it told and how long it wanted to sleep."""

    def __init__(self, url: str, limits: Limits | None = None, jitter: float = 0.0, **changes: Any) -> None:
        values = {"username": "api", "password": Secret(PASSWORD)}
        settings: dict[str, Any] = {"connect_timeout": 5.0, "read_timeout": 5.0, "per_second": 0} | changes
        self.connection = Connection("demo", "spamexperts", "Demo", url, values=values, **settings)
        self.records: list[CallRecord] = []
        self.pauses: list[float] = []
        self.http = Http(
            self.connection,
            limits or LocalLimits(self.connection.parallel, self.connection.per_second),
            lambda: datetime.now(UTC),
            sink=self.records.append,
            sleep=self.pauses.append,
            jitter=lambda: jitter,
        )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Once it is set, an hour has passed for the transport."""
    event = threading.Event()
    now = time.monotonic
    monkeypatch.setattr("app.net.transport.time.monotonic", lambda: now() + 3600 * event.is_set())
    return event


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Makes benches: `bench(url, read_timeout=1)`."""
    return Bench
