"""The DNS of the demo: authoritative for the demo company's names, over UDP and TCP; everything else is REFUSED.

The zones are made from ``company.py``, with the gaps that ``DNS_GAPS`` lists. Generated domains get theirs on the fly.
"""

from __future__ import annotations

import functools
import socket
import struct
from collections import defaultdict
from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from app.sandbox.company import (
    DKIM_PUBLIC_KEY,
    DKIM_SELECTORS,
    DNS_GAPS,
    FILTER_HOSTS,
    FIRMS,
    HOSTS,
    MISSING_HOST,
    Firm,
)
from app.sandbox.seed import GENERATED

Records = dict[str, list[str]]
"""The records of one name: texts by type."""

TTL = 300
_UDP_LIMIT = 512
_EDNS_LIMIT = 1232
_NAME_SERVERS = ("ns1.dns.example", "ns2.dns.example")
_SOA = "ns1.dns.example. hostmaster.dns.example. 2026010101 7200 3600 1209600 300"
_VERIFICATIONS = tuple(
    f"{vendor}-domain-verification={'k7Qd2' * 14}{vendor}" for vendor in ("ms", "docs", "crm", "cdn")
)
"""What a grown domain publishes beside its SPF record; it makes the holding's TXT answer too long for plain UDP."""

_WEB, _LOCAL = "127.0.0.10", "127.0.0.1"
_FILTER_NODES = ("node1.filtering.example", "node2.filtering.example")


def texts(name: str) -> list[str]:
    """Return the TXT records of a name, each in one piece."""
    return _records(name.lower().rstrip(".")).get("TXT", [])


def respond(packet: bytes, *, udp: bool = True) -> bytes | None:
    """Return the answer to one DNS message; None for what is none."""
    try:
        query = dns.message.from_wire(packet)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or not query.question:
        return None
    response = dns.message.make_response(query)
    _fill(query, response)
    if not udp:
        return response.to_wire()
    limit = _UDP_LIMIT if query.edns < 0 else max(_UDP_LIMIT, min(query.payload, _EDNS_LIMIT))
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        return _truncated(query)


def serve_tcp(connection: socket.socket) -> None:
    """Answer the queries of one TCP connection."""
    with connection.makefile("rb") as reader:
        while len(prefix := reader.read(2)) == 2:
            answer = respond(reader.read(struct.unpack("!H", prefix)[0]), udp=False)
            if answer is None:
                return
            connection.sendall(struct.pack("!H", len(answer)) + answer)


def _truncated(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA | dns.flags.TC
    return response.to_wire()


def _fill(query: dns.message.Message, response: dns.message.Message) -> None:
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    apex = _apex(name)
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
        return
    if apex is None or question.rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.REFUSED)
        return
    response.flags |= dns.flags.AA
    kind = dns.rdatatype.to_text(question.rdtype)
    _answer(response, name, kind)
    if not response.answer:
        _add(response.authority, apex, "SOA", [_SOA])
        if not _exists(name):
            response.set_rcode(dns.rcode.NXDOMAIN)


def _answer(response: dns.message.Message, name: str, kind: str) -> None:
    """Add the records of a name, following aliases as far as this server knows them."""
    for _ in range(8):
        records = _records(name)
        for each in records if kind == "ANY" else [kind]:
            _add(response.answer, name, each, records.get(each, []))
        target = records.get("CNAME")
        if target is None or kind in ("CNAME", "ANY"):
            return
        _add(response.answer, name, "CNAME", target)
        name = target[0].rstrip(".")


def _add(section: list[dns.rrset.RRset], name: str, kind: str, values: list[str]) -> None:
    if values:
        shown = [_quoted(value) for value in values] if kind == "TXT" else values
        section.append(dns.rrset.from_text(dns.name.from_text(name), TTL, "IN", kind, *shown))


def _quoted(text: str) -> str:
    """Return a TXT value in strings of at most 255 characters."""
    return " ".join(f'"{text[i : i + 255]}"' for i in range(0, len(text), 255))


def _apex(name: str) -> str | None:
    """Return the zone that a name belongs to, if it is one of ours."""
    labels = name.split(".")
    parents = (".".join(labels[i:]) for i in range(len(labels)))
    return next((parent for parent in parents if parent in _zones() or _is_generated(parent)), None)


def _exists(name: str) -> bool:
    return bool(_records(name)) or name in _branches()


def _is_generated(name: str) -> bool:
    return GENERATED.fullmatch(name) is not None


def _records(name: str) -> Records:
    """Return the records of one name; empty when there are none."""
    apex = name
    while apex and not _is_generated(apex):
        apex = apex.partition(".")[2]
    if apex:
        return _generated(apex).get(name, {})
    return _all().get(name, {})


@functools.lru_cache(maxsize=1024)
def _generated(apex: str) -> dict[str, Records]:
    return dict(_domain(apex, "spamexperts", ""))


