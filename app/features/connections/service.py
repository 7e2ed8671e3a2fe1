"""Add, edit, switch off, remove and test connections."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.connections import build_connection, with_version
from app.core.errors import Conflict, Forbidden, GatehouseError, NotFound
from app.core.mailboxes import MailboxBook
from app.core.model import Connection, Tls
from app.core.plan import Link, Report, State, Step, Tone, Verb
from app.core.ports import (
    Connections,
    ConnectionStore,
    Feedback,
    Inventory,
    Journal,
    ProbeResult,
    SyncState,
)
from app.core.rule_ports import RuleBook
from app.core.text import Message, msg
from app.operations.guard import check_typed
from app.operations.pool import DriverPool
from app.operations.probing import Prober
from app.operations.schedule import READ_A_PART, SyncJobs


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection with everything a page says of it."""

    connection: Connection
    card: Card
    probe: ProbeResult | None
    sync: SyncState | None
    warnings: tuple[Message, ...]

    @property
    def state(self) -> str:
        """up, strained, slow, down, unknown (never tested) or off."""
        return connection_state(self.connection, self.probe)

    def capabilities(self) -> list[tuple[Message, Message | None, str]]:
        """Each capability's label, None where it is there, else the reason why not, and the API that serves it where the
        upstream has several."""
        there = self.card.can
        return [
            (c.label, None, self.card.api_of(c)) if c in there else (c.label, self.card.reason(c), "")
            for c in Capability
        ]


SLOW_MS = 2000.0


def connection_state(connection: Connection, probe: ProbeResult | None) -> str:
    """up, strained (a server of the upstream is not well), slow, down, unknown (never tested) or off, as its last test says."""
    if not connection.enabled:
        return "off"
    if probe is None:
        return "unknown"
    if not probe.ok:
        return "down"
    if probe.found is not None and probe.found.strained:
        return "strained"
    return "slow" if probe.ms > SLOW_MS else "up"


