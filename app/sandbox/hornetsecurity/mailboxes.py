"""Mailboxes of a customer (Hornetsecurity contract sheet, 5.6)."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, export, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER, USER
from app.sandbox.hornetsecurity.enums import FOREIGN, INTERNAL_USER, SYNCED_TYPES
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[a-z0-9.-]+\.[a-z0-9-]+")


def shown(row: Row, external_id: bool = False) -> dict[str, Any]:
    """Return a mailbox as the API shows it."""
    mailbox = {
        **{
            key: row[key]
            for key in ("id", "name", "type", "status", "environment", "mfa_enabled", "sso_enabled")
        },
        "can_configure_emergency_password": row["type"] in SYNCED_TYPES,
        "is_mmt_rerouted": False,
        "has_active_smime_cert": False,
        "is_hornet_email": False,
    }
    if external_id and row["type"] in SYNCED_TYPES:
        mailbox["external_id"] = f"ext-{row['id']}@directory.example"
    return mailbox


def address(text: str) -> str:
    """Return an e-mail address in lower case. Raises Problem 2009."""
    if not ADDRESS.fullmatch(text.lower()):
        raise invalid("email_address", "Enter a valid email address.")
    return text.lower()


def check_environment(call: Call, customer: Row, name: str, missing: int = 4004) -> None:
    """Raise Problem ``missing`` unless it is ``primary`` or the id of one of the customer's environments."""
    if name == "primary":
        return
    row = call.site.environments.get(int(name)) if name.isdecimal() else None
    if row is None or row["customer"] != customer["id"]:
        raise Problem(missing)


def check_domain(call: Call, customer: Row, mail_address: str, foreign: int) -> None:
    """Raise Problem ``foreign`` unless the address lies in one of the customer's domains."""
    domain = call.site.directory.domain_named(mail_address.rpartition("@")[2])
    if domain is None or domain["customer"] != customer["id"]:
        raise Problem(foreign)


_FILTER = {
    "name": fields.text(skip_blank=True),
    "include_alias_matches": fields.boolean(default=True),
    "have_email_address": fields.boolean(),
    "type": fields.items(fields.integer()),
    "environment": fields.text(skip_blank=True),
    "mfa_enabled": fields.boolean(),
    "sso_enabled": fields.boolean(),
    "status": fields.boolean(),
    "show_external_id": fields.boolean(),
}


def _in_scope(call: Call, row: Row | None) -> list[Row]:
    """Return the mailboxes below an object, or below the caller's roles when there is none."""
    directory = call.site.directory
    rows = [row] if row else [found for each in sorted(call.reach()) if (found := directory.object(each))]
    own = [box for each in rows if each["type"] == USER and (box := directory.mailbox_of(each["id"]))]
    customers = [below for each in rows if each["type"] != USER for below in directory.customers_below(each)]
    return list({each["id"]: each for each in own + directory.mailboxes_of(customers)}.values())


def _matches(row: Row, wanted: dict[str, Any]) -> bool:
    part = wanted.get("name", "").lower()
    addresses = [row["name"], *(row["aliases"] if wanted["include_alias_matches"] else ())]
    return (
        any(part in each for each in addresses)
        and row["type"] in (wanted.get("type") or (row["type"],))
        and wanted.get("environment") in (None, row["environment"])
        and wanted.get("mfa_enabled") in (None, row["mfa_enabled"])
        and wanted.get("sso_enabled") in (None, row["sso_enabled"])
        and wanted.get("status") in (None, bool(row["status"]))
    )


@route("POST", "/mailboxes/")
def list_mailboxes(call: Call) -> dict[str, Any]:
    """List mailboxes (a POST that reads)."""
    row = call.optional_scope()
    wanted = call.body({**_FILTER, **PAGE_LIMIT})
    if row is not None and row["type"] == CUSTOMER and "environment" in wanted:
        check_environment(call, row, wanted["environment"])
    found = [each for each in _in_scope(call, row) if _matches(each, wanted)]
    external = bool(wanted.get("show_external_id"))
    return page_limit(wanted).page("mailboxes", [shown(each, external) for each in found])


@route("POST", "/mailboxes/_search/")
def search_mailboxes(call: Call) -> dict[str, Any]:
    """Find mailboxes by a part of their name; only names come back."""
    row = call.scope()
    wanted = call.body({"query": fields.text(skip_blank=True), **PAGE_LIMIT})
    part = wanted.get("query", "").lower()
    names = [{"name": each["name"]} for each in _in_scope(call, row) if part in each["name"]]
    return page_limit(wanted).page("mailboxes", names)


_NEW = {
    "email_address": fields.text(required=True),
    "password": fields.secret(required=True, maximum=128),
    "first_name": fields.text(minimum=0, nullable=True),
    "last_name": fields.text(minimum=0, nullable=True),
    "environment": fields.text(default="primary"),
}


@route("PUT", "/mailboxes/", entity="mailbox")
def create_mailbox(call: Call) -> Response:
    """Create a mailbox in one of the customer's domains."""
    customer = call.scope(CUSTOMER)
    sent = call.body(_NEW)
    name = address(sent["email_address"])
    check_domain(call, customer, name, 3405)
    check_environment(call, customer, sent["environment"])
    if call.site.directory.mailbox_at(name):
        raise Problem(3407)
    row = call.site.directory.add_mailbox(
        customer,
        name,
        INTERNAL_USER,
        password=sent["password"],
        environment=sent["environment"],
        personal={"forename": sent.get("first_name") or "", "surname": sent.get("last_name") or ""},
    )
    return created(shown(row))


