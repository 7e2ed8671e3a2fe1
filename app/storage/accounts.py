"""Accounts as rows: what Gatehouse adds to the sign-in library's columns, and the store that reads and writes them.

The account classes themselves are handed in: they inherit from the sign-in library, which brings Flask with it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Boolean, Integer, String, Table, case, delete, exists, false, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, selectinload

from app.core.actor import EVERYWHERE, Right, Role, Scope
from app.core.errors import Conflict, NotFound
from app.core.people import NewPerson, Person
from app.core.secret import Secret
from app.core.text import msg
from app.storage.column_types import JsonValue, UtcDateTime
from app.storage.db import Base, Database, utc_now
from app.storage.upserts import insert_into

FREE_TRIES = 5  # failed tries to sign in before an account is locked for a while
FIRST_LOCK = timedelta(seconds=30)  # doubled with every further failure ...
LONGEST_LOCK = timedelta(minutes=15)  # ... up to this
FORGOTTEN_AFTER = timedelta(hours=12)  # without a further failure


class AccountColumns:
    """What Gatehouse keeps of a person beside the columns of the sign-in library.

    `scopes` and `extra_rights` are JSON lists; no scopes means everywhere. `totp_counter`: the last code that was used,
    so that none is accepted twice.
    """

    name: Mapped[str] = mapped_column(String(80), default="", server_default="")
    language: Mapped[str] = mapped_column(String(16), default="", server_default="")
    timezone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    scopes: Mapped[Any | None] = mapped_column(JsonValue)
    extra_rights: Mapped[Any | None] = mapped_column(JsonValue)
    new_password: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    totp_counter: Mapped[int | None] = mapped_column(Integer)


class SignInFailures(Base):
    """Failed tries to sign in, by a hash of the address: it need not be one that exists."""

    __tablename__ = "sign_in_failures"

    identity: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def scopes_of(user: Any) -> tuple[Scope, ...]:
    """Where a user may act."""
    return tuple(Scope.from_json(data) for data in user.scopes) if user.scopes else EVERYWHERE


def person_of(user: Any) -> Person:
    """A row of `users` as a person. A user without a role may look, no more."""
    known = {right.value for right in Right}
    return Person(
        id=user.id,
        email=user.email,
        name=user.name,
        role=Role(user.roles[0].name) if user.roles else Role.AUDITOR,
        active=user.active,
        scopes=scopes_of(user),
        extra_rights=frozenset(Right(right) for right in user.extra_rights or () if right in known),
        language=user.language,
        timezone=user.timezone,
        two_factor=bool(user.tf_primary_method),
        new_password=user.new_password,
        last_sign_in=_utc(user.current_login_at),
        created_at=_utc(user.create_datetime),
    )


def _utc(when: datetime | None) -> datetime | None:
    """The sign-in library stores UTC without its zone."""
    return None if when is None else when.replace(tzinfo=UTC)


class SqlAccounts:
    """The port `core.people.Accounts` over the account classes."""

    def __init__(self, database: Database, user_class: type[Any], role_class: type[Any]) -> None:
        self._database = database
        self._user = user_class
        self._role = role_class

    def all(self) -> Sequence[Person]:
        """Everybody, by address."""
        with self._database.session() as session:
            users = session.scalars(self._users().order_by(self._user.email))
            return [person_of(user) for user in users]

    def get(self, person_id: int) -> Person | None:
        """One person."""
        with self._database.session() as session:
            user = session.scalar(self._users().where(self._user.id == person_id))
            return None if user is None else person_of(user)

    def by_email(self, email: str) -> Person | None:
        """The person with this address."""
        with self._database.session() as session:
            user = session.scalar(self._users().where(func.lower(self._user.email) == email.lower()))
            return None if user is None else person_of(user)

    def add(self, person: NewPerson, *, only_first: bool = False) -> Person | None:
        """Adds a person; see the port."""
        try:
            with self._database.check_then_write() as session:
                self._lock_people(session)
                if only_first and session.scalar(select(exists().select_from(self._user))):
                    return None
                if session.scalar(self._users().where(func.lower(self._user.email) == person.email.lower())):
                    raise _taken(person.email)
                user = self._user(
                    email=person.email,
                    name=person.name,
                    password=person.password_hash.reveal(),
                    active=True,
                    fs_uniquifier=secrets.token_hex(32),
                    scopes=None if person.scopes == EVERYWHERE else [s.to_json() for s in person.scopes],
                    new_password=person.new_password,
                    create_datetime=utc_now().replace(tzinfo=None),
                    roles=[self._role_row(session, person.role)],
                )
                session.add(user)
                session.flush()
                session.refresh(user)
                return person_of(user)
        except IntegrityError as error:
            raise _taken(person.email) from error

    def set_active(self, person_id: int, active: bool) -> None:
        """Lets a person in, or keeps them out; an open session ends at its next request."""
        with self._database.check_then_write() as session:
            user = self._locked(session, person_id)
            with self._admin_must_stay(session):
                user.active = active

    def set_role(self, person_id: int, role: Role) -> None:
        """Changes the role, valid from the next request on."""
        with self._database.check_then_write() as session:
            user = self._locked(session, person_id)
            with self._admin_must_stay(session):
                user.roles = [self._role_row(session, role)]

    def set_scopes(self, person_id: int, scopes: tuple[Scope, ...]) -> None:
        """Changes where the person may act, valid from the next request on."""
        with self._database.check_then_write() as session:
            user = self._locked(session, person_id)
            user.scopes = None if scopes == EVERYWHERE else [scope.to_json() for scope in scopes]

    def set_password(self, person_id: int, password_hash: Secret, *, new_password: bool) -> None:
        """Sets the password, ends the person's sessions and forgets failed tries."""
        with self._database.check_then_write() as session:
            user = self._locked(session, person_id)
            user.password = password_hash.reveal()
            user.fs_uniquifier = secrets.token_hex(32)
            user.new_password = new_password
            session.execute(delete(SignInFailures).where(SignInFailures.identity == _identity(user.email)))

    def set_profile(self, person_id: int, name: str, language: str, timezone: str) -> None:
        """What people choose themselves."""
        with self._database.check_then_write() as session:
            user = self._locked(session, person_id)
            user.name, user.language, user.timezone = name, language, timezone

    def reset_two_factor(self, person_id: int) -> None:
        """Takes away the second factor and the recovery codes, and ends the person's sessions."""
        with self._database.check_then_write() as session:
            user = self._locked(session, person_id)
            user.tf_primary_method = user.tf_totp_secret = user.totp_counter = user.mf_recovery_codes = None
            user.fs_uniquifier = secrets.token_hex(32)

    def _users(self) -> Any:
        return select(self._user).options(selectinload(self._user.roles))

    def _lock_people(self, session: Session) -> None:
        """Lets nobody else write accounts until the transaction ends (SQLite has locked everything already)."""
        session.scalars(select(self._role).where(self._role.name == Role.ADMIN).with_for_update()).one()

    def _locked(self, session: Session, person_id: int) -> Any:
        """The user, while nobody else writes accounts. Raises NotFound."""
        self._lock_people(session)
        user = session.scalar(self._users().where(self._user.id == person_id))
        if user is None:
            raise NotFound(msg("This person has no account."))
        return user

    def _role_row(self, session: Session, role: Role) -> Any:
        return session.scalars(select(self._role).where(self._role.name == role.value)).one()

    @contextmanager
    def _admin_must_stay(self, session: Session) -> Iterator[None]:
        """Raises Conflict, which undoes the transaction, when the block takes away the last active administrator."""
        before = self._active_admins(session)
        yield
        session.flush()
        if before and not self._active_admins(session):
            raise Conflict(
                msg("This is the last active administrator; somebody must stay one. Nothing was changed.")
            )

    def _active_admins(self, session: Session) -> int:
        admins = select(func.count()).select_from(self._user).join(self._user.roles)
        return session.scalar(admins.where(self._role.name == Role.ADMIN.value, self._user.active)) or 0


