"""What changes the inventory, inside a session of the caller. The row of `sync_states` is locked first, by `lock`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, literal, select, update
from sqlalchemy.orm import Session

from app.core.model import Domain, Route
from app.core.ports import SyncStatus
from app.storage.inventory_rows import content_of, facts_of, ident, search_text, sum_of
from app.storage.tables import MISSING, NOT_SAID, domain_counts, domains, sightings, sync_states, sync_touched
from app.storage.upserts import insert_into

_d = domains.c
_OVERWRITTEN = [c.name for c in domains.columns if c.name not in ("id", "ident", "connection", "name")]


def lock(session: Session, connection: str) -> Row[Any]:
    """The state of the connection's sync, locked until the session ends; made where it is not there."""
    wanted = select(sync_states).where(sync_states.c.connection == connection).with_for_update()
    state = session.execute(wanted).one_or_none()
    if state is not None:
        return state
    fresh = {
        "connection": connection,
        "run_id": 0,
        "status": SyncStatus.NEVER.value,
        "known": 0,
        "held_missing": 0,
        "held_seen": 0,
    }
    session.execute(insert_into(session, sync_states).on_conflict_do_nothing(), [fresh])
    return session.execute(wanted).one()


def store_listed(session: Session, state: Row[Any], listed: Iterable[Domain], now: datetime) -> None:
    """Stores domains from a sync's list. What we read back or removed during the run is newer and stays as it is.

    What a list does not say (None) is kept as a look at the single domain found it.
    """
    by_name = _completed(session, state.connection, {domain.name: domain for domain in listed})
    touched = set(
        session.scalars(
            select(sync_touched.c.name).where(
                sync_touched.c.connection == state.connection, sync_touched.c.name.in_(by_name)
            )
        )
    )
    _store(session, state, {n: d for n, d in by_name.items() if n not in touched}, now)
    if touched:
        _set_sightings(session, _ids(state.connection, touched), run_id=state.run_id)


def _completed(session: Session, connection: str, by_name: Mapping[str, Domain]) -> dict[str, Domain]:
    """The listed domains with what is known of them already in the place of what their list does not say."""
    silent = [n for n, d in by_name.items() if d.aliases is None or d.routes is None]
    if not silent:
        return dict(by_name)
    wanted = select(_d.name, _d.aliases, _d.routes, _d.mailboxes).where(_are(connection, silent))
    known = {row.name: row for row in session.execute(wanted)}
    return {n: _with_known(d, known[n]) if n in known else d for n, d in by_name.items()}


def _with_known(domain: Domain, row: Any) -> Domain:
    aliases = None if row.aliases is None else tuple(row.aliases)
    routes = None if row.routes is None else tuple(Route.from_json(route) for route in row.routes)
    mailboxes = None if row.mailboxes == NOT_SAID else row.mailboxes
    return replace(
        domain,
        aliases=aliases if domain.aliases is None else domain.aliases,
        routes=routes if domain.routes is None else domain.routes,
        mailboxes=mailboxes if domain.mailboxes is None else domain.mailboxes,
    )


def store_read(session: Session, state: Row[Any], read: Iterable[Domain], now: datetime) -> None:
    """Stores domains that were just read one by one."""
    by_name = {domain.name: domain for domain in read}
    _store(session, state, by_name, now)
    note_touched(session, state, by_name)


def note_touched(session: Session, state: Row[Any], names: Iterable[str]) -> None:
    """While a sync is under way: its list may be older than what we know of these domains."""
    if state.status == SyncStatus.RUNNING:
        rows = [{"connection": state.connection, "name": name} for name in names]
        session.execute(insert_into(session, sync_touched).on_conflict_do_nothing(), rows)


def _store(session: Session, state: Row[Any], by_name: Mapping[str, Domain], now: datetime) -> None:
    if not by_name:
        return
    there: dict[str, Any] = {
        row.name: row
        for row in session.execute(
            select(_d.name, _d.status, _d.content_sum, _d.facts_sum, _d.changed_at).where(
                _are(state.connection, by_name)
            )
        )
    }
    rows, moves = [], Counter[str]()
    for name, domain in by_name.items():
        row = _changed_row(state.connection, domain, there.get(name), now)
        if row is not None:
            rows.append(row)
            moves[row["status"]] += 1
            if name in there:
                moves[there[name].status] -= 1
    if rows:
        statement = insert_into(session, domains)
        new = {name: statement.excluded[name] for name in _OVERWRITTEN}
        session.execute(statement.on_conflict_do_update(index_elements=["ident"], set_=new), rows)
        move_counts(session, state.connection, moves)
    _sight(session, state, by_name, now)


