"""Find what a person typed: a domain, an alias, an address, a route host, a change or a job. Reads stored data only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.names import NameProblem, domain_name
from app.core.ports import DomainQuery, DomainRow, Feedback, Inventory, Journal

MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `exact`: the one domain that was named; `meant`: the part of an address that was looked for."""

    text: str
    meant: str
    exact: tuple[str, str] | None
    rows: Sequence[DomainRow]
    total: int
    capped: bool
    change_id: int | None


class SearchService:
    """The use case behind the search box."""

    def __init__(self, inventory: Inventory, journal: Journal, feedback: Feedback) -> None:
        self._inventory = inventory
        self._journal = journal
        self._feedback = feedback

    def find(self, actor: Actor, text: str) -> Found:
        """Everything in the scope that the text names. An address is looked up by its domain, "#12" is a change."""
        actor.require(Right.VIEW_DOMAINS)
        text = text.strip()[:253]
        meant = text.rpartition("@")[2] if "@" in text else text
        change_id = self._change(actor, text)
        if not meant:
            return Found(text, meant, None, (), 0, False, change_id)
        page = self._inventory.page(actor, DomainQuery(text=meant, size=MOST))
        return Found(
            text, meant, self._exact(actor, meant), page.rows, page.total, page.total_capped, change_id
        )

    def _exact(self, actor: Actor, meant: str) -> tuple[str, str] | None:
        """The domain of that name or with that alias, when there is just one."""
        try:
            owners = self._inventory.owners_of(actor, domain_name(meant))
        except NameProblem:
            return None
        return owners[0] if len(owners) == 1 else None

    def _change(self, actor: Actor, text: str) -> int | None:
        number = text.removeprefix("#")
        if not text.startswith("#") or not number.isdigit() or len(number) > 9:
            return None
        if not actor.may(Right.VIEW_CHANGES):
            return None
        change = self._journal.get(actor, int(number))
        return change.id if change else None
