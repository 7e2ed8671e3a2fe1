"""The mail log: thousands of mails over six weeks, made up from the calendar instead of stored.

Each customer's mails of a day follow from the customer and the date alone, so the log is the same on every
run, grows while time passes, forgets what is older than the retention, and costs nothing until somebody
looks. Only what callers did to a mail (released, marked, deleted) is stored.
"""

from __future__ import annotations

import base64
import hashlib
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.sandbox.hornetsecurity import corpus
from app.sandbox.hornetsecurity.enums import (
    ADVTHREAT,
    CLEAN,
    CONTENT,
    INCOMING,
    INFO,
    NO_STATUS,
    OUTGOING,
    REJECTED,
    SPAM,
    STATUS_DEFERRED,
    STATUS_DELIVERED,
    STATUS_REJECTED,
    THREAT,
)
from app.sandbox.hornetsecurity.store import Revision
from app.sandbox.state import State

RETENTION = timedelta(days=42)

_KINDS = (CLEAN, SPAM, INFO, REJECTED, THREAT, CONTENT, ADVTHREAT)
_INCOMING_WEIGHTS = (60, 15, 11, 6, 3, 3, 2)
_OUTGOING_WEIGHTS = (86, 3, 1, 4, 2, 3, 1)
_HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 16, 18, 17, 15, 12, 14, 16, 15, 13, 9, 5, 4, 3, 3, 2, 1)
_RECIPIENTS_OF_A_CIRCULAR = 14


@dataclass(slots=True)
class Mail:
    """One row of the log: one mail to (or from) one address of ours. ``at`` counts seconds since 1970."""

    es_id: str
    message: str
    """Hex digest that the rows of one mail to several people share."""
    at: int
    direction: int
    customer: int
    owner: str
    partner: str
    subject: str
    classification: int
    reason: str
    status: int
    kilobytes: int
    crypt: int
    gateway: str
    host: str
    ip: str
    attachments: tuple[str, ...]
    archived: bool
    odd: bool = False
    """True on rows that carry ``""`` where the schema wants lists and booleans."""
    private: bool = False
    released: bool = False
    deleted: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def date(self) -> str:
        """The time as the API writes it."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def message_id(self) -> str:
        """The Message-ID without brackets."""
        return f"{self.message[:16]}.{self.at}@{self.host}"

    @property
    def msg_id(self) -> str:
        """The gateway's id of some 65 characters."""
        digest = hashlib.sha256(self.message.encode()).hexdigest()
        return f"{digest[:32]}-{digest[32:63]}"

    def checksum(self, name: str) -> str:
        """Return the MD5 that the API shows for an attachment."""
        return hashlib.md5(f"{self.message}/{name}".encode(), usedforsecurity=False).hexdigest()


def _es_id(seed: str, day: date, number: int) -> tuple[str, str]:
    """Return one of the three known forms of ids, and the digest behind it.

    Hornetsecurity contract sheet, 6.3.
    """
    digest = hashlib.blake2b(seed.encode(), digest_size=15).digest()
    opaque = base64.urlsafe_b64encode(digest).decode()
    month = f"{day:%Y_%m}_v3"
    if number % 10 == 7:
        return f"r{opaque}", digest.hex()
    if number % 10 > 7:
        return f"{month},{opaque}", digest.hex()
    return f"es02,{month},mail,{opaque}", digest.hex()


def _status(rng: random.Random, classification: int) -> int:
    if classification == REJECTED:
        return STATUS_REJECTED
    if classification not in (CLEAN, INFO):
        return NO_STATUS
    return STATUS_DEFERRED if rng.random() < 0.02 else STATUS_DELIVERED


def _mail(rng: random.Random, source: dict[str, Any], day: date, number: int, at: int) -> Mail:
    outgoing = rng.random() < 0.22
    weights = _OUTGOING_WEIGHTS if outgoing else _INCOMING_WEIGHTS
    kind = rng.choices(_KINDS, weights)[0]
    es_id, message = _es_id(f"{source['customer']}:{day}:{number}", day, number)
    address, host, ip = rng.choice(corpus.SENDERS[CLEAN if outgoing else kind])
    return Mail(
        es_id=es_id,
        message=message,
        at=at,
        direction=OUTGOING if outgoing else INCOMING,
        customer=source["customer"],
        owner=rng.choice(source["owners"]),
        partner=address,
        subject=rng.choice(corpus.SUBJECTS[kind]).replace("{n}", str(rng.randrange(1000, 99999))),
        classification=kind,
        reason=rng.choice(corpus.REASONS[kind]),
        status=_status(rng, kind),
        kilobytes=rng.randrange(2, 4000) if rng.random() < 0.2 else rng.randrange(2, 60),
        crypt=1 if kind in (SPAM, REJECTED) else rng.choice((7, 7, 7, 6, 5, 1)),
        gateway=rng.choice(corpus.GATEWAYS),
        host=host,
        ip=ip,
        attachments=rng.choice(corpus.ATTACHMENTS[kind]),
        archived=source["archiving"] and kind in (CLEAN, INFO),
        odd=number % 97 == 5,
    )