def _changed_row(
    connection: str, domain: Domain, old: Row[Any] | None, now: datetime
) -> dict[str, Any] | None:
    """The columns of a domain that is new or no longer as it was; None when the row can stay."""
    content, facts = content_of(domain), facts_of(domain)
    content_sum, facts_sum = sum_of(content), sum_of(facts)
    same = old is not None and old.content_sum == content_sum and old.status == domain.status
    if same and old is not None and old.facts_sum == facts_sum:
        return None
    return {
        "ident": ident(connection, domain.name),
        "connection": connection,
        "name": domain.name,
        "status": domain.status.value,
        **content,
        **facts,
        "search": search_text(domain),
        "content_sum": content_sum,
        "facts_sum": facts_sum,
        "changed_at": old.changed_at if same and old is not None else now,
        "missing_since": None,
    }


def _sight(session: Session, state: Row[Any], names: Iterable[str], now: datetime) -> None:
    """Notes that the domains were seen now, by the connection's latest run."""
    seen = _ids(state.connection, names).add_columns(
        literal(state.run_id), literal(now, _d.changed_at.type), literal(False)
    )
    statement = insert_into(session, sightings).from_select(["domain_id", "run_id", "seen_at", "stale"], seen)
    new = {name: statement.excluded[name] for name in ("run_id", "seen_at", "stale")}
    session.execute(statement.on_conflict_do_update(index_elements=["domain_id"], set_=new))


def _ids(connection: str, names: Iterable[str]) -> Select[Any]:
    return select(_d.id).where(_are(connection, names))


def _are(connection: str, names: Iterable[str]) -> ColumnElement[bool]:
    return _d.ident.in_([ident(connection, name) for name in names])


def _set_sightings(session: Session, ids: Select[Any], **values: Any) -> None:
    session.execute(update(sightings).where(sightings.c.domain_id.in_(ids)).values(values))


def move_counts(session: Session, connection: str, moves: Mapping[str, int]) -> None:
    """Adds `moves` (status -> more or fewer) to the connection's numbers."""
    rows = [{"connection": connection, "status": status, "n": n} for status, n in moves.items() if n]
    if rows:
        statement = insert_into(session, domain_counts)
        total = domain_counts.c.n + statement.excluded.n
        session.execute(
            statement.on_conflict_do_update(index_elements=["connection", "status"], set_={"n": total}), rows
        )


def mark_stale(session: Session, state: Row[Any], name: str) -> None:
    """The row may be old."""
    _set_sightings(session, _ids(state.connection, [name]), stale=True)
    note_touched(session, state, [name])


def remove(session: Session, state: Row[Any], *conditions: ColumnElement[bool], limit: int) -> int:
    """Takes out up to `limit` domains of the connection; returns how many."""
    found = session.execute(
        select(_d.id, _d.status).where(_d.connection == state.connection, *conditions).limit(limit)
    ).all()
    session.execute(delete(domains).where(_d.id.in_([row.id for row in found])))
    move_counts(
        session, state.connection, Counter({s: -n for s, n in Counter(r.status for r in found).items()})
    )
    return len(found)


def remove_traces(session: Session, connection: str) -> None:
    """Takes out what is kept about a connection besides its domains."""
    for table in (domain_counts, sync_touched, sync_states):
        session.execute(delete(table).where(table.c.connection == connection))


def clear_touched(session: Session, connection: str) -> None:
    """No sync is under way any more, or a new one begins."""
    session.execute(delete(sync_touched).where(sync_touched.c.connection == connection))


def _unseen(connection: str, run_id: int) -> Select[Any]:
    """Ids and statuses of the domains that a run did not see and that are not missing yet."""
    return (
        select(_d.id, _d.status)
        .join_from(domains, sightings)
        .where(_d.connection == connection, _d.status != MISSING, sightings.c.run_id < run_id)
    )


def count_unseen(session: Session, connection: str, run_id: int) -> int:
    """How many domains a run would turn into missing ones."""
    return session.scalar(select(func.count()).select_from(_unseen(connection, run_id).subquery())) or 0


def mark_missing(
    session: Session, state: Row[Any], now: datetime, *, after_id: int, limit: int
) -> Sequence[int]:
    """Marks up to `limit` domains, with ids beyond `after_id`, that the latest run did not see; returns their ids."""
    found = session.execute(
        _unseen(state.connection, state.run_id).where(_d.id > after_id).order_by(_d.id).limit(limit)
    ).all()
    ids = [row.id for row in found]
    if ids:
        values = {"status": MISSING, "missing_since": now, "changed_at": now}
        session.execute(update(domains).where(_d.id.in_(ids)).values(values))
        moves = Counter({status: -n for status, n in Counter(row.status for row in found).items()})
        moves[MISSING] += len(ids)
        move_counts(session, state.connection, moves)
    return ids
