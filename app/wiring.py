"""Joins everything: settings -> database, stores, drivers, operations and services. The only place that names them all."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg
import redis
from huey import Huey, PostgresHuey, PriorityRedisHuey, SqliteHuey, crontab
from huey.serializer import SignedSerializer

from app.checks.checker import Checks
from app.core.actor import Actor, system_actor
from app.core.capabilities import Card, Driver
from app.core.connections import read_declared
from app.core.model import Connection
from app.core.plan import Report
from app.core.ports import CallRecord, Feedback, Job
from app.core.secret import Secret
from app.features.aliases.email import EmailAliasService
from app.features.aliases.service import AliasService
from app.features.bulk.imports import ImportService
from app.features.bulk.service import BulkService
from app.features.changes.service import ChangeService
from app.features.connections.service import ConnectionService
from app.features.console.matrix import MatrixService
from app.features.console.service import ConsoleService
from app.features.dkim.service import DkimService
from app.features.domains.details import DetailService
from app.features.domains.platforms import PlatformService
from app.features.domains.service import DomainService
from app.features.health.service import HealthService
from app.features.jobs.service import JobService
from app.features.lookup.service import LookupService
from app.features.named_policies.service import NamedPolicyService
from app.features.notes.service import NoteService
from app.features.overview.frame import StoredFrame
from app.features.overview.service import OverviewService
from app.features.people.models import Role, User
from app.features.people.service import FirstAdmin, PeopleService
from app.features.people.sign_in import FlaskPasswords
from app.features.people.tokens import TokenGate, TokenService
from app.features.policies.service import PolicyService
from app.features.quarantine.searches import BoxSearchService
from app.features.quarantine.service import QuarantineService
from app.features.resources.service import ResourceService
from app.features.rules.service import RuleService
from app.features.search.service import SearchService
from app.features.statistics.service import StatisticsService
from app.features.upstream_access.service import AccessService
from app.net.calls import collect
from app.net.http import Http
from app.net.limits import limits_for
from app.operations.directory import Directory
from app.operations.executor import Executor
from app.operations.gather import Gather
from app.operations.health import Examiner
from app.operations.health_work import FailuresItem, HealthItem, HealthSweep
from app.operations.items import READ_BACK_AT_MOST, CommandItem, ReadSettingItem, RefreshItem, SyncItem
from app.operations.live import LiveDomains
from app.operations.mail_searches import BOX, LIST, ListBoxesItem, SearchBoxItem
from app.operations.mailboxes import BesideDomains
from app.operations.messages import MailSearch
from app.operations.policies import LivePolicies, ReadPoliciesItem
from app.operations.pool import DriverPool
from app.operations.probing import Prober
from app.operations.queue import NudgingQueue
from app.operations.rules import ReadRulesItem, RuleReads
from app.operations.runner import CollectCalls, Runner
from app.operations.schedule import Schedule, SyncJobs
from app.operations.settle import Settler
from app.operations.sync import Sync
from app.operations.worker import Slots, Worker
from app.providers import registry
from app.storage.accounts import SignInGuard, SqlAccounts
from app.storage.archive import Restored, read_archive, write_archive
from app.storage.connections import SqlConnectionStore
from app.storage.db import Database, upgrade
from app.storage.health import SqlHealth
from app.storage.inventory import SqlInventory
from app.storage.jobs import SqlJobs
from app.storage.journal import SqlJournal
from app.storage.mail_searches import SqlMailSearches
from app.storage.mailboxes import SqlMailboxes
from app.storage.notes import SqlNotes
from app.storage.policy_readings import SqlPolicyReadings
from app.storage.readings import SqlSettingReadings
from app.storage.rules import SqlRuleBook
from app.storage.tokens import SqlTokens
from app.storage.vault import Vault, add_key, rotate

JOBS_AT_ONCE = 8  # in one worker process, each with `job_threads` of its own

HEALTH_QUESTIONS = 64  # questions about the health of domains that one process asks at once

_QUEUE_LOCK = 0x71756575  # "queu": the advisory lock that lets one process make the queue's tables at a time
# A page puts a nudge into the queue: it must not wait for minutes when the server has gone without a word.
_POSTGRES_PATIENCE = {"connect_timeout": 3, "tcp_user_timeout": 5_000}


class Settings(Protocol):
    """What wiring reads of the configuration (`config.Config`)."""

    data_dir: Path
    database_url: str
    connections_file: Path | None
    demo_connections_file: Path | None
    admin_email: str
    admin_password: str
    encryption_keys: tuple[str, ...]
    secret_key: str
    redis_url: str | None
    queue_url: str
    sync_minutes: int
    health_hours: int
    page_deadline: float
    settle_grace: float
    job_threads: int
    workers: int
    reason_needed: bool

    def public(self) -> dict[str, str]:
        """The settings that are no secrets, by variable."""
        ...


class Stores:
    """Everything that is kept: the ports of core behind which storage stands."""

    def __init__(self, config: Settings) -> None:
        self.database = Database(config.database_url)
        self.vault = Vault.open(config.data_dir / "encryption.key", config.encryption_keys)
        self.store = SqlConnectionStore(self.database, self.vault)
        self.inventory = SqlInventory(self.database)
        self.journal = SqlJournal(self.database)
        self.jobs = SqlJobs(self.database, self.vault)
        self.readings = SqlSettingReadings(self.database)
        self.policy_readings = SqlPolicyReadings(self.database)
        self.rules = SqlRuleBook(self.database)
        self.health = SqlHealth(self.database)
        self.notes = SqlNotes(self.database)
        self.mailboxes = SqlMailboxes(self.database)
        self.mail_searches = SqlMailSearches(self.database, now)
        self.accounts = SqlAccounts(self.database, User, Role)
        self.tokens = SqlTokens(self.database, User)
        self.sign_in_guard = SignInGuard(self.database)


class Wired(Stores):
    """Everything joined, by name. `factories` make a service for the Feedback that its door hands in."""

    def __init__(self, config: Settings, observe_call: Callable[[CallRecord], None], version: str) -> None:
        super().__init__(config)
        self._config = config
        self._version = version
        self.cards = registry.cards()
        declared = declared_connections(config, self.cards)
        self.connections = Directory(self.store, declared)
        self.frame_source = StoredFrame(
            self.connections,
            self.store,
            self.jobs,
            self.journal,
            any(c.demo for c in declared),
            self.health,
            self.cards,
        )
        self.token_gate = TokenGate(self.tokens, now)
        self.collect_calls: CollectCalls = collect
        self._join_operations(config, observe_call)
        self._join_worker(config)
        self.factories = self._services()

    def _join_operations(self, config: Settings, observe_call: Callable[[CallRecord], None]) -> None:
        page = config.page_deadline
        self.pool = DriverPool(Drivers(config, observe_call).build, self.cards, self.store.probes)
        self.gather, self.checks = Gather(), Checks(now)
        self.sync = Sync(self.pool, self.inventory, self.rules, self.mailboxes)
        self.rule_reads = RuleReads(self.pool, self.rules)
        self.beside = BesideDomains(self.pool, self.mailboxes, self.rule_reads, now)
        self.live = LiveDomains(self.connections, self.inventory, self.pool, self.sync, self.gather, page)
        self.runner = Runner(self.journal, collect)
        self.executor = Executor(
            self.connections, self.pool, self.runner, self.sync, self.rule_reads, self.beside
        )
        self.settler = Settler(
            self.journal, self.connections, self.pool, self.sync, self.rule_reads, now, config.settle_grace
        )
        self.policies = LivePolicies(self.pool, self.policy_readings)
        self.mail = MailSearch(self.connections, self.inventory, self.pool, self.gather, self.runner, page)
        self.prober = Prober(self.store, self.pool, self.gather, now, page)
        # Checks wait for slow hosts, so they have threads of their own.
        checking = Gather(HEALTH_QUESTIONS)
        self.examiner = Examiner(self.pool, self.checks, self.health, checking, now)

    def _join_worker(self, config: Settings) -> None:
        self.huey = queue(config)
        self.queue = NudgingQueue(lambda job_id: nudge(job_id), queue_failures())
        self.sync_jobs = SyncJobs(self.jobs, self.queue, self.pool)
        self.schedule = Schedule(
            self.jobs,
            self.queue,
            self.connections,
            self.store,
            self.inventory,
            self.settler,
            self.sync_jobs,
            self.prober,
            now,
            config.sync_minutes,
            HealthSweep(
                self.connections, self.inventory, self.health, self.examiner, now, config.health_hours
            ),
            self.mail_searches.forget_old,
        )
        self.worker = Worker(
            self.jobs,
            lambda job_id: self.jobs.get(system_actor(), job_id),
            {
                "sync": SyncItem(self.connections, self.sync, self.beside),
                "refresh": RefreshItem(self.connections, self.sync),
                "read_setting": ReadSettingItem(self.connections, self.pool, self.readings),
                "read_policies": ReadPoliciesItem(self.connections, self.policies),
                "read_rules": ReadRulesItem(self.connections, self.rule_reads),
                "health": HealthItem(self.connections, self.inventory, self.examiner),
                "health_failures": FailuresItem(self.connections, self.examiner),
                LIST: ListBoxesItem(self.connections, self.mail_searches, self.mail, self.jobs),
                BOX: SearchBoxItem(self.connections, self.mail_searches, self.mail),
                "*": CommandItem(self.executor, self.settler),
            },
            AfterJob(self.connections, self.sync_jobs),
            threads=config.job_threads,
        )
        slots = Slots(self.worker.work, self.queue.nudge, JOBS_AT_ONCE)
        nudge = register_tasks(self.huey, slots, self.schedule.tick)

    def _services(self) -> dict[type, Callable[[Feedback], Any]]:
        """How each service is made."""
        it, page = self, self._config.page_deadline
        return {
            PeopleService: lambda f: PeopleService(it.accounts, FlaskPasswords(), it.connections, f),
            TokenService: lambda f: TokenService(it.tokens, now, f),
            ConnectionService: lambda f: ConnectionService(
                it.store,
                it.connections,
                it.pool,
                it.inventory,
                it.rules,
                it.mailboxes,
                it.journal,
                it.sync_jobs,
                it.prober,
                f,
            ),
            DomainService: lambda f: DomainService(
                it.executor,
                it.connections,
                it.inventory,
                it.journal,
                it.pool,
                it.live,
                it.sync_jobs,
                it.gather,
                it.checks,
                f,
            ),
            DetailService: lambda f: DetailService(
                it.executor, it.connections, it.inventory, it.pool, it.live, f
            ),
            PlatformService: lambda f: PlatformService(it.executor, it.live, it.pool, f),
            AliasService: lambda f: AliasService(it.executor, it.live, f),
            AccessService: lambda f: AccessService(
                it.executor, it.connections, it.live, it.pool, it.gather, page, f
            ),
            EmailAliasService: lambda f: EmailAliasService(it.executor, it.live, it.pool, f),
            ResourceService: lambda f: ResourceService(
                it.executor,
                it.connections,
                it.inventory,
                it.journal,
                it.live,
                it.pool,
                it.gather,
                it.jobs,
                it.queue,
                page,
                f,
            ),
            StatisticsService: lambda f: StatisticsService(it.connections, it.pool, it.gather, page, f),
            DkimService: lambda f: DkimService(it.executor, it.live, it.pool, it.gather, it.checks, page, f),
            HealthService: lambda f: HealthService(
                it.connections,
                it.store,
                it.inventory,
                it.health,
                it.pool,
                it.examiner,
                it.jobs,
                it.queue,
                it.live,
                f,
            ),
            ChangeService: lambda f: ChangeService(
                it.journal, it.connections, it.pool, it.executor, it.settler, f
            ),
            JobService: lambda f: JobService(it.jobs, it.queue, f),
            PolicyService: lambda f: PolicyService(
                it.executor,
                it.connections,
                it.inventory,
                it.readings,
                it.pool,
                it.jobs,
                it.queue,
                it.gather,
                page,
                f,
            ),
            NamedPolicyService: lambda f: NamedPolicyService(
                it.executor,
                it.connections,
                it.inventory,
                it.policies,
                it.policy_readings,
                it.pool,
                it.jobs,
                it.queue,
                it.gather,
                page,
                f,
            ),
            RuleService: lambda f: RuleService(
                it.executor,
                it.connections,
                it.inventory,
                it.rules,
                it.rule_reads,
                it.pool,
                it.jobs,
                it.queue,
                it.gather,
                now,
                page,
                f,
            ),
            QuarantineService: lambda f: QuarantineService(
                it.executor,
                it.connections,
                it.pool,
                it.mail,
                it.jobs,
                it.queue,
                now,
                it._config.reason_needed,
                f,
            ),
            BoxSearchService: lambda f: BoxSearchService(
                it.connections, it.inventory, it.pool, it.jobs, it.queue, it.mail_searches, now, f
            ),
            OverviewService: lambda f: OverviewService(
                it.connections, it.store, it.pool, it.inventory, it.journal, it.jobs, it.health, f
            ),
            NoteService: lambda f: NoteService(it.notes, it.live, now, f),
            LookupService: lambda f: LookupService(
                it.connections,
                it.inventory,
                it.rules,
                it.rule_reads,
                it.notes,
                it.pool,
                it.gather,
                now,
                page,
                f,
            ),
            SearchService: lambda f: SearchService(it.inventory, it.mailboxes, it.rules, it.journal, now, f),
            ImportService: lambda f: ImportService(it.inventory, it.connections, it.pool, it.jobs, f),
            ConsoleService: lambda f: ConsoleService(
                it.connections, it.pool, it.runner, it.executor, registry.contract, f
            ),
            MatrixService: lambda _f: MatrixService(
                it.connections, it.pool, registry.contract, registry.used_calls
            ),
            BulkService: lambda f: BulkService(it.inventory, it.connections, it.pool, it.jobs, it.queue, f),
        }

    # --- what the command line does with all of it ---

    def migrate(self) -> None:
        """Brings database and queue up to date."""
        upgrade(self._config.database_url)
        prepare_queue(self.huey)

    def first_admin(self) -> FirstAdmin | None:
        """Makes the first administrator; None when there is an account already."""
        people: PeopleService = self.factories[PeopleService](NoFeedback())
        password = self._config.admin_password
        return people.create_first_admin(self._config.admin_email, Secret(password) if password else None)

    def run_worker(self) -> None:
        """Runs jobs and schedules until a signal comes."""
        prepare_queue(self.huey)
        run_worker(self.huey, self.worker)

    def back_up(self, target: Path) -> Mapping[str, int]:
        """Writes database, keys and settings into one archive; returns the rows by table."""
        config = self._config
        return write_archive(target, self.database, kept_keys(config), config.public(), self._version)

    def restore(self, source: Path) -> Restored:
        """Reads an archive into this installation, which must be empty."""
        wanted = dict.fromkeys(kept_keys(self._config), True)
        return read_archive(source, self.database, self._config.data_dir, wanted)

    def rotate_keys(self) -> int:
        """Brings every stored secret under a new key; returns how many rows hold one."""
        return rotate_keys(self._config, self.database)


def build(
    config: Settings, observe_call: Callable[[CallRecord], None] = lambda _call: None, version: str = ""
) -> Wired:
    """Builds the whole application below its doors. Raises core.errors.Invalid for a bad connections file."""
    return Wired(config, observe_call, version)


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def declared_connections(config: Settings, cards: Mapping[str, Card]) -> list[Connection]:
    """The connections of the files: the demo's, and those of people who deploy from git."""
    declared: list[Connection] = []
    if config.demo_connections_file and config.demo_connections_file.is_file():
        declared += read_declared(config.demo_connections_file, cards, demo=True)
    if config.connections_file:
        declared += read_declared(config.connections_file, cards)
    return declared


