"""The health of domains: what checks found, and when each domain was checked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_health"
down_revision = "0007_rules"
branch_labels = None
depends_on = None


def _name(length: int) -> sa.types.TypeEngine:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "health_readings",
        sa.Column("domain_id", _id(), nullable=False),
        sa.Column("check_name", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=True),
        sa.Column("advice", sa.JSON(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("value", sa.String(length=1000), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id"],
            ["domains.id"],
            name=op.f("fk_health_readings_domain_id_domains"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "domain_id", "check_name", "source", "subject", name=op.f("pk_health_readings")
        ),
    )
    op.create_index(
        "ix_health_readings_worst",
        "health_readings",
        ["rank", "domain", "connection", "check_name", "source", "subject"],
    )
    op.create_index("ix_health_readings_source", "health_readings", ["connection", "source"])
    op.create_table(
        "health_runs",
        sa.Column("domain_id", _id(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domains.id"], name=op.f("fk_health_runs_domain_id_domains"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_health_runs")),
    )
    op.create_index("ix_health_runs_checked", "health_runs", ["checked_at"])
    op.create_index("ix_health_runs_rank", "health_runs", ["rank"])


def downgrade() -> None:
    op.drop_table("health_runs")
    op.drop_table("health_readings")
