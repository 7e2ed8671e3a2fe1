"""Rules as lines of text, for lists that are edited as a whole: action, pattern, part, expires, spf, note."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from app.core.errors import Invalid
from app.core.rules import Rule, RuleKind
from app.core.text import msg

COLUMNS = ("action", "pattern", "part", "expires", "spf", "note")
_WORDS = {"yes": True, "no": False, "": None}


def lines_of(rules: Iterable[Rule]) -> str:
    """The rules as CSV without a head, one per line; `rules_in` reads them."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    for rule in rules:
        spf = "" if rule.spf is None else "yes" if rule.spf else "no"
        expires = rule.expires.isoformat() if rule.expires else ""
        writer.writerow((rule.action.value, rule.pattern, rule.part, expires, spf, rule.note))
    return target.getvalue()


def rules_in(text: str, kind: RuleKind, mailbox: str) -> list[dict[str, Any]]:
    """What the lines say, for `RuleInput`. Raises Invalid on the field "lines", with the number of the line."""
    found: list[dict[str, Any]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text.replace("\x00", ""))), 1):
            if any(cell.strip() for cell in cells):
                found.append(_rule([cell.strip() for cell in cells], number, kind, mailbox))
    except csv.Error as error:
        raise Invalid(
            {"lines": msg("This cannot be read as lines of CSV: {why}.", why=str(error))}
        ) from error
    return found


def _rule(cells: list[str], number: int, kind: RuleKind, mailbox: str) -> dict[str, Any]:
    if len(cells) > len(COLUMNS):
        raise Invalid(
            {
                "lines": msg(
                    "Line {number} has too many parts; put a note with commas in quotes.", number=number
                )
            }
        )
    row = dict(zip(COLUMNS, [*cells, *[""] * len(COLUMNS)], strict=False))
    if row["spf"].lower() not in _WORDS:
        raise Invalid({"lines": msg("Line {number}: spf is yes, no or empty.", number=number)})
    try:
        expires = moment_in(row["expires"])
    except ValueError as error:
        text = msg(
            "Line {number}: “{text}” is no day, such as 2026-12-31.", number=number, text=row["expires"][:40]
        )
        raise Invalid({"lines": text}) from error
    rule: dict[str, Any] = {"kind": kind.value, "action": row["action"].lower(), "pattern": row["pattern"]}
    more = {"part": row["part"], "note": row["note"], "mailbox": mailbox, "expires": expires}
    spf = _WORDS[row["spf"].lower()]
    return {
        **rule,
        **{name: value for name, value in more.items() if value},
        **({} if spf is None else {"spf": spf}),
    }


def moment_in(text: str) -> datetime | None:
    """A day (its end, UTC) or a time with its zone; None for "". Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if len(text) <= 10:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
