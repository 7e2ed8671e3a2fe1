"""Health reports of domains and their platforms, and trying a relay (Cleanmail REST API manual, 5.11, 6.24 and 6.31)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from app.core.errors import Conflict, NotFound, NotSupported, NotThere
from app.core.model import Reading, Route, Verdict
from app.core.names import display
from app.core.text import Message, literal, msg
from app.net.http import Answer
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.platforms import ROUTES, Platform, port_of
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, moment_of, read_answer, read_rows, rows_of, text_of
from app.providers.cleanmail.wire_domains import Record, name_of

Json = Any

SOURCE = "Cleanmail"
_PLATFORMS = 10  # of one domain that are asked for
_ENTRIES = 30  # of one report that are read
_LINES = 12  # of one entry's output that are shown
_LINE = 300
_KIND = re.compile(r"[a-z0-9_-]{1,30}")
_CHECKS = {"smtp": "route", "relay": "route"}

_ADVICE: Mapping[str, Message] = {
    "ERROR_MX_MISSING_ENTRY": msg("Publish MX records that lead to Cleanmail; without them no mail arrives."),
    "ERROR_MX_INVALID_ENTRY": msg("Make the MX records lead to the hosts that Cleanmail requires."),
    "ERROR_DKIM_MISSING_ENTRY": msg("Publish the DKIM record that the tab DKIM shows."),
    "ERROR_DKIM_INVALID_COUPLE": msg(
        "DNS publishes another key than the one Cleanmail signs with. Publish the record that the tab DKIM shows."
    ),
}
"""Manual, 6.32: what to do about each result that it names."""

_BY_CHECK: Mapping[str, Message] = {
    "route": msg("Check host, port and encryption of the route, and that its firewall lets Cleanmail in."),
    "auth": msg("Check the sign-in settings of the platform at Cleanmail."),
    "api": msg("Check the mailbox access of the platform at Cleanmail."),
}


class Health:
    """The tests of one connection's domains."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    def last(self, domain: str) -> list[Reading]:
        """The last reports on a domain and its platforms. Raises NotFound."""
        return self._reports(domain, "getDomainHealth", "getDiagnosticOfExistingRelay")

    def run(self, domain: str) -> list[Reading]:
        """Tests the domain and its platforms now. Raises NotFound."""
        return self._reports(domain, "runDomainDiagnostic", "runDiagnosticOnExistingRelay")

    def failures(self) -> dict[str, list[Reading]]:
        """The reports with a failure in them, by domain; one call, and the list of domains for platforms."""
        rows = read_rows(self._client.call("getHealthErrors"), "getHealthErrors")
        owners: Mapping[str, str] = {}
        if any(text_of(row, "type").upper() != "DOMAIN" for row in rows):
            owners = self._reads.owners_of_platforms()
        found: dict[str, list[Reading]] = {}
        for row in rows:
            of_domain = text_of(row, "type").upper() == "DOMAIN"
            name = name_of(text_of(row, "name")) if of_domain else owners.get(id_of(row), "")
            report = row.get("health")
            if name and isinstance(report, dict):
                subject = "" if of_domain else text_of(row, "name", 100)
                found.setdefault(name, []).extend(read_report(report, subject))
        return found

    def try_relay(self, routes: Sequence[Route]) -> list[Reading]:
        """What Cleanmail meets at a main host and its fallback; nothing is stored. Raises NotSupported for more routes."""
        if not 1 <= len(routes) <= ROUTES:
            raise NotSupported("relay_try", msg("Cleanmail tries one route and one fallback at once."))
        main, fallback = routes[0], routes[1] if len(routes) > 1 else None
        wanted: dict[str, Json] = {
            "transportDest": main.host,
            "transportPort": port_of(main),
            "authType": inferred.LOCAL_SIGN_IN,
        }
        if fallback is not None:
            wanted |= {"fallbackTransportDest": fallback.host, "fallbackTransportPort": port_of(fallback)}
        answer = self._client.call("tryRelayConfiguration", wanted)
        record = read_answer(answer, "tryRelayConfiguration")
        if not isinstance(record, dict):
            raise answer.unreadable(msg("The answer is not the report that was asked for."))
        return read_report({"report": record}, ", ".join(str(route) for route in routes))

    # --- inner parts ---

    def _reports(self, domain: str, of_domain: str, of_platform: str) -> list[Reading]:
        record = self._reads.record(domain)
        if record.deleted:
            raise Conflict(msg("{domain} is marked as deleted at Cleanmail.", domain=display(domain)))
        asks: list[Callable[[], list[Reading]]] = [partial(self._of_domain, record, of_domain)]
        asks += [partial(self._of_platform, one, of_platform) for one in record.platforms[:_PLATFORMS]]
        return [reading for readings in in_order(asks, 4) for reading in readings]

    def _of_domain(self, record: Record, operation: str) -> list[Reading]:
        answer = self._client.call(operation, {"domainId": record.id})
        try:
            return _reported(answer, operation, "")
        except NotThere as gone:
            raise NotFound(msg("{domain} has no health report.", domain=display(record.name))) from gone

    def _of_platform(self, platform: Platform, operation: str) -> list[Reading]:
        answer = self._client.call(operation, {"platformId": platform.id})
        try:
            return _reported(answer, operation, platform.name)
        except NotThere:  # it went, or was never tested
            text = msg("The platform {name} has no report.", name=platform.name)
            return [Reading("route", Verdict.UNKNOWN, text, source=SOURCE, subject=platform.name)]


