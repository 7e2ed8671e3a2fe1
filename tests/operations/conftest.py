"""The application below its doors, on the imitated SpamExperts cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import Sandbox
from tests.operations.world import World, built_world


@pytest.fixture(scope="session")
def running_cluster() -> Iterator[Sandbox]:
    """A sandbox with this upstream alone."""
    sandbox = Sandbox(slugs=["spamexperts"])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_cluster: Sandbox) -> Sandbox:
    """The same, as fresh as at its start."""
    running_cluster.reset()
    return running_cluster


@pytest.fixture
def world(tmp_path: Path, empty_database: str, sandbox: Sandbox) -> Iterator[World]:
    """Everything, new for each test."""
    with built_world(tmp_path, empty_database, sandbox, "spamexperts") as world:
        yield world
