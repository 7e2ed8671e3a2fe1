"""Filtering rules as they were last read, behind core's port: "which rules name this sender?" without a call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    column,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from app.core.actor import Actor, ScopeKind
from app.core.plan import State, Step, Verb
from app.core.ports import Clock
from app.core.rule_ports import RuleCoverage, RulePage, RuleQuery, RuleRow
from app.core.rules import (
    LONGEST_PATTERN,
    Mark,
    Rule,
    RuleAction,
    RuleKind,
    RuleReading,
    RuleSeen,
    marks,
    names_of,
    rule_of,
)
from app.storage.column_types import BigId, JsonValue, SafeText, UtcDateTime, name_type, storable
from app.storage.db import Base, Database, utc_now
from app.storage.matching import contains_any_case, seen_by
from app.storage.tables import CONNECTION_KEY, DOMAIN_NAME
from app.storage.upserts import insert_into

CAP = 10_000
"""Rules of a list are counted up to here, those of a search for what very many hold up to `_FEW`."""
_FEW = 1_000
_PIECE = 500
_MAILBOX = 320
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)

# `domain` "": rules of the whole connection. `mark`: shadowed or conflict, worked out when the domain's rules change.
# `expires_sort`: a far day where there is no expiry, so that it can be sorted and walked by.
rules = Table(
    "rules",
    Base.metadata,
    Column("id", BigId, primary_key=True),
    Column("connection", name_type(CONNECTION_KEY), nullable=False),
    Column("domain", name_type(DOMAIN_NAME), nullable=False),
    Column("mailbox", String(_MAILBOX), nullable=False),
    Column("rule_id", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("part", String(40), nullable=False),
    Column("pattern", name_type(LONGEST_PATTERN), nullable=False),
    Column("note", SafeText, nullable=False),
    Column("expires", UtcDateTime),
    Column("expires_sort", UtcDateTime, nullable=False),
    Column("spf", Boolean(create_constraint=False)),
    Column("created", UtcDateTime),
    Column("read_only", Boolean(create_constraint=False), nullable=False),
    Column("ref", JsonValue),
    Column("mark", String(16), nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    UniqueConstraint("connection", "domain", "rule_id"),
    Index("ix_rules_by_pattern", "pattern", "id"),
    Index("ix_rules_by_domain", "domain", "connection", "id"),
    Index("ix_rules_by_expiry", "expires_sort", "id"),
)

rule_readings = Table(
    "rule_readings",
    Base.metadata,
    Column("connection", name_type(CONNECTION_KEY), primary_key=True),
    Column("domain", name_type(DOMAIN_NAME), primary_key=True),
    Column("read_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("stale", Boolean(create_constraint=False), nullable=False),
    Column("count", Integer, nullable=False),
)

_r, _d = rules.c, rule_readings.c
_LOOKED_INTO = (_r.pattern, _r.note, _r.domain, _r.mailbox)
# As in the index of the migration, which PostgreSQL takes for the same expression only.
_SEARCHED: ColumnElement[str] = literal_column(
    "(rules.pattern || chr(10) || rules.note || chr(10) || rules.domain || chr(10) || rules.mailbox)",
    SafeText,
)
_TRIGRAM = 3
_full_text = table("rule_search", column("rowid"), column("rule_search"))
_SORTS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "pattern": (_r.pattern, _r.id),
    "domain": (_r.domain, _r.connection, _r.id),
    "connection": (_r.connection, _r.domain, _r.id),
    "kind": (_r.kind, _r.pattern, _r.id),
    "action": (_r.action, _r.pattern, _r.id),
    "expires": (_r.expires_sort, _r.id),
}
_FULL = select(rules, _d.stale).outerjoin(
    rule_readings, and_(_d.connection == _r.connection, _d.domain == _r.domain)
)


class SqlRuleBook:
    """`core.rule_ports.RuleBook` in a database."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    # --- reading ----------------------------------------------------------------------------------------------------

    def page(self, actor: Actor, query: RuleQuery, now: datetime) -> RulePage:
        """One page of the stored rules in the scope."""
        with self._database.session() as session:
            texts, broad = self._texts(session, query)
            conditions = [*self._conditions(actor, query, now), *texts]
            statement = _FULL.where(*conditions).order_by(*_order(query))
            statement = statement.limit(query.size).offset((query.page - 1) * query.size)
            rows = tuple(_row(found) for found in session.execute(statement))
            most = _FEW if broad else CAP
            total = _count(session, select(_r.id).where(*conditions), most)
        return RulePage(rows, min(total, most), total > most, query)

    def iterate(self, actor: Actor, query: RuleQuery, now: datetime) -> Iterator[RuleRow]:
        """All rows of a query in its order, without holding them in memory."""
        conditions = self._conditions(actor, query, now)
        keys = _SORTS.get(query.sort, _SORTS["pattern"])
        last: Sequence[Any] | None = None
        while True:
            with self._database.session() as session:
                texts, _ = self._texts(session, query)
                statement = _after(_FULL.where(*conditions, *texts), keys, last, query.descending)
                found = session.execute(statement.order_by(*_order(query)).limit(_PIECE)).all()
            yield from (_row(row) for row in found)
            if len(found) < _PIECE:
                return
            last = [getattr(found[-1], key.name) for key in keys]

    def of_domain(self, actor: Actor, connection: str, domain: str) -> list[RuleRow]:
        """The rules of one domain and its mailboxes; domain "": of the whole connection."""
        whose = (
            _r.connection == storable(connection),
            _r.domain == storable(domain),
            self._scope(actor, rules),
        )
        with self._database.session() as session:
            return [
                _row(row) for row in session.execute(_FULL.where(*whose).order_by(_r.kind, _r.pattern, _r.id))
            ]

    def coverage(self, actor: Actor) -> dict[str, RuleCoverage]:
        """By connection, for the domains of the scope."""
        statement = (
            select(_d.connection, func.count(), func.count(_d.completed_at), func.min(_d.read_at))
            .where(_d.domain != "", self._scope(actor, rule_readings))
            .group_by(_d.connection)
        )
        with self._database.session() as session:
            return {row[0]: RuleCoverage(*row[1:]) for row in session.execute(statement)}

    def _conditions(self, actor: Actor, query: RuleQuery, now: datetime) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = [self._scope(actor, rules)]
        for field, values in (
            (_r.connection, query.connections),
            (_r.kind, query.kinds),
            (_r.action, query.actions),
        ):
            if values:
                wanted.append(field.in_([storable(value) for value in values]))
        if query.domain:
            wanted.append(_r.domain == storable(query.domain))
        if query.sender:
            wanted += [_r.kind == RuleKind.SENDER.value, _r.pattern.in_(names_of(storable(query.sender)))]
        if query.marks:
            wanted.append(or_(*(_marked(mark, now) for mark in query.marks)))
        return wanted

    def _texts(self, session: Session, query: RuleQuery) -> tuple[list[ColumnElement[bool]], bool]:
        """The words that are looked for as conditions, and whether very many rules hold all of them.

        PostgreSQL uses its trigram index by itself. SQLite's, a table of its own, is asked for the rarest word where it
        is rare; else the rules are walked in their order, and much is found soon.
        """
        words, values = storable(query.text).split()[:5], storable(query.value).split()[:5]
        holds = [contains_any_case(_r.pattern, word) for word in values]
        if not self._database.is_sqlite:
            return [*(contains_any_case(_SEARCHED, word) for word in [*words, *values]), *holds], False
        holds += [or_(*(contains_any_case(field, word) for field in _LOOKED_INTO)) for word in words]
        ways = [_rowids(word) for word in words if len(word) >= _TRIGRAM]
        ways += [_rowids(word, "pattern") for word in values if len(word) >= _TRIGRAM]
        counted = [(_count(session, way, CAP), number) for number, way in enumerate(ways)]
        if not counted:
            return holds, False
        hits, rarest = min(counted)
        return (holds, True) if hits > CAP else ([_r.id.in_(ways[rarest]), *holds], False)

    def _scope(self, actor: Actor, rows: Table) -> ColumnElement[bool]:
        """What the actor sees; rules of a whole connection are for those who see all of it."""
        whole = replace(actor, scopes=tuple(s for s in actor.scopes if s.kind is ScopeKind.CONNECTION))
        sqlite = self._database.is_sqlite
        columns = rows.c.connection, rows.c.domain
        return or_(
            seen_by(whole, *columns, sqlite=sqlite),
            and_(rows.c.domain != "", seen_by(actor, *columns, sqlite=sqlite)),
        )

    # --- writing ----------------------------------------------------------------------------------------------------

    def store(
        self,
        connection: str,
        domain: str,
        mailbox: str,
        kinds: Collection[RuleKind],
        reading: RuleReading,
        *,
        mark: bool = True,
    ) -> None:
        """Puts what was read of one owner in the place of what was known of these kinds (a kind with a problem stays)."""
        read = [kind.value for kind in kinds if kind not in reading.problems]
        with self._database.unit_of_work() as session:
            owned = _owned(connection, domain), _r.mailbox == mailbox, _r.kind.in_(read)
            session.execute(delete(rules).where(*owned))
            self._put(session, [rule for rule in reading.rules if rule.kind.value in read])
            if not mailbox:
                values = {"read_at": self._clock(), "stale": False}
                self._reading(session, connection, domain, values)
            if mark:
                self._mark(session, connection, domain)

    def completed(self, connection: str, domain: str, mailboxes: Sequence[str]) -> None:
        """Every mailbox of the domain was read; rules of any other are gone."""
        with self._database.unit_of_work() as session:
            known = set(
                session.execute(select(_r.mailbox).where(_owned(connection, domain)).distinct()).scalars()
            )
            gone = known - set(mailboxes) - {""}
            if gone:
                session.execute(delete(rules).where(_owned(connection, domain), _r.mailbox.in_(gone)))
            now = self._clock()
            self._reading(session, connection, domain, {"read_at": now, "completed_at": now, "stale": False})
            self._mark(session, connection, domain)

    def note(self, connection: str, step: Step, state: State) -> None:
        """What a change did, or (state unknown) that nobody knows."""
        domain = step.domain or ""
        before, after = (_named(connection, domain, part) for part in (step.before, step.after))
        with self._database.unit_of_work() as session:
            if state is State.UNKNOWN:
                mine = _d.connection == connection, _d.domain == domain
                session.execute(update(rule_readings).where(*mine).values(stale=True))
                return
            gone = [_owned(connection, domain), _r.rule_id.in_([rule.id for rule in before])]
            if step.verb is Verb.RULES_REPLACE:
                whose = _r.mailbox == step.args.get("mailbox", ""), _r.kind == step.args["kind"]
                gone = [_owned(connection, domain), *whose, _r.read_only.is_(False)]
            session.execute(delete(rules).where(*gone))
            self._put(session, after)
            self._mark(session, connection, domain)

    def forget(self, connection: str, domain: str | None = None) -> None:
        """Takes out a domain that is gone, or (None) a whole connection."""
        with self._database.unit_of_work() as session:
            for rows in (rules, rule_readings):
                whose = [rows.c.connection == connection]
                if domain is not None:
                    whose.append(rows.c.domain == domain)
                session.execute(delete(rows).where(*whose))

    def _put(self, session: Session, found: Iterable[Rule]) -> None:
        now = self._clock()
        rows = {rule.id: _values(rule, now) for rule in found}
        if not rows:
            return
        insert = insert_into(session, rules)
        keys = ("connection", "domain", "rule_id")
        first = next(iter(rows.values()))
        changed = {name: insert.excluded[name] for name in first if name not in keys}
        statement = insert.on_conflict_do_update(index_elements=[rules.c[key] for key in keys], set_=changed)
        session.execute(statement, list(rows.values()))

    def _reading(self, session: Session, connection: str, domain: str, values: dict[str, Any]) -> None:
        insert = insert_into(session, rule_readings)
        counted = select(func.count()).where(_owned(connection, domain)).scalar_subquery()
        count = session.execute(select(counted)).scalar_one()
        row = {"connection": connection, "domain": domain, "completed_at": None, **values, "count": count}
        keys = [_d.connection, _d.domain]
        session.execute(
            insert.values(row).on_conflict_do_update(index_elements=keys, set_={**values, "count": count})
        )

    def _mark(self, session: Session, connection: str, domain: str) -> None:
        """Works out the marks of a domain anew, beside the rules of its whole connection."""
        near = and_(
            _r.connection == connection, _r.domain.in_({domain, ""}), _r.kind == RuleKind.SENDER.value
        )
        rows = session.execute(_FULL.where(near)).all()
        found = marks((_row(row).rule for row in rows), self._clock())
        changed = [
            (row.id, mark)
            for row in rows
            if row.domain == domain and (mark := str(found.get(row.rule_id, ""))) != row.mark
        ]
        if changed:
            by_id = update(rules).where(_r.id == bindparam("row")).values(mark=bindparam("found"))
            session.execute(by_id, [{"row": identity, "found": mark} for identity, mark in changed])


