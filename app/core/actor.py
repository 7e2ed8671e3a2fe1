"""Who acts, what they may do and where: roles, rights and scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from app.core.errors import Forbidden
from app.core.text import Message, msg


class Right(StrEnum):
    """One thing that a person may do."""

    VIEW_DOMAINS = "view_domains"
    CHANGE_DOMAINS = "change_domains"
    REMOVE_DOMAINS = "remove_domains"
    BULK = "bulk"
    IMPORT = "import"
    EXPORT = "export"
    CHECK_ROUTES = "check_routes"
    VIEW_HEALTH = "view_health"
    RUN_HEALTH = "run_health"
    VIEW_RULES = "view_rules"
    CHANGE_RULES = "change_rules"
    ADD_EXPIRING_RULES = "add_expiring_rules"
    VIEW_POLICIES = "view_policies"
    CHANGE_POLICIES = "change_policies"
    VIEW_QUARANTINE = "view_quarantine"
    RELEASE_MAIL = "release_mail"
    READ_MAIL = "read_mail"
    VIEW_MAILBOXES = "view_mailboxes"
    CHANGE_MAILBOXES = "change_mailboxes"
    SYNC = "sync"
    VIEW_CHANGES = "view_changes"
    SETTLE_CHANGES = "settle_changes"
    VIEW_JOBS = "view_jobs"
    VIEW_CONNECTIONS = "view_connections"
    MANAGE_CONNECTIONS = "manage_connections"
    MANAGE_ACCESS = "manage_access"
    MANAGE_PEOPLE = "manage_people"
    CONSOLE = "console"
    OWN_ACCOUNT = "own_account"


class Role(StrEnum):
    """A person's role; `RIGHTS` says what it may do."""

    ADMIN = "admin"
    OPERATOR = "operator"
    SUPPORT = "support"
    AUDITOR = "auditor"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _LABELS[self]


_LABELS = {
    Role.ADMIN: msg("Administrator"),
    Role.OPERATOR: msg("Operator"),
    Role.SUPPORT: msg("Support"),
    Role.AUDITOR: msg("Auditor"),
}

_LOOK = frozenset(
    {
        Right.VIEW_DOMAINS,
        Right.VIEW_HEALTH,
        Right.VIEW_RULES,
        Right.VIEW_POLICIES,
        Right.VIEW_MAILBOXES,
        Right.VIEW_JOBS,
        Right.VIEW_CHANGES,
        Right.OWN_ACCOUNT,
    }
)

# The one table of who may do what.
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.OPERATOR: frozenset(Right)
    - {Right.MANAGE_CONNECTIONS, Right.MANAGE_ACCESS, Right.MANAGE_PEOPLE, Right.CONSOLE},
    Role.SUPPORT: _LOOK
    | {
        Right.VIEW_QUARANTINE,
        Right.RELEASE_MAIL,
        Right.ADD_EXPIRING_RULES,
        Right.CHECK_ROUTES,
        Right.RUN_HEALTH,
    },
    Role.AUDITOR: _LOOK | {Right.VIEW_CONNECTIONS, Right.EXPORT},
}


