"""Several upstream reads at once, under one deadline: what came, and why the rest did not."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.core.deadline import deadline_in
from app.core.errors import GatehouseError, Unreachable
from app.core.text import msg

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """The answers by name, and the problem of each call that has none."""

    items: Mapping[str, T]
    problems: Mapping[str, GatehouseError]


class Gather:
    """Runs reads side by side. One instance serves the process; `threads` bounds what runs at once."""

    def __init__(self, threads: int = 32) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="gather")

    def __call__(self, calls: Mapping[str, Callable[[], T]], seconds: float) -> Gathered[T]:
        """Calls everything in parallel and waits at most `seconds`.

        A call still running then is a problem ("did not answer in time"); it ends by itself, since the transport keeps
        to the same deadline. Errors other than GatehouseError are ours and are raised.
        """
        with deadline_in(seconds):
            futures = {name: self._submit(call) for name, call in calls.items()}
            wait(futures.values(), timeout=seconds)
        items: dict[str, T] = {}
        problems: dict[str, GatehouseError] = {}
        for name, future in futures.items():
            if not future.done():
                future.cancel()
                problems[name] = Unreachable(
                    msg("No answer within {seconds} seconds.", seconds=f"{seconds:g}")
                )
                continue
            error = future.exception()
            if error is None:
                items[name] = future.result()
            elif isinstance(error, GatehouseError):
                problems[name] = error
            else:
                raise error
        return Gathered(items, problems)

    def _submit(self, call: Callable[[], T]) -> Future[T]:
        context = contextvars.copy_context()
        return self._pool.submit(context.run, call)
