"""Values of settings as they were last read, behind core's port: "who overrides this?" without a call per domain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Column, ColumnElement, Index, String, Table, case, func, select

from app.core.actor import Actor
from app.core.model import PolicyField, Source
from app.core.ports import Clock, SettingReading
from app.storage.column_types import JsonValue, UtcDateTime, name_type
from app.storage.db import Base, Database, utc_now
from app.storage.matching import seen_by
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME
from app.storage.upserts import insert_into

SETTING_NAME = 100

setting_readings = Table(
    "setting_readings",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("domain", name_type(DOMAIN_NAME), primary_key=True),
    Column("name", String(SETTING_NAME), primary_key=True),
    Column("value", JsonValue),
    Column("own", Boolean(create_constraint=False), nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Index("ix_setting_readings_owners", "connection", "name", "own", "domain"),
)

_r = setting_readings.c


class SqlSettingReadings:
    """`core.ports.SettingReadings` in a database."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def store(self, connection: str, domain: str, fields: Sequence[PolicyField]) -> None:
        """Keeps the fields of one domain as just read; fields with a problem are left as they were."""
        rows = [
            {
                "connection": connection,
                "domain": domain,
                "name": field.name[:SETTING_NAME],
                "value": field.value,
                "own": field.source is Source.OWN,
                "read_at": self._clock(),
            }
            for field in fields
            if field.problem is None and field.source is not Source.UNKNOWN
        ]
        if not rows:
            return
        with self._database.unit_of_work() as session:
            insert = insert_into(session, setting_readings)
            changed = {name: insert.excluded[name] for name in ("value", "own", "read_at")}
            keys = [_r.connection, _r.domain, _r.name]
            session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def owners(self, actor: Actor, connection: str, name: str, most: int = 1000) -> list[SettingReading]:
        """Domains in the scope that have a value of their own, by name."""
        statement = (
            select(_r.domain, _r.value, _r.own, _r.read_at)
            .where(_r.connection == connection, _r.name == name, _r.own, self._scope(actor))
            .order_by(_r.domain)
            .limit(most)
        )
        with self._database.session() as session:
            return [SettingReading(*row) for row in session.execute(statement)]

    def coverage(self, actor: Actor, connection: str, name: str) -> tuple[int, datetime | None]:
        """(how many domains of the scope were read, the oldest reading)."""
        statement = select(func.count(), func.min(_r.read_at)).where(
            _r.connection == connection, _r.name == name, self._scope(actor)
        )
        with self._database.session() as session:
            count, oldest = session.execute(statement).one()
        return count, oldest

    def counts(self, actor: Actor, connection: str) -> dict[str, tuple[int, int]]:
        """Setting -> (domains of the scope with a value of their own, domains that were read)."""
        own = func.sum(case((_r.own, 1), else_=0))
        statement = (
            select(_r.name, own, func.count())
            .where(_r.connection == connection, self._scope(actor))
            .group_by(_r.name)
        )
        with self._database.session() as session:
            return {name: (int(owners), read) for name, owners, read in session.execute(statement)}

    def _scope(self, actor: Actor) -> ColumnElement[bool]:
        return seen_by(actor, _r.connection, _r.domain, sqlite=self._database.is_sqlite)
