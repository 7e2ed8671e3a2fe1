"""The application on the imitated Cleanmail (twice, once with few rights), SpamExperts and OLSPanel, with its mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import Sandbox
from tests.features.cleanmail_world import CM, SLUGS, CleanmailWorld, worlds
from tests.features.world import ADMIN


@pytest.fixture(scope="package")
def upstreams() -> Iterator[Sandbox]:
    """One sandbox for these tests."""
    sandbox = Sandbox(slugs=SLUGS)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def world(tmp_path: Path, empty_database: str, upstreams: Sandbox) -> Iterator[CleanmailWorld]:
    """The application, with the mailboxes of its first connection listed."""
    for one in worlds(upstreams, tmp_path, empty_database):
        one.wired.beside.read_mailboxes(one.wired.connections.get(ADMIN, CM))
        for log in upstreams.calls.values():
            log.clear()
        yield one
