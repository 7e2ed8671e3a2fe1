"""Deny and allow lists (Hornetsecurity contract sheet, 5.9). ``type`` 1 allows, 2 denies."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import export, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, USER
from app.sandbox.hornetsecurity.domains import HOST_NAME
from app.sandbox.hornetsecurity.enums import ALLOW, DENY
from app.sandbox.hornetsecurity.mailboxes import ADDRESS
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

MAIL, DOMAIN, IP, URL = 0, 1, 2, 3

FILTER_FLAGS = (
    "spam_protection", "content_filter", "malware_protection", "phishing_protection", "sender_validation",
    "email_freezing", "atp_url_rewriting", "atp_tfff",
)  # fmt: skip
FLAGS: dict[str, bool] = {
    **dict.fromkeys(FILTER_FLAGS, False),
    "spam_protection": True,
    "atp_url_rewriting_include_subdomains": False,
}
"""Which filters an entry of a customer's allow list passes by; what it starts with."""

_TYPE = fields.integer(required=True, choices=(ALLOW, DENY))

_ENTRY = {
    "id": fields.integer(nullable=True),
    "value": fields.text(required=True),
    "description": fields.text(minimum=0, nullable=True),
    "es_mail_id": fields.text(),
    "for_owner": fields.anything(),
    "for_customer": fields.anything(),
    "owner": fields.text(nullable=True),
    "entry_type": fields.integer(nullable=True, choices=(MAIL, DOMAIN, IP, URL)),
    "unknown_entry_type": fields.text(),
    "atp_tfff_related_user": fields.text(nullable=True),
    **{name: fields.boolean() for name in FLAGS},
}
_TYPED_ENTRY = {"type": _TYPE, **_ENTRY}

_FILTER = {
    **{name: fields.text(skip_blank=True) for name in ("owner", "value", "description", "all")},
    "bypassed_filters": fields.items(fields.text(choices=FILTER_FLAGS)),
}


def kind_of(value: str) -> int | None:
    """Return whether a value is an address, a domain, an IP address or network, or a URL.

    None for rubbish.
    """
    if "://" in value:
        return URL if urlsplit(value).hostname else None
    try:
        ipaddress.ip_network(value, strict=False)
        return IP
    except ValueError:
        pass
    if ADDRESS.fullmatch(value.lower()):
        return MAIL
    if HOST_NAME.fullmatch(value.lower()):
        return DOMAIN
    return URL if "/" in value and HOST_NAME.fullmatch(value.partition("/")[0].lower()) else None


def _owner(call: Call, row: Row) -> Row | None:
    return call.site.directory.object(row["owner"])


def shown(call: Call, row: Row) -> dict[str, Any]:
    """Return an entry as the API shows it; only a customer's allow list has types and flags."""
    owner = call.site.directory.the(row["owner"])
    entry = {
        "id": row["id"],
        "owner": owner["name"],
        "value": row["value"],
        "description": row["description"],
    }
    if owner["type"] == CUSTOMER and row["type"] == ALLOW:
        entry |= {
            "entry_type": row["entry_type"],
            **row["flags"],
            "atp_tfff_related_user": row.get("related_user"),
        }
    return entry


def entries(call: Call, scope: Row, kind: int) -> list[Row]:
    """Return the entries of a user, or of a customer and its users, oldest first."""
    ids = {each["id"] for each in call.site.directory.below(scope)}
    return [row for row in call.site.lists.all() if row["type"] == kind and row["owner"] in ids]


