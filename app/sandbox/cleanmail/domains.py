"""Domains (Cleanmail REST API manual, 5.5): list, create, edit, soft delete, restore and purge."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists, platforms, policies, times, users
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import denied, taken, unmet
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, WRITE, set_grant

STATES = ("ENABLED", "DISABLED", "PENDING", "DELETED")

_FLAG, _TEXT = optional(fields.flag), optional(fields.text)

_SHARED: fields.Model = {
    "description": _TEXT,
    "wblistPriority": optional(fields.one_of("DOMAIN", "USER")),
    "autoProvisioningOn": _FLAG,
    "senderVerifyOn": _FLAG,
    "customerId": _TEXT,
    "externalId": _TEXT,
    "outgoingSubnets": optional(fields.list_of(fields.subnet)),
    "outgoingProvidersIds": optional(fields.list_of(fields.text)),
    "platforms": optional(fields.list_of(fields.record(platforms.PLATFORM))),
}

DOMAIN_ADD: fields.Model = {
    "name": required(fields.domain),
    "status": required(fields.one_of(*STATES)),
    "defaultLanguage": required(fields.language),
    "incoming": _FLAG,
    "outgoing": _FLAG,
    **{service: required(fields.flag) for service in policies.SERVICES},
    **_SHARED,
}

DOMAIN_UPDATE: fields.Model = {
    "name": optional(fields.domain),
    "status": optional(fields.one_of(*STATES)),
    "defaultLanguage": optional(fields.language),
    "policyId": _TEXT,
    **dict.fromkeys(policies.SERVICES, _FLAG),
    **_SHARED,
}

_OWN = (
    "name",
    "description",
    "status",
    "wblistPriority",
    "defaultLanguage",
    "autoProvisioningOn",
    "senderVerifyOn",
)

_BLANK: Row = {
    "description": None,
    "status": "ENABLED",
    "wblistPriority": "USER",
    "defaultLanguage": "EN",
    "autoProvisioningOn": False,
    "senderVerifyOn": True,
    "externalId": None,
    "outgoingSubnets": [],
    "outgoingProvidersIds": [],
    "deletionDate": None,
    "purgeDate": None,
    "dns": {"mx": "missing", "dkim": None},
}
"""A new domain. ``dns`` is what the health tests find: MX ``ok``, ``missing`` or ``invalid``, and the published DKIM key."""


def view(records: Records, row: Row) -> Row:
    """Return a domain as the API shows it."""
    domain_policies = records.owned("policies", row["id"])
    return {
        "id": row["id"],
        **{name: row[name] for name in (*_OWN, "externalId")},
        "policy": policies.view(records.table("policies")[row["policyId"]]),
        "domainAliases": aliases_of(records, row["id"]),
        "activeUsersCount": sum(user["status"] == "ENABLED" for user in records.owned("users", row["id"])),
        "policiesCount": len(domain_policies),
        **{
            service: any(policy[service] for policy in domain_policies)
            for service in (*policies.SERVICES, "incoming")
        },
        "outgoingSubnets": row["outgoingSubnets"],
        **{name: row[name] for name in ("creationDate", "deletionDate", "purgeDate")},
        "outgoingProviders": [records.table("providers")[one] for one in row["outgoingProvidersIds"]],
        "customer": records.find("customers", row["customerId"]),
        "platforms": [platforms.view(platform) for platform in records.owned("platforms", row["id"])],
    }


def aliases_of(records: Records, domain_id: str) -> list[Row]:
    """Return the domain's alias names, sorted."""
    rows = sorted(records.owned("aliases", domain_id), key=lambda alias: str(alias["name"]))
    return [{"id": alias["id"], "name": alias["name"]} for alias in rows]


