"""The account classes: the sign-in library's columns and ours, nothing else.

They stand here and not in `storage` because the library's mixins import Flask.
"""

from __future__ import annotations

from flask_security.models.sqla import FsModels, FsRoleMixin, FsUserMixin, FsWebAuthnMixin

from app.core.people import Person
from app.storage.accounts import AccountColumns, person_of
from app.storage.db import Base

# Before the classes: it names their tables ("user" is a reserved word in PostgreSQL).
FsModels.set_db_info(  # type: ignore[no-untyped-call]
    base_model=Base,
    user_table_name="users",
    role_table_name="roles",
    webauthn_table_name="webauthn_keys",
)


class Role(Base, FsRoleMixin):
    """A role as a row; its name is one of `core.actor.Role`."""

    __tablename__ = "roles"


class User(Base, AccountColumns, FsUserMixin):
    """Somebody who can sign in."""

    __tablename__ = "users"

    @property
    def person(self) -> Person:
        """The row in the words of core."""
        return person_of(self)


class WebAuthn(Base, FsWebAuthnMixin):
    """A passkey."""

    __tablename__ = "webauthn_keys"
