"""Users, which are mailboxes (Cleanmail REST API manual, 5.14 and 5.16 for their signature)."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists, platforms, policies, tasks, times
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import invalid, taken, unmet
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, WRITE, holder

_TEXT = optional(fields.text)
_STATUS = fields.one_of("ENABLED", "DISABLED", "PENDING")

NEW_USER: fields.Model = {
    "email": required(fields.address),
    "firstname": _TEXT,
    "lastname": _TEXT,
    "status": required(_STATUS),
    "language": optional(fields.language),
    "password": _TEXT,
    "domainId": required(fields.text),
    "policyId": _TEXT,
    "platformId": _TEXT,
    "authId": _TEXT,
    "senderVerifyOn": optional(fields.flag),
    "sendNotification": optional(fields.flag),
    "sign": optional(fields.base64_text),
}

UPDATE_USER: fields.Model = {**NEW_USER, "mfaType": optional(fields.one_of("NONE", "TOTP"))}

SIGN: fields.Model = {"sign": required(fields.base64_text)}

_NOT_STORED = ("password", "sendNotification", "domainId")

_BLANK: Row = {
    **dict.fromkeys(("firstname", "lastname", "policyId", "platformId", "authId", "sign", "mfaType")),
    "status": "ENABLED",
    "senderVerifyOn": True,
    "lastConnectionDate": None,
}


def make(records: Records, given: Row, domain: Row) -> Row:
    """Add an account; ``given`` has at least ``email``."""
    start = {**_BLANK, "language": domain["defaultLanguage"], "creationDate": times.now()}
    row = records.add("users", {**start, **given}, domain["id"])
    records.table("emails")[row["email"]] = {"kind": "USER", "id": row["id"]}
    return row


def remove(records: Records, row: Row) -> None:
    """Delete an account with everything that is its own."""
    records.remove("users", row)
    records.table("emails").pop(row["email"], None)
    owner = holder("mailbox", row["id"])
    for token in records.owned("tokens", owner):
        records.table("token_values").pop(token["value"], None)
    records.remove_owned("tokens", owner)
    records.remove_owned("rules", f"user:{row['id']}")
    records.table("options").pop(f"user:{row['id']}", None)
    for folder in records.table("folders").pop(row["id"], ()):
        records.remove_owned("messages", f"{row['id']}/{folder}")


def policy_of(records: Records, row: Row) -> Row:
    """Return the policy that applies: the account's own, else the domain's default."""
    own: str = row["policyId"] or records.table("domains")[row["of"]]["policyId"]
    return dict(records.table("policies")[own])


def platform_of(records: Records, row: Row) -> Row | None:
    """Return the platform that applies: the account's own, else the domain's default."""
    if row["platformId"]:
        return records.find("platforms", row["platformId"])
    return platforms.default_of(records, row["of"])


def in_list(records: Records, row: Row) -> Row:
    """Return an account as lists show it."""
    domain = records.table("domains")[row["of"]]
    default = platforms.default_of(records, row["of"])
    platform = platform_of(records, row)
    names = ("id", "email", "firstname", "lastname", "status", "language", "creationDate")
    return {
        **{name: row[name] for name in names},
        "domainId": row["of"],
        "policy": policies.view(policy_of(records, row)),
        "senderVerifyOn": row["senderVerifyOn"],
        "domainPolicyId": domain["policyId"],
        "domainStatus": domain["status"],
        "domainPlatformId": default["id"] if default else None,
        "platform": platforms.view(platform) if platform else None,
    }


def view(records: Records, row: Row) -> Row:
    """Return an account as single reads show it: two keys more than in lists."""
    second = {name: row[name] for name in ("mfaType", "lastConnectionDate")}
    return {**in_list(records, row), **second}


def _platform_name(records: Records, row: Row) -> str | None:
    platform = platform_of(records, row)
    return platform["name"] if platform else None


LISTING = lists.Listing(
    ("email", "firstname", "lastname", "status", "language", "creationDate", "senderVerifyOn"),
    {"email": lists.pattern(lists.column("email")), "platformName": lists.same(_platform_name)},
)


def list_users(call: Call) -> Response:
    """5.14.7: the accounts of all domains that the caller may see."""
    rows = call.records.every("users")
    if not call.caller.sysadmin:
        domains = call.records.table("domains")
        rows = [row for row in rows if call.caller.may(READ, domains[row["of"]])]
    return lists.respond(call, rows, LISTING, lambda row: in_list(call.records, row))


def list_domain_users(call: Call) -> Response:
    """5.14.5: the accounts of one domain."""
    rows = call.records.owned("users", call.domain()["id"])
    return lists.respond(call, rows, LISTING, lambda row: in_list(call.records, row))


def single_user(call: Call) -> Response:
    """5.14.4: one account."""
    return answer(view(call.records, call.user(own=True)))


def new_user(call: Call) -> Response:
    """5.14.1: add an account to the domain of its address."""
    given = call.body(NEW_USER)
    records = call.records
    domain_id = records.table("names").get(given["email"].partition("@")[2])
    if domain_id is None or domain_id != given["domainId"]:
        raise invalid("The domain of the address was not found, or is not the one that was named.")
    domain = call.domain_by_id(domain_id, WRITE)
    if given["email"] in records.table("emails"):
        raise taken("A user may already exist with the given name.")
    _check(records, domain_id, given)
    row = make(records, _stored(given), domain)
    if given.get("sendNotification"):
        tasks.record(records, "send_welcome_mail", {"recipient": row["email"]})
    return created(view(records, row), call.uri("users", row["id"]))


def edit_user(call: Call) -> Response:
    """5.14.9: change what is given; the second factor can only be switched off."""
    row = call.user(WRITE)
    given = call.body(UPDATE_USER, partial=True)
    records = call.records
    if given.get("mfaType") == "TOTP":
        raise unmet("The second factor is switched on by its owner.")
    if "mfaType" in given:
        given["mfaType"] = None
    if given.get("domainId", row["of"]) != row["of"]:
        raise unmet("An account cannot move to another domain.")
    _check(records, row["of"], given)
    _rename(records, row, str(given.get("email", row["email"])))
    records.put("users", {**row, **_stored(given)})
    return nothing()


def delete_user(call: Call) -> Response:
    """5.14.3: delete an account; it does not come back."""
    remove(call.records, call.user(WRITE))
    return nothing()


def _stored(given: Row) -> Row:
    return {name: value for name, value in given.items() if name not in _NOT_STORED}


def _check(records: Records, domain_id: str, given: Row) -> None:
    if given.get("status") == "PENDING":
        raise unmet("The status PENDING cannot be written.")
    for name, kind in (("policyId", "policies"), ("platformId", "platforms"), ("authId", "platforms")):
        found = records.find(kind, given.get(name))
        if name in given and (found is None or found["of"] != domain_id):
            raise unmet(f"'{name}' does not belong to the domain.")


def _rename(records: Records, row: Row, email: str) -> None:
    if email == row["email"]:
        return
    emails = records.table("emails")
    if records.table("names").get(email.partition("@")[2]) != row["of"]:
        raise invalid("The address does not belong to the domain.")
    if email in emails:
        raise invalid("The address is in use.")
    del emails[row["email"]]
    emails[email] = {"kind": "USER", "id": row["id"]}


def has_service(records: Records, row: Row) -> bool:
    """Tell whether the account has quarantine, retention or archive, without which it cannot sign in."""
    policy = policy_of(records, row)
    return any(policy[service] for service in policies.SERVICES)


def require_service(records: Records, row: Row) -> None:
    """Raise 400 for an account without any of the three services."""
    if not has_service(records, row):
        raise invalid("The account does not have quarantine or retention or archive service.")


def get_sign(call: Call) -> Response:
    """5.16.2: the signature, as Base64 of HTML."""
    row = call.user(own=True)
    require_service(call.records, row)
    return answer({"sign": row["sign"]})


def set_sign(call: Call) -> Response:
    """5.16.3: replace the signature."""
    row = call.user(WRITE, own=True)
    require_service(call.records, row)
    row |= call.body(SIGN)
    call.records.put("users", row)
    return answer({"sign": row["sign"]})


def delete_sign(call: Call) -> Response:
    """5.16.1: delete the signature."""
    row = call.user(WRITE, own=True)
    require_service(call.records, row)
    call.records.put("users", {**row, "sign": None})
    return nothing()
