"""The tree of partners, customers and users as the Control Panel API writes it (Hornetsecurity contract sheet, 4, 5.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.core.errors import Malformed
from app.core.names import NameProblem, domain_name
from app.core.text import msg
from app.net.answer import Answer
from app.providers.hornetsecurity import inferred
from app.providers.hornetsecurity.wire import alone, boolean, number, read_answer

Json = Any

PARTNER, CUSTOMER, USER = "partner", "customer", "user"

_NO_NAME = re.compile(r"[\s:;#,*/<>\"'{}\[\]]")


@dataclass(frozen=True, slots=True)
class Node:
    """A partner, customer or user in the tree. `children_count`: how many there are below it, None where it is not said;
    `children`: those of them that came along; `parent`: the name of what is above it, where it is known."""

    id: int
    name: str
    kind: str
    children_count: int | None = None
    children: tuple[Node, ...] = ()
    parent: str = ""

    def below(self, parent: Node) -> Node:
        """The same node, found below that one."""
        return replace(self, parent=parent.name)


@dataclass(frozen=True, slots=True)
class Thing:
    """One object, looked up. `kind` "": not said. `children`: as `Node.children_count`."""

    id: int
    name: str
    kind: str = ""
    parent_id: int | None = None
    parent: str = ""
    region: str = ""
    reference: str = ""
    children: int | None = None


def read_nodes(answer: Answer) -> list[Node]:
    """The nodes of `/hierarchy/` (wrapped) or `/hierarchy/_search/` (a bare list), of both generations."""
    value = read_answer(answer)
    if isinstance(value, dict):
        value = value.get("hierarchy")
    if not isinstance(value, list):
        raise answer.unreadable(msg("The panel's tree of customers is not a list."))
    return [_node(item, answer) for item in value]


def _node(item: Json, answer: Answer) -> Node:
    found = number(item.get("id")) if isinstance(item, dict) else None
    if found is None or not isinstance(item.get("name"), str):
        raise answer.unreadable(
            msg("The panel's tree of customers holds something that is none of its nodes.")
        )
    children = item.get("children")
    return Node(
        id=found,
        name=item["name"].strip(),
        kind=_kind(item),
        children_count=number(item.get("children_count")),
        children=tuple(_node(child, answer) for child in children) if isinstance(children, list) else (),
        parent=_parent(str(item.get("path") or ""), item["name"]),
    )


def _parent(path: str, name: str) -> str:
    """The last name but one of a path such as "partner/example.com"; the old generation has no paths."""
    return path[: -len(name) - 1].rpartition("/")[2] if path.endswith(f"/{name}") else ""


def _kind(item: Json) -> str:
    """`type`, or what the old generation has in its place (section 0)."""
    if isinstance(item.get("type"), str):
        return str(item["type"]).lower()
    if boolean(item.get("is_user")):
        return USER
    return kind_told_by(str(item["name"]))


def kind_told_by(name: str) -> str:
    """What an object is whose type nobody says and that is no user."""
    return CUSTOMER if inferred.looks_like_customer(name) else PARTNER


def find_object(nodes: Sequence[Node], name: str, kind: str = CUSTOMER) -> Thing | None:
    """The customer (or object of another kind) of that name in trees that lead down to it, or None."""
    for node, above in _walk(nodes, None):
        if node.kind == kind and (node.name.lower() == name.lower() or same_name(node.name, name)):
            return Thing(
                id=node.id,
                name=node.name,
                kind=node.kind,
                parent_id=above.id if above else None,
                parent=above.name if above else "",
                children=node.children_count,
            )
    return None


def count_hits(nodes: Sequence[Node]) -> int:
    """How many hits of a search these trees lead down to."""
    return sum(not node.children for node, _ in _walk(nodes, None))


def _walk(nodes: Sequence[Node], above: Node | None) -> Iterator[tuple[Node, Node | None]]:
    for node in nodes:
        yield node, above
        yield from _walk(node.children, node)


def read_object(answer: Answer) -> Thing:
    """The object of `/object/`; the overview of the API shows nothing but its id and name."""
    value = alone(read_answer(answer))
    found = number(value.get("object_id")) if isinstance(value, dict) else None
    if found is None or not isinstance(value.get("name"), str):
        raise Malformed(msg("The answer does not describe an object."), answer.quote(answer.text))
    parent = value.get("parent")
    parent = parent if isinstance(parent, dict) else {}
    return Thing(
        id=found,
        name=value["name"].strip(),
        kind=str(value.get("type") or "").lower(),
        parent_id=number(parent.get("id")),
        parent=str(parent.get("name") or ""),
        region=str(value.get("region") or ""),
        reference=str(value.get("external_reference") or ""),
    )


def same_name(found: str, name: str) -> bool:
    """Whether an upstream's name is this one of ours; it may have Unicode where we have punycode."""
    return normal_name(found) == name


def normal_name(text: str) -> str | None:
    """A name as we write domains, None for one that is no domain."""
    try:
        return domain_name(text)
    except NameProblem:
        return None


def plausible_name(text: str) -> str | None:
    """A name as we write domains. One that we would refuse, but the panel has, is kept in lower case, unless it could
    not be the name of anything."""
    name = normal_name(text) or text.strip().rstrip(".").lower()
    if not 0 < len(name) <= 255 or not name.isprintable() or _NO_NAME.search(name):
        return None
    return name
