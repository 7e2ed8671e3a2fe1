"""The application on imitated hosting panels, and who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import Sandbox
from tests.browser import Browser
from tests.features.spanel_world import SLUGS, worlds
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
    """The application, as fresh as the sandbox."""
    yield from worlds(upstreams, tmp_path, empty_database)


@pytest.fixture
def admin(world: World) -> Browser:
    """A browser in which an administrator is signed in."""
    return world.sign_in("admin")
