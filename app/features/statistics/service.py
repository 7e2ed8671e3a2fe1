"""Reads what upstreams have counted, for a domain or a whole connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.errors import GatehouseError, Invalid, NotFound, NotSupported
from app.core.model import Connection
from app.core.names import NameProblem, display, domain_name
from app.core.ports import Connections, Feedback
from app.core.statistics import PERIODS, Statistics, StatisticsQuery, StatisticsReader
from app.core.text import Message, msg
from app.operations.gather import Gather
from app.operations.pool import DriverPool


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of a period, or the problem of reading them."""

    connection: Connection
    domain: str | None
    days: int
    found: Statistics | None
    problem: Message | None


class StatisticsService:
    """The use cases around statistics; nothing of them is stored."""

    def __init__(
        self,
        connections: Connections,
        pool: DriverPool,
        gather: Gather,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._connections = connections
        self._pool = pool
        self._gather = gather
        self._page_seconds = page_seconds
        self._feedback = feedback

    def offered(self, actor: Actor) -> Sequence[tuple[Connection, Message | None]]:
        """Every enabled connection that the person sees, with the reason where it counts nothing."""
        actor.require(Right.VIEW_DOMAINS)
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        cards = self._pool.cards(connections)
        able = Capability.STATISTICS_READ
        return [(c, None if able in cards[c.key].can else cards[c.key].reason(able)) for c in connections]

    def read(self, actor: Actor, key: str, domain: str, days: int) -> Counted:
        """The numbers of the last days, read live; an upstream that does not answer is a problem in the answer.

        Raises NotFound outside the scope, Invalid for a name that is none and for a domain or period that this connection
        does not count.
        """
        actor.require(Right.VIEW_DOMAINS)
        name = _named(domain)
        _check_days(days, PERIODS)
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key, name):
            raise NotFound(
                msg(
                    "There is no {domain} on a connection “{key}”.",
                    domain=display(name or "default"),
                    key=key,
                )
            )
        shape = self._pool.card(connection).statistics
        _check_days(days, shape.days)
        if name is None and shape.whole is not None:
            raise Invalid({"domain": shape.whole})
        until = datetime.now(UTC).replace(microsecond=0)
        query = StatisticsQuery(until - timedelta(days=days), until, name)
        gathered = self._gather(
            {"numbers": lambda: self._reader(connection).read_statistics(query)}, self._page_seconds
        )
        problem: GatehouseError | None = gathered.problems.get("numbers")
        if isinstance(problem, NotFound):
            raise problem
        return Counted(
            connection, name, days, gathered.items.get("numbers"), problem.message if problem else None
        )

    def _reader(self, connection: Connection) -> StatisticsReader:
        card = self._pool.card(connection)
        driver = self._pool.driver(connection)
        if Capability.STATISTICS_READ not in card.can or not isinstance(driver, StatisticsReader):
            raise NotSupported(Capability.STATISTICS_READ, card.reason(Capability.STATISTICS_READ))
        return driver


def _check_days(days: int, offered: Sequence[int]) -> None:
    if days not in offered:
        text = msg("There are numbers of the last {choices} days.", choices=", ".join(map(str, offered)))
        raise Invalid({"days": text})


def _named(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem
