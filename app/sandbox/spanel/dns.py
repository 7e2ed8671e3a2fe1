"""domain/: the DNS zone (SPanel contract sheet, section 5.1). The list and the adding call are [inferred]."""

from __future__ import annotations

from typing import Any

from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call
from app.sandbox.spanel.values import at_least

Record = dict[str, Any]
DEFAULT_TTL = 86400
TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT")
_HOST_VALUES = ("CNAME", "MX", "NS")
"""Types whose value is a host name, which needs its final dot."""


def default_zone(domain: str, address: str) -> list[Record]:
    """Return the zone of a new domain: built when asked for, kept from the first change on."""
    mail = f"v=spf1 a mx ip4:{address} ~all"
    return [
        record(domain, "NS", "ns1.hosting.example."),
        record(domain, "NS", "ns2.hosting.example."),
        record(domain, "A", address),
        record(f"www.{domain}", "A", address),
        record(f"mail.{domain}", "A", address),
        record(domain, "MX", f"mail.{domain}.", priority=10),
        record(domain, "TXT", mail),
    ]


def record(name: str, kind: str, value: str, ttl: int = DEFAULT_TTL, priority: int = 0) -> Record:
    """Return one record of a zone; ``ttl`` in seconds."""
    return {"name": name, "ttl": ttl, "type": kind, "priority": priority, "value": value}


def _zone(call: Call, domain: str) -> list[Record]:
    kept = call.table("zones").get(domain)
    return default_zone(domain, call.table("accounts")[call.account]["ip"]) if kept is None else list(kept)


def list_zone(call: Call) -> Answer:
    """domain/listdnszone."""
    return found(_zone(call, call.own(subdomains=False)))


def add_record(call: Call) -> Answer:
    """domain/adddnsrecord."""
    domain = call.own(subdomains=False)
    zone = _zone(call, domain)
    name = _full_name(call.text("name"), domain)
    ttl, priority = int(call.text("ttl", str(DEFAULT_TTL))), int(call.text("priority", "0"))
    new = record(name, call.text("type"), call.text("value"), ttl, priority)
    _check(new)
    if any(_same(row, new) for row in zone):
        raise Refused(name="This record already exists")
    call.table("zones")[domain] = [*zone, new]
    return done(f"Record {_line(new)} was added")


def edit_zone(call: Call) -> Answer:
    """domain/editdnszone: alters the keys in ``changes``; without ``changes`` the record is removed."""
    domain = call.own(subdomains=False)
    zone, named, changes = _zone(call, domain), _sent(call, "record"), _sent(call, "changes")
    row = next((row for row in zone if _same(row, named)), None)
    if row is None:
        raise Refused(record=f"There is no record {_line(named)}")
    altered = [_altered(row, changes, domain)] if changes else []
    position = zone.index(row)
    call.table("zones")[domain] = [*zone[:position], *altered, *zone[position + 1 :]]
    return done(f"Record {_line(altered[0])} was changed" if altered else f"Record {_line(row)} was removed")


def _altered(row: Record, changes: Record, domain: str) -> Record:
    """Return the record with the changes; raise ``Refused`` when they are not usable."""
    for number in {"ttl", "priority"} & set(changes):
        if problem := at_least(0)(changes[number]):
            raise Refused(changes=f"{number}: {problem}")
        changes[number] = int(changes[number])
    if "name" in changes:
        changes["name"] = _full_name(changes["name"], domain)
    altered = row | changes
    if altered["type"] not in TYPES:
        raise Refused(changes=f"The type must be one of: {', '.join(TYPES)}")
    _check(altered)
    return altered


def _sent(call: Call, parameter: str) -> Record:
    value = call.params.get(parameter, {})
    return dict(value) if isinstance(value, dict) else {}


def _same(row: Record, other: Record) -> bool:
    """Compare as text: what arrives in a form is text."""
    return all(str(row[key]) == str(other[key]) for key in row)


def _full_name(name: str, domain: str) -> str:
    """Accept ``@``, a name below the domain, or the full name with or without its dot ([inferred])."""
    name = name.rstrip(".").lower()
    if name in ("@", domain):
        return domain
    return name if name.endswith(f".{domain}") else f"{name}.{domain}"


def _check(record: Record) -> None:
    if record["type"] in _HOST_VALUES and not record["value"].endswith("."):
        raise Refused(value=f"The value of a record of type {record['type']} needs a trailing dot")


def _line(record: Record) -> str:
    """Return a record as a line of a zone file."""
    priority = f"{record['priority']} " if record["type"] in ("MX", "SRV") else ""
    return f"{record['name']}. {record['ttl']} IN {record['type']} {priority}{record['value']}"