def make(records: Records, given: Row, policy: Row | None = None) -> Row:
    """Add a domain with a default policy; ``policy`` holds what differs from the usual one.

    ``given`` has at least ``name`` and ``customerId``; platforms are added separately.
    """
    row = records.add("domains", {**_BLANK, "creationDate": times.now(), "policyId": None, **given})
    records.table("names")[row["name"]] = row["id"]
    switches = {"quarantine": False, "retention": False, "archive": False, "incoming": True}
    default = {"name": f"Politique-{row['name']}", **switches, **(policy or {})}
    row["policyId"] = policies.make(records, row["id"], default)["id"]
    records.put("domains", row)
    return row


def mark_deleted(records: Records, row: Row, when: int, days: int) -> None:
    """Delete a domain softly: it is removed for good that many days after ``when``."""
    dates = {"deletionDate": when, "purgeDate": when + days * times.DAY}
    records.put("domains", {**row, **dates, "status": "DELETED"})
    records.table("purges")[row["id"]] = dates["purgeDate"]


def purge(records: Records) -> None:
    """Remove for good the deleted domains whose time has come."""
    now = times.now()
    due = [domain_id for domain_id, when in records.table("purges").items() if when <= now]
    for domain_id in due:
        _remove(records, records.table("domains")[domain_id])


def _remove(records: Records, row: Row) -> None:
    domain_id = row["id"]
    for user in records.owned("users", domain_id):
        users.remove(records, user)
    for group in records.owned("groups", domain_id):
        records.table("emails").pop(group["email"], None)
    for name in (row["name"], *(alias["name"] for alias in records.owned("aliases", domain_id))):
        records.table("names").pop(name, None)
    for platform in records.owned("platforms", domain_id):
        records.table("health").pop(f"platform:{platform['id']}", None)
    for kind in ("aliases", "policies", "platforms", "groups", "attachment_filters", "uri_filters"):
        records.remove_owned(kind, domain_id)
    records.remove_owned("rules", f"domain:{domain_id}")
    records.table("health").pop(f"domain:{domain_id}", None)
    records.table("options").pop(f"domain:{domain_id}", None)
    for table in ("dkim", "access", "purges"):
        records.table(table).pop(domain_id, None)
    for admin in records.every("admins"):
        records.put("admins", set_grant(admin, "DOMAIN", domain_id, []))
    records.remove("domains", row)


def _of_platform(name: str, *, exact: bool) -> lists.Filter:
    """A filter for domains of which one platform has this value."""

    def build(records: Records, wanted: str) -> lists.Test:
        matches = wanted.__eq__ if exact else lambda value: value.lower() == wanted.lower()
        return lambda row: any(matches(one[name]) for one in records.owned("platforms", row["id"]))

    return build


LISTING = lists.Listing(
    (*_OWN, "externalId", "creationDate", "deletionDate", "purgeDate"),
    {
        "name": lists.pattern(lists.column("name")),
        "status": lists.same(lists.column("status")),
        "customerId": lists.exactly("customerId"),
        "externalId": lists.exactly("externalId"),
        "platformId": _of_platform("id", exact=True),
        "platformName": _of_platform("name", exact=False),
    },
)


def list_domains(call: Call) -> Response:
    """5.5.11: the domains that the caller may see; the others are simply missing."""
    rows = call.records.every("domains")
    if not call.caller.sysadmin:
        rows = [row for row in rows if call.caller.may(READ, row)]
    return lists.respond(call, rows, LISTING, lambda row: view(call.records, row))


def single_domain(call: Call) -> Response:
    """5.5.8: one domain."""
    return answer(view(call.records, call.domain()))


