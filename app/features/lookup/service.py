"""Where is the mail? Every connection that serves the recipient's domain is asked side by side, under one deadline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from app.core.actor import Actor, Right
from app.core.capabilities import (
    Capability,
    Card,
    DomainFieldsReader,
    DomainReader,
    EmailAliasReader,
    SettingsReader,
)
from app.core.decision import PRECEDENCE, Facts, Named, WayStep, naming, policy_values, way
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.messages import (
    LogReader,
    MailItem,
    MailPage,
    MailQuery,
    MailShape,
    MailSource,
    QuarantineReader,
    Reach,
)
from app.core.model import Connection, Domain, PolicyField
from app.core.names import NameProblem, mail_address
from app.core.notes import Note, Notes
from app.core.pasted import Pasted
from app.core.policies import NamedPolicy, PolicyReader
from app.core.ports import Clock, Connections, DomainRow, Feedback, Inventory
from app.core.rule_ports import RuleBook, RulePage, RuleQuery
from app.core.rules import RuleKind, RuleReading, sender_pattern, shape_of
from app.core.text import Message, msg
from app.operations.gather import Gather, Gathered
from app.operations.messages import clean
from app.operations.pool import DriverPool
from app.operations.rules import RuleReads

SHOWN = 20
"""Messages of one source, and rules that name the sender, that the page shows; links lead to the rest."""
PERIODS = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
NOTES = 5
ASKING = 0.9
"""The part of a page's deadline in which upstreams may answer: the page itself must be there at its deadline."""
_MOST_TARGETS = 10
_ABLE = {MailSource.QUARANTINE: Capability.QUARANTINE_READ, MailSource.LOG: Capability.LOGS_READ}


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know of a mail. "" and None: not said. `days`: one of `PERIODS`; `size` in bytes."""

    recipient: str
    sender: str = ""
    days: str = "7"
    subject: str = ""
    message_id: str = ""
    score: float | None = None
    size: int | None = None
    pasted: Pasted | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A connection that serves the recipient: its domain there, and the address by which it knows the recipient."""

    connection: Connection
    row: DomainRow
    address: str

    @property
    def name(self) -> str:
        """A name of it within one question."""
        return f"{self.connection.key}|{self.row.name}"


@dataclass(frozen=True, slots=True)
class Mails:
    """What one source of a connection found. `problem`: why it found nothing; `page` and `problem` None: not asked."""

    source: MailSource
    page: MailPage | None
    problem: Message | None = None

    @property
    def rows(self) -> Sequence[MailItem]:
        """The messages."""
        return self.page.rows if self.page else ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one connection said. `answered`: it said something; `problems`: what it did not say, with the reason.

    `leads_to`: the recipients of the e-mail alias that was asked for, in whose mailboxes such mail is.
    """

    target: Target
    answered: bool
    steps: Sequence[WayStep]
    named: Sequence[Named]
    mails: Sequence[Mails]
    problems: Sequence[Message] = ()
    notes: Sequence[Note] = ()
    card: Card | None = None
    leads_to: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A question with where it leads: the connections to ask, and what is stored about the sender."""

    question: Question
    targets: Sequence[Target]
    rules: RulePage | None
    answers: Sequence[Answer] = field(default=())

    @property
    def answered(self) -> int:
        """How many of the connections answered."""
        return sum(answer.answered for answer in self.answers)


