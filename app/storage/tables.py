"""All tables but those of accounts. Plain tables, not mapped classes: rows become the frozen types of core."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from app.core.model import DomainStatus
from app.core.plan import State
from app.storage.column_types import BigId, JsonValue, SafeText, UtcDateTime, name_type
from app.storage.db import Base

CONNECTION_KEY = 64
DOMAIN_NAME = 255
FIRST_ROUTE = 300
NOT_SAID = -1  # in a count: the upstream does not say


def _sort_index(order: str, *columns: str) -> Index:
    return Index(f"ix_domains_by_{order}", *columns, postgresql_include=["id"])


# --- Inventory --------------------------------------------------------------------------------------------------

# `ident` joins connection and name: rows are found by one unique column, for which PostgreSQL needs no statistics to
# choose the index (for two columns it read the whole connection during a first sync). `status` is what lists show, `upstream_status` what the upstream said last (they differ while a domain is missing).
# `search` holds the texts that are looked for, one per line, see `inventory_rows.search_text`. `content_sum` and
# `facts_sum` name what people see of the domain, and what only the driver and the details page use.
# Not in code, because each database has its own: the full-text index over `search`, made by the first migration.
domains = Table(
    "domains",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("ident", name_type(CONNECTION_KEY + 1 + DOMAIN_NAME), nullable=False, unique=True),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("name", name_type(DOMAIN_NAME), nullable=False),
    Column("status", String(16), nullable=False),
    Column("upstream_status", String(16), nullable=False),
    Column("account", SafeText, nullable=False),
    Column("aliases", JsonValue),
    Column("alias_count", Integer, nullable=False),
    Column("routes", JsonValue),
    Column("first_route", name_type(FIRST_ROUTE), nullable=False),
    Column("mailboxes", Integer, nullable=False),
    Column("ref", JsonValue),
    Column("extra", JsonValue),
    Column("search", SafeText, nullable=False),
    Column("content_sum", String(16), nullable=False),
    Column("facts_sum", String(16), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("missing_since", UtcDateTime),
    # One index per sort order. Each holds all that a filter or a scope asks for and the id (SQLite's do by nature), so
    # that a list walks the index alone.
    _sort_index("name", "name", "connection", "status"),
    _sort_index("connection", "connection", "name", "status"),
    _sort_index("changed", "changed_at", "name", "connection", "status"),
    _sort_index("aliases", "alias_count", "name", "connection", "status"),
    _sort_index("route", "first_route", "name", "connection", "status"),
    _sort_index("status", "status", "name", "connection"),
    _sort_index("mailboxes", "mailboxes", "name", "connection", "status"),
)

# When a domain was last seen, apart from the domain itself: a sync in which nothing changed rewrites only these
# narrow rows.
sightings = Table(
    "domain_sightings",
    Base.metadata,
    Column("domain_id", BigId, ForeignKey("domains.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("stale", Boolean(create_constraint=False), nullable=False),
)

# Numbers of domains, kept in the transactions that change them: counting 100,000 rows is no work for a page.
domain_counts = Table(
    "domain_counts",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("n", Integer, nullable=False),
)

# The last sync of each connection. Its row is also the lock that lets one writer at a time change the inventory of a
# connection. `known`: domains before the run that were not missing.
sync_states = Table(
    "sync_states",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("known", Integer, nullable=False),
    Column("last_ok_at", UtcDateTime),
    Column("last_try_at", UtcDateTime),
    Column("problem", JsonValue),
    Column("held_missing", Integer, nullable=False),
    Column("held_seen", Integer, nullable=False),
)

# Domains that we read back, or removed, while a sync is under way: its list may be older than they are.
sync_touched = Table(
    "sync_touched",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("name", name_type(DOMAIN_NAME), primary_key=True),
)

# --- Journal ----------------------------------------------------------------------------------------------------

_OPEN = text("state IN ('intended', 'unknown')")
OPEN_STATES = tuple(state.value for state in State if state.open)

# Rows are added, never removed; after that only the columns from `state` on change. `actor_key` names the person (or
# "system") where `actor_id` may be empty.
changes = Table(
    "changes",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", BigInteger),
    Column("actor_key", String(255), nullable=False),
    Column("actor_name", SafeText, nullable=False),
    Column("door", String(16), nullable=False),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("verb", String(32), nullable=False),
    Column("domain", name_type(DOMAIN_NAME)),
    Column("subject", SafeText, nullable=False),
    Column("step", JsonValue, nullable=False),
    Column("request_key", String(255), nullable=False),
    Column("step_no", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("command_sum", String(64), nullable=False),
    Column("command", JsonValue),
    Column("job_id", BigInteger),
    Column("item_id", BigInteger),
    Column("undo_of", BigInteger),
    Column("state", String(16), nullable=False),
    Column("problem", JsonValue),
    Column("warnings", JsonValue),
    Column("calls", JsonValue),
    Column("upstream_id", SafeText),
    Column("ms", Float),
    Column("closed_at", UtcDateTime),
    Column("settled_by", SafeText, nullable=False),
    Column("note", SafeText, nullable=False),
    Column("now", JsonValue),
    Column("undone_by", BigInteger),
    Column("looks", Integer, nullable=False),
    Column("next_look_at", UtcDateTime),
    UniqueConstraint("actor_key", "request_key", "step_no"),
    Index("ix_changes_by_connection", "connection", "id"),
    Index("ix_changes_by_domain", "domain", "id"),
    Index("ix_changes_by_actor", "actor_name", "id"),
    Index("ix_changes_by_job", "job_id", "id"),
    Index("ix_changes_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

# --- Jobs -------------------------------------------------------------------------------------------------------

_ACTIVE = text("state IN ('creating', 'queued', 'running', 'stopping')")

# The counts of items by state are kept here by whoever moves an item. `request_key` is empty (NULL) where a job was
# not asked for under one.
jobs = Table(
    "jobs",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("title", JsonValue, nullable=False),
    Column("actor", JsonValue, nullable=False),
    Column("actor_key", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("params", JsonValue, nullable=False),
    Column("key", SafeText, nullable=False),
    Column("request_key", String(255)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("total", Integer, nullable=False),
    Column("n_queued", Integer, nullable=False),
    Column("n_running", Integer, nullable=False),
    Column("n_done", Integer, nullable=False),
    Column("n_failed", Integer, nullable=False),
    Column("n_unknown", Integer, nullable=False),
    Column("n_skipped", Integer, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("progress_total", Integer),
    UniqueConstraint("actor_key", "request_key"),
    Index("ix_jobs_by_actor", "actor_key", "id"),
    Index("ix_jobs_active", "id", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    sqlite_autoincrement=True,
)

job_items = Table(
    "job_items",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("job_id", BigId, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("subject", SafeText, nullable=False),
    Column("command", JsonValue, nullable=False),
    Column("state", String(16), nullable=False),
    Column("result", JsonValue),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("progress", Integer, nullable=False),
    Column("progress_total", Integer),
    UniqueConstraint("job_id", "no"),
    Index("ix_job_items_by_state", "job_id", "state", "no"),
    sqlite_autoincrement=True,
)

# --- Connections and settings -----------------------------------------------------------------------------------

# `secrets`: the secret fields as JSON, encrypted by the vault.
connections = Table(
    "connections",
    Base.metadata,
    Column("key", name_type(CONNECTION_KEY), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("name", SafeText, nullable=False),
    Column("base_url", SafeText, nullable=False),
    Column("plain_values", JsonValue, nullable=False),
    Column("secrets", SafeText, nullable=False),
    Column("tls", String(16), nullable=False),
    Column("ca_file", SafeText, nullable=False),
    Column("connect_timeout", Float, nullable=False),
    Column("read_timeout", Float, nullable=False),
    Column("write_timeout", Float, nullable=False),
    Column("parallel", Integer, nullable=False),
    Column("per_second", Float, nullable=False),
    Column("body_cap", BigInteger, nullable=False),
    Column("resolvers", JsonValue, nullable=False),
    Column("enabled", Boolean(create_constraint=False), nullable=False),
    Column("version", String(32), nullable=False),
)

# The last test of a connection; without a foreign key, for declared connections are not rows.
connection_probes = Table(
    "connection_probes",
    Base.metadata,
    Column("key", name_type(CONNECTION_KEY), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("ok", Boolean(create_constraint=False), nullable=False),
    Column("found", JsonValue),
    Column("problem", JsonValue),
    Column("ms", Float, nullable=False),
)

settings = Table(
    "settings",
    Base.metadata,
    Column("name", String(100), primary_key=True),
    Column("value", JsonValue),
)

MISSING = DomainStatus.MISSING.value
