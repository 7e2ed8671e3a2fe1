"""What the end users of a domain may do (Cleanmail REST API manual, 5.5.2 and 5.5.12). The names are ours."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields
from app.sandbox.cleanmail.call import Call, answer
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import GRANT

PERMISSIONS = ("OWN_QUARANTINE", "OWN_RELEASE", "OWN_RULES", "OWN_SIGNATURE", "OWN_SEND")

DEFAULT = ("OWN_QUARANTINE", "OWN_RELEASE", "OWN_RULES")


def _statuses(records: Records, domain: Row) -> list[Row]:
    enabled = records.table("access").get(domain["id"], DEFAULT)
    return [{"name": name, "enabled": name in enabled} for name in PERMISSIONS]


def list_users_access(call: Call) -> Response:
    """5.5.12: every permission, and whether the domain's users have it."""
    return answer(_statuses(call.records, call.domain(GRANT)))


def affect_users_access(call: Call) -> Response:
    """5.5.2: give the domain's users exactly these permissions."""
    domain = call.domain(GRANT)
    wanted = call.body_list(fields.one_of(*PERMISSIONS))
    call.records.table("access")[domain["id"]] = list(dict.fromkeys(wanted))
    grantee = {"id": domain["id"], "username": f"USERS@{domain['name']}"}
    return answer({**grantee, "permissions": _statuses(call.records, domain)})
