"""The application on two connections to the imitated Cleanmail: a sysadmin's token, and one of an administrator of some
domains, whose name server does not answer. And on OLSPanel and SpamExperts beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.actor import system_actor
from app.providers import registry
from app.sandbox.server import Sandbox
from tests.conftest import close_app, make_app, make_config
from tests.features.world import World

CM, LIMITED, OLS, SE = "cm", "limited", "ols", "se"
SLUGS = ("cleanmail", "olspanel", "spamexperts")


def declared(sandbox: Sandbox) -> dict[str, Any]:
    """The connections file of these tests."""

    def one(key: str, kind: str, dns: int = sandbox.dns_port, **values: str) -> dict[str, Any]:
        known = sandbox.upstreams[kind].credentials()
        wanted = {setting.name for setting in registry.cards()[kind].settings}
        https = registry.cards()[kind].https_required
        tls = {"tls": "ca_file", "ca_file": str(sandbox.ca_path)} if https else {}
        return {
            "key": key,
            "kind": kind,
            "name": f"{key.title()} filter",
            "base_url": sandbox.https(kind) if https else sandbox.http(kind),
            "values": {n: v for n, v in known.items() if n in wanted} | values,
            "resolvers": [f"127.0.0.1:{dns}"],
            "connect_timeout": 0.5,
            "read_timeout": 1,
            "write_timeout": 1,
            "per_second": 10000,
            "parallel": 16,
            **tls,
        }

    limited = sandbox.upstreams["cleanmail"].credentials()["limited_token"]
    return {
        "connection": [
            one(CM, "cleanmail"),
            one(LIMITED, "cleanmail", dns=1, token=limited, account=""),
            one(OLS, "olspanel"),
            one(SE, "spamexperts"),
        ]
    }


class CleanmailWorld(World):
    """The world of these tests; `records` is what the imitated Cleanmail holds."""

    @property
    def records(self) -> Any:
        """The tables of the imitated Cleanmail."""
        return self.sandbox.upstreams["cleanmail"].records

    def domain(self, name: str) -> Any:
        """A domain as it is kept there."""
        return next(row for row in self.records.every("domains") if row["name"] == name)

    def admin_row(self, login: str) -> Any:
        """An administrator as it is kept there, None when it is gone."""
        return next((row for row in self.records.every("admins") if row["login"] == login), None)

    def spam(self, address: str) -> list[Any]:
        """The messages in a mailbox's spam folder, as they are kept there."""
        user = next(row for row in self.records.every("users") if row["email"] == address)
        return list(self.records.owned("messages", f"{user['id']}/Spam"))

    def written(self) -> list[str]:
        """The names of the writing calls that arrived there."""
        writes = {call.name for call in registry.contract("cleanmail").calls if call.write}
        return [name for name in self.sandbox.calls["cleanmail"].names() if name in writes]


def worlds(sandbox: Sandbox, folder: Path, empty_database: str) -> Iterator[CleanmailWorld]:
    """One world on a fresh sandbox, its domains read and its connections tested."""
    sandbox.reset()
    file = folder / "connections.json"
    file.write_text(json.dumps(declared(sandbox)))
    settings = {"CONNECTIONS_FILE": str(file), "PAGE_DEADLINE": "2", "SETTLE_GRACE": "0"}
    app = make_app(make_config(folder, empty_database, **settings))
    wired = app.extensions["gatehouse"]
    for connection in wired.connections.visible(system_actor()):
        wired.sync.run(connection)
        wired.prober.test([connection])
    for log in sandbox.calls.values():
        log.clear()
    yield CleanmailWorld(app, sandbox, folder)
    close_app(app)
