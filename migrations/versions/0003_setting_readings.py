"""Values of settings as they were last read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_setting_readings"
down_revision = "0002_accounts"
branch_labels = None
depends_on = None


def _name(length: int) -> sa.types.TypeEngine:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "setting_readings",
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "domain", "name", name=op.f("pk_setting_readings")),
    )
    op.create_index("ix_setting_readings_owners", "setting_readings", ["connection", "name", "own", "domain"])


def downgrade() -> None:
    op.drop_index("ix_setting_readings_owners", table_name="setting_readings")
    op.drop_table("setting_readings")
