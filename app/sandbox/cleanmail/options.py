"""Options of domains and users (Cleanmail REST API manual, 5.5.10 and 5.14.6), each with the value it inherits."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields
from app.sandbox.cleanmail.call import Call, answer, created, nothing
from app.sandbox.cleanmail.fields import required
from app.sandbox.cleanmail.lists import counted
from app.sandbox.cleanmail.problems import denied, invalid
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, WRITE

OPTION_ADD: fields.Model = {"name": required(fields.filled), "value": required(fields.text)}

_SHOWN = (
    "ptfScope",
    "urlScope",
    "customerScope",
    "domainScope",
    "userScope",
    "restricted",
    "group",
    "name",
    "type",
    "values",
    "description",
)

_CHECKS: dict[str, fields.Reader] = {
    "EMAIL": fields.address,
    "HOST": fields.host,
    "BOOL": fields.one_of("0", "1", "true", "false"),
    "COLOR": fields.matching(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", "a colour such as #1e90ff"),
    "URL": fields.matching(r"https?://\S+", "an address such as https://example.com/"),
}
"""Types whose values are checked; a LIST has its own values, every other type takes any text."""


def define(records: Records, name: str, kind: str, default: str | None, *scopes: str, **more: object) -> None:
    """Add an option definition: its type, the platform's value, and the scopes beside the platform's own."""
    all_scopes = ("url", "customer", "domain", "user")
    row: Row = dict.fromkeys(_SHOWN) | {f"{scope}Scope": scope in scopes for scope in all_scopes}
    row |= {"ptfScope": True, "restricted": False, "name": name, "type": kind, "default": default, **more}
    records.table("option_defs")[name] = row


def view_definition(row: Row) -> Row:
    """Return a definition as the API shows it."""
    return {name: row[name] for name in _SHOWN}


def _own(records: Records, owner: str, name: str) -> str | None:
    values: dict[str, str] = records.table("options").get(owner, {})
    return values.get(name)


def _option(records: Records, definition: Row, chain: list[str]) -> Row:
    """Return an option for the first owner of the chain; its parent value comes from the rest of it."""
    name = definition["name"]
    inherited = (_own(records, owner, name) for owner in chain[1:])
    parent = next((value for value in inherited if value is not None), definition["default"])
    value = _own(records, chain[0], name)
    return {"value": value, "parentValue": parent, "option": view_definition(definition)}


def _domain_chain(domain: Row) -> list[str]:
    return [f"domain:{domain['id']}", f"customer:{domain['customerId']}"]


def _user_chain(records: Records, user: Row) -> list[str]:
    return [f"user:{user['id']}", *_domain_chain(records.table("domains")[user["of"]])]


def _list(call: Call, scope: str, chain: list[str]) -> Response:
    found = [row for row in call.records.table("option_defs").values() if row[f"{scope}Scope"]]
    return counted([_option(call.records, row, chain) for row in found], len(found))


def _definition(call: Call, scope: str, name: str) -> Row:
    row: Row | None = call.records.table("option_defs").get(name)
    if row is None or not row[f"{scope}Scope"]:
        raise invalid(f"There is no option {name} here.")
    if row["restricted"]:
        call.caller.require_sysadmin()
    return row


def _set(call: Call, scope: str, chain: list[str]) -> Response:
    given = call.body(OPTION_ADD)
    definition = _definition(call, scope, given["name"])
    _check(definition, given["value"])
    values = call.records.table("options")
    values[chain[0]] = {**values.get(chain[0], {}), given["name"]: given["value"]}
    return created(_option(call.records, definition, chain))


def _check(definition: Row, value: str) -> None:
    kind, name = definition["type"], definition["name"]
    reader = fields.one_of(*definition["values"]) if kind == "LIST" else _CHECKS.get(kind, fields.text)
    reader(value, name)


def _delete(call: Call, scope: str, owner: str) -> Response:
    name = call.args["optionName"]
    _definition(call, scope, name)
    values = dict(call.records.table("options").get(owner, {}))
    if values.pop(name, None) is not None:
        call.records.table("options")[owner] = values
    return nothing()


def list_options(call: Call) -> Response:
    """``GET /options``: every definition. The manual refers to this call without documenting it."""
    if call.caller.kind != "admin":
        raise denied()
    return answer([view_definition(row) for row in call.records.table("option_defs").values()])


def list_domain_options(call: Call) -> Response:
    """5.5.10: the options of a domain."""
    return _list(call, "domain", _domain_chain(call.domain(READ)))


def set_domain_option(call: Call) -> Response:
    """5.5.14: set an option of a domain; a restricted one needs a sysadmin."""
    return _set(call, "domain", _domain_chain(call.domain(WRITE)))


def delete_domain_option(call: Call) -> Response:
    """5.5.4: return to the inherited value; no error where none was set."""
    return _delete(call, "domain", _domain_chain(call.domain(WRITE))[0])


def list_user_options(call: Call) -> Response:
    """5.14.6: the options of a mailbox."""
    return _list(call, "user", _user_chain(call.records, call.user(READ, own=True)))


def set_user_option(call: Call) -> Response:
    """5.14.8: set an option of a mailbox."""
    return _set(call, "user", _user_chain(call.records, call.user(WRITE, own=True)))


def delete_user_option(call: Call) -> Response:
    """5.14.2: return to the inherited value; no error where none was set."""
    return _delete(call, "user", _user_chain(call.records, call.user(WRITE, own=True))[0])
