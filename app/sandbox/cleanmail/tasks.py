"""Tasks (Cleanmail REST API manual, 5.12): recorded, nothing is sent."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, times
from app.sandbox.cleanmail.call import Call, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import unmet
from app.sandbox.cleanmail.records import Records
from app.sandbox.cleanmail.rights import WRITE

_KNOWN = ("send_welcome_mail", "send_token_mail", "send_password_reset_mail")
_NO_PARAMETERS = ("send_spamfight_spam_mail", "send_spamfight_clean_mail", "remediate_message")
"""Commands that the manual names without saying what they take."""


TASK: fields.Model = {
    "command": required(fields.one_of(*_KNOWN, *_NO_PARAMETERS)),
    "params": required(fields.mapping),
}

_MAIL_PARAMETERS: fields.Model = {
    "recipient": required(fields.address),
    "validity": optional(fields.whole(1, 8760)),
}


def record(records: Records, command: str, params: dict[str, Any]) -> None:
    """Note a task that was accepted."""
    records.add("tasks", {"command": command, "params": params, "createdAt": times.now()})


def execute_task(call: Call) -> Response:
    """5.12.1: accept a mail to a mailbox; commands without documented parameters are refused with 422."""
    given = call.body(TASK)
    if given["command"] in _NO_PARAMETERS:
        raise unmet("The conditions of this command are not met.")
    params = fields.read(_MAIL_PARAMETERS, given["params"], "params")
    found = call.records.table("emails").get(params["recipient"])
    if found is None or found["kind"] != "USER":
        raise unmet("The recipient has no account.")
    call.permitted(call.records.find("users", found["id"]), WRITE)
    record(call.records, given["command"], params)
    return nothing(202)
