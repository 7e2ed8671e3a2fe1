"""Bearer tokens behind core's port; only hashes of their values are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, delete, insert, select, update

from app.core.actor import Right
from app.core.people import Person
from app.core.tokens import ApiToken
from app.storage.accounts import person_of
from app.storage.column_types import BigId, JsonValue, SafeText, UtcDateTime
from app.storage.db import Base, Database

_NOTED_EVERY = timedelta(minutes=1)

api_tokens = Table(
    "api_tokens",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", SafeText, nullable=False),
    Column("value_hash", String(64), nullable=False, unique=True),
    Column("rights", JsonValue),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("last_used_from", String(64), nullable=False),
    Index("ix_api_tokens_by_user", "user_id", "id"),
)

_t = api_tokens.c


class SqlTokens:
    """`core.tokens.Tokens` in a database."""

    def __init__(self, database: Database, user_class: type[Any]) -> None:
        self._database = database
        self._user = user_class

    def of(self, user_id: int) -> Sequence[ApiToken]:
        """A person's tokens, newest first."""
        statement = select(api_tokens).where(_t.user_id == user_id).order_by(_t.id.desc())
        with self._database.session() as session:
            return [_token(row) for row in session.execute(statement)]

    def add(self, token: ApiToken, value_hash: str) -> ApiToken:
        """Stores a new token and returns it with its id."""
        rights = None if token.rights is None else sorted(token.rights)
        values = {
            "user_id": token.user_id,
            "name": token.name,
            "value_hash": value_hash,
            "rights": rights,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_from": "",
        }
        with self._database.unit_of_work() as session:
            row = session.execute(insert(api_tokens).values(values).returning(*api_tokens.c)).one()
            return _token(row)

    def remove(self, user_id: int, token_id: int) -> bool:
        """Takes a token away."""
        with self._database.unit_of_work() as session:
            done = session.execute(delete(api_tokens).where(_t.id == token_id, _t.user_id == user_id))
            return bool(done.rowcount)  # type: ignore[attr-defined]

    def owner_of(self, value_hash: str, now: datetime, address: str) -> tuple[Person, ApiToken] | None:
        """The active owner of an unexpired token, and the token."""
        with self._database.session() as session:
            row = session.execute(select(api_tokens).where(_t.value_hash == value_hash)).one_or_none()
            user = session.get(self._user, row.user_id) if row is not None else None
            if row is None or user is None or not user.active:
                return None
            person, token = person_of(user), _token(row)
        if token.expires_at is not None and token.expires_at <= now:
            return None
        if token.last_used_at is None or now - token.last_used_at > _NOTED_EVERY:
            self._note(token.id, now, address)
        return person, token

    def _note(self, token_id: int, now: datetime, address: str) -> None:
        with self._database.unit_of_work() as session:
            values = {"last_used_at": now, "last_used_from": address[:64]}
            session.execute(update(api_tokens).where(_t.id == token_id).values(values))


def _token(row: Any) -> ApiToken:
    known = {right.value for right in Right}
    rights = None if row.rights is None else frozenset(Right(r) for r in row.rights if r in known)
    return ApiToken(
        row.id,
        row.user_id,
        row.name,
        rights,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.last_used_from,
    )
