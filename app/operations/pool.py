"""Connections -> drivers and cards, built once per stored version of the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from app.core.capabilities import Card, Driver
from app.core.errors import NotFound, NotSupported
from app.core.model import Connection
from app.core.ports import ProbeResult
from app.core.text import msg

CARD_SECONDS = 1.0


class DriverPool:
    """Hands out the driver and the card of a connection.

    `build` makes a driver; `cards` are the providers' static cards by kind; `probes` gives the last test of each
    connection, from which its own card is cut.
    """

    def __init__(
        self,
        build: Callable[[Connection], Driver],
        cards: Mapping[str, Card],
        probes: Callable[[], Mapping[str, ProbeResult]],
    ) -> None:
        self._build = build
        self._cards = cards
        self._probes = probes
        self._drivers: dict[str, tuple[Connection, Driver]] = {}
        self._lock = threading.Lock()
        self._seen_probes: tuple[float, Mapping[str, ProbeResult]] | None = None

    def driver(self, connection: Connection) -> Driver:
        """The driver of the connection. Raises NotSupported while the connection is switched off."""
        if not connection.enabled:
            raise NotSupported(
                "connection", msg("The connection {name} is switched off.", name=connection.name)
            )
        with self._lock:
            known = self._drivers.get(connection.key)
            if known is None or known[0] != connection:
                known = (connection, self._build(connection))
                self._drivers[connection.key] = known
            return known[1]

    def fresh_driver(self, connection: Connection) -> Driver:
        """A driver that is not kept, e.g. to test a connection before it is saved."""
        return self._build(connection)

    def kinds(self) -> Mapping[str, Card]:
        """The providers' static cards by kind."""
        return self._cards

    def static_card(self, kind: str) -> Card:
        """What a provider can do at best. Raises NotFound for an unknown kind."""
        card = self._cards.get(kind)
        if card is None:
            raise NotFound(msg("There is no provider “{kind}”.", kind=kind))
        return card

    def card(self, connection: Connection) -> Card:
        """What this connection can do: the provider's card, cut to its credentials and to what its last test found."""
        return self.cards([connection])[connection.key]

    def recent_card(self, connection: Connection) -> Card:
        """The card as it was a second ago at most: for jobs, which ask for every item."""
        now = time.monotonic()
        if self._seen_probes is None or now - self._seen_probes[0] > CARD_SECONDS:
            self._seen_probes = (now, self._probes())
        return self._cut(connection, self._seen_probes[1].get(connection.key))

    def cards(self, connections: list[Connection]) -> dict[str, Card]:
        """The cards of several connections, by key, with one look at the stored tests."""
        probes = self._probes()
        return {c.key: self._cut(c, probes.get(c.key)) for c in connections}

    def _cut(self, connection: Connection, probe: ProbeResult | None) -> Card:
        card = self.static_card(connection.kind).of(connection.filled)
        found = probe.found if probe is not None else None
        return card if found is None else card.cut(found.missing, found.facts, found.calls, found.own_only)