# --- Rows -------------------------------------------------------------------------------------------------------------


def _rowids(word: str, where: str = "") -> Select[Any]:
    """The ids of the rules that hold a word of three characters or more, anywhere or in one column (SQLite)."""
    phrase = (f"{where} : " if where else "") + '"' + word.replace('"', '""') + '"'
    return select(_full_text.c.rowid).where(_full_text.c.rule_search.op("MATCH")(phrase))


def _count(session: Session, ids: Select[Any], most: int) -> int:
    """How many there are, at most one more than `most`."""
    return session.execute(select(func.count()).select_from(ids.limit(most + 1).subquery())).scalar_one()


def _owned(connection: str, domain: str) -> ColumnElement[bool]:
    return and_(_r.connection == connection, _r.domain == domain)


def _marked(mark: str, now: datetime) -> ColumnElement[bool]:
    over: ColumnElement[bool] = _r.expires_sort <= now
    return over if mark == "expired" else and_(_r.mark == mark, _r.expires_sort > now)


def _order(query: RuleQuery) -> list[ColumnElement[Any]]:
    keys = _SORTS.get(query.sort, _SORTS["pattern"])
    return [key.desc() if query.descending else key.asc() for key in keys]


def _after(
    statement: Select[Any], keys: Sequence[ColumnElement[Any]], last: Sequence[Any] | None, descending: bool
) -> Select[Any]:
    if last is None:
        return statement
    here = tuple_(*keys)
    values = tuple_(*(literal(value, key.type) for value, key in zip(last, keys, strict=True)))
    return statement.where(here < values if descending else here > values)