@functools.cache
def _all() -> dict[str, Records]:
    found: defaultdict[str, Records] = defaultdict(dict)
    for name, records in [*_infrastructure(), *(pair for firm in FIRMS for pair in _firm(firm))]:
        found[name].update(records)
    for name in _zones():
        found[name] = {"SOA": [_SOA], "NS": [f"{host}." for host in _NAME_SERVERS], **found[name]}
    return dict(found)


@functools.cache
def _zones() -> frozenset[str]:
    hosts = [*(host.name for host in HOSTS), *_filter_hosts(), *_NAME_SERVERS, MISSING_HOST]
    parents = [host.partition(".")[2] for host in hosts]
    domains = [name for firm in FIRMS for name in (firm.domain, *firm.aliases)]
    return frozenset([*parents, *domains, "127.in-addr.arpa"])


@functools.cache
def _branches() -> frozenset[str]:
    """Return the names that have no records themselves but others below them."""
    return frozenset(
        ".".join(labels[i:]) for name in _all() if (labels := name.split(".")) for i in range(1, len(labels))
    )


def _filter_hosts() -> list[str]:
    return [host for hosts in FILTER_HOSTS.values() for host in hosts]


def _infrastructure() -> Iterator[tuple[str, Records]]:
    for host in HOSTS:
        yield host.name, {"A": [host.address]}
        yield f"{host.address.rpartition('.')[2]}.0.0.127.in-addr.arpa", {"PTR": [f"{host.name}."]}
    for hosts in (*FILTER_HOSTS.values(), _FILTER_NODES):
        for number, name in enumerate(hosts):
            yield name, {"A": [HOSTS[number].address]}
    for name in _NAME_SERVERS:
        yield name, {"A": [_LOCAL]}
    for hosts in FILTER_HOSTS.values():
        yield (
            f"_spf.{hosts[0].partition('.')[2]}",
            {"TXT": ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"]},
        )


def _firm(firm: Firm) -> Iterator[tuple[str, Records]]:
    filtered_by = next((slug for slug in firm.upstreams if slug in FILTER_HOSTS), "")
    yield from _domain(firm.domain, filtered_by, DNS_GAPS.get(firm.domain, ""), firm.routes)
    if firm is FIRMS[0]:
        yield firm.domain, {"TXT": [*_VERIFICATIONS, *_spf(filtered_by, "")]}
    for alias in firm.aliases:
        yield from _domain(alias, filtered_by, "", firm.routes)


def _domain(
    name: str, filtered_by: str, gap: str, routes: tuple[str, ...] = ("mail.hosting.example",)
) -> Iterator[tuple[str, Records]]:
    """Yield the names of one domain and their records."""
    records: Records = {
        "A": [_WEB],
        "AAAA": ["::1"],
        "MX": _mx(filtered_by, gap, routes),
        "TXT": _spf(filtered_by, gap),
    }
    soa: Records = {"SOA": [_SOA], "NS": [f"{host}." for host in _NAME_SERVERS]}
    yield name, soa | {kind: values for kind, values in records.items() if values}
    yield f"www.{name}", {"CNAME": [f"{name}."]}
    yield f"autodiscover.{name}", {"CNAME": [f"{routes[0]}."]}
    if gap != "dmarc-missing":
        policy = "none" if gap == "dmarc-none" else "reject"
        yield f"_dmarc.{name}", {"TXT": [f"v=DMARC1; p={policy}; rua=mailto:dmarc@{name}"]}
    if gap != "dkim-missing" and filtered_by:
        key = "" if gap == "dkim-revoked" else DKIM_PUBLIC_KEY
        yield f"{DKIM_SELECTORS[filtered_by]}._domainkey.{name}", {"TXT": [f"v=DKIM1; k=rsa; p={key}"]}


def _mx(filtered_by: str, gap: str, routes: tuple[str, ...]) -> list[str]:
    hosts = FILTER_HOSTS.get(filtered_by, routes)
    if gap == "mx-missing":
        return []
    if gap == "mx-bypassed":
        hosts = routes
    elif gap == "mx-mixed":
        hosts = (hosts[0], routes[0])
    return [f"{10 * number} {host}." for number, host in enumerate(hosts, start=1)]


def _spf(filtered_by: str, gap: str) -> list[str]:
    hosts = FILTER_HOSTS.get(filtered_by)
    include = f" include:_spf.{hosts[0].partition('.')[2]}" if hosts else ""
    match gap:
        case "spf-missing":
            return []
        case "spf-open":
            return [f"v=spf1 mx{include} +all"]
        case "spf-twice":
            return [f"v=spf1 mx{include} -all", "v=spf1 ip4:198.51.100.0/24 ~all"]
        case _:
            return [f"v=spf1 mx{include} -all"]
