"""What the Control Panel says of a customer's domains in DNS (Hornetsecurity contract sheet, 5.4 and 5.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.model import Reading, Verdict
from app.core.names import display
from app.core.text import Message, msg
from app.net.http import Answer
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.places import Place, Places
from app.providers.hornetsecurity.wire import boolean, number, read_answer
from app.providers.hornetsecurity.wire_tree import normal_name

Json = Any

SOURCE = "Hornetsecurity"
_HOSTS = 20
_LONGEST = 253
_DOMAINS = 50  # of one customer that are told
_NAMES = {"spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC"}
_WORDS: Mapping[str, tuple[Verdict, Message]] = {
    "success": (Verdict.PASS, msg("The {name} record is as it should be.")),
    "failed": (Verdict.FAIL, msg("The {name} record is there, and not as it should be.")),
    "no-records": (Verdict.FAIL, msg("There is no {name} record.")),
    "unknown": (Verdict.UNKNOWN, msg("The panel does not know.")),
}
_ADVICE = msg(
    "Correct the record at whoever keeps the DNS of {domain}; our own look at DNS below says what is wrong."
)
_SKIPPED = msg("The panel left out its checks of DNS this time.")


class Health:
    """Reads of one connection."""

    def __init__(self, panel: ControlPanel, places: Places) -> None:
        self._panel = panel
        self._places = places

    def last(self, domain: str) -> list[Reading]:
        """SPF, DKIM and DMARC as the panel sees them, and whether MX records lead to the filter. Raises NotFound."""
        place = self._places.find(domain)
        query = {"object_id": place.customer.id}
        answer = self._panel.read("GET /email_authentication/dns_check/", query=query)
        return [*_exchangers(place), *read_check(answer, domain)]

    def filter_hosts(self, domain: str) -> list[str]:
        """The MX hosts of the customer's region, the preferred one first. Raises NotFound."""
        query = {"object_id": self._places.find(domain).customer.id}
        return read_hosts(self._panel.read("GET /mx_records/", query=query))


def _exchangers(place: Place) -> list[Reading]:
    """Whether the MX records of the customer's domains lead to the filter, as `/domains/` says (`verified`)."""
    found = []
    for row in place.rows[:_DOMAINS]:
        subject = "" if row.primary else row.name
        if row.verified:
            text = msg("The MX records lead to the filter.")
            found.append(Reading("mx", Verdict.PASS, text, source=SOURCE, subject=subject))
            continue
        text = msg("The MX records of {domain} do not lead to the filter.", domain=display(row.name))
        advice = msg("Make them lead to the filter; our own look at DNS has the records to publish.")
        found.append(Reading("mx", Verdict.FAIL, text, advice=advice, source=SOURCE, subject=subject))
    return found


def read_check(answer: Answer, domain: str) -> list[Reading]:
    """The readings of a `dns_check`; a word that the sheet does not name is unknown, never a pass."""
    value = read_answer(answer)
    rows = value.get("domains") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise answer.unreadable(msg("The answer is not the DNS check that was asked for."))
    if boolean(value.get("dns_checks_skipped")):
        return [Reading(check, Verdict.UNKNOWN, _SKIPPED, source=SOURCE) for check in _NAMES]
    found = []
    for row in rows[:_DOMAINS]:
        name = normal_name(str(row.get("domain"))) if isinstance(row, dict) else None
        if name is None:
            continue
        subject = "" if name == domain else name
        found += [_reading(check, str(row.get(check)), name, subject) for check in _NAMES]
    return found


def _reading(check: str, word: str, domain: str, subject: str) -> Reading:
    verdict, text = _WORDS.get(word, _WORDS["unknown"])
    found = Message(text.template, {"name": _NAMES[check]})
    advice = None if verdict is Verdict.PASS else Message(_ADVICE.template, {"domain": display(domain)})
    return Reading(check, verdict, found, advice=advice, source=SOURCE, subject=subject)


def read_hosts(answer: Answer) -> list[str]:
    """The hosts of `/mx_records/`; priorities are texts, and may be equal."""
    value = read_answer(answer)
    if not isinstance(value, list):
        raise answer.unreadable(msg("The answer is not the list of MX hosts that was asked for."))
    rows: Sequence[Mapping[str, Json]] = [row for row in value[:_HOSTS] if isinstance(row, dict)]
    usable = [row for row in rows if isinstance(row.get("server"), str) and row["server"].isascii()]
    ordered = sorted(usable, key=lambda row: number(row.get("priority")) or 0)
    return [row["server"].strip().rstrip(".").lower()[:_LONGEST] for row in ordered]
