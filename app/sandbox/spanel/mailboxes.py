"""email/: mailboxes and autoresponders (SPanel contract sheet, section 5.2)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call, missing, taken


def new_mailbox(quota: int, used: int = 0, password: str = "") -> dict[str, Any]:
    """Return what is kept of a mailbox beside its address; both sizes in MB."""
    return {"quota": quota, "used": used, "password": password, "twofactor": False}


def list_accounts(call: Call) -> Answer:
    """email/listemailaccounts."""
    return found([_item(address, row) for address, row in call.map("mailboxes").items()])


def _item(address: str, row: dict[str, Any]) -> Answer:
    """Return one mailbox. The sheet infers that two sizes are in KB and the utilization in percent."""
    quota, used = row["quota"], row["used"]
    return {
        "email": address,
        "storage_used": str(used * 1024),
        "storage_allocated": str(quota * 1024),
        "storage_utilization": str(round(100 * used / quota)),
        "twofactor": row["twofactor"],
        "maildomain": address.rpartition("@")[2],
        "storage_used_value": used,
        "storage_used_unit": "MB",
        "storage_allocated_value": quota,
        "row_storage_allocated_value": quota,
        "storage_allocated_unit": "MB",
        "storage_allocated_option": 1,
    }


def create(call: Call) -> Answer:
    """email/createemailaccount: takes the local part, and answers what a mail program must know."""
    boxes, domain = call.map("mailboxes"), call.own()
    address = f"{call.text('email').lower()}@{domain}"
    taken(address, boxes, "email")
    call.room("emails", len(boxes))
    boxes[address] = new_mailbox(int(call.text("quota")), password=call.text("password"))
    call.keep("mailboxes", boxes)
    return done(
        "Email account created successfully",
        description="Use these settings in your mail program.",
        description2="SSL/TLS is recommended for incoming and outgoing mail.",
        createddata=[
            ["Username", address],
            ["Password", "Use the email account's password", False],
            ["Incoming Server", f"mail.{domain}"],
            ["IMAP Port", "993"],
            ["POP3 Port", "995"],
            ["Outgoing Server", f"mail.{domain}"],
            ["SMTP Port", "465"],
        ],
    )


def _change(call: Call, address: str, **facts: object) -> None:
    boxes = call.map("mailboxes")
    missing(address, boxes, "email")
    boxes[address] = boxes[address] | facts
    call.keep("mailboxes", boxes)


def change_quota(call: Call) -> Answer:
    """email/changeemailquota: the sheet infers that it takes the full address."""
    _change(call, call.text("email").lower(), quota=int(call.text("quota")))
    return done("Success")


def change_password(call: Call) -> Answer:
    """email/emailaccountpassword."""
    _change(call, call.text("email").lower(), password=call.text("password"))
    return done("Password updated successfully")


def remove(call: Call) -> Answer:
    """email/removeemailaccount: full addresses, one or several."""
    boxes, addresses = call.map("mailboxes"), [address.lower() for address in call.texts("email")]
    for address in addresses:
        missing(address, boxes, "email")
    call.keep("mailboxes", {address: row for address, row in boxes.items() if address not in addresses})
    return done("Email account removed successfully")


def list_autoresponders(call: Call) -> Answer:
    """email/listemailautoresponders: the keys are [inferred]."""
    return found(
        [{"email": email, "message": message} for email, message in call.map("autoresponders").items()]
    )


def add_autoresponder(call: Call) -> Answer:
    """email/addemailautoresponder."""
    responders, address = call.map("autoresponders"), call.text("email").lower()
    if address.rpartition("@")[2] not in {**call.map("domains"), **call.map("subdomains")}:
        raise Refused(email=f"The domain of {address} does not exist in this account")
    taken(address, responders, "email")
    call.keep("autoresponders", responders | {address: call.text("message")})
    return done("Autoresponder added successfully")


def edit_autoresponder(call: Call) -> Answer:
    """email/editemailautoresponder: parameters and output are [inferred]."""
    responders, address = call.map("autoresponders"), call.text("email").lower()
    missing(address, responders, "email")
    call.keep("autoresponders", responders | {address: call.text("message")})
    return done("Autoresponder changed successfully")


def remove_autoresponder(call: Call) -> Answer:
    """email/removeemailautoresponder: parameters and output are [inferred]."""
    responders, address = call.map("autoresponders"), call.text("email").lower()
    missing(address, responders, "email")
    del responders[address]
    call.keep("autoresponders", responders)
    return done("Autoresponder removed successfully")