class LookupService:
    """The use case of the support desk."""

    def __init__(
        self,
        connections: Connections,
        inventory: Inventory,
        book: RuleBook,
        rules: RuleReads,
        notes: Notes,
        pool: DriverPool,
        gather: Gather,
        clock: Clock,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._book = book
        self._rules = rules
        self._notes = notes
        self._pool = pool
        self._gather = gather
        self._clock = clock
        self._page_seconds = page_seconds
        self._feedback = feedback

    def find(self, actor: Actor, question: Question) -> Found:
        """Which connections serve the recipient, and which stored rules name the sender. Touches no upstream.

        A domain outside the scope is like one that does not exist. Raises Invalid by field.
        """
        actor.require(Right.VIEW_RULES)
        question = checked(question)
        domain = question.recipient.rpartition("@")[2]
        visible = {c.key: c for c in self._connections.visible(actor) if c.enabled}
        owners = [pair for pair in self._inventory.owners_of(actor, domain) if pair[0] in visible]
        rows = self._inventory.find(actor, owners[:_MOST_TARGETS])
        local = question.recipient.rpartition("@")[0]
        targets = [Target(visible[row.connection], row, f"{local}@{row.name}") for row in rows]
        return Found(question, targets, self._named(actor, question))

    def _named(self, actor: Actor, question: Question) -> RulePage | None:
        """The stored rules that name the sender; the answers of the connections have renewed those of their domains."""
        if not question.sender:
            return None
        return self._book.page(actor, RuleQuery(sender=question.sender, size=SHOWN), self._clock())

    def ask_all(self, actor: Actor, question: Question) -> Found:
        """The same with the answers of all connections, asked side by side; what came in time."""
        found = self.find(actor, question)
        answers = self._ask(actor, found.question, found.targets)
        return replace(found, answers=answers, rules=self._named(actor, found.question))

    def ask(self, actor: Actor, question: Question, key: str, name: str) -> Answer:
        """The answer of one of the connections. Raises NotFound when it does not serve the recipient (any more)."""
        found = self.find(actor, question)
        for target in found.targets:
            if (target.connection.key, target.row.name) == (key, name):
                return self._ask(actor, found.question, [target])[0]
        raise NotFound(msg("No connection “{key}” serves this recipient.", key=key))

    # --- asking ---

    def _ask(self, actor: Actor, question: Question, targets: Sequence[Target]) -> list[Answer]:
        cards = self._pool.cards([target.connection for target in targets])
        calls: dict[str, Callable[[], Any]] = {}
        for target in targets:
            card = cards[target.connection.key]
            for what, call in self._calls(actor, question, target, card).items():
                calls[f"{target.name}|{what}"] = call
        gathered: Gathered[Any] = self._gather(calls, self._page_seconds * ASKING)
        return [
            self._answer(actor, question, target, cards[target.connection.key], _own(gathered, target))
            for target in targets
        ]

    def _calls(
        self, actor: Actor, question: Question, target: Target, card: Card
    ) -> dict[str, Callable[[], Any]]:
        """What one connection is asked, by short names."""
        driver, row = self._pool.driver(target.connection), target.row
        calls: dict[str, Callable[[], Any]] = {}
        if isinstance(driver, DomainReader) and Capability.DOMAINS_READ in card.can:
            calls["domain"] = partial(driver.read_domain, row.name, row.ref)
        if Capability.RULES_READ in card.can:
            read = partial(self._rules.read, target.connection)
            calls["rules"] = partial(read, row.name, "", row.ref)
            sender = shape_of(card.rules, RuleKind.SENDER)
            if sender is not None and sender.mailboxes:
                calls["mailbox"] = partial(read, row.name, target.address)
            if any(shape.connection for shape in card.rules) and actor.sees(target.connection.key):
                calls["all"] = partial(read, "")
        if isinstance(driver, EmailAliasReader) and Capability.EMAIL_ALIASES_READ in card.can:
            calls["alias"] = partial(driver.read_email_alias, row.name, target.address)
        calls |= self._policy_calls(driver, target, card)
        if actor.may(Right.VIEW_QUARANTINE):
            for shape in card.mail:
                search = self._search(driver, question, target, card, shape)
                if search is not None:
                    calls[shape.source.value] = search
        return calls

    def _policy_calls(self, driver: Any, target: Target, card: Card) -> dict[str, Callable[[], Any]]:
        """The calls that say from which score on mail is held back, and whose rules win."""
        precedence = PRECEDENCE.get(target.connection.kind)
        if precedence is None:
            return {}
        calls: dict[str, Callable[[], Any]] = {}
        name, limits = target.row.name, precedence.limits
        wanted = [n for n in (limits.spam, limits.unsure, limits.refuse, limits.refuse_on, limits.size) if n]
        if (
            precedence.order_field
            and isinstance(driver, DomainFieldsReader)
            and Capability.DOMAIN_EDIT in card.can
        ):
            calls["fields"] = partial(driver.read_fields, name)
        if wanted and isinstance(driver, PolicyReader) and Capability.POLICIES_READ in card.can:
            calls["policies"] = partial(driver.list_policies, name)
        elif wanted and isinstance(driver, SettingsReader) and Capability.SETTINGS_READ in card.can:
            calls["settings"] = partial(driver.read_settings, name, wanted)
        return calls

    def _search(
        self, driver: Any, question: Question, target: Target, card: Card, shape: MailShape
    ) -> Callable[[], MailPage] | None:
        if shape.source not in _ABLE or _ABLE[shape.source] not in card.can:
            return None
        mailbox = target.address if shape.reach is Reach.MAILBOX else ""
        query = MailQuery(
            shape.source,
            target.row.name,
            mailbox,
            sender=question.sender,
            recipient="" if mailbox else target.address,
            subject=question.subject,
            message_id=question.message_id,
            since=self._clock() - PERIODS[question.days],
            size=SHOWN,
        )
        if shape.source is MailSource.QUARANTINE and isinstance(driver, QuarantineReader):
            return partial(driver.search_quarantine, query)
        if shape.source is MailSource.LOG and isinstance(driver, LogReader):
            return partial(driver.search_log, query)
        return None

    # --- the answers ---

    def _answer(
        self, actor: Actor, question: Question, target: Target, card: Card, own: Gathered[Any]
    ) -> Answer:
        facts = self._facts(actor, question, target, own)
        unsaid = {n: p for n, p in own.problems.items() if not (n in ("mailbox", "alias") and _absent(p))}
        mails = [
            Mails(
                shape.source, own.items.get(shape.source.value), _words(unsaid.pop(shape.source.value, None))
            )
            for shape in card.mail
            if shape.source in _ABLE and actor.may(Right.VIEW_QUARANTINE)
        ]
        answered = bool(own.items) or any(_absent(problem) for problem in own.problems.values())
        problems = list(dict.fromkeys(str(problem.message) for problem in unsaid.values()))
        kept = {str(problem.message): problem.message for problem in unsaid.values()}
        return Answer(
            target,
            answered or not (own.items or own.problems),
            way(facts),
            naming(facts),
            mails,
            [kept[text] for text in problems[:3]],
            self._notes.of(target.connection.key, target.row.name, target.address)[:NOTES],
            card,
            [one.address for one in facts.alias.recipients[:5]] if facts.alias else (),
        )

    def _facts(self, actor: Actor, question: Question, target: Target, own: Gathered[Any]) -> Facts:
        row, key = target.row, target.connection.key
        domain: Domain | None = own.items.get("domain")
        policies: Sequence[NamedPolicy] = own.items.get("policies", ())
        policy = next((one for one in policies if one.default), None)
        settings: Sequence[PolicyField] = own.items.get("settings", ())
        fields: Sequence[PolicyField] = own.items.get("fields", ())
        readings = [r for n in ("rules", "mailbox", "all") if isinstance(r := own.items.get(n), RuleReading)]
        rules = tuple(rule for reading in readings for rule in reading.rules)
        if not readings:
            stored = self._book.of_domain(actor, key, row.name)
            rules = tuple(one.rule for one in stored)
        missing = own.problems.get("mailbox")
        mailbox = True if "mailbox" in own.items else False if missing and _absent(missing) else None
        return Facts(
            provider=target.connection.kind,
            connection=key,
            domain=row.name,
            recipient=question.recipient,
            sender=question.sender,
            address=target.address,
            status=domain.status if domain else row.status,
            mailbox=mailbox,
            alias=own.items.get("alias"),
            rules=rules if readings or rules else None,
            fields=policy_values(fields),
            policy=policy.values if policy else policy_values(settings),
            policy_name=policy.name if policy else "",
            routes=domain.routes if domain else row.routes,
            score=question.score,
            size=question.size,
            now=self._clock(),
        )


def checked(question: Question) -> Question:
    """The question with its addresses normalised. Raises Invalid by field."""
    problems: dict[str, Message] = {}
    recipient, sender = question.recipient.strip(), question.sender.strip()
    try:
        recipient = mail_address(recipient).lower()
    except NameProblem as problem:
        problems["to"] = problem.message
    try:
        sender = sender_pattern(sender) if sender else ""
    except NameProblem as problem:
        problems["from"] = problem.message
    if question.days not in PERIODS:
        problems["days"] = msg("Choose a period.")
    if problems:
        raise Invalid(problems)
    return replace(question, recipient=recipient, sender=sender)


def _own(gathered: Gathered[Any], target: Target) -> Gathered[Any]:
    """What belongs to one connection, by short names."""
    start = f"{target.name}|"

    def cut(of: Mapping[str, Any]) -> dict[str, Any]:
        return {name.removeprefix(start): value for name, value in of.items() if name.startswith(start)}

    return Gathered(cut(gathered.items), cut(gathered.problems))


def _shown(page: MailPage | None) -> MailPage | None:
    """The page with texts that show what they hold: whoever wrote a message chose most of them."""
    return None if page is None else replace(page, rows=[clean(item) for item in page.rows])


def _absent(problem: GatehouseError) -> bool:
    return isinstance(problem, NotFound)


def _words(problem: GatehouseError | None) -> Message | None:
    return None if problem is None else problem.message
