"""Do the MX records of a domain lead to the filter? (RFC 5321, 5.1)"""

from __future__ import annotations

from app.checks.findings import Findings
from app.checks.resolver import LookupFailed, Resolver
from app.checks.zone import mx_lines
from app.core.health import WantedHosts
from app.core.model import Reading, Verdict
from app.core.ports import Clock
from app.core.text import literal, msg

CHECK = "mx"
_SHOWN = 10  # hosts that are named


def mail_exchangers(resolver: Resolver, domain: str, wanted: WantedHosts, clock: Clock) -> Reading:
    """Pass when all records lead to wanted hosts, fail when none does; unknown where nobody says which are wanted."""
    hosts = tuple(host.lower().rstrip(".") for host in wanted.hosts)
    expected = msg("{hosts} ({by})", hosts=", ".join(hosts), by=wanted.by) if hosts else None
    publish = mx_lines(domain, hosts)

    reading = Findings(CHECK, expected, clock)
    try:
        records = [record.host for record in resolver.mx(domain)]
    except LookupFailed as failed:
        if not failed.absent:
            return reading.silent(failed.message)
        text = msg("Publish MX records that lead to the filter: without them mail is not filtered.")
        return reading(Verdict.FAIL, failed.message, text, record=publish)
    if records == [""]:
        text = msg("It says that the domain takes no mail (a null MX, RFC 7505).")
        return reading(Verdict.FAIL, text, msg("Publish MX records that lead to the filter."), record=publish)
    value = " ".join(sorted(records))
    found = literal(", ".join(records[:_SHOWN]))
    if not hosts:
        return reading(Verdict.UNKNOWN, found, wanted.reason, value=value)
    foreign = [host for host in records if host not in hosts]
    if not foreign:
        return reading(Verdict.PASS, found, value=value)
    if len(foreign) == len(records):
        text = msg(
            "No MX record leads to the filter: mail arrives unfiltered. Publish these records instead."
        )
        return reading(Verdict.FAIL, found, text, record=publish, value=value)
    text = msg(
        "Senders may go past the filter by {hosts}. Remove what does not lead to it.",
        hosts=", ".join(foreign[:_SHOWN]),
    )
    return reading(Verdict.WARN, found, text, record=publish, value=value)
