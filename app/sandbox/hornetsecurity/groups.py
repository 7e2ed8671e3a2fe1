"""Groups of mailboxes (Hornetsecurity contract sheet, 5.6)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, export, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

_GROUP = {
    "name": fields.text(required=True, maximum=255),
    "description": fields.text(minimum=0, maximum=255, default=""),
    "members": fields.items(fields.text(), required=True),
}
_FILTER = {key: fields.text(skip_blank=True) for key in ("name", "description", "query")}


def _groups(call: Call, customer: Row) -> list[Row]:
    return [row for row in call.site.groups.all() if row["customer"] == customer["id"]]


def _matching(call: Call, customer: Row, wanted: dict[str, Any]) -> list[Row]:
    def fits(row: Row) -> bool:
        part = wanted.get("query", "").lower()
        return (
            wanted.get("name", "").lower() in row["name"].lower()
            and wanted.get("description", "").lower() in row["description"].lower()
            and (part in row["name"].lower() or part in row["description"].lower())
        )

    return [row for row in _groups(call, customer) if fits(row)]


def _listed(row: Row) -> dict[str, Any]:
    return {key: row[key] for key in ("id", "name", "description")}


def _shown(call: Call, row: Row) -> dict[str, Any]:
    names = [found["name"] for each in row["members"] if (found := call.site.directory.mailbox(each))]
    return {"name": row["name"], "description": row["description"], "members": names}


def _members(call: Call, customer_id: int, names: list[str]) -> list[int]:
    """Return the ids of the named mailboxes of the customer. Raises Problem 2009 for a stranger."""
    found = [call.site.directory.mailbox_at(name) for name in dict.fromkeys(names)]
    if not all(row and row["customer"] == customer_id for row in found):
        raise invalid("members", "Some members do not belong to the customer.")
    return [row["id"] for row in found if row]


@route("GET", "/groups/")
def list_groups(call: Call) -> Any:
    """List groups: paged, or with ``is_paginated=false`` as a bare list [inferred]."""
    customer = call.scope(CUSTOMER)
    wanted = call.query({**_FILTER, "is_paginated": fields.boolean(default=True), **PAGE_LIMIT})
    rows = [_listed(row) for row in _matching(call, customer, wanted)]
    return page_limit(wanted).page("groups", rows) if wanted["is_paginated"] else rows


@route("PUT", "/groups/", entity="group")
def create_group(call: Call) -> Response:
    """Create a group; members are named by their addresses."""
    customer = call.scope(CUSTOMER, missing=404)
    sent = call.body(_GROUP)
    _check_name(call, customer["id"], sent["name"])
    sent["members"] = _members(call, customer["id"], sent["members"])
    return created(_listed(call.site.groups.add({**sent, "customer": customer["id"], "synced": False})))


def _check_name(call: Call, customer_id: int, name: str, own: int | None = None) -> None:
    taken = {row["name"].lower() for row in _groups(call, {"id": customer_id}) if row["id"] != own}
    if name.lower() in taken:
        raise Problem(5130)


def _group(call: Call, group_id: int, status: int | None = None) -> Row:
    row = call.site.groups.get(group_id)
    if row is None:
        raise Problem(5131, status=status)
    call.require(call.site.directory.the(row["customer"]))
    return row


@route("GET", "/groups/<int:group_id>/")
def show_group(call: Call, group_id: int) -> dict[str, Any]:
    """Show a group with the names of its members."""
    return _shown(call, _group(call, group_id))


@route("POST", "/groups/<int:group_id>/", entity="group")
def change_group(call: Call, group_id: int) -> dict[str, Any]:
    """Change a group; members of a synced one stay as they are."""
    row = _group(call, group_id)
    sent = call.body(_GROUP)
    members = _members(call, row["customer"], sent["members"])
    if row["synced"] and sorted(members) != sorted(row["members"]):
        raise Problem(5187)
    _check_name(call, row["customer"], sent["name"], group_id)
    return _shown(call, call.site.groups.change(row, **{**sent, "members": members}))


@route("DELETE", "/groups/<int:group_id>/", entity="group")
def delete_group(call: Call, group_id: int) -> Response:
    """Delete a group."""
    call.site.groups.remove(_group(call, group_id)["id"])
    return no_content()


@route("GET", "/groups/<int:group_id>/with_environments/")
def show_group_with_environments(call: Call, group_id: int) -> dict[str, Any]:
    """Show a group with the environment of every member."""
    row = _group(call, group_id)
    found = [call.site.directory.mailbox(each) for each in row["members"]]
    members = [{"name": each["name"], "environment": each["environment"]} for each in found if each]
    return {"name": row["name"], "description": row["description"], "members": members}


def _member(call: Call, group: Row) -> int:
    """Return the id of the mailbox that the query names."""
    wanted = call.query({"object_id": fields.integer(), "mailbox_id": fields.integer()})
    if not wanted:
        raise invalid("mailbox_id", "Either object_id or mailbox_id has to be provided.")
    if group["synced"]:
        raise Problem(5187)
    row = call.mailbox_of(call.either())
    if row["customer"] != group["customer"]:
        raise invalid("mailbox_id", "The mailbox does not belong to the customer.")
    return int(row["id"])


@route("PUT", "/groups/members/<int:group_id>/", entity="group")
def add_member(call: Call, group_id: int) -> Response:
    """Add a mailbox to a group; answers 204."""
    group = _group(call, group_id, 400)
    members = list(dict.fromkeys([*group["members"], _member(call, group)]))
    call.site.groups.change(group, members=members)
    return no_content()


@route("DELETE", "/groups/members/<int:group_id>/", entity="group")
def remove_member(call: Call, group_id: int) -> Response:
    """Take a mailbox out of a group."""
    group = _group(call, group_id, 400)
    gone = _member(call, group)
    call.site.groups.change(group, members=[each for each in group["members"] if each != gone])
    return no_content()


@route("POST", "/groups/_export/")
def export_groups(call: Call) -> Response:
    """Export groups as CSV, or say that the file goes out by mail."""
    customer = call.scope(CUSTOMER)
    sent = call.body(
        {
            **_FILTER,
            "export_type": fields.text(
                required=True, choices=("download", "row_download", "email", "row_email")
            ),
            "group_list": fields.items(fields.text()),
        }
    )
    rows = _matching(call, customer, sent)
    if sent["export_type"].startswith("row"):
        rows = [row for row in rows if str(row["id"]) in sent.get("group_list", [])]
    return export(
        sent["export_type"], ("name", "description"), [(row["name"], row["description"]) for row in rows]
    )


@route("POST", "/groups/members/_export/")
def export_members(call: Call) -> Response:
    """Export the members of one group as CSV."""
    call.scope(CUSTOMER)
    group = _group(call, call.body({"group_id": fields.integer(required=True)})["group_id"], 400)
    shown = _shown(call, group)
    return export("download", ("group", "member"), [(shown["name"], name) for name in shown["members"]])
