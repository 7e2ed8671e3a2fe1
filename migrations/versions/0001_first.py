"""The first tables: inventory, journal, jobs, connections, settings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_key", sa.String(length=255), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column(
            "connection",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column(
            "domain",
            sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("step", sa.JSON(), nullable=False),
        sa.Column("request_key", sa.String(length=255), nullable=False),
        sa.Column("step_no", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("command_sum", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("undo_of", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("warnings", sa.JSON(), nullable=True),
        sa.Column("calls", sa.JSON(), nullable=True),
        sa.Column("upstream_id", sa.Text(), nullable=True),
        sa.Column("ms", sa.Float(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("now", sa.JSON(), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint(
            "actor_key", "request_key", "step_no", name=op.f("uq_changes_actor_key_request_key_step_no")
        ),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_by_actor", ["actor_name", "id"], unique=False)
        batch_op.create_index("ix_changes_by_connection", ["connection", "id"], unique=False)
        batch_op.create_index("ix_changes_by_domain", ["domain", "id"], unique=False)
        batch_op.create_index("ix_changes_by_job", ["job_id", "id"], unique=False)
        batch_op.create_index(
            "ix_changes_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('intended', 'unknown')"),
            postgresql_where=sa.text("state IN ('intended', 'unknown')"),
        )

    op.create_table(
        "connection_probes",
        sa.Column(
            "key",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_connection_probes")),
    )
    op.create_table(
        "connections",
        sa.Column(
            "key",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("plain_values", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("tls", sa.String(length=16), nullable=False),
        sa.Column("ca_file", sa.Text(), nullable=False),
        sa.Column("connect_timeout", sa.Float(), nullable=False),
        sa.Column("read_timeout", sa.Float(), nullable=False),
        sa.Column("write_timeout", sa.Float(), nullable=False),
        sa.Column("parallel", sa.Integer(), nullable=False),
        sa.Column("per_second", sa.Float(), nullable=False),
        sa.Column("body_cap", sa.BigInteger(), nullable=False),
        sa.Column("resolvers", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_connections")),
    )
    op.create_table(
        "domain_counts",
        sa.Column(
            "connection",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "status", name=op.f("pk_domain_counts")),
    )
    op.create_table(
        "domains",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ident",
            sa.String(length=320).with_variant(sa.String(length=320, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "connection",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "name",
            sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("upstream_status", sa.String(length=16), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=True),
        sa.Column("alias_count", sa.Integer(), nullable=False),
        sa.Column("routes", sa.JSON(), nullable=True),
        sa.Column(
            "first_route",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("mailboxes", sa.Integer(), nullable=False),
        sa.Column("ref", sa.JSON(), nullable=True),
        sa.Column("extra", sa.JSON(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("content_sum", sa.String(length=16), nullable=False),
        sa.Column("facts_sum", sa.String(length=16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domains")),
        sa.UniqueConstraint("ident", name=op.f("uq_domains_ident")),
    )
    with op.batch_alter_table("domains", schema=None) as batch_op:
        batch_op.create_index(
            "ix_domains_by_aliases",
            ["alias_count", "name", "connection", "status"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_domains_by_changed",
            ["changed_at", "name", "connection", "status"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_domains_by_connection",
            ["connection", "name", "status"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_domains_by_mailboxes",
            ["mailboxes", "name", "connection", "status"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_domains_by_name", ["name", "connection", "status"], unique=False, postgresql_include=["id"]
        )
        batch_op.create_index(
            "ix_domains_by_route",
            ["first_route", "name", "connection", "status"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_domains_by_status", ["status", "name", "connection"], unique=False, postgresql_include=["id"]
        )

    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("actor_key", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_key", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("n_queued", sa.Integer(), nullable=False),
        sa.Column("n_running", sa.Integer(), nullable=False),
        sa.Column("n_done", sa.Integer(), nullable=False),
        sa.Column("n_failed", sa.Integer(), nullable=False),
        sa.Column("n_unknown", sa.Integer(), nullable=False),
        sa.Column("n_skipped", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("actor_key", "request_key", name=op.f("uq_jobs_actor_key_request_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_active",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('creating', 'queued', 'running', 'stopping')"),
            postgresql_where=sa.text("state IN ('creating', 'queued', 'running', 'stopping')"),
        )
        batch_op.create_index("ix_jobs_by_actor", ["actor_key", "id"], unique=False)

    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "sync_states",
        sa.Column(
            "connection",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("held_missing", sa.Integer(), nullable=False),
        sa.Column("held_seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_sync_states")),
    )
    op.create_table(
        "sync_touched",
        sa.Column(
            "connection",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "name",
            sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("connection", "name", name=op.f("pk_sync_touched")),
    )
    op.create_table(
        "domain_sightings",
        sa.Column("domain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id"],
            ["domains.id"],
            name=op.f("fk_domain_sightings_domain_id_domains"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_domain_sightings")),
    )
    op.create_table(
        "job_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("command", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_items_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_items")),
        sa.UniqueConstraint("job_id", "no", name=op.f("uq_job_items_job_id_no")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("job_items", schema=None) as batch_op:
        batch_op.create_index("ix_job_items_by_state", ["job_id", "state", "no"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        _search_on_sqlite()
    else:
        _search_on_postgresql()


def _search_on_sqlite() -> None:
    """A trigram index over `domains.search`, kept by triggers, and one to walk by name for what it cannot find.

    The trigram index finds nothing shorter than three characters, and broad searches are better walked in order.
    """
    op.execute("CREATE INDEX ix_domains_search ON domains (name, connection, status, search)")
    op.execute(
        "CREATE VIRTUAL TABLE domain_search USING fts5"
        "(search, content='domains', content_rowid='id', tokenize='trigram')"
    )
    insert = "INSERT INTO domain_search (rowid, search) VALUES (new.id, new.search);"
    delete = "INSERT INTO domain_search (domain_search, rowid, search) VALUES ('delete', old.id, old.search);"
    for name, event, actions in (
        ("insert", "INSERT ON domains", insert),
        ("delete", "DELETE ON domains", delete),
        ("update", "UPDATE OF search ON domains WHEN old.search <> new.search", delete + " " + insert),
    ):
        op.execute(f"CREATE TRIGGER domain_search_{name} AFTER {event} BEGIN {actions} END")


def _search_on_postgresql() -> None:
    """A trigram index where the extension may be created; without it a search reads the whole table."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:
        pass
    installed = op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"))
    if installed:
        op.execute("CREATE INDEX ix_domains_search ON domains USING gin (search gin_trgm_ops)")
    # Room for a sync to rewrite these narrow rows in place.
    op.execute("ALTER TABLE domain_sightings SET (fillfactor = 70)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE domain_search")
    op.drop_table("job_items")
    op.drop_table("domain_sightings")
    op.drop_table("sync_touched")
    op.drop_table("sync_states")
    op.drop_table("settings")
    op.drop_table("jobs")
    op.drop_table("domains")
    op.drop_table("domain_counts")
    op.drop_table("connections")
    op.drop_table("connection_probes")
    op.drop_table("changes")
