from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, literal, select

from app.core.actor import Actor, Role, Scope, ScopeKind
from app.storage.column_types import name_type
from app.storage.matching import contains, contains_any_case, matches, seen_by

many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Few letters, so that patterns hit; all signs that mean something to fnmatch, GLOB, LIKE or a regular expression.
name_text = st.text("ab.-_%\\^]$(|+", max_size=6)
pattern_text = st.text("ab.-_%\\^]$(|+*?[!", max_size=7)


def answer(database, condition):
    with database.session() as session:
        return bool(session.scalar(select(condition)))


@many
@given(pattern=pattern_text, name=name_text)
def test_patterns_mean_what_fnmatch_means(database, pattern, name):
    condition = matches(literal(name), pattern, sqlite=database.is_sqlite)
    assert answer(database, condition) == fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.example.org", "a.b.example.org", True),
        ("*.example.org", "example.org", False),
        ("a?c", "abc", True),
        ("[!]", "[!]", True),
        ("[]a]x", "]x", True),
        ("[!a-c]", "d", True),
        ("[!a-c]", "b", False),
        ("[z-a]", "m", False),
        ("[^-]", "^", True),
        ("[^-]", "a", False),
        ("[]^-]", "-", True),
        ("a[b", "a[b", True),
        ("A*", "abc", False),
        ("a_c", "abc", False),
        ("a%*", "a%b", True),
        ("a%*", "ab", False),
        ("(a|b)*", "a", False),
        ("**", "", True),
    ],
)
def test_patterns_by_example(database, pattern, name, fits):
    assert fnmatchcase(name, pattern) is fits
    assert answer(database, matches(literal(name), pattern, sqlite=database.is_sqlite)) is fits


WORLD = [
    (connection, domain)
    for connection in ("prod", "prod-2", "test", "")
    for domain in ("a.org", "b.a.org", "xn--bcher-kva.de", "a.com", "prod", None)
]
world = Table("world", MetaData(), Column("connection", name_type()), Column("domain", name_type()))


@pytest.fixture
def peopled(database):
    with database.engine.begin() as connection:
        world.create(connection)
        connection.execute(world.insert(), [{"connection": c, "domain": d} for c, d in WORLD])
    yield database
    with database.engine.begin() as connection:
        world.drop(connection)


scopes = st.builds(
    Scope,
    kind=st.sampled_from(list(ScopeKind)),
    name=st.sampled_from(
        [
            "*",
            "**",
            "prod",
            "prod*",
            "p?od",
            "[pt]*",
            "*-2",
            "",
            "a.org",
            "*.org",
            "*.a.org",
            "?.???",
            "[!b]*",
            "b.[a",
        ]
    ),
    connection=st.sampled_from(["", "*", "prod", "prod*", "t[!x]st", "none"]),
)


@many
@given(scopes=st.lists(scopes, max_size=4))
def test_sql_and_python_agree_on_what_a_person_sees(peopled, scopes):
    actor = Actor(1, "p", Role.SUPPORT, tuple(scopes))
    condition = seen_by(actor, world.c.connection, world.c.domain, sqlite=peopled.is_sqlite)
    with peopled.session() as session:
        seen = {tuple(row) for row in session.execute(select(world).where(condition))}
    assert seen == {pair for pair in WORLD if actor.sees(*pair)}


def test_nobody_without_a_scope_sees_anything(database):
    actor = Actor(1, "p", Role.SUPPORT, ())
    assert not answer(database, seen_by(actor, literal("c"), literal("d"), sqlite=database.is_sqlite))


@many
@given(
    text=st.text("aB%_\\*?[]^-", min_size=1, max_size=4), part=st.text("aB%_\\*?[]^-", min_size=1, max_size=3)
)
def test_contains_takes_every_sign_as_it_stands(database, text, part):
    assert answer(database, contains(literal(text), part, sqlite=database.is_sqlite)) == (part in text)
    found = answer(database, contains_any_case(literal(text), part))
    assert found == (part.lower() in text.lower())
