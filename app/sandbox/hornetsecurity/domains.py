"""The domains of a customer (Hornetsecurity contract sheet, 5.4)."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import dns_facts, fields
from app.sandbox.hornetsecurity.answers import created, export, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import ALIAS, CUSTOMER, PRIMARY
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")

DENYLISTED = ("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "gmx.de", "web.de")
"""Domains that nobody may add; the service's own list is not public [inferred]."""


def shown(row: Row) -> dict[str, Any]:
    """Return a domain as the API shows it, the deprecated twin of ``verified`` included."""
    return {
        "id": row["id"],
        "domain": row["domain"],
        "type": row["type"],
        "verified": row["verified"],
        "mx_switched": row["verified"],
    }


_FILTER = {
    "name": fields.text(skip_blank=True),
    "domain_type": fields.items(fields.text(choices=(PRIMARY, ALIAS))),
    "only_with_spam_filter_activated": fields.boolean(),
}


def _matching(call: Call, customer: Row, wanted: dict[str, Any]) -> list[Row]:
    kinds = wanted.get("domain_type") or (PRIMARY, ALIAS)
    if wanted.get("only_with_spam_filter_activated") and not call.site.booked(customer):
        return []
    return [
        row
        for row in call.site.directory.domains_of(customer["id"])
        if row["type"] in kinds and wanted.get("name", "").lower() in row["domain"]
    ]


@route("GET", "/domains/")
def list_domains(call: Call) -> dict[str, Any]:
    """List a customer's domains."""
    customer = call.scope(CUSTOMER)
    wanted = call.query({**_FILTER, **PAGE_LIMIT})
    return page_limit(wanted).page("domains", [shown(row) for row in _matching(call, customer, wanted)])


@route("PUT", "/domains/", entity="domain")
def add_domains(call: Call) -> Response:
    """Add alias domains: all of them or, when one is forbidden or malformed, none."""
    customer = call.scope(CUSTOMER)
    sent = call.body({"domains": fields.items(fields.text(nullable=True), required=True)})
    names = list(dict.fromkeys(name.lower() for name in sent["domains"]))
    if not names:
        raise invalid("domains", "This list may not be empty.")
    if not all(HOST_NAME.fullmatch(name) for name in names):
        raise Problem(5003)
    if any(name in DENYLISTED for name in names):
        raise Problem(5001)
    new = [name for name in names if call.site.directory.domain_named(name) is None]
    if not new and len(names) == 1:
        raise Problem(5002)
    rows = [call.site.directory.add_domain(name, ALIAS, customer["id"]) for name in new]
    return created([shown(row) for row in rows])


@route("POST", "/domains/<int:domain_id>/", entity="domain")
def change_domain(call: Call, domain_id: int) -> dict[str, Any]:
    """Set whether a domain counts as verified."""
    row = call.domain(domain_id, 5006)
    sent = call.body({"verified": fields.boolean(required=True)})
    return shown(call.site.directory.change_domain(row, verified=sent["verified"]))


@route("POST", "/domains/<int:domain_id>/check_verification/", entity="domain")
def check_verification(call: Call, domain_id: int) -> dict[str, Any]:
    """Look at the domain's MX records again."""
    row = call.domain(domain_id, 5006)
    return shown(call.site.directory.change_domain(row, verified=dns_facts.mx_is_ours(row["domain"])))


def _alias(call: Call, domain_id: int) -> Row:
    row = call.domain(domain_id, 5006)
    if row["type"] != ALIAS:
        raise Problem(5007)
    return row


@route("GET", "/domains/<int:domain_id>/deletion_info/")
def deletion_info(call: Call, domain_id: int) -> dict[str, Any]:
    """Tell what the removal of an alias domain takes along."""
    row = _alias(call, domain_id)
    return {
        "mailboxes_to_delete": len(_mailboxes_at(call, row)),
        "mailboxes_to_move": 0,
        "domain_name": row["domain"],
    }


def _mailboxes_at(call: Call, domain: Row) -> list[Row]:
    customer = call.site.directory.the(domain["customer"])
    mailboxes = call.site.directory.mailboxes_of([customer])
    return [row for row in mailboxes if row["name"].endswith("@" + domain["domain"])]


@route("DELETE", "/domains/<int:domain_id>/", entity="domain")
def delete_domain(call: Call, domain_id: int) -> Response:
    """Remove an alias domain with the mailboxes and alias addresses on it."""
    row = _alias(call, domain_id)
    directory = call.site.directory
    for mailbox in _mailboxes_at(call, row):
        call.site.remove_mailbox(mailbox)
    for mailbox in directory.mailboxes_of([directory.the(row["customer"])]):
        left = [alias for alias in mailbox["aliases"] if not alias.endswith("@" + row["domain"])]
        if left != mailbox["aliases"]:
            directory.change_mailbox(mailbox, aliases=left)
    directory.remove_domain(row)
    return no_content()


@route("POST", "/domains/_export/")
def export_domains(call: Call) -> Response:
    """Export a customer's domains as CSV, or say that the file goes out by mail."""
    customer = call.scope(CUSTOMER)
    sent = call.body(
        {
            **_FILTER,
            "export_type": fields.text(required=True, choices=("download", "email")),
            "email": fields.text(),
            "domain_list": fields.items(fields.text()),
        }
    )
    if sent["export_type"] == "email" and "email" not in sent:
        raise invalid("email", fields.REQUIRED)
    rows = [row for row in _matching(call, customer, sent) if _listed(row, sent.get("domain_list"))]
    return export(
        sent["export_type"],
        ("domain", "type", "verified"),
        [(r["domain"], r["type"], r["verified"]) for r in rows],
    )


def _listed(row: Row, wanted: list[str] | None) -> bool:
    return not wanted or str(row["id"]) in wanted or row["domain"] in wanted
