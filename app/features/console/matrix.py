"""What each upstream can do, side by side: from the cards, and in figures from the contracts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.contract import Contract
from app.core.ports import Connections
from app.core.text import Message
from app.operations.pool import DriverPool


@dataclass(frozen=True, slots=True)
class Column:
    """One upstream, or one connection to it: its card, and how many calls are documented, how many of them can be made,
    and how many a page of its own leads to."""

    label: str
    kind: str
    card: Card
    documented: int
    callable: int
    on_pages: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A capability, with the reason (None: it is there) for each column."""

    capability: Capability
    reasons: tuple[Message | None, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Columns and rows; the upstreams first, then the connections."""

    providers: tuple[Column, ...]
    connections: tuple[Column, ...]

    def rows(self, columns: tuple[Column, ...]) -> list[Row]:
        """A row for each capability."""
        return [
            Row(c, tuple(None if c in column.card.can else column.card.reason(c) for column in columns))
            for c in Capability
        ]


class MatrixService:
    """Reads cards and contracts; touches no upstream."""

    def __init__(
        self,
        connections: Connections,
        pool: DriverPool,
        contracts: Callable[[str], Contract],
        used: Callable[[str], frozenset[str]],
    ) -> None:
        self._connections = connections
        self._pool = pool
        self._contracts = contracts
        self._used = used

    def read(self, actor: Actor) -> Matrix:
        """The upstreams, and the connections in the actor's scope as their last tests found them."""
        actor.require(Right.VIEW_CONNECTIONS)
        connections = self._connections.visible(actor)
        cards = self._pool.cards(connections)
        return Matrix(
            tuple(self._column(card) for card in self._pool.kinds().values()),
            tuple(self._column(cards[c.key], c.name, c.key) for c in connections),
        )

    def _column(self, card: Card, name: str = "", key: str = "") -> Column:
        calls = self._contracts(card.kind).calls
        open_calls = [call for call in calls if call.name not in card.calls]
        used = self._used(card.kind)
        on_pages = sum(call.name in used for call in open_calls)
        return Column(name or card.label, card.kind, card, len(calls), len(open_calls), on_pages, key)
