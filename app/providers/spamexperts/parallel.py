"""Several reads side by side, few at a time, their answers in order."""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_order(calls: Iterable[Callable[[], T]], threads: int) -> Iterator[T]:
    """What the calls return, in their order, at most `threads` at once. Raises the first error that it comes to.

    No more than that many answers wait for whoever takes them, and what has not begun is dropped when nobody takes more.
    Each call runs in a copy of this context: deadline and record of calls hold for it too.
    """
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="spamexperts") as pool:
        try:
            for call in calls:
                waiting.append(pool.submit(contextvars.copy_context().run, call))
                if len(waiting) >= threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
