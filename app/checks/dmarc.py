"""Does a domain publish a DMARC policy, and does the policy ask for anything? (RFC 7489)"""

from __future__ import annotations

import logging
from typing import Any

from checkdmarc.dmarc import DMARCError, DMARCRecordNotFound, parse_dmarc_record, query_dmarc_record
from checkdmarc.utils import get_base_domain

from app.checks.asking import Asking
from app.checks.findings import Findings
from app.checks.resolver import Resolver
from app.checks.zone import txt_line
from app.core.model import Reading, Verdict
from app.core.ports import Clock
from app.core.text import literal, msg

log = logging.getLogger("gatehouse.checks")

CHECK = "dmarc"
_SHOWN = 300  # characters of a record that are shown
_LONGEST = 4000
# The library meets texts that anybody may publish; what it trips over is no finding about the domain.
_TRIPPED = "the DMARC record of %s could not be examined"
_NOT_EXAMINED = msg("The record could not be examined; the log has the details.")
_EXPECTED = msg("A policy of quarantine or reject.")


def domain_policy(resolver: Resolver, domain: str, clock: Clock, seconds: float) -> Reading:
    """Pass for quarantine and reject, warn for none, fail for no record or a bad one, unknown where DNS is silent."""
    finding = Findings(CHECK, _EXPECTED, clock)
    asking = Asking(resolver, seconds)
    start = txt_line(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
    try:
        queried = query_dmarc_record(domain, resolver=asking, retries=0, ignore_unrelated_records=True)
    except DMARCError as error:
        silent = _unanswered(asking, domain)
        if silent:
            return finding.silent(msg("The name servers give no answer for {name}.", name=silent))
        if isinstance(error, DMARCRecordNotFound) or asking.unanswered:
            text = msg(
                "Publish this record: reports then show who sends in the name of the domain. Go on to p=quarantine when "
                "they show nothing wrong."
            )
            found = msg("{domain} has no DMARC record.", domain=domain)
            return finding(Verdict.FAIL, found, text, record=start)
        return finding(Verdict.FAIL, literal(str(error)[:_SHOWN]), msg("Correct the record."), record=start)
    except Exception:
        log.exception(_TRIPPED, domain)
        return finding(Verdict.UNKNOWN, literal(domain), _NOT_EXAMINED)
    record, location = str(queried["record"]), str(queried["location"])
    if len(record) > _LONGEST:
        text = msg("The DMARC record has {count} characters.", count=len(record))
        return finding(Verdict.FAIL, text, msg("Correct the record."), record=start)
    return _examined(resolver, domain, location, record, finding, seconds)


def _unanswered(asking: Asking, domain: str) -> str:
    """The first name that DNS gave no answer for, "" where only names above the organisation's own stayed out."""
    base = get_base_domain(domain)
    return next((name for name in asking.unanswered if f".{name}".endswith(f".{base}")), "")


def _examined(
    resolver: Resolver, domain: str, location: str, record: str, finding: Findings, seconds: float
) -> Reading:
    """What the record asks for. Where reports go is looked up as well, and is no reason for another verdict."""
    found = literal(record[:_SHOWN])
    try:
        parsed = parse_dmarc_record(
            record, location, resolver=Asking(resolver, seconds), retries=0, ignore_unrelated_records=True
        )
    except DMARCError as error:
        return finding(Verdict.FAIL, found, msg("Correct it: {problem}", problem=str(error)[:_SHOWN]))
    except Exception:
        log.exception(_TRIPPED, domain)
        return finding(Verdict.UNKNOWN, found, _NOT_EXAMINED)
    policy = _policy(parsed["tags"], inherited=location != domain)
    if policy == "none":
        text = msg("p=none only asks for reports: forged mail is delivered. Go on to p=quarantine.")
        return finding(Verdict.WARN, found, text, record=txt_line(f"_dmarc.{location}", _stricter(record)))
    return finding(Verdict.PASS, found)


def _policy(tags: Any, *, inherited: bool) -> str:
    """The policy that holds for the domain itself: below another domain that one's `sp`, where it has one."""
    chosen = tags.get("sp") if inherited and "sp" in tags else tags.get("p")
    return str((chosen or {}).get("value", "")).lower()


def _stricter(record: str) -> str:
    """The same record with p=quarantine."""
    parts = [part.strip() for part in record.split(";") if part.strip()]
    others = [part for part in parts[1:] if part.partition("=")[0].strip().lower() != "p"]
    return "; ".join([*parts[:1], "p=quarantine", *others])
