"""Notes about domains and mailboxes as rows, behind core's port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Row, String, Table, delete, func, insert, select

from app.core.notes import LONGEST, MOST, Note
from app.storage.column_types import BigId, SafeText, UtcDateTime, name_type, storable
from app.storage.db import Base, Database, rows_changed
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME

_MAILBOX = 320

# Not tied to the rows of `domains`: a note outlives a domain that was missing for a day.
notes = Table(
    "notes",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("domain", name_type(DOMAIN_NAME), nullable=False),
    Column("mailbox", String(_MAILBOX), nullable=False),
    Column("text", SafeText, nullable=False),
    Column("author", SafeText, nullable=False),
    Column("author_id", BigInteger),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_notes_by_domain", "connection", "domain", "id"),
)

_n = notes.c


class SqlNotes:
    """`core.notes.Notes` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, connection: str, domain: str, mailbox: str | None = None) -> Sequence[Note]:
        """Those of a domain, newest first."""
        wanted = [_n.connection == storable(connection), _n.domain == storable(domain)]
        if mailbox is not None:
            wanted.append(_n.mailbox.in_(["", storable(mailbox)]))
        with self._database.session() as session:
            found = session.execute(select(notes).where(*wanted).order_by(_n.id.desc()).limit(MOST))
            return [_note(row) for row in found]

    def add(self, note: Note) -> Note | None:
        """Stores a new note; None when the domain has too many."""
        values = {
            "connection": storable(note.connection),
            "domain": storable(note.domain),
            "mailbox": storable(note.mailbox)[:_MAILBOX],
            "text": note.text[:LONGEST],
            "author": note.author,
            "author_id": note.author_id,
            "at": note.at,
        }
        mine = (_n.connection == values["connection"], _n.domain == values["domain"])
        with self._database.check_then_write() as session:
            if session.execute(select(func.count()).select_from(notes).where(*mine)).scalar_one() >= MOST:
                return None
            row = session.execute(insert(notes).values(values).returning(notes)).one()
            return _note(row)

    def remove(self, connection: str, domain: str, note_id: int) -> bool:
        """Takes it out; whether it was there."""
        mine = (_n.id == note_id, _n.connection == storable(connection), _n.domain == storable(domain))
        with self._database.unit_of_work() as session:
            return rows_changed(session.execute(delete(notes).where(*mine))) > 0


def _note(row: Row[Any]) -> Note:
    return Note(row.id, row.connection, row.domain, row.mailbox, row.text, row.author, row.author_id, row.at)
