"""Single messages as upstreams know them: in a quarantine, a log or a delivery queue; how they are looked for, read and
named. Commands about them stand in `commands.py`, reading of their bodies in `mail.py`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from app.core.actor import Right
from app.core.errors import Invalid, NotFound
from app.core.model import FieldKind
from app.core.text import Message, msg

Json = Any

MOST_REF = 2000
"""Characters of a packed reference: it stands in addresses."""


class MailSource(StrEnum):
    """Where an upstream keeps knowledge of a message."""

    QUARANTINE = "quarantine"
    LOG = "log"
    QUEUE = "queue"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _SOURCES[self]


_SOURCES = {
    MailSource.QUARANTINE: msg("Quarantine"),
    MailSource.LOG: msg("Log"),
    MailSource.QUEUE: msg("Delivery queue"),
}


class MailClass(StrEnum):
    """What a filter took a message for. UNKNOWN: the upstream does not say, or says a word that we do not know."""

    CLEAN = "clean"
    ALLOWED = "allowed"
    UNSURE = "unsure"
    ADVERT = "advert"
    SPAM = "spam"
    PHISHING = "phishing"
    THREAT = "threat"
    VIRUS = "virus"
    BAD_ATTACHMENT = "bad_attachment"
    CONTENT = "content"
    BLOCKED = "blocked"
    BAD_SENDER = "bad_sender"
    BAD_HEADERS = "bad_headers"
    BAD_ENCODING = "bad_encoding"
    ERROR = "error"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _CLASSES[self]

    @property
    def tone(self) -> str:
        """How it is coloured: "ok", "warn", "bad" or "muted"."""
        return _TONES.get(self, "warn")

    @property
    def infected(self) -> bool:
        """It may do harm to whoever opens it."""
        return self in (MailClass.VIRUS, MailClass.THREAT, MailClass.BAD_ATTACHMENT)


_CLASSES = {
    MailClass.CLEAN: msg("Clean"),
    MailClass.ALLOWED: msg("Sender allowed"),
    MailClass.UNSURE: msg("Unsure"),
    MailClass.ADVERT: msg("Advert"),
    MailClass.SPAM: msg("Spam"),
    MailClass.PHISHING: msg("Phishing"),
    MailClass.THREAT: msg("Threat"),
    MailClass.VIRUS: msg("Virus"),
    MailClass.BAD_ATTACHMENT: msg("Bad attachment"),
    MailClass.CONTENT: msg("Content not allowed"),
    MailClass.BLOCKED: msg("Sender blocked"),
    MailClass.BAD_SENDER: msg("Sender not verified"),
    MailClass.BAD_HEADERS: msg("Bad headers"),
    MailClass.BAD_ENCODING: msg("Bad encoding"),
    MailClass.ERROR: msg("Error"),
    MailClass.UNKNOWN: msg("Unknown"),
}
_TONES = {
    MailClass.CLEAN: "ok",
    MailClass.ALLOWED: "ok",
    MailClass.PHISHING: "bad",
    MailClass.THREAT: "bad",
    MailClass.VIRUS: "bad",
    MailClass.BAD_ATTACHMENT: "bad",
    MailClass.UNKNOWN: "muted",
}


class MailState(StrEnum):
    """What became of a message."""

    QUARANTINED = "quarantined"
    DELIVERED = "delivered"
    RELEASED = "released"
    QUEUED = "queued"
    FROZEN = "frozen"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    FAILED = "failed"
    DELETED = "deleted"
    EXPIRED = "expired"
    DISCARDED = "discarded"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _STATES[self]

    @property
    def tone(self) -> str:
        """How it is coloured: "ok", "warn", "bad" or "muted"."""
        return _STATE_TONES.get(self, "muted")


_STATES = {
    MailState.QUARANTINED: msg("In quarantine"),
    MailState.DELIVERED: msg("Delivered"),
    MailState.RELEASED: msg("Released"),
    MailState.QUEUED: msg("Waiting in the queue"),
    MailState.FROZEN: msg("Frozen in the queue"),
    MailState.REJECTED: msg("Rejected"),
    MailState.DEFERRED: msg("Put off"),
    MailState.BOUNCED: msg("Bounced"),
    MailState.FAILED: msg("Delivery failed"),
    MailState.DELETED: msg("Deleted"),
    MailState.EXPIRED: msg("Expired"),
    MailState.DISCARDED: msg("Discarded"),
    MailState.UNKNOWN: msg("Unknown"),
}
_STATE_TONES = {
    MailState.DELIVERED: "ok",
    MailState.RELEASED: "ok",
    MailState.QUARANTINED: "warn",
    MailState.QUEUED: "warn",
    MailState.DEFERRED: "warn",
    MailState.FROZEN: "bad",
    MailState.REJECTED: "bad",
    MailState.BOUNCED: "bad",
    MailState.FAILED: "bad",
}


class Direction(StrEnum):
    """Which way a message went, seen from the domain."""

    IN = "in"
    OUT = "out"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return msg("incoming") if self is Direction.IN else msg("outgoing")


class Operator(StrEnum):
    """How the questions of a search are joined: all of them hold, any of them, or the only one does not."""

    AND = "and"
    OR = "or"
    NOT = "not"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _OPERATORS[self]


_OPERATORS = {
    Operator.AND: msg("all of it fits"),
    Operator.OR: msg("any of it fits"),
    Operator.NOT: msg("it does not fit"),
}


class Criterion(StrEnum):
    """A question that a search can put to an upstream (the fields of `MailQuery`)."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    CC = "cc"
    SUBJECT = "subject"
    MESSAGE_ID = "message_id"
    TEXT = "text"
    PERIOD = "period"
    CLASSES = "classes"
    STATES = "states"
    DIRECTION = "direction"
    FOLDER = "folder"
    OPERATOR = "operator"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _CRITERIA[self]


