"""A mail of the log as the API shows it, its raw header and its text (Hornetsecurity contract sheet, 5.7)."""

from __future__ import annotations

import html
from email.utils import formatdate
from typing import Any

from app.sandbox.hornetsecurity.corpus import BODIES
from app.sandbox.hornetsecurity.enums import (
    CLEAN,
    CRYPT_TYPES,
    INCOMING,
    INFO,
    REJECTED,
    STATUS_DEFERRED,
    STATUS_DELIVERED,
    STATUSES,
    class_name,
)
from app.sandbox.hornetsecurity.mails import Mail


def smtp_status(mail: Mail) -> tuple[int, str]:
    """Return SMTP code and text of the last delivery attempt."""
    if mail.status == STATUS_DELIVERED:
        return 250, "250 2.0.0 Ok: queued"
    if mail.status == STATUS_DEFERRED:
        return 451, "451 4.7.1 Try again later;451 4.7.1 Try again later"
    if mail.classification == REJECTED:
        return 554, "554 5.7.1 Service unavailable; client host blocked"
    return 250, ""


def _hosts(mail: Mail) -> dict[str, str]:
    """Return the two ends of the connection; live answers append the address to some host names."""
    away = f"{mail.host} [{mail.ip}]" if mail.odd else mail.host
    ours = f"mail.{mail.owner.rpartition('@')[2]}"
    if mail.direction == INCOMING:
        return {
            "source_hostname": away,
            "source_ip": mail.ip,
            "destination_hostname": ours,
            "destination_ip": "127.0.0.11",
        }
    return {
        "source_hostname": ours,
        "source_ip": "127.0.0.11",
        "destination_hostname": away,
        "destination_ip": mail.ip,
    }


def wire(mail: Mail, manual: bool) -> dict[str, Any]:
    """Return the mail object; the old generation has ``encryption`` and other class names."""
    code, text = smtp_status(mail)
    crypt = {"id": mail.crypt, "text": CRYPT_TYPES[mail.crypt]}
    shown: dict[str, Any] = {
        "es_mail_id": mail.es_id,
        "msg_id": mail.msg_id,
        "message_id": mail.message_id,
        "date": mail.date,
        "direction": mail.direction,
        "owner": mail.owner,
        "owner_domain": mail.owner.rpartition("@")[2],
        "comm_partner": mail.partner,
        "subject": mail.subject,
        "classification": {"id": mail.classification, "text": class_name(mail.classification, manual)},
        "reason": mail.reason,
        "reason_intern": mail.reason.replace(" ", "_"),
        "status": {"id": mail.status, "text": STATUSES[mail.status]},
        "size": {"value": mail.kilobytes, "unit": "KB"},
        "gateway": mail.gateway,
        **_hosts(mail),
        "smtp_dialog": [text] if text else [],
        "smtp_status": text,
        "smtp_status_code": code,
        "attachments": [{"name": name, "checksum": mail.checksum(name)} for name in mail.attachments],
        "private": mail.private,
        "is_archived": mail.archived,
        **_remediation(mail),
    }
    return (
        {**shown, "encryption": crypt}
        if manual
        else {**shown, "crypt_type_in": crypt, "crypt_type_out": crypt}
    )


def _remediation(mail: Mail) -> dict[str, Any]:
    """Return what became of the mail later.

    On some rows the service sends ``""`` for every kind of nothing.
    """
    if mail.odd:
        empty = ("type", "actions", "folder", "effectiveness")
        keys = (*(f"last_remediation_{key}" for key in empty), "last_report_type", "history", "fix_ids")
        return {**dict.fromkeys(keys, ""), "has_url_rewritten": False}
    return {
        "last_remediation_type": "manual" if mail.history else None,
        "last_remediation_actions": mail.history[-1]["actions"] if mail.history else [],
        "last_remediation_folder": None,
        "last_remediation_effectiveness": None,
        "last_report_type": None,
        "has_url_rewritten": False,
        "history": mail.history,
        "fix_ids": None,
    }


def details(mail: Mail) -> dict[str, Any]:
    """Return what the call for a single mail adds to the mail object."""
    result = "pass" if mail.classification in (CLEAN, INFO) else "fail"
    return {
        "spf_validation": result,
        "dkim_validation": result if mail.crypt != 1 else "none",
        "dmarc_validation": result,
        "auth_header_id": int(mail.message[:6], 16),
        "envelope_from": mail.partner if mail.direction == INCOMING else mail.owner,
    }


def raw_header(mail: Mail) -> str:
    """Return the header of the mail; some rows have none."""
    if mail.odd:
        return ""
    sender, recipient = mail.partner, mail.owner
    if mail.direction != INCOMING:
        sender, recipient = recipient, sender
    lines = [
        f"Received: from {mail.host} ([{mail.ip}]) by {mail.gateway}; {formatdate(mail.at)}",
        f"From: <{sender}>",
        f"To: <{recipient}>",
        f"Subject: {mail.subject}",
        f"Date: {formatdate(mail.at)}",
        f"Message-ID: <{mail.message_id}>",
        f"X-hornetsecurity-classification: {class_name(mail.classification, False)}",
        "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8",
    ]
    if mail.released:
        lines.append("x-hornetsecurity-delivered: administrator")
    return "\r\n".join(lines) + "\r\n"


def page(mail: Mail) -> str:
    """Return the page that a preview link shows: the text of the mail as its sender wrote it."""
    title = html.escape(mail.subject or "(no subject)")
    return f"<!doctype html><title>{title}</title><h1>{title}</h1>{body(mail)}"


def body(mail: Mail) -> str:
    """Return the HTML text of the mail."""
    return BODIES[mail.classification]
