"""Policies of a domain (Cleanmail REST API manual, 5.4), and the values that a new one is filled with."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import denied, invalid, missing, taken, unmet
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ

_FLAG, _SCORE = optional(fields.flag), optional(fields.number)
_DURATION = optional(fields.whole(1, 3650))

_KINDS = (
    "Spam",
    "Virus",
    "Advert",
    "Blacklisted",
    "SenderVerify",
    "BadHeaders",
    "BadEncoding",
    "BadAttachments",
)
_ARCHIVED = (
    "MailOut",
    "CleanMailIn",
    "Spam",
    "BadHeaders",
    "BadEncoding",
    "BadAttachments",
    "Advert",
    "Blacklisted",
    "SenderVerify",
)

_PROPS: dict[str, fields.Model] = {
    "relayProps": {
        "relaySpam": _FLAG,
        "relayAdvert": _FLAG,
        "advertPrefix": optional(fields.text),
        "prefixSpam": optional(fields.text),
        "relayBadHeaders": _FLAG,
        "relayBadAttachments": _FLAG,
        "spamScoreLimit": _SCORE,
    },
    "quarantineProps": {"duration": _DURATION, **{f"store{kind}": _FLAG for kind in _KINDS}},
    "retentionProps": {"duration": _DURATION, "storeMailOut": _FLAG, "storeCleanMailIn": _FLAG},
    "archiveProps": {
        "duration": _DURATION,
        "archiveByCopy": _FLAG,
        **{f"store{kind}": _FLAG for kind in _ARCHIVED},
    },
}

POLICY: fields.Model = {
    "name": required(fields.filled),
    "domainId": optional(fields.text),
    "quarantine": required(fields.flag),
    "retention": required(fields.flag),
    "archive": _FLAG,
    "mailSizeLimit": optional(fields.whole(1)),
    "spamScore": _SCORE,
    "incoming": required(fields.flag),
    **{name: optional(fields.record(model)) for name, model in _PROPS.items()},
    "outgoing": _FLAG,
}

_STORED = ("Spam", "BadHeaders", "BadEncoding", "BadAttachments", "MailOut", "CleanMailIn")
"""What a service keeps when nothing else is said; adverts, viruses and blocked senders are not among it."""

_DURATIONS = {"quarantineProps": 31, "retentionProps": 5, "archiveProps": 48}
"""Days, days and months."""

SERVICES = ("quarantine", "retention", "archive")

LISTING = lists.Listing(
    ("name", "mailSizeLimit", "spamScore", "quarantine", "retention", "archive", "incoming", "outgoing")
)


def view(row: Row) -> Row:
    """Return a policy as the API shows it."""
    names = (
        "id",
        "name",
        "domainId",
        *SERVICES,
        "mailSizeLimit",
        "spamScore",
        "incoming",
        *_PROPS,
        "outgoing",
    )
    return {name: row[name] for name in names}


def make(records: Records, domain_id: str, given: Row) -> Row:
    """Add a policy to a domain, filled up with the defaults (Cleanmail notes, 6)."""
    row = {
        "domainId": domain_id,
        "archive": False,
        "outgoing": False,
        "mailSizeLimit": 21,
        "spamScore": 5.0,
        **given,
    }
    row["relayProps"] = {**_relay_defaults(row), **given.get("relayProps", {})}
    for service in SERVICES:
        row[f"{service}Props"] = _service_props(row, service, {}, given)
    return records.add("policies", row, domain_id)


def _relay_defaults(row: Row) -> Row:
    """Without a quarantine everything is delivered, and the score from which nothing is stays at 10."""
    quarantine = row["quarantine"]
    return {
        "relaySpam": not quarantine,
        "relayAdvert": True,
        "advertPrefix": "",
        "prefixSpam": None,
        "relayBadHeaders": not quarantine,
        "relayBadAttachments": not quarantine,
        "spamScoreLimit": row["spamScore"] if quarantine else 10.0,
    }


def _service_props(row: Row, service: str, before: Row | None, given: Row) -> Row | None:
    """Return a service's settings: nothing while it is off, else defaults, what was there, what is given."""
    name = f"{service}Props"
    if not row[service]:
        return None
    defaults: Row = {
        key: key.removeprefix("store") in _STORED if key.startswith("store") else False
        for key in _PROPS[name]
    }
    defaults["duration"] = _DURATIONS[name]
    return {**defaults, **(before or {}), **given.get(name, {})}


def change(records: Records, row: Row, given: Row) -> None:
    """Write what is given over a policy; settings of a service that is switched on are filled up."""
    changed = {**row, **given}
    changed["relayProps"] = {**row["relayProps"], **given.get("relayProps", {})}
    for service in SERVICES:
        changed[f"{service}Props"] = _service_props(changed, service, row[f"{service}Props"], given)
    records.put("policies", changed)


def _policy(call: Call) -> Row:
    row = call.records.find("policies", call.args["policyId"])
    if row is None:
        raise missing("Policy not found with given id.")
    return row


def _name_is_free(records: Records, domain_id: str, name: str, but: str = "") -> bool:
    others = (row for row in records.owned("policies", domain_id) if row["id"] != but)
    return all(row["name"].lower() != name.lower() for row in others)


def new_policy(call: Call) -> Response:
    """5.4.1: add a policy; sysadmin only."""
    domain = call.domain()
    call.caller.require_sysadmin()
    given = call.body(POLICY)
    if given.get("domainId", domain["id"]) != domain["id"]:
        raise unmet("The policy names another domain than the path.")
    if not _name_is_free(call.records, domain["id"], given["name"]):
        raise taken("A policy may already exist with the given name.")
    row = make(call.records, domain["id"], given)
    return created(view(row), call.uri("policies", row["id"]))


def list_domain_policies(call: Call) -> Response:
    """5.4.4: the policies of a domain."""
    domain = call.domain()
    return lists.respond(call, call.records.owned("policies", domain["id"]), LISTING, view)


def single_domain_policy(call: Call) -> Response:
    """5.4.3: one policy."""
    row = _policy(call)
    call.domain_by_id(row["of"], READ)
    return answer(view(row))


def edit_policy(call: Call) -> Response:
    """5.4.5: change what is given, also inside the settings of a service; sysadmin only."""
    row = _policy(call)
    call.caller.require_sysadmin()
    given: dict[str, Any] = call.body(POLICY, partial=True)
    if given.get("domainId", row["of"]) != row["of"]:
        raise unmet("A policy cannot move to another domain.")
    if "name" in given and not _name_is_free(call.records, row["of"], given["name"], row["id"]):
        raise unmet("A policy may already exist with the given name.")
    change(call.records, row, given)
    return nothing()


def delete_policy(call: Call) -> Response:
    """5.4.2: delete a policy that nobody uses; sysadmin only. In use is a 400, as the manual says."""
    row = _policy(call)
    if not call.caller.sysadmin:
        raise denied("Only users with sysadmin role can execute this request.")
    domain = call.domain_by_id(row["of"])
    users = call.records.owned("users", row["of"])
    if domain["policyId"] == row["id"] or any(user["policyId"] == row["id"] for user in users):
        raise invalid("The policy is affected to a domain or a user.")
    call.records.remove("policies", row)
    return nothing()