def _reported(answer: Answer, operation: str, subject: str) -> list[Reading]:
    value = read_answer(answer, operation)
    if not isinstance(value, dict) or not isinstance(value.get("report"), dict):
        raise answer.unreadable(msg("The answer is not the health report that was asked for."))
    return read_report(value, subject)


def read_report(health: Row, subject: str) -> list[Reading]:
    """The readings of an `EntityHealth`: one for each test, and the overall verdict where the tests do not say the same.

    `report.status` is not the worst of the entries, so both are shown (Cleanmail notes, 6).
    """
    at = moment_of(health, "performedAt")
    report = health.get("report")
    report = report if isinstance(report, dict) else {}
    entries = rows_of(report, "entries") or ()
    readings = [_entry(entry, subject) for entry in entries[:_ENTRIES]]
    good = all(reading.verdict is Verdict.PASS for reading in readings)
    if report.get("status") is False and good:
        text = msg("Cleanmail calls it failed, though no test of the report failed.")
        readings.append(Reading("report", Verdict.FAIL, text, source=SOURCE, subject=subject))
    elif not readings:
        text = msg("The report holds no test.")
        readings.append(Reading("report", Verdict.UNKNOWN, text, source=SOURCE, subject=subject))
    return [replace(reading, seen_at=at) for reading in readings]


def _entry(entry: Row, subject: str) -> Reading:
    """One test. A result that the manual does not name is unknown, never a pass (Cleanmail notes, 6)."""
    kind = text_of(entry, "type", 30).lower()
    check = _CHECKS.get(kind, kind) if _KIND.fullmatch(kind) else "report"
    result = text_of(entry, "result", 60)
    verdict = (
        Verdict.PASS if result == "OK" else Verdict.FAIL if result.startswith("ERROR") else Verdict.UNKNOWN
    )
    output = entry.get("output")
    lines = (
        [text_of({"line": line}, "line", _LINE) for line in output[:_LINES]]
        if isinstance(output, list)
        else []
    )
    if verdict is Verdict.PASS and any(line.startswith(inferred.RELAY_REMARK) for line in lines):
        verdict = Verdict.WARN
    found = "; ".join(line for line in lines if line) or result or "?"
    advice = None
    if verdict is not Verdict.PASS:
        advice = _ADVICE.get(result) or _BY_CHECK.get(check)
    return Reading(check, verdict, literal(found), advice=advice, source=SOURCE, subject=subject)
