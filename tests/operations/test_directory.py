"""Stored and declared connections as one list, cut to what a person may see."""

from dataclasses import replace

import pytest

from app.core.actor import Scope, ScopeKind, system_actor
from app.core.model import Connection
from app.operations.directory import Directory


def declared(key, name):
    return Connection(key, "spamexperts", name, "http://127.0.0.1:1", declared=True)


@pytest.fixture
def directory(world):
    world.connect("zeta")
    return Directory(
        world.wired.store, [declared("git", "a declared one"), declared("zeta", "Zeta of the file")]
    )


def test_both_kinds_are_listed_by_name_and_a_declared_one_wins(directory):
    found = directory.visible(system_actor())
    assert [(c.key, c.declared) for c in found] == [("git", True), ("prod", False), ("zeta", True)]
    assert directory.get(system_actor(), "zeta").name == "Zeta of the file"


@pytest.mark.parametrize(
    ("scope", "keys"),
    [
        (Scope(ScopeKind.CONNECTION, "*"), ["git", "prod", "zeta"]),
        (Scope(ScopeKind.CONNECTION, "prod"), ["prod"]),
        (Scope(ScopeKind.DOMAIN, "*.example", "git"), ["git"]),
        (Scope(ScopeKind.DOMAIN, "*.example"), ["git", "prod", "zeta"]),
        (Scope(ScopeKind.CONNECTION, "other"), []),
    ],
)
def test_what_lies_outside_a_scope_does_not_exist(directory, world, scope, keys):
    actor = replace(world.actor, scopes=(scope,))
    assert [c.key for c in directory.visible(actor)] == keys
    for key in ("git", "prod", "zeta"):
        assert (directory.get(actor, key) is not None) is (key in keys)


def test_a_key_that_nobody_knows(directory):
    assert directory.get(system_actor(), "nowhere") is None


def test_a_connection_that_is_stored_later_is_seen(directory, world):
    world.connect("later")
    assert directory.get(system_actor(), "later").key == "later"
    world.wired.store.remove("later")
    assert directory.get(system_actor(), "later") is None
