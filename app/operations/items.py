"""What a job's item does: a sync of one connection, or a command, the same work as a click."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.capabilities import Capability, SettingsReader
from app.core.commands import AddDomain, Command, from_json
from app.core.errors import GatehouseError, NotFound, NotSupported, OutcomeUnknown
from app.core.model import Source
from app.core.plan import State
from app.core.ports import Connections, ItemState, Job, JobItem, SettingReadings
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor
from app.operations.mailboxes import BesideDomains
from app.operations.pool import DriverPool
from app.operations.settle import Settler
from app.operations.sync import Sync, SyncStopped
from app.operations.worker import Control, GivenBack, Result

READ_BACK_AT_MOST = 50  # jobs with more items leave the inventory to one sync at their end


class SyncItem:
    """The item of a sync job: {"command": "sync", "connection": key}."""

    def __init__(self, connections: Connections, sync: Sync, beside: BesideDomains) -> None:
        self._connections = connections
        self._sync = sync
        self._beside = beside

    def __call__(self, job: Job, item: JobItem, control: Control) -> Result:
        """Reads all domains of the connection into the inventory, telling how far it is, and what a search finds beside
        them. Raises GivenBack."""
        connection = self._connections.get(job.actor, str(item.command.get("connection")))
        if connection is None:
            raise NotFound(msg("The connection is gone."))
        try:
            synced = self._sync.run(
                connection,
                progress=lambda seen: control.progress(seen, None),
                stopping=control.stopping,
            )
        except SyncStopped as stopped:
            if control.shutting_down():
                raise GivenBack from stopped
            return ItemState.SKIPPED, stopped.message
        self._beside.read(connection)
        return ItemState.DONE, synced.text


class RefreshItem:
    """The item that reads one domain again: {"command": "refresh", "connection": key, "domain": name}."""

    def __init__(self, connections: Connections, sync: Sync) -> None:
        self._connections = connections
        self._sync = sync

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Reads the domain into its row; the item fails when the upstream does not answer."""
        key, name = str(item.command.get("connection")), str(item.command.get("domain"))
        connection = self._connections.get(job.actor, key)
        if connection is None or not job.actor.sees(key, name):
            raise NotFound(msg("The connection is gone."))
        problem = self._sync.refresh(connection, name)
        return (ItemState.DONE, None) if problem is None else (ItemState.FAILED, problem)


class ReadSettingItem:
    """The item that reads a setting of one domain: {"command": "read_setting", "connection", "domain", "name"}.

    Without a name it reads all of them: a call for each, on upstreams that have no call for all.
    """

    def __init__(self, connections: Connections, pool: DriverPool, readings: SettingReadings) -> None:
        self._connections = connections
        self._pool = pool
        self._readings = readings

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Reads and keeps the value; the text says whether it is the domain's own (of all: how many are)."""
        key, domain = str(item.command.get("connection")), str(item.command.get("domain"))
        connection = self._connections.get(job.actor, key)
        if connection is None or not job.actor.sees(key, domain):
            raise NotFound(msg("The connection is gone."))
        driver = self._pool.driver(connection)
        if not isinstance(driver, SettingsReader):
            reason = self._pool.card(connection).reason(Capability.SETTINGS_READ)
            raise NotSupported(Capability.SETTINGS_READ, reason)
        name = str(item.command.get("name") or "")
        if not name:
            return self._read_all(connection.key, domain, driver)
        field = next(iter(driver.read_settings(domain, [name])), None)
        if field is None:
            raise NotFound(msg("{name} has no setting “{setting}”.", name=connection.name, setting=name))
        if field.problem is not None:
            return ItemState.FAILED, field.problem
        self._readings.store(key, domain, [field])
        if field.source is Source.OWN:
            return ItemState.DONE, msg("its own value: {value}", value=str(field.value))
        return ItemState.DONE, msg("inherited")

    def _read_all(self, key: str, domain: str, driver: SettingsReader) -> Result:
        fields = driver.read_settings(domain)
        self._readings.store(key, domain, fields)
        unread = [field for field in fields if field.problem is not None]
        own = sum(field.source is Source.OWN for field in fields)
        if unread and len(unread) == len(fields):
            return ItemState.FAILED, unread[0].problem
        return ItemState.DONE, msg("{own} of {count} are its own", own=own, count=len(fields) - len(unread))


class CommandItem:
    """The item of a bulk job: a stored command, planned again when its turn comes."""

    def __init__(self, executor: Executor, settler: Settler) -> None:
        self._executor = executor
        self._settler = settler

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Runs the command once. What an earlier attempt may have sent is looked up upstream first.

        An item without a command is one that could not even be read (a row of an import): it fails as it did.
        """
        if "problem" in item.command:
            return ItemState.FAILED, Message.from_json(item.command["problem"])
        command = from_json(item.command)
        if item.attempts > 1 and isinstance(command, AddDomain):
            command = command.model_copy(update={"check_first": True})
        if not self._earlier_attempts_are_settled(job.actor, command, job, item):
            return ItemState.UNKNOWN, msg(
                "An earlier attempt may have been done; it is looked up again. Nothing was sent."
            )
        execution = self._executor.execute(
            job.actor,
            command,
            request_key=_request_key(job, item, item.attempts),
            job_id=job.id,
            item_id=item.id,
            refresh=job.total <= READ_BACK_AT_MOST,
            fresh=True,
        )
        return _result(execution)

    def _earlier_attempts_are_settled(self, actor: Actor, command: Command, job: Job, item: JobItem) -> bool:
        if item.attempts <= 1:
            return True
        connection = self._executor.connection(actor, command)
        return all(
            self._settler.settle_request(actor, connection, _request_key(job, item, attempt))
            for attempt in range(1, item.attempts)
        )


def _request_key(job: Job, item: JobItem, attempt: int) -> str:
    return f"job-{job.id}-{item.no}-{attempt}"


def _result(execution: Execution) -> Result:
    """The item's state and text from what came of its command."""
    if not execution.outcomes:
        return ItemState.SKIPPED, msg("Already so; nothing was sent.")
    error = execution.error
    if error is None:
        return ItemState.DONE, None
    if isinstance(error, OutcomeUnknown):
        return ItemState.UNKNOWN, error.message
    done = sum(outcome.state is State.DONE for outcome in execution.outcomes)
    return ItemState.FAILED, _partly(error, done, len(execution.outcomes))


def _partly(error: GatehouseError, done: int, steps: int) -> Message:
    if done == 0:
        return error.message
    return msg("{done} of {steps} steps done, then: {problem}", done=done, steps=steps, problem=error.message)
