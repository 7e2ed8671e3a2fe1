"""What must hold before anything of a resource is read or changed: its place, the rights on the card, open calls, values."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.capabilities import Capability, Card
from app.core.commands import ActOnResource
from app.core.errors import Invalid, NotFound, NotSupported
from app.core.resource_values import checked_values
from app.core.resources import DOMAIN, Action, ResourceKind, of_domain
from app.core.text import msg


def kind_of(card: Card, name: str) -> ResourceKind:
    """The kind of that name on the card. Raises NotFound."""
    kind = card.resource(name)
    if kind is None:
        raise NotFound(msg("{provider} has no “{kind}”.", provider=card.label, kind=name[:80]))
    return kind


def action_of(card: Card, kind: ResourceKind, name: str) -> Action:
    """The action of that name. Raises NotFound."""
    action = kind.action(name)
    if action is None:
        raise NotFound(
            msg(
                "{provider} knows no “{action}” for this: {kind}.",
                provider=card.label,
                action=name[:80],
                kind=kind.label,
            )
        )
    return action


def check_place(card: Card, kind: ResourceKind, domain: str | None, parent: str | None) -> None:
    """Raises Invalid unless domain and parent are named where the kind needs them, and only there: so a person whose scope
    is a domain reaches nothing beside it."""
    if of_domain(card.resources, kind) is not (domain is not None):
        wrong = msg("This belongs to no domain.") if domain else msg("Name the domain that it belongs to.")
        raise Invalid({"domain": wrong})
    if (kind.parent not in ("", DOMAIN)) is not (parent is not None):
        wrong = msg("This belongs to nothing else.") if parent else msg("Name what it belongs to.")
        raise Invalid({"parent": wrong})


def check_resource_right(actor: Actor, card: Card, command: ActOnResource) -> None:
    """Raises Forbidden unless the actor has the rights that the card asks for, NotFound and Invalid for what is not there."""
    kind = kind_of(card, command.kind)
    actor.require(kind.right)
    actor.require(action_of(card, kind, command.action).right)
    check_place(card, kind, command.domain, command.parent)


def with_checked_values(card: Card, command: ActOnResource) -> ActOnResource:
    """The command with its values as the action's fields have them. Raises Invalid, and NotSupported for a closed call."""
    kind = kind_of(card, command.kind)
    action = action_of(card, kind, command.action)
    closed = card.closed_action(action)
    if closed is not None:
        raise NotSupported(Capability.RESOURCES_WRITE, closed)
    if action.of_one and not kind.single and not command.key and command.expected is None:
        raise Invalid({"key": msg("Name which one is meant.")})
    return command.model_copy(update={"values": checked_values(action, command.values)})


def unkept_texts(card: Card, command: ActOnResource) -> frozenset[str]:
    """The values of the command of which the journal keeps a checksum only."""
    action = action_of(card, kind_of(card, command.kind), command.action)
    return frozenset(field.name for field in action.fields if not field.kept)
