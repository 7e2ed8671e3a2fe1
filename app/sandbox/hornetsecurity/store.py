"""Rows with an integer id over one table of the sandbox's state."""

from __future__ import annotations

from typing import Any

from app.sandbox.state import State, Table

Row = dict[str, Any]


class Rows:
    """A table of JSON objects by their integer ``id``.

    Seeded rows bring ids below ``first``; rows made later get ``first`` + 1 and so on, so that ids are the
    same on every run and are never given twice.
    """

    def __init__(self, state: State, name: str, first: int) -> None:
        self._state, self._name, self._first = state, name, first
        self.table: Table = state.table(name)

    def new_id(self) -> int:
        """Return an id that no row has had."""
        return self._first + self._state.counter(self._name)

    def get(self, row_id: int) -> Row | None:
        """Return the row, or None."""
        found: Row | None = self.table.get(str(row_id))
        return found

    def all(self) -> list[Row]:
        """Return all rows, oldest first."""
        return list(self.table.values())

    def put(self, row: Row) -> Row:
        """Store a row that carries its id, and return it."""
        self.table[str(row["id"])] = row
        return row

    def add(self, row: Row) -> Row:
        """Store a row under a new id, and return it."""
        return self.put({"id": self.new_id(), **row})

    def change(self, row: Row, **changes: Any) -> Row:
        """Store a copy of the row with these values changed, and return it."""
        return self.put({**row, **changes})

    def remove(self, row_id: int) -> None:
        """Delete the row."""
        del self.table[str(row_id)]


class Revision:
    """A number in the tables that tells whether they were replaced (reset, rewind) since we looked."""

    def __init__(self, state: State) -> None:
        self._table = state.table("revision")
        self._seen = self._table.get("number")

    def bump(self) -> None:
        """Note a change that was made through us."""
        self._seen = (self._seen or 0) + 1
        self._table["number"] = self._seen

    def moved(self) -> bool:
        """Tell, once, whether the tables are others than those we knew."""
        known, self._seen = self._seen, self._table.get("number")
        return bool(known != self._seen)