_CRITERIA = {
    Criterion.SENDER: msg("sender"),
    Criterion.RECIPIENT: msg("recipient"),
    Criterion.CC: msg("copy recipient"),
    Criterion.SUBJECT: msg("words of the subject"),
    Criterion.MESSAGE_ID: msg("message id"),
    Criterion.TEXT: msg("text"),
    Criterion.PERIOD: msg("period"),
    Criterion.CLASSES: msg("class"),
    Criterion.STATES: msg("state"),
    Criterion.DIRECTION: msg("direction"),
    Criterion.FOLDER: msg("folder"),
    Criterion.OPERATOR: msg("any of it, or not"),
}


class Reach(StrEnum):
    """How wide one search of an upstream goes: what must be named for it."""

    CONNECTION = "connection"
    DOMAIN = "domain"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class MailAction:
    """Something that an upstream can do with a message beside releasing, deleting and trying again ("mark_spam").

    `done` is the sentence afterwards. `risk`: it takes something away, so a page asks first. `sources`: where it is offered.
    """

    name: str
    label: Message
    done: Message
    right: Right = Right.RELEASE_MAIL
    sources: tuple[MailSource, ...] = (MailSource.QUARANTINE, MailSource.LOG)
    risk: bool = False
    help: Message | None = None
    icon: str = ""


@dataclass(frozen=True, slots=True)
class MailField:
    """A further question that searches of one kind of upstream know, beside the criteria ("source_ip").

    `kind` is TEXT, SWITCH ("yes" or nothing) or CHOICE, which has `choices`, value → label. `pattern`: what a text must look
    like, where it has a form of its own; `help` says it for people.
    """

    name: str
    label: Message
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[tuple[str, Message], ...] = ()
    help: Message | None = None
    pattern: str = ""

    def check(self, value: str) -> None:
        """Raises Invalid for a value that the upstream could not be asked for."""
        allowed = [YES] if self.kind is FieldKind.SWITCH else [word for word, _ in self.choices]
        if allowed and value not in allowed:
            text = msg("{label}: one of {choices}.", label=self.label, choices=", ".join(allowed))
            raise Invalid({self.name: text})
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise Invalid({self.name: msg("{label}: {help}", label=self.label, help=self.help or "")})


YES = "yes"
"""The value of a switch that is on."""


