"""What each upstream can do, side by side: from the cards, and in figures from the contracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.contract import Contract
from app.core.model import Connection
from app.core.ports import Connections
from app.core.text import Message
from app.features.console.service import rows_of
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
            tuple(self._of_provider(card) for card in self._pool.kinds().values()),
            tuple(self._of_connection(c, cards[c.key]) for c in connections),
        )

    def _of_provider(self, card: Card) -> Column:
        calls = [call.name for call in self._contracts(card.kind).calls]
        return self._column(card, card.label, "", calls)

    def _of_connection(self, connection: Connection, card: Card) -> Column:
        rows = rows_of(self._pool, connection, card, self._contracts(card.kind))
        return self._column(
            card, connection.name, connection.key, [row.call.name for row in rows if row.reason is None]
        )

    def _column(self, card: Card, label: str, key: str, open_calls: Sequence[str]) -> Column:
        documented, used = len(self._contracts(card.kind).calls), self._used(card.kind)
        on_pages = sum(name in used for name in open_calls)
        return Column(label, card.kind, card, documented, len(open_calls), on_pages, key)
