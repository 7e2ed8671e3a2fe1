"""Find messages, read them with a line in the journal, release, delete and deliver them, one or many."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.commands import (
    LONGEST_REASON,
    ActOnMail,
    AddRules,
    Command,
    DeleteMail,
    MailCommand,
    ReleaseAndAllow,
    ReleaseMail,
    RemoveQueued,
    RetryDelivery,
    parse,
)
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, NotSupported
from app.core.mail import ReadMail, read_mail
from app.core.mail_html import SafeHtml, safe_html
from app.core.mail_text import visible_lines
from app.core.messages import (
    MailAction,
    MailDetail,
    MailFile,
    MailFolder,
    MailItem,
    MailKey,
    MailQuery,
    MailSource,
)
from app.core.model import Connection
from app.core.plan import Link, Report, State
from app.core.ports import Clock, Connections, Feedback, Jobs, NewItem, Queue
from app.core.rules import RuleAction
from app.core.text import Message, msg
from app.features.quarantine import senders
from app.operations.executor import Execution, Executor
from app.operations.messages import MailAnswer, MailFound, MailRow, MailSearch
from app.operations.pool import DriverPool
from app.operations.reports import report_of

MOST_CHOSEN = 200
MOST_EXPORTED = 2000
EXPORT_PAGE = 500
EXPORT_SECONDS = 20.0

COMMANDS: dict[str, type[MailCommand]] = {
    "release": ReleaseMail,
    "release_allow": ReleaseAndAllow,
    "delete": DeleteMail,
    "retry": RetryDelivery,
    "unqueue": RemoveQueued,
}
OF_SOURCE = {
    MailSource.QUARANTINE: ("release", "release_allow", "block", "delete"),
    MailSource.LOG: ("block",),
    MailSource.QUEUE: ("retry", "unqueue"),
}
_DONE = {
    "release": msg("Released: {title}."),
    "release_allow": msg("Released, and its sender is allowed: {title}."),
    "block": msg("The sender is blocked: {title}."),
    "delete": msg("Deleted: {title}."),
    "retry": msg("Delivery was tried: {title}."),
    "unqueue": msg("Removed from the queue: {title}."),
}
_RULE = msg("The rule stands.")
_JOBS = {
    "release": msg("Release {count} messages"),
    "release_allow": msg("Release {count} messages and allow their senders"),
    "block": msg("Block the senders of {count} messages"),
    "delete": msg("Delete {count} messages"),
    "retry": msg("Try to deliver {count} messages"),
    "unqueue": msg("Remove {count} messages from the queue"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A message that a person chose from a list: where it is, and what they saw of it."""

    connection: str
    key: MailKey
    title: str = ""
    infected: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True)
class MailView:
    """One message for its page."""

    connection: Connection
    card: Card
    detail: MailDetail

    @property
    def item(self) -> MailItem:
        """The message."""
        return self.detail.item

    def further(self, actor: Actor) -> list[MailAction]:
        """What else the provider does with such a message, as far as the person may."""
        if Capability.MAIL_ACT not in self.card.can:
            return []
        source = self.item.key.source
        return [one for one in self.card.mail_actions if source in one.sources and actor.may(one.right)]

    def gaps(self) -> dict[str, Message]:
        """Why what is not offered here cannot be done, by capability."""
        wanted = (
            Capability.MAIL_READ,
            Capability.MAIL_RELEASE,
            Capability.MAIL_DELETE,
            Capability.QUEUE_RETRY,
            Capability.QUEUE_REMOVE,
        )
        return {one.value: self.card.reason(one) for one in wanted if one not in self.card.can}


