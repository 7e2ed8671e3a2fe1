"""Looks at the health of one domain: what its upstream says, what DNS says, and how its routes answer, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.capabilities import (
    Capability,
    Card,
    DkimReader,
    DomainReader,
    Driver,
    FailureLister,
    FilterHostsReader,
    HealthReader,
    HealthRunner,
    RelayTrier,
)
from app.core.deadline import deadline_in
from app.core.errors import GatehouseError, NotSupported
from app.core.health import DNS, SMTP, HealthStore, WantedHosts, worst
from app.core.model import Connection, Reading, Route, RouteKind, Verdict
from app.core.ports import Checker, Clock, DomainRow
from app.core.text import Message, msg
from app.operations.gather import Gather
from app.operations.pool import DriverPool

Readings = Sequence[Reading]

ROUTES = 6
"""Routes of one domain that are tried."""
KEYS = 20
"""DKIM records of one domain that DNS is asked for."""
USUAL_FROM = 3
"""So many domains of a connection must have the same MX records before they count as the usual ones."""

_NO_KEY = msg("It has no DKIM key here, so it is not known under which selector DNS should publish one.")
_NO_HOSTS = msg(
    "Which hosts the MX records should name is not known: the upstream does not say, and too few domains of this "
    "connection have the same ones. Compare them with what the filter's documentation says."
)
_USUAL = msg("as most domains of the connection have it")
_TLS = ("starttls", "certificate")


@dataclass(frozen=True, slots=True)
class _Ask:
    """One question: how it is asked, and of whom and about what it is, for the case that no answer comes."""

    ask: Callable[[], Readings]
    check: str
    source: str
    subject: str = ""

    def unanswered(self, problem: Message) -> Reading:
        """Nobody knows: never a pass."""
        return Reading(self.check, Verdict.UNKNOWN, problem, source=self.source, subject=self.subject)


class Examiner:
    """Examines domains and keeps what it finds. `gather` bounds how many questions are asked at once."""

    def __init__(
        self, pool: DriverPool, checker: Checker, store: HealthStore, gather: Gather, clock: Clock
    ) -> None:
        self._pool = pool
        self._checker = checker
        self._store = store
        self._gather = gather
        self._clock = clock

    def examine(self, connection: Connection, row: DomainRow, seconds: float, *, run: bool) -> Readings:
        """Every check of a domain within so many seconds; `run`: the upstream tests anew where it can, else its last
        report is read. What found no answer in time is unknown. Raises NotSupported while the connection is off."""
        driver, card = self._pool.driver(connection), self._pool.recent_card(connection)
        with deadline_in(seconds):
            asks = self._of_upstream(driver, card, row.name, run=run)
            asks += self._of_dns(connection, driver, card, row)
            asks += self._of_routes(connection, driver, card, row)
            readings = self._answers(asks, seconds)
        self._store.replace(connection.key, row.name, readings, self._clock())
        return readings

    def take_report(self, connection: Connection, domain: str, seconds: float) -> Readings:
        """The upstream's last report alone, read again and kept. Raises NotSupported where it has none."""
        driver, card = self._pool.driver(connection), self._pool.recent_card(connection)
        asks = self._of_upstream(driver, card, domain, run=False)
        if not asks:
            raise NotSupported(Capability.HEALTH_READ, card.reason(Capability.HEALTH_READ))
        readings = self._answers(asks, seconds)
        self._store.replace_source(connection.key, domain, card.label, readings)
        return readings

    def take_failures(self, connection: Connection) -> tuple[int, int]:
        """Reads all failures that the upstream knows and keeps them; what was failing and is not listed passes now.

        Returns (domains with a failure, domains that have none any more). Raises NotSupported, and what a read raises.
        """
        driver, card = self._pool.driver(connection), self._pool.recent_card(connection)
        if not isinstance(driver, FailureLister) or Capability.HEALTH_FAILURES not in card.can:
            raise NotSupported(Capability.HEALTH_FAILURES, card.reason(Capability.HEALTH_FAILURES))
        found = driver.list_failures()
        for domain, readings in found.items():
            self._store.replace_source(connection.key, domain, card.label, self._dated(readings))
        over = [name for name in self._store.failing_at(connection.key, card.label) if name not in found]
        text = msg("{name} lists no failure of it any more.", name=card.label)
        good = self._dated([Reading("report", Verdict.PASS, text, source=card.label)])
        for domain in over:
            self._store.replace_source(connection.key, domain, card.label, good)
        return len(found), len(over)

    def try_relay(
        self, connection: Connection, routes: Sequence[Route], domain: str, seconds: float
    ) -> Mapping[str, Readings]:
        """Routes tried from here, each by itself, and by the upstream where it can. Nothing is kept.

        By what was asked: the route, or the upstream's name. What found no answer in time is unknown.
        """
        card = self._pool.recent_card(connection)
        asks = {
            str(route): self._route_ask(connection, route, domain, whole=True) for route in routes[:ROUTES]
        }
        driver = self._pool.driver(connection)
        if isinstance(driver, RelayTrier) and Capability.RELAY_TRY in card.can:
            asks[card.label] = _Ask(lambda: driver.try_relay(routes), "route", card.label)
        gathered = self._gather({name: ask.ask for name, ask in asks.items()}, seconds)
        return {
            name: self._dated(
                gathered.items[name]
                if name in gathered.items
                else [ask.unanswered(gathered.problems[name].message)]
            )
            for name, ask in asks.items()
        }

    # --- what is asked ---

    def _of_upstream(self, driver: Driver, card: Card, domain: str, *, run: bool) -> list[_Ask]:
        if run and Capability.HEALTH_RUN in card.can and isinstance(driver, HealthRunner):
            return [_Ask(lambda: driver.run_health(domain), "report", card.label)]
        if Capability.HEALTH_READ in card.can and isinstance(driver, HealthReader):
            return [_Ask(lambda: driver.read_health(domain), "report", card.label)]
        return []

    def _of_dns(self, connection: Connection, driver: Driver, card: Card, row: DomainRow) -> list[_Ask]:
        checker, domain = self._checker, row.name
        senders = [route.host for route in row.routes or () if _has_name(route)]

        def mx() -> Readings:
            wanted = self._wanted_hosts(connection, driver, card, domain)
            return [checker.mx_records(connection, domain, wanted)]

        asks = [
            _Ask(mx, "mx", DNS),
            _Ask(lambda: [checker.spf_record(connection, domain, senders)], "spf", DNS),
            _Ask(lambda: [checker.dmarc_record(connection, domain)], "dmarc", DNS),
        ]
        if Capability.DKIM_READ in card.can and isinstance(driver, DkimReader):
            asks.append(_Ask(lambda: self._keys(connection, driver, domain), "dkim", DNS))
        return asks

    def _keys(self, connection: Connection, driver: DkimReader, domain: str) -> Readings:
        """Whether DNS publishes the keys that the upstream signs with."""
        records = driver.read_dkim(domain)
        if not records:
            return [Reading("dkim", Verdict.UNKNOWN, _NO_KEY, source=DNS)]
        found = []
        for record in records[:KEYS]:
            reading = self._checker.dkim_record(connection, record)
            line = "" if reading.verdict is Verdict.PASS else record.zone_line
            found.append(replace(reading, subject=record.host, record=line))
        return found

    def _wanted_hosts(self, connection: Connection, driver: Driver, card: Card, domain: str) -> WantedHosts:
        """The hosts that MX records should name: the upstream says so, else most domains of the connection do."""
        if Capability.FILTER_HOSTS in card.can and isinstance(driver, FilterHostsReader):
            try:
                hosts = driver.filter_hosts(domain)
            except GatehouseError as problem:
                return WantedHosts(reason=problem.message)
            if hosts:
                return WantedHosts(hosts, msg("{name} says so", name=card.label))
        value, count, every = self._store.usual_value(connection.key, "mx")
        if count >= USUAL_FROM and count * 2 > every:
            return WantedHosts(value.split(), _USUAL)
        return WantedHosts(reason=_NO_HOSTS)

    def _of_routes(self, connection: Connection, driver: Driver, card: Card, row: DomainRow) -> list[_Ask]:
        routes = row.routes
        if routes is None and Capability.ROUTES_READ in card.can and isinstance(driver, DomainReader):
            try:
                routes = driver.read_domain(row.name, row.ref).routes
            except GatehouseError as error:
                problem = error.message
                return [
                    _Ask(lambda: [Reading("route", Verdict.UNKNOWN, problem, source=SMTP)], "route", SMTP)
                ]
        remote = [route for route in routes or () if route.kind is RouteKind.REMOTE]
        return [self._route_ask(connection, route, row.name) for route in remote[:ROUTES]]

    def _route_ask(self, connection: Connection, route: Route, domain: str, *, whole: bool = False) -> _Ask:
        """`whole`: every step of the conversation, not its summary."""

        def ask() -> Readings:
            steps = self._checker.test_route(connection, route, domain)
            return steps if whole else summary(route, steps)

        return _Ask(ask, "route", SMTP, str(route))

    # --- the answers ---

    def _answers(self, asks: Sequence[_Ask], seconds: float) -> Readings:
        gathered = self._gather({str(number): ask.ask for number, ask in enumerate(asks)}, seconds)
        found: list[Reading] = []
        for number, ask in enumerate(asks):
            problem = gathered.problems.get(str(number))
            found += [ask.unanswered(problem.message)] if problem else gathered.items[str(number)]
        return self._dated(found)

    def _dated(self, readings: Readings) -> Readings:
        """The readings, each with a time; none lies ahead (Cleanmail's clock does)."""
        now = self._clock()
        return [
            replace(reading, seen_at=now if reading.seen_at is None else min(reading.seen_at, now))
            for reading in readings
        ]


def summary(route: Route, steps: Readings) -> Readings:
    """The steps of a conversation as two readings: the route itself, and its encryption where it came so far."""
    parts = (
        ("route", [step for step in steps if step.check not in _TLS]),
        ("certificate", [step for step in steps if step.check in _TLS]),
    )
    return [_joined(check, route, own) for check, own in parts if own]


def _joined(check: str, route: Route, steps: Readings) -> Reading:
    """The worst of several steps; where all went well, what the last two found."""
    bad = worst(steps)
    if bad is Verdict.PASS:
        told = [step.found for step in steps[-2:]]
        found = told[0] if len(told) == 1 else msg("{first}; {second}", first=told[0], second=told[1])
        return Reading(check, Verdict.PASS, found, source=SMTP, subject=str(route))
    chosen = next(step for step in steps if step.verdict is bad)
    return replace(chosen, check=check, source=SMTP, subject=str(route))


def _has_name(route: Route) -> bool:
    """Whether the route's host is a name, not an address."""
    last = route.host.rpartition(".")[2]
    return route.kind is RouteKind.REMOTE and ":" not in route.host and bool(last) and not last.isdigit()
