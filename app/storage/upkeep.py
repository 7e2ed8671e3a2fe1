"""What PostgreSQL would do by itself a minute later: after a large sync the lists would be slow until then."""

from __future__ import annotations

from sqlalchemy import text

from app.storage.db import Database

_MUCH = 5000  # rows of `domains` added or changed since the last time


def tidy(database: Database) -> None:
    """Brings PostgreSQL's statistics and visibility map of `domains` up to date when much has changed.

    Only then are the sort indices read without a look at every row. SQLite needs nothing of the kind.
    """
    if database.is_sqlite:
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        changed = connection.scalar(
            text(
                "SELECT n_ins_since_vacuum + n_dead_tup + n_mod_since_analyze"
                " FROM pg_stat_user_tables WHERE relname = 'domains' AND schemaname = current_schema()"
            )
        )
        if changed and changed > _MUCH:
            connection.execute(text("VACUUM (ANALYZE) domains"))
