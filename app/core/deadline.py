"""The moment by which a page (or a command) wants its answers, visible to the code that calls upstreams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """Within the block, `remaining()` counts down from `seconds`; an earlier outer deadline stays in force."""
    wanted = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(wanted if outer is None else min(outer, wanted))
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining() -> float | None:
    """Seconds left until the deadline (never below 0), or None where there is none."""
    at = _deadline.get()
    return None if at is None else max(0.0, at - time.monotonic())
