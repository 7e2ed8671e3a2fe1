"""What services and operations need from the outside, as small protocols; `wiring` hands in the real thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from app.core.actor import Actor
from app.core.capabilities import Found
from app.core.dkim import DkimRecord
from app.core.health import WantedHosts
from app.core.model import Connection, Domain, DomainStatus, PolicyField, Reading, Route, Verdict
from app.core.plan import Applied, Report, State, Step
from app.core.text import Message

Json = Any

Clock = Callable[[], datetime]  # the time now, in UTC, with its zone


# --- Feedback ---------------------------------------------------------------------------------------------------


class Feedback(Protocol):
    """Where a service reports what it did: a flash on the web, an echo on the command line, a list for REST and jobs."""

    def show(self, report: Report) -> None:
        """Shows one report."""
        ...


# --- Calls to upstreams -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request that went to an upstream, secrets masked. `ms` is its duration, `status` None without an answer.

    `curl` is the request as a command line, credentials replaced by names of variables.
    """

    connection: str
    call: str
    method: str
    url: str
    status: int | None
    ms: float
    at: datetime
    curl: str
    write: bool = False
    attempt: int = 1
    bytes: int = 0
    problem: str = ""

    def to_json(self) -> dict[str, Json]:
        """Its JSON form (REST, journal)."""
        return {
            "connection": self.connection,
            "call": self.call,
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "ms": round(self.ms, 1),
            "at": self.at.isoformat(timespec="milliseconds"),
            "curl": self.curl,
            "write": self.write,
            "attempt": self.attempt,
            "bytes": self.bytes,
            "problem": self.problem,
        }


# --- Our own checks ---------------------------------------------------------------------------------------------


class Checker(Protocol):
    """Our own look at DNS and SMTP, with the connection's name servers and certificate authority."""

    def mx_hosts(self, connection: Connection, domain: str) -> list[str]:
        """The hosts of a domain's MX records by preference. Raises NotFound when DNS says that there are none, and
        Unreachable when it cannot be asked."""
        ...

    def test_route(self, connection: Connection, route: Route, domain: str) -> list[Reading]:
        """What a mail to the domain's postmaster would meet at this route, step by step. Raises nothing."""
        ...

    def mx_records(self, connection: Connection, domain: str, wanted: WantedHosts) -> Reading:
        """Whether the MX records lead to the `wanted` hosts; unknown where nobody says which. Raises nothing."""
        ...

    def spf_record(self, connection: Connection, domain: str, senders: Sequence[str]) -> Reading:
        """Whether the SPF record is there and good; one that it proposes names the `senders`. Raises nothing."""
        ...

    def dmarc_record(self, connection: Connection, domain: str) -> Reading:
        """Whether a DMARC policy is there and asks for something. Raises nothing."""
        ...

    def dkim_record(self, connection: Connection, record: DkimRecord) -> Reading:
        """Whether DNS publishes this very key: pass, fail, or unknown where DNS does not answer. Raises nothing."""
        ...


