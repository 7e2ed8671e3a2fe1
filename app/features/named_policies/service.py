"""List, read, compare, add, copy, change and remove policies with names, and make one the default of its domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.commands import Command, CreatePolicy, EditPolicy, RemovePolicy, SetDomainPolicy
from app.core.errors import GatehouseError, NotFound
from app.core.model import Connection, PolicyField
from app.core.names import display
from app.core.plan import Link, Report
from app.core.policies import (
    NamedPolicy,
    PolicyQuery,
    PolicyReadings,
    PolicyRow,
    PolicyRows,
    PolicyUse,
    valued,
)
from app.core.ports import Connections, DomainQuery, Feedback, Inventory, Jobs, NewItem, Queue
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor
from app.operations.gather import Gather
from app.operations.policies import LivePolicies
from app.operations.pool import DriverPool
from app.operations.reports import report_of


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a connection was read: policies of `read` of `total` domains, the oldest at `oldest`."""

    connection: Connection
    read: int
    total: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class PolicyList:
    """A page of the list over all connections; `gaps`: the connections without such policies, and why."""

    found: PolicyRows
    query: PolicyQuery
    covered: Sequence[Coverage]
    gaps: Sequence[tuple[Connection, Message]]


@dataclass(frozen=True, slots=True)
class DomainPolicies:
    """The policies of a domain, read just now, else as they were last read at `read_at` (`failure` says why)."""

    connection: Connection
    card: Card
    domain: str
    policies: Sequence[NamedPolicy]
    failure: GatehouseError | None = None
    read_at: datetime | None = None

    @property
    def problem(self) -> Message | None:
        """Why they were not read just now."""
        return None if self.failure is None else self.failure.message

    def gap(self, capability: Capability) -> Message | None:
        """Why the connection lacks it, None where it has it."""
        return None if capability in self.card.can else self.card.reason(capability)

    def one(self, identity: str) -> NamedPolicy:
        """The policy of this id. Raises NotFound, or what kept us from looking."""
        for policy in self.policies:
            if policy.id == identity:
                return policy
        raise self.failure or NotFound(
            msg("{domain} has no such policy (any more).", domain=display(self.domain))
        )

    @property
    def default(self) -> NamedPolicy | None:
        """The domain's default."""
        return next((policy for policy in self.policies if policy.default), None)


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """One policy with who uses it; `use` None: it could not be read, and `use_problem` says why."""

    of: DomainPolicies
    policy: NamedPolicy
    use: PolicyUse | None
    use_problem: Message | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One side of a comparison: the policy, or why it could not be read."""

    connection: Connection
    domain: str
    policy: NamedPolicy | None
    problem: Message | None = None


class NamedPolicyService:
    """The use cases around policies with names."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        inventory: Inventory,
        policies: LivePolicies,
        readings: PolicyReadings,
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
        self._policies = policies
        self._readings = readings
        self._pool = pool
        self._jobs = jobs
        self._queue = queue
        self._gather = gather
        self._page_seconds = page_seconds
        self._feedback = feedback

    # --- reading ----------------------------------------------------------------------------------------------------

    def list_page(self, actor: Actor, query: PolicyQuery) -> PolicyList:
        """The policies of all connections as they were last read. Touches no upstream."""
        actor.require(Right.VIEW_POLICIES)
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        cards = self._pool.cards(connections)
        able = [c for c in connections if Capability.POLICIES_READ in cards[c.key].can]
        counts = self._inventory.count_by_status(actor)
        covered = [
            Coverage(c, *self._covered(actor, c.key, sum(counts.get(c.key, {}).values()))) for c in able
        ]
        gaps = [(c, cards[c.key].reason(Capability.POLICIES_READ)) for c in connections if c not in able]
        return PolicyList(self._readings.page(actor, query), query, covered, gaps)

    def of_domain(self, actor: Actor, key: str, domain: str) -> DomainPolicies:
        """The policies of a domain, read live, else as they were last read.

        Raises NotFound for a domain that neither upstream nor inventory has.
        """
        actor.require(Right.VIEW_POLICIES)
        connection = self._connection(actor, key, domain)
        gathered = self._gather({"it": lambda: self._policies.read(connection, domain)}, self._page_seconds)
        return self._found(actor, connection, domain, gathered.items.get("it"), gathered.problems.get("it"))

    def read(self, actor: Actor, key: str, domain: str, identity: str) -> PolicyPage:
        """One policy and who uses it, read side by side. Raises NotFound.

        The addresses of mailboxes are left out for those who may not see mailboxes.
        """
        actor.require(Right.VIEW_POLICIES)
        connection = self._connection(actor, key, domain)
        calls: dict[str, Any] = {
            "one": lambda: self._policies.reader(connection).read_policy(domain, identity),
            "use": lambda: self._policies.reader(connection).policy_use(domain, identity),
        }
        gathered = self._gather(calls, self._page_seconds)
        problem, read = gathered.problems.get("one"), gathered.items.get("one")
        if isinstance(problem, NotFound):  # of the policy, or of the domain: the list tells which
            of = self.of_domain(actor, key, domain)
        else:
            of = self._found(actor, connection, domain, None if read is None else [read], problem)
        policy, use = of.one(identity), gathered.items.get("use")
        if use is not None and not actor.may(Right.VIEW_MAILBOXES):
            use = replace(use, mailboxes=())
        failed = gathered.problems.get("use")
        return PolicyPage(of, policy, use, failed.message if failed is not None else None)

    def compare(self, actor: Actor, wanted: Sequence[tuple[str, str, str]]) -> list[Compared]:
        """Several policies, each named by connection, domain and id, read side by side. Raises NotFound outside the scope."""
        actor.require(Right.VIEW_POLICIES)
        places = {(key, domain): self._connection(actor, key, domain) for key, domain, _ in wanted}
        calls = {
            f"{key}/{domain}": (lambda c=connection, d=domain: self._policies.read(c, d))
            for (key, domain), connection in places.items()
        }
        gathered = self._gather(calls, self._page_seconds)
        sides = []
        for key, domain, identity in wanted:
            connection, name = places[key, domain], f"{key}/{domain}"
            problem = gathered.problems.get(name)
            try:
                of = self._found(actor, connection, domain, gathered.items.get(name), problem)
                sides.append(Compared(connection, domain, of.one(identity), of.problem))
            except GatehouseError as error:
                sides.append(Compared(connection, domain, None, error.message))
        return sides

    def fields(self, actor: Actor, key: str, domain: str) -> Sequence[PolicyField]:
        """The fields of a new policy, with what is proposed. No call. Raises NotFound, NotSupported."""
        return self._policies.reader(self._connection(actor, key, domain)).policy_fields()

    def targets(self, actor: Actor) -> list[Connection]:
        """The connections in the scope on which policies can be added: where a copy can go."""
        visible = [c for c in self._connections.visible(actor) if c.enabled]
        cards = self._pool.cards(visible)
        return [c for c in visible if Capability.POLICIES_WRITE in cards[c.key].can]

    # --- changing ---------------------------------------------------------------------------------------------------

    def create(
        self, actor: Actor, command: CreatePolicy, request_key: str
    ) -> tuple[Execution, NamedPolicy | None]:
        """Adds a policy; returns it too, as it is there now, None where that cannot be read. Raises the failure."""
        text = msg(
            "Added the policy “{name}” to {domain}.", name=command.name, domain=display(command.domain)
        )
        execution = self._run(actor, command, request_key, text)
        found = self._again(execution.connection, command.domain)
        name = command.name.casefold()
        return execution, next((p for p in found if p.name.casefold() == name), None)

    def copy_values(
        self, actor: Actor, key: str, domain: str, identity: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The values of a policy for a new one, with those `given` over them, read live. Raises NotFound.

        Settings of a service that the new one has off are left out.
        """
        source = self.of_domain(actor, key, domain).one(identity)
        values = {**source.values, **given}
        needs = {field.name: field.needs for field in source.fields}
        return {
            name: value
            for name, value in values.items()
            if name in given
            or (value is not None and (not needs.get(name) or values.get(needs[name]) is True))
        }

    def edit(self, actor: Actor, command: EditPolicy, request_key: str) -> Execution:
        """Changes a policy. Raises the failure."""
        text = msg("Changed the policy of {domain}.", domain=display(command.domain))
        execution = self._run(actor, command, request_key, text)
        self._again(execution.connection, command.domain)
        return execution

    def remove(self, actor: Actor, command: RemovePolicy, request_key: str) -> Execution:
        """Removes a policy that nobody uses. Raises Conflict while somebody does, and any failure."""
        text = msg("Removed the policy from {domain}.", domain=display(command.domain))
        execution = self._run(actor, command, request_key, text)
        self._again(execution.connection, command.domain)
        return execution

    def assign(self, actor: Actor, command: SetDomainPolicy, request_key: str) -> Execution:
        """Makes a policy the default of its domain. Raises the failure."""
        text = msg("{domain} has another default policy now.", domain=display(command.domain))
        execution = self._run(actor, command, request_key, text)
        self._again(execution.connection, command.domain)
        return execution

    def read_everywhere(self, actor: Actor, key: str, request_key: str) -> int:
        """Starts a job that reads the policies of every domain in the scope. Raises NotFound, NotSupported."""
        actor.require(Right.SYNC)
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees_some_of(key):
            raise NotFound(msg("There is no connection “{key}”.", key=key))
        self._policies.reader(connection)
        rows = self._inventory.iterate(actor, DomainQuery(connections=(key,), size=500))
        title = msg("Read the policies of every domain of {name}", name=connection.name)
        job_id = self._jobs.create(
            actor,
            "read_policies",
            title,
            (
                NewItem(r.name, {"command": "read_policies", "connection": key, "domain": r.name})
                for r in rows
            ),
            request_key=request_key,
        )
        self._queue.nudge(job_id)
        link = Link(msg("Watch it"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    # --- inner parts ------------------------------------------------------------------------------------------------

    def _run(self, actor: Actor, command: Command, request_key: str, done: Message) -> Execution:
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        self._feedback.show(report_of(execution, done))
        return execution

    def _again(self, connection: Connection, domain: str) -> Sequence[NamedPolicy]:
        """Reads and keeps what is there after a change; where that fails, what was kept stays, with its age."""
        call = {"it": lambda: self._policies.read(connection, domain)}
        return self._gather(call, self._page_seconds).items.get("it", ())

    def _connection(self, actor: Actor, key: str, domain: str) -> Connection:
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key, domain):
            raise NotFound(
                msg("There is no {domain} on a connection “{key}”.", domain=display(domain), key=key)
            )
        return connection

    def _covered(self, actor: Actor, key: str, total: int) -> tuple[int, int, datetime | None]:
        read, oldest = self._readings.coverage(actor, key)
        return read, total, oldest

    def _found(
        self,
        actor: Actor,
        connection: Connection,
        domain: str,
        live: Sequence[NamedPolicy] | None,
        failure: GatehouseError | None,
    ) -> DomainPolicies:
        card = self._pool.card(connection)
        if failure is None:
            return DomainPolicies(connection, card, domain, live or ())
        if isinstance(failure, NotFound) and self._inventory.get(actor, connection.key, domain) is None:
            raise failure
        rows = self._readings.of_domain(actor, connection.key, domain)
        fields: Sequence[PolicyField] = ()
        if Capability.POLICIES_READ in card.can:
            fields = self._policies.reader(connection).policy_fields()
        kept = [_kept(row, fields) for row in rows]
        read_at = min((row.read_at for row in rows), default=None)
        return DomainPolicies(connection, card, domain, kept, failure, read_at)


def _kept(row: PolicyRow, fields: Sequence[PolicyField]) -> NamedPolicy:
    """A policy as it was last read; nothing can be changed on the strength of that."""
    return NamedPolicy(
        row.connection,
        row.domain,
        row.id,
        row.name,
        valued(fields, row.values),
        row.default,
        row.summary,
        writable=False,
    )
