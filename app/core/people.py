"""People with an account here: what is known of them, and the port behind which the accounts are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.actor import RIGHTS, Actor, Right, Role, Scope
from app.core.secret import Secret
from app.core.text import Message


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in. `language` and `timezone` are "" where nothing was chosen.

    `new_password`: the password was made by somebody else and must be changed after signing in.
    """

    id: int
    email: str
    name: str
    role: Role
    active: bool
    scopes: tuple[Scope, ...]
    extra_rights: frozenset[Right] = frozenset()
    language: str = ""
    timezone: str = ""
    two_factor: bool = False
    new_password: bool = False
    last_sign_in: datetime | None = None
    created_at: datetime | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """Everything the person may do somewhere."""
        return RIGHTS[self.role] | self.extra_rights

    def as_actor(self, door: str) -> Actor:
        """The person acting through a door."""
        return Actor(
            user_id=self.id,
            name=self.name or self.email,
            role=self.role,
            scopes=self.scopes,
            door=door,
            extra_rights=self.extra_rights,
        )


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be added; `email` is normalised, `password_hash` the finished hash."""

    email: str
    name: str
    role: Role
    password_hash: Secret
    scopes: tuple[Scope, ...]
    new_password: bool


class Accounts(Protocol):
    """The accounts. Every write is one short transaction of its own."""

    def all(self) -> Sequence[Person]:
        """Everybody, by address."""
        ...

    def get(self, person_id: int) -> Person | None: ...

    def by_email(self, email: str) -> Person | None:
        """The person with this address, in whatever case it is written."""
        ...

    def add(self, person: NewPerson, *, only_first: bool = False) -> Person | None:
        """Adds a person. Raises Conflict when the address is taken.

        `only_first`: adds nobody, and returns None, when there is an account already.
        """
        ...

    def set_active(self, person_id: int, active: bool) -> None:
        """Raises Conflict when no active administrator would be left."""
        ...

    def set_role(self, person_id: int, role: Role) -> None:
        """Raises Conflict when no active administrator would be left."""
        ...

    def set_scopes(self, person_id: int, scopes: tuple[Scope, ...]) -> None:
        """Where the person may act from the next request on. Raises NotFound."""
        ...

    def set_password(self, person_id: int, password_hash: Secret, *, new_password: bool) -> None:
        """Also ends every session of the person and forgets failed tries."""
        ...

    def set_profile(self, person_id: int, name: str, language: str, timezone: str) -> None: ...

    def reset_two_factor(self, person_id: int) -> None:
        """Takes away the second factor and the recovery codes."""
        ...


class Passwords(Protocol):
    """Hashes and judges passwords."""

    def hash(self, password: Secret) -> Secret: ...

    def problems(self, password: Secret, email: str) -> Sequence[Message]:
        """What speaks against a password of this person; empty when it is good enough."""
        ...
