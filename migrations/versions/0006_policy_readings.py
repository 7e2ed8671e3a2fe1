"""Policies as they were last read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_policy_readings"
down_revision = "0005_change_command"
branch_labels = None
depends_on = None


def _name(length: int) -> sa.types.TypeEngine:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "policy_readings",
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("field_values", sa.JSON(), nullable=True),
        sa.Column("summary", sa.JSON(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "domain", "id", name=op.f("pk_policy_readings")),
    )
    op.create_index("ix_policy_readings_by_domain", "policy_readings", ["domain", "connection"])


def downgrade() -> None:
    op.drop_index("ix_policy_readings_by_domain", table_name="policy_readings")
    op.drop_table("policy_readings")
