"""Uploaded files and sent mail (Cleanmail REST API manual, 5.7.1, 5.7.4, 5.7.10, 5.7.11). Nothing leaves the sandbox."""

from __future__ import annotations

import base64
import secrets
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, mails, times
from app.sandbox.cleanmail.call import Call, answer, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import invalid, missing
from app.sandbox.cleanmail.records import Row
from app.sandbox.cleanmail.rights import QUARANTINE

LARGEST = 25 << 20

_ADDRESSES = optional(fields.list_of(fields.address))

MESSAGE: fields.Model = {
    "to": _ADDRESSES,
    "cc": _ADDRESSES,
    "bcc": _ADDRESSES,
    "body": optional(fields.text),
    "subject": optional(fields.text),
    "attachments": optional(
        fields.list_of(fields.record({"name": required(fields.filled), "uid": required(fields.text)}))
    ),
    "draftId": optional(fields.text),
    "originId": optional(fields.text),
    "ack": optional(fields.flag),
    "important": optional(fields.flag),
}


def _account(call: Call) -> str:
    return f"{call.caller.kind}:{call.caller.row['id']}"


def upload_attachment(call: Call) -> Response:
    """5.7.11: keep a file for a later message: multipart, one part ``file``."""
    file = call.request.files.get("file")
    if file is None:
        raise invalid("A part 'file' is required.")
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise invalid("The file is too large.")
    row = {
        "id": secrets.token_hex(16),
        "account": _account(call),
        "name": (file.filename or "file").replace("/", "_"),
        "type": file.mimetype or "application/octet-stream",
        "content": base64.b64encode(content).decode(),
    }
    call.records.add("uploads", row)
    uri = call.uri("emails", "attachments", row["id"], row["name"])
    shown = {"uid": row["id"], "name": row["name"], "uri": uri, "type": row["type"], "size": len(content)}
    return answer(shown)


def _upload(call: Call, uid: str) -> Row | None:
    row = call.records.find("uploads", uid)
    return row if row is not None and row["account"] == _account(call) else None


def _named_upload(call: Call) -> Row:
    row = _upload(call, call.args["uid"])
    if row is None or row["name"] != call.args["filename"]:
        raise missing("File not found.")
    return row


def download_attachment(call: Call) -> Response:
    """5.7.4: an uploaded file, by the account that uploaded it."""
    row = _named_upload(call)
    return mails.download(call, row["name"], row["type"], base64.b64decode(row["content"]))


def delete_attachment(call: Call) -> Response:
    """5.7.1: forget an uploaded file."""
    call.records.remove("uploads", _named_upload(call))
    return nothing(200)


def send_email(call: Call) -> Response:
    """5.7.10: send as the token's own account; the mailbox of the path must merely exist."""
    user = call.user_or_email(QUARANTINE, own=True)
    given = call.body(MESSAGE)
    recipients = [one for name in ("to", "cc", "bcc") for one in given.get(name, ())]
    if not recipients:
        raise invalid("At least one recipient is required.")
    files = [_attached(call, item) for item in given.get("attachments", ())]
    message = _compose(call, given, files)
    if call.caller.is_mailbox(user):
        raw = message.as_bytes()
        mails.add_message(call.records, user["id"], "Sent", raw, secrets.token_hex(16), seen=True)
    sent = {"from": call.caller.address, "recipients": recipients, "subject": given.get("subject", "")}
    call.records.add("sent", {**sent, "createdAt": times.now()})
    for row in {row["id"]: row for row, _ in files}.values():
        call.records.remove("uploads", row)
    return answer("The message was sent.")


def _attached(call: Call, item: Row) -> tuple[Row, str]:
    row = _upload(call, item["uid"])
    if row is None:
        raise invalid(f"There is no uploaded file {item['uid']}.")
    return row, str(item["name"])


def _compose(call: Call, given: Row, files: list[tuple[Row, str]]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = call.caller.address
    for name in ("to", "cc"):
        if given.get(name):
            message[name.capitalize()] = ", ".join(given[name])
    message["Subject"] = " ".join(given.get("subject", "").split())
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=call.caller.address.partition("@")[2])
    if given.get("important"):
        message["Importance"] = "high"
    message.set_content(given.get("body", ""), subtype="html")
    for row, name in files:
        maintype, _, subtype = row["type"].partition("/")
        content = base64.b64decode(row["content"])
        message.add_attachment(content, maintype=maintype, subtype=subtype or "octet-stream", filename=name)
    return message
