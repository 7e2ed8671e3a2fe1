"""List, find, add, edit, replace and remove filtering rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.commands import (
    AddRules,
    EditRule,
    RemoveRules,
    ReplaceRules,
    RuleCommand,
    SpreadRule,
)
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.model import Connection
from app.core.names import NameProblem, display
from app.core.plan import Link, Outcome, Report, State, Tone
from app.core.ports import (
    Clock,
    Connections,
    DomainQuery,
    DomainRow,
    Feedback,
    Inventory,
    Jobs,
    NewItem,
    Queue,
)
from app.core.rule_ports import RuleBook, RuleCoverage, RulePage, RuleQuery, RuleRow
from app.core.rules import (
    Mark,
    Rule,
    RuleKind,
    RuleReading,
    RuleShape,
    filled,
    marks,
    sender_pattern,
    shape_of,
)
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor, Plan
from app.operations.gather import Gather
from app.operations.pool import DriverPool
from app.operations.reports import report_of
from app.operations.rules import RuleReads

C = TypeVar("C", bound=RuleCommand)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one connection's rules the list knows: `read` of `total` domains, `complete` with their mailboxes.

    `gap`: why its rules cannot be read at all.
    """

    connection: Connection
    gap: Message | None
    total: int
    read: RuleCoverage


@dataclass(frozen=True, slots=True)
class RuleList:
    """The rules page: stored rules, and how much of all there is they are. `shared`: the connections where a domain's rules
    are those of its whole account."""

    page: RulePage
    coverage: Sequence[Coverage]
    names: Mapping[str, str]
    now: datetime
    shared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OwnedRules:
    """The rules of one domain (or of a whole connection), read live where the upstream answers.

    `rows` are those of the domain itself (or of the mailbox asked for), `others` those of mailboxes as last stored.
    `problems`: what could not be read, and is shown as it was stored. `shared_with`: the other domains of the person's scope
    whose rules these are as well, and `hidden` how many there are beyond it.
    """

    connection: Connection
    card: Card
    domain: str
    mailbox: str
    rows: Sequence[RuleRow]
    others: Sequence[RuleRow]
    problems: Sequence[Message]
    marks: Mapping[str, Mark]
    now: datetime
    row: DomainRow | None
    shared_with: Sequence[str] = ()
    hidden: int = 0

    @property
    def shared(self) -> list[Message]:
        """What a change here means for other domains; nothing where it means nothing."""
        found = [shape.shared for shape in self.shapes if shape.shared is not None and self.domain]
        if found and self.shared_with:
            names = ", ".join(display(name) for name in self.shared_with)
            found.append(msg("They are the rules of these domains too: {names}.", names=names))
        if found and self.hidden:
            found.append(
                msg("There are more such domains, which you do not see: {count}.", count=self.hidden)
            )
        return found

    @property
    def shapes(self) -> Sequence[RuleShape]:
        """What can be added here."""
        if self.mailbox:
            return [shape for shape in self.card.rules if shape.mailboxes]
        return [shape for shape in self.card.rules if self.domain or shape.connection]

    def shape(self, kind: RuleKind) -> RuleShape | None:
        """What rules of a kind can say, None where there are none."""
        return shape_of(self.shapes, kind)

    def gaps(self, *capabilities: Capability) -> dict[str, Message]:
        """The reason for each of these capabilities (all by default) that the connection lacks, by name."""
        return {c.value: self.card.reason(c) for c in capabilities or Capability if c not in self.card.can}

    def rule(self, rule_id: str) -> Rule:
        """One of the rules by its short name. Raises NotFound."""
        for row in (*self.rows, *self.others):
            if row.rule.id == rule_id:
                return row.rule
        raise NotFound(msg("There is no such rule (any more)."))


