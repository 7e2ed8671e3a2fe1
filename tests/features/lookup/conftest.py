"""The application on the imitated Cleanmail (twice, once with few rights), SpamExperts and OLSPanel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import Sandbox
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