@route("POST", "/mailboxes/<int:mailbox_id>/", entity="mailbox")
def change_mailbox(call: Call, mailbox_id: int) -> dict[str, Any]:
    """Change description, status or environment. Nobody can deactivate themselves."""
    call.scope()
    row = _own_mailbox(call, mailbox_id)
    sent = call.body({"description": fields.text(), "status": fields.boolean(), "environment": fields.text()})
    if "environment" in sent:
        customer = call.site.directory.the(row["customer"])
        check_environment(call, customer, sent["environment"], missing=5183)
    if sent.get("status") is False and row["object"] == call.caller["id"]:
        raise invalid("status", "You cannot deactivate your own mailbox.")
    changes = {**sent, "status": int(sent["status"])} if "status" in sent else sent
    row = call.site.directory.change_mailbox(row, **changes)
    return {
        "description": row.get("description", ""),
        "status": bool(row["status"]),
        "environment": row["environment"],
    }


def _own_mailbox(call: Call, mailbox_id: int) -> Row:
    """Return a mailbox that the caller administers. Raises Problem 3409 or 5104."""
    row = call.site.directory.mailbox(mailbox_id)
    if row is None:
        raise Problem(3409)
    if not call.sees(call.site.directory.the(row["object"])):
        raise Problem(5104)
    return row


@route("DELETE", "/mailboxes/", entity="mailbox")
def delete_mailboxes(call: Call) -> Response:
    """Delete one mailbox by the query's ``mailbox_id``, or else those of one customer that the body lists."""
    scope = call.scope()
    ids = [call.query({"mailbox_id": fields.integer(minimum=0)}).get("mailbox_id")]
    if ids == [None]:
        ids = call.body({"mailbox_ids": fields.items(fields.integer(minimum=0), required=True)})[
            "mailbox_ids"
        ]
    inside = {row["id"]: row for row in _in_scope(call, scope)}
    if not all(each in inside for each in ids):
        raise Problem(3409)
    if len({inside[each]["customer"] for each in ids}) > 1:
        raise invalid("mailbox_ids", "All mailboxes have to belong to the same customer.")
    for each in dict.fromkeys(ids):
        call.site.remove_mailbox(inside[each])
    return no_content()


@route("PUT", "/mailboxes/foreign/", entity="mailbox")
def create_foreign_mailbox(call: Call) -> Response:
    """Create a user with an address outside the customer's domains; such a user has no mail here."""
    customer = call.scope(CUSTOMER, missing=404)
    name = address(call.body({"email_address": fields.text(required=True)})["email_address"])
    if call.site.directory.object_named(name) or call.site.directory.domain_named(name.rpartition("@")[2]):
        raise Problem(5109)
    call.site.directory.add_mailbox(customer, name, FOREIGN)
    return no_content(201)


@route("POST", "/mailboxes/rename/", entity="mailbox")
def rename_mailbox(call: Call) -> Response:
    """Give a mailbox another primary address."""
    row = call.mailbox_of(call.either())
    name = address(call.body({"new_name": fields.text(required=True)})["new_name"])
    if row["type"] in SYNCED_TYPES:
        raise Problem(5103)
    check_domain(call, call.site.directory.the(row["customer"]), name, 3405)
    other = call.site.directory.mailbox_at(name)
    if other is not None:
        raise Problem(3403)
    call.site.directory.change_mailbox(row, name=name)
    return no_content()


@route("POST", "/mailboxes/password/", entity="mailbox_password")
def set_password(call: Call) -> Response:
    """Set the password of a mailbox."""
    row = call.mailbox_of(call.either())
    sent = call.body({"password": fields.secret(required=True)})
    call.site.directory.change_mailbox(row, password=sent["password"])
    return no_content()


_EXPORT_KEYS = (
    "name",
    "type",
    "environment",
    "aliases",
    "mfa_enabled",
    "forename",
    "surname",
    "displayname",
    "groups",
)


@route("POST", "/mailboxes/_export/")
def export_mailboxes(call: Call) -> Response:
    """Export mailboxes as CSV, or say that the file goes out by mail."""
    row = call.scope(CUSTOMER, PARTNER)
    sent = call.body(
        {
            **_FILTER,
            "export_type": fields.text(
                required=True, choices=("download", "row_download", "email", "row_email")
            ),
            "export_keys": fields.items(fields.text()),
            "mailbox_list": fields.items(fields.integer()),
            "email": fields.text(),
        }
    )
    if row["type"] == CUSTOMER and "environment" in sent:
        check_environment(call, row, sent["environment"])
    keys = [key for key in sent.get("export_keys") or _EXPORT_KEYS if key in _EXPORT_KEYS]
    rows = [each for each in _in_scope(call, row) if _matches(each, sent)]
    if sent["export_type"].startswith("row"):
        rows = [each for each in rows if each["id"] in sent.get("mailbox_list", [])]
    return export(sent["export_type"], keys, [[_cell(call, each, key) for key in keys] for each in rows])


def _cell(call: Call, row: Row, key: str) -> str:
    if key == "aliases":
        return " ".join(row["aliases"])
    if key == "groups":
        return " ".join(each["name"] for each in call.site.groups.all() if row["id"] in each["members"])
    return str(row.get(key, row.get("personal", {}).get(key, "")))
