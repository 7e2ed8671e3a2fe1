"""Notes about domains and mailboxes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_notes"
down_revision = "0009_table_searches"
branch_labels = None
depends_on = None


def _name(length: int) -> sa.types.TypeEngine:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_by_domain", "notes", ["connection", "domain", "id"])


def downgrade() -> None:
    op.drop_index("ix_notes_by_domain", table_name="notes")
    op.drop_table("notes")
