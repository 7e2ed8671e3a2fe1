"""A few small values that the product remembers itself, behind core's port."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.storage.db import Database
from app.storage.tables import settings
from app.storage.upserts import insert_into

Json = Any


class SqlSettings:
    """`core.ports.Settings` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, name: str, default: Json = None) -> Json:
        """The value of this name, or `default` where nothing was written."""
        with self._database.session() as session:
            found = session.execute(select(settings.c.value).where(settings.c.name == name)).one_or_none()
        return default if found is None else found.value

    def write(self, name: str, value: Json) -> None:
        """Keeps the value, in the place of an earlier one."""
        with self._database.unit_of_work() as session:
            statement = insert_into(session, settings)
            new = {"value": statement.excluded.value}
            session.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_=new),
                [{"name": name, "value": value}],
            )
