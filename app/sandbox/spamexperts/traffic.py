"""A month of believable mail for the demo company: every class, every status, queue and quarantine included."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.sandbox import seed
from app.sandbox.company import Firm, Person
from app.sandbox.spamexperts.messages import INCOMING, OUTGOING
from app.sandbox.spamexperts.names import NODES
from app.sandbox.spamexperts.unreachable import delivery_error

DAYS = 30
_DAY = 86_400
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class _Kind:
    """One sort of mail: how often, its class and status, and what the filter noted."""

    weight: int
    classification: str
    status: str
    details: str
    senders: str
    max_age: int = DAYS * _DAY


_KINDS = (
    _Kind(520, "not-spam", "delivered", "", "partners"),
    _Kind(60, "allow list", "delivered", "sender whitelist", "partners"),
    _Kind(150, "spam", "quarantined", "combined score 0.98", "spammers"),
    _Kind(60, "spam", "rejected", "DNSBL", "spammers"),
    _Kind(35, "phish", "quarantined", "URL on phishing list", "phishers"),
    _Kind(18, "virus", "quarantined", "Sanesecurity.Malware.28391", "spammers"),
    _Kind(30, "unsure", "delivered", "combined score 0.55", "newsletters"),
    _Kind(25, "block list", "rejected", "sender blacklist", "newsletters"),
    _Kind(14, "spam", "released", "combined score 0.91", "newsletters"),
    _Kind(10, "spam", "quarantine-removed", "combined score 0.99", "spammers"),
    _Kind(8, "spam", "auto-released", "combined score 0.90", "newsletters"),
    _Kind(18, "not-spam", "not-accepted", "", "partners"),
    _Kind(6, "not-spam", "delivery-failed", "", "partners"),
    _Kind(6, "not-spam", "bounced", "", "partners"),
    _Kind(5, "error", "rejected", "message could not be parsed", "spammers"),
    _Kind(5, "unknown", "delivered", "", "newsletters"),
    _Kind(4, "not-spam", "queue-expired", "", "partners"),
    _Kind(9, "not-spam", "queued", "", "partners", 6 * 3600),
    _Kind(3, "not-spam", "queue-frozen", "", "bounces", 3 * _DAY),
)

_SENDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "partners": (
        ("Buchhaltung Elbe Spedition", "buchhaltung@elbe-spedition.example.net"),
        ("Northern Bank", "statements@bank.example.org"),
        ("Sørlie Regnskap", "post@regnskap.example.org"),
        ("Papeterie Duval", "commandes@papeterie.example.net"),
        ("Talleres Vidal", "pedidos@vidal.example.org"),
        ("Harbour Authority", "berths@harbour.example.org"),
        ("Spokes Ltd", "orders@spokes.example.net"),
        ("Auditors LLP", "auditors@auditors.example.org"),
    ),
    "newsletters": (
        ("Deals of the Week", "newsletter@deals.example.org"),
        ("Web Seminar Team", "webinar@events.example.net"),
        ("Trade Fair News", "news@fair.example.org"),
        ("Fish Auction", "fangst@auktion.example.net"),
    ),
    "spammers": (
        ("Prize Department", "win@prize.example.net"),
        ("Lottery Office", "claims@lottery.example.net"),
        ("Dr. Pharma", "offers@pills.example.net"),
        ("SEO Expert", "rank@seo.example.net"),
        ("Crypto Signals", "moon@coins.example.net"),
    ),
    "phishers": (
        ("Mail Administrator", "admin@mailbox-quota.example.net"),
        ("Parcel Service", "tracking@parcel-fee.example.net"),
        ("Northern Bank Security", "security@bank-login.example.net"),
    ),
    "bounces": (("Mail Delivery System", ""),),
}

_SUBJECTS: dict[str, tuple[str, ...]] = {
    "partners": (
        "Rechnung 2291 vom Monatsende", "Delivery note for order 40817", "Facture en attente", "Pedido confirmado",
        "Møte på torsdag", "Tilbud på nye hylder", "Berth plan for next week", "Re: Angebot Kühlhaus", "Minutes of Tuesday",
    ),
    "newsletters": ("Only this week: 20% off", "Your invitation to the web seminar", "Messe-Neuigkeiten", "Auktion i morgen"),
    "spammers": (
        "You are our lucky winner", "Cheap pills, fast shipping", "Rank first in one week", "Double your coins today",
        "Final notice: unclaimed prize",
    ),
    "phishers": ("Your mailbox is almost full", "Parcel held at customs", "Ihr Konto wurde gesperrt", "Confirm your login"),
    "bounces": ("Undelivered Mail Returned to Sender",),
}  # fmt: skip

_REFUSALS = {
    "not-accepted": "550 5.1.1 Recipient address rejected: user unknown",
    "delivery-failed": "554 5.7.1 Service refused",
    "bounced": "552 5.2.2 Mailbox is full",
    "queue-expired": "retry timeout exceeded",
    "queued": "451 4.3.0 Temporary failure, try again later",
    "queue-frozen": "Frozen: bounce message could not be delivered",
}


def messages_for(firm: Firm, smtp_port: int, now: float | None = None) -> list[dict[str, Any]]:
    """Return a month of incoming mail of one firm, oldest first; the same mail at each start, with fresh dates."""
    rng = seed.chance("spamexperts", firm.domain)
    end = int(now or time.time())
    rows = []
    for person in firm.people:
        for _ in range(rng.randrange(60, 110)):
            kind = rng.choices(_KINDS, weights=[kind.weight for kind in _KINDS])[0]
            rows.append(_incoming(firm, person, kind, rng, end, smtp_port))
    return sorted(rows, key=lambda row: row["timestamp"])


def hostile_for(firm: Firm, subjects: Iterable[str], now: float | None = None) -> list[dict[str, Any]]:
    """Return a quarantined message of two weeks ago for each of these subjects, all to a firm's first person."""
    rng = seed.chance("spamexperts", "hostile", firm.domain)
    recipient = f"{firm.people[0].local_part}@{firm.domain}"
    rows = []
    for number, subject in enumerate(subjects):
        at = int(now or time.time()) - 14 * _DAY - 60 * number
        row = _blank(rng, at, INCOMING, firm.domain, "attacker@hostile.example.net", recipient)
        named = {"from_header": "Attacker <attacker@hostile.example.net>", "to_header": recipient}
        judged = {"classification": "virus", "classification_code": "virus", "status": "quarantined"}
        rows.append({**row, **named, **judged, "subject_header": subject})
    return rows


