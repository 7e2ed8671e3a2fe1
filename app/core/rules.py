"""Filtering rules in our words: what one says, how it is entered, which a provider can hold, and which stand in each other's way."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from app.core.errors import NotSupported
from app.core.names import NameProblem, PlainText, domain_name, mail_address
from app.core.text import Message, msg

Json = Any

LONGEST_PATTERN = 500
LONGEST_NOTE = 500


class RuleKind(StrEnum):
    """What a rule looks at."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    ATTACHMENT = "attachment"
    URI = "uri"
    IP = "ip"
    LINK = "link"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _KINDS[self]


class RuleAction(StrEnum):
    """What a rule does. SKIP (links only): the block lists are not asked. PROTECTED is shown, never written."""

    ALLOW = "allow"
    BLOCK = "block"
    SKIP = "skip"
    PROTECTED = "protected"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _ACTIONS[self]


class Mark(StrEnum):
    """What is odd about a rule beside the others of its domain."""

    SHADOWED = "shadowed"
    CONFLICT = "conflict"


_KINDS = {
    RuleKind.SENDER: msg("Sender"),
    RuleKind.RECIPIENT: msg("Recipient"),
    RuleKind.ATTACHMENT: msg("Attachment"),
    RuleKind.URI: msg("Link"),
    RuleKind.IP: msg("Sending address"),
    RuleKind.LINK: msg("Web address"),
}
_ACTIONS = {
    RuleAction.ALLOW: msg("Allow"),
    RuleAction.BLOCK: msg("Block"),
    RuleAction.SKIP: msg("Do not check"),
    RuleAction.PROTECTED: msg("Protected"),
}
PARTS: Mapping[str, Message] = {
    "": msg("as usual"),
    "filename": msg("file name"),
    "content_type": msg("content type"),
    "archive_filename": msg("file name inside an archive"),
    "archive_content_type": msg("content type inside an archive"),
    "both": msg("envelope and From"),
    "envelope": msg("envelope sender only"),
    "from": msg("From header only"),
}
"""What a rule looks at, where its kind leaves that open."""

MARKS = {Mark.SHADOWED: msg("shadowed"), Mark.CONFLICT: msg("conflict")}


@dataclass(frozen=True, slots=True)
class Rule:
    """A filtering rule on one connection. `domain` "": of the whole connection; `mailbox` "": of the whole domain.

    `part`: what it looks at, see `PARTS`. `spf` True: an allowed sender must also pass SPF; None where that is not known.
    `read_only`: the upstream takes no change of it. `ref`: opaque JSON by which the driver finds it again.
    """

    connection: str
    domain: str
    kind: RuleKind
    action: RuleAction
    pattern: str
    mailbox: str = ""
    part: str = ""
    note: str = ""
    expires: datetime | None = None
    spf: bool | None = None
    created: datetime | None = None
    read_only: bool = False
    ref: Json = None

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same rule as another of its domain."""
        return (self.kind.value, self.mailbox, self.action.value, self.part, self.pattern)

    @property
    def id(self) -> str:
        """A short name of it within its domain (16 hex digits)."""
        return hashlib.sha256(json.dumps(self.identity).encode()).hexdigest()[:16]

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    def to_json(self) -> dict[str, Json]:
        """What `RuleInput` reads, without what is at its default."""
        data: dict[str, Json] = {
            "kind": self.kind.value,
            "action": self.action.value,
            "pattern": self.pattern,
        }
        for name in ("part", "mailbox", "note"):
            if getattr(self, name):
                data[name] = getattr(self, name)
        if self.expires is not None:
            data["expires"] = self.expires.isoformat()
        if self.spf is not None:
            data["spf"] = self.spf
        return data


@dataclass(frozen=True, slots=True)
class RuleReading:
    """The rules of one owner as they were read just now. `problems`: why those of a kind could not be read. `shared_with`:
    the other domains whose rules these are as well."""

    rules: tuple[Rule, ...]
    problems: Mapping[RuleKind, Message] = field(default_factory=dict)
    shared_with: tuple[str, ...] = ()


Mailbox = Annotated[str, AfterValidator(lambda text: mail_address(text).lower())]


def rule_owner(text: str) -> str:
    """A domain or the address of a mailbox, normalised. Raises NameProblem."""
    return mail_address(text).lower() if "@" in text else domain_name(text)


def owner_parts(owner: str) -> tuple[str, str]:
    """The domain of an owner, and its mailbox ("": the whole domain)."""
    return owner.rsplit("@", 1)[-1], owner if "@" in owner else ""


RuleOwner = Annotated[str, AfterValidator(rule_owner)]

# --- What somebody enters -----------------------------------------------------------------------------------------------


class RuleSeen(BaseModel):
    """A rule as somebody saw it, whatever its pattern: to name one that is to be removed or changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: RuleKind = RuleKind.SENDER
    action: RuleAction
    pattern: PlainText = Field(min_length=1, max_length=LONGEST_PATTERN)
    part: PlainText = Field(default="", max_length=40)
    mailbox: PlainText | None = Field(default=None, max_length=320)
    note: PlainText = Field(default="", max_length=LONGEST_NOTE)
    expires: AwareDatetime | None = None
    spf: bool | None = None

    @field_validator("expires")
    @classmethod
    def _whole_seconds(cls, expires: datetime | None) -> datetime | None:
        return None if expires is None else expires.astimezone(UTC).replace(microsecond=0)

    @property
    def identity(self) -> tuple[str, ...]:
        """As `Rule.identity`."""
        return (self.kind.value, self.mailbox or "", self.action.value, self.part, self.pattern)

    def same_as(self, rule: Rule) -> bool:
        """Whether the rule is just as wished; an SPF condition that the wish leaves open does not count."""
        return (
            self.identity == rule.identity
            and self.note == rule.note
            and self.expires == rule.expires
            and (self.spf is None or self.spf == rule.spf)
        )


