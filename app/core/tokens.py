"""Bearer tokens of a person, for the REST API: what is known of them, and the port behind which they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.actor import Right
from app.core.people import Person


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its value. `rights` None: everything that its owner may do; `expires_at` None: never."""

    id: int
    user_id: int
    name: str
    rights: frozenset[Right] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None
    last_used_from: str = ""


class Tokens(Protocol):
    """The tokens. Only the hash of a value is kept."""

    def of(self, user_id: int) -> Sequence[ApiToken]:
        """A person's tokens, newest first."""
        ...

    def add(self, token: ApiToken, value_hash: str) -> ApiToken:
        """Stores a new token (its `id` is not used) and returns it with its id."""
        ...

    def remove(self, user_id: int, token_id: int) -> bool:
        """Takes a token away; False when the person has none with this id."""
        ...

    def owner_of(self, value_hash: str, now: datetime, address: str) -> tuple[Person, ApiToken] | None:
        """The active owner of an unexpired token, and the token; notes its use (at most once a minute)."""
        ...
