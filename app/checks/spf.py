"""Is the SPF record of a domain there, readable, and within its ten look-ups? (RFC 7208)"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from checkdmarc.spf import SPFError, parse_spf_record

from app.checks.asking import Asking
from app.checks.findings import LATER, Findings
from app.checks.resolver import LookupFailed, Resolver
from app.checks.zone import txt_line
from app.core.model import Reading, Verdict
from app.core.ports import Clock
from app.core.text import literal, msg

log = logging.getLogger("gatehouse.checks")

CHECK = "spf"
LOOKUPS = 10  # RFC 7208, 4.6.4
_LONGEST = 4000  # characters of a record that is looked into
_SHOWN = 300  # characters of a record that are shown
_EXPECTED = msg("One record that names all servers that send for the domain, with at most 10 look-ups.")
_PUBLISH = msg(
    "Publish a record like this one, with every further server that sends for the domain. Write -all in place of ~all "
    "once it is complete."
)


def sender_policy(
    resolver: Resolver, domain: str, senders: Sequence[str], clock: Clock, seconds: float
) -> Reading:
    """Pass, warn where the record lets everybody send, fail without a good one, unknown where DNS does not answer.

    `senders`: hosts that are known to send for the domain; they stand in the record that is proposed.
    """
    finding = Findings(CHECK, _EXPECTED, clock)
    publish = txt_line(domain, proposal(senders))
    try:
        texts = [text for text in resolver.texts(domain) if _is_spf(text)]
    except LookupFailed as failed:
        if not failed.absent:
            return finding.silent(failed.message)
        texts = []
    if not texts:
        text = msg("{domain} has no SPF record.", domain=domain)
        return finding(Verdict.FAIL, text, _PUBLISH, record=publish)
    if len(texts) > 1:
        shown = "; ".join(text[:_SHOWN] for text in texts[:3])
        found = msg("{count} SPF records stand at one name: {texts}", count=len(texts), texts=shown)
        return finding(Verdict.FAIL, found, msg("Join them into one: receivers take none of them."))
    if len(texts[0]) > _LONGEST:
        found = msg("The SPF record has {count} characters.", count=len(texts[0]))
        return finding(Verdict.FAIL, found, msg("Shorten it: receivers do not read so long a record."))
    return _examined(Asking(resolver, seconds), domain, texts[0], finding)


def proposal(senders: Sequence[str]) -> str:
    """The text of an SPF record for a domain whose mail is sent by its MX and by these hosts."""
    hosts = [f"a:{host}" for host in dict.fromkeys(senders)]
    return " ".join(["v=spf1", "mx", *hosts[:4], "~all"])


def _is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def _examined(asking: Asking, domain: str, record: str, finding: Findings) -> Reading:
    """What the library finds in the only record."""
    parsed: Mapping[str, Any] = {}
    try:
        parsed = parse_spf_record(record, domain, resolver=asking, retries=0, ignore_too_many_lookups=True)
        problem = str(parsed.get("error") or "")
    except SPFError as error:
        problem = str(error)
    except Exception:
        # The library meets text that anybody may publish; what it trips over is no finding about the domain.
        log.exception("the SPF record of %s could not be examined", domain)
        text = msg("The record could not be examined; the log has the details.")
        return finding(Verdict.UNKNOWN, literal(record[:_SHOWN]), text)
    return _judged(asking, record, parsed, problem, finding)


def _judged(
    asking: Asking, record: str, parsed: Mapping[str, Any], problem: str, finding: Findings
) -> Reading:
    found = literal(record[:_SHOWN])
    lookups = parsed.get("dns_lookups") or 0
    if asking.too_many or lookups > LOOKUPS:
        text = msg(
            "Reading it takes {count} DNS look-ups; receivers stop after 10 and take the record as broken. Replace "
            "includes by addresses, or leave some out.",
            count=lookups if lookups > LOOKUPS else msg("far too many"),
        )
        return finding(Verdict.FAIL, found, text)
    if asking.unanswered:
        text = msg(
            "DNS did not answer for {name}, which it names. {later}", name=asking.unanswered[0], later=LATER
        )
        return finding(Verdict.UNKNOWN, found, text)
    if problem:
        return finding(Verdict.FAIL, found, msg("Correct it: {problem}", problem=problem[:_SHOWN]))
    rest = (parsed.get("parsed") or {}).get("all")
    if rest == "pass":
        return finding(
            Verdict.FAIL, found, msg("+all lets every server in the world send. Write ~all or -all.")
        )
    if rest == "neutral" and not (parsed.get("parsed") or {}).get("redirect"):
        return finding(
            Verdict.WARN, found, msg("It says nothing about other servers. End it with ~all or -all.")
        )
    return finding(Verdict.PASS, found)
