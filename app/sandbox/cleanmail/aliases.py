"""Domain aliases (Cleanmail REST API manual, 5.3): further names of a domain, in bodies that are lists of names."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists
from app.sandbox.cleanmail.call import Call, created, nothing
from app.sandbox.cleanmail.problems import missing, taken
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import WRITE

LISTING = lists.Listing(("name",))


def view(row: Row) -> Row:
    """Return an alias as the API shows it."""
    return {"id": row["id"], "name": row["name"]}


def make(records: Records, domain_id: str, name: str, alias_id: str | None = None) -> Row:
    """Add an alias name to a domain."""
    records.table("names")[name] = domain_id
    return records.add("aliases", {"id": alias_id, "name": name}, domain_id)


def _remove(records: Records, row: Row) -> None:
    records.remove("aliases", row)
    records.table("names").pop(row["name"], None)


def _check_free(call: Call, names: list[str], own: set[str]) -> None:
    used = call.records.table("names")
    if len(set(names)) != len(names) or any(name in used and name not in own for name in names):
        raise taken("An alias or a domain may already exist with the given name.")


def add_domain_alias(call: Call) -> Response:
    """5.3.1: add names to those that are there; the answer shows the added ones."""
    domain = call.domain(WRITE)
    names = call.body_list(fields.domain)
    _check_free(call, names, set())
    added = [view(make(call.records, domain["id"], name)) for name in names]
    return created(added, call.uri("domains", domain["id"], "aliases"))


def list_domain_aliases(call: Call) -> Response:
    """5.3.3: the alias names of a domain."""
    return lists.respond(call, call.records.owned("aliases", call.domain()["id"]), LISTING, view)


def edit_domain_aliases(call: Call) -> Response:
    """5.3.4: replace all names; one that stays keeps its id."""
    domain = call.domain(WRITE)
    names = call.body_list(fields.domain)
    before = {row["name"]: row for row in call.records.owned("aliases", domain["id"])}
    _check_free(call, names, set(before))
    for name, row in before.items():
        if name not in names:
            _remove(call.records, row)
    for name in names:
        if name not in before:
            make(call.records, domain["id"], name)
    return nothing()


def delete_domain_alias(call: Call) -> Response:
    """5.3.2: remove one name."""
    domain = call.domain(WRITE)
    row = call.records.find("aliases", call.args["aliasId"])
    if row is None or row["of"] != domain["id"]:
        raise missing("The domain and/or the alias may not exist.")
    _remove(call.records, row)
    return nothing()
