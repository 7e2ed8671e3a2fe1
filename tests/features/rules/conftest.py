"""The application on imitated upstreams that have rules, and one that has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import Sandbox
from tests.browser import Browser
from tests.features.cleanmail_world import SLUGS, CleanmailWorld, worlds


@pytest.fixture(scope="package")
def upstreams() -> Iterator[Sandbox]:
    """One sandbox for these tests."""
    sandbox = Sandbox(slugs=SLUGS)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def world(tmp_path: Path, empty_database: str, upstreams: Sandbox) -> Iterator[CleanmailWorld]:
    """The application, as fresh as the sandbox."""
    yield from worlds(upstreams, tmp_path, empty_database)


@pytest.fixture
def operator(world: CleanmailWorld) -> Browser:
    """A browser in which an operator is signed in."""
    return world.sign_in("operator")
