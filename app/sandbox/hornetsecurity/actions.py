"""What can be done to mails: release, report, mark, delete, scan (Hornetsecurity contract sheet, 5.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import json_answer, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER
from app.sandbox.hornetsecurity.emails import owns
from app.sandbox.hornetsecurity.enums import (
    CLEAN,
    INCOMING,
    INFO,
    REJECTED,
    SPAM,
    STATUS_DELIVERED,
    class_name,
)
from app.sandbox.hornetsecurity.lists import allow_sender
from app.sandbox.hornetsecurity.mails import Mail
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.site import stamp
from app.sandbox.hornetsecurity.store import Row

Act = Callable[[Mail, dict[str, Any]], dict[str, Any] | None]
"""Does one thing to one mail; raises Problem when it may not; may return more keys for the item's answer."""

_ITEM = {"es_mail_id": fields.text(required=True), "body": fields.text(minimum=0)}
_SOURCE = {"source": fields.text(choices=("control", "report", "thirdparty"), default="control")}
_DELETION_TRIALS = 10
_SCANS = 20


def _each(call: Call, wanted: dict[str, fields.Field], act: Act) -> list[dict[str, Any]]:
    """Do something to every mail of the body's list; one that fails does not stop the others."""
    return [_item(call, item, act) for item in call.rows(wanted)]


def _item(call: Call, item: dict[str, Any], act: Act) -> dict[str, Any]:
    answer: dict[str, Any] = {"es_identifier": item["es_mail_id"], "success": True}
    try:
        return {**answer, **(act(_reachable(call, item["es_mail_id"]), item) or {})}
    except Problem as problem:
        return {**answer, "success": False, "error": problem.item()}


def _reachable(call: Call, es_id: str) -> Mail:
    """Return the mail.

    Raises Problem 3081 for an unknown id, 1003 for one outside the caller's scope [inferred].
    """
    mail = call.site.mails.find(es_id, call.site.now())
    if mail is None:
        raise Problem(3081)
    roots = [call.site.directory.object(each) for each in call.reach()]
    if not any(root and owns(call, root, mail) for root in roots):
        raise Problem(1003)
    return mail


def check_release(call: Call, mail: Mail) -> None:
    """Raise the Problem that keeps a mail from being delivered.

    Outgoing and rejected mail never is; clean mail and infomail only when archived; other classes for end
    users only where the administrator allows it.
    """
    if mail.direction != INCOMING:
        raise Problem(3113)
    if mail.classification == REJECTED:
        raise Problem(3111)
    if mail.classification in (CLEAN, INFO) and not mail.archived:
        raise Problem(3112)
    if not _may_deliver(call, mail):
        raise Problem(3108)


def _may_deliver(call: Call, mail: Mail) -> bool:
    customer = call.site.directory.the(mail.customer)
    if call.administers(customer):
        return True
    rules = call.site.table("email_actions").get(str(customer["id"]), [])
    kind = class_name(mail.classification, False)
    return all(rule["send"] for rule in rules if rule["type"] == kind)


def release(call: Call, mail: Mail, source: str) -> None:
    """Deliver a mail: its status becomes "delivered", its class stays [inferred]."""
    entry = {
        "date": stamp(call.site.now()),
        "read": False,
        "reason": f"Delivered to the recipient ({source}).",
        "fail_step": "",
        "remediation_id": mail.message[:12],
        "effective": True,
        "folder": "inbox",
        "actions": ["no_action"],
        "report_type": "",
        "caller": {"email": call.caller_name, "xobject_id": ""},
    }
    call.site.mails.change(mail, status=STATUS_DELIVERED, released=True, history=[*mail.history, entry])


@route("POST", "/emails/deliver/recipient/", entity="email")
def deliver_to_recipient(call: Call) -> list[dict[str, Any]]:
    """Release mails to their recipients."""
    source = call.query(_SOURCE)["source"]

    def act(mail: Mail, _item: dict[str, Any]) -> None:
        check_release(call, mail)
        release(call, mail, source)

    return _each(call, _ITEM, act)


@route("POST", "/emails/whitelist_and_deliver/", entity="email")
def allow_and_deliver(call: Call) -> list[dict[str, Any]]:
    """Release mails and put their senders on the recipients' allow lists.

    A forbidden single one answers 403.
    """
    source = call.query(_SOURCE)["source"]

    def act(mail: Mail, _item: dict[str, Any]) -> None:
        check_release(call, mail)
        allow_sender(call, mail.owner, mail.partner)
        release(call, mail, source)

    answer = _each(call, _ITEM, act)
    if len(answer) == 1 and answer[0].get("error", {}).get("error_id") == 3108:
        raise Problem(3108)
    return answer


@route("POST", "/emails/deliver/helpdesk/", entity="email")
def deliver_to_helpdesk(call: Call) -> list[dict[str, Any]]:
    """Send mails to the customer's "send to admin" contacts; neither clean nor rejected ones."""
    scope = call.scope()
    recipient = call.query({"recipient_id": fields.integer()}).get("recipient_id")
    if not _has_contact(call, scope, recipient):
        raise Problem(3109)

    def act(mail: Mail, _item: dict[str, Any]) -> None:
        _require_incoming(mail)
        if mail.classification in (CLEAN, REJECTED):
            raise Problem(3111)

    return _each(call, _ITEM, act)


