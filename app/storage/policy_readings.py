"""Policies as they were last read, behind core's port: a list over all connections without a call per domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Select,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
)

from app.core.actor import Actor
from app.core.policies import NamedPolicy, PolicyQuery, PolicyRow, PolicyRows
from app.core.ports import Clock
from app.core.text import Message
from app.storage.column_types import JsonValue, SafeText, UtcDateTime, name_type, storable
from app.storage.db import Base, Database, utc_now
from app.storage.matching import contains_any_case, seen_by
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME, domains
from app.storage.upserts import insert_into

POLICY_ID = 100
_LONGEST_TEXT = 255
_CHANGING = ("name", "is_default", "field_values", "summary", "read_at")
_DEEPEST = 10_000_000  # pages beyond this row are empty (and would not fit the database's numbers)

policy_readings = Table(
    "policy_readings",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("domain", name_type(DOMAIN_NAME), primary_key=True),
    Column("id", String(POLICY_ID), primary_key=True),
    Column("name", SafeText, nullable=False),
    Column("is_default", Boolean(create_constraint=False), nullable=False),
    Column("field_values", JsonValue),
    Column("summary", JsonValue),
    Column("read_at", UtcDateTime, nullable=False),
    Index("ix_policy_readings_by_domain", "domain", "connection"),
)

_p, _d = policy_readings.c, domains.c
_SORTS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "domain": (_p.domain, _p.connection, _p.name, _p.id),
    "name": (func.lower(_p.name), _p.domain, _p.connection, _p.id),
    "connection": (_p.connection, _p.domain, _p.name, _p.id),
    "read": (_p.read_at, _p.domain, _p.connection, _p.id),
}


class SqlPolicyReadings:
    """`core.policies.PolicyReadings` in a database."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def store(self, connection: str, domain: str, policies: Sequence[NamedPolicy]) -> None:
        """Keeps the policies of one domain as just read, in the place of those kept before."""
        rows = {policy.id[:POLICY_ID]: self._stored(connection, domain, policy) for policy in policies}
        here = (_p.connection == connection, _p.domain == domain)
        with self._database.check_then_write() as session:
            # All writers lock in the order of the ids, so that none waits for another in a circle.
            session.execute(select(_p.id).where(*here).order_by(_p.id).with_for_update()).all()
            session.execute(delete(policy_readings).where(*here, _p.id.not_in(rows)))
            if rows:
                insert = insert_into(session, policy_readings)
                changed = {name: insert.excluded[name] for name in _CHANGING}
                keys = [_p.connection, _p.domain, _p.id]
                ordered = [rows[identity] for identity in sorted(rows)]
                session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), ordered)

    def _stored(self, connection: str, domain: str, policy: NamedPolicy) -> dict[str, Any]:
        return {
            "connection": connection,
            "domain": domain,
            "id": policy.id[:POLICY_ID],
            "name": policy.name,
            "is_default": policy.default,
            "field_values": policy.values,
            "summary": policy.summary.to_json() if policy.summary else None,
            "read_at": self._clock(),
        }

    def page(self, actor: Actor, query: PolicyQuery) -> PolicyRows:
        """One page of those that lie in the scope and whose domain is known."""
        wanted = self._wanted(actor, query)
        keys = _SORTS.get(query.sort, _SORTS["domain"])
        order = [key.desc() if query.descending else key.asc() for key in keys]
        offset = max(query.page - 1, 0) * query.size
        with self._database.session() as session:
            total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            if offset >= min(total, _DEEPEST):
                return PolicyRows((), total)
            found = session.execute(wanted.order_by(*order).limit(query.size).offset(offset))
            return PolicyRows(tuple(_row(row) for row in found), total)

    def of_domain(self, actor: Actor, connection: str, domain: str) -> Sequence[PolicyRow]:
        """Those of one domain, its default first; none where they were never read."""
        statement = select(policy_readings).where(
            _p.connection == storable(connection), _p.domain == storable(domain), self._scope(actor)
        )
        with self._database.session() as session:
            rows = session.execute(statement.order_by(_p.is_default.desc(), func.lower(_p.name)))
            return tuple(_row(row) for row in rows)

    def coverage(self, actor: Actor, connection: str) -> tuple[int, datetime | None]:
        """(how many domains of the scope were read, the oldest reading)."""
        statement = select(func.count(_p.domain.distinct()), func.min(_p.read_at)).where(
            _p.connection == connection, self._scope(actor), _known()
        )
        with self._database.session() as session:
            count, oldest = session.execute(statement).one()
        return count, oldest

    def _wanted(self, actor: Actor, query: PolicyQuery) -> Select[Any]:
        statement = select(policy_readings).where(self._scope(actor), _known())
        if query.connection:
            statement = statement.where(_p.connection == storable(query.connection))
        if query.default is not None:
            statement = statement.where(_p.is_default.is_(query.default))
        for word in storable(query.text[:_LONGEST_TEXT]).split()[:5]:
            statement = statement.where(
                or_(contains_any_case(_p.name, word), contains_any_case(_p.domain, word))
            )
        return statement

    def _scope(self, actor: Actor) -> ColumnElement[bool]:
        return seen_by(actor, _p.connection, _p.domain, sqlite=self._database.is_sqlite)


def _known() -> ColumnElement[bool]:
    """The domain is in the inventory: what was kept of one that went is not shown."""
    return exists().where(and_(_d.name == _p.domain, _d.connection == _p.connection))


def _row(row: Any) -> PolicyRow:
    summary = None if row.summary is None else Message.from_json(row.summary)
    return PolicyRow(
        row.connection,
        row.domain,
        row.id,
        row.name,
        row.is_default,
        row.field_values or {},
        summary,
        row.read_at,
    )
