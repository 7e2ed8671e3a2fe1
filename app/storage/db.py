"""The database: engines for the application and for migrations, short sessions, and the schema's common ground."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Engine,
    MetaData,
    Result,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.storage.column_types import read_json

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

_MIGRATION_LOCK = 0x67617465  # "gate": the advisory lock that lets one process migrate at a time (PostgreSQL)
# Statements are not prepared on the server: a plan that was made while a table was empty would be kept through the
# first sync and read the whole table for every batch. It also lets a pooler such as pgbouncer stand in between.
_POSTGRES_ARGUMENTS: dict[str, Any] = {"application_name": "gatehouse", "prepare_threshold": None}
_BUSY_MS = 15_000  # how long a writer waits for another one (SQLite)
_MIGRATION_BUSY_MS = 120_000
_MAPPED_BYTES = (
    256 * 1024 * 1024
)  # of the file, read through the system's cache: halves the long walks of an index


class Base(DeclarativeBase):
    """Base of all tables. The naming convention lets migrations name every constraint on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def utc_now() -> datetime:
    """The time now, in UTC, with its zone."""
    return datetime.now(UTC)


def database_url(url: str | URL) -> URL:
    """`url` with the driver we use: "postgres://…" and "postgresql://…" mean psycopg 3. Other databases: ValueError."""
    if isinstance(url, str) and url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ValueError(f"only sqlite and postgresql are supported, not {parsed.drivername}")
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("SQLite needs a file: a database in memory cannot be shared by threads")
    return parsed


def make_engine(url: str | URL, *, migrations: bool = False, pool_size: int = 10) -> Engine:
    """An engine for the application, or for `migrations`: these need transactions that hold DDL, and no foreign keys.

    `pool_size` connections are kept; three times as many may be open at once.
    """
    parsed = database_url(url)
    engine = create_engine(
        parsed,
        connect_args=_POSTGRES_ARGUMENTS if _is_postgres(parsed) else {},
        pool_size=pool_size,
        max_overflow=pool_size * 2,
        pool_pre_ping=_is_postgres(parsed),
        json_deserializer=None if _is_postgres(parsed) else read_json,  # psycopg reads bytes by itself
    )
    if not _is_postgres(parsed):
        _prepare_sqlite(engine, migrations)
    return engine


def _is_postgres(url: URL) -> bool:
    return url.drivername.startswith("postgresql")


def _prepare_sqlite(engine: Engine, migrations: bool) -> None:
    """WAL, and the transaction rules of SQLite.

    The application lets the driver open a transaction at the first write: a transaction that begins with a read is
    refused at once when another process wrote in between. Migrations say BEGIN themselves, so that a failing one rolls
    back whole, and run without foreign keys: Alembic's copy, drop and rename would empty child tables.
    """

    @event.listens_for(engine, "connect")
    def _pragmas(dbapi: Any, _record: Any) -> None:
        if migrations:
            dbapi.isolation_level = None
        for pragma in (
            f"busy_timeout={_MIGRATION_BUSY_MS if migrations else _BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"mmap_size={_MAPPED_BYTES}",
            f"foreign_keys={'OFF' if migrations else 'ON'}",
        ):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("durable"):
            connection.info["durable"] = True
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
        if migrations or options.get("write"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _back_to_normal(dbapi: Any, record: Any) -> None:
        if record.info.pop("durable", False):
            dbapi.execute("PRAGMA synchronous=NORMAL")


Reads = Session | Connection  # what runs a read; `Database.session` says which to take


class Database:
    """One database: its engine and the kinds of short session. Safe to share between threads."""

    def __init__(self, url: str | URL, *, pool_size: int = 10) -> None:
        self.engine = make_engine(url, pool_size=pool_size)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._checking = sessionmaker(self.engine.execution_options(write=True), expire_on_commit=False)
        self._durable = sessionmaker(self.engine.execution_options(durable=True), expire_on_commit=False)

    @property
    def url(self) -> URL:
        """Its address (with the password: `str` masks it)."""
        return self.engine.url

    @property
    def is_sqlite(self) -> bool:
        """SQLite, not PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A short session for reads; nothing is committed."""
        with self.sessions() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The same, without what mapped objects need: for the reads of every page, at half the cost."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """A short session for writes, committed at its end; on SQLite the first write takes the lock.

        Its first statement must be a write (or read nothing that the writes depend on): see `check_then_write`.
        """
        with self.sessions.begin() as session:
            yield session

    @contextmanager
    def durable_unit_of_work(self) -> Iterator[Session]:
        """A `unit_of_work` that has reached the disk when it ends: it outlasts a power failure, too.

        (SQLite in WAL mode may otherwise lose the last commits then, though never its consistency.)
        """
        with self._durable.begin() as session:
            yield session

    @contextmanager
    def check_then_write(self) -> Iterator[Session]:
        """A short session that reads and then writes by what it read, committed at its end.

        SQLite: no other writer comes in between. PostgreSQL: lock the rows (`with_for_update`) or write conditionally.
        Never around an upstream call or a password hash: every other writer waits.
        """
        with self._checking.begin() as session:
            yield session

    def dispose(self) -> None:
        """Closes the pooled connections."""
        self.engine.dispose()


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE hit."""
    return cast("CursorResult[Any]", result).rowcount


# --- Migrations: Alembic without alembic.ini --------------------------------------------------------------------


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Brings the database to a revision of the schema, whole or not at all; two processes may call it at once."""
    with _migrating(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str | URL, revision: str) -> None:
    """Takes the schema back to an older revision ("base": to nothing)."""
    with _migrating(url) as config:
        command.downgrade(config, revision)


def check(url: str | URL) -> None:
    """Raises alembic.util.AutogenerateDiffsDetected when the tables in code are not those of the database."""
    with _migrating(url) as config:
        command.check(config)


def revision(url: str | URL, message: str, rev_id: str) -> None:
    """Writes a new migration from the differences between the tables in code and those of the database."""
    with _migrating(url) as config:
        command.revision(config, message, autogenerate=True, rev_id=rev_id)


def current_revision(url: str | URL) -> str | None:
    """The revision of the schema in the database, None when it has none."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


@contextmanager
def _migrating(url: str | URL) -> Iterator[Config]:
    """An Alembic configuration around one open transaction, which `migrations/env.py` finds in its attributes."""
    engine = make_engine(url, migrations=True)
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s")
    try:
        with engine.begin() as connection:
            if _is_postgres(engine.url):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            yield config
    finally:
        engine.dispose()
