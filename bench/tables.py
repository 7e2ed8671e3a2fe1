"""How long the stored health and the stored rules take at 1,000 and at 100,000 rows' domains, without a web server.

On SQLite; on PostgreSQL where BENCH_POSTGRES names an empty database that may be filled.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from app.core.actor import Actor, Role, Scope, ScopeKind
from app.core.health import HealthQuery
from app.core.model import Verdict
from app.core.rule_ports import RuleQuery
from app.storage.db import Database, upgrade
from app.storage.health import SqlHealth
from app.storage.health_tables import health_readings, health_runs
from app.storage.rules import SqlRuleBook, rules
from app.storage.tables import domain_counts, domains
from bench.result import Result

LARGE, SMALL = 100_000, 1_000
RULES_EACH, RULE_DOMAINS = 20, 5_000
MOST_MS = 25.0
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_ACTOR = Actor(1, "bench", Role.ADMIN, (Scope(ScopeKind.CONNECTION, "*"),))
_CHECKS = (("mx", "DNS"), ("spf", "DNS"), ("route", "SMTP"), ("report", "Cleanmail"))


def stored_tables() -> list[Result]:
    """(h) Reads of the stored health and rules: bounded, however many domains there are."""
    kinds = ["sqlite", "postgresql"] if os.environ.get("BENCH_POSTGRES") else ["sqlite"]
    found: list[Result] = []
    for kind in kinds:
        for what, ms in _measured(kind).items():
            found.append(
                Result(f"{what} ({kind})", f"{ms:.1f} ms", f"at most {MOST_MS:.0f} ms", ms <= MOST_MS)
            )
    return found


def _measured(kind: str) -> dict[str, float]:
    with _database(kind) as database:
        _fill_health(database, LARGE)
        _fill_rules(database)
        return {what: _median(ask) for what, ask in _questions(database).items()}


def _questions(database: Database) -> dict[str, Callable[[], Any]]:
    health, book = SqlHealth(database), SqlRuleBook(database)

    def page(**query: Any) -> Callable[[], Any]:
        return lambda: health.page(_ACTOR, HealthQuery(**query))

    def ruled(**query: Any) -> Callable[[], Any]:
        return lambda: book.page(_ACTOR, RuleQuery(**query), _NOW)

    return {
        "health: first page": page(),
        "health: failing only": page(verdicts=(Verdict.FAIL,)),
        "health: search, few hits": page(text="00042-"),
        "health: search, no hit": page(text="nothing-like-it"),
        "health: search, many hits": page(text="south"),
        "health: search, many hits, none fails": page(text="north", verdicts=(Verdict.FAIL,)),
        "health: search, two letters": page(text="so"),
        "health: counts": lambda: health.counts(_ACTOR),
        "health: badge": lambda: health.failing(_ACTOR),
        "health: checks": lambda: health.checks(_ACTOR),
        "health: usual value": lambda: health.usual_value("bench", "mx"),
        "health: failing at": lambda: health.failing_at("bench", "Cleanmail"),
        "rules: first page": ruled(),
        "rules: search, few hits": ruled(text="sender4711.example"),
        "rules: search, no hit": ruled(text="nothing-like-it"),
        "rules: search, many hits": ruled(text="sender"),
        "rules: search by domain": ruled(text="00042-"),
        "rules: search, two words": ruled(text="ticket 00042-"),
    }


def _median(ask: Callable[[], Any]) -> float:
    ask()
    taken = []
    for _ in range(7):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


@contextmanager
def _database(kind: str) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ["BENCH_POSTGRES"] if kind == "postgresql" else f"sqlite:///{folder}/bench.sqlite3"
        upgrade(url)
        with closing(_Closing(Database(url))) as held:
            yield held.database


class _Closing:
    def __init__(self, database: Database) -> None:
        self.database = database

    def close(self) -> None:
        self.database.dispose()


def _fill_health(database: Database, count: int) -> None:
    """Every hundredth domain fails, every tenth warns; all of the north pass."""
    for first in range(1, count + 1, 1000):
        numbers = range(first, min(first + 1000, count + 1))
        with database.unit_of_work() as session:
            session.execute(insert(domains), [_domain(n) for n in numbers])
            session.execute(
                insert(health_runs),
                [{"domain_id": n, "rank": min(_ranks(n)), "checked_at": _NOW} for n in numbers],
            )
            session.execute(insert(health_readings), [row for n in numbers for row in _readings(n)])
    with database.unit_of_work() as session:
        session.execute(insert(domain_counts), [{"connection": "bench", "status": "active", "n": count}])
    _tidy(database)


def _name(number: int) -> str:
    return f"firm-{number:05d}-{'north' if number % 2 else 'south'}.example"


def _domain(number: int) -> dict[str, Any]:
    name = _name(number)
    return {
        "id": number,
        "ident": f"bench {name}",
        "connection": "bench",
        "name": name,
        "status": "active",
        "upstream_status": "active",
        "account": "",
        "aliases": [],
        "alias_count": 0,
        "routes": [],
        "first_route": "",
        "mailboxes": 0,
        "ref": None,
        "extra": {},
        "search": f"\n{name}\n",
        "content_sum": "",
        "facts_sum": "",
        "changed_at": _NOW,
        "missing_since": None,
    }


def _ranks(number: int) -> tuple[int, ...]:
    return (0 if number % 100 == 0 else 1 if number % 10 == 0 else 3, 3, 3, 0 if number % 50 == 0 else 3)


def _readings(number: int) -> Iterator[dict[str, Any]]:
    for (check, source), rank in zip(_CHECKS, _ranks(number), strict=True):
        yield {
            "domain_id": number,
            "check_name": check,
            "source": source,
            "subject": "",
            "connection": "bench",
            "domain": _name(number),
            "rank": rank,
            "found": {"text": "As it should be.", "params": {}},
            "expected": None,
            "advice": None,
            "record": "",
            "value": f"mx{number % 5}.filter.example" if check == "mx" else "",
            "seen_at": _NOW,
            "since": _NOW,
        }


def _fill_rules(database: Database) -> None:
    for first in range(0, RULE_DOMAINS, 100):
        rows = [_rule(n, k) for n in range(first, first + 100) for k in range(RULES_EACH)]
        with database.unit_of_work() as session:
            session.execute(insert(rules), rows)
    _tidy(database)


def _rule(number: int, of_domain: int) -> dict[str, Any]:
    no = number * RULES_EACH + of_domain
    return {
        "connection": "bench",
        "domain": _name(number),
        "mailbox": "" if of_domain % 2 else f"person{of_domain}@{_name(number)}",
        "rule_id": f"{no:016x}",
        "kind": "sender",
        "action": "allow" if no % 3 else "block",
        "part": "",
        "pattern": f"sender{no}.example",
        "note": f"ticket {no}" if no % 4 == 0 else "",
        "expires": None,
        "expires_sort": _NOW + timedelta(days=900),
        "spf": None,
        "created": None,
        "read_only": False,
        "ref": None,
        "mark": "",
        "read_at": _NOW,
    }


def _tidy(database: Database) -> None:
    """What PostgreSQL does by itself a minute later. SQLite needs nothing of the kind."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