def _has_contact(call: Call, scope: Row, recipient: int | None) -> bool:
    ids = {each["id"] for each in call.site.directory.lineage(scope)}
    contacts = [each for each in call.site.contacts.all() if each["type"] == "send_email_to_admin"]
    return any(each["target"] in ids and recipient in (None, each["user"]) for each in contacts)


@route("POST", "/emails/deliver/support/", entity="email")
def deliver_to_support(call: Call) -> list[dict[str, Any]]:
    """Send mails to the support address."""
    call.scope()
    return _each(call, _ITEM, lambda mail, _item: _require_incoming(mail))


def _require_incoming(mail: Mail) -> None:
    if mail.direction != INCOMING:
        raise Problem(3113)


def _mark(call: Call, classification: int) -> list[dict[str, Any]]:
    """Report mails to be of another class, which they then are [inferred]."""

    def act(mail: Mail, _item: dict[str, Any]) -> dict[str, Any]:
        _require_incoming(mail)
        if mail.classification == REJECTED:
            raise Problem(3111)
        call.site.mails.change(mail, classification=classification)
        return {"private": mail.private}

    return _each(call, _ITEM, act)


@route("POST", "/emails/mark/spam/", entity="email")
def mark_spam(call: Call) -> list[dict[str, Any]]:
    """Report mails as spam."""
    return _mark(call, SPAM)


@route("POST", "/emails/mark/info/", entity="email")
def mark_info(call: Call) -> list[dict[str, Any]]:
    """Report mails as infomail."""
    return _mark(call, INFO)


@route("POST", "/emails/mark/private/", entity="email")
def mark_private(call: Call) -> list[dict[str, Any]]:
    """Mark mails as private, or as not private."""

    def act(mail: Mail, item: dict[str, Any]) -> dict[str, Any]:
        call.site.mails.change(mail, private=item["private"])
        return {"private": item["private"]}

    return _each(call, {**_ITEM, "private": fields.boolean(required=True)}, act)


@route("POST", "/emails/delete/", entity="email")
def delete_mails(call: Call) -> list[dict[str, Any]]:
    """Delete delivered mails from M365 mailboxes: of one customer, while its trial lasts."""
    customer = call.optional_scope(CUSTOMER)
    mails = call.site.mails
    owners = {
        mail.customer
        for item in call.rows(_ITEM)
        if (mail := mails.find(item["es_mail_id"], call.site.now()))
    }
    customers = [call.site.directory.the(each) for each in owners] + ([customer] if customer else [])
    if not all(each["mode"] == "api" for each in customers):
        raise Problem(3199)
    if any(not _trials_left(call, each) for each in customers):
        raise Problem(3197)

    def act(mail: Mail, _item: dict[str, Any]) -> dict[str, Any]:
        if customer is not None and mail.customer != customer["id"]:
            raise Problem(1003)
        used = call.site.table("deletions")
        used[str(mail.customer)] = used.get(str(mail.customer), 0) + 1
        mails.change(mail, deleted=True)
        return {"private": mail.private}

    return _each(call, _ITEM, act)


def _trials_left(call: Call, customer: Row) -> int:
    used: int = call.site.table("deletions").get(str(customer["id"]), 0)
    return max(0, _DELETION_TRIALS - used)


@route("GET", "/emails/delete/counter/")
def deletion_counter(call: Call) -> Response:
    """Tell how many deletions the trial has left; 204 for a customer without M365."""
    customer = call.scope(CUSTOMER)
    call.query({"for_report": fields.boolean()})
    return json_answer({"count": _trials_left(call, customer)}) if customer["mode"] == "api" else no_content()


# scans of attachments

_ES_ID = {"es_mail_id": fields.text(required=True)}


def _scanned_mail(call: Call) -> Mail:
    """Return the mail of an ATP call, where a missing permission is 400/1003."""
    try:
        return _reachable(call, call.body(_ES_ID)["es_mail_id"])
    except Problem as problem:
        raise Problem(
            problem.error_id, problem.data, status=400 if problem.error_id == 1003 else None
        ) from None


def _report(mail: Mail, name: str, status: str) -> dict[str, str]:
    scan = mail.checksum(name)
    link = f"https://atpreport.example/?atp_str={scan}"
    return {"id": scan, "attachment": name, "report_link": link, "status": status}


@route("POST", "/emails/atp/scan/", entity="atp_scan")
def scan(call: Call) -> Response:
    """Ask for a scan of a mail's attachments, once per mail and within the contingent."""
    mail = _scanned_mail(call)
    scans = call.site.table("atp_scans")
    if mail.es_id in scans:
        raise Problem(6297)
    if mail.classification == CLEAN and not mail.archived:
        raise Problem(6300)
    if len(scans) >= _SCANS:
        raise Problem(6596)
    if not mail.attachments:
        return no_content(503)
    scans[mail.es_id] = stamp(call.site.now())
    return json_answer([_report(mail, name, "loading") for name in mail.attachments])


@route("POST", "/emails/atp/status/")
def scan_status(call: Call) -> list[dict[str, str]]:
    """Tell how far the scan of a mail's attachments is: it is always done by the time one asks."""
    mail = _scanned_mail(call)
    if mail.es_id not in call.site.table("atp_scans"):
        return []
    return [{"id": mail.checksum(name), "status": "finished"} for name in mail.attachments]
