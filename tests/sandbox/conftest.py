"""A running sandbox for every test that asks for one."""

from collections.abc import Iterator

import pytest

from app.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox on free ports for the whole session, in memory."""
    sandbox = Sandbox()
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The running sandbox, as fresh as at its start."""
    running_sandbox.reset()
    return running_sandbox
