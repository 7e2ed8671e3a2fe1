"""Objects and the tree they form (Hornetsecurity contract sheet, 5.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER, USER
from app.sandbox.hornetsecurity.fields import Field
from app.sandbox.hornetsecurity.paging import OFFSET_SIZE, offset_size
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

TYPES = (USER, CUSTOMER, PARTNER, "auditor")


@route("GET", "/object/")
def get_object(call: Call) -> dict[str, Any]:
    """Show one object, by its id or by its name."""
    wanted = call.query({"object_id": fields.integer(), "name": fields.text()})
    if len(wanted) != 1:
        raise Problem(
            2009, {"non_field_errors": ["Either object_id or name has to be provided, but not both."]}
        )
    row = call.scope() if "object_id" in wanted else call.site.directory.object_named(wanted["name"])
    if row is None:
        raise Problem(3081)
    call.require(row)
    directory = call.site.directory
    parent = None if row["parent"] is None else directory.the(row["parent"])
    mailbox = directory.mailbox_of(row["id"])
    return {
        "object_id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "region": row.get("region"),
        "parent": parent and {"id": parent["id"], "name": parent["name"]},
        "path": directory.path(row),
        "external_reference": row.get("external_reference"),
        "postbox_id": mailbox and mailbox["id"],
        "is_managed": False,
    }


def _node(call: Call, row: Row, children: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """Return a node as its generation shows it.

    ``children_count`` counts all, ``children`` are the shown ones.
    """
    directory = call.site.directory
    node: dict[str, Any] = {"id": row["id"], "name": row["name"]}
    if call.manual:
        node["is_user"] = row["type"] == USER
    else:
        node |= {"type": row["type"], "path": directory.path(row)}
    node["children_count"] = directory.children_count(row["id"])
    shown = list(children)
    if shown:
        node["children"] = shown
    if not call.manual and row.get("region"):
        node["region"] = row["region"]
    return node


def _roots(call: Call) -> list[Row]:
    """Return the objects on which the caller has roles, or the caller itself; none lies below another."""
    targets = call.reach() - {call.caller["id"]} or call.reach()
    directory = call.site.directory
    rows = [row for each in sorted(targets) if (row := directory.object(each))]
    return [row for row in rows if not any(up["id"] in targets for up in list(directory.lineage(row))[1:])]


@route("GET", "/hierarchy/")
def hierarchy(call: Call) -> dict[str, Any]:
    """Show the caller's roots with the level below them, or the one level below an object."""
    row = call.optional_scope()
    window = offset_size(call.query(OFFSET_SIZE))
    directory = call.site.directory
    if row is not None:
        return {"hierarchy": [_node(call, child) for child in window.cut(directory.children(row["id"]))]}
    return {
        "hierarchy": [
            _node(call, root, [_node(call, child) for child in window.cut(directory.children(root["id"]))])
            for root in _roots(call)
        ]
    }


def _types() -> Field:
    """A list of types, or one type as a string, which the old generation sends."""
    listed = fields.items(fields.text(choices=TYPES))

    def read(value: Any) -> Any:
        return listed.read([value] if isinstance(value, str) else value)

    return Field(read)


_SEARCH = {"search_string": fields.text(required=True, minimum=3), "filter": _types(), **OFFSET_SIZE}


@route("POST", "/hierarchy/_search/")
def search(call: Call) -> list[dict[str, Any]]:
    """Find objects by a part of their name.

    Answers trees that lead from the caller's roots down to the hits.
    """
    sent = call.body(_SEARCH)
    wanted, kinds = sent["search_string"].lower(), sent.get("filter") or TYPES
    roots = _roots(call)
    hits = [row for row in _all_below(call, roots) if wanted in row["name"].lower() and row["type"] in kinds]
    kept = _with_ancestors(call, offset_size(sent).cut(hits))
    return [_branch(call, root, kept) for root in roots if root["id"] in kept]


def _all_below(call: Call, roots: list[Row]) -> Iterable[Row]:
    return (row for root in roots for row in call.site.directory.below(root))


def _with_ancestors(call: Call, hits: list[Row]) -> set[int]:
    return {each["id"] for hit in hits for each in call.site.directory.lineage(hit)}


def _branch(call: Call, row: Row, kept: set[int]) -> dict[str, Any]:
    children = [child for child in call.site.directory.children(row["id"]) if child["id"] in kept]
    return _node(call, row, [_branch(call, child, kept) for child in children])


_FILTER = {
    "search_text": fields.text(required=True, minimum=3, maximum=50),
    "type": fields.text(required=True, choices=TYPES),
    "max_results": fields.integer(minimum=1, maximum=10_000, default=10_000),
    "only_without_tenants": fields.boolean(),
}


@route("POST", "/hierarchy/_filter/")
def filter_objects(call: Call) -> list[dict[str, Any]]:
    """Find objects of one type by a part of their name; answers a flat list."""
    row = call.optional_scope()
    sent = call.body(_FILTER)
    roots = [row] if row else _roots(call)
    hits = [
        each
        for each in _all_below(call, roots)
        if each["type"] == sent["type"] and sent["search_text"].lower() in each["name"].lower()
    ]
    return [_flat(call, each) for each in hits[: sent["max_results"]]]


def _flat(call: Call, row: Row) -> dict[str, Any]:
    parent = None if row["parent"] is None else call.site.directory.the(row["parent"])
    return {
        "id": row["id"],
        "name": row["name"],
        "parent": parent and {"id": parent["id"], "name": parent["name"]},
    }
