"""The compliance filter: rules of a customer on incoming and outgoing mail.

Hornetsecurity contract sheet, 5.5.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

_PATTERNS = (
    "sender",
    "receiver",
    "ip",
    "hostname",
    "subject_contains",
    "email_header_filter",
    "email_body_filter",
)

_RULE = {
    "direction": fields.integer(choices=(1, 2)),
    "info": fields.text(minimum=0, maximum=1300, nullable=True),
    "size": fields.number(nullable=True, minimum=0.001, maximum=200_000),
    "action": fields.integer(choices=tuple(range(1, 9))),
    "action_details": fields.text(minimum=0, maximum=1400, nullable=True),
    "priority": fields.integer(minimum=0, maximum=4_294_967_295),
    "active": fields.boolean(),
    "criterion": fields.integer(choices=(1, 2, 3)),
    **{name: fields.text(nullable=True) for name in _PATTERNS},
    "attachment_contains": fields.text(maximum=255, nullable=True),
    "operation": fields.text(choices=("AND", "OR")),
    "recipients_amount": fields.integer(minimum=1, maximum=9999, nullable=True),
}
_NEW = {
    **_RULE,
    "direction": fields.integer(required=True, choices=(1, 2)),
    "action": fields.integer(required=True, choices=tuple(range(1, 9))),
    "criterion": fields.integer(required=True, choices=(1, 2, 3)),
}


def new_rule(values: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Return a rule with every key of the API, without id."""
    return {
        **dict.fromkeys(_RULE),
        "priority": 0,
        "active": True,
        "operation": "AND",
        **values,
        "customer": customer_id,
    }


def _shown(row: Row) -> dict[str, Any]:
    return {"id": row["id"], **{key: row[key] for key in _RULE}}


def _rules(call: Call, customer: Row) -> list[Row]:
    rows = [row for row in call.site.compliance.all() if row["customer"] == customer["id"]]
    return sorted(rows, key=lambda row: (row["priority"], row["id"]))


def _rule(call: Call, customer: Row, rule_id: int, status: int) -> Row:
    row = call.site.compliance.get(rule_id)
    if row is None or row["customer"] != customer["id"]:
        raise Problem(4300, status=status)
    return row


@route("GET", "/compliance_filter/")
def list_rules(call: Call) -> dict[str, Any]:
    """List the rules, lowest priority number first. ``only_active`` leaves the two counters as they are."""
    customer = call.scope(CUSTOMER)
    wanted = call.query(
        {"direction": fields.integer(), "only_active": fields.boolean(nullable=True), **PAGE_LIMIT}
    )
    rows = [row for row in _rules(call, customer) if wanted.get("direction") in (None, row["direction"])]
    active = [row for row in rows if row["active"]]
    window = page_limit(wanted, limit=50)
    listed = active if wanted.get("only_active") else rows
    return {
        "compliance_filter": [_shown(row) for row in window.cut(listed)],
        "num_found_items": len(rows),
        "num_found_active_items": len(active),
        "has_more_elements": window.more(len(listed)),
    }


@route("PUT", "/compliance_filter/", entity="compliance_filter")
def create_rule(call: Call) -> Response:
    """Create a rule."""
    customer = call.scope(CUSTOMER)
    return created(_shown(call.site.compliance.add(new_rule(call.body(_NEW), customer["id"]))))


@route("DELETE", "/compliance_filter/", entity="compliance_filter")
def delete_all_rules(call: Call) -> Response:
    """Delete every rule of the customer."""
    for row in _rules(call, call.scope(CUSTOMER)):
        call.site.compliance.remove(row["id"])
    return no_content()


@route("GET", "/compliance_filter/<int:id>/")
def show_rule(call: Call, id: int) -> dict[str, Any]:
    """Show one rule."""
    return _shown(_rule(call, call.scope(CUSTOMER), id, 400))


@route("POST", "/compliance_filter/<int:id>/", entity="compliance_filter")
def change_rule(call: Call, id: int) -> dict[str, Any]:
    """Change a rule."""
    row = _rule(call, call.scope(CUSTOMER), id, 400)
    return _shown(call.site.compliance.change(row, **call.body(_RULE)))


@route("DELETE", "/compliance_filter/<int:id>/", entity="compliance_filter")
def delete_rule(call: Call, id: int) -> Response:
    """Delete one rule."""
    row = _rule(call, call.scope(CUSTOMER), id, 404)
    call.site.compliance.remove(row["id"])
    return no_content()