@dataclass(frozen=True, slots=True)
class Exported:
    """What goes into a file; `notes` say what is missing from it."""

    rows: Sequence[MailRow]
    notes: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a message, fit to be shown. `mail`: the message itself, where the upstream gives it."""

    mail: ReadMail | None
    text: str | None
    html: SafeHtml | None


class QuarantineService:
    """The use cases around single messages."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        pool: DriverPool,
        search: MailSearch,
        jobs: Jobs,
        queue: Queue,
        clock: Clock,
        reason_needed: bool,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._pool = pool
        self._search = search
        self._jobs = jobs
        self._queue = queue
        self._clock = clock
        self.reason_needed = reason_needed
        self._feedback = feedback

    # --- finding ----------------------------------------------------------------------------------------------------

    def sources(self, actor: Actor) -> list[tuple[Connection, Card]]:
        """The connections that know of single messages, with their cards."""
        actor.require(Right.VIEW_QUARANTINE)
        connections = [one for one in self._connections.visible(actor) if one.enabled]
        cards = self._pool.cards(connections)
        return [(one, cards[one.key]) for one in connections if cards[one.key].mail]

    def find(self, actor: Actor, query: MailQuery, keys: Sequence[str] = ()) -> MailFound:
        """One page of what all connections find, asked side by side under one deadline."""
        actor.require(Right.VIEW_QUARANTINE)
        return self._search.find(actor, query, keys)

    def folders(
        self, actor: Actor, query: MailQuery, keys: Sequence[str] = ()
    ) -> list[tuple[Connection, Sequence[MailFolder]]]:
        """The folders of the mailbox that is looked into, with their counts; none where no single mailbox is."""
        actor.require(Right.VIEW_QUARANTINE)
        if query.domain is None or not query.mailbox or query.source is not MailSource.QUARANTINE:
            return []
        return self._search.folders(actor, query.domain, query.mailbox, keys)

    def all_found(self, actor: Actor, query: MailQuery, keys: Sequence[str] = ()) -> Exported:
        """The first MOST_EXPORTED of what is found, for an export, and what must be said of the rest.

        Long pages, one after the other, until there is no more or EXPORT_SECONDS are over. Raises Conflict when nobody answers.
        """
        actor.require(Right.EXPORT)
        end = time.monotonic() + EXPORT_SECONDS
        rows: list[MailRow] = []
        silent: dict[str, Message] = {}
        cuts: list[Message] = []
        number, more = 1, True
        while more and len(rows) < MOST_EXPORTED and time.monotonic() < end:
            found = self.find(actor, replace(query, page=number, size=EXPORT_PAGE), keys)
            if found.asked and not found.answered and number == 1:
                raise Conflict(msg("No source answered, so there is nothing to export."))
            rows += found.rows
            silent |= {one.connection.key: _about(one, one.problem) for one in found.answers if one.problem}
            cuts = [_about(one, one.page.cut) for one in found.answers if one.page and one.page.cut]
            number, more = number + 1, found.more
        notes = [*silent.values(), *cuts]
        if more or len(rows) > MOST_EXPORTED:
            shown = min(len(rows), MOST_EXPORTED)
            notes.append(
                msg("Only the first {count} messages are in this file: narrow the search.", count=shown)
            )
        return Exported(rows[:MOST_EXPORTED], tuple(notes))

    # --- reading ----------------------------------------------------------------------------------------------------

    def show(self, actor: Actor, key: str, mail: MailKey) -> MailView:
        """One message without its body. Raises NotFound and what the read raises."""
        actor.require(Right.VIEW_QUARANTINE)
        return MailView(*self._search.read(actor, key, mail))

    def open(self, actor: Actor, key: str, mail: MailKey, reason: str, request_key: str) -> int:
        """Notes that the person reads the body, with their reason; returns the change's number. Raises Forbidden, Invalid
        without a reason where one is needed, NotSupported where the upstream keeps the body from us."""
        view = self._readable(actor, key, mail, reason)
        return self._search.content(actor, view.connection, view.item, reason.strip(), request_key)

    def body(self, actor: Actor, key: str, mail: MailKey, reason: str = "") -> Body:
        """The body, for whoever `open` let in just before with this reason."""
        actor.require(Right.READ_MAIL)
        connection = self._search.connection(actor, key, mail.domain)
        content = self._search.body(actor, connection, mail, reason)
        if content.source is not None:
            mail_read = read_mail(content.source)
            return Body(mail_read, mail_read.text(), mail_read.html())
        html = safe_html(content.html) if content.html is not None else None
        return Body(None, None if content.text is None else visible_lines(content.text), html)

    def source(self, actor: Actor, key: str, mail: MailKey, reason: str, request_key: str) -> MailFile:
        """The whole message as it came, journalled as a download. Raises as `open`, NotFound where there is no source."""
        view = self._readable(actor, key, mail, reason)

        def fetch() -> MailFile:
            content = self._search.fetch(view.connection, mail)
            if content.source is None:
                raise NotFound(msg("The upstream does not give the message as it came."))
            return MailFile("message.eml", "message/rfc822", content.source)

        what = "the whole message"
        return self._search.download(
            actor, view.connection, view.item, what, fetch, reason.strip(), request_key
        )

    def file(
        self, actor: Actor, key: str, mail: MailKey, part: str, reason: str, request_key: str
    ) -> MailFile:
        """One attachment, journalled as a download. Raises as `open`, NotFound."""
        view = self._readable(actor, key, mail, reason)

        def fetch() -> MailFile:
            own = self._search.file(view.connection, mail, part)
            if own is not None:
                return own
            content = self._search.fetch(view.connection, mail)
            if content.source is None:
                raise NotFound(msg("The message has no such attachment."))
            return read_mail(content.source).file(part)

        name = next((one.name for one in view.detail.attachments or () if one.part == part), part)
        return self._search.download(
            actor, view.connection, view.item, name, fetch, reason.strip(), request_key
        )

    def _readable(self, actor: Actor, key: str, mail: MailKey, reason: str) -> MailView:
        actor.require(Right.READ_MAIL)
        self._reason(reason)
        view = self.show(actor, key, mail)
        if view.detail.unreadable is not None:
            raise NotSupported(Capability.MAIL_READ.value, view.detail.unreadable)
        return view

    def _reason(self, reason: str) -> str:
        """The reason, trimmed. Raises Invalid for none where the setting asks for one, and for one that is too long."""
        reason = reason.strip()
        if self.reason_needed and not reason:
            raise Invalid({"reason": msg("Say why. It stands in Changes, with your name.")})
        if len(reason) > LONGEST_REASON:
            text = msg("More than {most} characters are not accepted.", most=LONGEST_REASON)
            raise Invalid({"reason": text})
        return reason

    # --- changing ---------------------------------------------------------------------------------------------------

    def act(
        self,
        actor: Actor,
        action: str,
        chosen: Chosen,
        request_key: str,
        *,
        confirm_virus: bool = False,
        reason: str = "",
    ) -> Execution:
        """Does it to one message. Raises the first failure when nothing was done, Conflict for a virus without its word,
        Invalid without a reason where one is needed."""
        command = self.command(action, chosen, confirm_virus, reason)
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        title = execution.outcomes[0].step.subject if execution.outcomes else chosen.title
        self._tell(execution, msg(_DONE[action].template, title=title))
        return execution

    def act_by_name(
        self, actor: Actor, name: str, chosen: Chosen, request_key: str, reason: str = ""
    ) -> Execution:
        """One of the provider's further actions (`Card.mail_actions`). Raises as `act`."""
        action = self.further_action(actor, name, chosen)
        command = parse(ActOnMail, {**_fields(chosen), "action": name, "reason": self._reason(reason)})
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        self._tell(execution, action.done)
        return execution

    def further_action(self, actor: Actor, name: str, chosen: Chosen) -> MailAction:
        """The further action of that name. Raises NotFound, Forbidden."""
        connection = self._search.connection(actor, chosen.connection, chosen.key.domain)
        action = next((one for one in self._pool.card(connection).mail_actions if one.name == name), None)
        if action is None or chosen.key.source not in action.sources:
            raise NotFound(msg("{name} has no such action.", name=connection.name))
        actor.require(action.right)
        return action

    def release_and_allow(
        self,
        actor: Actor,
        chosen: Chosen,
        request_key: str,
        *,
        days: int | None = None,
        whole_domain: bool = False,
        confirm_virus: bool = False,
        reason: str = "",
    ) -> list[Execution]:
        """Puts the sender on the allow list of the domain (`whole_domain`: its whole domain) and releases the message.

        The rule comes first, through the upstream's rules, so that it can be undone and may expire after `days`. Only where
        there are no such rules, one call of the upstream does both. Raises as `act`; when the rule is refused, nothing is
        released.
        """
        reason = self._reason(reason)
        view = self.show(actor, chosen.connection, chosen.key)
        card, item = view.card, view.item
        if Capability.RULES_WRITE not in card.can:
            virus = confirm_virus
            return [self.act(actor, "release_allow", chosen, request_key, confirm_virus=virus, reason=reason)]
        senders.check_days(actor, days)
        release = self.command("release", chosen, confirm_virus, reason)
        release.check_right(actor)
        wish = senders.rule_about(
            card,
            chosen.connection,
            chosen.key,
            item.sender,
            RuleAction.ALLOW,
            self._clock(),
            days=days,
            whole_domain=whole_domain,
            reason=reason,
        )
        rule = self._added(actor, wish, f"{request_key[:180]}-rule")
        released = self._executor.execute(actor, release, request_key=request_key)
        if rule is None:
            released.raise_if_nothing_done()
            self._tell(released, msg("Released; its sender was allowed already: {title}.", title=item.title))
            return [released]
        if released.error is not None and released.run.nothing_done:
            text = msg(
                "{sender} is allowed now, but the message was not released: {problem}",
                sender=item.sender,
                problem=released.error.message,
            )
            self._feedback.show(replace(report_of(rule, text), text=text))
            return [rule, released]
        undo = [Link(msg("Undo the rule"), one.action, one.params) for one in report_of(rule, _RULE).links]
        self._tell(released, msg(_DONE["release_allow"].template, title=item.title), *undo)
        return [rule, released]

    def _added(self, actor: Actor, wish: AddRules, request_key: str) -> Execution | None:
        """Adds a rule; None where one that holds as long is there already. Raises what keeps it from being added."""
        try:
            execution = self._executor.execute(actor, wish, request_key=request_key)
        except Conflict as error:
            if senders.holds_as_long(error.now, wish):
                return None
            raise
        execution.raise_if_nothing_done()
        return execution if execution.outcomes else None

    def block(
        self,
        actor: Actor,
        chosen: Chosen,
        request_key: str,
        *,
        days: int | None = None,
        whole_domain: bool = False,
        reason: str = "",
    ) -> Execution:
        """Puts the sender on the block list of the domain; the message stays where it is. Raises as `act`."""
        reason = self._reason(reason)
        senders.check_days(actor, days)
        wish = self._rule(actor, "block", chosen, days, whole_domain, reason)
        execution = self._executor.execute(actor, wish, request_key=request_key)
        execution.raise_if_nothing_done()
        title = msg(_DONE["block"].template, title=wish.rules[0].pattern)
        self._feedback.show(report_of(execution, title))
        return execution

    def _rule(
        self,
        actor: Actor,
        action: str,
        chosen: Chosen,
        days: int | None,
        whole_domain: bool,
        reason: str,
    ) -> AddRules:
        """The rule that the action adds; the message is read only where its sender is not known yet."""
        connection = self._search.connection(actor, chosen.connection, chosen.key.domain)
        sender = chosen.sender or self.show(actor, chosen.connection, chosen.key).item.sender
        card, kind = self._pool.card(connection), senders.RULES[action]
        problem = senders.why_not(actor, card)
        if problem is not None:
            raise Conflict(problem)
        return senders.rule_about(
            card,
            chosen.connection,
            chosen.key,
            sender,
            kind,
            self._clock(),
            days=days,
            whole_domain=whole_domain,
            reason=reason,
        )

    def rules_expire(self, actor: Actor, chosen: Sequence[Chosen]) -> bool:
        """Whether rules about the senders of all these messages can end by themselves."""
        places = {one.connection: one.key.domain for one in chosen}
        connections = [self._search.connection(actor, key, name) for key, name in places.items()]
        return all(senders.expires(card) for card in self._pool.cards(connections).values())

    def act_on_many(
        self,
        actor: Actor,
        action: str,
        chosen: Sequence[Chosen],
        request_key: str,
        *,
        confirm_virus: bool = False,
        reason: str = "",
        days: int | None = None,
        whole_domain: bool = False,
    ) -> int:
        """Starts a job that does it to each of them; returns its number. Raises Invalid, Forbidden, NotFound, Conflict.

        What concerns their senders adds each rule once; `days` and `whole_domain` are for those.
        """
        if not 1 <= len(chosen) <= MOST_CHOSEN:
            raise Invalid({"": msg("Choose 1 to {most} messages.", most=MOST_CHOSEN)})
        if action not in _JOBS:
            raise NotFound(msg("This cannot be done to many messages at once."))
        commands: list[Command] = []
        if action in senders.RULES:
            reason = self._reason(reason)
            senders.check_days(actor, days)
            rules = (self._rule(actor, action, one, days, whole_domain, reason) for one in chosen)
            commands += {(one.connection, one.domain, one.rules[0].pattern): one for one in rules}.values()
        if action != "block":
            name = "release" if action == "release_allow" else action
            commands += [self.command(name, one, confirm_virus and one.infected, reason) for one in chosen]
        for command in commands:
            self._executor.connection(actor, command)
        title = msg(_JOBS[action].template, count=len(chosen))
        job_id = self._jobs.create(
            actor,
            "mail",
            title,
            (NewItem(_subject(command), command.to_json()) for command in commands),
            request_key=request_key,
        )
        self._queue.nudge(job_id)
        link = Link(msg("Watch it"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    def command(
        self, action: str, chosen: Chosen, confirm_virus: bool = False, reason: str = ""
    ) -> MailCommand:
        """The wish. Raises NotFound for an action that there is not, Invalid without a reason where one is needed."""
        model = COMMANDS.get(action)
        if model is None:
            raise NotFound(msg("There is no such action."))
        data: dict[str, object] = {**_fields(chosen), "reason": self._reason(reason)}
        if confirm_virus and "confirm_virus" in model.model_fields:
            data["confirm_virus"] = True
        return parse(model, data)

    def _tell(self, execution: Execution, done: Message, *links: Link) -> None:
        report = report_of(execution, done).with_links(*links)
        if execution.outcomes and execution.outcomes[0].state is State.DONE:
            link = Link(msg("See the change"), "change.show", {"id": execution.outcomes[0].change_id})
            report = report.with_links(link)
        self._feedback.show(report)


def _about(answer: MailAnswer, text: Message) -> Message:
    return msg("{name}: {problem}", name=answer.connection.name, problem=text)


def may_do(actor: Actor, card: Card, action: str) -> Message | None:
    """Why the person cannot do this on a connection with this card; None when they can try."""
    if action == "block":
        return senders.why_not(actor, card)
    model, by_rule = COMMANDS[action], action == "release_allow" and Capability.RULES_WRITE in card.can
    able = Capability.MAIL_RELEASE if by_rule else model.capability
    if able not in card.can:
        return card.reason(able)
    try:
        actor.require(model.right)
        if action == "release_allow" and not by_rule:
            actor.require(Right.CHANGE_RULES)
    except Forbidden as error:
        return error.message
    return senders.why_not(actor, card) if by_rule else None


def _subject(command: Command) -> str:
    """What a job's line calls a wish about a message, or about its sender."""
    if isinstance(command, AddRules):
        return f"{command.rules[0].action.label}: {command.rules[0].pattern}"
    return str(getattr(command, "title", "") or getattr(command, "ref", "")[:40])


def _fields(chosen: Chosen) -> dict[str, object]:
    key = chosen.key
    return {
        "connection": chosen.connection,
        "domain": key.domain,
        "source": key.source.value,
        "mailbox": key.mailbox,
        "folder": key.folder,
        "ref": key.ref,
        "title": chosen.title,
    }


def period(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Both ends in order. Raises Invalid."""
    if since and until and since >= until:
        raise Invalid({"until": msg("The period ends before it begins.")})
    return since, until
