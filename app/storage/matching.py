"""Texts and patterns as SQL conditions: parts of texts, and the `*` patterns of scopes as Python's fnmatch reads them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from app.core.actor import Actor, Scope, ScopeKind

_ASCII = [chr(code) for code in range(0x20, 0x7F)]
_ESCAPE = "\\"
_TOKEN = re.compile(r"\[!.[^\]]*\]|\[[^!][^\]]*\]|.", re.DOTALL)  # a set, or one character


def escaped(text: str) -> str:
    """`text` for a LIKE pattern in which only `%` and `_` of ours have a meaning; the escape is a backslash."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def contains(column: ColumnElement[Any], text: str, *, sqlite: bool) -> ColumnElement[bool]:
    """`column` holds `text` as it stands. (GLOB: SQLite's LIKE looks at both cases of each letter, half as fast.)"""
    if sqlite:
        return column.op("GLOB")(f"*{''.join(_glob('=' + sign) for sign in text)}*")
    return column.like(f"%{escaped(text)}%", escape=_ESCAPE)


def contains_any_case(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """`column` holds `text`, whatever the case."""
    return column.ilike(f"%{escaped(text)}%", escape=_ESCAPE)


# --- Scopes -----------------------------------------------------------------------------------------------------


def seen_by(
    actor: Actor, connection: ColumnElement[Any], domain: ColumnElement[Any], *, sqlite: bool
) -> ColumnElement[bool]:
    """The rows that lie in the actor's scope: the same answer as `Actor.sees(connection, domain)` for every row.

    A row whose domain is NULL belongs to no domain: it needs the whole connection in the scope. Names are compared as
    ASCII: a set such as `[!a]` matches no other character, where fnmatch would.
    """
    whole = [s for s in actor.scopes if s.kind is ScopeKind.CONNECTION]
    parts = [s for s in actor.scopes if s.kind is ScopeKind.DOMAIN]
    return or_(
        false(),
        *(matches(connection, scope.name, sqlite=sqlite) for scope in whole),
        *(
            and_(
                domain.is_not(None),
                matches(connection, pattern or "*", sqlite=sqlite),
                _any_name(domain, list(scopes), sqlite),
            )
            for pattern, scopes in groupby(sorted(parts, key=_connection_of), key=_connection_of)
        ),
    )


def _connection_of(scope: Scope) -> str:
    return scope.connection


def _any_name(domain: ColumnElement[Any], scopes: list[Scope], sqlite: bool) -> ColumnElement[bool]:
    """One of the scopes' names; plain ones as one list, which an index can serve."""
    plain = [scope.name for scope in scopes if not _is_pattern(scope.name)]
    patterns = [scope.name for scope in scopes if _is_pattern(scope.name)]
    conditions = [matches(domain, pattern, sqlite=sqlite) for pattern in patterns]
    if plain:
        conditions.append(domain.in_(plain))
    return or_(false(), *conditions)


# --- Patterns ---------------------------------------------------------------------------------------------------


def matches(column: ColumnElement[Any], pattern: str, *, sqlite: bool) -> ColumnElement[bool]:
    """`fnmatchcase(column, pattern)` in SQL: GLOB on SQLite; LIKE, or a regular expression for sets, on PostgreSQL."""
    if not _is_pattern(pattern):
        return column == pattern
    if not pattern.strip("*"):
        return true()
    tokens = _tokens(pattern)
    if any(token == [] for token in tokens):
        return false()
    if sqlite:
        return column.op("GLOB")("".join(_glob(token) for token in tokens))
    if any(isinstance(token, list) for token in tokens):
        return column.op("~")("^" + "".join(_regex(token) for token in tokens) + "$")
    return column.like("".join(_like(str(token)) for token in tokens), escape=_ESCAPE)


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


# A token is "*", "?", a literal ("=" and the character), or the list of the characters of a set.
_Token = str | list[str]


def _tokens(pattern: str) -> list[_Token]:
    """The pattern in pieces. A set ends at the first "]" that is not its first character; without one "[" is itself."""
    tokens: list[_Token] = []
    for part in _TOKEN.findall(pattern):
        if len(part) > 1:
            tokens.append([sign for sign in _ASCII if fnmatchcase(sign, part)])
        else:
            tokens.append(part if part in "*?" else "=" + part)
    return tokens


def _glob(piece: _Token) -> str:
    """A piece for SQLite's GLOB, where "]" must come first in a set, "^" not first, and "-" last."""
    if isinstance(piece, str):
        return piece if piece in ("*", "?") else f"[{piece[1]}]" if piece[1] in "*?[" else piece[1]
    if len(piece) == 1:
        return _glob("=" + piece[0])
    ordered = sorted(piece, key=lambda sign: (sign != "]", sign in "^-", sign == "-"))
    if ordered == ["^", "-"]:
        ordered = ["-", "^"]
    return f"[{''.join(ordered)}]"


def _regex(piece: _Token) -> str:
    if isinstance(piece, list):
        return f"(?:{'|'.join(_regex('=' + sign) for sign in piece)})"
    if piece in ("*", "?"):
        return ".*" if piece == "*" else "."
    return piece[1] if piece[1].isalnum() else "\\" + piece[1]


def _like(piece: str) -> str:
    if piece in ("*", "?"):
        return "%" if piece == "*" else "_"
    return escaped(piece[1])
