"""What is due: syncs of connections, jobs whose nudge was lost, changes to settle, checks of health, what is kept for a
time only. Asked again and again, harmless if twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.core.actor import Actor, system_actor
from app.core.capabilities import Capability
from app.core.model import Connection
from app.core.ports import Clock, Connections, ConnectionStore, Inventory, Jobs, NewItem, Queue, SyncState
from app.core.text import msg
from app.operations.pool import DriverPool
from app.operations.probing import Prober
from app.operations.settle import Settler

TEST_EVERY = timedelta(minutes=5)
READ_A_PART = msg(
    "Your account sees a part of this connection only, so it cannot have all of it read. "
    "Choose the domains in the list and “Read again”. Nothing was started."
)


class SyncJobs:
    """Makes sync jobs: one per connection, never two of one connection at once."""

    def __init__(self, jobs: Jobs, queue: Queue, pool: DriverPool) -> None:
        self._jobs = jobs
        self._queue = queue
        self._pool = pool

    def start(self, actor: Actor, connection: Connection) -> int | None:
        """Starts a sync of the connection; returns the job's id, that of the running one, or None if it lists no domains.

        The job tells how many domains there are, so it belongs to nobody who sees but a part of them.
        """
        if not connection.enabled or Capability.DOMAINS_READ not in self._pool.card(connection).can:
            return None
        running = self._jobs.active("sync", connection.key)
        if running is not None:
            return running
        job_id = self._jobs.create(
            actor if actor.sees(connection.key) else system_actor(actor.door),
            "sync",
            msg("Read all domains of {name}", name=connection.name),
            [NewItem(connection.name, {"command": "sync", "connection": connection.key})],
            params={"key": connection.key},
            alone=True,
        )
        self._queue.nudge(job_id)
        return job_id


class Schedule:
    """The periodic part of the worker."""

    def __init__(
        self,
        jobs: Jobs,
        queue: Queue,
        connections: Connections,
        store: ConnectionStore,
        inventory: Inventory,
        settler: Settler,
        sync_jobs: SyncJobs,
        prober: Prober,
        clock: Clock,
        sync_minutes: float,
        check_health: Callable[[], object] = lambda: None,
        forget_old: Callable[[], object] = lambda: None,
    ) -> None:
        self._jobs = jobs
        self._queue = queue
        self._connections = connections
        self._store = store
        self._prober = prober
        self._inventory = inventory
        self._settler = settler
        self._sync_jobs = sync_jobs
        self._clock = clock
        self._sync_every = timedelta(minutes=sync_minutes)
        self._check_health = check_health
        self._forget_old = forget_old

    def tick(self) -> None:
        """Everything that is due now."""
        self.test_due_connections()
        self.nudge_lost_jobs()
        self.start_due_syncs()
        self._settler.sweep()
        self._forget_old()
        self._check_health()

    def test_due_connections(self) -> None:
        """A test for each connection whose last one is some minutes ago, so that pages say how the upstreams are."""
        probes = self._store.probes()
        due = [
            connection
            for connection in self._connections.visible(system_actor("schedule"))
            if connection.enabled
            and (connection.key not in probes or probes[connection.key].at + TEST_EVERY < self._clock())
        ]
        if due:
            self._prober.test(due)

    def nudge_lost_jobs(self) -> None:
        """Jobs with something to do get another nudge; a worker that is already at one takes no harm."""
        for job_id in self._jobs.unfinished():
            self._queue.nudge(job_id)

    def start_due_syncs(self) -> None:
        """A sync for each connection whose last try is long ago; none where the setting is 0 minutes."""
        if not self._sync_every:
            return
        actor = system_actor("schedule")
        states = self._inventory.sync_states(actor)
        for connection in self._connections.visible(actor):
            if not self._is_due(states.get(connection.key)):
                continue
            # Another worker's sync may have ended since: where none is under way, its end stands in the state of now.
            if self._jobs.active("sync", connection.key) is None and self._is_due(
                self._inventory.sync_states(actor).get(connection.key)
            ):
                self._sync_jobs.start(actor, connection)

    def _is_due(self, state: SyncState | None) -> bool:
        if state is None or state.last_try_at is None:
            return True
        return state.last_try_at + self._sync_every <= self._clock()
