"""Mailboxes behind core's port: found by any part of their address, with a trigram index on either database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Select,
    Table,
    UniqueConstraint,
    column,
    delete,
    func,
    select,
    table,
)
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.mailboxes import LONGEST_ADDRESS, MailboxRow
from app.storage.column_types import BigId, UtcDateTime, name_type, storable
from app.storage.db import Base, Database
from app.storage.matching import contains, escaped, seen_by
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME
from app.storage.upserts import insert_into

CAP = 1000
"""Beyond this number of hits a search is broad: then the list is walked in its order, and much is found soon."""
_CHUNK = 500
_TRIGRAM = 3

mailboxes = Table(
    "mailboxes",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("domain", name_type(DOMAIN_NAME), nullable=False),
    Column("address", name_type(LONGEST_ADDRESS), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("address", "connection"),
    Index("ix_mailboxes_by_domain", "connection", "domain"),
)

mailbox_readings = Table(
    "mailbox_readings",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("read_at", UtcDateTime, nullable=False),
)

_m = mailboxes.c
_full_text = table("mailbox_search", column("rowid"), column("mailbox_search"))


class SqlMailboxes:
    """`core.mailboxes.MailboxBook` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, actor: Actor, text: str, most: int) -> list[MailboxRow]:
        """Those whose address holds the text, in the scope, by address."""
        wanted = storable(text).lower()
        statement = select(mailboxes).where(self._scope(actor)).order_by(_m.address, _m.connection)
        with self._database.session() as session:
            for condition in self._holds(session, wanted):
                statement = statement.where(condition)
            return [_row(row) for row in session.execute(statement.limit(most))]

    def _holds(self, session: Session, text: str) -> list[Any]:
        """The search as SQL; a text too short for the trigrams is looked for at the beginning of the address."""
        if len(text) < _TRIGRAM:
            return [_m.address >= text, _m.address < text + "\U0010ffff"]
        if not self._database.is_sqlite:
            return [_m.address.like(f"%{escaped(text)}%", escape="\\")]
        holds = contains(_m.address, text, sqlite=True)
        hits = session.execute(select(func.count()).select_from(_rowids(text).limit(CAP + 1).subquery()))
        return [_m.id.in_(_rowids(text)), holds] if hits.scalar_one() <= CAP else [holds]

    def named(self, actor: Actor, address: str) -> list[MailboxRow]:
        """Those of just this address."""
        statement = select(mailboxes).where(_m.address == storable(address).lower(), self._scope(actor))
        with self._database.session() as session:
            return [_row(row) for row in session.execute(statement.order_by(_m.connection))]

    def read_at(self, connection: str) -> datetime | None:
        """When all of them were listed last."""
        wanted = select(mailbox_readings.c.read_at).where(mailbox_readings.c.connection == connection)
        with self._database.session() as session:
            return session.execute(wanted).scalar_one_or_none()

    def _scope(self, actor: Actor) -> Any:
        return seen_by(actor, _m.connection, _m.domain, sqlite=self._database.is_sqlite)

    # --- writing ---

    def put(self, connection: str, addresses: Iterable[tuple[str, str]], seen_at: datetime) -> None:
        """Stores what was seen, a few hundred in one transaction."""
        pairs = iter(dict.fromkeys(addresses))
        while chunk := list(islice(pairs, _CHUNK)):
            rows = [
                {"connection": connection, "domain": domain, "address": address, "seen_at": seen_at}
                for domain, address in chunk
            ]
            with self._database.unit_of_work() as session:
                insert = insert_into(session, mailboxes)
                changed = {"seen_at": insert.excluded.seen_at, "domain": insert.excluded.domain}
                keys = [_m.address, _m.connection]
                session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def completed(self, connection: str, seen_at: datetime) -> None:
        """What was not seen then is gone."""
        with self._database.unit_of_work() as session:
            session.execute(delete(mailboxes).where(_m.connection == connection, _m.seen_at < seen_at))
            insert = insert_into(session, mailbox_readings).values(connection=connection, read_at=seen_at)
            keys = [mailbox_readings.c.connection]
            session.execute(insert.on_conflict_do_update(index_elements=keys, set_={"read_at": seen_at}))

    def remove(self, connection: str, address: str) -> None:
        """Takes out one."""
        with self._database.unit_of_work() as session:
            session.execute(delete(mailboxes).where(_m.connection == connection, _m.address == address))

    def forget(self, connection: str, domain: str | None = None) -> None:
        """Takes out those of a domain, or all."""
        with self._database.unit_of_work() as session:
            gone = delete(mailboxes).where(_m.connection == connection)
            if domain is not None:
                session.execute(gone.where(_m.domain == domain))
                return
            session.execute(gone)
            session.execute(delete(mailbox_readings).where(mailbox_readings.c.connection == connection))


def _rowids(text: str) -> Select[Any]:
    phrase = '"' + text.replace('"', '""') + '"'
    return select(_full_text.c.rowid).where(_full_text.c.mailbox_search.op("MATCH")(phrase))


def _row(row: Any) -> MailboxRow:
    return MailboxRow(row.connection, row.domain, row.address, row.seen_at)
