"""The application on the imitated Cleanmail, by the token of a sysadmin and by one of some domains, with a hosting panel beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.actor import Scope, ScopeKind, system_actor
from app.providers import registry
from app.sandbox.server import Sandbox
from tests.browser import Browser
from tests.conftest import close_app, make_app, make_config
from tests.features.world import World

CM, LIMITED, PANEL = "cm", "limited", "panel"
HOME = "nordwind.example"
OTHER = "solskin.example"
ONLY_OTHER = (Scope(ScopeKind.DOMAIN, OTHER),)


class PolicyWorld(World):
    """The world of these tests."""

    @property
    def records(self) -> Any:
        """The tables of the imitated Cleanmail."""
        return self.sandbox.upstreams["cleanmail"].records

    def policies(self, domain: str = HOME) -> dict[str, Any]:
        """The policies of a domain as they are kept there, by name."""
        owner = next(row for row in self.records.every("domains") if row["name"] == domain)
        return {row["name"]: row for row in self.records.owned("policies", owner["id"])}

    def default(self, domain: str = HOME) -> str:
        """The id of a domain's default policy there."""
        return next(r["policyId"] for r in self.records.every("domains") if r["name"] == domain)

    def writes(self) -> list[str]:
        """The names of the writing calls that arrived there."""
        calls = {call.name for call in registry.contract("cleanmail").calls if call.write}
        return [name for name in self.sandbox.calls["cleanmail"].names() if name in calls]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for these tests, in memory."""
    sandbox = Sandbox(slugs=("cleanmail", "olspanel", "spamexperts"))
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def connections_file(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that declares the connections."""

    def one(key: str, kind: str, **values: str) -> dict[str, Any]:
        known = running_sandbox.upstreams[kind].credentials()
        wanted = {setting.name for setting in registry.cards()[kind].settings}
        quick = {"connect_timeout": 0.5, "read_timeout": 1, "write_timeout": 1, "per_second": 10000}
        return {
            "key": key,
            "kind": kind,
            "name": f"{key.title()} filter",
            "base_url": running_sandbox.http(kind),
            "values": {n: v for n, v in known.items() if n in wanted} | values,
            "resolvers": [f"127.0.0.1:{running_sandbox.dns_port}"],
            **quick,
        }

    limited = running_sandbox.upstreams["cleanmail"].credentials()["limited_token"]
    file = tmp_path_factory.mktemp("declared") / "connections.json"
    connections = [one(CM, "cleanmail"), one(LIMITED, "cleanmail", token=limited), one(PANEL, "olspanel")]
    file.write_text(json.dumps({"connection": connections}))
    return file


@pytest.fixture(scope="session")
def synced_database(
    running_sandbox: Sandbox,
    connections_file: Path,
    empty_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The URL of a database with all domains, and with what a test of each connection found."""
    running_sandbox.reset()
    folder = tmp_path_factory.mktemp("synced")
    config = make_config(folder, empty_database, CONNECTIONS_FILE=str(connections_file))
    wired = make_app(config).extensions["gatehouse"]
    connections = wired.connections.visible(system_actor())
    wired.prober.test(connections)
    for connection in connections:
        wired.sync.run(connection)
    wired.database.dispose()
    return str(config.database_url)


@pytest.fixture
def world(
    tmp_path: Path, synced_database: str, connections_file: Path, running_sandbox: Sandbox
) -> Iterator[PolicyWorld]:
    """The application, as fresh as the sandbox. The log of calls is empty."""
    running_sandbox.reset()
    config = make_config(
        tmp_path, synced_database, CONNECTIONS_FILE=str(connections_file), PAGE_DEADLINE="2", SETTLE_GRACE="0"
    )
    app = make_app(config)
    yield PolicyWorld(app, running_sandbox, tmp_path)
    close_app(app)


@pytest.fixture
def operator(world: PolicyWorld) -> Browser:
    """A browser in which an operator is signed in."""
    return world.sign_in("operator")