class NoFeedback:
    """For what happens before anybody is there to be told."""

    def show(self, report: Report) -> None:
        """Drops the report."""


class Drivers:
    """Makes the driver of a connection: with its own pooled HTTP session and its own limits.

    The worker and each process of the dashboard get an equal part of a connection's caps: embedded, a half. With Redis they
    share the whole caps, and keep to their parts only while it does not answer.
    """

    def __init__(self, config: Settings, observe_call: Callable[[CallRecord], None]) -> None:
        self._limits = limits_for(config.redis_url, share=1 / (config.workers + 1))
        self._observe = observe_call

    def build(self, connection: Connection) -> Driver:
        """A new driver."""
        http = Http(connection, self._limits(connection), now, sink=self._observe)
        return registry.build(connection, http)


class AfterJob:
    """What follows a job: bulk work that did not read back each domain reads the whole list once."""

    def __init__(self, connections: Directory, sync_jobs: SyncJobs) -> None:
        self._connections = connections
        self._sync_jobs = sync_jobs

    def __call__(self, job: Job) -> None:
        """Starts a sync of every connection that a large job touched."""
        if job.kind == "sync" or job.total <= READ_BACK_AT_MOST:
            return
        actor = Actor.from_json({**job.actor.to_json(), "door": "worker"})
        for key in job.params.get("connections", ()):
            connection = self._connections.get(actor, key)
            if connection is not None:
                self._sync_jobs.start(actor, connection)


