"""Mailboxes as upstreams list them, with an index over any part of their addresses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_mailboxes"
down_revision = "0010_notes"
branch_labels = None
depends_on = None


def _name(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("domain", _name(255), nullable=False),
        sa.Column("address", _name(320), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("address", "connection", name=op.f("uq_mailboxes_address_connection")),
    )
    op.create_index("ix_mailboxes_by_domain", "mailboxes", ["connection", "domain"])
    op.create_table(
        "mailbox_readings",
        sa.Column("connection", _name(64), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_mailbox_readings")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _search_on_sqlite()
    else:
        _search_on_postgresql()


def _search_on_sqlite() -> None:
    """A trigram index over the addresses, kept by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE mailbox_search USING fts5"
        "(address, content='mailboxes', content_rowid='id', tokenize='trigram')"
    )
    insert = "INSERT INTO mailbox_search (rowid, address) VALUES (new.id, new.address);"
    delete = (
        "INSERT INTO mailbox_search (mailbox_search, rowid, address) VALUES ('delete', old.id, old.address);"
    )
    for name, event, actions in (
        ("insert", "INSERT ON mailboxes", insert),
        ("delete", "DELETE ON mailboxes", delete),
        ("update", "UPDATE OF address ON mailboxes WHEN old.address <> new.address", delete + " " + insert),
    ):
        op.execute(f"CREATE TRIGGER mailbox_search_{name} AFTER {event} BEGIN {actions} END")


def _search_on_postgresql() -> None:
    """The same where the extension for it is there (the first migration asked for it)."""
    installed = op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"))
    if installed:
        op.execute("CREATE INDEX ix_mailboxes_search ON mailboxes USING gin (address gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER mailbox_search_{name}")
        op.execute("DROP TABLE mailbox_search")
    else:
        op.execute("DROP INDEX IF EXISTS ix_mailboxes_search")
    op.drop_table("mailbox_readings")
    op.drop_index("ix_mailboxes_by_domain", table_name="mailboxes")
    op.drop_table("mailboxes")
