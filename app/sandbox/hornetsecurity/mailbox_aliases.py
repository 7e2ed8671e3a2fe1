"""Alias addresses of mailboxes, and forwarding mailboxes (Hornetsecurity contract sheet, 5.6)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, csv_file, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER
from app.sandbox.hornetsecurity.enums import INTERNAL_FORWARD, SYNCED_TYPES
from app.sandbox.hornetsecurity.mailboxes import address, check_domain
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

_ALIAS = {"mailbox_id": fields.integer(required=True), "alias": fields.text(required=True)}


@route("POST", "/mailboxes/alias/")
def list_aliases(call: Call) -> dict[str, Any]:
    """List the alias addresses of one mailbox (a POST that reads)."""
    wanted = call.body({"mailbox_id": fields.integer(required=True), **PAGE_LIMIT})
    row = call.mailbox(wanted["mailbox_id"], 3119)
    return page_limit(wanted).page("aliases", row["aliases"])


@route("PUT", "/mailboxes/alias/", entity="mailbox_alias")
def add_alias(call: Call) -> Response:
    """Add an alias address in one of the customer's domains.

    One that is taken is refused with 409/3407 [inferred].
    """
    sent = call.body(_ALIAS)
    row = call.mailbox(sent["mailbox_id"], 3119)
    alias = address(sent["alias"])
    check_domain(call, call.site.directory.the(row["customer"]), alias, 5004)
    _refuse_synced(row)
    if call.site.directory.mailbox_at(alias):
        raise Problem(3407)
    call.site.directory.change_mailbox(row, aliases=[*row["aliases"], alias])
    return created({"mailbox_id": row["id"], "alias": alias})


@route("DELETE", "/mailboxes/alias/", entity="mailbox_alias")
def delete_alias(call: Call) -> Response:
    """Remove an alias address."""
    sent = call.body(_ALIAS)
    row = call.mailbox(sent["mailbox_id"], 3119)
    alias = sent["alias"].lower()
    _refuse_synced(row)
    if alias not in row["aliases"]:
        raise Problem(3118)
    call.site.directory.change_mailbox(row, aliases=[each for each in row["aliases"] if each != alias])
    return no_content()


def _refuse_synced(row: Row) -> None:
    if row["type"] in SYNCED_TYPES:
        raise Problem(5103)


_ADDRESSES = fields.items(fields.text(nullable=True), required=True, maximum=100)


def _targets(sent: dict[str, Any]) -> list[str]:
    targets = list(dict.fromkeys(address(each) for each in sent["addresses"]))
    if not targets:
        raise Problem(3408)
    return targets


@route("PUT", "/mailboxes/forward/", entity="forward")
def create_forward(call: Call) -> Response:
    """Create a forwarding mailbox."""
    customer = call.scope(CUSTOMER, missing=404)
    sent = call.body({"email": fields.text(required=True), "addresses": _ADDRESSES})
    name, targets = address(sent["email"]), _targets(sent)
    check_domain(call, customer, name, 3405)
    if call.site.directory.mailbox_at(name):
        raise Problem(3407)
    call.site.directory.add_mailbox(customer, name, INTERNAL_FORWARD, forward=targets)
    return created({"email": name, "addresses": targets})


def _forward(call: Call, mailbox_id: int) -> Row:
    call.scope()
    row = call.mailbox(mailbox_id, 3409)
    if row["type"] != INTERNAL_FORWARD:
        raise Problem(3409)
    return row


def _shown(row: Row) -> dict[str, Any]:
    return {"email": row["name"], "addresses": row["forward"]}


@route("GET", "/mailboxes/forward/<int:mailbox_id>/")
def show_forward(call: Call, mailbox_id: int) -> dict[str, Any]:
    """Show where a forwarding mailbox sends its mail."""
    return _shown(_forward(call, mailbox_id))


@route("POST", "/mailboxes/forward/<int:mailbox_id>/", entity="forward")
def change_forward(call: Call, mailbox_id: int) -> dict[str, Any]:
    """Replace the targets of a forwarding mailbox."""
    row = _forward(call, mailbox_id)
    targets = _targets(call.body({"addresses": _ADDRESSES, "email": fields.text()}))
    return _shown(call.site.directory.change_mailbox(row, forward=targets))


@route("DELETE", "/mailboxes/forward/", entity="forward")
def delete_forward(call: Call) -> Response:
    """Delete a forwarding mailbox."""
    mailbox_id = call.query({"mailbox_id": fields.integer(required=True, minimum=0)})["mailbox_id"]
    call.site.remove_mailbox(_forward(call, mailbox_id))
    return no_content()


@route("POST", "/mailboxes/forward/_export")
def export_forward(call: Call) -> Response:
    """Export the targets of a forwarding mailbox. The one path of this group without a trailing slash."""
    call.scope()
    row = call.mailbox(call.body({"mailbox_id": fields.integer(required=True)})["mailbox_id"], 3409)
    if not row.get("forward"):
        raise Problem(3423)
    return csv_file(("address",), [(each,) for each in row["forward"]])
