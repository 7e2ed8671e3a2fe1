"""Writes that share a transaction."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.storage.db import Database
from app.storage.grouped import GroupedWrites
from app.storage.tables import sync_touched


def add(key: str) -> Any:
    """A write that adds a row; the same key a second time does not fit."""

    def write(session: Session) -> str:
        session.execute(sync_touched.insert().values(connection="c", name=key))
        return key

    return write


def count(database: Database) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(sync_touched)) or 0


def test_writes_of_many_threads_all_arrive_and_each_gets_its_own_result(database: Database) -> None:
    writes = GroupedWrites(database)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: writes.run(add(f"c{n}")), range(200)))
    assert found == [f"c{n}" for n in range(200)]
    assert count(database) == 200


def test_those_that_come_during_a_commit_share_the_next_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = GroupedWrites(database)
    inside, go_on = threading.Event(), threading.Event()
    commits: list[int] = []
    commit = writes._commit

    def counted(group: Any) -> None:
        commits.append(len(group))
        if len(commits) == 1:
            inside.set()
            assert go_on.wait(10)
        commit(group)

    monkeypatch.setattr(writes, "_commit", counted)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(writes.run, add("first"))
        assert inside.wait(10)
        others = [pool.submit(writes.run, add(f"c{n}")) for n in range(5)]
        while len(writes._waiting) < 5:
            threading.Event().wait(0.001)
        go_on.set()
        assert first.result(10) == "first" and [o.result(10) for o in others] == [f"c{n}" for n in range(5)]
    assert commits == [1, 5]


def test_one_that_does_not_fit_spoils_nothing_for_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = GroupedWrites(database)
    writes.run(add("there"))
    keys = ["a", "there", "b", "c", "there", "d"]

    def tried(key: str) -> bool:
        try:
            return writes.run(add(key)) == key
        except IntegrityError:
            return False

    with ThreadPoolExecutor(len(keys)) as pool:
        assert list(pool.map(tried, keys)) == [True, False, True, True, False, True]
    assert count(database) == 5


def test_a_database_that_fails_fails_each_and_the_next_one_goes_through(database: Database) -> None:
    writes = GroupedWrites(database)

    def broken(_session: Session) -> None:
        raise OperationalError("insert", {}, Exception("disk I/O error"))

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(writes.run, broken) for _ in range(4)]
        assert all(isinstance(each.exception(10), OperationalError) for each in found)
    assert writes.run(add("later")) == "later"
    assert count(database) == 1
