"""What the sandbox's own DNS says about a domain, as the Control Panel would see it."""

from __future__ import annotations

import dns.message
import dns.rcode

from app.sandbox import zones
from app.sandbox.company import DKIM_SELECTORS, FILTER_HOSTS

NO_RECORDS, SUCCESS, FAILED, UNKNOWN = "no-records", "success", "failed", "unknown"

_SLUG = "hornetsecurity"
_INCLUDE = "include:_spf." + FILTER_HOSTS[_SLUG][0].partition(".")[2]


def _ask(name: str, kind: str) -> tuple[list[str], bool]:
    """Return the records of a name and whether the DNS is responsible for it at all."""
    packet = zones.respond(dns.message.make_query(name, kind).to_wire(), udp=False)
    if packet is None:
        return [], False
    answer = dns.message.from_wire(packet)
    return [
        record.to_text() for rrset in answer.answer for record in rrset
    ], answer.rcode() != dns.rcode.REFUSED


def mx_is_ours(domain: str) -> bool:
    """Tell whether every MX record of the domain names one of our hosts, and there is one."""
    hosts = {text.split()[-1].rstrip(".") for text in _ask(domain, "MX")[0]}
    return bool(hosts) and hosts.issubset(FILTER_HOSTS[_SLUG])


def authentication(domain: str) -> dict[str, str]:
    """Return the verdicts on SPF, DKIM and DMARC: no-records, success, failed or unknown."""
    if not _ask(domain, "SOA")[1]:
        return dict.fromkeys(("spf", "dkim", "dmarc"), UNKNOWN)
    selector = f"{DKIM_SELECTORS[_SLUG]}._domainkey.{domain}"
    return {
        "spf": _verdict(
            [text for text in zones.texts(domain) if text.startswith("v=spf1")], _INCLUDE, "+all"
        ),
        "dkim": _verdict(zones.texts(selector), "p=M", "p=;"),
        "dmarc": _verdict(zones.texts(f"_dmarc.{domain}"), "v=DMARC1", "p=;"),
    }


def _verdict(records: list[str], needed: str, forbidden: str) -> str:
    """Judge the records of one kind: exactly one, with what must be and without what must not."""
    if not records:
        return NO_RECORDS
    good = len(records) == 1 and needed in records[0] and forbidden not in records[0]
    return SUCCESS if good else FAILED