@dataclass(frozen=True, slots=True)
class MailShape:
    """What searching one source of an upstream is like; stands on the card (`Card.mail`).

    `criteria`: what can be asked for, anything else of a query is not sent and the page says so. `reach`: the least that
    must be named. `classes` and `states`: those that can be asked for, where that is a criterion. `fields`: what else can be
    asked for. `most`: rows that one search can go through at all, where the upstream has such a limit. `calls`: the upstream
    calls it uses, the listing one first. `note`: what people should know of it.
    """

    source: MailSource
    criteria: frozenset[Criterion]
    calls: tuple[str, ...]
    reach: Reach = Reach.DOMAIN
    directions: tuple[Direction, ...] = (Direction.IN,)
    classes: tuple[MailClass, ...] = ()
    states: tuple[MailState, ...] = ()
    fields: tuple[MailField, ...] = ()
    most: int | None = None
    note: Message | None = None


@dataclass(frozen=True, slots=True)
class MailQuery:
    """What is looked for. Texts match inside the field unless the upstream matches otherwise; "" asks for nothing.

    `domain` None: the whole connection. `mailbox`: an address of that domain. `sender`: an address, a part of one or a
    domain. `cc`: in the copy recipients. `operator` joins the texts. `until` is exclusive. `text`: anywhere the upstream can
    look. `fields`: names of `MailField` and what is asked for. `page` counts from 1.
    """

    source: MailSource
    domain: str | None = None
    mailbox: str = ""
    folder: str = ""
    sender: str = ""
    recipient: str = ""
    cc: str = ""
    subject: str = ""
    message_id: str = ""
    text: str = ""
    operator: Operator = Operator.AND
    since: datetime | None = None
    until: datetime | None = None
    classes: tuple[MailClass, ...] = ()
    states: tuple[MailState, ...] = ()
    direction: Direction = Direction.IN
    fields: tuple[tuple[str, str], ...] = ()
    page: int = 1
    size: int = 50

    @property
    def asks(self) -> frozenset[Criterion]:
        """What it asks for, beside where."""
        found = {c for c in Criterion if c.value in _FIELDS and getattr(self, c.value)}
        if self.since or self.until:
            found.add(Criterion.PERIOD)
        if self.direction is Direction.OUT:
            found.add(Criterion.DIRECTION)
        if self.operator is not Operator.AND:
            found.add(Criterion.OPERATOR)
        return frozenset(found)


_FIELDS = ("sender", "recipient", "cc", "subject", "message_id", "text", "classes", "states", "folder")


@dataclass(frozen=True, slots=True)
class MailKey:
    """Names one message of a connection. `ref` is the driver's own and opaque to everybody else (`pack`, `unpack`).

    A driver must answer NotFound when the message that `ref` names does not belong to `domain` (and `mailbox`, where one is
    named): people are let in by domain.
    """

    source: MailSource
    domain: str
    ref: str
    mailbox: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class MailItem:
    """One message as a list shows it. "" and None: the upstream does not say.

    `sender` and `recipients` as of the envelope where the upstream has it. `mail_class` with the upstream's own word beside
    it (`class_words`), `state` likewise. `score`: what its filter came to. `reason`: why, in the upstream's words.
    `message_id`: that of the header, without brackets. `facts`: what else it says, label → text.
    """

    key: MailKey
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    at: datetime | None = None
    size: int | None = None
    message_id: str = ""
    mail_class: MailClass = MailClass.UNKNOWN
    class_words: str = ""
    score: float | None = None
    state: MailState = MailState.UNKNOWN
    state_words: str = ""
    direction: Direction = Direction.IN
    reason: str = ""
    host: str = ""
    attachments: bool | None = None
    facts: tuple[tuple[Message, str], ...] = ()

    @property
    def title(self) -> str:
        """What a journal line calls it: who wrote to whom."""
        to = self.recipients[0] if self.recipients else "?"
        more = f" (+{len(self.recipients) - 1})" if len(self.recipients) > 1 else ""
        return f"{self.sender or '<>'} → {to}{more}"[:400]


@dataclass(frozen=True, slots=True)
class MailPage:
    """A part of what was found. `total` None: the upstream does not say. `cut`: why the answer cannot hold all of it (a limit
    of rows), which is said aloud. `ignored`: what was asked for and could not be sent to the upstream."""

    rows: Sequence[MailItem]
    total: int | None = None
    more: bool = False
    cut: Message | None = None
    ignored: frozenset[Criterion] = frozenset()


