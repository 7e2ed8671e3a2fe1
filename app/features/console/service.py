"""Choose a connection, find one of its documented calls, send it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.actor import Actor, Right
from app.core.calls import CallAnswer, CallsByContract, masked
from app.core.capabilities import Card
from app.core.contract import Call, Contract
from app.core.deadline import deadline_in
from app.core.errors import AlreadyThere, Invalid, NotFound, NotSupported, NotThere, Rejected
from app.core.model import Connection
from app.core.names import NameProblem, domain_name
from app.core.plan import Applied, Link, Observed, Outcome, Report, Seen, Step, Verb, checksum
from app.core.ports import Connections, Feedback
from app.core.secret import Secret
from app.core.text import Message, msg
from app.operations.executor import Executor
from app.operations.pool import DriverPool
from app.operations.runner import Run, Runner, Ticket

Json = Any

_LONGEST_KEPT = 4000  # characters of one argument that the journal keeps


@dataclass(frozen=True, slots=True)
class CallRow:
    """A documented call; `reason`: why this connection cannot make it, None where it can."""

    call: Call
    reason: Message | None


@dataclass(frozen=True, slots=True)
class ConnectionCalls:
    """A connection with its documented calls, or with those that a search found."""

    connection: Connection
    card: Card
    contract: Contract
    rows: tuple[CallRow, ...]

    @property
    def groups(self) -> dict[str, list[CallRow]]:
        """The calls by group, in the order of the document."""
        found: dict[str, list[CallRow]] = {}
        for row in self.rows:
            found.setdefault(row.call.group, []).append(row)
        return found

    @property
    def open(self) -> int:
        """How many of them the connection can make."""
        return sum(row.reason is None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a call. `outcome`: its line in the journal, for a write.

    `answer` None: this very form was sent before, and the answer was shown then.
    """

    connection: Connection
    call: Call
    answer: CallAnswer | None
    outcome: Outcome | None = None


class ConsoleService:
    """The use cases of the console. It asks for the right CONSOLE and for a scope that holds the whole connection."""

    def __init__(
        self,
        connections: Connections,
        pool: DriverPool,
        runner: Runner,
        executor: Executor,
        contracts: Callable[[str], Contract],
        feedback: Feedback,
    ) -> None:
        self._connections = connections
        self._pool = pool
        self._runner = runner
        self._executor = executor
        self._contracts = contracts
        self._feedback = feedback

    def connections(self, actor: Actor) -> list[ConnectionCalls]:
        """All connections whose calls the actor may make. Touches no upstream."""
        actor.require(Right.CONSOLE)
        return [self._calls(c) for c in self._connections.visible(actor) if actor.sees(c.key)]

    def calls(
        self, actor: Actor, key: str, text: str = "", group: str = "", kind: str = ""
    ) -> ConnectionCalls:
        """The documented calls of a connection: those with `text` in name, group or meaning, of this group, and that read
        or write (`kind`). Raises NotFound."""
        found = self._calls(self._connection(actor, key))
        words = text.casefold().split()
        rows = [
            row
            for row in found.rows
            if all(
                word in f"{row.call.name} {row.call.group} {row.call.meaning}".casefold() for word in words
            )
            and group in ("", row.call.group)
            and kind in ("", "write" if row.call.write else "read")
        ]
        return ConnectionCalls(found.connection, found.card, found.contract, tuple(rows))

    def call(self, actor: Actor, key: str, name: str) -> tuple[ConnectionCalls, CallRow]:
        """A connection and one of its calls. Raises NotFound."""
        found = self._calls(self._connection(actor, key))
        row = next((row for row in found.rows if row.call.name == name), None)
        if row is None:
            raise NotFound(
                msg("{provider} documents no call “{name}”.", provider=found.card.label, name=name)
            )
        return found, row

    def send(
        self,
        actor: Actor,
        key: str,
        name: str,
        arguments: Mapping[str, Json],
        *,
        request_key: str,
        confirmed: bool = False,
    ) -> Sent:
        """Sends a call. A write must be `confirmed`, is journalled before it goes out, once, with its secrets masked; the
        same `request_key` sends nothing twice.

        Raises NotSupported with the reason of a call that is closed, Invalid by argument (nothing is sent then), and what
        the upstream did: see `CallsByContract.call`.
        """
        found, row = self.call(actor, key, name)
        if row.reason is not None:
            raise NotSupported("call", row.reason)
        connection, driver = found.connection, driver_of(self._pool, found.connection)
        given = _with_secrets(row.call, arguments)
        if not row.call.write:
            with deadline_in(connection.read_timeout):
                return Sent(connection, row.call, driver.call(name, given))
        if not confirmed:
            raise Invalid(
                {"confirm": msg("This call changes something. Confirm that you want it. Nothing was sent.")}
            )
        return self._write(actor, connection, row.call, _Sending(driver, row.call, given), request_key)

    # --- inner parts ---

    def _write(
        self, actor: Actor, connection: Connection, call: Call, sending: _Sending, request_key: str
    ) -> Sent:
        step = sending.step()
        ticket = Ticket(request_key, checksum([{"connection": connection.key, **step.to_json()}]))
        run = self._runner.earlier(actor, ticket)
        if run is None:
            run = self._runner.run(actor, connection.key, sending, [step], ticket)
            self._executor.refresh(connection, run.outcomes)
        if run.error is not None:
            raise run.error
        self._report(connection, call, run)
        return Sent(connection, call, sending.answer, run.outcomes[0])

    def _report(self, connection: Connection, call: Call, run: Run) -> None:
        template = (
            "{call} was sent to {name} before; nothing was sent again."
            if run.repeated
            else "Sent {call} to {name}."
        )
        link = Link(msg("Show the change"), "change.show", {"id": run.outcomes[0].change_id})
        text = msg(template, call=call.name, name=connection.name)
        self._feedback.show(Report(text, outcomes=run.outcomes, links=(link,), repeated=run.repeated))

    def _connection(self, actor: Actor, key: str) -> Connection:
        actor.require(Right.CONSOLE)
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key):
            raise NotFound(msg("There is no connection “{key}”.", key=key))
        return connection

    def _calls(self, connection: Connection) -> ConnectionCalls:
        card, contract = self._pool.card(connection), self._contracts(connection.kind)
        return ConnectionCalls(connection, card, contract, rows_of(self._pool, connection, card, contract))


