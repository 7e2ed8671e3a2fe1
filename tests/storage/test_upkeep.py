from __future__ import annotations

import pytest
from sqlalchemy import text

from app.storage import upkeep
from app.storage.inventory import SqlInventory
from app.storage.upkeep import tidy
from tests.storage.people import domain


def last_vacuum(database):
    with database.session() as session:
        return session.scalar(text("SELECT last_vacuum FROM pg_stat_user_tables WHERE relname = 'domains'"))


def test_postgresql_is_tidied_after_much_has_changed(database, clock, monkeypatch):
    if database.is_sqlite:
        pytest.skip("SQLite needs nothing of the kind")
    SqlInventory(database, clock).upsert_many(domain(f"d{n}.example") for n in range(20))
    with database.session() as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    before = last_vacuum(database)
    monkeypatch.setattr(upkeep, "_MUCH", 10**12)
    tidy(database)
    assert last_vacuum(database) == before
    monkeypatch.setattr(upkeep, "_MUCH", -1)
    tidy(database)
    assert last_vacuum(database) != before


def test_sqlite_is_left_alone(database):
    if not database.is_sqlite:
        pytest.skip("of SQLite")
    tidy(database)
    with database.session() as session:
        assert not session.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"))
