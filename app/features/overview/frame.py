"""What the frame of every page says of connections, jobs and changes; from stored data, kept for a few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from app.core.actor import Actor, Right
from app.core.capabilities import Card
from app.core.health import HealthStore
from app.core.model import Connection, Tls
from app.core.ports import Connections, ConnectionStore, Jobs, Journal
from app.features.connections.service import connection_state
from app.web.frame import Badge, ConnectionCounts

T = TypeVar("T")

KEEP_SECONDS = 3.0


class StoredFrame:
    """The port `web.frame.FrameSource`. Each person's numbers are read once in a few seconds, not for every page."""

    def __init__(
        self,
        connections: Connections,
        store: ConnectionStore,
        jobs: Jobs,
        journal: Journal,
        demo: bool,
        health: HealthStore,
        cards: Mapping[str, Card],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connections = connections
        self._store = store
        self._jobs = jobs
        self._journal = journal
        self._demo = demo
        self._health = health
        self._cards = cards
        self._clock = clock
        self._kept: dict[Any, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def connections(self, actor: Actor) -> ConnectionCounts | None:
        """How many connections are up, slow, down, or never tested."""
        if not actor.may(Right.VIEW_DOMAINS):
            return None
        return self._keep(("connections", actor), lambda: self._count(actor))

    def _count(self, actor: Actor) -> ConnectionCounts:
        probes = self._store.probes()
        states: dict[str, list[str]] = {}
        for connection in self._visible(actor):
            state = connection_state(connection, probes.get(connection.key))
            states.setdefault(state, []).append(connection.name)
        states.setdefault("up", []).extend(states.pop("strained", []))
        worst = next(iter(states.get("down", []) or states.get("slow", [])), "")
        numbers = {name: len(states.get(name, [])) for name in ("up", "slow", "down", "unknown")}
        return ConnectionCounts(**numbers, worst=worst)

    def badges(self, actor: Actor) -> Mapping[str, Badge]:
        """Jobs at work, changes whose outcome is not known, and domains that fail a check."""
        return self._keep(("badges", actor), lambda: self._badges(actor))

    def _badges(self, actor: Actor) -> Mapping[str, Badge]:
        found: dict[str, Badge] = {}
        if actor.may(Right.VIEW_JOBS):
            found["jobs.index"] = Badge(self._jobs.count_running(actor))
        if actor.may(Right.VIEW_CHANGES):
            found["changes.index"] = Badge(self._journal.count_open(actor), "orange")
        if actor.may(Right.VIEW_HEALTH):
            found["health.index"] = Badge(self._health.failing(actor), "red")
        return found

    def areas(self, actor: Actor) -> Collection[str]:
        """The areas of the resources that the providers of the connections have."""
        return self._keep(("areas", actor), lambda: self._find_areas(actor))

    def _find_areas(self, actor: Actor) -> Collection[str]:
        kinds = {connection.kind for connection in self._visible(actor) if connection.enabled}
        found = (kind for slug in kinds if slug in self._cards for kind in self._cards[slug].resources)
        return {kind.area.value for kind in found if actor.may(kind.right)}

    def insecure_connections(self, actor: Actor) -> Sequence[str]:
        """Connections whose certificates are not checked."""
        return [c.name for c in self._visible(actor) if c.tls is Tls.OFF and c.base_url.startswith("https")]

    def demo(self) -> bool:
        """Whether connections to the sandbox are there."""
        return self._demo

    def _visible(self, actor: Actor) -> list[Connection]:
        return self._keep(("visible", actor), lambda: self._connections.visible(actor))

    def _keep(self, key: Any, read: Callable[[], T]) -> T:
        now = self._clock()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and now - kept[0] < KEEP_SECONDS:
                return kept[1]  # type: ignore[no-any-return]
        value = read()
        with self._lock:
            if len(self._kept) > 1000:
                self._kept.clear()
            self._kept[key] = (now, value)
        return value
