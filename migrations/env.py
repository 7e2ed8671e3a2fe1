"""Alembic's environment. `app.storage.db` opens the transaction and hands the connection in; there is no alembic.ini.

A table that has triggers (domains, on SQLite) loses them in a batch migration: such a migration must set them up anew.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from alembic import context

from app.storage.db import Base

for module in (
    "app.storage.tables",
    "app.features.people.models",
    "app.storage.policy_readings",
    "app.storage.readings",
    "app.storage.rules",
    "app.storage.health_tables",
    "app.storage.mailboxes",
    "app.storage.mail_searches",
    "app.storage.notes",
    "app.storage.tokens",
):
    if find_spec(module):
        import_module(module)  # puts its tables into Base.metadata


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Leaves out what is not ours, or is made by hand in a migration."""
    if kind == "table" and name is not None:
        return name in Base.metadata.tables
    if kind == "index" and name is not None:
        return not name.endswith("_search")
    return True


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Writes our own column types, and the sign-in library's list type, as plain ones that need no import."""
    if kind != "type":
        return False
    return {
        "AsaList": "sa.UnicodeText()",
        "UtcDateTime": "sa.DateTime(timezone=True)",
        "JsonValue": "sa.JSON()",
        "SafeText": "sa.Text()",
    }.get(type(item).__name__, False)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=include_name,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
