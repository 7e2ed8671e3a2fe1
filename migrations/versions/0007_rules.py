"""Filtering rules as they were last read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_rules"
down_revision = "0006_policy_readings"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _name(length: int) -> sa.types.TypeEngine:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("id", _ID, nullable=False),
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("rule_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("pattern", _name(500), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_sort", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spf", sa.Boolean(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("ref", sa.JSON(), nullable=True),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sa.UniqueConstraint(
            "connection", "domain", "rule_id", name=op.f("uq_rules_connection_domain_rule_id")
        ),
    )
    op.create_index("ix_rules_by_pattern", "rules", ["pattern", "id"])
    op.create_index("ix_rules_by_domain", "rules", ["domain", "connection", "id"])
    op.create_index("ix_rules_by_expiry", "rules", ["expires_sort", "id"])
    op.create_table(
        "rule_readings",
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "domain", name=op.f("pk_rule_readings")),
    )


def downgrade() -> None:
    op.drop_table("rule_readings")
    for name in ("ix_rules_by_expiry", "ix_rules_by_domain", "ix_rules_by_pattern"):
        op.drop_index(name, table_name="rules")
    op.drop_table("rules")
