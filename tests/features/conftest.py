"""What the tests of all features share: a running sandbox, and the application with its domains read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.actor import system_actor
from app.sandbox.server import Sandbox
from tests.browser import Browser
from tests.conftest import close_app, make_app, make_config
from tests.features.world import World, declared


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox on free ports for the whole session, in memory."""
    sandbox = Sandbox(slugs=("spamexperts", "olspanel"))
    sandbox.start()
    sandbox.sink.slow_seconds = 0.05
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The running sandbox, as fresh as at its start."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture(scope="session")
def connections_file(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that declares the connections."""
    file = tmp_path_factory.mktemp("declared") / "connections.json"
    file.write_text(json.dumps(declared(running_sandbox)))
    return file


@pytest.fixture(scope="session")
def synced_database(
    running_sandbox: Sandbox,
    connections_file: Path,
    empty_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The URL of a database with the domains of all connections, read once and copied for each test."""
    running_sandbox.reset()
    folder = tmp_path_factory.mktemp("synced")
    config = make_config(folder, empty_database, CONNECTIONS_FILE=str(connections_file))
    wired = make_app(config).extensions["gatehouse"]
    connections = wired.connections.visible(system_actor())
    for connection in connections:
        wired.sync.run(connection)
    wired.database.dispose()
    return str(config.database_url)


@pytest.fixture
def world(tmp_path: Path, synced_database: str, connections_file: Path, sandbox: Sandbox) -> Iterator[World]:
    """The application with everything around it, as fresh as the sandbox. The log of calls is empty."""
    config = make_config(
        tmp_path, synced_database, CONNECTIONS_FILE=str(connections_file), PAGE_DEADLINE="2", SETTLE_GRACE="0"
    )
    app = make_app(config)
    yield World(app, sandbox, tmp_path)
    close_app(app)


@pytest.fixture
def admin(world: World) -> Browser:
    """A browser in which an administrator is signed in."""
    return world.sign_in("admin")


@pytest.fixture
def operator(world: World) -> Browser:
    """A browser in which an operator is signed in."""
    return world.sign_in("operator")


@pytest.fixture(scope="session")
def reading(
    synced_database: str,
    connections_file: Path,
    running_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One application for the whole session; ask for it as `reader`."""
    folder = tmp_path_factory.mktemp("reader")
    app = make_app(make_config(folder, synced_database, CONNECTIONS_FILE=str(connections_file)))
    yield World(app, running_sandbox, folder)
    close_app(app)


@pytest.fixture
def reader(reading: World, sandbox: Sandbox) -> World:
    """The application of all tests that change nothing and ask no upstream, beside a sandbox as fresh as its data."""
    return reading


@pytest.fixture(scope="session")
def looker(reading: World) -> Browser:
    """One person signed in for the whole session; ask for them as `looking`."""
    return reading.sign_in("operator")


@pytest.fixture
def looking(looker: Browser, reader: World) -> Browser:
    """A browser in which an operator looks at that application."""
    return looker
