"""Actors and domains for the tests of the stores."""

from __future__ import annotations

from app.core.actor import Actor, Role, Scope, ScopeKind
from app.core.model import Domain, Route

ADMIN = Actor(1, "ada", Role.ADMIN)
OTHER_ADMIN = Actor(2, "ben", Role.ADMIN)


def within(*scopes: Scope) -> Actor:
    """Somebody who sees only these parts."""
    return Actor(9, "cut", Role.SUPPORT, scopes)


def connection(name: str) -> Scope:
    """A whole connection, or several by pattern."""
    return Scope(ScopeKind.CONNECTION, name)


def domains(name: str, connection: str = "") -> Scope:
    """Domains by pattern."""
    return Scope(ScopeKind.DOMAIN, name, connection)


def domain(name: str, on: str = "prod", **fields: object) -> Domain:
    """A domain with one route, unless told otherwise."""
    return Domain(on, name, **{"routes": (Route("mx.example.net", 25),), **fields})  # type: ignore[arg-type]
