"""Several reads side by side, few at a time, their answers in order."""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_order(calls: Iterable[Callable[[], T]], threads: int) -> Generator[T, None, None]:
    """What the calls return, in their order, `threads` of them at a time. Raises the first error that it
    comes to.

    Little runs ahead of whoever takes the answers, and what has not begun is dropped when nobody takes more.
    Each call runs in a copy of this context: deadline and record of calls hold for it too.
    """
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="spanel")
    try:
        for call in calls:
            waiting.append(pool.submit(contextvars.copy_context().run, call))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
