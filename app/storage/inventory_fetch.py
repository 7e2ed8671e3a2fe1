"""Fetches what a list shows at once.

SQLite lets the other threads of the process in with every row that it hands over. While several pages are read, that
change of threads costs more than the row itself; so here the rows of a page come as one, in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from app.core.ports import DomainRow
from app.storage.column_types import JsonValue, UtcDateTime, read_json
from app.storage.db import Reads
from app.storage.inventory_query import FULL_ROW
from app.storage.inventory_rows import ROW_COLUMNS, ROW_TABLES, domain_row
from app.storage.inventory_search import is_sqlite
from app.storage.tables import domains

_TIMES = tuple(n for n, column in enumerate(ROW_COLUMNS) if isinstance(column.type, UtcDateTime))
_GIVEN = func.json_each(bindparam("ids")).table_valued("value")
_AT_ONCE = (
    select(
        func.json_group_array(
            func.json_array(
                *(
                    func.json(column) if isinstance(column.type, JsonValue) else column
                    for column in ROW_COLUMNS
                ),
                domains.c.id,
            )
        )
    )
    .select_from(ROW_TABLES)
    .where(domains.c.id.in_(select(_GIVEN.c.value)))
)


def all_ids(session: Reads, statement: Select[tuple[int]]) -> list[int]:
    """What a statement for ids finds, in its order."""
    if not is_sqlite(session):
        return list(session.scalars(statement))
    found = statement.subquery()
    return list(read_json(session.scalar(select(func.json_group_array(found.c.id))) or "[]"))


def rows_by_id(session: Reads, ids: Sequence[int]) -> dict[int, DomainRow]:
    """The rows with these ids; those that are gone are missing."""
    if not is_sqlite(session):
        rows = session.execute(FULL_ROW.where(domains.c.id.in_(ids)))
        return {row.id: domain_row(row) for row in rows}
    cells = read_json(session.scalar(_AT_ONCE, {"ids": json.dumps(list(ids))}) or "[]")
    return {row[-1]: domain_row(_typed(row)) for row in cells}


def _typed(cells: list[Any]) -> list[Any]:
    for n in _TIMES:
        if cells[n] is not None:
            cells[n] = datetime.fromisoformat(f"{cells[n]}+00:00")
    return cells
