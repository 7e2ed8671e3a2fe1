"""Which mails a search means: the body of the search and statistics calls.

Hornetsecurity contract sheet, 5.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email.header import decode_header, make_header
from typing import Any

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import USER
from app.sandbox.hornetsecurity.enums import REMEDIATION_ACTIONS
from app.sandbox.hornetsecurity.mail_wire import body, raw_header, smtp_status, wire
from app.sandbox.hornetsecurity.mails import RETENTION, Mail
from app.sandbox.hornetsecurity.problems import invalid
from app.sandbox.hornetsecurity.store import Row


def _read(subject: str) -> str:
    """Return a subject with its encoded words read; both spellings are found [inferred]."""
    return str(make_header(decode_header(subject))) if "=?" in subject else subject


_TEXTS: dict[str, Callable[[Mail], str]] = {
    "owner": lambda mail: mail.owner,
    "comm_partner": lambda mail: mail.partner,
    "owner_domain": lambda mail: mail.owner.rpartition("@")[2],
    "subject": lambda mail: f"{mail.subject}\n{_read(mail.subject)}",
    "header": raw_header,
    "body": body,
    "reason": lambda mail: mail.reason,
    "reason_intern": lambda mail: mail.reason.replace(" ", "_"),
    "source_hostname": lambda mail: str(wire(mail, False)["source_hostname"]),
    "destination_hostname": lambda mail: str(wire(mail, False)["destination_hostname"]),
    "gateway": lambda mail: mail.gateway,
    "source_ip": lambda mail: str(wire(mail, False)["source_ip"]),
    "destination_ip": lambda mail: str(wire(mail, False)["destination_ip"]),
    "msg_id": lambda mail: mail.msg_id,
    "message_id": lambda mail: mail.message_id,
    "smtp_code": lambda mail: str(smtp_status(mail)[0]),
    "attachments": lambda mail: " ".join(mail.attachments),
    "attachment_hash": lambda mail: " ".join(mail.checksum(name) for name in mail.attachments),
    "query": lambda mail: f"{mail.owner} {mail.partner} {mail.subject} {mail.message_id} {mail.msg_id}",
}
"""Text filter to what it looks at."""

_LISTS: dict[str, Callable[[Mail], int]] = {
    "direction": lambda mail: mail.direction,
    "classification": lambda mail: mail.classification,
    "status": lambda mail: mail.status,
    "crypt_type_in": lambda mail: mail.crypt,
    "crypt_type_out": lambda mail: mail.crypt,
}

_FLAGS: dict[str, Callable[[Mail], bool]] = {
    "private": lambda mail: mail.private,
    "is_archived": lambda mail: mail.archived,
}

_SORT_KEYS: dict[str, Callable[[Mail], Any]] = {
    "date": lambda mail: mail.at,
    "size": lambda mail: mail.kilobytes,
    **{name: get for name, get in _TEXTS.items() if name not in ("query", "header", "body")},
    **_LISTS,
}

_KILOBYTES = {"kb": 1, "mb": 1024, "gb": 1024 * 1024}

FILTERS = {
    **{name: fields.text(skip_blank=True) for name in _TEXTS},
    "direction": fields.items(fields.integer(minimum=1, maximum=2), skip_blank=True),
    "classification": fields.items(fields.integer(minimum=1, maximum=255), skip_blank=True),
    "status": fields.items(fields.integer(), skip_blank=True),
    "crypt_type_in": fields.items(fields.integer(minimum=0, maximum=7), skip_blank=True),
    "crypt_type_out": fields.items(fields.integer(minimum=0, maximum=7), skip_blank=True),
    "last_remediation_actions": fields.items(fields.text(choices=REMEDIATION_ACTIONS), skip_blank=True),
    "size": fields.group(
        {
            "operator": fields.text(required=True, choices=("gt", "lt", "eq")),
            "value": fields.integer(required=True),
            "unit": fields.text(required=True),
        },
        skip_blank=True,
    ),
    "sort": fields.group(
        {
            "key": fields.text(required=True, maximum=255),
            "order": fields.text(required=True, choices=("asc", "desc")),
        },
        skip_blank=True,
    ),
    "regex": fields.boolean(),
    **{name: fields.boolean() for name in _FLAGS},
    "fix_ids": fields.boolean(nullable=True),
    "region": fields.text(nullable=True, minimum=0),
}
"""The filters of every search and statistics call."""

DATES = {"date_from": fields.moment(required=True), "date_to": fields.moment(required=True)}


def found(call: Call, scope: Row, sent: dict[str, Any]) -> list[Mail]:
    """Return the mails of an object that the filters mean, in the wanted order: newest first unless told.

    Raises Problem 2009 when the dates are the wrong way round, a regular expression is none, or the sort key
    unknown.
    """
    tests = _tests(call, scope, sent)
    mails = [mail for mail in _in_time(call, sent) if all(test(mail) for test in tests)]
    sort = sent.get("sort")
    if sort:
        if sort["key"] not in _SORT_KEYS:
            raise invalid("key", f'"{sort["key"]}" is not a valid choice.')
        mails.sort(key=_SORT_KEYS[sort["key"]], reverse=sort["order"] == "desc")
    return mails


def _in_time(call: Call, sent: dict[str, Any]) -> list[Mail]:
    now = call.site.now()
    start: datetime = sent.get("date_from", now - RETENTION)
    end: datetime = sent.get("date_to", now)
    if start >= end:
        raise invalid("date_from", "date_from must be before date_to.")
    return call.site.mails.between(start, end, now)


def _tests(call: Call, scope: Row, sent: dict[str, Any]) -> list[Callable[[Mail], bool]]:
    tests = [_in_scope(call, scope)]
    tests += [_text_test(name, sent[name], bool(sent.get("regex"))) for name in _TEXTS if name in sent]
    tests += [_list_test(_LISTS[name], set(sent[name])) for name in _LISTS if sent.get(name)]
    tests += [_flag_test(_FLAGS[name], sent[name]) for name in _FLAGS if name in sent]
    if sent.get("last_remediation_actions"):
        tests.append(_action_test(set(sent["last_remediation_actions"])))
    if "size" in sent:
        tests.append(_size_test(**sent["size"]))
    return tests


def _in_scope(call: Call, scope: Row) -> Callable[[Mail], bool]:
    """Return the test for mails of a user's addresses, or of the customers at and below an object."""
    directory = call.site.directory
    if scope["type"] == USER:
        mailbox = directory.mailbox_of(scope["id"])
        addresses = {mailbox["name"], *mailbox["aliases"]} if mailbox else set()
        return lambda mail: mail.owner in addresses
    customers = {each["id"] for each in directory.customers_below(scope)}
    return lambda mail: mail.customer in customers


