"""Mailboxes as the inventory holds them: their addresses, so that a search finds them without a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from app.core.actor import Actor
from app.core.names import NameProblem, domain_name

LONGEST_ADDRESS = 320


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A mailbox as it was last listed. `domain` is the one that it belongs to on its connection."""

    connection: str
    domain: str
    address: str
    seen_at: datetime


@runtime_checkable
class MailboxLister(Protocol):
    """An upstream that lists the mailboxes of many domains by one call."""

    def list_mailboxes(self) -> Iterator[Sequence[str]]:
        """The addresses of all mailboxes, in batches. Raises as a read does."""
        ...


class MailboxBook(Protocol):
    """The mailboxes that were listed, dated. Every read is cut to the actor's scope."""

    def find(self, actor: Actor, text: str, most: int) -> list[MailboxRow]:
        """At most `most` mailboxes whose address holds the text, by address."""
        ...

    def named(self, actor: Actor, address: str) -> list[MailboxRow]:
        """The mailboxes of just this address, by connection."""
        ...

    def read_at(self, connection: str) -> datetime | None:
        """When all of a connection's mailboxes were listed last, None: never."""
        ...

    # Written by operations only.
    def put(self, connection: str, addresses: Iterable[tuple[str, str]], seen_at: datetime) -> None:
        """Stores (domain, address) pairs as seen at that moment."""
        ...

    def completed(self, connection: str, seen_at: datetime) -> None:
        """All of them were seen at that moment; any other is gone."""
        ...

    def remove(self, connection: str, address: str) -> None:
        """Takes out one mailbox that was removed."""
        ...

    def forget(self, connection: str, domain: str | None = None) -> None:
        """Takes out those of a domain that is gone, or (None) of a whole connection."""
        ...


def owned(addresses: Iterable[str]) -> list[tuple[str, str]]:
    """(domain, address) of each address that can be one, its domain in the form of the inventory."""
    found: list[tuple[str, str]] = []
    for address in addresses:
        local, at, name = address.strip().lower().rpartition("@")
        try:
            domain = domain_name(name)
        except NameProblem:
            continue
        if local and at and len(local) + len(domain) < LONGEST_ADDRESS:
            found.append((domain, f"{local}@{domain}"))
    return found
