"""Who may do what, and where."""

from __future__ import annotations

import pytest

from app.core.actor import EVERYWHERE, RIGHTS, Actor, Right, Role, Scope, ScopeKind, system_actor
from app.core.errors import Forbidden


def actor(role: Role = Role.OPERATOR, *scopes: Scope) -> Actor:
    return Actor(1, "ann", role, scopes or EVERYWHERE)


def test_every_role_has_its_rights_and_only_admins_have_all() -> None:
    assert set(RIGHTS) == set(Role)
    assert RIGHTS[Role.ADMIN] == frozenset(Right)
    for role in (Role.OPERATOR, Role.SUPPORT, Role.AUDITOR):
        assert RIGHTS[role] < RIGHTS[Role.ADMIN]
    assert Right.MANAGE_CONNECTIONS not in RIGHTS[Role.OPERATOR]
    assert Right.READ_MAIL not in RIGHTS[Role.SUPPORT]
    assert not any(right.value.startswith(("change_", "remove_")) for right in RIGHTS[Role.AUDITOR])


def test_a_missing_right_is_refused_in_words() -> None:
    with pytest.raises(Forbidden, match="Auditor"):
        actor(Role.AUDITOR).require(Right.CHANGE_DOMAINS)


def test_a_token_narrows_and_never_widens() -> None:
    narrow = Actor(1, "ann", Role.SUPPORT, only_rights=frozenset({Right.VIEW_DOMAINS, Right.REMOVE_DOMAINS}))
    assert narrow.may(Right.VIEW_DOMAINS)
    assert not narrow.may(Right.VIEW_QUARANTINE)
    assert not narrow.may(Right.REMOVE_DOMAINS)


@pytest.mark.parametrize(
    ("scope", "connection", "domain", "inside"),
    [
        (Scope(ScopeKind.CONNECTION, "*"), "a", "x.example", True),
        (Scope(ScopeKind.CONNECTION, "a"), "a", None, True),
        (Scope(ScopeKind.CONNECTION, "a*"), "ab", "x.example", True),
        (Scope(ScopeKind.CONNECTION, "a"), "b", "x.example", False),
        (Scope(ScopeKind.DOMAIN, "*.example.org"), "a", "x.example.org", True),
        (Scope(ScopeKind.DOMAIN, "*.example.org"), "a", "example.org", False),
        (Scope(ScopeKind.DOMAIN, "example.org", "a"), "a", "example.org", True),
        (Scope(ScopeKind.DOMAIN, "example.org", "a"), "b", "example.org", False),
        (Scope(ScopeKind.DOMAIN, "*"), "a", None, False),
        (Scope(ScopeKind.MAILBOX, "*"), "a", "x.example", False),
    ],
)
def test_scopes(scope: Scope, connection: str, domain: str | None, inside: bool) -> None:
    assert actor(Role.ADMIN, scope).sees(connection, domain) is inside


def test_no_scope_sees_nothing() -> None:
    blind = Actor(1, "ann", Role.ADMIN, ())
    assert not blind.sees("a", "x.example")
    assert not blind.sees_some_of("a")


def test_a_domain_scope_sees_some_of_its_connections() -> None:
    partial = actor(Role.ADMIN, Scope(ScopeKind.DOMAIN, "x.example", "a"))
    assert partial.sees_some_of("a")
    assert not partial.sees_some_of("b")


def test_actors_survive_json() -> None:
    given = Actor(
        7,
        "ann",
        Role.SUPPORT,
        (Scope(ScopeKind.DOMAIN, "*.example", "a"),),
        "api",
        frozenset({Right.READ_MAIL}),
        frozenset({Right.VIEW_DOMAINS}),
    )
    assert Actor.from_json(given.to_json()) == given
    assert Actor.from_json(system_actor().to_json()) == system_actor()