@dataclass(frozen=True, slots=True)
class MailFolder:
    """A folder of a mailbox. `path` is what `MailQuery.folder` takes; None counts: the upstream does not say."""

    path: str
    name: str
    count: int | None = None
    unread: int | None = None
    mail_class: MailClass = MailClass.UNKNOWN


@dataclass(frozen=True, slots=True)
class AttachmentInfo:
    """An attachment by what the upstream (or the message itself) says of it. `part` names it in the message."""

    part: str
    name: str
    media_type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class MailDetail:
    """All that is known of one message without its body. None: the upstream does not say, and the text beside it why.

    `unreadable`: why the body cannot be read by this connection, None where it can.
    """

    item: MailItem
    headers: tuple[tuple[str, str], ...] | None = None
    headers_problem: Message | None = None
    attachments: tuple[AttachmentInfo, ...] | None = None
    attachments_problem: Message | None = None
    unreadable: Message | None = None


@dataclass(frozen=True, slots=True)
class MailContent:
    """The body of a message: as it came (`source`), or the HTML or text that an upstream made of it."""

    source: bytes | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MailFile:
    """An attachment as it came. Whoever hands it out does so as a download of bytes, under a safe name."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


# --- What drivers offer: one protocol per capability ---------------------------------------------------------------------


@runtime_checkable
class QuarantineReader(Protocol):
    """QUARANTINE_READ."""

    def search_quarantine(self, query: MailQuery) -> MailPage:
        """One page of what is held, newest first, in one round of calls. Raises NotFound for an unknown domain or mailbox."""
        ...


@runtime_checkable
class LogReader(Protocol):
    """LOGS_READ."""

    def search_log(self, query: MailQuery) -> MailPage:
        """One page of what the log says, newest first, in one round of calls. Raises NotFound for an unknown domain."""
        ...


@runtime_checkable
class QueueReader(Protocol):
    """QUEUE_READ."""

    def list_queue(self, query: MailQuery) -> MailPage:
        """One page of what waits for delivery, newest first, in one round of calls. Raises NotFound for an unknown domain."""
        ...


@runtime_checkable
class MailFolderReader(Protocol):
    """MAIL_FOLDERS."""

    def list_mail_folders(self, domain: str, mailbox: str) -> Sequence[MailFolder]:
        """The folders of a mailbox with their counts, in one round of calls. Raises NotFound."""
        ...

    def mail_mailboxes(self, domain: str) -> Sequence[str]:
        """The addresses of the mailboxes of a domain, which a search of the whole domain goes through."""
        ...


@runtime_checkable
class MailReader(Protocol):
    """MAIL_HEADERS."""

    def read_mail(self, key: MailKey) -> MailDetail:
        """One message without its body. Raises NotFound when it is gone, or is none of the key's domain."""
        ...


@runtime_checkable
class MailBodyReader(Protocol):
    """MAIL_READ."""

    def read_mail_content(self, key: MailKey) -> MailContent:
        """The body. Raises NotFound as `read_mail`, NotSupported with the reason where the upstream keeps it from us."""
        ...


@runtime_checkable
class MailFileReader(Protocol):
    """MAIL_ATTACHMENTS: attachments by calls of their own. Where an upstream gives the whole message, they are cut out of it."""

    def read_mail_file(self, key: MailKey, part: str) -> MailFile:
        """One attachment. Raises NotFound, NotSupported."""
        ...


# --- References ----------------------------------------------------------------------------------------------------------


def pack(data: Mapping[str, Json], most: int = MOST_REF) -> str:
    """A reference for addresses: JSON in URL-safe Base64. Raises ValueError when it gets longer than `most`."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    packed = base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")
    if len(packed) > most:
        raise ValueError("the reference is too long")
    return packed


def unpack(ref: str, *needed: str, most: int = MOST_REF) -> dict[str, str]:
    """What `pack` wrote, every value a text, `needed` among them. Raises NotFound for anything else: it came in an address."""
    gone = NotFound(msg("There is no such message (any more)."))
    if len(ref) > most or not ref.isascii():
        raise gone
    try:
        data = json.loads(base64.urlsafe_b64decode(ref + "=" * (-len(ref) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise gone from None
    if not isinstance(data, dict) or not all(isinstance(v, str) and "\x00" not in v for v in data.values()):
        raise gone
    if not all(data.get(name) for name in needed):
        raise gone
    return data
