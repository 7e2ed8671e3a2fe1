"""Connections over REST. Credentials are never part of an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask_babel import gettext
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.connections import key_from_name
from app.core.model import FieldKind
from app.features.connections.service import ConnectionService, ConnectionView
from app.web.api import Body, api_right, blueprint, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with

api = blueprint("connections", "Connections")


class ServerOut(BaseModel):
    """How one server of the upstream is, as the upstream said at the last test."""

    name: str
    verdict: Literal["pass", "warn", "fail", "unknown"]
    text: str


class ConnectionOut(BaseModel):
    """A connection. `can`: its abilities; `gaps`: why it lacks the others; `servers`: where the upstream tells of them.

    `values`: fields of the provider's card that are no secrets; `secrets_set`: names of the secret ones that are set.
    """

    key: str
    kind: str
    name: str
    base_url: str
    values: dict[str, str]
    secrets_set: list[str]
    tls: str
    ca_file: str
    connect_timeout: float
    read_timeout: float
    write_timeout: float
    parallel: int
    per_second: float
    body_cap: int
    resolvers: list[str]
    enabled: bool
    declared: bool
    version: str = Field(description="Changes with every change; see the version of a change.")
    state: str
    upstream_version: str
    tested_at: datetime | None
    problem: str | None
    domains: int | None
    read_at: datetime | None
    can: list[str]
    gaps: dict[str, str]
    servers: list[ServerOut]
    warnings: list[str]


class ConnectionsOut(BaseModel):
    """All connections in the scope."""

    items: list[ConnectionOut]


class ConnectionIn(Body):
    """A connection. `values` holds the fields of the provider's card; on a change an empty secret keeps its value."""

    kind: str
    name: str
    key: str = ""
    base_url: str
    values: dict[str, str] = {}
    tls: str = "system"
    ca_file: str = ""
    connect_timeout: float = 5
    read_timeout: float = 30
    write_timeout: float = 90
    parallel: int = 8
    per_second: float = 50
    body_cap: int = Field(default=32 * 1024 * 1024, description="Largest answer, in bytes.")
    resolvers: list[str] = []
    enabled: bool = True
    version: str = Field(
        default="", description="On a change: refuse when it is no longer the version that was read."
    )


class ProbeOut(BaseModel):
    """The result of a test."""

    key: str
    ok: bool
    upstream_version: str = ""
    problem: str | None = None
    ms: float


class ProbesOut(BaseModel):
    """The results of several tests."""

    items: list[ProbeOut]


class StartedOut(BaseModel):
    """A job that was started; null when the connection lists no domains."""

    job: int | None


def _service() -> ConnectionService:
    return service_with(ConnectionService, CollectFeedback())


@api.get("/connections")
@api_right(Right.VIEW_CONNECTIONS)
@api.output(ConnectionsOut)
def list_connections(actor: Actor) -> ConnectionsOut:
    """List the connections with what their last tests found."""
    return ConnectionsOut(items=[connection_out(view) for view in _service().visible(actor)])


@api.post("/connections")
@api_right(Right.MANAGE_CONNECTIONS)
@api.input(ConnectionIn, location="json")
@api.output(ConnectionOut, status_code=201)
def add_connection(actor: Actor, json_data: ConnectionIn) -> ConnectionOut:
    """Add a connection."""
    data = _input(json_data)
    data["key"] = data["key"] or key_from_name(json_data.name)
    connections = _service()
    return connection_out(connections.get(actor, connections.add(actor, data).key))


@api.get("/connections/<key>")
@api_right(Right.VIEW_CONNECTIONS)
@api.output(ConnectionOut)
def get_connection(actor: Actor, key: str) -> ConnectionOut:
    """Read one connection."""
    return connection_out(_service().get(actor, key))


@api.put("/connections/<key>")
@api_right(Right.MANAGE_CONNECTIONS)
@api.input(ConnectionIn, location="json")
@api.output(ConnectionOut)
def edit_connection(actor: Actor, key: str, json_data: ConnectionIn) -> ConnectionOut:
    """Change a connection that is kept in the database."""
    connections = _service()
    version = json_data.version or connections.get(actor, key).connection.version
    connections.edit(actor, key, _input(json_data), version)
    return connection_out(connections.get(actor, key))


@api.delete("/connections/<key>")
@api_right(Right.MANAGE_CONNECTIONS)
@api.output({}, status_code=204)
def remove_connection(actor: Actor, key: str) -> str:
    """Remove a connection and its inventory; at the upstream nothing is changed."""
    _service().remove(actor, key, key)
    return ""


@api.post("/connections/<key>/test")
@api_right(Right.VIEW_CONNECTIONS)
@api.output(ProbeOut)
def test_connection(actor: Actor, key: str) -> ProbeOut:
    """Test a connection with reads only."""
    return probe_out(key, _service().test(actor, key))


@api.post("/connections/test")
@api_right(Right.VIEW_CONNECTIONS)
@api.output(ProbesOut)
def test_connections(actor: Actor) -> ProbesOut:
    """Test all connections at once."""
    results = _service().test_all(actor)
    return ProbesOut(items=[probe_out(key, result) for key, result in results.items()])


@api.post("/connections/<key>/sync")
@api_right(Right.SYNC)
@api.output(StartedOut, status_code=202)
def sync_connection(actor: Actor, key: str) -> StartedOut:
    """Start reading all domains of the connection."""
    return StartedOut(job=_service().sync(actor, key))


def _input(data: ConnectionIn) -> dict[str, Any]:
    return data.model_dump(exclude={"version"})


def probe_out(key: str, result: Any) -> ProbeOut:
    """A test's result as JSON."""
    return ProbeOut(
        key=key,
        ok=result.ok,
        upstream_version=result.found.version if result.found else "",
        problem=text_out(result.problem),
        ms=round(result.ms, 1),
    )


def connection_out(view: ConnectionView) -> ConnectionOut:
    """A connection as JSON."""
    connection, probe = view.connection, view.probe
    secret = {setting.name for setting in view.card.settings if setting.kind is FieldKind.SECRET}
    return ConnectionOut(
        key=connection.key,
        kind=connection.kind,
        name=connection.name,
        base_url=connection.base_url,
        values={name: connection.value(name) for name in connection.values if name not in secret},
        secrets_set=sorted(secret & connection.values.keys()),
        tls=connection.tls.value,
        ca_file=connection.ca_file,
        connect_timeout=connection.connect_timeout,
        read_timeout=connection.read_timeout,
        write_timeout=connection.write_timeout,
        parallel=connection.parallel,
        per_second=connection.per_second,
        body_cap=connection.body_cap,
        resolvers=list(connection.resolvers),
        enabled=connection.enabled,
        declared=connection.declared,
        version=connection.version,
        state=view.state,
        upstream_version=probe.found.version if probe and probe.found else "",
        tested_at=probe.at if probe else None,
        problem=probe.problem.render(gettext) if probe and probe.problem else None,
        domains=view.sync.domains if view.sync else None,
        read_at=view.sync.last_ok_at if view.sync else None,
        can=sorted(c.value for c in view.card.can),
        gaps={c.value: view.card.reason(c).render(gettext) for c in Capability if c not in view.card.can},
        servers=[
            ServerOut(name=server.name, verdict=server.verdict.value, text=server.text.render(gettext))
            for server in (probe.found.servers if probe and probe.found else ())
        ],
        warnings=[text.render(gettext) for text in view.warnings],
    )