def _circular(mail: Mail, owners: list[str]) -> Iterator[Mail]:
    """Yield the rows of the other recipients of a mail to many."""
    others = [owner for owner in owners if owner != mail.owner][: _RECIPIENTS_OF_A_CIRCULAR - 1]
    for number, owner in enumerate(others):
        values = {name: getattr(mail, name) for name in Mail.__slots__ if name != "history"}
        yield Mail(**{**values, "owner": owner, "es_id": f"{mail.es_id[:-2]}{number:02d}"})


def mails_of_day(source: dict[str, Any], day: date) -> list[Mail]:
    """Return all mails of one customer on one day; the same ones whenever asked.

    ``source`` is ``{customer, owners, per_day, archiving}``: the customer's id, the addresses that write and
    receive, and the number of mails on a working day.
    """
    rng = random.Random(f"{source['customer']}:{day.toordinal()}")
    count = source["per_day"] if day.weekday() < 5 else source["per_day"] // 4
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    hours = rng.choices(range(24), _HOURS, k=count)
    mails: list[Mail] = []
    for number, hour in enumerate(hours):
        mail = _mail(rng, source, day, number, midnight + hour * 3600 + rng.randrange(3600))
        mails.append(mail)
        if number == 11 and mail.direction == INCOMING and mail.classification in (CLEAN, INFO):
            mails += _circular(mail, source["owners"])
    return mails


class MailLog:
    """The mails of all customers, newest first.

    ``traffic`` names the sources, ``changes`` what was done to mails.
    """

    def __init__(self, state: State, revision: Revision) -> None:
        self._revision = revision
        self._traffic = state.table("traffic")
        self._changes = state.table("mail_changes")
        self.forget()

    def forget(self) -> None:
        """Drop what was made up; the next look makes it again from the tables."""
        self._days: dict[date, list[Mail]] = {}
        self._mails: list[Mail] = []
        self._keys: list[int] = []
        self._by_id: dict[str, Mail] = {}

    def drop(self, customers: set[int]) -> None:
        """Forget the mails of these customers for good."""
        sources = [key for key in self._traffic if int(key) in customers]
        for key in sources:
            del self._traffic[key]
        if sources:
            self.forget()

    def _ensure(self, today: date) -> None:
        if today in self._days:
            return
        wanted = [today - timedelta(days=back) for back in range(RETENTION.days + 1)]
        sources = list(self._traffic.values())
        self._days = {
            day: self._days.get(day) or [mail for source in sources for mail in mails_of_day(source, day)]
            for day in wanted
        }
        self._mails = [mail for mails in self._days.values() for mail in mails]
        self._mails.sort(key=lambda mail: (-mail.at, mail.es_id))
        self._keys = [-mail.at for mail in self._mails]
        self._by_id = {mail.es_id: mail for mail in self._mails}
        for es_id, changes in self._changes.items():
            if es_id in self._by_id:
                _apply(self._by_id[es_id], changes)

    def between(self, start: datetime, end: datetime, now: datetime) -> list[Mail]:
        """Return the mails from ``start`` to ``end``, both included, newest first; none is in the future."""
        self._ensure(now.date())
        end = min(end, now)
        first = bisect_left(self._keys, -int(end.timestamp()))
        last = bisect_right(self._keys, -int(max(start, now - RETENTION).timestamp()))
        return self._mails[first:last]

    def find(self, es_id: str, now: datetime) -> Mail | None:
        """Return the mail of that id, or None."""
        self._ensure(now.date())
        mail = self._by_id.get(es_id)
        return mail if mail is not None and mail.at <= now.timestamp() else None

    def change(self, mail: Mail, **changes: Any) -> None:
        """Change values of a mail for good."""
        _apply(mail, changes)
        self._changes[mail.es_id] = {**self._changes.get(mail.es_id, {}), **changes}
        self._revision.bump()


def _apply(mail: Mail, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(mail, name, value)
