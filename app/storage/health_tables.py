"""Tables of the health of domains. Their rows go with the domain."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from app.core.model import Verdict
from app.storage.column_types import BigId, JsonValue, SafeText, UtcDateTime, name_type
from app.storage.db import Base
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME

CHECK, SOURCE, SUBJECT, VALUE = 64, 100, 300, 1000

RANKS = {verdict: 3 - verdict.badness for verdict in Verdict}
"""0 is the worst: the list of what is wrong walks an index upwards."""
VERDICTS = {rank: verdict for verdict, rank in RANKS.items()}

# `rank`: 0 is the worst verdict. Connection and name of the domain stand here too, so that the list, worst first, is a walk along one index.
health_readings = Table(
    "health_readings",
    Base.metadata,
    Column("domain_id", BigId, ForeignKey("domains.id", ondelete="CASCADE"), primary_key=True),
    Column("check_name", String(CHECK), primary_key=True),
    Column("source", String(SOURCE), primary_key=True),
    Column("subject", String(SUBJECT), primary_key=True),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("domain", name_type(DOMAIN_NAME), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("found", JsonValue, nullable=False),
    Column("expected", JsonValue),
    Column("advice", JsonValue),
    Column("record", SafeText, nullable=False),
    Column("value", String(VALUE), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Index("ix_health_readings_worst", "rank", "domain", "connection", "check_name", "source", "subject"),
    Index("ix_health_readings_source", "connection", "source", "rank", "domain"),
    Index("ix_health_readings_check", "check_name", "source", "connection", "domain_id"),
)

# The worst that is stored of each domain, and when all of it was checked (empty: only its upstream was asked so far).
health_runs = Table(
    "health_runs",
    Base.metadata,
    Column("domain_id", BigId, ForeignKey("domains.id", ondelete="CASCADE"), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("checked_at", UtcDateTime),
    Index("ix_health_runs_checked", "checked_at"),
    Index("ix_health_runs_rank", "rank"),
)
