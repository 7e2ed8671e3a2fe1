"""What the suite has to be told of the kinds of resources that a provider's card declares; the rest it finds on the card."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.commands import ActOnResource, parse
from app.core.resources import Action, Resource, ResourceAt, ResourceKind, ResourceQuery
from app.providers import registry
from app.sandbox.server import Sandbox


@dataclass(frozen=True)
class Acts:
    """Examples for one kind: `RESOURCES = {"mailboxes": Acts({"add": {…}, "edit": {…}, "remove": {}}, domain="a.example")}`
    in `providers/<slug>.py`.

    `actions`: values for each action that the kind declares. `domain`, `parent`: where one is looked for. `keys`: the
    resource that an action is tried on, by the action's name or (for all others) under ""; else the first one of the list for
    which it is offered. `connection`: the name in DESCRIPTIONS of the connection that can do it, "" for the first. `profile`:
    how the imitated upstream must behave for it. `domains`: the domain of an action that needs another one.
    """

    actions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    domain: str | None = None
    parent: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    connection: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)

    def prepare(self, sandbox: Sandbox, slug: str) -> None:
        """Lets the upstream, as fresh as after a reset, behave as the examples need it."""
        sandbox.upstreams[slug].profile.update(self.profile)

    def during(self, action: str) -> Acts:
        """The example as it is for one action."""
        return replace(self, domain=self.domains.get(action, self.domain))

    @property
    def at(self) -> ResourceAt:
        """Where one is looked for."""
        return ResourceAt(self.domain, self.parent)


def examples(slug: str) -> Mapping[str, Acts]:
    """The examples of a provider, by kind."""
    module = importlib.import_module(f"tests.contract.providers.{slug}")
    given: Mapping[str, Acts] = getattr(module, "RESOURCES", {})
    return given


def declared() -> Iterator[tuple[str, ResourceKind]]:
    """(slug, kind) of every kind that a card declares."""
    for slug in registry.PROVIDERS:
        for kind in registry.provider(slug).CARD.resources:
            yield slug, kind


def wish(it: Acts, kind: ResourceKind, action: str, key: str = "", values: Any = None) -> ActOnResource:
    """The wish for an action with its example's values."""
    data = {
        "connection": "prod",
        "kind": kind.name,
        "action": action,
        "domain": it.domain,
        "parent": it.parent,
        "key": key,
        "values": dict(it.actions[action] if values is None else values),
    }
    return parse(ActOnResource, data)


def rows(driver: Any, kind: ResourceKind, at: ResourceAt) -> dict[str, Resource]:
    """What is there, by key."""
    if kind.single and not kind.readable:
        return {}
    if kind.single:
        return {"": driver.read_resource(kind.name, at, "")}
    if not kind.listable:
        return {}
    return {row.key: row for row in driver.list_resources(kind.name, at, ResourceQuery(size=500)).rows}


def target(driver: Any, it: Acts, kind: ResourceKind, action: Action) -> str:
    """The key of the resource that an action is tried on."""
    given = it.keys.get(action.name) or it.keys.get("")
    if given or kind.single or not action.of_one:
        return given or ""
    found = rows(driver, kind, it.at).values()
    return next(row.key for row in found if action.offered_for(row.values))


def tells(kind: ResourceKind, action: Action) -> bool:
    """Whether a look upstream tells what became of the action."""
    if not kind.readable or action.name == "remove":
        return kind.readable
    if action.name in ("add", "edit"):
        return action.name == "add" or any(field.readable for field in action.fields)
    return bool(action.effect or action.sets) and action.of_one
