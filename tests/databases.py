"""The databases of the tests' applications: SQLite files, or PostgreSQL where TEST_DATABASE=postgresql says so.

Each application gets a copy of a template. On SQLite that is a copied file. On PostgreSQL making and dropping a database
costs a second, so those that tests give back are used again: emptied, and filled with the rows of the template.
"""

from __future__ import annotations

import os
import secrets
import shutil
from functools import lru_cache
from pathlib import Path

import psycopg
from sqlalchemy import URL, create_engine, inspect, make_url

from app.storage.db import upgrade

KIND = os.environ.get("TEST_DATABASE") or "sqlite"
SERVER = make_url(
    os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
)
_made: list[URL] = []
_free: list[URL] = []

if KIND not in ("sqlite", "postgresql"):
    raise ValueError(f"TEST_DATABASE is sqlite or postgresql, not {KIND}")


def connect(url: URL = SERVER) -> psycopg.Connection:
    """A connection to a PostgreSQL database, without transactions. Raises psycopg.OperationalError."""
    return psycopg.connect(
        host=url.host,
        port=url.port or 5432,
        user=url.username,
        password=url.password,
        dbname=url.database,
        connect_timeout=3,
        autocommit=True,
    )


def bare_database(folder: Path, kind: str = KIND) -> str:
    """The URL of a database without tables; on SQLite its file will be in `folder`."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'gatehouse.sqlite3'}"
    return _text(_new())


def migrated_database(folder: Path) -> str:
    """The URL of a database with all tables."""
    url = bare_database(folder)
    upgrade(url)
    return url


def copy_database(template: str | Path, folder: Path) -> str:
    """The URL of a database like the template (a URL, or the path of an SQLite file), which nobody uses meanwhile."""
    if isinstance(template, Path) or make_url(template).drivername.startswith("sqlite"):
        source = template if isinstance(template, Path) else Path(str(make_url(template).database))
        file = folder / "gatehouse.sqlite3"
        shutil.copy(source, file)
        return f"sqlite:///{file}"
    rows = _rows_of(template)
    if not _free:
        url = _new()
        upgrade(url)
        _free.append(url)
    url = _free.pop()
    rows.put_into(url)
    return _text(url)


def give_back(url: str | URL) -> None:
    """The test needs this database no more, and has closed its connections to it."""
    for made in _made:
        if made.database == make_url(url).database and made not in _free:
            _free.append(made)


def drop_all() -> None:
    """Removes every PostgreSQL database that this process made."""
    for url in _made:
        with connect() as connection:
            connection.execute(f"DROP DATABASE {url.database} WITH (FORCE)")
    _made.clear()
    _free.clear()


def _new() -> URL:
    name = f"gatehouse_test_{os.getpid()}_{secrets.token_hex(4)}"
    with connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    url = SERVER.set(database=name)
    _made.append(url)
    return url


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@lru_cache
def _rows_of(template: str) -> _Rows:
    return _Rows(make_url(template))


class _Rows:
    """All rows of a PostgreSQL database, and how far its sequences are."""

    def __init__(self, url: URL) -> None:
        engine = create_engine(url)
        tables = [name for name, _ in inspect(engine).get_sorted_table_and_fkc_names() if name]
        engine.dispose()
        with connect(url) as connection:
            self._rows = {table: _read(connection, table) for table in tables}
            sequences = (
                "SELECT format('%I.%I', schemaname, sequencename), start_value, last_value FROM pg_sequences"
            )
            self._sequences = connection.execute(sequences).fetchall()

    def put_into(self, url: URL) -> None:
        """Makes the rows of a database with the same tables these."""
        with connect(url) as connection, connection.transaction():
            connection.execute("; ".join(f"DELETE FROM {table}" for table in reversed(self._rows)))
            for table, rows in self._rows.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)
            for name, first, last in self._sequences:
                connection.execute("SELECT setval(%s, %s, %s)", (name, last or first, last is not None))


def _read(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        return b"".join(bytes(part) for part in copy)