def _text_test(name: str, wanted: str, regex: bool) -> Callable[[Mail], bool]:
    """Return the test of one text filter.

    Substring in any case; for the two addresses exact when an ``@`` is inside and by domain when it comes
    first [inferred].
    """
    get = _TEXTS[name]
    if regex:
        try:
            pattern = re.compile(wanted, re.IGNORECASE)
        except re.error:
            raise invalid(name, "Enter a valid regular expression.") from None
        return lambda mail: pattern.search(get(mail)) is not None
    lower = wanted.lower()
    if name in ("owner", "comm_partner") and "@" in lower:
        if lower.startswith("@"):
            return lambda mail: get(mail).lower().endswith(lower)
        return lambda mail: get(mail).lower() == lower
    return lambda mail: lower in get(mail).lower()


def _list_test(get: Callable[[Mail], int], wanted: set[int]) -> Callable[[Mail], bool]:
    return lambda mail: get(mail) in wanted


def _flag_test(get: Callable[[Mail], bool], wanted: bool) -> Callable[[Mail], bool]:
    return lambda mail: get(mail) is wanted


def _action_test(wanted: set[str]) -> Callable[[Mail], bool]:
    return lambda mail: any(wanted.intersection(entry["actions"]) for entry in mail.history)


def _size_test(operator: str, value: int, unit: str) -> Callable[[Mail], bool]:
    factor = _KILOBYTES.get(unit.lower())
    if factor is None:
        raise invalid("unit", f'"{unit}" is not a valid choice.')
    limit = value * factor
    if operator == "gt":
        return lambda mail: mail.kilobytes > limit
    if operator == "lt":
        return lambda mail: mail.kilobytes < limit
    return lambda mail: mail.kilobytes == limit