# --- Inventory --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainQuery:
    """Which domains a list shows. `text` is looked for inside names, aliases and route hosts.

    `connections`, `statuses` empty = all; `health`: domains of which this is the worst verdict. `sort`: name,
    connection, changed, aliases, routes, status or mailboxes. `page` counts from 1. Names are matched as punycode and as Unicode.
    """

    text: str = ""
    connections: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    health: Verdict | None = None
    route_host: str = ""
    sort: str = "name"
    descending: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A domain as the inventory holds it. `seen_at`: when an upstream last said so; `stale`: a later read failed.

    `health`: the worst verdict that is stored, None where nothing was checked; `troubles`: the checks that failed, or
    that warn where none fails.
    """

    connection: str
    name: str
    display: str
    aliases: tuple[str, ...] | None
    routes: tuple[Route, ...] | None
    status: DomainStatus
    account: str
    mailboxes: int | None
    ref: Json
    extra: Mapping[str, Json]
    seen_at: datetime
    changed_at: datetime
    missing_since: datetime | None
    stale: bool
    health: Verdict | None = None
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainPage:
    """One page of the list. `total` is exact unless `total_capped`, then there are more than `total`."""

    rows: tuple[DomainRow, ...]
    total: int
    total_capped: bool
    query: DomainQuery


class SyncStatus(StrEnum):
    """How the last sync of a connection ended."""

    NEVER = "never"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class SyncState:
    """The last sync of one connection. `held_missing`: how many domains a held list would mark as missing."""

    connection: str
    status: SyncStatus
    domains: int
    last_ok_at: datetime | None
    last_try_at: datetime | None
    problem: Message | None = None
    held_missing: int = 0
    held_seen: int = 0
    run_id: int | None = None


class Inventory(Protocol):
    """Our local, dated copy of what the upstreams said. Every read is cut to the actor's scope."""

    def page(self, actor: Actor, query: DomainQuery) -> DomainPage: ...

    def get(self, actor: Actor, connection: str, name: str) -> DomainRow | None: ...

    def find(self, actor: Actor, names: Sequence[tuple[str, str]]) -> list[DomainRow]:
        """The rows of those (connection, name) pairs that exist in the scope, in the order of `names`."""
        ...

    def iterate(self, actor: Actor, query: DomainQuery) -> Iterator[DomainRow]:
        """All rows of a query, page by page by key, without holding them in memory."""
        ...

    def count_by_status(self, actor: Actor) -> dict[str, dict[str, int]]:
        """connection -> status -> number of domains."""
        ...

    def owners_of(self, actor: Actor, name: str) -> list[tuple[str, str]]:
        """(connection, domain) pairs where `name` is a domain or an alias."""
        ...

    # Written by sync and by the executor only.
    def upsert(self, domain: Domain) -> None:
        """Stores one domain as just read."""
        ...

    def upsert_many(self, domains: Iterable[Domain]) -> None:
        """Stores several domains as just read, in one transaction."""
        ...

    def forget(self, connection: str, name: str) -> None:
        """Takes the row out: we removed the domain ourselves."""
        ...

    def forget_connection(self, connection: str) -> None:
        """Takes out everything of a connection that was removed."""
        ...

    def mark_stale(self, connection: str, name: str) -> None:
        """The row may be old: a write touched it and the read after it failed."""
        ...

    def begin_sync(self, connection: str) -> int:
        """Starts a run; returns its id."""
        ...

    def put_batch(self, run_id: int, connection: str, domains: Sequence[Domain]) -> None:
        """Stores one batch of a run (at most a few hundred) in one transaction."""
        ...

    def missing_after(self, run_id: int, connection: str) -> tuple[int, int]:
        """(rows of the connection that the run did not see, rows known before that were not already missing)."""
        ...

    def finish_sync(self, run_id: int, connection: str) -> int:
        """Marks what the run did not see as missing; returns how many. The run is OK."""
        ...

    def hold_sync(self, run_id: int, connection: str, seen: int, missing: int) -> None:
        """Keeps everything and waits for a person."""
        ...

    def fail_sync(self, run_id: int, connection: str, problem: Message) -> None:
        """The run ended early; nothing is marked as missing."""
        ...

    def sync_states(self, actor: Actor) -> dict[str, SyncState]:
        """The last run of each connection in the scope, by key."""
        ...


# --- Journal ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the journal. `steps`: how many steps its plan has; `step_no` counts from 0.

    `command`: the wish that it is a part of, so that it can be planned again; secrets masked.
    """

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    door: str
    connection: str
    step: Step
    state: State
    request_key: str
    step_no: int
    command_sum: str
    steps: int = 1
    command: Mapping[str, Json] | None = None
    problem: Message | None = None
    upstream_id: str | None = None
    ms: float | None = None
    closed_at: datetime | None = None
    settled_by: str = ""
    note: str = ""
    now: Mapping[str, Json] | None = None
    calls: Sequence[Mapping[str, Json]] = ()
    warnings: Sequence[str] = ()
    job_id: int | None = None
    item_id: int | None = None
    undo_of: int | None = None
    undone_by: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which changes a list shows, newest first. `before_id`: keyset paging, only rows with a smaller id."""

    connection: str = ""
    domain: str = ""
    actor_name: str = ""
    verb: str = ""
    states: tuple[str, ...] = ()
    door: str = ""
    since: datetime | None = None
    until: datetime | None = None
    job_id: int | None = None
    undo_of: int | None = None
    text: str = ""
    before_id: int | None = None
    size: int = 50