class RuleService:
    """The use cases around filtering rules."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        inventory: Inventory,
        book: RuleBook,
        reads: RuleReads,
        pool: DriverPool,
        jobs: Jobs,
        queue: Queue,
        gather: Gather,
        clock: Clock,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._inventory = inventory
        self._book = book
        self._reads = reads
        self._pool = pool
        self._jobs = jobs
        self._queue = queue
        self._gather = gather
        self._clock = clock
        self._page_seconds = page_seconds
        self._feedback = feedback

    # --- reading ----------------------------------------------------------------------------------------------------

    def list_page(self, actor: Actor, query: RuleQuery) -> RuleList:
        """One page of the stored rules in the scope. Touches no upstream. Raises Invalid for a sender that can be none."""
        actor.require(Right.VIEW_RULES)
        query = _checked(query)
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        cards, read = self._pool.cards(connections), self._book.coverage(actor)
        counts = self._inventory.count_by_status(actor)
        now = self._clock()
        coverage = [
            Coverage(
                c,
                None
                if Capability.RULES_READ in cards[c.key].can
                else cards[c.key].reason(Capability.RULES_READ),
                sum(n for status, n in counts.get(c.key, {}).items() if status not in ("missing", "deleted")),
                read.get(c.key, RuleCoverage()),
            )
            for c in connections
        ]
        shared = frozenset(key for key, card in cards.items() if any(shape.shared for shape in card.rules))
        names = {c.key: c.name for c in connections}
        return RuleList(self._book.page(actor, query, now), coverage, names, now, shared)

    def export(self, actor: Actor, query: RuleQuery) -> Iterator[RuleRow]:
        """All stored rules of a query, one after the other."""
        actor.require(Right.VIEW_RULES)
        actor.require(Right.EXPORT)
        return self._book.iterate(actor, _checked(query), self._clock())

    def owned(self, actor: Actor, key: str, domain: str, mailbox: str = "") -> OwnedRules:
        """The rules of a domain ("": of the whole connection) or of one of its mailboxes, read live; what could not be read
        is shown as it was stored. Raises NotFound."""
        actor.require(Right.VIEW_RULES)
        connection = self._connection(actor, key, domain)
        card = self._pool.card(connection)
        problems: list[Message] = []
        shared: Sequence[str] = ()
        row = self._inventory.get(actor, key, domain) if domain else None
        if Capability.RULES_READ in card.can:
            ref = row.ref if row is not None else None
            calls = {"it": lambda: self._reads.read(connection, domain, mailbox, ref)}
            gathered = self._gather(calls, self._page_seconds)
            problems = _problems(gathered.problems.get("it"), known=row is not None and not mailbox)
            reading: RuleReading | None = gathered.items.get("it")
            if reading is not None:
                shared = reading.shared_with
                problems += [
                    msg("{kind} rules: {problem}", kind=kind.label, problem=problem)
                    for kind, problem in reading.problems.items()
                ]
        stored, now = self._book.of_domain(actor, key, domain), self._clock()
        in_scope = [name for name in shared if actor.sees(key, name)]
        return OwnedRules(
            connection,
            card,
            domain,
            mailbox,
            [one for one in stored if one.rule.mailbox == mailbox],
            [one for one in stored if one.rule.mailbox and not mailbox],
            problems,
            marks((one.rule for one in stored), now),
            now,
            row,
            in_scope,
            len(shared) - len(in_scope),
        )

    def offered(self, actor: Actor, key: str) -> Sequence[RuleShape]:
        """What rules of the connection can say. Raises NotFound."""
        actor.require(Right.VIEW_RULES)
        return self._pool.card(self._connection(actor, key, None)).rules

    # --- writing ----------------------------------------------------------------------------------------------------

    def plan(self, actor: Actor, command: RuleCommand) -> Plan:
        """What the command would send now. Nothing is changed."""
        return self._executor.plan(actor, self.filled(actor, command))

    def change(self, actor: Actor, command: RuleCommand, request_key: str, confirmed: str = "") -> Execution:
        """Adds, edits, replaces or removes. Raises the first failure when nothing at all was done."""
        wish = self.filled(actor, command)
        execution = self._executor.execute(actor, wish, request_key=request_key, confirmed=confirmed)
        execution.raise_if_nothing_done()
        self._feedback.show(report_of(execution, _done(wish)))
        return execution

    def spreadable(self, actor: Actor) -> tuple[list[Connection], dict[str, Message]]:
        """The connections whose upstream takes one sender rule for several owners, and by name why the others do not."""
        actor.require(Right.VIEW_RULES)
        visible = [c for c in self._connections.visible(actor) if c.enabled]
        cards, needed = self._pool.cards(visible), Capability.RULES_SPREAD
        return (
            [c for c in visible if needed in cards[c.key].can],
            {c.name: cards[c.key].reason(needed) for c in visible if needed not in cards[c.key].can},
        )

    def spread(self, actor: Actor, command: SpreadRule, request_key: str) -> Execution:
        """Adds a rule to several owners by one call. Raises the failure when nothing at all was done."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        new = [owner for o in execution.outcomes for owner in o.step.args.get("owners", ())]
        text = msg(
            "Added the rule {rule}. New owners: {count}; had it already: {known}.",
            rule=command.rule.pattern,
            count=len(new),
            known=len(command.owners) - len(new),
        )
        self._feedback.show(report_of(execution, text))
        return execution

    def withdraw(self, actor: Actor, commands: Sequence[RemoveRules], request_key: str) -> list[Outcome]:
        """Removes rules of several owners, domain by domain: no upstream has one call for it. What fails leaves the others
        alone and is said. Raises NotFound or Forbidden before anything is sent, and the first failure when nothing was done."""
        commands = [self.filled(actor, command) for command in commands]
        for command in commands:
            self._executor.connection(actor, command)
        outcomes: list[Outcome] = []
        problems: list[GatehouseError] = []
        for number, command in enumerate(commands):
            try:
                execution = self._executor.execute(actor, command, request_key=f"{request_key}-{number}")
            except GatehouseError as refused:  # while it was planned
                problems.append(refused)
                continue
            outcomes += execution.outcomes
            problems += [] if execution.error is None else [execution.error]
        done = sum(outcome.state is State.DONE for outcome in outcomes)
        if problems and not done:
            raise problems[0]
        text = msg("Rules removed: {count}.", count=done)
        if problems:
            text = msg("Rules removed: {count}; then: {problem}", count=done, problem=problems[0].message)
        self._feedback.show(Report(text, Tone.PARTIAL if problems else Tone.OK, tuple(outcomes)))
        return outcomes

    def read_everywhere(self, actor: Actor, key: str, request_key: str) -> int:
        """Starts a job that reads the rules of every domain of a connection ("": of all), with their mailboxes.

        Raises NotFound, NotSupported.
        """
        actor.require(Right.SYNC)
        if key:
            chosen = [self._connection(actor, key, None)]
            self._reads.reader(chosen[0])
        else:
            visible = [c for c in self._connections.visible(actor) if c.enabled]
            cards = self._pool.cards(visible)
            chosen = [c for c in visible if Capability.RULES_READ in cards[c.key].can]
        if not chosen:
            raise NotFound(msg("No connection has rules that can be read."))
        names = ", ".join(connection.name for connection in chosen[:3])
        title = msg("Read the rules of every domain of {name}", name=names)
        job_id = self._jobs.create(
            actor, "read_rules", title, self._items(actor, chosen), request_key=request_key
        )
        self._queue.nudge(job_id)
        link = Link(msg("Watch it"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    def _items(self, actor: Actor, connections: Sequence[Connection]) -> Iterator[NewItem]:
        for connection in connections:
            base = {"command": "read_rules", "connection": connection.key}
            whole = any(shape.connection for shape in self._pool.card(connection).rules)
            if whole and actor.sees(connection.key):
                yield NewItem(connection.name, {**base, "domain": ""})
            statuses = ("active", "disabled", "pending")
            query = DomainQuery(connections=(connection.key,), statuses=statuses, size=500)
            for row in self._inventory.iterate(actor, query):
                yield NewItem(row.name, {**base, "domain": row.name})

    # --- inner parts ------------------------------------------------------------------------------------------------

    def _connection(self, actor: Actor, key: str, domain: str | None) -> Connection:
        connection = self._connections.get(actor, key)
        visible = actor.sees_some_of(key) if domain is None else actor.sees(key, domain or None)
        if connection is None or not visible:
            raise NotFound(msg("There is nothing like that on a connection “{key}”.", key=key))
        return connection

    def filled(self, actor: Actor, command: C) -> C:
        """The command with what its provider takes for granted where nothing was said."""
        connection = self._connections.get(actor, command.connection)
        return command if connection is None else filled_command(command, self._pool.card(connection).rules)


def _problems(problem: GatehouseError | None, *, known: bool) -> list[Message]:
    """The problem of a reading as a line; NotFound is raised unless the inventory still knows the domain."""
    if isinstance(problem, NotFound) and not known:
        raise problem
    return [] if problem is None else [problem.message]


def filled_command(command: C, shapes: Sequence[RuleShape]) -> C:
    """The command whose rules look at the provider's first part where they leave it open."""
    update: dict[str, object] = {}
    for name in ("rules", "old", "new"):
        value = getattr(command, name, None)
        if isinstance(value, list):
            update[name] = [filled(shapes, rule) for rule in value]
        elif value is not None:
            update[name] = filled(shapes, value)
    return command.model_copy(update=update)


def _checked(query: RuleQuery) -> RuleQuery:
    """The query with its sender normalised. Raises Invalid."""
    if not query.sender:
        return query
    try:
        sender = sender_pattern(query.sender)
    except NameProblem as problem:
        raise Invalid({"sender": problem.message}) from problem
    return replace(query, sender=sender)


def _done(command: RuleCommand) -> Message:
    whose = display(command.domain) if command.domain else msg("all domains")
    if isinstance(command, EditRule):
        return msg("Changed the rule {rule} of {whose}.", rule=command.new.pattern, whose=whose)
    if isinstance(command, ReplaceRules):
        return msg("{whose} has {count} such rules now.", whose=whose, count=len(command.rules))
    if isinstance(command, AddRules | RemoveRules):
        adds = isinstance(command, AddRules)
        if len(command.rules) == 1:
            one = (
                msg("Added the rule {rule} to {whose}.")
                if adds
                else msg("Removed the rule {rule} of {whose}.")
            )
            return Message(one.template, {"rule": command.rules[0].pattern, "whose": whose})
        many = msg("Added {count} rules to {whose}.") if adds else msg("Removed {count} rules of {whose}.")
        return Message(many.template, {"count": len(command.rules), "whose": whose})
    return msg("Done.")