def _matching(call: Call, rows: list[Row], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    bypassed = wanted.get("bypassed_filters", [])
    rows = [row for row in rows if all(row["flags"].get(name) for name in bypassed)]
    return [entry for entry in (shown(call, row) for row in rows) if _fits(entry, wanted)]


def _fits(entry: dict[str, Any], wanted: dict[str, Any]) -> bool:
    everywhere = wanted.get("all", "").lower()
    return all(
        wanted.get(name, "").lower() in (entry[name] or "").lower()
        for name in ("owner", "value", "description")
    ) and (everywhere in entry["owner"].lower() or everywhere in entry["value"].lower())


@route("GET", "/emails/black_white_list/")
def list_entries(call: Call) -> dict[str, Any]:
    """List the entries of a customer (with its users') or of a user."""
    scope = call.scope(CUSTOMER, USER, wrong=3810)
    wanted = call.query(
        {
            "type": _TYPE,
            **_FILTER,
            "sort_key": fields.text(choices=("type", "value", "owner")),
            "sort_order": fields.text(choices=("asc", "desc")),
            "page": PAGE_LIMIT["page"],
            "limit": fields.integer(minimum=0),
        }
    )
    rows = _matching(call, entries(call, scope, wanted["type"]), wanted)
    if wanted.get("sort_key", "type") != "type":
        rows.sort(
            key=lambda entry: entry[wanted["sort_key"]].lower(), reverse=wanted.get("sort_order") == "desc"
        )
    return page_limit(wanted).page("blackWhiteList", rows)


# adding


@route("POST", "/emails/black_white_list/", entity="black_white_list")
def add_entries(call: Call) -> list[dict[str, Any]]:
    """Add entries, or change those whose id is sent. The body is a list.

    One entry that fails alone answers with the HTTP error; among several it fails in its item [inferred].
    """
    scope = call.optional_scope(CUSTOMER, USER, wrong=3810)
    items = call.rows(_TYPED_ENTRY)
    if len(items) == 1:
        return [_added(call, scope, items[0])]
    return [_attempt(call, scope, item) for item in items]


def _attempt(call: Call, scope: Row | None, item: dict[str, Any]) -> dict[str, Any]:
    try:
        return _added(call, scope, item)
    except Problem as problem:
        owner = scope or call.caller
        return {
            "id": None,
            "value": item["value"],
            "owner": owner["name"],
            "owner_id": owner["id"],
            "success": False,
            "error": problem.item(),
            "description": item.get("description"),
        }


def _added(call: Call, scope: Row | None, item: dict[str, Any]) -> dict[str, Any]:
    if item.get("id") is not None:
        return _answer(call, _changed(call, item))
    owner = _wanted_owner(call, scope, item)
    row, moved = add(call, owner, item["type"], item["value"], item)
    answer = _answer(call, row)
    if "es_mail_id" in item:
        answer["es_identifier"] = item["es_mail_id"]
    return {**answer, "move_from_list": True} if moved else answer


def _answer(call: Call, row: Row) -> dict[str, Any]:
    return {**shown(call, row), "owner_id": row["owner"], "success": True}


def _wanted_owner(call: Call, scope: Row | None, item: dict[str, Any]) -> Row:
    """Return whose list is meant: a named owner, a mail's owner, the object in scope, else the caller."""
    directory = call.site.directory
    row: Row | None = scope or call.caller
    name = next(
        (item[key] for key in ("owner", "for_owner", "for_customer") if isinstance(item.get(key), str)), None
    )
    if name is not None:
        row = directory.object_named(name)
    elif "es_mail_id" in item:
        mail = call.site.mails.find(item["es_mail_id"], call.site.now())
        mailbox = mail and directory.mailbox_at(mail.owner)
        row = directory.the(mailbox["object"]) if mailbox else None
    if row is None or row["type"] not in (CUSTOMER, USER):
        raise Problem(3093)
    return call.require(row)


def add(call: Call, owner: Row, kind: int, value: str, item: dict[str, Any]) -> tuple[Row, bool]:
    """Add one entry; returns it and whether it was moved from the opposite list.

    Raises Problem 2009 for rubbish, 3813 for a URL elsewhere than on a customer's allow list, 3812 for one of
    the customer's own domains, 3094 for a duplicate.
    """
    entry_type = item.get("entry_type")
    found = kind_of(value)
    if found is None or (entry_type is not None and entry_type != found):
        raise invalid("value", "Enter a valid email address, domain, IP address or URL.")
    if found == URL and not (owner["type"] == CUSTOMER and kind == ALLOW):
        raise Problem(3813)
    _refuse_own_domain(call, owner, value)
    same = [
        row for row in call.site.lists.all() if row["owner"] == owner["id"] and row["value"] == value.lower()
    ]
    if any(row["type"] == kind for row in same):
        raise Problem(3094)
    for row in same:
        call.site.lists.remove(row["id"])
    row = call.site.lists.add(
        {
            "type": kind,
            "owner": owner["id"],
            "value": value.lower(),
            "description": item.get("description"),
            "entry_type": found,
            "flags": {name: item.get(name, start) for name, start in FLAGS.items()},
            "related_user": item.get("atp_tfff_related_user"),
        }
    )
    return row, bool(same)


def _refuse_own_domain(call: Call, owner: Row, value: str) -> None:
    domain = call.site.directory.domain_named(value.rpartition("@")[2])
    customer = call.site.directory.customer_of(owner)
    if domain is not None and customer is not None and domain["customer"] == customer["id"]:
        raise Problem(3812)


def _changed(call: Call, item: dict[str, Any]) -> Row:
    row = call.site.lists.get(item["id"])
    owner = row and _owner(call, row)
    if row is None or owner is None:
        raise Problem(404)
    call.require(owner)
    flags = {**row["flags"], **{name: item[name] for name in FLAGS if name in item}}
    return call.site.lists.change(row, description=item.get("description", row["description"]), flags=flags)


def add_for_address(call: Call, kind: int, owner_address: str, value: str) -> None:
    """Put a sender on the list of the user with that address, unless it is there or may not be."""
    mailbox = call.site.directory.mailbox_at(owner_address)
    if mailbox is None:
        return
    try:
        add(call, call.site.directory.the(mailbox["object"]), kind, value, {})
    except Problem as problem:
        if problem.error_id not in (3094, 3812):
            raise


def allow_sender(call: Call, owner_address: str, value: str) -> None:
    """Put a sender on the allow list of the user with that address."""
    add_for_address(call, ALLOW, owner_address, value)


# removing, import, export


@route("DELETE", "/emails/black_white_list/<int:bwl_id>/", entity="black_white_list")
def delete_entry(call: Call, bwl_id: int) -> Response:
    """Remove an entry from the list of the object in scope."""
    scope = call.scope(CUSTOMER, USER, wrong=3810)
    kind = call.query({"type": _TYPE})["type"]
    row = call.site.lists.get(bwl_id)
    if row is None or row["type"] != kind:
        raise Problem(404)
    if row not in entries(call, scope, kind):
        raise invalid("object_id", "The entry does not belong to the target.")
    call.site.lists.remove(bwl_id)
    return no_content()


_IMPORT = {
    "type": _TYPE,
    "data": fields.items(fields.text(), maximum=1000),
    "extended_data": fields.items(fields.group(_ENTRY), maximum=1000),
    "mode": fields.integer(choices=(1, 2), default=1),
    "dry_run": fields.boolean(),
}
_ISSUES = {MAIL: (1001, "Invalid email address"), DOMAIN: (1002, "Invalid domain name")}


@route("POST", "/emails/black_white_list/import/", entity="black_white_list")
def import_entries(call: Call) -> dict[str, Any]:
    """Add many entries (mode 1), or replace the list by them (mode 2).

    With ``dry_run`` only tell what would be.
    """
    scope = call.scope(CUSTOMER, USER, wrong=3810)
    sent = call.body(_IMPORT)
    items = sent.get("extended_data") or [{"value": value} for value in sent.get("data", [])]
    if not items:
        raise invalid("data", fields.REQUIRED)
    kept = [row for row in entries(call, scope, sent["type"]) if row["owner"] == scope["id"]]
    if sent["mode"] == 2:
        for row in kept:
            call.site.lists.remove(row["id"])
    result: dict[str, list[dict[str, Any]]] = {"elements": [], "errors": [], "warnings": []}
    for item in items:
        _import_one(call, scope, sent["type"], item, result)
    if sent.get("dry_run"):
        _undo(call, kept, result["elements"])
    return result


def _import_one(call: Call, scope: Row, kind: int, item: dict[str, Any], result: dict[str, Any]) -> None:
    value = item["value"]
    try:
        row, _ = add(call, scope, kind, value, item)
    except Problem as problem:
        issue, text = problem.error_id, problem.message
        if issue == 2009:
            issue, text = _ISSUES[MAIL if "@" in value else DOMAIN]
        result["warnings" if issue == 3094 else "errors"].append(
            {"value": value, "issue_id": issue, "description": text}
        )
    else:
        result["elements"].append(_answer(call, row))


def _undo(call: Call, kept: list[Row], added: list[dict[str, Any]]) -> None:
    for entry in added:
        call.site.lists.remove(entry["id"])
    for row in kept:
        call.site.lists.put(row)


@route("POST", "/emails/black_white_list/_export/")
def export_entries(call: Call) -> Response:
    """Export a list as CSV, or say that the file goes out by mail."""
    scope = call.scope(CUSTOMER, USER, wrong=3810)
    sent = call.body(
        {"type": _TYPE, "export_type": fields.text(required=True, choices=("email", "download")), **_FILTER}
    )
    rows = _matching(call, entries(call, scope, sent["type"]), sent)
    columns = ("value", "description", "owner")
    return export(sent["export_type"], columns, [[row[column] for column in columns] for row in rows])
