"""Filtering rules: read for a page or by the worker, and kept, so that lists and look-ups need no upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.core.capabilities import Capability, RuleReader, require
from app.core.errors import NotFound, NotSupported, NotThere
from app.core.model import Connection
from app.core.plan import RULE_VERBS, Outcome, State, Step
from app.core.ports import Connections, ItemState, Job, JobItem
from app.core.rule_plans import by_domain
from app.core.rule_ports import RuleBook
from app.core.rules import KINDS_OF_MAILBOXES, RuleKind, RuleReading
from app.core.text import msg
from app.operations.pool import DriverPool
from app.operations.worker import Control, GivenBack, Result

_NOTED = (State.DONE, State.UNKNOWN)


class RuleReads:
    """Reads rules and keeps what was read."""

    def __init__(self, pool: DriverPool, book: RuleBook) -> None:
        self._pool = pool
        self._book = book

    def reader(self, connection: Connection) -> RuleReader:
        """The driver as a reader of rules. Raises NotSupported with the card's reason."""
        card = self._pool.card(connection)
        require(card, Capability.RULES_READ)
        driver = self._pool.driver(connection)
        if not isinstance(driver, RuleReader):
            raise NotSupported(Capability.RULES_READ, card.reason(Capability.RULES_READ))
        return driver

    def read(
        self,
        connection: Connection,
        domain: str,
        mailbox: str = "",
        ref: object = None,
        *,
        mark: bool = True,
    ) -> RuleReading:
        """The rules of a domain ("": of the whole connection), or of one of its mailboxes; they are kept.

        `mark` False: more is read at once, and `RuleBook.completed` works out the marks of all of it.

        Raises as `RuleReader.read_rules`; what is known of a domain that is not there any more is forgotten.
        """
        try:
            reading = self.reader(connection).read_rules(domain or None, mailbox, ref)
        except NotFound:
            if not mailbox:
                self._book.forget(connection.key, domain)
            raise
        kinds = KINDS_OF_MAILBOXES if mailbox else tuple(RuleKind)
        self._book.store(connection.key, domain, mailbox, kinds, reading, mark=mark)
        return reading

    def read_all(
        self,
        connection: Connection,
        domain: str,
        progress: Callable[[int], None] = lambda _rules: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """The rules of a domain and of all its mailboxes; how many there are. None when it was stopped before the end."""
        seen = len(self.read(connection, domain).rules)
        read: list[str] = []
        mailboxes = self.reader(connection).rule_mailboxes(domain) if domain else iter(())
        for mailbox, ref in mailboxes:
            if stopping():
                return None
            try:
                seen += len(self.read(connection, domain, mailbox, ref, mark=False).rules)
            except (NotFound, NotThere):
                continue  # removed since it was listed
            read.append(mailbox)
            progress(seen)
        self._book.completed(connection.key, domain, read)
        return seen

    def note(self, connection: str, outcomes: Iterable[Outcome]) -> None:
        """Keeps what changes of rules did; without any call."""
        for outcome in outcomes:
            self.note_step(connection, outcome.step, outcome.state)

    def note_step(self, connection: str, step: Step, state: State) -> None:
        """The same for one step; steps about other things are left alone."""
        if step.verb in RULE_VERBS and state in _NOTED:
            for part in by_domain(step):
                self._book.note(connection, part, state)


class ReadRulesItem:
    """The item that reads the rules of one domain and its mailboxes: {"command": "read_rules", "connection", "domain"}."""

    def __init__(self, connections: Connections, rules: RuleReads) -> None:
        self._connections = connections
        self._rules = rules

    def __call__(self, job: Job, item: JobItem, control: Control) -> Result:
        """Reads and keeps them; the text says how many there are. Raises GivenBack when the worker shuts down."""
        key, domain = str(item.command.get("connection")), str(item.command.get("domain") or "")
        connection = self._connections.get(job.actor, key)
        if connection is None or not job.actor.sees(key, domain or None):
            raise NotFound(msg("The connection is gone."))
        seen = self._rules.read_all(
            connection, domain, lambda count: control.progress(count, None), control.stopping
        )
        if seen is not None:
            return ItemState.DONE, msg("{count} rules", count=seen)
        if control.shutting_down():
            raise GivenBack
        return ItemState.SKIPPED, msg("Stopped.")
