"""What services and operations need of the stored copy of filtering rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.actor import Actor
from app.core.plan import State, Step
from app.core.rules import Mark, Rule, RuleKind, RuleReading


@dataclass(frozen=True, slots=True)
class RuleQuery:
    """Which stored rules a list shows. `text` is looked for in patterns, notes, domains and mailboxes, `value` in patterns
    alone; `sender`: rules that name this address or domain. Empty = all. `marks`: expired, shadowed, conflict. `sort`: pattern, domain, connection,
    kind, action or expires. `page` counts from 1."""

    text: str = ""
    value: str = ""
    sender: str = ""
    connections: tuple[str, ...] = ()
    domain: str = ""
    kinds: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    sort: str = "pattern"
    descending: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as it was last read. `stale`: something touched its domain since, and what came of it is not known."""

    rule: Rule
    mark: Mark | None
    read_at: datetime
    stale: bool


@dataclass(frozen=True, slots=True)
class RulePage:
    """One page of the list. `total` is exact unless `total_capped`, then there are more than `total`."""

    rows: tuple[RuleRow, ...]
    total: int
    total_capped: bool
    query: RuleQuery


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """How much of a connection's rules is stored: domains that were read, those with all their mailboxes, the oldest
    reading."""

    domains: int = 0
    complete: int = 0
    oldest: datetime | None = None


class RuleBook(Protocol):
    """The rules as they were last read, dated. Every read is cut to the actor's scope."""

    def page(self, actor: Actor, query: RuleQuery, now: datetime) -> RulePage: ...

    def iterate(self, actor: Actor, query: RuleQuery, now: datetime) -> Iterator[RuleRow]:
        """All rows of a query, piece by piece by key."""
        ...

    def of_domain(self, actor: Actor, connection: str, domain: str) -> list[RuleRow]:
        """The rules of one domain and its mailboxes; domain "": of the whole connection."""
        ...

    def coverage(self, actor: Actor) -> dict[str, RuleCoverage]:
        """By connection, for the domains of the scope."""
        ...

    # Written by operations only.
    def store(
        self,
        connection: str,
        domain: str,
        mailbox: str,
        kinds: Collection[RuleKind],
        reading: RuleReading,
        *,
        mark: bool = True,
    ) -> None:
        """Puts what was read of one owner in the place of what was known of these kinds (a kind with a problem stays).

        `mark` False: the marks are worked out later, by `completed`.
        """
        ...

    def completed(self, connection: str, domain: str, mailboxes: Sequence[str]) -> None:
        """Every mailbox of the domain was read; rules of any other are gone."""
        ...

    def note(self, connection: str, step: Step, state: State) -> None:
        """What a change did, or (state unknown) that nobody knows."""
        ...

    def forget(self, connection: str, domain: str | None = None) -> None:
        """Takes out a domain that is gone, or (None) a whole connection."""
        ...
