"""A driver on the imitated cluster, and what really arrived there."""

import pytest

from app.core.commands import COMMANDS, parse


@pytest.fixture
def se(connect):
    """The driver's bench on the demo cluster."""
    return connect("spamexperts")


@pytest.fixture
def cluster(sandbox):
    """The imitated cluster: its switches, its state, its log of calls."""
    return sandbox.upstreams["spamexperts"]


@pytest.fixture
def log(sandbox):
    """The calls that arrived."""
    return sandbox.calls["spamexperts"]


@pytest.fixture
def wish():
    """Makes commands: `wish("routes.set", domain=..., routes=[...])`."""
    return lambda command, **fields: parse(COMMANDS[command], {"connection": "prod", **fields})


@pytest.fixture
def do(se, wish):
    """Plans and applies a wish; returns the steps."""

    def run(command, **fields):
        steps = se.driver.plan(wish(command, **fields))
        for step in steps:
            se.driver.apply(step)
        return steps

    return run