def _named(connection: str, domain: str, part: Any) -> list[Rule]:
    wishes = (RuleSeen.model_validate(one) for one in (part or {}).get("rules", ()))
    return [rule_of(connection, domain, wish) for wish in wishes]


def _values(rule: Rule, now: datetime) -> dict[str, Any]:
    return {
        "connection": rule.connection,
        "domain": rule.domain,
        "mailbox": storable(rule.mailbox)[:_MAILBOX],
        "rule_id": rule.id,
        "kind": rule.kind.value,
        "action": rule.action.value,
        "part": rule.part,
        "pattern": storable(rule.pattern)[:LONGEST_PATTERN],
        "note": rule.note,
        "expires": rule.expires,
        "expires_sort": rule.expires or _NEVER,
        "spf": rule.spf,
        "created": rule.created,
        "read_only": rule.read_only,
        "ref": rule.ref,
        "mark": "",
        "read_at": now,
    }


def _row(row: Any) -> RuleRow:
    rule = Rule(
        connection=row.connection,
        domain=row.domain,
        kind=RuleKind(row.kind),
        action=RuleAction(row.action),
        pattern=row.pattern,
        mailbox=row.mailbox,
        part=row.part,
        note=row.note,
        expires=row.expires,
        spf=row.spf,
        created=row.created,
        read_only=row.read_only,
        ref=row.ref,
    )
    return RuleRow(rule, Mark(row.mark) if row.mark else None, row.read_at, bool(row.stale))
