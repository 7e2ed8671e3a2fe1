"""What a search finds beside domains, read with a sync where one call lists much: mailboxes, rules of whole connections."""

from __future__ import annotations

import logging
from datetime import timedelta

from app.core.capabilities import Capability
from app.core.errors import GatehouseError
from app.core.mailboxes import MailboxBook, MailboxLister, owned
from app.core.model import Connection
from app.core.plan import Outcome, State, Verb
from app.core.ports import Clock
from app.operations.pool import DriverPool
from app.operations.rules import RuleReads

EVERY = timedelta(hours=6)
"""Mailboxes are many and change slowly: not every sync lists them."""
KIND = "mailboxes"
"""What the cards call the resources that are mailboxes."""

_log = logging.getLogger("gatehouse.operations")


class BesideDomains:
    """Reads after a sync what the search box looks for. What fails is logged, and tried again by the next sync."""

    def __init__(self, pool: DriverPool, mailboxes: MailboxBook, rules: RuleReads, clock: Clock) -> None:
        self._pool = pool
        self._mailboxes = mailboxes
        self._rules = rules
        self._clock = clock

    def read(self, connection: Connection) -> None:
        """Lists the mailboxes where one call tells many and it is time, and the rules of the whole connection."""
        for part in (self.read_mailboxes, self._read_rules):
            try:
                part(connection)
            except GatehouseError as error:
                _log.warning("%s: %s: %s", connection.key, part.__name__.strip("_"), error.message)

    def read_mailboxes(self, connection: Connection, *, now: bool = False) -> None:
        """Lists all mailboxes; before their time only with `now`. Raises as a read does: then none is taken for gone."""
        driver, card = self._pool.driver(connection), self._pool.card(connection)
        if not isinstance(driver, MailboxLister) or Capability.RESOURCES_READ not in card.can:
            return
        started, last = self._clock(), self._mailboxes.read_at(connection.key)
        if not now and last is not None and started - last < EVERY:
            return
        for batch in driver.list_mailboxes():
            self._mailboxes.put(connection.key, owned(batch), started)
        self._mailboxes.completed(connection.key, started)

    def _read_rules(self, connection: Connection) -> None:
        card = self._pool.card(connection)
        if Capability.RULES_READ in card.can and any(shape.connection for shape in card.rules):
            self._rules.read(connection, "")

    def note(self, connection: str, outcomes: tuple[Outcome, ...]) -> None:
        """Keeps what changes of mailboxes did; without any call."""
        for outcome in outcomes:
            step = outcome.step
            if outcome.state is not State.DONE or step.args.get("kind") != KIND:
                continue
            address = str(step.args.get("key") or "")
            if step.verb is Verb.RESOURCE_REMOVE:
                self._mailboxes.remove(connection, address)
            elif step.verb is Verb.RESOURCE_ADD:
                self._mailboxes.put(connection, owned([address]), self._clock())
