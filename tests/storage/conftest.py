"""A database of each kind for every test that asks for one: migrated once per run, empty at the beginning of the test."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, inspect, make_url, text

from app.storage.db import Database, make_engine, upgrade
from app.storage.vault import Vault

SERVER = make_url(
    os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
)
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
KEPT = {"alembic_version", "roles"}  # filled by migrations

NewDatabase = Callable[[str], URL]


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database that the test runs on."""
    return request.param


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[Callable[[], URL]]:
    """Makes PostgreSQL databases that are gone after the run."""
    made: list[str] = []

    def make() -> URL:
        name = f"gatehouse_test_{os.getpid()}_{secrets.token_hex(4)}"
        on_server(f"CREATE DATABASE {name}")
        on_server(f"ALTER DATABASE {name} SET synchronous_commit = off")
        made.append(name)
        return SERVER.set(database=name)

    yield make
    for name in made:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def spare_postgres(postgres_databases: Callable[[], URL]) -> URL:
    """A PostgreSQL database that tests may fill with whatever they like, one after the other."""
    return postgres_databases()


@pytest.fixture
def new_database(tmp_path: Path, request: pytest.FixtureRequest) -> NewDatabase:
    """Gives a database of either kind without any table; one of PostgreSQL's for a test."""

    def make(kind: str) -> URL:
        if kind == "sqlite":
            return make_url(f"sqlite:///{tmp_path / secrets.token_hex(4)}.sqlite3")
        url: URL = request.getfixturevalue("spare_postgres")
        on_server("DROP SCHEMA public CASCADE", url)
        on_server("CREATE SCHEMA public", url)
        return url

    return make


def on_server(statement: str, url: URL = SERVER) -> None:
    """Runs a statement on the PostgreSQL server; without one the test is skipped, in CI it fails."""
    try:
        connection = psycopg.connect(
            host=url.host,
            port=url.port or 5432,
            user=url.username,
            password=url.password,
            dbname=url.database,
            connect_timeout=3,
            autocommit=True,
        )
    except psycopg.OperationalError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("no PostgreSQL server answers")
    with connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("template") / "template.sqlite3"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_url(postgres_databases: Callable[[], URL]) -> URL:
    """A migrated PostgreSQL database, shared by the tests of the run."""
    url = postgres_databases()
    upgrade(url)
    return url


@pytest.fixture
def database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables and no rows."""
    if kind == "sqlite":
        file = tmp_path / "test.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        database = Database(f"sqlite:///{file}")
    else:
        database = Database(request.getfixturevalue("postgres_url"))
        empty(database)
    yield database
    database.dispose()


def empty(database: Database) -> None:
    """Takes out every row that tests put in (PostgreSQL; TRUNCATE would cost half a second a time)."""
    with database.engine.begin() as connection:
        connection.execute(text("; ".join(f"DELETE FROM {name}" for name in _tables(str(database.url)))))


@cache
def _tables(url: str) -> list[str]:
    """The tables to empty, those first that refer to others."""
    engine = make_engine(SERVER.set(database=make_url(url).database))
    names = [name for name, _ in inspect(engine).get_sorted_table_and_fkc_names() if name]
    engine.dispose()
    return [name for name in reversed(names) if name not in KEPT]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with a key of its own."""
    return Vault.open(tmp_path / "encryption.key")


class TestClock:
    """A clock that a test sets: `clock()` is the time, `pass_by` moves it on."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **length: float) -> None:
        """Lets time pass, given as for timedelta."""
        self.now += timedelta(**length)


@pytest.fixture
def clock() -> TestClock:
    """A clock standing at a fixed time."""
    return TestClock()
