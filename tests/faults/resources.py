"""What is done to resources while a fault hits: the reads of every kind, and every action that a look upstream can settle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.core.capabilities import Capability
from app.core.commands import ActOnResource, Command
from app.core.errors import Conflict, NotFound
from app.core.resource_values import checked_values
from app.core.resources import Action, ResourceAt, ResourceKind, Show
from app.providers import registry
from tests.contract.description import Description
from tests.contract.resources import Acts, declared, examples, rows, target, tells, wish
from tests.faults.operations import Read, Write
from tests.operations.world import World


def _can_be_settled(kind: ResourceKind, action: Action, it: Acts) -> bool:
    """An addition whose key only the upstream makes would be another one each time."""
    if not tells(kind, action) or it.connection:
        return False
    if action.name == "add":
        return any(field.key for field in action.fields)
    return action.name != "edit" or any(
        field.readable for field in action.fields if field.name in it.actions[action.name]
    )


def _write(kind: ResourceKind, action: Action, example: Acts) -> Write:
    it = example.during(action.name)

    def prepare(world: World, _about: Description) -> Command:
        it.prepare(world.sandbox, world.slug)
        command = wish(it, kind, action.name, target(world.driver(), it, kind, action))
        return command.model_copy(update={"values": checked_values(action, command.values)})

    given = it.actions[action.name]
    blind = action.name == "edit" and any(f.name in given and not f.readable for f in action.fields)
    name = f"{kind.name}.{action.name}"
    return Write(name, (Capability.RESOURCES_WRITE,), prepare, once=action.name == "add", blind=blind)


def _read(kind: ResourceKind, it: Acts) -> Read:
    def run(world: World, _about: Description) -> Any:
        it.prepare(world.sandbox, world.slug)
        if kind.single or kind.listable:
            return {key: dict(row.values) for key, row in rows(world.driver(), kind, it.at).items()}
        return dict(world.driver().read_resource(kind.name, it.at, it.keys[""]).values)

    return Read(kind.name, (Capability.RESOURCES_READ,), run)


def _all() -> Iterator[tuple[str, ResourceKind, Acts]]:
    for slug, kind in declared():
        it = examples(slug).get(kind.name)
        if it is not None:
            yield slug, kind, it


RESOURCE_WRITES = [
    (slug, _write(kind, action, it))
    for slug, kind, it in _all()
    for action in kind.actions
    if action.name in it.actions and _can_be_settled(kind, action, it)
]
RESOURCE_READS = [(slug, _read(kind, it)) for slug, kind, it in _all() if kind.readable and not it.connection]


def first_of_each(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The first pair of each provider."""
    return list({slug: (slug, operation) for slug, operation in reversed(pairs)}.values())


def view(driver: Any, command: ActOnResource) -> Any:
    """What a wish about a resource is about, as it is now; without times, which differ each time."""
    slug = type(driver).__module__.split(".")[2]
    kind = registry.provider(slug).CARD.resource(command.kind)
    assert kind is not None
    if kind.single or kind.listable:
        found = rows(driver, kind, ResourceAt(command.domain, command.parent))
        times = {column.name for column in kind.columns if column.show is Show.TIME}
        return {k: {n: v for n, v in row.values.items() if n not in times} for k, row in found.items()}
    try:
        return [step.after for step in driver.plan(command)]
    except Conflict:
        return "there"
    except NotFound:
        return "gone"
