"""Checks of domains in the background: as items of jobs that people start, and a few at a time by the schedule."""

from __future__ import annotations

import contextvars
import logging
import math
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from app.core.actor import Actor, system_actor
from app.core.errors import GatehouseError, NotFound
from app.core.health import HealthStore
from app.core.model import Connection, Reading, Verdict
from app.core.ports import Clock, Connections, DomainRow, Inventory, ItemState, Job, JobItem
from app.core.text import Message, msg
from app.operations.health import Examiner
from app.operations.worker import Control, Result

log = logging.getLogger("gatehouse.worker")

SECONDS = 30.0
"""How long one domain may take: slow hosts are what checks are for."""
AT_ONCE = 4
"""Domains that the schedule checks side by side."""
PER_MINUTE = 120
"""Domains that the schedule checks in a minute at most, however many are due."""
_BUDGET = 50.0  # seconds of a minute in which the schedule begins new checks


class HealthItem:
    """The item that checks one domain: {"command": "health", "connection", "domain", "run"}."""

    def __init__(self, connections: Connections, inventory: Inventory, examiner: Examiner) -> None:
        self._connections = connections
        self._inventory = inventory
        self._examiner = examiner

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Checks the domain; the text counts what was found. A failing check is a finding, not a failed item."""
        key, name = str(item.command.get("connection")), str(item.command.get("domain"))
        connection, row = look_up(self._connections, self._inventory, job.actor, key, name)
        readings = self._examiner.examine(connection, row, SECONDS, run=bool(item.command.get("run")))
        return ItemState.DONE, counted(readings)


class FailuresItem:
    """The item that reads all failures which an upstream knows: {"command": "health_failures", "connection": key}."""

    def __init__(self, connections: Connections, examiner: Examiner) -> None:
        self._connections = connections
        self._examiner = examiner

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Reads and keeps them."""
        connection = self._connections.get(job.actor, str(item.command.get("connection")))
        if connection is None:
            raise NotFound(msg("The connection is gone."))
        failing, over = self._examiner.take_failures(connection)
        return ItemState.DONE, msg(
            "{failing} domains with a failure, {over} no longer", failing=failing, over=over
        )


class HealthSweep:
    """Checks the domains whose last check is long ago, so many in each minute that all had their turn in `hours`."""

    def __init__(
        self,
        connections: Connections,
        inventory: Inventory,
        store: HealthStore,
        examiner: Examiner,
        clock: Clock,
        hours: float,
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._store = store
        self._examiner = examiner
        self._clock = clock
        self._every = timedelta(hours=hours)
        self._at_work = threading.Lock()

    def __call__(self) -> int:
        """One minute's share; returns how many domains were checked: 0 where the setting is 0 hours, or the last
        minute's share is not done yet."""
        if not self._every or not self._at_work.acquire(blocking=False):
            return 0
        try:
            return self._share()
        finally:
            self._at_work.release()

    def _share(self) -> int:
        actor = system_actor("schedule")
        connections = {c.key: c for c in self._connections.visible(actor) if c.enabled}
        due = self._store.due(self._clock() - self._every, list(connections), self._rate(actor))
        until = time.monotonic() + _BUDGET
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="health") as pool:
            context = contextvars.copy_context
            futures = [
                pool.submit(context().run, self._one, actor, connections[key], name, until)
                for key, name in due
            ]
        return sum(future.result() for future in futures)

    def _rate(self, actor: Actor) -> int:
        """Domains for one minute."""
        counts = self._inventory.count_by_status(actor)
        domains = sum(sum(statuses.values()) for statuses in counts.values())
        return max(1, min(PER_MINUTE, math.ceil(domains * 60 / self._every.total_seconds())))

    def _one(self, actor: Actor, connection: Connection, name: str, until: float) -> bool:
        if time.monotonic() > until:
            return False
        row = self._inventory.get(actor, connection.key, name)
        if row is None:
            return False
        try:
            self._examiner.examine(connection, row, SECONDS, run=False)
        except GatehouseError as error:
            log.warning("the health of %s could not be checked: %s", name, error)
            self._put_off(connection, name, error.message)
        except Exception:
            # A fault of ours with one domain must not keep the others from their turn.
            log.exception("the health of %s could not be checked", name)
            text = msg("An error inside Gatehouse; the log of the worker has the details.")
            self._put_off(connection, name, text)
        return True

    def _put_off(self, connection: Connection, name: str, text: Message) -> None:
        """The domain's next turn comes after the others', or it would stand in front for ever."""
        now = self._clock()
        self._store.replace(
            connection.key,
            name,
            [Reading("report", Verdict.UNKNOWN, text, source="Gatehouse", seen_at=now)],
            now,
        )


def look_up(
    connections: Connections, inventory: Inventory, actor: Actor, key: str, name: str
) -> tuple[Connection, DomainRow]:
    """The connection and the stored row of a domain in the actor's scope. Raises NotFound."""
    connection = connections.get(actor, key)
    row = inventory.get(actor, key, name) if connection is not None else None
    if connection is None or row is None:
        raise NotFound(msg("There is no {domain} on a connection “{key}”.", domain=name, key=key))
    return connection, row


def counted(readings: Sequence[Reading]) -> Message:
    """How many checks have which verdict, in one line."""
    numbers = {verdict.value: sum(r.verdict is verdict for r in readings) for verdict in Verdict}
    return msg("{fail} failing, {warn} warnings, {unknown} unknown, {pass} passed", **numbers)
