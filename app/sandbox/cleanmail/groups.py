"""E-mail aliases, "groups" in paths (Cleanmail REST API manual, 5.15)."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import invalid, missing, taken
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, WRITE

NEW_EMAIL_ALIAS: fields.Model = {
    "email": required(fields.address),
    "recipients": optional(fields.list_of(fields.address)),
}


def make(
    records: Records, domain_id: str, email: str, recipients: list[str], group_id: str | None = None
) -> Row:
    """Add an e-mail alias to a domain."""
    start: Row = {"id": group_id, "email": email, "recipients": []}
    row = records.add("groups", start, domain_id)
    records.table("emails")[email] = {"kind": "ALIAS", "id": row["id"]}
    return _with_recipients(records, row, recipients)


def view(records: Records, row: Row) -> Row:
    """Return an e-mail alias as the API shows it."""
    shown = [_recipient(records, row["of"], one) for one in row["recipients"]]
    return {"id": row["id"], "email": row["email"], "recipients": shown}


def _recipient(records: Records, domain_id: str, one: Row) -> Row:
    """Names are shown for accounts of the same domain alone."""
    known = records.table("emails").get(one["email"])
    found = records.find("users" if known["kind"] == "USER" else "groups", known["id"]) if known else None
    if known is None or found is None or found["of"] != domain_id:
        return {**one, "firstname": None, "lastname": None, "type": "EXTERNAL_ADDRESS"}
    names = {name: found.get(name) for name in ("firstname", "lastname")}
    return {**one, **names, "type": known["kind"]}


def _with_recipients(records: Records, row: Row, emails: list[str]) -> Row:
    """Store the group with exactly these recipients; one that stays keeps its id."""
    before = {one["email"]: one for one in row["recipients"]}
    row["recipients"] = [
        before.get(email) or {"id": records.new_id("recipients"), "email": email}
        for email in dict.fromkeys(emails)
    ]
    records.put("groups", row)
    return row


LISTING = lists.Listing(
    ("email",),
    {
        "email": lists.pattern(lists.column("email")),
        "recipient": lambda _, wanted: _has_recipient(wanted),
        "address": lambda _, wanted: _has_recipient(wanted),
    },
)
"""``address`` is what the manual's own example sends for ``recipient``."""


def _has_recipient(wanted: str) -> lists.Test:
    matches = lists.matcher(wanted)
    return lambda row: any(matches(one["email"]) for one in row["recipients"])


def _group(call: Call, permission: str = READ) -> Row:
    domain = call.domain(permission)
    row = call.records.find("groups", call.args["groupId"])
    if row is None or row["of"] != domain["id"]:
        raise missing("The domain and/or the e-mail alias may not exist.")
    return row


def _check_domain(call: Call, domain_id: str, email: str) -> None:
    if call.records.table("names").get(email.partition("@")[2]) != domain_id:
        raise invalid("The e-mail's domain does not match the domain.")


def _check_recipients(email: str, recipients: list[str]) -> None:
    if email in recipients:
        raise invalid("An e-mail alias cannot be its own recipient.")


def list_email_aliases_of_domain(call: Call) -> Response:
    """5.15.6: the e-mail aliases of a domain."""
    rows = call.records.owned("groups", call.domain()["id"])
    return lists.respond(call, rows, LISTING, lambda row: view(call.records, row))


def list_targeted_addresses_of_alias(call: Call) -> Response:
    """5.15.5: one e-mail alias with its recipients."""
    return answer(view(call.records, _group(call)))


def new_email_alias(call: Call) -> Response:
    """5.15.2: add an e-mail alias, with or without recipients."""
    domain = call.domain(WRITE)
    given = call.body(NEW_EMAIL_ALIAS)
    _check_domain(call, domain["id"], given["email"])
    if given["email"] in call.records.table("emails"):
        raise taken("An e-mail alias may already exist with the given name.")
    _check_recipients(given["email"], given.get("recipients", []))
    row = make(call.records, domain["id"], given["email"], given.get("recipients", []))
    return created(view(call.records, row), call.uri("domains", domain["id"], "groups", row["id"]))


def edit_email_alias(call: Call) -> Response:
    """5.15.7: replace the address, and the recipients where they are given."""
    row = _group(call, WRITE)
    given = call.body(NEW_EMAIL_ALIAS, partial=True)
    email = str(given.get("email", row["email"]))
    recipients = given.get("recipients", [one["email"] for one in row["recipients"]])
    _check_recipients(email, recipients)
    if email != row["email"]:
        _check_domain(call, row["of"], email)
        _rename(call.records, row, email)
    _with_recipients(call.records, row, recipients)
    return nothing()


def _rename(records: Records, row: Row, email: str) -> None:
    emails = records.table("emails")
    if email in emails:
        raise invalid("The address is in use.")
    del emails[row["email"]]
    emails[email] = {"kind": "ALIAS", "id": row["id"]}
    row["email"] = email


def delete_email_alias(call: Call) -> Response:
    """5.15.3: delete an e-mail alias by its id alone."""
    row = call.records.find("groups", call.args["groupId"])
    if row is None:
        raise missing("The e-mail alias may not exist.")
    call.domain_by_id(row["of"], WRITE)
    call.records.remove("groups", row)
    call.records.table("emails").pop(row["email"], None)
    return nothing()


def add_addresses_to_email_alias(call: Call) -> Response:
    """5.15.1: add recipients; the answer shows the whole e-mail alias."""
    row = _group(call, WRITE)
    added = call.body_list(fields.address)
    _check_recipients(row["email"], added)
    row = _with_recipients(call.records, row, [one["email"] for one in row["recipients"]] + added)
    return created(view(call.records, row))


def delete_email_alias_recipient(call: Call) -> Response:
    """5.15.4: remove a recipient by its id in the alias, which the manual calls a user id."""
    row = _group(call, WRITE)
    kept = [one["email"] for one in row["recipients"] if one["id"] != call.args["addressId"]]
    if len(kept) == len(row["recipients"]):
        raise missing("The recipient may not exist.")
    _with_recipients(call.records, row, kept)
    return nothing()
