"""Bearer tokens on both databases: whose they are, until when, and what is kept of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.actor import EVERYWHERE, Right, Role
from app.core.people import NewPerson, Person
from app.core.secret import Secret
from app.core.tokens import ApiToken
from app.features.people.models import Role as RoleRow
from app.features.people.models import User
from app.storage.accounts import SqlAccounts
from app.storage.db import Database
from app.storage.tokens import SqlTokens, api_tokens

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tokens(database: Database) -> SqlTokens:
    return SqlTokens(database, User)


@pytest.fixture
def ada(database: Database) -> Person:
    return person(database, "ada@corp.example")


def person(database: Database, email: str) -> Person:
    accounts = SqlAccounts(database, User, RoleRow)
    added = accounts.add(NewPerson(email, "", Role.OPERATOR, Secret("hash"), EVERYWHERE, new_password=False))
    assert added is not None
    return added


def token(owner: Person, name: str = "export", **fields: object) -> ApiToken:
    return ApiToken(0, owner.id, name, **{"rights": None, "created_at": NOW, "expires_at": None, **fields})  # type: ignore[arg-type]


def test_a_token_comes_back_as_it_was_stored(tokens: SqlTokens, ada: Person) -> None:
    rights = frozenset({Right.VIEW_DOMAINS, Right.SYNC})
    stored = tokens.add(token(ada, "Nächtlicher Export 🚚", rights=rights, expires_at=NOW + MINUTE), "a" * 64)
    assert stored.id > 0
    assert tokens.of(ada.id) == [stored]
    assert (stored.name, stored.rights, stored.created_at) == ("Nächtlicher Export 🚚", rights, NOW)
    assert (stored.expires_at, stored.last_used_at, stored.last_used_from) == (NOW + MINUTE, None, "")


def test_no_rights_named_is_not_the_same_as_none_at_all(tokens: SqlTokens, ada: Person) -> None:
    assert tokens.add(token(ada, rights=None), "a" * 64).rights is None
    assert tokens.add(token(ada, rights=frozenset()), "b" * 64).rights == frozenset()


def test_a_right_that_is_known_no_more_is_left_out(
    tokens: SqlTokens, ada: Person, database: Database
) -> None:
    tokens.add(token(ada, rights=frozenset({Right.SYNC})), "a" * 64)
    with database.unit_of_work() as session:
        session.execute(update(api_tokens).values(rights=["sync", "fly"]))
    assert tokens.of(ada.id)[0].rights == {Right.SYNC}


def test_everybody_has_their_own_newest_first(tokens: SqlTokens, ada: Person, database: Database) -> None:
    ben = person(database, "ben@corp.example")
    for number, owner in enumerate((ada, ben, ada)):
        tokens.add(token(owner, f"t{number}"), str(number) * 64)
    assert [t.name for t in tokens.of(ada.id)] == ["t2", "t0"]
    assert [t.name for t in tokens.of(ben.id)] == ["t1"]


def test_one_value_belongs_to_one_token(tokens: SqlTokens, ada: Person) -> None:
    tokens.add(token(ada), "a" * 64)
    with pytest.raises(IntegrityError):
        tokens.add(token(ada), "a" * 64)


def test_only_the_owner_takes_a_token_away(tokens: SqlTokens, ada: Person, database: Database) -> None:
    ben = person(database, "ben@corp.example")
    stored = tokens.add(token(ada), "a" * 64)
    assert not tokens.remove(ben.id, stored.id)
    assert tokens.owner_of("a" * 64, NOW, "") is not None
    assert tokens.remove(ada.id, stored.id)
    assert tokens.owner_of("a" * 64, NOW, "") is None
    assert not tokens.remove(ada.id, stored.id)


def test_the_hash_leads_to_owner_and_token(tokens: SqlTokens, ada: Person) -> None:
    stored = tokens.add(token(ada), "a" * 64)
    found = tokens.owner_of("a" * 64, NOW, "192.0.2.1")
    assert found is not None
    assert found[0].id == ada.id
    assert found[1].id == stored.id
    for other in ("b" * 64, "", "a" * 63, "A" * 64, "%" * 64):
        assert tokens.owner_of(other, NOW, "") is None


def test_a_token_ends_with_the_second_it_is_valid_until(tokens: SqlTokens, ada: Person) -> None:
    tokens.add(token(ada, expires_at=NOW + MINUTE), "a" * 64)
    assert tokens.owner_of("a" * 64, NOW + MINUTE - timedelta(seconds=1), "") is not None
    assert tokens.owner_of("a" * 64, NOW + MINUTE, "") is None
    assert len(tokens.of(ada.id)) == 1, "it stays listed until it is removed"


def test_a_switched_off_owner_has_no_valid_token(tokens: SqlTokens, ada: Person, database: Database) -> None:
    tokens.add(token(ada), "a" * 64)
    switch(database, ada, False)
    assert tokens.owner_of("a" * 64, NOW, "") is None
    switch(database, ada, True)
    assert tokens.owner_of("a" * 64, NOW, "") is not None


def switch(database: Database, owner: Person, on: bool) -> None:
    with database.unit_of_work() as session:
        session.execute(update(User).where(User.id == owner.id).values(active=on))


def test_tokens_go_with_their_owner(tokens: SqlTokens, ada: Person, database: Database) -> None:
    tokens.add(token(ada), "a" * 64)
    with database.unit_of_work() as session:
        session.delete(session.get(User, ada.id))
        session.flush()
        assert session.scalars(select(api_tokens.c.id)).all() == []


def test_the_last_use_is_noted_once_a_minute(tokens: SqlTokens, ada: Person) -> None:
    tokens.add(token(ada), "a" * 64)

    def used(at: datetime, address: str) -> tuple[datetime | None, str]:
        tokens.owner_of("a" * 64, at, address)
        stored = tokens.of(ada.id)[0]
        return stored.last_used_at, stored.last_used_from

    assert used(NOW, "192.0.2.1") == (NOW, "192.0.2.1")
    assert used(NOW + MINUTE, "192.0.2.2") == (NOW, "192.0.2.1")
    later = NOW + MINUTE + timedelta(seconds=1)
    assert used(later, "192.0.2.2") == (later, "192.0.2.2")


def test_no_use_is_noted_of_an_expired_token(tokens: SqlTokens, ada: Person) -> None:
    tokens.add(token(ada, expires_at=NOW), "a" * 64)
    tokens.owner_of("a" * 64, NOW, "192.0.2.1")
    assert tokens.of(ada.id)[0].last_used_at is None


def test_an_address_of_any_length_can_be_noted(tokens: SqlTokens, ada: Person) -> None:
    tokens.add(token(ada), "a" * 64)
    tokens.owner_of("a" * 64, NOW, "f" * 300)
    assert tokens.of(ada.id)[0].last_used_from == "f" * 64


def test_a_token_needs_somebody_it_belongs_to(database: Database) -> None:
    row = {"user_id": 4711, "name": "", "value_hash": "a" * 64, "created_at": NOW, "last_used_from": ""}
    with pytest.raises(IntegrityError), database.unit_of_work() as session:
        session.execute(insert(api_tokens).values(row))
