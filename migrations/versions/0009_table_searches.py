"""Indices that keep the reads of stored health and the search in stored rules bounded, however many domains there are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_table_searches"
down_revision = "0008_health"
branch_labels = None
depends_on = None

_COLUMNS = ("pattern", "note", "domain", "mailbox")


def upgrade() -> None:
    op.drop_index("ix_health_readings_source", table_name="health_readings")
    op.create_index(
        "ix_health_readings_source", "health_readings", ["connection", "source", "rank", "domain"]
    )
    op.create_index(
        "ix_health_readings_check", "health_readings", ["check_name", "source", "connection", "domain_id"]
    )
    if op.get_bind().dialect.name == "sqlite":
        _search_on_sqlite()
    else:
        _search_on_postgresql()


def _search_on_sqlite() -> None:
    """A trigram index over what is looked for in rules, kept by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE rule_search USING fts5"
        "(pattern, note, domain, mailbox, content='rules', content_rowid='id', tokenize='trigram')"
    )
    insert = (
        "INSERT INTO rule_search (rowid, pattern, note, domain, mailbox)"
        " VALUES (new.id, new.pattern, new.note, new.domain, new.mailbox);"
    )
    delete = (
        "INSERT INTO rule_search (rule_search, rowid, pattern, note, domain, mailbox)"
        " VALUES ('delete', old.id, old.pattern, old.note, old.domain, old.mailbox);"
    )
    moved = " OR ".join(f"old.{column} <> new.{column}" for column in _COLUMNS)
    for name, event, actions in (
        ("insert", "INSERT ON rules", insert),
        ("delete", "DELETE ON rules", delete),
        ("update", f"UPDATE OF {', '.join(_COLUMNS)} ON rules WHEN {moved}", delete + " " + insert),
    ):
        op.execute(f"CREATE TRIGGER rule_search_{name} AFTER {event} BEGIN {actions} END")
    op.execute("INSERT INTO rule_search (rule_search) VALUES ('rebuild')")


def _search_on_postgresql() -> None:
    """The same where the extension for it is there (the first migration asked for it)."""
    installed = op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"))
    if installed:
        text = " || chr(10) || ".join(_COLUMNS)
        op.execute(f"CREATE INDEX ix_rules_search ON rules USING gin (({text}) gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER rule_search_{name}")
        op.execute("DROP TABLE rule_search")
    else:
        op.execute("DROP INDEX IF EXISTS ix_rules_search")
    op.drop_index("ix_health_readings_check", table_name="health_readings")
    op.drop_index("ix_health_readings_source", table_name="health_readings")
    op.create_index("ix_health_readings_source", "health_readings", ["connection", "source"])
