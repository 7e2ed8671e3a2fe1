"""A copy of everything in the database as lines of JSON, and its way back, also into the other kind of database.

    {"gatehouse_dump": 1, "revision": "0001_first", "at": "2026-01-31T12:00:00+00:00"}
    {"table": "settings", "columns": ["name", "value"]}
    ["theme", "dark"]
    …
    {"end": {"settings": 1}}

Secrets stay encrypted: without the key file the copy is of no use for them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import IO, Any

from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from app.core.errors import GatehouseError
from app.core.text import msg
from app.storage.db import Database, current_revision, downgrade, upgrade

_VERSION = 1
_BATCH = 500
# Not to be copied: the schema's revision, what the search indices make for themselves, the queue's tables; and what a search
# over mailboxes found, which is kept for a day and no longer.
_FOREIGN = (
    "alembic_version",
    "domain_search",
    "huey_",
    "mail_found",
    "mail_searches",
    "mailbox_search",
    "rule_search",
    "sqlite_",
)
# A database in which none of these holds a row has not been used yet.
_SIGNS_OF_USE = ("users", "connections", "changes", "jobs", "domains")

Json = Any


class BackupProblem(GatehouseError):
    """A copy that cannot be read back, or a database that it must not be read into."""


# --- Out --------------------------------------------------------------------------------------------------------


def dump(database: Database, file: IO[str]) -> dict[str, int]:
    """Writes all rows as they are at one moment, while others go on working; returns the number of rows by table."""
    counts: dict[str, int] = {}
    revision = current_revision(database.url)
    _write(file, {"gatehouse_dump": _VERSION, "revision": revision, "at": datetime.now(UTC).isoformat()})
    with database.engine.connect() as connection:
        _stay_at_one_moment(connection)
        for table in _tables(connection):
            _write(file, {"table": table.name, "columns": [column.name for column in table.columns]})
            counts[table.name] = 0
            rows = connection.execution_options(yield_per=_BATCH).execute(select(table))
            for row in rows:
                _write(file, [_plain(value) for value in row])
                counts[table.name] += 1
    _write(file, {"end": counts})
    return counts


def _stay_at_one_moment(connection: Connection) -> None:
    """Opens a transaction that sees nothing of what others commit from now on."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _tables(connection: Connection) -> list[Table]:
    """Our tables as the database itself describes them, those that others refer to first."""
    inspector = inspect(connection)
    names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name]
    return [_table(inspector, name) for name in names if not name.startswith(_FOREIGN)]


def _table(inspector: Any, name: str) -> Table:
    columns = (Column(c["name"], _type(c["type"])) for c in inspector.get_columns(name))
    return Table(name, MetaData(), *columns)


def _type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return JSON(none_as_null=True) if isinstance(kind, JSON) else kind


def _plain(value: Any) -> Json:
    """A column's value as JSON: times as ISO text, bytes as base64."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _write(file: IO[str], line: Json) -> None:
    file.write(json.dumps(line, separators=(",", ":")) + "\n")


# --- In ---------------------------------------------------------------------------------------------------------


def load(database: Database, file: IO[str]) -> dict[str, int]:
    """Fills an unused database from a copy and brings its schema up to date; returns the number of rows by table.

    All rows are stored in one transaction, or none. Raises BackupProblem for a database in use, a copy from a newer
    version, and a copy that is damaged or cut off.
    """
    if _in_use(database):
        raise BackupProblem(msg("This database is in use. A copy is only read into an empty one."))
    lines = _lines(file)
    first = next(lines, None)
    if not isinstance(first, dict) or first.get("gatehouse_dump") != _VERSION:
        raise BackupProblem(msg("This is not a copy of a Gatehouse database."))
    if current_revision(database.url) is not None:
        downgrade(database.url, "base")
    try:
        upgrade(database.url, str(first["revision"]))
    except CommandError as error:
        raise BackupProblem(msg("This copy was made by a newer version of Gatehouse.")) from error
    with database.engine.begin() as connection:
        counts = _fill(connection, lines)
    upgrade(database.url)
    return counts


def _in_use(database: Database) -> bool:
    with database.engine.connect() as connection:
        there = {table.name: table for table in _tables(connection)}
        return any(
            connection.execute(select(there[name]).limit(1)).first() is not None
            for name in _SIGNS_OF_USE
            if name in there
        )


def _lines(file: IO[str]) -> Iterator[Json]:
    for line in file:
        try:
            yield json.loads(line)
        except ValueError as error:
            raise BackupProblem(msg("This copy is damaged: a line of it cannot be read.")) from error


def _fill(connection: Connection, lines: Iterator[Json]) -> dict[str, int]:
    """Stores all tables of the copy, in place of what the migrations put there."""
    tables = {table.name: table for table in _tables(connection)}
    for table in reversed(tables.values()):
        connection.execute(table.delete())
    counts: dict[str, int] = {}
    expected: Mapping[str, int] | None = None
    into: tuple[Table, list[str]] | None = None
    for is_rows, part in groupby(lines, key=lambda line: isinstance(line, list)):
        if is_rows and into is not None:
            counts[into[0].name] = _insert(connection, *into, part)
            continue
        for head in part:
            expected = head.get("end", expected) if isinstance(head, dict) else None
            into = _target(tables, head, counts)
    if expected is None or dict(expected) != counts:
        raise BackupProblem(msg("This copy is not complete: its end is missing, or rows of it."))
    return counts


def _target(
    tables: Mapping[str, Table], head: Json, counts: dict[str, int]
) -> tuple[Table, list[str]] | None:
    """The table that a line of the copy announces, with the names of the columns that follow."""
    if not isinstance(head, dict) or "table" not in head:
        return None
    table = tables.get(head["table"])
    if table is None or not set(head["columns"]) <= set(table.columns.keys()):
        raise BackupProblem(msg("This copy is damaged: it names an unknown table or column."))
    counts[table.name] = 0
    return table, list(head["columns"])


def _insert(connection: Connection, table: Table, columns: list[str], rows: Iterable[list[Json]]) -> int:
    """Stores rows, some hundred at a time; returns how many. New rows will get ids beyond them."""
    readers = [_reader(connection, table.columns[name].type) for name in columns]
    iterator, count = iter(rows), 0
    while batch := list(islice(iterator, _BATCH)):
        count += len(batch)
        connection.execute(
            table.insert(),
            [
                {name: read(value) for name, read, value in zip(columns, readers, row, strict=True)}
                for row in batch
            ],
        )
    if connection.dialect.name == "postgresql" and "id" in columns:
        highest = connection.scalar(select(func.max(table.columns["id"])))
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :highest)"),
            {"table": table.name, "highest": highest},
        )
    return count


def _reader(connection: Connection, kind: TypeEngine[Any]) -> Any:
    """What turns a value of the copy into one for a column of this type."""
    if isinstance(kind, LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value)
    if isinstance(kind, DateTime):
        zoned = kind.timezone and connection.dialect.name == "postgresql"
        return lambda value: None if value is None else _moment(value, zoned)
    return lambda value: value


def _moment(value: str, zoned: bool) -> datetime:
    """A time of the copy, which is UTC where it has no zone, with its zone or without."""
    moment = datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if zoned else moment.replace(tzinfo=None)
