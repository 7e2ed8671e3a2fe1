from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.exc import StatementError

from app.core.secret import MASK, Secret
from app.storage.column_types import BigId, JsonValue, SafeText, UtcDateTime, name_type
from app.storage.db import database_url, rows_changed
from app.storage.tables import settings

samples = Table(
    "samples",
    MetaData(),
    Column("id", BigId, primary_key=True),
    Column("at", UtcDateTime),
    Column("value", JsonValue),
    Column("words", SafeText),
    Column("name", name_type()),
    Column("n", Integer),
)


@pytest.fixture
def table(database):
    with database.engine.begin() as connection:
        samples.create(connection)
    yield samples
    with database.engine.begin() as connection:
        samples.drop(connection)


def stored(database, **values):
    with database.unit_of_work() as session:
        session.execute(samples.insert(), [values])
    with database.session() as session:
        return session.execute(select(samples).order_by(samples.c.id.desc()).limit(1)).one()


def test_urls_get_our_driver():
    assert database_url("postgres://me@db/gatehouse").drivername == "postgresql+psycopg"
    assert database_url("postgresql://me:pw@db/gatehouse").password == "pw"
    assert database_url("sqlite:////tmp/a.db").database == "/tmp/a.db"


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://db/x"]
)
def test_other_databases_are_refused(url):
    with pytest.raises(ValueError):
        database_url(url)


def test_times_come_back_in_utc(database, table):
    there = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    row = stored(database, at=there)
    assert row.at == there
    assert row.at.tzinfo is UTC
    assert row.at.hour == 10


def test_a_time_without_a_zone_is_refused(database, table):
    with pytest.raises(StatementError, match="zone"):
        stored(database, at=datetime(2026, 5, 1))


def test_times_compare_by_moment(database, table):
    moment = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    stored(database, at=moment)
    same = moment.astimezone(timezone(timedelta(hours=-7)))
    with database.session() as session:
        assert session.scalar(select(samples.c.id).where(samples.c.at == same)) is not None
        assert session.scalar(select(samples.c.id).where(samples.c.at < same)) is None


def test_json_loses_what_no_database_takes(database, table):
    row = stored(
        database,
        value={
            "a\x00b": ["x\x00y", ("\ud800z", 1, 1.5, None, True)],
            "nan": float("nan"),
            "pw": Secret("geheim"),
        },
    )
    assert row.value == {"ab": ["xy", ["z", 1, 1.5, None, True]], "nan": None, "pw": MASK}


def test_json_keeps_the_order_of_keys_and_unicode(database, table):
    row = stored(database, value={"z": "bücher", "a": "日本"})
    assert list(row.value.items()) == [("z", "bücher"), ("a", "日本")]


def test_json_none_is_null(database, table):
    stored(database, value=None)
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM samples WHERE value IS NULL")) == 1


def test_text_loses_what_no_database_takes(database, table):
    assert stored(database, words="a\x00b\ud800c – ü").words == "abc – ü"


def test_names_are_sorted_byte_by_byte(database, table):
    names = ["a-b.example", "ab.example", "a.example", "B.example", "a1.example"]
    with database.unit_of_work() as session:
        session.execute(samples.insert(), [{"name": name} for name in names])
    with database.session() as session:
        found = session.scalars(select(samples.c.name).order_by(samples.c.name)).all()
    assert list(found) == sorted(names)


def test_nothing_of_a_failed_unit_stays(database):
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as session:
        session.execute(settings.insert(), [{"name": "a", "value": 1}])
        raise ZeroDivisionError
    with database.session() as session:
        assert session.scalar(select(settings.c.name)) is None


def test_a_read_session_commits_nothing(database):
    with database.session() as session:
        session.execute(settings.insert(), [{"name": "a", "value": 1}])
    with database.session() as session:
        assert session.scalar(select(settings.c.name)) is None


def test_sixteen_threads_check_and_write_without_a_lost_update(database):
    with database.unit_of_work() as session:
        session.execute(settings.insert(), [{"name": "n", "value": 0}])

    def add_one(_):
        with database.check_then_write() as session:
            now = session.scalar(select(settings.c.value).where(settings.c.name == "n").with_for_update())
            session.execute(settings.update().where(settings.c.name == "n").values(value=now + 1))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add_one, range(160)))
    with database.session() as session:
        assert session.scalar(select(settings.c.value)) == 160


def test_a_writer_that_has_read_is_not_refused_because_another_one_wrote(database):
    """The trap of "BEGIN before everything": a snapshot that is older than another's write cannot be written from."""
    with database.sessions() as slow:
        slow.execute(select(settings)).all()
        with database.unit_of_work() as quick:
            quick.execute(settings.insert(), [{"name": "quick", "value": 1}])
        slow.execute(settings.insert(), [{"name": "slow", "value": 1}])
        slow.commit()
    with database.session() as session:
        assert set(session.scalars(select(settings.c.name))) == {"quick", "slow"}


def test_a_durable_unit_waits_for_the_disk_and_the_next_one_does_not(database):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL waits for the disk anyway")
    with database.durable_unit_of_work() as session:
        session.execute(settings.insert(), [{"name": "a", "value": 1}])
        assert session.scalar(text("PRAGMA synchronous")) == 2
    with database.unit_of_work() as session:
        assert session.scalar(text("PRAGMA synchronous")) == 1


def test_sqlite_runs_with_wal_and_foreign_keys(database):
    if not database.is_sqlite:
        pytest.skip("of SQLite")
    with database.session() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_rows_changed_counts_an_update(database):
    with database.unit_of_work() as session:
        session.execute(settings.insert(), [{"name": name, "value": 1} for name in "abc"])
        assert (
            rows_changed(session.execute(settings.update().where(settings.c.name > "a").values(value=2))) == 2
        )


def test_readers_do_not_wait_for_a_writer(database):
    writing, go_on = threading.Event(), threading.Event()

    def write():
        with database.check_then_write() as session:
            session.execute(settings.insert(), [{"name": "a", "value": 1}])
            writing.set()
            assert go_on.wait(10)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(write)
        assert writing.wait(10)
        with database.session() as session:
            assert session.scalar(select(settings.c.name)) is None
        go_on.set()
        done.result(10)
