"""Who may do what at an upstream: its administrators, their permissions and API tokens, and the users of a domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account may do with one object. `kind` and `permissions` are the upstream's own words."""

    kind: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpstreamAdmin:
    """An account at an upstream. None: the upstream does not say.

    `everything`: it may do everything. `ours`: the connection itself signs in with it (None: nobody can tell). `ref`:
    opaque JSON by which the driver finds it again.
    """

    login: str
    name: str = ""
    email: str = ""
    language: str = ""
    enabled: bool | None = None
    everything: bool | None = None
    second_factor: bool | None = None
    grants: tuple[Grant, ...] = ()
    last_seen: datetime | None = None
    created_at: datetime | None = None
    ours: bool | None = None
    ref: Json = None


@dataclass(frozen=True, slots=True)
class AdminPage:
    """One page of accounts. `total` None: the upstream does not say."""

    rows: tuple[UpstreamAdmin, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class UpstreamToken:
    """An API token of an account, without its value. `ours`: the connection itself signs in with it (None: it may be)."""

    id: str
    name: str
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    ours: bool | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that the users of a domain may, or may not, do."""

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class DomainAccess:
    """Who may manage a domain: accounts with their permissions on it. `users`: what its own users may do (None: the
    upstream does not say). `offered`: the permissions that can be given."""

    admins: tuple[tuple[UpstreamAdmin, tuple[str, ...]], ...]
    users: tuple[Permission, ...] | None
    offered: tuple[str, ...]
