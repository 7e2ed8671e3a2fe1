"""The sandbox's name server and mail hosts."""

from collections.abc import Iterator

import pytest

from app.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that only listens: the checks ask its DNS and its SMTP sink."""
    running = Sandbox(slugs=["spamexperts"])
    running.start()
    yield running
    running.stop()
