"""Rows over the sandbox's state: by id, by owner, and by the names that must be unique."""

from __future__ import annotations

from typing import Any

from app.sandbox.cleanmail import ids, times
from app.sandbox.state import State, Table

Row = dict[str, Any]


class Records:
    """The tables of this upstream.

    A kind is a table of rows by id. A row with an owner carries the owner's key in ``of``, and the table
    ``<kind>_of`` lists the ids of each owner's rows in order of creation, which is the order "by id" as well.
    Ids are unique per kind only, so the same text names a domain, a policy and a token at once. Rows are stored at
    second precision, while the row handed in keeps its milliseconds: so does the first answer about it.
    """

    def __init__(self, state: State) -> None:
        self.state = state

    def table(self, name: str) -> Table:
        """Return a table of the state."""
        return self.state.table(name)

    def find(self, kind: str, row_id: str | None) -> Row | None:
        """Return a copy of one row, or None."""
        row = self.table(kind).get(row_id) if row_id is not None else None
        return dict(row) if row is not None else None

    def every(self, kind: str) -> list[Row]:
        """Return all rows of a kind, oldest first; they are not to be changed."""
        return list(self.table(kind).values())

    def owned(self, kind: str, owner: str) -> list[Row]:
        """Return the rows of one owner, oldest first; they are not to be changed."""
        rows = self.table(kind)
        return [rows[row_id] for row_id in self.table(f"{kind}_of").get(owner, ())]

    def add(self, kind: str, row: Row, owner: str | None = None) -> Row:
        """Store a new row, under its own ``id`` or a new one. Returns the row with the milliseconds it came with."""
        row = {**row, "id": row.get("id") or self.new_id(kind)}
        if owner is not None:
            row["of"] = owner
            index = self.table(f"{kind}_of")
            index[owner] = [*index.get(owner, ()), row["id"]]
        self.put(kind, row)
        return row

    def put(self, kind: str, row: Row) -> None:
        """Store a row that has its id."""
        self.table(kind)[row["id"]] = times.settled(row)

    def remove(self, kind: str, row: Row) -> None:
        """Delete a row."""
        del self.table(kind)[row["id"]]
        if "of" in row:
            self._unlist(kind, row["of"], row["id"])

    def remove_owned(self, kind: str, owner: str) -> None:
        """Delete all rows of one owner."""
        rows = self.table(kind)
        for row_id in self.table(f"{kind}_of").pop(owner, ()):
            del rows[row_id]

    def new_id(self, kind: str) -> str:
        """Return an id that no row of this kind has had."""
        rows = self.table(kind)
        while True:
            candidate = ids.encode(self.state.counter(kind))
            if candidate not in rows:
                return candidate

    def _unlist(self, kind: str, owner: str, row_id: str) -> None:
        index = self.table(f"{kind}_of")
        kept = [other for other in index[owner] if other != row_id]
        if kept:
            index[owner] = kept
        else:
            del index[owner]
