"""All connections as one list: those kept in the database and those declared in files, cut to the actor's scope."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.actor import Actor
from app.core.model import Connection
from app.core.ports import ConnectionStore


class Directory:
    """The port `Connections`. A declared connection wins over a stored one with the same key."""

    def __init__(self, store: ConnectionStore, declared: Sequence[Connection]) -> None:
        self._store = store
        self._declared = {connection.key: connection for connection in declared}

    def visible(self, actor: Actor) -> list[Connection]:
        """Every connection on which something lies in the actor's scope, by name."""
        stored = {connection.key: connection for connection in self._store.all()}
        every = {**stored, **self._declared}.values()
        return sorted((c for c in every if actor.sees_some_of(c.key)), key=lambda c: c.name.casefold())

    def get(self, actor: Actor, key: str) -> Connection | None:
        """One connection, None when it does not exist or nothing on it lies in the actor's scope."""
        if not actor.sees_some_of(key):
            return None
        return self._declared.get(key) or self._store.get(key)
