"""The connections that are kept in the database, their secrets encrypted, and the last test of each."""

from __future__ import annotations

import json
import secrets
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from app.core.capabilities import Found
from app.core.errors import Conflict, NotFound
from app.core.model import Connection, Tls
from app.core.ports import ProbeResult
from app.core.secret import Secret
from app.core.text import Message, msg
from app.storage.column_types import storable
from app.storage.db import Database, rows_changed
from app.storage.tables import connection_probes, connections
from app.storage.upserts import insert_into
from app.storage.vault import Vault

_c = connections.c
_PROBES = select(connection_probes)
_ALL = select(connections).order_by(_c.key)


class SqlConnectionStore:
    """`core.ports.ConnectionStore` in a database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def all(self) -> list[Connection]:
        """Every stored connection, by key. Raises WrongKey when their secrets do not fit the key."""
        with self._database.reading() as session:
            rows = session.execute(_ALL).all()
        return [self._connection(row) for row in rows]

    def get(self, key: str) -> Connection | None:
        """The connection of this key. Raises WrongKey when its secrets do not fit the key."""
        with self._database.session() as session:
            row = session.execute(select(connections).where(_c.key == storable(key))).one_or_none()
        return None if row is None else self._connection(row)

    def add(self, connection: Connection) -> None:
        """Stores a new connection under a version of its own. Raises Conflict when the key is taken."""
        try:
            with self._database.unit_of_work() as session:
                session.execute(connections.insert(), [{"key": connection.key, **self._columns(connection)}])
        except IntegrityError as error:
            raise Conflict(
                msg("There is already a connection “{key}”. Nothing was changed.", key=connection.key)
            ) from error

    def replace(self, connection: Connection, expected_version: str) -> None:
        """Stores the connection anew, under a new version.

        Raises Conflict when it was changed since `expected_version`, NotFound when it was removed.
        """
        with self._database.unit_of_work() as session:
            changed = session.execute(
                update(connections)
                .where(_c.key == connection.key, _c.version == expected_version)
                .values(self._columns(connection))
            )
            if rows_changed(changed):
                return
            there = session.scalar(select(_c.key).where(_c.key == connection.key))
        if there is None:
            raise NotFound(msg("There is no connection “{key}”.", key=connection.key))
        raise Conflict(
            msg(
                "Somebody changed the connection “{key}” since you opened it. Nothing was changed.",
                key=connection.key,
            )
        )

    def remove(self, key: str) -> None:
        """Forgets the connection and its last test."""
        with self._database.unit_of_work() as session:
            session.execute(delete(connections).where(_c.key == key))
            session.execute(delete(connection_probes).where(connection_probes.c.key == key))

    def save_probe(self, key: str, result: ProbeResult) -> None:
        """Keeps the last test of a connection, stored or declared."""
        row = {
            "key": key,
            "at": result.at,
            "ok": result.ok,
            "found": None if result.found is None else result.found.to_json(),
            "problem": None if result.problem is None else result.problem.to_json(),
            "ms": result.ms,
        }
        with self._database.unit_of_work() as session:
            statement = insert_into(session, connection_probes)
            new = {name: statement.excluded[name] for name in row if name != "key"}
            session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=new), [row])

    def probes(self) -> dict[str, ProbeResult]:
        """The last test of each connection, by key."""
        with self._database.reading() as session:
            rows = session.execute(_PROBES).all()
        return {row.key: _probe(row) for row in rows}

    def _columns(self, connection: Connection) -> dict[str, Any]:
        values = connection.values
        hidden = {name: value.reveal() for name, value in values.items() if isinstance(value, Secret)}
        return {
            "kind": connection.kind,
            "name": connection.name,
            "base_url": connection.base_url,
            "plain_values": {name: value for name, value in values.items() if name not in hidden},
            "secrets": self._vault.encrypt(Secret(json.dumps(hidden))),
            "tls": connection.tls.value,
            "ca_file": connection.ca_file,
            "connect_timeout": connection.connect_timeout,
            "read_timeout": connection.read_timeout,
            "write_timeout": connection.write_timeout,
            "parallel": connection.parallel,
            "per_second": connection.per_second,
            "body_cap": connection.body_cap,
            "resolvers": list(connection.resolvers),
            "enabled": connection.enabled,
            "version": secrets.token_hex(8),
        }

    def _connection(self, row: Row[Any]) -> Connection:
        hidden = json.loads(self._vault.decrypt(row.secrets).reveal())
        return Connection(
            key=row.key,
            kind=row.kind,
            name=row.name,
            base_url=row.base_url,
            values={**row.plain_values, **{name: Secret(value) for name, value in hidden.items()}},
            tls=Tls(row.tls),
            ca_file=row.ca_file,
            connect_timeout=row.connect_timeout,
            read_timeout=row.read_timeout,
            write_timeout=row.write_timeout,
            parallel=row.parallel,
            per_second=row.per_second,
            body_cap=row.body_cap,
            resolvers=tuple(row.resolvers),
            enabled=row.enabled,
            version=row.version,
        )


def _probe(row: Row[Any]) -> ProbeResult:
    return ProbeResult(
        at=row.at,
        ok=row.ok,
        found=None if row.found is None else Found.from_json(row.found),
        problem=None if row.problem is None else Message.from_json(row.problem),
        ms=row.ms,
    )