class Journal(Protocol):
    """Every write, journalled before it is sent. Each call is one short transaction of its own."""

    def by_request(self, actor: Actor, request_key: str) -> list[Change]:
        """The steps already journalled under this key by this person, in order."""
        ...

    def intend(
        self,
        actor: Actor,
        connection: str,
        step: Step,
        *,
        request_key: str,
        step_no: int,
        command_sum: str,
        steps: int = 1,
        command: Mapping[str, Json] | None = None,
        job_id: int | None = None,
        item_id: int | None = None,
        undo_of: int | None = None,
    ) -> int:
        """Writes "intended" and commits; returns the row's id. `steps`: how many the whole plan has.

        Raises `DuplicateRequest` when the same person already has this key and number.
        """
        ...

    def close(
        self,
        change_id: int,
        state: State,
        *,
        problem: Message | None = None,
        applied: Applied | None = None,
        ms: float | None = None,
        calls: Sequence[CallRecord] = (),
    ) -> None:
        """Writes the outcome of an intended row."""
        ...

    def settle(
        self, change_id: int, state: State, *, by: str, now: Mapping[str, Json] | None = None, note: str = ""
    ) -> bool:
        """Closes a row that was intended or unknown; False when somebody else was faster."""
        ...

    def note_unsettled(self, change_id: int, now: Mapping[str, Json] | None, problem: Message) -> None:
        """A look could not tell: the row becomes (or stays) unknown, with what is there now."""
        ...

    def unsettled(self, older_than: datetime, limit: int = 100) -> list[Change]:
        """Rows intended or unknown since before `older_than`, that no look has been at recently."""
        ...

    def link_undo(self, change_id: int, undone_by: int) -> None:
        """Marks a change as undone by another."""
        ...

    def get(self, actor: Actor, change_id: int) -> Change | None: ...

    def page(self, actor: Actor, query: ChangeQuery) -> list[Change]:
        """At most `query.size` + 1 rows, newest first (one more tells that there is a next page)."""
        ...

    def count_open(self, actor: Actor) -> int:
        """How many rows wait to be settled."""
        ...


class DuplicateRequest(Exception):
    """The request key and step number are there already."""


# --- Jobs -------------------------------------------------------------------------------------------------------


class JobState(StrEnum):
    """The state of a job. `stopping`: no item is started any more, the running ones finish."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Nothing will happen any more unless a person resumes or retries."""
        return self in (JobState.STOPPED, JobState.DONE, JobState.PARTIAL, JobState.FAILED)


class ItemState(StrEnum):
    """The state of a job's item."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JobItem:
    """One piece of a job. `command` is JSON (secrets encrypted at rest); `result` a text for people once it ended."""

    id: int
    job_id: int
    no: int
    subject: str
    command: Mapping[str, Json]
    state: ItemState
    result: Message | None = None
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress: int = 0
    progress_total: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Many pieces of work, one plan. `counts`: items by state."""

    id: int
    kind: str
    title: Message
    actor: Actor
    state: JobState
    created_at: datetime
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    params: Mapping[str, Json] = field(default_factory=dict)
    progress: int = 0
    progress_total: int | None = None

    @property
    def finished_items(self) -> int:
        """Items that ended, whatever way."""
        return self.total - self.counts.get("queued", 0) - self.counts.get("running", 0)


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item of a job to be created. One that is not queued has ended already, with its `result`."""

    subject: str
    command: Mapping[str, Json]
    state: ItemState = ItemState.QUEUED
    result: Message | None = None


class Jobs(Protocol):
    """Jobs and their items as rows; a queue's message is only a nudge."""

    def create(
        self,
        actor: Actor,
        kind: str,
        title: Message,
        items: Iterable[NewItem],
        *,
        params: Mapping[str, Json] | None = None,
        request_key: str = "",
        held: bool = False,
        alone: bool = False,
    ) -> int:
        """Stores a job with its items (taken in batches) and returns its id. `held`: it waits, stopped, for `resume`.

        The same person's same `request_key` gives the id of the job made before; with `alone`, what `active` finds does.
        """
        ...

    def add(self, job_id: int, items: Iterable[NewItem]) -> None:
        """Further items for a job that is at work, after those that it has: for an item that finds out what there is to do."""
        ...

    def by_request(self, actor: Actor, request_key: str) -> int | None:
        """The job that this person made under this key, if there is one."""
        ...

    def get(self, actor: Actor, job_id: int) -> Job | None: ...

    def page(
        self, actor: Actor, *, before_id: int | None = None, size: int = 50, kind: str = ""
    ) -> list[Job]: ...

    def items(
        self,
        job_id: int,
        *,
        states: Sequence[ItemState] = (),
        after_no: int = 0,
        size: int = 100,
    ) -> list[JobItem]: ...

    def claim(self, job_id: int, limit: int, lease_seconds: float) -> list[JobItem]:
        """Takes up to `limit` items that are queued, or running with a lease that is over; sets their lease.

        Empty when none is left or the job is stopping. A claimed item that was running before has `attempts` > 1.
        """
        ...

    def extend(self, item_ids: Sequence[int], lease_seconds: float) -> None:
        """Still at work: the lease runs anew."""
        ...

    def progress(self, item_id: int, done: int, total: int | None) -> None:
        """How far a long item is."""
        ...

    def finish(self, results: Sequence[tuple[int, ItemState, Message | None]]) -> None:
        """Ends items, in one transaction: (item id, state, text)."""
        ...

    def release(self, item_ids: Sequence[int]) -> None:
        """Gives claimed items back unfinished (the worker is stopping)."""
        ...

    def close_if_finished(self, job_id: int) -> JobState:
        """Sets the job's final state when no item is left to do; returns the state it has now."""
        ...

    def request_stop(self, job_id: int) -> bool: ...

    def resume(self, job_id: int) -> bool:
        """A stopped job goes on."""
        ...

    def retry(self, job_id: int, states: Sequence[ItemState]) -> int:
        """Puts items of these states back into the queue; returns how many."""
        ...

    def unfinished(self) -> list[int]:
        """Ids of jobs that have something to do now (queued items, or leases that are over)."""
        ...

    def active(self, kind: str, key: str) -> int | None:
        """The id of an unfinished job of this kind whose `params["key"]` is `key`, if there is one."""
        ...

    def count_running(self, actor: Actor) -> int: ...


