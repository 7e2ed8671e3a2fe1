"""Rows whose outcome nobody knows: look upstream what is there, and close them."""

from __future__ import annotations

from datetime import timedelta

from app.core.actor import Actor, system_actor
from app.core.contents import without_contents
from app.core.errors import GatehouseError, UpstreamError
from app.core.model import Connection
from app.core.plan import BESIDE_THE_DOMAIN, Seen, State, Verb
from app.core.ports import Change, Clock, Connections, Journal
from app.core.text import msg
from app.operations.pool import DriverPool
from app.operations.rules import RuleReads
from app.operations.sync import Sync

_SINGLE_CALL = msg(
    "It was a single call from the console, and no other call tells what became of it. Look in the upstream, then close it "
    "by hand."
)


class Settler:
    """Settles changes that are intended (we died) or unknown (upstream did not say)."""

    def __init__(
        self,
        journal: Journal,
        connections: Connections,
        pool: DriverPool,
        sync: Sync,
        rules: RuleReads,
        clock: Clock,
        grace: float = 30.0,
    ) -> None:
        self._journal = journal
        self._connections = connections
        self._pool = pool
        self._sync = sync
        self._rules = rules
        self._clock = clock
        self._grace = grace

    def sweep(self, limit: int = 100) -> int:
        """Looks at every open row older than its connection's write time-out plus the grace; returns how many closed."""
        now = self._clock()
        closed = 0
        for change in self._journal.unsettled(now - timedelta(seconds=self._grace), limit):
            connection = self._connections.get(system_actor(), change.connection)
            if connection is None:
                text = msg("Its connection is gone: a person must close this.")
                self._journal.note_unsettled(change.id, None, text)
                continue
            if change.at > now - timedelta(seconds=connection.write_timeout + self._grace):
                continue
            closed += not self.settle(connection, change).open
        return closed

    def settle(self, connection: Connection, change: Change, by: str = "worker") -> State:
        """Looks upstream for one change and closes it where that tells. Returns the state it has then."""
        if change.step.verb is Verb.CALL:
            self._journal.note_unsettled(change.id, None, _SINGLE_CALL)
            return State.UNKNOWN
        if change.step.verb in (Verb.MAIL_VIEW, Verb.MAIL_DOWNLOAD):
            # A read that we did not see the end of: for the journal the person has read it.
            self._journal.settle(change.id, State.DONE, by=by, now=None)
            return State.DONE
        try:
            seen = self._pool.driver(connection).observe(change.step)
        except GatehouseError as error:
            self._journal.note_unsettled(change.id, None, error.message)
            return State.UNKNOWN
        now = without_contents(seen.now)
        verdicts = {Seen.DONE: State.DONE, Seen.NOT_DONE: State.UNREACHABLE}
        state = verdicts.get(seen.seen)
        if state is None:
            text = (
                msg("What is there now is neither the state before nor the one wished.")
                if seen.seen is Seen.DIFFERS
                else msg("The upstream cannot tell.")
            )
            self._journal.note_unsettled(change.id, now, text)
            return State.UNKNOWN
        self._journal.settle(change.id, state, by=by, now=now)
        self._rules.note_step(connection.key, change.step, state)
        if change.step.verb not in BESIDE_THE_DOMAIN:
            for name in filter(None, change.step.domains):
                self._sync.refresh(connection, name)
        return state

    def settle_request(self, actor: Actor, connection: Connection, request_key: str) -> bool:
        """Settles what is open under a request key; False when something stays unknown."""
        open_changes = [c for c in self._journal.by_request(actor, request_key) if c.state.open]
        try:
            return all(not self.settle(connection, change).open for change in open_changes)
        except UpstreamError:
            return False