class RuleInput(RuleSeen):
    """A rule as somebody enters it. Its pattern is normalised by its kind; a regular expression is compiled once to check it."""

    mailbox: Mailbox | None = None

    @field_validator("action")
    @classmethod
    def _writable(cls, action: RuleAction) -> RuleAction:
        if action is RuleAction.PROTECTED:
            raise NameProblem(msg("Protected rules are the operator's: they are shown, never made here."))
        return action

    @field_validator("pattern")
    @classmethod
    def _pattern_of_its_kind(cls, pattern: str, info: ValidationInfo) -> str:
        check = _PATTERNS.get(info.data.get("kind", RuleKind.SENDER))
        return check(pattern) if check else pattern


def rule_of(connection: str, domain: str | None, wish: RuleSeen) -> Rule:
    """The rule that a wish describes."""
    return Rule(
        connection=connection,
        domain=domain or "",
        kind=wish.kind,
        action=wish.action,
        pattern=wish.pattern,
        mailbox=wish.mailbox or "",
        part=wish.part,
        note=wish.note,
        expires=wish.expires,
        spf=wish.spf,
    )


def sender_pattern(text: str) -> str:
    """An address, a domain or "*.domain" of senders, normalised. Raises NameProblem."""
    text = text.strip().lower()
    if text.startswith(("@", "*@")):
        text = text.split("@", 1)[1]
    if "@" in text:
        return mail_address(text).lower()
    return f"*.{domain_name(text[2:])}" if text.startswith("*.") else domain_name(text)


def _recipient_pattern(text: str) -> str:
    text = text.strip().lower()
    if text != "*" and not re.fullmatch(r"[^\s@,;:<>\"*]{1,64}", text):
        raise NameProblem(msg("Give the part before the @ of one recipient, or * for all of them."))
    return text


def _network_pattern(text: str) -> str:
    try:
        network = ipaddress.ip_network(text.strip(), strict=True)
    except ValueError as error:
        raise NameProblem(msg("Give an IP address, or a network such as 192.0.2.0/24.")) from error
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _link_pattern(text: str) -> str:
    text = text.strip()
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in text):
        raise NameProblem(msg("Give a web address with http:// or https://."))
    return text.lower()


def regular_expression(text: str) -> str:
    """`text`, when it is a regular expression. Raises NameProblem with the reason and the place."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = re.compile(text)
    except re.error as error:
        place = "" if error.pos is None else str(error.pos + 1)
        raise NameProblem(
            msg(
                "This is no regular expression: {why} (character {place}).", why=error.msg, place=place or "?"
            )
        ) from error
    except (RecursionError, OverflowError, Warning) as error:
        raise NameProblem(msg("This regular expression is not clear enough to be sent.")) from error
    if found.match(""):
        raise NameProblem(msg("This matches everything, even an empty text; say more."))
    return text


_PATTERNS = {
    RuleKind.SENDER: sender_pattern,
    RuleKind.RECIPIENT: _recipient_pattern,
    RuleKind.ATTACHMENT: regular_expression,
    RuleKind.URI: regular_expression,
    RuleKind.IP: _network_pattern,
    RuleKind.LINK: _link_pattern,
}

KINDS_OF_MAILBOXES = (RuleKind.SENDER, RuleKind.IP)
"""Which rules a mailbox can have of its own."""


# --- What a provider can hold -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleShape:
    """What the rules of one kind can say on a provider: its actions and parts, whose they can be, and what they carry.

    `actions` can be written; `parts` empty: there is nothing to choose. `connection`: there are rules for the whole
    connection too. `help`: what a pattern may be. `shared`: where a domain's rules are those of other domains as well,
    what a change through one of them means for the others.
    """

    kind: RuleKind
    actions: tuple[RuleAction, ...]
    parts: tuple[str, ...] = ()
    connection: bool = False
    mailboxes: bool = False
    notes: bool = False
    expiry: bool = False
    spf: bool = False
    help: Message | None = None
    shared: Message | None = None


def shape_of(shapes: Iterable[RuleShape], kind: RuleKind) -> RuleShape | None:
    """The shape of a kind, None where the provider has no such rules."""
    return next((shape for shape in shapes if shape.kind is kind), None)


R = TypeVar("R", bound=RuleSeen)


def filled(shapes: Iterable[RuleShape], rule: R) -> R:
    """The rule with its kind's first part where it leaves that open."""
    shape = shape_of(shapes, rule.kind)
    if shape is None or not shape.parts or rule.part:
        return rule
    return rule.model_copy(update={"part": shape.parts[0]})


