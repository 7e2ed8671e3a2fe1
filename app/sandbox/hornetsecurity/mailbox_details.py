"""Personal data, deputies, second factor, groups and reassignment of mailboxes.

Hornetsecurity contract sheet, 5.6.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, USER
from app.sandbox.hornetsecurity.enums import O365_SHARED, SYNCED_TYPES
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

PERSONAL = (
    "forename", "surname", "displayname", "countrycode", "state", "postalcode", "city", "street",
    "department", "office", "telephone", "mobile", "fax",
)  # fmt: skip


def _personal(call: Call, row: Row, is_new: bool | None) -> dict[str, Any]:
    kept = row.get("personal", {})
    return {
        "mailbox_id": row["id"],
        "customer_id": call.site.directory.the(row["object"])["parent"],
        "is_read_only": row["type"] in SYNCED_TYPES,
        "is_password_used": row["type"] not in SYNCED_TYPES,
        "created": is_new,
        "personal_data": {key: kept.get(key, "") for key in PERSONAL},
    }


@route("GET", "/mailboxes/personal_data/")
def personal_data(call: Call) -> dict[str, Any]:
    """Show the personal data of a user."""
    return _personal(call, call.mailbox_of(call.either(missing=3140), missing=3140), None)


@route("POST", "/mailboxes/personal_data/", entity="personal_data")
def change_personal_data(call: Call) -> dict[str, Any]:
    """Change the personal data of a user who is not synced from elsewhere."""
    owner = call.either(missing=3140)
    if owner["type"] != USER:
        raise Problem(9001)
    row = call.mailbox_of(owner, missing=3140)
    sent = call.body({key: fields.text(minimum=0, maximum=255) for key in PERSONAL})
    if row["type"] in SYNCED_TYPES:
        raise Problem(9002)
    is_new = "personal" not in row
    row = call.site.directory.change_mailbox(row, personal={**row.get("personal", {}), **sent})
    return _personal(call, row, is_new)


def _by_query(call: Call, status: int | None = None) -> Row:
    mailbox_id = call.query({"mailbox_id": fields.integer(required=True)})["mailbox_id"]
    return call.mailbox(mailbox_id, 3409, status=status)


@route("GET", "/mailboxes/groups/")
def groups_of_mailbox(call: Call) -> list[dict[str, Any]]:
    """List the groups of a mailbox."""
    row = call.mailbox_of(call.either())
    return [
        {key: group[key] for key in ("id", "name", "description")}
        for group in call.site.groups.all()
        if row["id"] in group["members"]
    ]


@route("GET", "/mailboxes/deputy/")
def deputies(call: Call) -> dict[str, Any]:
    """List the deputies of a mailbox."""
    row = _by_query(call, status=404)
    return {"deputies": row.get("deputies", []), "deputy_state": row.get("deputy_state", False)}


@route("PUT", "/mailboxes/deputy/", entity="deputy")
def add_deputies(call: Call) -> Response:
    """Add deputies of the same customer, and say whether they see the mail."""
    row = _by_query(call)
    sent = call.body(
        {
            "deputies": fields.items(fields.text(nullable=True), required=True),
            "deputy_state": fields.boolean(required=True),
        }
    )
    names = [each.lower() for each in sent["deputies"]]
    colleagues = {each["name"] for each in call.site.directory.mailboxes_of([{"id": row["customer"]}])}
    if not colleagues.issuperset(names):
        raise Problem(5101)
    call.site.directory.change_mailbox(
        row,
        deputies=list(dict.fromkeys([*row.get("deputies", []), *names])),
        deputy_state=sent["deputy_state"],
    )
    return no_content(201)


@route("DELETE", "/mailboxes/deputy/", entity="deputy")
def delete_deputies(call: Call) -> Response:
    """Remove the deputies that the query names."""
    row = _by_query(call, status=404)
    names = call.query({"deputies": fields.items(fields.text(), required=True)})["deputies"]
    kept = row.get("deputies", [])
    if not set(kept).issuperset(names):
        raise Problem(5100)
    call.site.directory.change_mailbox(row, deputies=[each for each in kept if each not in names])
    return no_content()


@route("GET", "/mailboxes/mfa/")
def mailbox_mfa(call: Call) -> dict[str, bool]:
    """Tell whether a mailbox has a second factor."""
    row = _by_query(call)
    return {"enabled": row["mfa_enabled"], "configurable": row["type"] not in SYNCED_TYPES}


@route("POST", "/mailboxes/mfa/reset/", entity="mfa")
def reset_mailbox_mfa(call: Call) -> Response:
    """Take the second factor away."""
    call.site.directory.change_mailbox(_by_query(call), mfa_enabled=False)
    return no_content()


def _unassigned(call: Call, customer: Row) -> list[Row]:
    """Return the mailboxes that can be handed to others: the shared ones."""
    return [row for row in call.site.directory.mailboxes_of([customer]) if row["type"] == O365_SHARED]


_REASSIGNMENT = {
    **{key: fields.text(maximum=255) for key in ("last_owner", "description", "external_id", "query")},
    "currently_unassigned": fields.boolean(nullable=True),
    "sort": fields.group(
        {"key": fields.text(required=True), "order": fields.text(required=True)}, skip_blank=True
    ),
    **PAGE_LIMIT,
}


@route("POST", "/mailboxes/reassignment/")
def reassignable(call: Call) -> dict[str, Any]:
    """List the mailboxes without an owner of their own (a POST that reads)."""
    customer = call.scope(CUSTOMER)
    wanted = call.body(_REASSIGNMENT)
    part = wanted.get("query", wanted.get("last_owner", "")).lower()
    rows = [row for row in _unassigned(call, customer) if part in row["name"]]
    if wanted.get("currently_unassigned") is not None:
        rows = [row for row in rows if bool(row.get("assignees")) is not wanted["currently_unassigned"]]
    return page_limit(wanted).page(
        "mailboxes",
        [
            {
                "id": row["id"],
                "external_id": f"ext-{row['id']}@directory.example",
                "description": row.get("description"),
                "last_owner": row["name"],
                "assigned_user_count": len(row.get("assignees", [])),
                "delete_date": None,
            }
            for row in rows
        ],
    )


def _reassigned(call: Call, mailbox_id: int) -> Row:
    customer = call.scope(CUSTOMER)
    row = next((each for each in _unassigned(call, customer) if each["id"] == mailbox_id), None)
    if row is None:
        raise Problem(3409)
    return row


@route("GET", "/mailboxes/reassignment/<int:mailbox_id>/")
def assignees(call: Call, mailbox_id: int) -> dict[str, Any]:
    """List who may read a mailbox without an owner."""
    directory = call.site.directory
    found = [directory.object(each) for each in _reassigned(call, mailbox_id).get("assignees", [])]
    return {"assignees": [{"assignee_id": each["id"], "user_name": each["name"]} for each in found if each]}


@route("PUT", "/mailboxes/reassignment/<int:mailbox_id>/", entity="reassignment")
def assign(call: Call, mailbox_id: int) -> dict[str, Any]:
    """Hand a mailbox to a user, who must have been told about data protection."""
    row = _reassigned(call, mailbox_id)
    sent = call.body(
        {
            "assignee_id": fields.integer(required=True),
            "data_protection_confirmation": fields.boolean(required=True),
        }
    )
    if not sent["data_protection_confirmation"]:
        raise Problem(5300)
    user = call.site.directory.object(sent["assignee_id"])
    if user is None or user["type"] != USER or user["parent"] != row["customer"]:
        raise Problem(5302)
    kept = list(dict.fromkeys([*row.get("assignees", []), user["id"]]))
    call.site.directory.change_mailbox(row, assignees=kept)
    return {
        "id": kept.index(user["id"]) + 1,
        "mailbox_id": row["id"],
        "mailbox_last_owner": row["name"],
        "assignee_id": user["id"],
        "assignee_name": user["name"],
    }


@route("DELETE", "/mailboxes/reassignment/<int:mailbox_id>/", entity="reassignment")
def unassign(call: Call, mailbox_id: int) -> Response:
    """Take a mailbox away from a user."""
    row = _reassigned(call, mailbox_id)
    assignee = call.query({"assignee_id": fields.integer(required=True)})["assignee_id"]
    if assignee not in row.get("assignees", []):
        raise invalid("assignee_id", "Assignee not found")
    kept = [each for each in row["assignees"] if each != assignee]
    call.site.directory.change_mailbox(row, assignees=kept)
    return no_content()
