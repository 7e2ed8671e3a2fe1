"""Administrators and what they may do (Cleanmail REST API manual, 5.1, and the admin calls of 5.5)."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists, times
from app.sandbox.cleanmail.call import Call, answer
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import denied, invalid, missing, taken, unmet
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import GRANT, PERMISSIONS, holder, set_grant

_PERMISSIONS = fields.list_of(fields.one_of(*PERMISSIONS))

ADMIN_ADD: fields.Model = {
    "id": optional(fields.text),
    "login": optional(fields.filled),
    "displayName": optional(fields.filled),
    "email": optional(fields.address),
    "password": optional(fields.filled),
    "enabled": optional(fields.flag),
    "language": optional(fields.language),
    "permissions": required(_PERMISSIONS),
}

_NEW_ACCOUNT = ("login", "displayName", "email", "password", "enabled", "language")
"""What a body without ``id`` must have."""

ADMIN_UPDATE: fields.Model = {
    "email": optional(fields.address),
    "displayName": optional(fields.filled),
    "password": optional(fields.filled),
    "enabled": optional(fields.flag),
    "totp": optional(fields.flag),
    "language": optional(fields.language),
}

SCOPES = {"DOMAIN": "domains", "CUSTOMER": "customers", "BROKER": "customers"}
"""What ``scope`` of the list of permissions can name, and the table of its objects."""

_SECURED_CLASS = {"DOMAIN": "Domain", "CUSTOMER": "Customer"}


def make(records: Records, given: Row) -> Row:
    """Add an administrator; ``given`` has at least ``login``, ``displayName`` and ``email``."""
    start = {
        "enabled": True,
        "language": "EN",
        "totp": False,
        "sysAdmin": False,
        "grants": [],
        "lastConnectionDate": None,
        "createdAt": times.now(),
    }
    stored = {name: value for name, value in given.items() if name not in ("password", "permissions")}
    return records.add("admins", {**start, **stored})


def view(records: Records, row: Row) -> Row:
    """Return an administrator as the API shows it."""
    names = ("id", "login", "displayName", "email", "enabled", "language", "totp", "sysAdmin")
    return {
        **{name: row[name] for name in names},
        "authorities": [_authority(records, grant) for grant in row["grants"]],
        "authoritiesCount": len(row["grants"]),
        "lastConnectionDate": row["lastConnectionDate"],
        "createdAt": row["createdAt"],
    }


def _authority(records: Records, grant: Row) -> Row:
    row = records.table(SCOPES[grant["type"]])[grant["id"]]
    return {
        "objectType": grant["type"],
        "objectId": grant["id"],
        "objectName": row["name"],
        "permissions": grant["permissions"],
        "securedObjectName": row["name"],
        "securedObjectClass": _SECURED_CLASS[grant["type"]],
    }


LISTING = lists.Listing(
    ("login", "email", "displayName", "enabled", "createdAt", "lastConnectionDate"),
    {"search": lists.contains(*(lists.column(name) for name in ("login", "email", "displayName")))},
)


def _shares_grant(call: Call, row: Row) -> bool:
    """Tell whether the caller may GRANT on one of the administrator's objects."""
    return any(GRANT in _held(call, grant["type"], grant["id"]) for grant in row["grants"])


def _governs(call: Call, row: Row) -> bool:
    """Tell whether the caller may GRANT on all of the administrator's objects."""
    objects = [(grant["type"], grant["id"]) for grant in row["grants"]]
    return not row["sysAdmin"] and bool(objects) and all(GRANT in _held(call, *one) for one in objects)


def _held(call: Call, object_type: str, object_id: str) -> frozenset[str]:
    """Return the caller's own permissions on an object."""
    if object_type == "DOMAIN":
        domain = call.records.find("domains", object_id)
        return call.caller.permissions_on(domain) if domain is not None else frozenset()
    if call.caller.sysadmin:
        return frozenset(PERMISSIONS)
    return call.caller.grants.get((object_type, object_id), frozenset())


def _itself(call: Call, row: Row) -> bool:
    return call.caller.kind == "admin" and bool(call.caller.row["id"] == row["id"])


def find(call: Call) -> Row:
    """Return the administrator of the path; raise 404."""
    row = call.records.find("admins", call.args["adminId"])
    if row is None:
        raise missing("Resource does not exist.")
    return row


def list_admins(call: Call) -> Response:
    """5.1.2: the administrators of objects on which the caller may GRANT."""
    rows = call.records.every("admins")
    if not call.caller.sysadmin:
        rows = [row for row in rows if _shares_grant(call, row)]
    return lists.respond(call, rows, LISTING, lambda row: view(call.records, row))


def get_admin(call: Call) -> Response:
    """5.1.3: one administrator with all permissions."""
    row = find(call)
    if not (call.caller.sysadmin or _itself(call, row) or _shares_grant(call, row)):
        raise denied()
    return answer(view(call.records, row))