def queue(config: Settings) -> Huey:
    """The Huey that the settings ask for: a SQLite file of its own, PostgreSQL or Redis. Messages are signed."""
    common: dict[str, Any] = {
        "name": "gatehouse",
        "results": False,
        "serializer": SignedSerializer(secret=config.secret_key, salt="gatehouse-queue"),
    }
    url = config.queue_url
    if url.startswith(("postgres://", "postgresql://", "postgresql+psycopg://")):
        dsn = url.replace("+psycopg", "").replace("postgres://", "postgresql://", 1)
        return PostgresHuey(dsn=dsn, create_tables=False, **_POSTGRES_PATIENCE, **common)
    if url.startswith(("redis://", "rediss://")):
        pool = redis.ConnectionPool.from_url(url, socket_connect_timeout=3, socket_timeout=5)
        return PriorityRedisHuey(connection_pool=pool, **common)
    path = url.removeprefix("sqlite:///") if url else str(config.data_dir / "queue.sqlite3")
    return SqliteHuey(filename=path, fsync=True, timeout=15, **common)


def queue_failures() -> tuple[type[Exception], ...]:
    """What putting a message into a queue that is down raises."""
    return (psycopg.Error, redis.RedisError, sqlite3.Error, OSError)


def prepare_queue(huey: Huey) -> None:
    """Makes the tables of a queue in PostgreSQL where they are missing; several processes may call it at once."""
    if isinstance(huey, PostgresHuey):
        with psycopg.connect(huey.storage.dsn) as lock:
            lock.execute("SELECT pg_advisory_xact_lock(%s)", (_QUEUE_LOCK,))
            huey.storage.initialize_schema()