def _taken(email: str) -> Conflict:
    return Conflict(msg("The address {email} has an account already.", email=email))


# --- Failed tries -----------------------------------------------------------------------------------------------


class SignInGuard:
    """Slows down guessing at one account from many machines: an account is locked for a while after failed tries.

    Addresses without an account are counted alike, so that nobody learns which ones exist.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def locked(self, email: str) -> bool:
        """Whether no password is looked at just now."""
        with self._database.session() as session:
            row = session.get(SignInFailures, _identity(email))
            return row is not None and utc_now() < row.last_at + lock_time(row.tries)

    def failed(self, email: str) -> None:
        """A password or code was wrong."""
        now, table = utc_now(), cast(Table, SignInFailures.__table__)
        with self._database.unit_of_work() as session:
            first = insert_into(session, table).values(identity=_identity(email), tries=1, last_at=now)
            forgotten = table.c.last_at < now - FORGOTTEN_AFTER
            tries = case((forgotten, 1), else_=table.c.tries + 1)
            session.execute(
                first.on_conflict_do_update(
                    index_elements=[table.c.identity], set_={"tries": tries, "last_at": now}
                )
            )

    def succeeded(self, email: str) -> None:
        """Somebody knew the password: failed tries are forgotten, with everybody's old ones."""
        old = SignInFailures.last_at < utc_now() - FORGOTTEN_AFTER
        with self._database.unit_of_work() as session:
            session.execute(
                delete(SignInFailures).where(or_(SignInFailures.identity == _identity(email), old))
            )


def lock_time(tries: int) -> timedelta:
    """How long an account is locked after so many failed tries, from the last one on."""
    if tries < FREE_TRIES:
        return timedelta()
    return min(FIRST_LOCK * (1 << min(tries - FREE_TRIES, 10)), LONGEST_LOCK)


def _identity(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()
