"""Sender rules of domains and mailboxes, ``wblist`` in paths (Cleanmail REST API manual, 5.9).

Protected rules are shown and never written (Cleanmail notes, 7): a list that is replaced keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists, times
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import denied, missing, taken, unmet
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, WRITE

RULE: fields.Model = {
    "value": required(fields.sender),
    "type": required(fields.one_of("ALLOW", "BLOCK", "PROTECTED")),
    "expireAt": optional(fields.moment),
    "description": optional(fields.text),
    "spfOn": optional(fields.flag),
}

RULE_WITH_OWNER: fields.Model = {**RULE, "owner": required(fields.sender)}

_SORTS = ("owner", "value", "type", "createdDate", "expireAt", "description", "spfOn")

_FILTERS = {"type": lists.same(lists.column("type")), "value": lists.pattern(lists.column("value"))}

_VALUES = {"owner": lists.column("of")}

DOMAIN_LISTING = lists.Listing(_SORTS, _FILTERS, _VALUES)
MAILBOX_LISTING = lists.Listing(("id", *_SORTS), _FILTERS, _VALUES)


@dataclass(frozen=True)
class Owner:
    """Whose rules: the key of the rows, and the name that rules show, which may change."""

    key: str
    name: str


def owner_of_domain(row: Row) -> Owner:
    """Return the owner for the rules of a domain."""
    return Owner(f"domain:{row['id']}", row["name"])


def owner_of_user(row: Row) -> Owner:
    """Return the owner for the rules of a mailbox."""
    return Owner(f"user:{row['id']}", row["email"])


def view(owner: Owner, row: Row) -> Row:
    """Return a rule as the API shows it."""
    names = ("type", "createdDate", "expireAt", "description", "spfOn")
    shown = {"id": row["id"], "value": row["value"], "owner": owner.name}
    return {**shown, **{name: row[name] for name in names}}


def make(records: Records, owner: Owner, given: Row) -> Row:
    """Add a rule; ``given`` has at least ``value`` and ``type``."""
    return records.add("rules", _complete({"createdDate": times.now(), **given}), owner.key)


def _complete(given: Row) -> Row:
    """Fill up a rule; the SPF condition counts for allowed senders alone."""
    spf = given.get("spfOn") if given["type"] == "ALLOW" else None
    return {"expireAt": None, "description": None, **given, "spfOn": spf}


def _check(rule: Row) -> None:
    if rule["type"] == "PROTECTED":
        raise unmet("Protected rules cannot be written.")
    if rule["type"] == "ALLOW" and "spfOn" not in rule:
        raise unmet("'spfOn' is required for a rule that allows.")


def _identity(rule: Row) -> tuple[str, str]:
    return rule["value"], rule["type"]


def _check_new(wishes: list[Row], present: list[Row]) -> None:
    """Raise 422 for a rule that cannot be, 409 for one that is there already or comes twice."""
    for wish in wishes:
        _check(wish)
    known = {_identity(rule) for rule in present}
    wanted = [_identity(wish) for wish in wishes]
    if len(set(wanted)) != len(wanted) or known & set(wanted):
        raise taken("An identical rule may already exist.")


def _rules(call: Call, owner: Owner) -> list[Row]:
    return call.records.owned("rules", owner.key)


def _list(call: Call, owner: Owner, listing: lists.Listing) -> Response:
    return lists.respond(call, _rules(call, owner), listing, lambda row: view(owner, row))


def _add(call: Call, owner: Owner, location: str) -> Response:
    wishes = call.body_list(fields.record(RULE))
    _check_new(wishes, _rules(call, owner))
    return created([view(owner, make(call.records, owner, wish)) for wish in wishes], location)


def _replace_all(call: Call, owner: Owner) -> Response:
    wishes = call.body_list(fields.record(RULE))
    present = _rules(call, owner)
    _check_new(wishes, [rule for rule in present if rule["type"] == "PROTECTED"])
    for rule in present:
        if rule["type"] != "PROTECTED":
            call.records.remove("rules", rule)
    return answer([view(owner, make(call.records, owner, wish)) for wish in wishes])


def _rule(call: Call, owner: Owner) -> Row:
    """Return the rule of the path, to be written; raise 404, or 422 for a protected one."""
    row = call.records.find("rules", call.args["wbItemId"])
    if row is None or row["of"] != owner.key:
        raise missing("The rule may not exist.")
    if row["type"] == "PROTECTED":
        raise unmet("Protected rules cannot be written.")
    return row


def _replace_one(call: Call, owner: Owner) -> Response:
    row = _rule(call, owner)
    wish = call.body(RULE)
    _check_new([wish], [rule for rule in _rules(call, owner) if rule["id"] != row["id"]])
    kept = {name: row[name] for name in ("id", "of", "createdDate")}
    changed = {**_complete(wish), **kept}
    call.records.put("rules", changed)
    return answer(view(owner, changed))


def _delete(call: Call, owner: Owner) -> Response:
    call.records.remove("rules", _rule(call, owner))
    return nothing()


def _of_domain(call: Call, permission: str = WRITE) -> Owner:
    return owner_of_domain(call.domain(permission))


def _of_user(call: Call, permission: str = WRITE) -> Owner:
    return owner_of_user(call.user(permission, own=True))


def add_entries(call: Call) -> Response:
    """5.9.1: add rules that name their owners; all of them or none."""
    wishes = call.body_list(fields.record(RULE_WITH_OWNER))
    pairs = [(_named_owner(call, wish.pop("owner")), wish) for wish in wishes]
    for owner in {owner for owner, _ in pairs}:
        _check_new([wish for one, wish in pairs if one == owner], _rules(call, owner))
    return created([view(owner, make(call.records, owner, wish)) for owner, wish in pairs])


def _named_owner(call: Call, name: str) -> Owner:
    records = call.records
    if "@" not in name:
        domain = records.find("domains", records.table("names").get(name))
        if domain is None or domain["name"] != name:
            raise unmet(f"The owner {name} does not exist.")
        if not call.caller.may(WRITE, domain):
            raise denied()
        return owner_of_domain(domain)
    found = records.table("emails").get(name)
    user = records.find("users", found["id"]) if found is not None and found["kind"] == "USER" else None
    if user is None:
        raise unmet(f"The owner {name} does not exist.")
    return owner_of_user(call.permitted(user, WRITE, own=True))


def add_domain_rule(call: Call) -> Response:
    """5.9.2: add a list of rules to a domain."""
    owner = _of_domain(call)
    return _add(call, owner, call.uri("domains", call.args["domainId"], "wblist"))


def add_mailbox_rule(call: Call) -> Response:
    """5.9.3: add a list of rules to a mailbox."""
    owner = _of_user(call)
    return _add(call, owner, call.uri("users", call.args["userId"], "wblist"))


def get_domain_filter_rules(call: Call) -> Response:
    """5.9.6: the rules of a domain."""
    return _list(call, _of_domain(call, READ), DOMAIN_LISTING)


def get_user_filter_rules(call: Call) -> Response:
    """5.9.7: the rules of a mailbox."""
    return _list(call, _of_user(call, READ), MAILBOX_LISTING)


def set_domain_rules(call: Call) -> Response:
    """5.9.10: replace the rules of a domain by a list."""
    return _replace_all(call, _of_domain(call))


def set_mailbox_rules(call: Call) -> Response:
    """5.9.11: replace the rules of a mailbox by a list."""
    return _replace_all(call, _of_user(call))


def update_domain_rule(call: Call) -> Response:
    """5.9.8: replace one rule of a domain, by one object."""
    return _replace_one(call, _of_domain(call))


def update_mailbox_rule(call: Call) -> Response:
    """5.9.9: replace one rule of a mailbox, by one object."""
    return _replace_one(call, _of_user(call))


def delete_domain_rule(call: Call) -> Response:
    """5.9.4: delete one rule of a domain."""
    return _delete(call, _of_domain(call))


def delete_mailbox_rule(call: Call) -> Response:
    """5.9.5: delete one rule of a mailbox."""
    return _delete(call, _of_user(call))
