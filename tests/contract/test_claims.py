"""No claim of a card goes unproved: for each capability there is a test that it works, and one that it is refused."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import tests.contract
from app.core.capabilities import PROTOCOLS, Capability
from app.core.commands import COMMANDS
from app.providers import registry

FILLED = {Capability.DOMAINS_READ, Capability.ROUTES_READ, Capability.ALIASES_READ}
"""Shown by the fields of a domain: `test_what_the_card_can_read_is_filled_for_one_domain` looks both ways."""


def marked() -> Iterator[Capability]:
    """The capabilities that a test of this suite needs: it runs for exactly the drivers that claim them."""
    for found in pkgutil.iter_modules(tests.contract.__path__):
        if not found.name.startswith("test_"):
            continue
        module = importlib.import_module(f"tests.contract.{found.name}")
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "needs":
                    yield from (what for what in mark.args if isinstance(what, Capability))


def test_what_is_on_a_card_is_tried_out_by_a_test() -> None:
    assert set(Capability) - set(marked()) - FILLED == set()


def test_what_is_not_on_a_card_is_refused_by_a_test() -> None:
    """By its command (`test_card.py` plans every one), or since the driver has not the methods of its protocol."""
    refused = {command.capability for command in COMMANDS.values()} | PROTOCOLS.keys() | FILLED
    assert set(Capability) - refused == set()


@pytest.mark.parametrize("slug", registry.PROVIDERS)
def test_the_figures_of_the_calls(slug: str) -> None:
    names = {call.name for call in registry.contract(slug).calls}
    used = registry.used_calls(slug)
    assert used <= names
    kinds = registry.cards()[slug].resources
    by_kinds = {call for kind in kinds for call in (*kind.calls, *(action.call for action in kind.actions))}
    assert used >= by_kinds & names, "whatever stands on a page of a kind is counted"


@pytest.mark.parametrize("slug", ["spamexperts"])
def test_a_call_without_a_page_of_its_own_says_why(slug: str) -> None:
    used = registry.used_calls(slug)
    for call in registry.contract(slug).calls:
        assert bool(call.console_only) is not (call.name in used), call.name
        assert not call.console_only or call.console_only.endswith("."), call.name


def test_what_a_driver_sends_is_counted_as_used(subject) -> None:
    subject.driver.probe()
    subject.listed()
    subject.there()
    assert subject.records
    assert {record.call for record in subject.records} <= registry.used_calls(subject.slug)
