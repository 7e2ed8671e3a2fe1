"""The application on an imitated Control Panel, with SpamExperts and an upstream that counts nothing beside it."""

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

HS, OLS, SE = "hs", "ols", "se"


def _declared(sandbox: Sandbox) -> dict[str, Any]:
    def one(key: str, kind: str) -> dict[str, Any]:
        wanted = {setting.name for setting in registry.cards()[kind].settings}
        known = sandbox.upstreams[kind].credentials()
        values = {
            n: v for n, v in known.items() if n in wanted and n not in ("username", "password", "app_id")
        }
        if kind != "hornetsecurity":
            values = {n: v for n, v in known.items() if n in wanted}
        https = registry.cards()[kind].https_required
        return {
            "key": key,
            "kind": kind,
            "name": f"{key.title()} filter",
            "base_url": sandbox.https(kind) if https else sandbox.http(kind),
            "values": values,
            "resolvers": [f"127.0.0.1:{sandbox.dns_port}"],
            "connect_timeout": 0.5,
            "read_timeout": 5,
            "per_second": 10000,
            **({"tls": "ca_file", "ca_file": str(sandbox.ca_path)} if https else {}),
        }

    return {"connection": [one(HS, "hornetsecurity"), one(OLS, "olspanel"), one(SE, "spamexperts")]}


SLUGS = ("hornetsecurity", "olspanel", "spamexperts")


def worlds(upstreams: Sandbox, tmp_path: Path, empty_database: str) -> Iterator[World]:
    """The application, its domains read."""
    upstreams.reset()
    file = tmp_path / "connections.json"
    file.write_text(json.dumps(_declared(upstreams)))
    app = make_app(make_config(tmp_path, empty_database, CONNECTIONS_FILE=str(file)))
    found = World(app, upstreams, tmp_path)
    for connection in found.wired.connections.visible(system_actor()):
        found.wired.sync.run(connection)
    for log in upstreams.calls.values():
        log.clear()
    yield found
    close_app(app)