def register_tasks(
    huey: Huey, work: Callable[[int], object], tick: Callable[[], object]
) -> Callable[[int], object]:
    """Registers the worker's functions with the queue; returns what puts a nudge of a job into it.

    Ticks overtake nudges, and there are more threads than slots for jobs: long jobs do not keep the schedule waiting.
    """
    huey.periodic_task(crontab(minute="*"), name="gatehouse.tick", priority=1)(lambda: tick())
    nudge: Callable[[int], object] = huey.task(name="gatehouse.work")(lambda job_id: work(job_id))
    return nudge


def run_worker(huey: Huey, worker: Worker) -> None:
    """Runs the queue's consumer until a signal comes. What is being sent then is finished; the rest goes back.

    The first tick comes at once.
    """
    consumer = huey.create_consumer(
        workers=JOBS_AT_ONCE + 2,
        worker_type="thread",
        graceful_signal="TERM",
        max_delay=1.0,
    )
    set_handlers = consumer._set_signal_handlers

    def with_shut_down() -> None:
        """The consumer waits for running tasks, and a job is one long task: it must hear of the signal as well."""
        set_handlers()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _both(worker.shut_down, signal.getsignal(number)))

    consumer._set_signal_handlers = with_shut_down
    consumer.run()


def _both(first: Callable[[], None], then: Any) -> Callable[[int, Any], None]:
    def handle(number: int, frame: Any) -> None:
        first()
        then(number, frame)

    return handle


def kept_keys(config: Settings) -> dict[str, str]:
    """The text of each key file in the data folder, by name; keys that come by a setting have none."""
    files = (config.data_dir / name for name in ("encryption.key", "secret.key"))
    return {file.name: file.read_text(encoding="utf-8") for file in files if file.exists()}


def rotate_keys(config: Settings, database: Database) -> int:
    """Puts a new encryption key in front and brings every stored secret under it; returns how many rows hold one.

    Where the keys come by a setting, they are brought under the first of those.
    """
    path = config.data_dir / "encryption.key"
    if not path.exists():
        return rotate(database, Vault(config.encryption_keys))
    add_key(path)
    return rotate(database, Vault.open(path))