def update_admin(call: Call) -> Response:
    """5.1.5: change an account; the second factor can only be switched off."""
    row = find(call)
    if not (call.caller.sysadmin or _itself(call, row) or _governs(call, row)):
        raise denied()
    given = call.body(ADMIN_UPDATE, partial=True)
    if given.get("totp"):
        raise unmet("The second factor is switched on by its owner.")
    given.pop("password", None)
    row |= given
    call.records.put("admins", row)
    return answer(view(call.records, row))


def delete_admin_account(call: Call) -> Response:
    """5.1.1: delete an account with all its accesses; not one's own."""
    row = find(call)
    if not (call.caller.sysadmin or _governs(call, row)):
        raise denied()
    if _itself(call, row):
        raise invalid("An account cannot delete itself.")
    remove(call.records, row)
    return answer("Administrator deleted.")


def remove(records: Records, row: Row) -> None:
    """Delete an administrator and its tokens."""
    owner = holder("admin", row["id"])
    for token in records.owned("tokens", owner):
        records.table("token_values").pop(token["value"], None)
    records.remove_owned("tokens", owner)
    records.remove("admins", row)


def list_permissions(call: Call) -> Response:
    """5.1.4: the permissions that can be given on an object, within the caller's own."""
    scope, object_id = (call.query("scope") or "").upper(), call.query("id")
    if scope not in SCOPES or object_id is None:
        raise invalid(f"'scope' must be one of {', '.join(SCOPES)}, and 'id' the id of such an object.")
    rows = call.records.every(SCOPES[scope])
    if all(row["brokerId" if scope == "BROKER" else "id"] != object_id for row in rows):
        raise missing("The object does not exist.")
    held = _held(call, scope, object_id)
    return answer([{"name": name, "editable": GRANT in held} for name in PERMISSIONS if name in held])


def list_domain_admins(call: Call) -> Response:
    """5.5.9: the administrators with an access of their own on a domain."""
    domain = call.domain(GRANT)
    rows = [row for row in call.records.every("admins") if _access(row, domain) is not None]
    return lists.respond(call, rows, LISTING, lambda row: view(call.records, row))


def _access(row: Row, domain: Row) -> Row | None:
    grants: list[Row] = row["grants"]
    return next((one for one in grants if (one["type"], one["id"]) == ("DOMAIN", domain["id"])), None)


def _of_domain(call: Call) -> tuple[Row, Row]:
    domain, row = call.domain(GRANT), find(call)
    if _access(row, domain) is None:
        raise missing("The administrator has no access on the domain.")
    return domain, row


def get_domain_admin(call: Call) -> Response:
    """5.5.7: one administrator of a domain."""
    return answer(view(call.records, _of_domain(call)[1]))


def create_admin_access(call: Call) -> Response:
    """5.5.3: give an access on a domain, to an existing account by its id, or to a new one."""
    domain = call.domain(GRANT)
    given = call.body(ADMIN_ADD)
    permissions = _grantable(call, domain, given["permissions"])
    row = call.records.find("admins", given["id"]) if "id" in given else _new_account(call, given)
    if row is None:
        raise missing("The administrator does not exist.")
    row = set_grant(row, "DOMAIN", domain["id"], permissions)
    call.records.put("admins", row)
    return answer(view(call.records, row))


def _new_account(call: Call, given: Row) -> Row:
    absent = [name for name in _NEW_ACCOUNT if name not in given]
    if absent:
        raise invalid(f"'{absent[0]}' is required for a new account.")
    if any(row["login"].lower() == given["login"].lower() for row in call.records.every("admins")):
        raise taken("An account may already exist with the given login.")
    return make(call.records, given)


def _grantable(call: Call, domain: Row, permissions: list[str]) -> list[str]:
    """Return the permissions without repetition; raise 400 for none, 403 for one that the caller lacks."""
    wanted = list(dict.fromkeys(permissions))
    if not wanted:
        raise invalid("At least one permission is required.")
    if not set(wanted) <= call.caller.permissions_on(domain):
        raise denied()
    return wanted


def define_admin_access(call: Call) -> Response:
    """5.5.13: replace an administrator's permissions on a domain."""
    domain, row = _of_domain(call)
    wanted = _grantable(call, domain, call.body_list(fields.one_of(*PERMISSIONS)))
    call.records.put("admins", set_grant(row, "DOMAIN", domain["id"], wanted))
    return answer("Accesses defined.")


def revoke_admin_access(call: Call) -> Response:
    """5.5.5: take the access away; an account without any other access goes with it."""
    domain, row = _of_domain(call)
    row = set_grant(row, "DOMAIN", domain["id"], [])
    if row["grants"] or row["sysAdmin"]:
        call.records.put("admins", row)
    else:
        remove(call.records, row)
    return answer("Access revoked.")
