"""Searches over the mailboxes of a domain and what they found, as rows behind core's port. They are taken out when their time
is over, and no backup holds them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from app.core.actor import Actor
from app.core.mail_searches import (
    MOST_KEPT,
    FoundPage,
    StoredSearch,
    item_from_json,
    item_to_json,
    query_from_json,
    query_to_json,
)
from app.core.messages import MailItem
from app.core.ports import Clock
from app.storage.column_types import BigId, JsonValue, UtcDateTime, name_type
from app.storage.db import Base, Database, utc_now
from app.storage.keys import actor_key
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME

mail_searches = Table(
    "mail_searches",
    Base.metadata,
    Column("job_id", BigId, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("actor_key", String(255), nullable=False),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("domain", name_type(DOMAIN_NAME), nullable=False),
    Column("query", JsonValue, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("cut", Boolean(create_constraint=False), nullable=False),
    Index("ix_mail_searches_by_end", "ends_at"),
)

# `box`: the number of the mailbox's item in the job, so that a second attempt replaces what a first one left.
mail_found = Table(
    "mail_found",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("job_id", BigId, ForeignKey("mail_searches.job_id", ondelete="CASCADE"), nullable=False),
    Column("box", Integer, nullable=False),
    Column("at", UtcDateTime),
    Column("item", JsonValue, nullable=False),
    Index("ix_mail_found_by_time", "job_id", "at"),
    Index("ix_mail_found_by_box", "job_id", "box"),
)

_s, _f = mail_searches.c, mail_found.c


class SqlMailSearches:
    """`core.mail_searches.MailSearches` in a database."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def begin(self, actor: Actor, search: StoredSearch) -> None:
        """Stores a new search; one that is there already stays as it is."""
        row = {
            "job_id": search.job_id,
            "actor_key": actor_key(actor),
            "connection": search.connection,
            "domain": search.domain,
            "query": query_to_json(search.query),
            "ends_at": search.ends_at,
            "cut": search.cut,
        }
        with self._database.check_then_write() as session:
            if session.scalar(select(_s.job_id).where(_s.job_id == search.job_id)) is None:
                session.execute(insert(mail_searches).values(row))

    def get(self, actor: Actor, job_id: int) -> StoredSearch | None:
        """The search of this job, None when it is somebody else's, or no longer kept."""
        mine = (_s.job_id == job_id, _s.actor_key == actor_key(actor), _s.ends_at > self._clock())
        with self._database.session() as session:
            row = session.execute(select(mail_searches).where(*mine)).one_or_none()
        if row is None:
            return None
        query = query_from_json(row.query, row.domain)
        return StoredSearch(row.job_id, row.connection, row.domain, query, row.ends_at, row.cut)

    def store(self, job_id: int, box: int, rows: Sequence[MailItem], more: bool) -> None:
        """Keeps what a mailbox held, in place of what it held at an earlier attempt, as far as there is room."""
        with self._database.check_then_write() as session:
            # The search's row is the lock: mailboxes are read side by side, and together they keep to the limit.
            there = session.scalar(select(_s.job_id).where(_s.job_id == job_id).with_for_update())
            if there is None:
                return
            session.execute(delete(mail_found).where(_f.job_id == job_id, _f.box == box))
            kept = session.scalar(select(func.count()).where(_f.job_id == job_id)) or 0
            room = rows[: max(0, MOST_KEPT - kept)]
            if room:
                values = [{"job_id": job_id, "box": box, "at": i.at, "item": item_to_json(i)} for i in room]
                session.execute(insert(mail_found), values)
            if more or len(room) < len(rows):
                session.execute(update(mail_searches).where(_s.job_id == job_id).values(cut=True))

    def page(self, job_id: int, page: int, size: int) -> FoundPage:
        """What was found so far, newest first."""
        newest = (_f.at.is_(None), _f.at.desc(), _f.id)
        wanted = (
            select(_f.item, _s.domain)
            .join(mail_searches, _s.job_id == _f.job_id)
            .where(_f.job_id == job_id)
            .order_by(*newest)
            .limit(size)
            .offset((page - 1) * size)
        )
        with self._database.session() as session:
            total = session.scalar(select(func.count()).where(_f.job_id == job_id)) or 0
            rows = [item_from_json(row.item, row.domain) for row in session.execute(wanted)]
        return FoundPage(rows, total)

    def forget(self, job_id: int) -> None:
        """Takes out the search with all that it found."""
        self._remove([job_id])

    def forget_old(self) -> None:
        """The same for all whose time is over."""
        with self._database.session() as session:
            old = session.scalars(select(_s.job_id).where(_s.ends_at <= self._clock()).limit(100)).all()
        if old:
            self._remove(old)

    def _remove(self, job_ids: Sequence[int]) -> None:
        with self._database.unit_of_work() as session:
            session.execute(delete(mail_found).where(_f.job_id.in_(job_ids)))
            session.execute(delete(mail_searches).where(_s.job_id.in_(job_ids)))
