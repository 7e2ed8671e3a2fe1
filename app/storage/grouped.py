"""Writes of many threads in one transaction: a commit, which waits for the disk, costs as much as a hundred small writes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.db import Database

T = TypeVar("T")

_MOST = 64  # writes of one transaction: it holds the lock that every other writer waits for


class GroupedWrites:
    """Runs small writes; those that come while a transaction is being committed share the next one.

    Whoever comes first writes for all who wait, then hands over to the next of them. Nobody waits for others to come.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Write] = []
        self._busy = False

    def run(self, write: Callable[[Session], T]) -> T:
        """What `write` returns, once it has reached the disk. Raises what it raises, and what the commit raises.

        It must be one statement that leaves nothing behind when it fails, and may be run a second time after a failure.
        """
        mine = _Write(write)
        with self._lock:
            self._waiting.append(mine)
            if self._busy:
                mine.wake = threading.Event()
            self._busy = True
        if mine.wake is not None:
            mine.wake.wait()
        if not mine.done:
            self._lead()
        return cast(T, mine.outcome())

    def _lead(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        try:
            self._commit(group)
        except IntegrityError:
            for each in group:  # one of them does not fit; the others are not to suffer
                self._alone(each)
        except BaseException as error:  # noqa: BLE001  whoever waits for the group gets it
            for each in group:
                each.error = error
        finally:
            with self._lock:
                following = next(iter(self._waiting), None)
                self._busy = following is not None
            for each in group:
                each.finish()
            if following is not None and following.wake is not None:
                following.wake.set()

    def _commit(self, group: list[_Write]) -> None:
        with self._database.durable_unit_of_work() as session:
            for each in group:
                each.result = each.write(session)

    def _alone(self, each: _Write) -> None:
        try:
            self._commit([each])
        except BaseException as error:  # noqa: BLE001  raised again in the thread that it belongs to
            each.error = error


class _Write:
    """One write, and what came of it. `wake`: set when it is done, or when its thread is to write for all."""

    def __init__(self, write: Callable[[Session], Any]) -> None:
        self.write = write
        self.wake: threading.Event | None = None
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None

    def finish(self) -> None:
        self.done = True
        if self.wake is not None:
            self.wake.set()

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result
