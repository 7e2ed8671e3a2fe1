"""The mail log: search, single mail, header, export (Hornetsecurity contract sheet, 5.7)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import export
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.enums import REJECTED
from app.sandbox.hornetsecurity.mail_search import DATES, FILTERS, found
from app.sandbox.hornetsecurity.mail_wire import details, raw_header, wire
from app.sandbox.hornetsecurity.mails import Mail
from app.sandbox.hornetsecurity.paging import OFFSET_LIMIT, offset_limit
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.statistics import by_type
from app.sandbox.hornetsecurity.store import Row

_SEARCH = {**FILTERS, **DATES, **OFFSET_LIMIT, "include_statistics": fields.boolean()}


@route("POST", "/emails/_search/", forms=True)
def search(call: Call) -> dict[str, Any]:
    """Search the mails of a partner, customer or user.

    The current generation answers a page of mails; the old one a single mail object, as its manual shows.
    """
    scope = call.scope()
    sent = call.body(_SEARCH)
    window = offset_limit(sent)
    mails = found(call, scope, sent)
    rows = [wire(mail, call.manual) for mail in window.cut(mails)]
    if call.manual:
        return rows[0] if rows else {}
    answer = {"has_more_elements": window.more(len(mails)), "num_found_items": len(mails), "emails": rows}
    if sent.get("include_statistics"):
        answer["statistics"] = by_type(mails, call.manual)
    return answer


def the_mail(call: Call, scope: Row, es_id: str) -> Mail:
    """Return the mail of that id. Raises Problem 3081 when there is none in the object's scope [inferred]."""
    mail = call.site.mails.find(es_id, call.site.now())
    if mail is None or not owns(call, scope, mail):
        raise Problem(3081)
    return mail


def owns(call: Call, scope: Row, mail: Mail) -> bool:
    """Tell whether a mail belongs to an object: to the user, or to a customer at or below it."""
    directory = call.site.directory
    mailbox = directory.mailbox_of(scope["id"])
    if mailbox is not None:
        return mail.owner in (mailbox["name"], *mailbox["aliases"])
    customer = directory.object(mail.customer)
    return customer is not None and any(each["id"] == scope["id"] for each in directory.lineage(customer))


_ONE = {"es_mail_id": fields.text(required=True)}


@route("POST", "/emails/_search/single_email/")
def single(call: Call) -> dict[str, Any]:
    """Show one mail with the results of SPF, DKIM and DMARC."""
    mail = the_mail(call, call.scope(), call.body(_ONE)["es_mail_id"])
    return {**wire(mail, call.manual), **details(mail)}


@route("POST", "/emails/header/")
def header(call: Call) -> dict[str, str]:
    """Show the raw header of a mail. Rejected mail was never stored and has none to show."""
    mail = the_mail(call, call.scope(), call.body(_ONE)["es_mail_id"])
    if mail.classification == REJECTED:
        raise Problem(3073)
    return {"raw_header": raw_header(mail)}


_EXPORT_KEYS = (
    "date", "owner", "comm_partner", "direction", "subject", "classification", "status", "reason",
    "reason_intern", "size", "crypt_type_in", "crypt_type_out", "gateway", "source_hostname", "source_ip",
    "destination_hostname", "destination_ip", "msg_id", "message_id", "smtp_status_code", "smtp_status",
    "last_remediation_actions",
)  # fmt: skip

_EXPORT = {
    **FILTERS,
    **DATES,
    **OFFSET_LIMIT,
    "export_type": fields.text(required=True, choices=("download", "row_download", "email", "row_email")),
    "export_keys": fields.items(fields.text(choices=_EXPORT_KEYS)),
    "email": fields.text(),
    "mail_list": fields.items(fields.group(_ONE)),
}


@route("POST", "/emails/_export/")
def export_mails(call: Call) -> Response:
    """Export mails as CSV, or say that the file goes out by mail."""
    scope = call.scope()
    sent = call.body(_EXPORT)
    mails = offset_limit(sent).cut(found(call, scope, sent))
    if sent["export_type"].startswith("row"):
        wanted = {each["es_mail_id"] for each in sent.get("mail_list", [])}
        mails = [mail for mail in mails if mail.es_id in wanted]
    keys = sent.get("export_keys") or _EXPORT_KEYS
    return export(
        sent["export_type"], keys, [[_cell(wire(mail, False)[key]) for key in keys] for mail in mails]
    )


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("text", f"{value.get('value')} {value.get('unit')}")
    return " ".join(value) if isinstance(value, list) else value
