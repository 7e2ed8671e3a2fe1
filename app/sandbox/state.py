"""The sandbox's memory: tables of JSON values, kept in memory and written through to one SQLite file."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import ItemsView, Iterator, MutableMapping, ValuesView
from pathlib import Path
from typing import Any

_COUNTERS = "#counters"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    scope TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    UNIQUE (scope, name, key)
)
"""


class Store:
    """One SQLite file, or memory only when ``path`` is None. Thread safe.

    A killed process loses nothing that was answered; a power cut may (``synchronous=OFF``), which is good enough
    for a sandbox and keeps a write at some 30 microseconds.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._states: dict[str, State] = {}
        self._batches = 0
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.execute(_SCHEMA)

    def state(self, scope: str) -> State:
        """Return the state of one upstream; the same object each time."""
        with self.lock:
            if scope not in self._states:
                self._states[scope] = State(self, scope)
            return self._states[scope]

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Put all writes of the block into one transaction of the file (many writes become fast)."""
        with self.lock:
            self._batches += 1
            if self._connection and self._batches == 1:
                self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._batches -= 1
                if self._connection and self._batches == 0:
                    self._connection.execute("COMMIT")

    def load(self, scope: str, name: str) -> dict[str, Any]:
        """Read one table, in the order in which its keys came."""
        if self._connection is None:
            return {}
        query = "SELECT key, value FROM rows WHERE scope = ? AND name = ? ORDER BY rowid"
        with self.lock:
            return {key: json.loads(value) for key, value in self._connection.execute(query, (scope, name))}

    def names(self, scope: str) -> list[str]:
        """Return the names of the tables that have rows in the file."""
        if self._connection is None:
            return []
        with self.lock:
            found = self._connection.execute("SELECT DISTINCT name FROM rows WHERE scope = ?", (scope,))
            return [name for (name,) in found]

    def put(self, scope: str, name: str, key: str, value: Any) -> None:
        """Write one row through; an existing key keeps its place."""
        if self._connection is not None:
            self._connection.execute(
                "INSERT INTO rows VALUES (?, ?, ?, ?)"
                " ON CONFLICT (scope, name, key) DO UPDATE SET value = excluded.value",
                (scope, name, key, json.dumps(value)),
            )

    def remove(self, scope: str, name: str, key: str | None = None) -> None:
        """Delete one row, or the whole table when no key is given."""
        if self._connection is None:
            return
        query, arguments = "DELETE FROM rows WHERE scope = ? AND name = ?", [scope, name]
        if key is not None:
            query, arguments = f"{query} AND key = ?", [*arguments, key]
        self._connection.execute(query, arguments)

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class Table(MutableMapping[str, Any]):
    """JSON values by text key, in insertion order.

    A value that is changed in place is not noticed: assign it back (``row = t[k]; row["x"] = 1; t[k] = row``).
    ``iter``, ``items`` and ``values`` walk over a copy of the index, so other threads may write meanwhile.
    """

    def __init__(self, store: Store, scope: str, name: str) -> None:
        self._store, self._scope, self._name = store, scope, name
        self._rows = store.load(scope, name)
        self.dirty = False

    def __getitem__(self, key: str) -> Any:
        return self._rows[key]

    def __setitem__(self, key: str, value: Any) -> None:
        with self._store.lock:
            self._store.put(self._scope, self._name, key, value)
            self._rows[key] = value
            self.dirty = True

    def __delitem__(self, key: str) -> None:
        with self._store.lock:
            del self._rows[key]
            self._store.remove(self._scope, self._name, key)
            self.dirty = True

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def items(self) -> ItemsView[str, Any]:
        return self._rows.copy().items()

    def values(self) -> ValuesView[Any]:
        return self._rows.copy().values()

    def clear(self) -> None:
        with self._store.lock:
            self._rows.clear()
            self._store.remove(self._scope, self._name)
            self.dirty = True

    def dump(self) -> str:
        """Return all rows as JSON text, for ``restore``."""
        return json.dumps(self._rows)

    def restore(self, text: str) -> None:
        """Replace all rows by those of a dump."""
        with self._store.batch():
            self.clear()
            for key, value in json.loads(text).items():
                self[key] = value


class State:
    """The tables and counters of one upstream. ``State()`` alone lives in memory only."""

    def __init__(self, store: Store | None = None, scope: str = "") -> None:
        self._store = store or Store()
        self._scope = scope
        self._tables: dict[str, Table] = {}
        self._baseline: dict[str, str] | None = None
        for name in self._store.names(scope):
            self.table(name)

    def table(self, name: str) -> Table:
        """Return the table of that name; it need not exist before."""
        table = self._tables.get(name)
        if table is None:
            with self._store.lock:
                table = self._tables.setdefault(name, Table(self._store, self._scope, name))
        return table

    def counter(self, name: str) -> int:
        """Return the next number of that name: 1, 2, 3 and so on, kept over restarts."""
        with self._store.lock:
            counters = self.table(_COUNTERS)
            counters[name] = counters.get(name, 0) + 1
            return int(counters[name])

    @property
    def empty(self) -> bool:
        """True when no table has a row."""
        return not any(self._tables.values())

    def batch(self) -> contextlib.AbstractContextManager[None]:
        """Put all writes of a ``with`` block into one transaction."""
        return self._store.batch()

    def clear(self) -> None:
        """Forget everything, counters too."""
        with self._store.batch():
            for table in self._tables.values():
                table.clear()

    def mark(self) -> None:
        """Remember the present content as the one that ``rewind`` returns to."""
        with self._store.lock:
            self._baseline = {name: table.dump() for name, table in self._tables.items()}
            for table in self._tables.values():
                table.dirty = False

    def rewind(self) -> bool:
        """Return to the marked content, touching only what has changed; False when nothing was marked."""
        if self._baseline is None:
            return False
        with self._store.batch():
            for name, table in self._tables.items():
                if table.dirty:
                    table.restore(self._baseline.get(name, "{}"))
                    table.dirty = False
        return True