def create_domain(call: Call) -> Response:
    """5.5.1: add a domain with a default policy and platforms; sysadmin only, up to the limit of domains."""
    call.caller.require_sysadmin()
    given = call.body(DOMAIN_ADD)
    records = call.records
    limit = call.profile["domain_limit"]
    if limit and len(records.table("domains")) >= limit:
        raise denied("You have reached the limitation of domain creation.")
    if given["name"] in records.table("names"):
        raise taken("A domain may already exist with the given name.")
    routes = given.pop("platforms", [])
    platforms.check(routes, [])
    _check_status(given, "ENABLED", "DISABLED")
    _check_references(records, given)
    switches = {
        name: given.pop(name) for name in (*policies.SERVICES, "incoming", "outgoing") if name in given
    }
    given.setdefault("customerId", next(iter(records.table("customers")), None))
    row = make(records, given, switches)
    platforms.replace(records, row["id"], routes)
    return created(view(records, row), call.uri("domains", row["id"]))


def edit_domain(call: Call) -> Response:
    """5.5.15: change what is given. Platforms come as the whole list; ``ENABLED`` revives a deleted domain."""
    row = call.domain(WRITE)
    given = call.body(DOMAIN_UPDATE, partial=True)
    _check_mx(call, row, points_here=True)
    if row["status"] == "DELETED" and given.get("status") != "ENABLED":
        raise unmet("The domain is deleted; it must be enabled first.")
    _check_status(given, "ENABLED", "DISABLED", "PENDING")
    _check_references(call.records, given)
    _check_rename(call.records, row, given)
    _check_policy(call.records, row, given)
    if "platforms" in given:
        platforms.replace(call.records, row["id"], given.pop("platforms"))
    _switch_services(call.records, row, given)
    _store(call.records, row, given)
    return nothing()


def delete_domain(call: Call) -> Response:
    """5.5.6: mark as deleted; it is removed for good after the quarantine delay. Sysadmin only."""
    row = call.domain()
    call.caller.require_sysadmin()
    _check_mx(call, row, points_here=False)
    if row["status"] == "DELETED":
        raise unmet("The domain is deleted already.")
    mark_deleted(call.records, row, times.now(), call.profile["purge_days"])
    return nothing()


def _check_status(given: Row, *writable: str) -> None:
    if given.get("status", writable[0]) not in writable:
        raise unmet(f"The status {given['status']} cannot be written here.")


def _check_references(records: Records, given: Row) -> None:
    if "customerId" in given and given["customerId"] not in records.table("customers"):
        raise unmet("The customer does not exist.")
    unknown = set(given.get("outgoingProvidersIds", ())) - set(records.table("providers"))
    if unknown:
        raise unmet("An outgoing provider does not exist.")


def _check_mx(call: Call, row: Row, *, points_here: bool) -> None:
    """The switchable rule that ``X-Ignore-MX`` skips: to edit, the MX must point here; to delete, it must not."""
    if not call.profile["mx_check"] or call.header("X-Ignore-MX"):
        return
    if (row["dns"]["mx"] == "ok") != points_here:
        raise unmet(
            "The MX records must point to this service." if points_here else "The MX still points here."
        )


def _check_rename(records: Records, row: Row, given: Row) -> None:
    name = given.get("name", row["name"])
    if name != row["name"] and name in records.table("names"):
        raise unmet("A domain may already exist with the given name.")


def _check_policy(records: Records, row: Row, given: Row) -> None:
    policy = records.find("policies", given.get("policyId", row["policyId"]))
    if policy is None or policy["of"] != row["id"]:
        raise unmet("The policy does not belong to the domain.")


def _switch_services(records: Records, row: Row, given: Row) -> None:
    """Quarantine, retention and archive of a domain are switches of its default policy."""
    switches = {service: given.pop(service) for service in policies.SERVICES if service in given}
    if switches:
        policy = records.table("policies")[given["policyId"] if "policyId" in given else row["policyId"]]
        policies.change(records, policy, switches)


def _store(records: Records, row: Row, given: Row) -> None:
    names = records.table("names")
    if "name" in given:
        del names[row["name"]]
        names[given["name"]] = row["id"]
    if row["status"] == "DELETED":
        records.table("purges").pop(row["id"], None)
        given |= {"deletionDate": None, "purgeDate": None}
    records.put("domains", {**row, **given})
