"""Who calls, and what that account may do (Cleanmail notes, 16).

A token acts with the roles of its account: a system administrator may do everything; another administrator has
permissions on single domains or customers; a mailbox reaches nothing but itself. The names of the permissions
are ours: the manual has lost them, and says that ``GET /security/permissions`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.sandbox.cleanmail import times
from app.sandbox.cleanmail.problems import Problem, denied
from app.sandbox.cleanmail.records import Records, Row

READ, WRITE, QUARANTINE, GRANT, IMPERSONATE = "READ", "WRITE", "QUARANTINE", "GRANT", "IMPERSONATE"

PERMISSIONS = (READ, WRITE, QUARANTINE, GRANT, IMPERSONATE)
"""What an administrator can hold on a domain or a customer."""


@dataclass(frozen=True)
class Caller:
    """The account behind a token: an administrator, or a mailbox."""

    kind: str
    row: Row
    grants: dict[tuple[str, str], frozenset[str]]
    """Permissions by (type, id) of the object."""

    @property
    def sysadmin(self) -> bool:
        return bool(self.row.get("sysAdmin"))

    @property
    def address(self) -> str:
        """The account's e-mail address: the sender of what it sends."""
        return str(self.row["email"])

    def is_mailbox(self, user: Row) -> bool:
        """True when this is the token of that mailbox itself."""
        return self.kind == "mailbox" and bool(self.row["id"] == user["id"])

    def permissions_on(self, domain: Row) -> frozenset[str]:
        """Return what the caller may do with a domain, by grants on the domain itself or on its customer."""
        if self.sysadmin:
            return frozenset(PERMISSIONS)
        objects = (("DOMAIN", domain["id"]), ("CUSTOMER", domain["customerId"]))
        return frozenset().union(*(self.grants.get(key, frozenset()) for key in objects))

    def may(self, permission: str, domain: Row) -> bool:
        """Tell whether the caller has this permission on a domain."""
        return permission in self.permissions_on(domain)

    def anywhere(self, permission: str) -> bool:
        """Tell whether the caller has this permission on at least one object."""
        return self.sysadmin or any(permission in held for held in self.grants.values())

    def require_sysadmin(self) -> None:
        """Raise 403 unless the caller is a system administrator."""
        if not self.sysadmin:
            raise denied("Only users with sysadmin role can execute this request.")


def caller_of(records: Records, authorization: str | None) -> Caller:
    """Return the caller of a request by its ``Authorization`` header; raise 401."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise Problem(401, "Authentication is required.")
    token = records.find("tokens", records.table("token_values").get(value.strip()))
    if token is None:
        raise Problem(401, "The token is not valid.")
    if token.get("expiration") is not None and token["expiration"] <= times.now():
        raise Problem(401, "The token has expired.")
    kind, _, account_id = str(token["of"]).partition(":")
    caller = _admin(records, account_id) if kind == "admin" else _mailbox(records, account_id)
    if caller is None:
        raise Problem(401, "The account is disabled or deleted.")
    return caller


def _admin(records: Records, admin_id: str) -> Caller | None:
    row = records.find("admins", admin_id)
    if row is None or not row["enabled"]:
        return None
    grants = {(item["type"], item["id"]): frozenset(item["permissions"]) for item in row["grants"]}
    return Caller("admin", row, grants)


def _mailbox(records: Records, user_id: str) -> Caller | None:
    row = records.find("users", user_id)
    domain = records.find("domains", row["of"]) if row is not None else None
    if row is None or domain is None or row["status"] != "ENABLED" or domain["status"] != "ENABLED":
        return None
    return Caller("mailbox", row, {})


def holder(kind: str, account_id: str) -> str:
    """Return the owner key of an account's tokens; ``kind`` is ``admin`` or ``mailbox``."""
    return f"{kind}:{account_id}"


def set_grant(admin: Row, object_type: str, object_id: str, permissions: list[str]) -> Row:
    """Return the administrator with these permissions on one object; an empty list takes the access away."""
    others = [item for item in admin["grants"] if (item["type"], item["id"]) != (object_type, object_id)]
    grant: list[dict[str, Any]] = [{"type": object_type, "id": object_id, "permissions": permissions}]
    return {**admin, "grants": others + (grant if permissions else [])}
