"""Searches over all mailboxes of a domain, and what they found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_mail_searches"
down_revision = "0011_mailboxes"
branch_labels = None
depends_on = None


def _name(length: int) -> sa.types.TypeEngine:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def _big() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mail_searches",
        sa.Column("job_id", _big(), autoincrement=False, nullable=False),
        sa.Column("actor_key", sa.String(length=255), nullable=False),
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_mail_searches_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_mail_searches")),
    )
    op.create_index("ix_mail_searches_by_end", "mail_searches", ["ends_at"])
    op.create_table(
        "mail_found",
        sa.Column("id", _big(), nullable=False),
        sa.Column("job_id", _big(), nullable=False),
        sa.Column("box", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("item", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["mail_searches.job_id"],
            name=op.f("fk_mail_found_job_id_mail_searches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_found")),
    )
    op.create_index("ix_mail_found_by_time", "mail_found", ["job_id", "at"])
    op.create_index("ix_mail_found_by_box", "mail_found", ["job_id", "box"])


def downgrade() -> None:
    for index in ("ix_mail_found_by_box", "ix_mail_found_by_time"):
        op.drop_index(index, table_name="mail_found")
    op.drop_table("mail_found")
    op.drop_index("ix_mail_searches_by_end", table_name="mail_searches")
    op.drop_table("mail_searches")
