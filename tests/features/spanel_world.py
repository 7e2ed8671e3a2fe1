"""The application on an imitated SPanel, by an admin token and by a client token, with OLSPanel beside it."""

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

SP, CLIENT, OLS = "sp", "client", "ols"
SLUGS = ("spanel", "olspanel", "spamexperts")
ACCOUNT, MAIN, ADDON = "hafencafe", "hafencafe.example", "cafe-am-hafen.example"
"""An account of the imitated panel, with its main domain and another one."""


def _declared(sandbox: Sandbox) -> dict[str, Any]:
    def one(key: str, kind: str, *without: str) -> dict[str, Any]:
        wanted = {setting.name for setting in registry.cards()[kind].settings} - set(without)
        known = sandbox.upstreams[kind].credentials()
        return {
            "key": key,
            "kind": kind,
            "name": f"{key.title()} panel",
            "base_url": sandbox.http(kind),
            "values": {name: value for name, value in known.items() if name in wanted},
            "resolvers": [f"127.0.0.1:{sandbox.dns_port}"],
            "connect_timeout": 0.5,
            "read_timeout": 5,
            "per_second": 10000,
        }

    return {"connection": [one(SP, "spanel"), one(CLIENT, "spanel", "admin_token"), one(OLS, "olspanel")]}


def worlds(upstreams: Sandbox, tmp_path: Path, empty_database: str) -> Iterator[World]:
    """The application, its connections tested and its domains read."""
    upstreams.reset()
    upstreams.upstreams["olspanel"].profile["profile"] = "live"
    file = tmp_path / "connections.json"
    file.write_text(json.dumps(_declared(upstreams)))
    app = make_app(make_config(tmp_path, empty_database, CONNECTIONS_FILE=str(file)))
    found = World(app, upstreams, tmp_path)
    connections = found.wired.connections.visible(system_actor())
    found.wired.prober.test(connections)
    for connection in connections:
        found.wired.sync.run(connection)
    for log in upstreams.calls.values():
        log.clear()
    yield found
    close_app(app)
