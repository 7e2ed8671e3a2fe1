"""Access tokens of administrators, and sign-in tokens of mailboxes (Cleanmail REST API manual, 5.2 and 5.13)."""

from __future__ import annotations

import secrets

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import admins, fields, times, users
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import denied, invalid, missing
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import IMPERSONATE, holder

TOKEN_ADD: fields.Model = {"name": required(fields.filled), "expiration": optional(fields.moment)}


def make(records: Records, owner: str, given: Row) -> Row:
    """Add a token; ``given`` has at least ``name``. A value that is not given is 32 random hex digits."""
    start = {"value": secrets.token_hex(16), "createdAt": times.now()}
    row = records.add("tokens", {**start, **given}, owner)
    records.table("token_values")[row["value"]] = row["id"]
    return row


def view(row: Row, *, with_value: bool) -> Row:
    """Return a token as the API shows it: the value once, and no expiration where there is none."""
    names = ["id", "name", *(["value"] if with_value else []), "expiration", "createdAt"]
    return {name: row[name] for name in names if row.get(name) is not None}


def _admin(call: Call) -> Row:
    """Return the administrator of the path; raise 404, or 403 for another one than the caller itself."""
    row = admins.find(call)
    if not call.caller.sysadmin and (call.caller.kind != "admin" or call.caller.row["id"] != row["id"]):
        raise denied("Only sysadmin or target user can call this endpoint.")
    return row


def create_token(call: Call) -> Response:
    """5.2.1: make a token; the answer is the only one that shows its value."""
    owner = holder("admin", _admin(call)["id"])
    return created(view(make(call.records, owner, call.body(TOKEN_ADD)), with_value=True))


def list_of_user_tokens(call: Call) -> Response:
    """5.2.2: an administrator's tokens, without values and without a total."""
    rows = call.records.owned("tokens", holder("admin", _admin(call)["id"]))
    return answer([view(row, with_value=False) for row in rows])


def delete_token(call: Call) -> Response:
    """5.2.3: revoke a token."""
    owner = holder("admin", _admin(call)["id"])
    row = call.records.find("tokens", call.args["id"])
    if row is None or row["of"] != owner:
        raise missing("Resource does not exist.")
    call.records.table("token_values").pop(row["value"], None)
    call.records.remove("tokens", row)
    return nothing()


def temporary_auth_tokens(call: Call) -> Response:
    """5.13.1: make a token that signs in as a mailbox: by its owner, or with the impersonate permission."""
    user = _named_user(call)
    hours = _hours(call.query("validity"))
    users.require_service(call.records, user)
    expires = times.now() + hours * times.HOUR
    token = make(call.records, holder("mailbox", user["id"]), {"name": "sign-in", "expiration": expires})
    url = f"{call.uri('login')}?token={token['value']}"
    return answer({"token": token["value"], "expireAt": expires, "url": url}, 202)


def _named_user(call: Call) -> Row:
    if not (call.caller.kind == "mailbox" or call.caller.anywhere(IMPERSONATE)):
        raise denied()
    name = call.query("username") or (call.caller.address if call.caller.kind == "mailbox" else None)
    if name is None:
        raise invalid("'username' is required.")
    found = call.records.table("emails").get(name.lower())
    if found is None or found["kind"] != "USER":
        raise missing("Unknown username.")
    return call.permitted(call.records.find("users", found["id"]), IMPERSONATE, own=True)


def _hours(text: str | None) -> int:
    if text is None:
        return 4
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 0 < int(text) <= 8760):
        raise invalid("'validity' must be a number of hours.")
    return int(text)
