"""Who administers a customer or partner, and who is its contact (Hornetsecurity contract sheet, 5.13)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER, USER
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

ROLES = {"admin": 2, "support": 5}
CONTACT_TYPES = (
    "it_director", "helpdesk", "sales", "license_management", "emergency", "personal_contact",
    "send_email_to_admin", "subman_invoice_access",
)  # fmt: skip


@route("GET", "/service_dashboard/roles/")
def roles(call: Call) -> dict[str, Any]:
    """List the roles that can be given."""
    call.scope()
    listed = [{"name": name, "id": number, "is_product_specific": False} for name, number in ROLES.items()]
    return {"default_roles": listed, "owned_roles": []}


def _assignment(call: Call, row: Row) -> dict[str, Any]:
    directory = call.site.directory
    user = directory.the(row["user"])
    parent = directory.the(user["parent"])
    target = directory.the(row["target"])
    return {
        "id": row["id"],
        "name": user["name"],
        "parent": {"id": parent["id"], "name": parent["name"]},
        "role_id": ROLES[row["role"]],
        "role_on_target": row["role"],
        "role_on_target_id": target["id"],
        **_person(call, user),
        "is_admin": row["role"] == "admin",
    }


def _person(call: Call, user: Row) -> dict[str, Any]:
    mailbox = call.site.directory.mailbox_of(user["id"]) or {}
    personal = mailbox.get("personal", {})
    return {
        "firstname": personal.get("forename"),
        "surname": personal.get("surname"),
        "phone": personal.get("telephone"),
    }


def _assignments(call: Call, target_id: int) -> list[Row]:
    """Return the roles on an object whose holders still exist."""
    rows = call.site.roles.all()
    return [row for row in rows if row["target"] == target_id and call.site.directory.object(row["user"])]


@route("GET", "/service_dashboard/role_assignments/")
def role_assignments(call: Call) -> list[dict[str, Any]]:
    """List who has which role on an object."""
    scope = call.scope()
    wanted = call.query({"role": fields.text(), "grouped": fields.boolean()}).get("role")
    return [
        _assignment(call, row) for row in _assignments(call, scope["id"]) if wanted in (None, row["role"])
    ]


_ASSIGNMENT = {key: fields.integer(required=True) for key in ("object_id", "target_id", "role_id")}


def _wanted_assignment(call: Call) -> Row:
    sent = call.body(_ASSIGNMENT)
    directory = call.site.directory
    user, target = directory.object(sent["object_id"]), directory.object(sent["target_id"])
    if target is None or call.require(target)["type"] not in (CUSTOMER, PARTNER):
        raise Problem(3600)
    names = {number: name for name, number in ROLES.items()}
    if user is None or user["type"] != USER:
        raise Problem(3080)
    if sent["role_id"] not in names:
        raise invalid("role_id", f'"{sent["role_id"]}" is not a valid choice.')
    return {"user": user["id"], "target": target["id"], "role": names[sent["role_id"]]}


@route("POST", "/service_dashboard/role_assignments/", entity="role_assignment")
def create_role_assignment(call: Call) -> Response:
    """Give a user a role on a customer or partner."""
    values = _wanted_assignment(call)
    if any({**row, "id": 0} == {**values, "id": 0} for row in _assignments(call, values["target"])):
        raise Problem(3605)
    return created(_assignment(call, call.site.roles.add(values)))


def _the_assignment(call: Call, role_assignment_id: int) -> Row:
    row = call.site.roles.get(role_assignment_id)
    if row is None:
        raise Problem(3604)
    call.require(call.site.directory.the(row["target"]))
    return row


@route("POST", "/service_dashboard/role_assignments/<int:role_assignment_id>/", entity="role_assignment")
def change_role_assignment(call: Call, role_assignment_id: int) -> dict[str, Any]:
    """Change a role."""
    row = _the_assignment(call, role_assignment_id)
    return _assignment(call, call.site.roles.change(row, **_wanted_assignment(call)))


@route("DELETE", "/service_dashboard/role_assignments/<int:role_assignment_id>/", entity="role_assignment")
def delete_role_assignment(call: Call, role_assignment_id: int) -> Response:
    """Take a role away, unless it is the last administrator's."""
    call.scope()
    row = _the_assignment(call, role_assignment_id)
    administrators = [each for each in _assignments(call, row["target"]) if each["role"] == "admin"]
    if administrators == [row]:
        raise Problem(3603)
    call.site.roles.remove(row["id"])
    return no_content()


def _contact(call: Call, row: Row) -> dict[str, Any]:
    user = call.site.directory.the(row["user"])
    person = {"id": user["id"], "name": user["name"], **_person(call, user)}
    return {"id": row["id"], "type": row["type"], "description": row.get("description"), "user": person}


@route("GET", "/service_dashboard/contacts/")
def contacts(call: Call) -> list[dict[str, Any]]:
    """List the contacts of a customer or partner."""
    scope = call.scope()
    kinds = call.query({"type": fields.items(fields.text(choices=CONTACT_TYPES))}).get("type", CONTACT_TYPES)
    return [
        _contact(call, row)
        for row in call.site.contacts.all()
        if row["target"] == scope["id"] and row["type"] in kinds and call.site.directory.object(row["user"])
    ]


@route("POST", "/service_dashboard/contacts/", entity="contact")
def create_contact(call: Call) -> Response:
    """Name a user as a contact."""
    scope = call.scope()
    sent = call.body(
        {
            "user_id": fields.integer(required=True),
            "type": fields.text(required=True, choices=CONTACT_TYPES),
        }
    )
    user = call.site.directory.object(sent["user_id"])
    if user is None or user["type"] != USER:
        raise Problem(3080)
    if sent["type"] == "send_email_to_admin" and scope["type"] != CUSTOMER:
        raise Problem(3653)
    values = {"target": scope["id"], "user": user["id"], "type": sent["type"]}
    if any({**row, "id": 0} == {**values, "id": 0} for row in call.site.contacts.all()):
        raise Problem(3650)
    return created(_contact(call, call.site.contacts.add(values)))


@route("GET", "/service_dashboard/contacts/roles/")
def contact_roles(call: Call) -> dict[str, list[str]]:
    """List the kinds of contact that an object can have."""
    customer = call.scope()["type"] == CUSTOMER
    return {"contact_roles": [each for each in CONTACT_TYPES if customer or each != "send_email_to_admin"]}


def _the_contact(call: Call, contact_id: int) -> Row:
    row = call.site.contacts.get(contact_id)
    if row is None:
        raise Problem(3651)
    call.require(call.site.directory.the(row["target"]))
    return row


@route("POST", "/service_dashboard/contacts/<int:contact_id>/", entity="contact")
def change_contact(call: Call, contact_id: int) -> dict[str, Any]:
    """Change the kind of a contact."""
    row = _the_contact(call, contact_id)
    sent = call.body({"type": fields.text(choices=CONTACT_TYPES)})
    return _contact(call, call.site.contacts.change(row, **sent))


@route("DELETE", "/service_dashboard/contacts/<int:contact_id>/", entity="contact")
def delete_contact(call: Call, contact_id: int) -> Response:
    """Delete a contact."""
    call.site.contacts.remove(_the_contact(call, contact_id)["id"])
    return no_content()