class ConnectionService:
    """The use cases around connections."""

    def __init__(
        self,
        store: ConnectionStore,
        connections: Connections,
        pool: DriverPool,
        inventory: Inventory,
        rules: RuleBook,
        mailboxes: MailboxBook,
        journal: Journal,
        sync_jobs: SyncJobs,
        prober: Prober,
        feedback: Feedback,
    ) -> None:
        self._store = store
        self._connections = connections
        self._pool = pool
        self._inventory = inventory
        self._rules = rules
        self._mailboxes = mailboxes
        self._journal = journal
        self._sync_jobs = sync_jobs
        self._prober = prober
        self._feedback = feedback

    def cards(self) -> Mapping[str, Card]:
        """The providers' static cards by kind."""
        return self._pool.kinds()

    def visible(self, actor: Actor) -> list[ConnectionView]:
        """All connections in the actor's scope, by name. Touches no upstream."""
        actor.require(Right.VIEW_CONNECTIONS)
        return self._views(actor, self._connections.visible(actor))

    def get(self, actor: Actor, key: str) -> ConnectionView:
        """One connection. Raises NotFound."""
        actor.require(Right.VIEW_CONNECTIONS)
        return self._views(actor, [self._find(actor, key)])[0]

    def stored(self, actor: Actor, key: str) -> ConnectionView:
        """One connection that may be changed here. Raises as the changes do: NotFound, Forbidden, Conflict."""
        return self._views(actor, [self._stored(actor, key)])[0]

    def add(self, actor: Actor, data: Mapping[str, Any]) -> Connection:
        """Stores a new connection. Raises Invalid by field, Conflict when the key is taken."""
        actor.require(Right.MANAGE_CONNECTIONS)
        connection = build_connection(data, self._pool.kinds())
        if not actor.sees(connection.key):
            raise Forbidden(
                msg("Your account may not add a connection with the key “{key}”.", key=connection.key)
            )
        if self._connections.get(actor, connection.key) is not None:
            raise Conflict(msg("The key “{key}” is taken by another connection.", key=connection.key))
        with self._journalled(actor, Verb.CONNECTION_ADD, connection, None, described(connection)):
            self._store.add(connection)
        self._feedback.show(
            Report(
                msg("Added the connection {name}. Test it before you rely on it.", name=connection.name),
                links=(Link(msg("Test it now"), "connection.test", {"key": connection.key}),),
            )
        )
        return connection

    def edit(self, actor: Actor, key: str, data: Mapping[str, Any], expected_version: str) -> Connection:
        """Changes a stored connection; secrets left empty stay. Raises Invalid, NotFound, Conflict (changed meanwhile)."""
        before = self._stored(actor, key)
        connection = build_connection(
            {**data, "key": key, "kind": before.kind}, self._pool.kinds(), before=before
        )
        with self._journalled(
            actor, Verb.CONNECTION_EDIT, connection, described(before), described(connection)
        ):
            self._store.replace(connection, expected_version)
        self._feedback.show(
            Report(
                msg("Saved the connection {name}.", name=connection.name),
                links=(Link(msg("Test it now"), "connection.test", {"key": key}),),
            )
        )
        return connection

    def set_enabled(self, actor: Actor, key: str, enabled: bool) -> None:
        """Switches a stored connection on or off. Its inventory stays."""
        before = self._stored(actor, key)
        after = with_version(replace(before, enabled=enabled))
        with self._journalled(
            actor, Verb.CONNECTION_EDIT, after, {"enabled": before.enabled}, {"enabled": enabled}
        ):
            self._store.replace(after, before.version)
        text = (
            msg("{name} is switched on.", name=before.name)
            if enabled
            else msg(
                "{name} is switched off: nothing is asked or changed there. Its domains stay listed.",
                name=before.name,
            )
        )
        self._feedback.show(Report(text))

    def remove(self, actor: Actor, key: str, typed: str) -> None:
        """Removes a stored connection with its inventory, after its key was typed. Upstream nothing changes."""
        before = self._stored(actor, key)
        check_typed(key, typed)
        with self._journalled(actor, Verb.CONNECTION_REMOVE, before, described(before), None):
            self._store.remove(key)
        self._inventory.forget_connection(key)
        self._rules.forget(key)
        self._mailboxes.forget(key)
        self._feedback.show(
            Report(
                msg("Removed the connection {name}. Nothing was changed at the upstream.", name=before.name)
            )
        )

    def test(self, actor: Actor, key: str) -> ProbeResult:
        """Tests one connection with reads only and stores what it found."""
        actor.require(Right.VIEW_CONNECTIONS)
        connection = self._find(actor, key)
        result = self._prober.test([connection])[key]
        name = connection.name
        if result.ok:
            version = result.found.version if result.found else ""
            text = msg("{name} answers: {version}.", name=name, version=version)
            self._feedback.show(Report(text if version else msg("{name} answers.", name=name)))
        else:
            problem = result.problem or msg("no answer")
            self._feedback.show(
                Report(msg("{name} cannot be used: {problem}", name=name, problem=problem), Tone.PROBLEM)
            )
        return result

    def test_all(self, actor: Actor) -> dict[str, ProbeResult]:
        """Tests every switched-on connection in the scope, all at once."""
        actor.require(Right.VIEW_CONNECTIONS)
        wanted = [c for c in self._connections.visible(actor) if c.enabled]
        results = self._prober.test(wanted)
        failed = [c.name for c in wanted if not results[c.key].ok]
        text = msg("{ok} of {all} connections answer.", ok=len(wanted) - len(failed), all=len(wanted))
        if failed:
            text = msg("{sentence} No: {names}.", sentence=text, names=", ".join(failed))
        self._feedback.show(Report(text, Tone.PARTIAL if failed else Tone.OK))
        return results

    def try_out(self, actor: Actor, data: Mapping[str, Any], key: str = "") -> ProbeResult:
        """Tests a connection as it stands in a form, without saving anything. Raises Invalid."""
        actor.require(Right.MANAGE_CONNECTIONS)
        before = self._stored(actor, key) if key else None
        connection = build_connection(data, self._pool.kinds(), before=before)
        return self._prober.try_out(connection)

    def sync(self, actor: Actor, key: str) -> int | None:
        """Starts reading all domains of the connection; returns the job.

        Raises Forbidden for a person who sees but a part of them.
        """
        actor.require(Right.SYNC)
        connection = self._find(actor, key)
        if not actor.sees(key):
            raise Forbidden(READ_A_PART)
        job_id = self._sync_jobs.start(actor, connection)
        if job_id is None:
            self._feedback.show(Report(msg("{name} lists no domains.", name=connection.name), Tone.PROBLEM))
        return job_id

    # --- inner parts ---

    def _find(self, actor: Actor, key: str) -> Connection:
        connection = self._connections.get(actor, key)
        if connection is None:
            raise NotFound(msg("There is no connection “{key}”.", key=key))
        return connection

    def _stored(self, actor: Actor, key: str) -> Connection:
        actor.require(Right.MANAGE_CONNECTIONS)
        connection = self._find(actor, key)
        if not actor.sees(key):
            raise Forbidden(
                msg(
                    "Your account sees some domains of {name} only, so it cannot change it.",
                    name=connection.name,
                )
            )
        if connection.declared:
            raise Conflict(
                msg("{name} is declared in a file and can only be changed there.", name=connection.name)
            )
        return connection

    def _views(self, actor: Actor, connections: Sequence[Connection]) -> list[ConnectionView]:
        cards = self._pool.cards(list(connections))
        probes = self._store.probes()
        syncs = self._inventory.sync_states(actor)
        return [
            ConnectionView(c, cards[c.key], probes.get(c.key), syncs.get(c.key), warnings_of(c))
            for c in sorted(connections, key=lambda c: c.name.casefold())
        ]

    def _journalled(
        self,
        actor: Actor,
        verb: Verb,
        connection: Connection,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> _Journalled:
        step = Step(verb=verb, subject=connection.name, before=before, after=after)
        return _Journalled(self._journal, actor, connection.key, step)


class _Journalled:
    """A change of our own data: journalled as intended before the block, as done or rejected after it."""

    def __init__(self, journal: Journal, actor: Actor, connection: str, step: Step) -> None:
        self._journal = journal
        self._change = journal.intend(
            actor, connection, step, request_key=f"local-{time.time_ns()}", step_no=0, command_sum=""
        )

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._journal.close(self._change, State.DONE)
        else:
            problem = error.message if isinstance(error, GatehouseError) else msg("It could not be stored.")
            self._journal.close(self._change, State.REJECTED, problem=problem)


def described(connection: Connection) -> dict[str, Any]:
    """A connection by field for the journal; secrets only as "set"."""
    return {
        "name": connection.name,
        "base_url": connection.base_url,
        "tls": connection.tls.value,
        "ca_file": connection.ca_file,
        "enabled": connection.enabled,
        "parallel": connection.parallel,
        "per_second": connection.per_second,
        "connect_timeout": connection.connect_timeout,
        "read_timeout": connection.read_timeout,
        "write_timeout": connection.write_timeout,
        "resolvers": list(connection.resolvers),
        **{f"values.{name}": str(value) for name, value in connection.values.items()},
    }


def warnings_of(connection: Connection) -> tuple[Message, ...]:
    """What a person should know about how the connection is secured."""
    warnings = []
    parts = urlsplit(connection.base_url)
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "http" and not loopback:
        warnings.append(msg("Credentials and data travel in clear text: the address begins with http."))
    if connection.tls is Tls.OFF and parts.scheme == "https":
        warnings.append(
            msg("The certificate of this upstream is not checked: anybody in between can read along.")
        )
    return tuple(warnings)