class Queue(Protocol):
    """Nudges the worker. A lost nudge costs time only: the sweep finds the rows."""

    def nudge(self, job_id: int) -> None: ...


# --- Connections ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The last test of a connection: what was found, or the problem; `ms` the time of the slowest call."""

    at: datetime
    ok: bool
    found: Found | None
    problem: Message | None
    ms: float


class ConnectionStore(Protocol):
    """The connections that are kept in the database. Declared ones come from a file and are joined by wiring."""

    def all(self) -> list[Connection]: ...

    def get(self, key: str) -> Connection | None: ...

    def add(self, connection: Connection) -> None:
        """Raises Conflict when the key is taken."""
        ...

    def replace(self, connection: Connection, expected_version: str) -> None:
        """Raises Conflict when it was changed since `expected_version`."""
        ...

    def remove(self, key: str) -> None: ...

    def save_probe(self, key: str, result: ProbeResult) -> None:
        """Stored for declared connections too."""
        ...

    def probes(self) -> dict[str, ProbeResult]:
        """The last test of each connection, by key."""
        ...


class Connections(Protocol):
    """All connections, stored and declared, cut to the actor's scope."""

    def visible(self, actor: Actor) -> list[Connection]: ...

    def get(self, actor: Actor, key: str) -> Connection | None: ...


@dataclass(frozen=True, slots=True)
class SettingReading:
    """A domain's value of a setting as it was read: its own, or not."""

    domain: str
    value: Json
    own: bool
    read_at: datetime


class SettingReadings(Protocol):
    """Values of settings as they were last read, so that "who overrides this?" needs no call per domain."""

    def store(self, connection: str, domain: str, fields: Sequence[PolicyField]) -> None:
        """Keeps the fields of one domain as just read; fields with a problem are left as they were."""
        ...

    def owners(self, actor: Actor, connection: str, name: str, most: int = 1000) -> list[SettingReading]:
        """Domains in the scope that have a value of their own, by name."""
        ...

    def coverage(self, actor: Actor, connection: str, name: str) -> tuple[int, datetime | None]:
        """(how many domains of the scope were read, the oldest reading)."""
        ...

    def counts(self, actor: Actor, connection: str) -> dict[str, tuple[int, int]]:
        """Setting -> (domains of the scope with a value of their own, domains that were read)."""
        ...


class Settings(Protocol):
    """A few small values that the product remembers itself (JSON by name)."""

    def read(self, name: str, default: Json = None) -> Json: ...

    def write(self, name: str, value: Json) -> None: ...
