"""Notes that people keep beside a domain or a mailbox: who wrote what, and when. They are ours; no upstream knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

LONGEST = 2000
MOST = 200
"""Notes of one domain, its mailboxes' included."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a domain, or (`mailbox`) about an address of it. `author` is the name as it was then."""

    id: int
    connection: str
    domain: str
    mailbox: str
    text: str
    author: str
    author_id: int | None
    at: datetime


class Notes(Protocol):
    """The notes. Scope and rights are the caller's to check."""

    def of(self, connection: str, domain: str, mailbox: str | None = None) -> Sequence[Note]:
        """Those of a domain, newest first; with `mailbox` those of the domain itself and of this address."""
        ...

    def add(self, note: Note) -> Note | None:
        """Stores a new note and returns it with its id; None when the domain has too many."""
        ...

    def remove(self, connection: str, domain: str, note_id: int) -> bool:
        """Takes it out; whether it was there."""
        ...
