"""Slug -> package: the only list of providers. They are loaded by name, so none of them is imported by another."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Protocol, cast

from app.core.capabilities import Card, Driver
from app.core.contract import Contract
from app.core.errors import NotFound
from app.core.model import Connection
from app.core.text import msg
from app.net.http import Http

PROVIDERS = ("spamexperts", "hornetsecurity", "cleanmail", "olspanel", "spanel")
"""The slugs, in the order in which people see the providers."""


class Provider(Protocol):
    """What a provider's package exports."""

    __name__: str
    CARD: Card

    def build(self, connection: Connection, http: Http) -> Driver:
        """The driver of one connection. Sends nothing."""
        ...


def provider(slug: str) -> Provider:
    """The package of a provider. Raises NotFound for a slug that is not on the list."""
    if slug not in PROVIDERS:
        raise NotFound(msg("There is no provider “{kind}”.", kind=slug))
    return cast(Provider, importlib.import_module(f"app.providers.{slug}"))


def cards() -> dict[str, Card]:
    """The static card of each provider, by slug."""
    return {slug: provider(slug).CARD for slug in PROVIDERS}


def build(connection: Connection, http: Http) -> Driver:
    """The driver of a connection. Raises NotFound for an unknown kind."""
    return provider(connection.kind).build(connection, http)


@cache
def contract(slug: str) -> Contract:
    """All documented calls of a provider's upstream, as data. Raises NotFound for a slug that is not on the list."""
    package = files(provider(slug).__name__)
    return Contract.model_validate_json((package / "contract.json").read_text("utf-8"))


@cache
def used_calls(slug: str) -> frozenset[str]:
    """The documented calls that the driver's own code sends, so that pages of their own lead to them.

    Those it names in its code, and what the package lists under `COMPOSED_CALLS` because their names are put together.
    """
    package = provider(slug)
    names = {call.name for call in contract(slug).calls}
    words: set[str] = set(getattr(package, "COMPOSED_CALLS", ()))
    for text in _sources(files(package.__name__)):
        tree = ast.parse(text)
        words |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return frozenset(words & names)


def _sources(folder: Traversable) -> Iterator[str]:
    """The code of a package and of the packages in it."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry.read_text("utf-8")