class ScopeKind(StrEnum):
    """What a scope speaks of."""

    CONNECTION = "connection"
    ACCOUNT = "account"
    DOMAIN = "domain"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the world: a connection, or an account, domain or mailbox on it. `connection` "" means every one.

    `name` may be a pattern with `*` (domain `*.example.org`). The same type serves rights, rules and lists.
    """

    kind: ScopeKind
    name: str = "*"
    connection: str = ""

    def covers(self, connection: str, domain: str | None = None) -> bool:
        """Whether an object on `connection` (with `domain`, where it belongs to one) lies inside."""
        if self.kind is ScopeKind.CONNECTION:
            return fnmatchcase(connection, self.name)
        if self.connection and not fnmatchcase(connection, self.connection):
            return False
        if self.kind is ScopeKind.DOMAIN:
            return domain is not None and fnmatchcase(domain, self.name)
        return False

    def to_json(self) -> dict[str, str]:
        """Its JSON form."""
        return {"kind": self.kind.value, "name": self.name, "connection": self.connection}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Scope:
        """Reads what `to_json` wrote."""
        return cls(ScopeKind(data["kind"]), data.get("name", "*"), data.get("connection", ""))


EVERYWHERE = (Scope(ScopeKind.CONNECTION, "*"),)


def within(given: Iterable[Scope], held: Sequence[Scope]) -> bool:
    """Whether everything that the given scopes cover is surely covered by those that somebody holds.

    Careful: two patterns of which one cannot be seen to lie inside the other count as outside.
    """
    return all(any(_inside(scope, own) for own in held) for scope in given)


def _inside(scope: Scope, own: Scope) -> bool:
    if own.kind is ScopeKind.CONNECTION:
        where = scope.name if scope.kind is ScopeKind.CONNECTION else scope.connection or "*"
        return _narrower(where, own.name)
    same_place = not own.connection or _narrower(scope.connection or "*", own.connection)
    return scope.kind is own.kind and same_place and _narrower(scope.name, own.name)


def _narrower(pattern: str, wide: str) -> bool:
    """Whether every name that `pattern` matches is one that `wide` matches."""
    if wide == "*" or pattern == wide:
        return True
    if not any(sign in pattern for sign in "*?["):
        return fnmatchcase(pattern, wide)
    plain_end = wide[1:]
    return wide.startswith("*") and not any(s in plain_end for s in "*?[") and pattern.endswith(plain_end)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person (or "system"), their role, where they may act, and the door they came through.

    `extra_rights` are given on top of the role; a bearer token narrows with `only_rights`.
    """

    user_id: int | None
    name: str
    role: Role
    scopes: tuple[Scope, ...] = EVERYWHERE
    door: str = "web"
    extra_rights: frozenset[Right] = frozenset()
    only_rights: frozenset[Right] | None = None

    def may(self, right: Right) -> bool:
        """Whether the person has the right at all (somewhere)."""
        if self.only_rights is not None and right not in self.only_rights:
            return False
        return right in RIGHTS[self.role] or right in self.extra_rights

    def require(self, right: Right) -> None:
        """Raises Forbidden unless `may(right)`."""
        if not self.may(right):
            raise Forbidden(
                msg("Your role ({role}) may not do this. Nothing was changed.", role=self.role.label)
            )

    def sees(self, connection: str, domain: str | None = None) -> bool:
        """Whether an object lies in the person's scope. What does not must look as if it did not exist."""
        return any(scope.covers(connection, domain) for scope in self.scopes)

    def sees_some_of(self, connection: str) -> bool:
        """Whether anything on the connection can lie in the person's scope."""
        return any(
            scope.covers(connection)
            if scope.kind is ScopeKind.CONNECTION
            else not scope.connection or fnmatchcase(connection, scope.connection)
            for scope in self.scopes
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form for stored jobs."""
        return {
            "user_id": self.user_id,
            "name": self.name,
            "role": self.role.value,
            "scopes": [scope.to_json() for scope in self.scopes],
            "door": self.door,
            "extra_rights": sorted(self.extra_rights),
            "only_rights": None if self.only_rights is None else sorted(self.only_rights),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Actor:
        """Reads what `to_json` wrote."""
        only = data.get("only_rights")
        return cls(
            user_id=data["user_id"],
            name=data["name"],
            role=Role(data["role"]),
            scopes=tuple(Scope.from_json(s) for s in data["scopes"]),
            door=data.get("door", "web"),
            extra_rights=frozenset(Right(r) for r in data.get("extra_rights", ())),
            only_rights=None if only is None else frozenset(Right(r) for r in only),
        )


def system_actor(door: str = "worker") -> Actor:
    """The actor of what nobody clicked: schedules, settling."""
    return Actor(user_id=None, name="system", role=Role.ADMIN, door=door)