def sent_by(firm: Firm, username: str, now: float | None = None) -> list[dict[str, Any]]:
    """Return a month of outgoing mail of one firm's outgoing user."""
    rng = seed.chance("spamexperts", "outgoing", firm.domain)
    end = int(now or time.time())
    return [_outgoing(firm, username, rng, end) for _ in range(120)]


def _incoming(
    firm: Firm, person: Person, kind: _Kind, rng: random.Random, end: int, smtp_port: int
) -> dict[str, Any]:
    name, sender = rng.choice(_SENDERS[kind.senders])
    recipient = f"{person.local_part}@{firm.domain}"
    error = delivery_error([(host, smtp_port) for host in firm.routes])
    status = "queued" if error and kind.status == "delivered" and rng.random() < 0.05 else kind.status
    age = min(kind.max_age, _DAY * 3 if status == "queued" else DAYS * _DAY)
    row = _blank(rng, end - rng.randrange(600, age), INCOMING, firm.domain, sender, recipient)
    row |= {
        "from_header": f"{name} <{sender or 'mailer-daemon@' + row['sender_host']}>",
        "to_header": f"{person.local_part}@{firm.domain}",
        "subject_header": rng.choice(_SUBJECTS[kind.senders]),
        "status": status,
        "classification": kind.classification,
        "classification_code": kind.classification.replace(" ", "-"),
        "classification_details": kind.details,
        "delivery_data": _REFUSALS.get(status, ""),
    }
    if status in ("delivered", "released", "auto-released"):
        row |= _delivered(row, firm.routes[0], smtp_port)
    return row


def _outgoing(firm: Firm, username: str, rng: random.Random, end: int) -> dict[str, Any]:
    person = rng.choice(firm.people)
    name, partner = rng.choice(_SENDERS["partners"])
    sender = f"{person.local_part}@{firm.domain}"
    row = _blank(rng, end - rng.randrange(600, DAYS * _DAY), OUTGOING, firm.domain, sender, partner)
    bad = rng.random() < 0.04
    row |= {
        "sender_host": firm.routes[0],
        "helo": firm.routes[0],
        "from_header": f"{person.name} <{sender}>",
        "to_header": f"{name} <{partner}>",
        "subject_header": rng.choice(_SUBJECTS["partners"]),
        "status": "quarantined" if bad else "delivered",
        "classification": "spam" if bad else "not-spam",
        "classification_code": "spam" if bad else "not-spam",
        "auth_user": username,
        "identity": sender,
    }
    return row | ({} if bad else _delivered(row, f"mx.{partner.rpartition('@')[2]}", 25))


def _blank(
    rng: random.Random, timestamp: int, direction: str, domain: str, sender: str, recipient: str
) -> dict[str, Any]:
    host = f"mx.{sender.rpartition('@')[2]}" if sender else "mx.harbour.example.org"
    size = int(rng.lognormvariate(9.5, 1.3))
    return {
        "id": _exim_id(timestamp, rng),
        "direction": direction,
        "filtering_host": rng.choice(NODES),
        "domain": domain,
        "sender": sender,
        "recipient": recipient,
        "timestamp": timestamp,
        "sender_host": host,
        "sender_ip": f"198.51.100.{rng.randrange(1, 255)}",
        "helo": host,
        "incoming_size": size,
        "outgoing_size": size + 412,
        "bandwidth": 2 * size,
        "from_header": "",
        "to_header": "",
        "cc_header": "",
        "subject_header": "",
        "status": "",
        "classification": "",
        "classification_details": "",
        "classification_code": "",
        "auth_user": "",
        "identity": "",
        "delivery_date": 0,
        "delivery_ip": "",
        "delivery_fqdn": "",
        "delivery_port": "",
        "delivery_data": "",
        "archive_id": "",
    }


def _delivered(row: dict[str, Any], host: str, port: int) -> dict[str, Any]:
    return {
        "delivery_date": row["timestamp"] + 4,
        "delivery_ip": "192.0.2.25",
        "delivery_fqdn": host,
        "delivery_port": port,
        "delivery_data": f"250 2.0.0 OK {row['id']}",
    }


def _exim_id(timestamp: int, rng: random.Random) -> str:
    """Return an id of the form ``1ZPhsl-0004Im-99``: the time, a process and a fraction in base 62."""
    return f"{_base62(timestamp, 6)}-{_base62(rng.randrange(62**4), 6)}-{_base62(rng.randrange(62**2), 2)}"


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits
