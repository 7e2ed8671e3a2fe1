"""The application on an imitated Control Panel, with SpamExperts and an upstream that counts nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import Sandbox
from tests.features.hornetsecurity_world import SLUGS, worlds
from tests.features.world import World


@pytest.fixture(scope="package")
def upstreams() -> Iterator[Sandbox]:
    """One sandbox for these tests."""
    sandbox = Sandbox(slugs=SLUGS)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def world(tmp_path: Path, empty_database: str, upstreams: Sandbox) -> Iterator[World]:
    """The application, its domains read."""
    yield from worlds(upstreams, tmp_path, empty_database)
