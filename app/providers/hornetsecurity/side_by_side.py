"""Several calls of one connection at the same time."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Sequence[T], most: int) -> list[R]:
    """`work` of each item, in order, at most `most` at once; deadline and record of calls are those of the caller.

    Raises the first error; what has not begun by then is left out.
    """
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max(1, min(most, len(items)))) as pool:
        futures = [pool.submit(contextvars.copy_context().run, work, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