def rows_of(pool: DriverPool, connection: Connection, card: Card, contract: Contract) -> tuple[CallRow, ...]:
    """The documented calls with the reason for each that the connection cannot make: by its settings, or as its last test
    found. Touches no upstream."""
    try:
        driver = driver_of(pool, connection)
    except NotSupported as error:
        return tuple(CallRow(call, error.message) for call in contract.calls)
    return tuple(CallRow(c, driver.closed(c) or card.calls.get(c.name)) for c in contract.calls)


def driver_of(pool: DriverPool, connection: Connection) -> CallsByContract:
    """The driver of a connection. Raises NotSupported while it is switched off."""
    driver = pool.driver(connection)
    if not isinstance(driver, CallsByContract):
        raise NotSupported("call", msg("The driver of {name} sends no single calls.", name=connection.name))
    return driver


class _Sending:
    """One call as a driver that has just this one step: the runner journals it without its secrets, and sends it with them."""

    def __init__(self, driver: CallsByContract, call: Call, arguments: Mapping[str, Json]) -> None:
        self._driver = driver
        self._call = call
        self._arguments = arguments
        self.answer: CallAnswer | None = None

    def step(self) -> Step:
        """The call as the journal keeps it."""
        shown = {name: _short(value) for name, value in masked(self._call, self._arguments).items()}
        domain = _domain_of(self._call, self._arguments)
        return Step(Verb.CALL, self._call.name, domain, args={"call": self._call.name}, after=shown)

    def apply(self, _step: Step) -> Applied:
        """Sends the call. What the upstream refuses is a plain refusal here: nobody knows what the call was for."""
        try:
            self.answer = self._driver.call(self._call.name, self._arguments)
        except (AlreadyThere, NotThere) as error:
            refused = Rejected(error.words, status=error.status, upstream_id=error.upstream_id)
            refused.answer = error.answer
            raise refused from error
        return Applied()

    def observe(self, _step: Step) -> Observed:
        """No call tells what became of any call."""
        return Observed(Seen.CANNOT_TELL)


def _with_secrets(call: Call, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The arguments, hidden ones as `Secret`."""
    hidden = set(call.hidden)
    return {
        name: Secret(value) if name in hidden and isinstance(value, str) else value
        for name, value in arguments.items()
        if value is not None
    }


def _short(value: Json) -> Json:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= _LONGEST_KEPT else text[:_LONGEST_KEPT] + "…"


def _domain_of(call: Call, arguments: Mapping[str, Json]) -> str | None:
    """The domain that the call is about, where an argument of that name says so: then its history shows the call."""
    value = arguments.get("domain")
    if "domain" not in call.by_name() or not isinstance(value, str):
        return None
    try:
        return domain_name(value)
    except NameProblem:
        return None


def groups_of(contract: Contract) -> Sequence[str]:
    """The groups of an upstream's calls, in the order of the document."""
    return list(dict.fromkeys(call.group for call in contract.calls))