def check_shapes(
    label: str, shapes: Sequence[RuleShape], domain: str | None, rules: Iterable[RuleInput]
) -> None:
    """Raises NotSupported when a rule says what the provider (`label`) cannot hold; nothing is sent then."""
    for rule in rules:
        shape = shape_of(shapes, rule.kind)
        problem = _unsayable(shape, domain, rule) if shape else msg("{provider} has no rules of this kind.")
        if problem is not None:
            text = Message(problem.template + " Nothing was sent.", {**problem.params, "provider": label})
            raise NotSupported("rules_write", text)


def _unsayable(shape: RuleShape, domain: str | None, rule: RuleInput) -> Message | None:
    kind = rule.kind.label
    cases: tuple[tuple[bool, Message], ...] = (
        (
            rule.action not in shape.actions,
            msg("{provider} has no rules of the kind “{kind}” with the action “{action}”."),
        ),
        (rule.part not in (shape.parts or ("",)), msg("{provider}: choose what the rule looks at.")),
        (
            rule.mailbox is not None and not shape.mailboxes,
            msg("{provider} cannot hold rules of the kind “{kind}” for single mailboxes."),
        ),
        (domain is None and not shape.connection, msg("{provider} has such rules for domains only.")),
        (bool(rule.note) and not shape.notes, msg("{provider} keeps no note with such a rule.")),
        (rule.expires is not None and not shape.expiry, msg("{provider} has no expiry for such a rule.")),
        (
            rule.spf is not None and (not shape.spf or rule.action is not RuleAction.ALLOW),
            msg("{provider} knows the SPF condition with allowed senders only, or not at all."),
        ),
    )
    found = next((text for wrong, text in cases if wrong), None)
    return None if found is None else Message(found.template, {"kind": kind, "action": rule.action.label})


# --- Which stand in each other's way ----------------------------------------------------------------------------------


def names_of(sender: str) -> list[str]:
    """Every sender pattern that names this address or domain: itself, its domain, and "*." with each domain above it."""
    sender = sender.lower()
    domain = sender.rsplit("@", 1)[-1]
    labels = domain.split(".")
    above = [f"*.{'.'.join(labels[n:])}" for n in range(1, len(labels) - 1)]
    return list(dict.fromkeys([sender, domain, *above]))


def marks(rules: Iterable[Rule], now: datetime) -> dict[str, Mark]:
    """By rule id: sender rules of one domain (its mailboxes included) that another one makes idle, or contradicts.

    Shadowed: another rule that holds at least as long, for at least as many mailboxes and senders, does the same. In
    conflict: another one names the same sender for the same mailbox and does the opposite; which of them wins is the
    upstream's to decide. Expired rules neither mark nor are marked.
    """
    living = [r for r in rules if r.kind is RuleKind.SENDER and not r.expired(now)]
    by_pattern: dict[str, list[Rule]] = {}
    for rule in living:
        by_pattern.setdefault(rule.pattern, []).append(rule)
    found: dict[str, Mark] = {}
    for rule in living:
        for other in _covering(rule, by_pattern):
            if _opposite(rule, other):
                found[rule.id] = Mark.CONFLICT
                found.setdefault(other.id, Mark.CONFLICT) if other.pattern == rule.pattern else None
            elif _same_effect(rule, other):
                found.setdefault(rule.id, Mark.SHADOWED)
    return found


def _covering(rule: Rule, by_pattern: Mapping[str, list[Rule]]) -> Iterator[Rule]:
    """The other rules that name at least the same senders for at least the same mailboxes."""
    plain = rule.pattern[2:] if rule.pattern.startswith("*.") else rule.pattern
    wider = [rule.pattern, *(name for name in names_of(plain) if name != plain or name == rule.pattern)]
    for pattern in dict.fromkeys(wider):
        if rule.pattern.startswith("*.") and not pattern.startswith("*."):
            continue
        for other in by_pattern.get(pattern, ()):
            same = other.identity == rule.identity
            if not same and other.mailbox in ("", rule.mailbox) and other.domain in ("", rule.domain):
                yield other


def _opposite(one: Rule, other: Rule) -> bool:
    blocks = RuleAction.BLOCK
    return (one.action is blocks) is not (other.action is blocks)


def _same_effect(rule: Rule, other: Rule) -> bool:
    lasts = other.expires is None or (rule.expires is not None and other.expires >= rule.expires)
    as_easy = not other.spf or bool(rule.spf)
    as_wide = other.part in (rule.part, "both", "")
    return lasts and as_easy and as_wide and other.action in (rule.action, RuleAction.PROTECTED)
