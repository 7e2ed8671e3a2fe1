"""Read, set and reset settings of domains; the defaults themselves; and who overrides them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card, SettingsReader, require
from app.core.commands import SetSetting
from app.core.errors import NotFound, NotSupported
from app.core.model import Connection, PolicyField
from app.core.names import display
from app.core.plan import Link, Report
from app.core.ports import (
    Connections,
    DomainQuery,
    Feedback,
    Inventory,
    Jobs,
    NewItem,
    Queue,
    SettingReading,
    SettingReadings,
)
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor
from app.operations.gather import Gather
from app.operations.pool import DriverPool
from app.operations.reports import report_of


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """The settings of one domain (`domain` None: the defaults of its connection), or the problem of reading them.

    `whole`: the person sees all of the connection, so its defaults, too.
    """

    connection: Connection
    card: Card
    domain: str | None
    fields: Sequence[PolicyField]
    problem: Message | None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Overrides:
    """Who overrides a default: found among the `read` of `total` domains whose value was read since `oldest`."""

    field: PolicyField
    rows: Sequence[SettingReading]
    read: int
    total: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class OverridesOfAll:
    """Of every setting: how many domains have a value of their own, among how many that were read. `total`: domains."""

    connection: Connection
    rows: Sequence[tuple[PolicyField, int, int]]
    total: int


class PolicyService:
    """The use cases around settings."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        inventory: Inventory,
        readings: SettingReadings,
        pool: DriverPool,
        jobs: Jobs,
        queue: Queue,
        gather: Gather,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._inventory = inventory
        self._readings = readings
        self._pool = pool
        self._jobs = jobs
        self._queue = queue
        self._gather = gather
        self._page_seconds = page_seconds
        self._feedback = feedback

    def overview(self, actor: Actor) -> list[tuple[Connection, Message | None]]:
        """Every connection in the scope, with the reason why there is no way to its defaults (None: there is one)."""
        actor.require(Right.VIEW_POLICIES)
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        cards = self._pool.cards(connections)
        return [(c, _no_defaults(actor, c, cards[c.key])) for c in connections]

    def page(self, actor: Actor, key: str, domain: str | None) -> PolicyPage:
        """The settings, read live. A field that could not be read carries its problem.

        Raises NotFound for a domain that neither upstream nor inventory has.
        """
        actor.require(Right.VIEW_POLICIES)
        connection = self._connection(actor, key, domain)
        card, whole = self._pool.card(connection), actor.sees(key)
        if Capability.SETTINGS_READ not in card.can:
            reason = card.reason(Capability.SETTINGS_READ)
            return PolicyPage(connection, card, domain, (), reason, whole)
        gathered = self._gather({"it": lambda: self._read(connection, domain)}, self._page_seconds)
        problem = gathered.problems.get("it")
        if isinstance(problem, NotFound) and not (domain and self._inventory.get(actor, key, domain)):
            raise problem
        fields = gathered.items.get("it", ())
        return PolicyPage(connection, card, domain, fields, problem.message if problem else None, whole)

    def compare(self, actor: Actor, pairs: Sequence[tuple[str, str]]) -> list[PolicyPage]:
        """The settings of several domains, read side by side."""
        actor.require(Right.VIEW_POLICIES)
        connections = {key: self._connection(actor, key, name) for key, name in pairs}
        calls = {
            f"{key}/{name}": (lambda key=key, name=name: self._read(connections[key], name))
            for key, name in pairs
        }
        gathered = self._gather(calls, self._page_seconds)
        cards = self._pool.cards(list(connections.values()))
        pages = []
        for key, name in pairs:
            problem = gathered.problems.get(f"{key}/{name}")
            fields = gathered.items.get(f"{key}/{name}", ())
            pages.append(
                PolicyPage(connections[key], cards[key], name, fields, problem.message if problem else None)
            )
        return pages

    def set(self, actor: Actor, command: SetSetting, request_key: str) -> Execution:
        """Sets a value of its own, or (value None) goes back to what is inherited."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        self._read_back(execution.connection, command)
        whose = display(command.domain) if command.domain else msg("the defaults")
        done = (
            msg("{name} of {whose} is set to {value}.", name=command.name, whose=whose, value=command.value)
            if command.value is not None
            else msg("{name} of {whose} follows what is above it again.", name=command.name, whose=whose)
        )
        self._feedback.show(report_of(execution, done))
        return execution

    def overrides(self, actor: Actor, key: str, name: str) -> Overrides:
        """Which domains have a value of their own, from what was read so far. Touches no upstream."""
        actor.require(Right.VIEW_POLICIES)
        connection = self._connection(actor, key, None)
        field = self._field(connection, name)
        read, oldest = self._readings.coverage(actor, key, name)
        total = sum(self._inventory.count_by_status(actor).get(key, {}).values())
        return Overrides(field, self._readings.owners(actor, key, name), read, total, oldest)

    def overrides_of_all(self, actor: Actor, key: str) -> OverridesOfAll:
        """How many domains override each setting, from what was read so far. Touches no upstream.

        The settings of an upstream whose fields only a domain's answer shows are those that were read.
        """
        actor.require(Right.VIEW_POLICIES)
        connection = self._connection(actor, key, None)
        counts = self._readings.counts(actor, key)
        total = sum(self._inventory.count_by_status(actor).get(key, {}).values())
        fields = self._reader(connection).setting_fields()
        return OverridesOfAll(connection, [(f, *counts.get(f.name, (0, 0))) for f in fields], total)

    def read_everywhere(self, actor: Actor, key: str, name: str, request_key: str) -> int:
        """Starts a job that reads the setting (all of them where `name` is "") of every domain of the connection.

        Raises NotFound, NotSupported.
        """
        actor.require(Right.SYNC)
        connection = self._connection(actor, key, None)
        if name:
            self._field(connection, name)
        else:
            self._reader(connection)
        rows = self._inventory.iterate(actor, DomainQuery(connections=(key,), size=500))
        setting = name or msg("all settings")
        title = msg("Read {setting} of every domain of {name}", setting=setting, name=connection.name)
        job_id = self._jobs.create(
            actor,
            "read_settings",
            title,
            (
                NewItem(
                    row.name,
                    {"command": "read_setting", "connection": key, "domain": row.name, "name": name},
                )
                for row in rows
            ),
            request_key=request_key,
        )
        self._queue.nudge(job_id)
        link = Link(msg("Watch it"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    # --- inner parts ---

    def _connection(self, actor: Actor, key: str, domain: str | None) -> Connection:
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key, domain):
            raise NotFound(msg("There is nothing like that on a connection “{key}”.", key=key))
        return connection

    def _reader(self, connection: Connection) -> SettingsReader:
        card = self._pool.card(connection)
        require(card, Capability.SETTINGS_READ)
        driver = self._pool.driver(connection)
        if not isinstance(driver, SettingsReader):
            raise NotSupported(Capability.SETTINGS_READ, card.reason(Capability.SETTINGS_READ))
        return driver

    def _field(self, connection: Connection, name: str) -> PolicyField:
        field = next((f for f in self._reader(connection).setting_fields() if f.name == name), None)
        if field is None:
            raise NotFound(msg("There is no setting “{name}”.", name=name))
        return field

    def _read_back(self, connection: Connection, command: SetSetting) -> None:
        """Keeps what the domain has now. Where that cannot be read, the last reading stays, with its age."""
        domain = command.domain
        if domain is None:
            return
        call = {"it": lambda: self._reader(connection).read_settings(domain, [command.name])}
        fields = self._gather(call, self._page_seconds).items.get("it")
        if fields is not None:
            self._readings.store(connection.key, domain, fields)

    def _read(self, connection: Connection, domain: str | None) -> Sequence[PolicyField]:
        fields = self._reader(connection).read_settings(domain)
        if domain is not None:
            self._readings.store(connection.key, domain, fields)
        return fields


def _no_defaults(actor: Actor, connection: Connection, card: Card) -> Message | None:
    if Capability.SETTINGS_READ not in card.can:
        return card.reason(Capability.SETTINGS_READ)
    if not actor.sees(connection.key):
        return msg(
            "Your account sees some domains of this connection only; the defaults are for all of them."
        )
    return None
