"""The customers below a partner, in the service dashboard (Hornetsecurity contract sheet, 5.13)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER, PRIMARY, USER
from app.sandbox.hornetsecurity.domains import HOST_NAME
from app.sandbox.hornetsecurity.enums import CP_ADMIN
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.site import stamp
from app.sandbox.hornetsecurity.store import Row


def _customer(call: Call, row: Row) -> dict[str, Any]:
    directory = call.site.directory
    shown = {
        "id": row["id"],
        "path": directory.path(row),
        "type": row["type"],
        "created": row.get("created"),
        "has_children": directory.children_count(row["id"]) > 0,
        "mailbox_count": len(directory.mailboxes_of(directory.customers_below(row))),
        "can_contain_partners": row["type"] == PARTNER,
        "can_contain_customers": row["type"] == PARTNER,
        "region": row.get("region"),
        "is_managed": False,
        **_reference(row),
    }
    return {**shown, "customer_type": "o365-business"} if row.get("mode") == "api" else shown


def _reference(row: Row) -> dict[str, str]:
    reference = row.get("external_reference")
    return {"external_reference": reference} if reference else {}


_SEARCH = {
    "query": fields.text(nullable=True, skip_blank=True),
    "customer_type": fields.items(fields.text()),
    "key": fields.text(choices=("created", "path"), skip_blank=True),
    "order": fields.text(choices=("asc", "desc"), skip_blank=True),
    "page": PAGE_LIMIT["page"],
    "limit": fields.integer(minimum=0, maximum=10_000),
}


@route("POST", "/service_dashboard/_search/")
def search_customers(call: Call) -> dict[str, Any]:
    """Search the partners and customers below a partner; the answer has no ``has_more_elements``."""
    scope = call.scope(PARTNER, CUSTOMER, wrong=3050)
    sent = call.body(_SEARCH)
    part = (sent.get("query") or "").lower()
    rows = [
        row for row in call.site.directory.below(scope) if row["type"] != USER and part in row["name"].lower()
    ]
    if sent.get("customer_type"):
        rows = [row for row in rows if _customer(call, row).get("customer_type") in sent["customer_type"]]
    if sent.get("key") == "created":
        rows.sort(key=lambda row: str(row.get("created")), reverse=sent.get("order") == "desc")
    elif sent.get("key") == "path":
        rows.sort(key=call.site.directory.path, reverse=sent.get("order") == "desc")
    return {
        "num_found_items": len(rows),
        "sd_data_list": [_customer(call, row) for row in page_limit(sent).cut(rows)],
    }


_NEW = {
    "name": fields.text(required=True, maximum=255),
    "parent": fields.integer(required=True),
    "admin": fields.integer(),
    "admin_email": fields.text(),
    "password": fields.secret(maximum=128),
    **{key: fields.text() for key in ("first_name", "last_name", "telephone", "external_reference")},
}


@route("POST", "/service_dashboard/customers/", entity="customer")
def create_customer(call: Call) -> Response:
    """Create a customer, named after its primary domain, with an old or a new user as administrator."""
    call.scope()
    sent = call.body(_NEW)
    directory = call.site.directory
    parent = directory.object(sent["parent"])
    if parent is None or call.require(parent)["type"] != PARTNER:
        raise Problem(3707)
    name = sent["name"].lower()
    if not HOST_NAME.fullmatch(name):
        raise invalid("name", "Enter a valid domain name.")
    if directory.object_named(name) or directory.domain_named(name):
        raise Problem(3203)
    row = directory.add_object(
        name,
        CUSTOMER,
        parent["id"],
        created=stamp(call.site.now()),
        region="eu",
        products=["spam"],
        mode="mx",
        external_reference=sent.get("external_reference"),
    )
    directory.add_domain(name, PRIMARY, row["id"])
    _add_administrator(call, row, sent)
    return created(_customer(call, row))


def _add_administrator(call: Call, customer: Row, sent: dict[str, Any]) -> None:
    if "admin" in sent:
        user = call.site.directory.object(sent["admin"])
    elif "admin_email" in sent:
        box = call.site.directory.add_mailbox(
            customer, sent["admin_email"].lower(), CP_ADMIN, password=sent.get("password")
        )
        user = call.site.directory.the(box["object"])
    else:
        return
    if user is not None:
        call.site.roles.add({"user": user["id"], "target": customer["id"], "role": "admin"})


@route("PATCH", "/service_dashboard/customers/", entity="customer")
def change_customer(call: Call) -> dict[str, str]:
    """Set the customer's external reference."""
    row = call.scope(CUSTOMER, wrong=3050)
    sent = call.body({"external_reference": fields.text()})
    return _reference(call.site.directory.change_object(row, **sent))


@route("DELETE", "/service_dashboard/customers/<int:target_id>/", entity="customer")
def delete_customer(call: Call, target_id: int) -> Response:
    """Remove a customer with all it has; answers 200."""
    row = call.site.directory.object(target_id)
    if row is None or row["type"] != CUSTOMER:
        raise Problem(3050)
    call.site.remove(call.require(row))
    return no_content(200)
