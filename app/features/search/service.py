"""Find what a person typed, whatever it is: domain, alias, mailbox, route host, rule, change; or what to ask the upstreams.

Reads stored data only. What the upstreams alone know (messages, addresses of others) is offered as questions to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.core.actor import Actor, Right
from app.core.mailboxes import MailboxBook, MailboxRow, owned
from app.core.names import NameProblem, display, domain_name, mail_address
from app.core.ports import Clock, DomainQuery, DomainRow, Feedback, Inventory, Journal
from app.core.rule_ports import RuleBook, RuleQuery, RuleRow
from app.core.text import Message, msg

MOST = 20
"""Hits of one type that the page shows; links lead to the rest."""
LONGEST = 1000
_SHORTEST_PART = 2
_MESSAGE_ID = re.compile(
    r"(?:message-id:\s*)?<([^<>\s]{1,250})>|message-id:\s*([^<>\s]{1,250})", re.IGNORECASE
)
_CHANGE = re.compile(r"#(\d{1,9})")


class Type(StrEnum):
    """What a hit is."""

    DOMAIN = "domain"
    ALIAS = "alias"
    MAILBOX = "mailbox"
    ROUTE = "route"
    RULE = "rule"
    CHANGE = "change"
    ADDRESS = "address"
    MESSAGE = "message"

    @property
    def label(self) -> Message:
        """Its name for people."""
        return _LABELS[self]


_LABELS = {
    Type.DOMAIN: msg("Domain"),
    Type.ALIAS: msg("Alias"),
    Type.MAILBOX: msg("Mailbox"),
    Type.ROUTE: msg("Route host"),
    Type.RULE: msg("Rule"),
    Type.CHANGE: msg("Change"),
    Type.ADDRESS: msg("Address"),
    Type.MESSAGE: msg("Message"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """Something stored that the text names. `connection`, `domain` and `name` say where its page is; `detail` tells more."""

    type: Type
    title: str
    connection: str = ""
    domain: str = ""
    name: str = ""
    detail: Message | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the upstreams, when the person wants: `about` an address or a message id."""

    type: Type
    title: Message
    action: str
    about: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `meant`: the part of an address that names its domain; `only`: the hit that opens at once.

    `total`: domains that match, `capped` when there are more than those.
    """

    text: str
    meant: str
    hits: Sequence[Hit] = ()
    questions: Sequence[Question] = ()
    only: Hit | None = None
    total: int = 0
    capped: bool = False
    rules: int = 0
    more: frozenset[Type] = field(default_factory=frozenset)


class SearchService:
    """The use case behind the search box."""

    def __init__(
        self,
        inventory: Inventory,
        mailboxes: MailboxBook,
        book: RuleBook,
        journal: Journal,
        clock: Clock,
        feedback: Feedback,
    ) -> None:
        self._inventory = inventory
        self._mailboxes = mailboxes
        self._book = book
        self._journal = journal
        self._clock = clock
        self._feedback = feedback

    def find(self, actor: Actor, text: str, most: int = MOST) -> Found:
        """Everything in the scope that the text names, `most` of each type, and what could be asked. Touches no upstream."""
        actor.require(Right.VIEW_DOMAINS)
        text = " ".join(text[:LONGEST].split())
        number = _CHANGE.fullmatch(text)
        if number:
            return self._change(actor, text, int(number.group(1)))
        message = _MESSAGE_ID.search(text)
        if message:
            return Found(text, "", questions=_about_message(actor, message.group(1) or message.group(2)))
        text = text[:253]
        if not text:
            return Found(text, "")
        return self._address(actor, text, most) if "@" in text else self._part(actor, text, most)

    # --- by what it looks like ---

    def _change(self, actor: Actor, text: str, number: int) -> Found:
        change = self._journal.get(actor, number) if actor.may(Right.VIEW_CHANGES) else None
        if change is None:
            return Found(text, "")
        hit = Hit(Type.CHANGE, f"#{change.id} {change.step.subject}", change.connection, number=change.id)
        return Found(text, "", [hit], only=hit)

    def _address(self, actor: Actor, text: str, most: int) -> Found:
        """An address, or a part of one: its mailbox opens; else its domain, the rules that name it, and what to ask."""
        meant = text.rpartition("@")[2]
        named = self._named(actor, text)
        hits = [_mailbox(row) for row in named]
        if not named:
            hits += map(_mailbox, self._mailboxes.find(actor, text, most))
        domains = self._owners(actor, meant)
        rules, total = self._rules(actor, text, most)
        hits += [*domains, *rules]
        only = _mailbox(named[0]) if len(named) == 1 else _single(hits)
        questions = _about_address(actor, text, here=bool(domains))
        if questions and only is not None and only.type is not Type.MAILBOX:
            only = None  # the person named an address: its domain alone is no answer
        return Found(text, meant, hits, questions, only, rules=total)

    def _part(self, actor: Actor, text: str, most: int) -> Found:
        """A name or a part of one, wherever it stands."""
        page = self._inventory.page(actor, DomainQuery(text=text, size=most))
        order = list(Type)
        hits = sorted(
            (hit for row in page.rows for hit in _of_row(row, text)), key=lambda hit: order.index(hit.type)
        )
        mailboxes = self._mailboxes.find(actor, text, most) if len(text) >= _SHORTEST_PART else []
        rules, total = self._rules(actor, text, most)
        everything = [*hits, *map(_mailbox, mailboxes), *rules]
        exact = self._owners(actor, text)
        only = exact[0] if len(exact) == 1 else _single(everything)
        return Found(
            text, text, everything, (), only, page.total, page.total_capped, total, _cut(mailboxes, most)
        )

    # --- pieces ---

    def _named(self, actor: Actor, address: str) -> list[MailboxRow]:
        """The mailboxes of this address; that of an alias domain is the mailbox of its domain."""
        found: list[MailboxRow] = []
        for domain, plain in owned([address]):
            found += self._mailboxes.named(actor, plain)
            local = plain.rpartition("@")[0]
            for connection, name in self._inventory.owners_of(actor, domain):
                if name != domain:
                    rows = self._mailboxes.named(actor, f"{local}@{name}")
                    found += [row for row in rows if row.connection == connection]
        return found

    def _owners(self, actor: Actor, name: str) -> list[Hit]:
        """The domains of just that name, or with that alias."""
        try:
            wanted = domain_name(name)
        except NameProblem:
            return []
        pairs = self._inventory.owners_of(actor, wanted)[:MOST]
        return [_owner(connection, domain, wanted) for connection, domain in pairs]

    def _rules(self, actor: Actor, text: str, most: int) -> tuple[list[Hit], int]:
        """Stored rules whose value holds the text, and how many there are."""
        if len(text) < _SHORTEST_PART or not actor.may(Right.VIEW_RULES):
            return [], 0
        page = self._book.page(actor, RuleQuery(value=text, size=most), self._clock())
        return [_rule(row) for row in page.rows], page.total


# --- hits -------------------------------------------------------------------------------------------------------------


def _single(hits: Sequence[Hit]) -> Hit | None:
    """The hit, when they all are the same one."""
    places = {(hit.connection, hit.domain, hit.name, hit.type is Type.RULE) for hit in hits}
    return hits[0] if len(places) == 1 else None


def _cut(rows: Sequence[MailboxRow], most: int) -> frozenset[Type]:
    return frozenset([Type.MAILBOX]) if len(rows) >= most else frozenset()


def _owner(connection: str, domain: str, asked: str) -> Hit:
    if domain == asked:
        return Hit(Type.DOMAIN, display(domain), connection, domain)
    detail = msg("alias of {domain}", domain=display(domain))
    return Hit(Type.ALIAS, display(asked), connection, domain, detail=detail)


def _of_row(row: DomainRow, text: str) -> Iterator[Hit]:
    """Why a row was found: its name, one of its aliases, or the host of one of its routes."""
    words = text.lower().split()
    aliases = [alias for alias in row.aliases or () if _holds((alias, display(alias)), words)]
    hosts = [route.host for route in row.routes or () if _holds((route.host,), words)]
    if _holds((row.name, row.display), words) or not (aliases or hosts):
        yield Hit(Type.DOMAIN, row.display, row.connection, row.name)
        return
    if aliases:
        detail = msg("alias of {domain}", domain=row.display)
        yield Hit(Type.ALIAS, display(aliases[0]), row.connection, row.name, detail=detail)
        return
    yield Hit(
        Type.ROUTE, hosts[0], row.connection, row.name, detail=msg("route of {domain}", domain=row.display)
    )


def _holds(texts: Iterable[str], words: Sequence[str]) -> bool:
    return any(all(word in text.lower() for word in words) for text in texts)


def _mailbox(row: MailboxRow) -> Hit:
    return Hit(Type.MAILBOX, row.address, row.connection, row.domain, row.address)


def _rule(row: RuleRow) -> Hit:
    rule = row.rule
    whose = rule.mailbox or (display(rule.domain) if rule.domain else msg("all domains"))
    detail = msg("{action}, {kind}, of {owner}", action=rule.action.label, kind=rule.kind.label, owner=whose)
    return Hit(Type.RULE, rule.pattern, rule.connection, rule.domain, rule.mailbox, detail)


# --- questions --------------------------------------------------------------------------------------------------------


def _about_address(actor: Actor, text: str, *, here: bool) -> list[Question]:
    """What the upstreams can be asked of an address; `here`: a connection in the scope serves its domain."""
    try:
        address = mail_address(text).lower()
    except NameProblem:
        return []
    questions: list[Question] = []
    if actor.may(Right.VIEW_RULES):
        if here:
            title = msg("Where is mail to {address}?", address=address)
            questions.append(Question(Type.ADDRESS, title, "to", address))
        title = msg("Where is mail from {address}?", address=address)
        questions.append(Question(Type.ADDRESS, title, "from", address))
    return questions


def _about_message(actor: Actor, identity: str) -> list[Question]:
    if not actor.may(Right.VIEW_QUARANTINE):
        return []
    title = msg("Look for the message {id} in the logs", id=identity)
    other = msg("Look for the message {id} in the quarantines", id=identity)
    return [
        Question(Type.MESSAGE, title, "log", identity),
        Question(Type.MESSAGE, other, "quarantine", identity),
        Question(Type.MESSAGE, msg("Look it up for one recipient"), "id", identity),
    ]
