"""Accounts and failed tries on both databases, also when several processes write at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.actor import EVERYWHERE, Role, Scope, ScopeKind
from app.core.errors import Conflict, NotFound
from app.core.people import NewPerson, Person
from app.core.secret import Secret
from app.features.people.models import Role as RoleRow
from app.features.people.models import User
from app.storage.accounts import (
    FORGOTTEN_AFTER,
    FREE_TRIES,
    SignInFailures,
    SignInGuard,
    SqlAccounts,
    lock_time,
)
from app.storage.db import Database

HERE = (Scope(ScopeKind.DOMAIN, "*.example.org", "prod"),)


@pytest.fixture
def accounts(database: Database) -> SqlAccounts:
    return SqlAccounts(database, User, RoleRow)


def new(email: str, role: Role = Role.ADMIN, scopes: tuple[Scope, ...] = EVERYWHERE) -> NewPerson:
    return NewPerson(email, "", role, Secret("hash"), scopes, new_password=False)


def added(accounts: SqlAccounts, email: str, role: Role = Role.ADMIN) -> Person:
    person = accounts.add(new(email, role))
    assert person is not None
    return person


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Runs all of these at the same moment; an error stands for its result."""
    start = threading.Barrier(len(works))
    results: list[Any] = []

    def run(work: Callable[[], Any]) -> None:
        start.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_person_comes_back_as_stored(accounts: SqlAccounts) -> None:
    made = accounts.add(new("ann@x.example", Role.SUPPORT, HERE))
    assert made == accounts.get(made.id) == accounts.by_email("ANN@x.EXAMPLE")  # type: ignore[union-attr]
    assert made is not None
    assert (made.role, made.scopes, made.active, made.two_factor, made.last_sign_in) == (
        Role.SUPPORT,
        HERE,
        True,
        False,
        None,
    )
    assert made.created_at is not None
    assert abs(datetime.now(UTC) - made.created_at) < timedelta(minutes=1)


def test_people_are_listed_by_address(accounts: SqlAccounts) -> None:
    for email in ("b@x.example", "a@x.example", "c@x.example"):
        accounts.add(new(email))
    assert [person.email[0] for person in accounts.all()] == ["a", "b", "c"]


def test_nobody_is_nobody(accounts: SqlAccounts) -> None:
    assert accounts.get(4711) is None
    assert accounts.by_email("x@x.example") is None
    with pytest.raises(NotFound):
        accounts.set_role(4711, Role.ADMIN)


def test_an_address_is_taken_once_also_at_the_same_moment(accounts: SqlAccounts) -> None:
    results = at_once(*[lambda: accounts.add(new("ann@x.example"))] * 4)
    assert sorted(type(result).__name__ for result in results) == [
        "Conflict",
        "Conflict",
        "Conflict",
        "Person",
    ]


def test_one_of_several_starts_makes_the_first_account(accounts: SqlAccounts) -> None:
    results = at_once(*[lambda n=n: accounts.add(new(f"a{n}@x.example"), only_first=True) for n in range(4)])
    assert sum(isinstance(result, Person) for result in results) == 1
    assert results.count(None) == 3


def test_two_administrators_cannot_remove_each_other(accounts: SqlAccounts) -> None:
    first, second = added(accounts, "a@x.example"), added(accounts, "b@x.example")
    results = at_once(
        lambda: accounts.set_active(first.id, False), lambda: accounts.set_role(second.id, Role.SUPPORT)
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert sum(p.active and p.role is Role.ADMIN for p in accounts.all()) == 1


def test_a_refused_change_leaves_everything_as_it_was(accounts: SqlAccounts) -> None:
    only = added(accounts, "a@x.example")
    with pytest.raises(Conflict):
        accounts.set_active(only.id, False)
    with pytest.raises(Conflict):
        accounts.set_role(only.id, Role.AUDITOR)
    assert accounts.get(only.id) == only


def test_a_new_password_ends_sessions_and_unlocks(accounts: SqlAccounts, database: Database) -> None:
    person, guard = added(accounts, "a@x.example"), SignInGuard(database)
    for _ in range(FREE_TRIES):
        guard.failed("a@x.example")
    before = session_key(database)
    accounts.set_password(person.id, Secret("other"), new_password=True)
    assert session_key(database) != before
    assert not guard.locked("a@x.example")
    assert accounts.get(person.id).new_password  # type: ignore[union-attr]


def test_taking_away_the_second_factor_ends_sessions(accounts: SqlAccounts, database: Database) -> None:
    person = added(accounts, "a@x.example")
    before = session_key(database)
    accounts.reset_two_factor(person.id)
    assert session_key(database) != before


def session_key(database: Database) -> str:
    with database.session() as session:
        return session.scalars(select(User.fs_uniquifier)).one()


def tries(database: Database) -> list[int]:
    with database.session() as session:
        return list(session.scalars(select(SignInFailures.tries)))


def test_failures_at_the_same_moment_are_all_counted(database: Database) -> None:
    guard = SignInGuard(database)
    assert at_once(*[lambda: guard.failed("a@x.example")] * 6) == [None] * 6
    assert tries(database) == [6]
    assert guard.locked("A@X.example ")
    assert not guard.locked("b@x.example")


def test_the_lock_ends_and_old_failures_are_cleared_away(database: Database) -> None:
    guard = SignInGuard(database)
    for _ in range(FREE_TRIES):
        guard.failed("a@x.example")
    shift(database, lock_time(FREE_TRIES))
    assert not guard.locked("a@x.example")
    shift(database, FORGOTTEN_AFTER)
    guard.failed("a@x.example")
    assert tries(database) == [1]
    shift(database, FORGOTTEN_AFTER)
    guard.failed("b@x.example")
    guard.succeeded("b@x.example")
    assert tries(database) == []


def shift(database: Database, span: timedelta) -> None:
    """Lets time pass for the failures."""
    with database.unit_of_work() as session:
        for row in session.scalars(select(SignInFailures)).all():
            row.last_at -= span
