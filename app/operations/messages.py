"""Messages of several connections at once: found side by side under one deadline, and read with a line in the journal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from app.core.actor import Actor
from app.core.capabilities import Capability, Card
from app.core.errors import GatehouseError, Invalid, Malformed, NotFound, NotSupported, Rejected
from app.core.mail_text import file_name, visible
from app.core.messages import (
    Criterion,
    LogReader,
    MailBodyReader,
    MailContent,
    MailDetail,
    MailField,
    MailFile,
    MailFileReader,
    MailFolder,
    MailFolderReader,
    MailItem,
    MailKey,
    MailPage,
    MailQuery,
    MailReader,
    MailShape,
    MailSource,
    Operator,
    QuarantineReader,
    QueueReader,
    Reach,
)
from app.core.model import Connection
from app.core.names import NameProblem, domain_name
from app.core.plan import Applied, Observed, Seen, Step, Verb, checksum
from app.core.ports import Connections, Inventory
from app.core.text import Message, msg
from app.operations.gather import Gather
from app.operations.opened import Opened
from app.operations.pool import DriverPool
from app.operations.runner import Runner, Ticket

CAPABILITY = {
    MailSource.QUARANTINE: Capability.QUARANTINE_READ,
    MailSource.LOG: Capability.LOGS_READ,
    MailSource.QUEUE: Capability.QUEUE_READ,
}


BOXES_AT_ONCE = 20
"""Mailboxes that one page of a search over a whole domain goes through, where an upstream is searched by mailbox."""


@dataclass(frozen=True, slots=True)
class MailRow:
    """A message and the connection that has it."""

    connection: Connection
    item: MailItem


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """What one connection said to a search: a page, or the problem why it has none (`asked`: after it was asked).

    `unasked`: fields of the search that this connection does not know, so its page is not narrowed by them.
    """

    connection: Connection
    page: MailPage | None
    problem: Message | None = None
    asked: bool = True
    unasked: tuple[MailField, ...] = ()


@dataclass(frozen=True, slots=True)
class MailFound:
    """The answers of all connections, their messages in one list, newest first."""

    answers: Sequence[MailAnswer]
    rows: Sequence[MailRow]

    @property
    def asked(self) -> int:
        """How many connections were asked."""
        return sum(answer.asked for answer in self.answers)

    @property
    def answered(self) -> int:
        """How many of them answered."""
        return sum(answer.page is not None for answer in self.answers)

    @property
    def more(self) -> bool:
        """Whether a further page would bring more."""
        return any(answer.page.more for answer in self.answers if answer.page)

    @property
    def total(self) -> int | None:
        """How many there are in all, None as soon as one connection does not say."""
        totals = [answer.page.total for answer in self.answers if answer.page]
        return None if None in totals else sum(total or 0 for total in totals)


class MailSearch:
    """Looks for messages, reads single ones, and lets nobody read a body without a line in the journal."""

    def __init__(
        self,
        connections: Connections,
        inventory: Inventory,
        pool: DriverPool,
        gather: Gather,
        runner: Runner,
        seconds: float,
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._pool = pool
        self._gather = gather
        self._runner = runner
        self._seconds = seconds
        # Searches of single mailboxes wait inside a search of the domain, so they have threads of their own.
        self._boxes = Gather(8)
        self._opened = Opened()

    # --- looking ---

    def find(self, actor: Actor, query: MailQuery, keys: Sequence[str] = ()) -> MailFound:
        """One page from each connection (of these `keys`, or all) that can have such messages, one search each.

        `query.domain` may be an alias: each connection is asked for the domain that it belongs to. Without one, the address
        of mailbox or recipient tells it. What a connection cannot be asked is a problem in its answer. Raises Invalid for a
        field that no connection knows, or that it would refuse.
        """
        query = _with_domain(query)
        known = self._known_fields(actor, query)
        calls: dict[str, Callable[[], MailPage]] = {}
        skipped: list[MailAnswer] = []
        asked: dict[str, tuple[Connection, tuple[MailField, ...]]] = {}
        for connection, domain in self._places(actor, query, keys):
            card = self._pool.card(connection)
            shape, reason = _fitting(card, query, domain)
            if reason is not None or shape is None:
                skipped.append(MailAnswer(connection, None, reason, asked=False))
                continue
            name = f"{connection.key}\n{domain}"
            own = {one.name for one in shape.fields}
            asked[name] = connection, tuple(known[n] for n, _ in query.fields if n not in own)
            wanted = _for(query, shape, domain)
            by_box = shape.reach is Reach.MAILBOX and not wanted.mailbox
            calls[name] = partial(self._through if by_box else self._ask, connection, wanted)
        gathered = self._gather(calls, self._seconds)
        answers = [
            MailAnswer(c, gathered.items.get(n), _words(gathered.problems.get(n)), unasked=unasked)
            for n, (c, unasked) in asked.items()
        ]
        rows = [MailRow(one.connection, clean(item)) for one in answers if one.page for item in one.page.rows]
        if query.domain is None:
            rows = self._by_domain(actor, rows)
        dawn = datetime.min.replace(tzinfo=UTC)
        rows.sort(key=lambda row: row.item.at or dawn, reverse=True)
        return MailFound([*answers, *skipped], rows)

    def _known_fields(self, actor: Actor, query: MailQuery) -> dict[str, MailField]:
        """The fields that the query names, as a connection that has them describes them. Raises Invalid."""
        if not query.fields:
            return {}
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        shapes = (shape for card in self._pool.cards(connections).values() for shape in card.mail)
        known = {one.name: one for shape in shapes if shape.source is query.source for one in shape.fields}
        for name, value in query.fields:
            if name not in known:
                text = msg(
                    "No connection that you see is searched by “{name}”. What can be named: {names}.",
                    name=name,
                    names=", ".join(sorted(known)) or "–",
                )
                raise Invalid({"field": text})
            known[name].check(value)
        return known

    def _by_domain(self, actor: Actor, rows: Sequence[MailRow]) -> list[MailRow]:
        """The rows of whole connections, each under the domain that its alias belongs to, as the inventory knows them."""
        owners = {
            name: self._inventory.owners_of(actor, name) for name in {row.item.key.domain for row in rows}
        }
        placed: list[MailRow] = []
        for row in rows:
            domain = dict(owners[row.item.key.domain]).get(row.connection.key, row.item.key.domain)
            key = replace(row.item.key, domain=domain)
            placed.append(replace(row, item=replace(row.item, key=key)))
        return placed

    def folders(
        self, actor: Actor, domain: str, mailbox: str, keys: Sequence[str] = ()
    ) -> list[tuple[Connection, Sequence[MailFolder]]]:
        """The folders of a mailbox with their counts, on each connection (of these `keys`) that has such; one that does not
        answer is left out."""
        calls: dict[str, Callable[[], Sequence[MailFolder]]] = {}
        owners: dict[str, Connection] = {}
        places = self._places(actor, MailQuery(MailSource.QUARANTINE, domain=domain), keys)
        for connection, name in places:
            driver = self._pool.driver(connection)
            able = Capability.MAIL_FOLDERS in self._pool.card(connection).can
            if able and name and isinstance(driver, MailFolderReader):
                owners[connection.key] = connection
                calls[connection.key] = partial(driver.list_mail_folders, name, mailbox)
        found = self._gather(calls, self._seconds).items
        return [(owners[key], folders) for key, folders in found.items()]

    def _places(
        self, actor: Actor, query: MailQuery, keys: Sequence[str]
    ) -> list[tuple[Connection, str | None]]:
        """The connections to ask, each with the domain there; None: the whole of it."""
        visible_ones = {c.key: c for c in self._connections.visible(actor) if c.enabled}
        wanted = {key: c for key, c in visible_ones.items() if not keys or key in keys}
        if query.domain is None:
            able = CAPABILITY[query.source]
            cards = self._pool.cards(list(wanted.values()))
            whole = [c for c in wanted.values() if able in cards[c.key].can and actor.sees(c.key)]
            return [(connection, None) for connection in whole]
        owners = self._inventory.owners_of(actor, query.domain)
        found: list[tuple[Connection, str | None]] = [(wanted[k], name) for k, name in owners if k in wanted]
        if found or not keys:
            return found
        # Chosen by name, and not known to have the domain: it was not read yet, or, with a mailbox's own token, never will be.
        domains = self._inventory.count_by_status(actor) if owners else {}
        bare = [c for c in wanted.values() if not sum(domains.get(c.key, {}).values())]
        return [(c, query.domain) for c in bare if actor.sees(c.key, query.domain)]

    def _through(self, connection: Connection, query: MailQuery) -> MailPage:
        """The mailboxes of a domain, some of them with each page; what was read of how many is said. A mailbox that does not
        answer is one that was not read; when none answers, its problem is raised."""
        driver = self._pool.driver(connection)
        if not isinstance(driver, MailFolderReader) or query.domain is None:
            raise _lacks(self._pool.card(connection), Capability.MAIL_FOLDERS)
        boxes = sorted(driver.mail_mailboxes(query.domain))
        first = (query.page - 1) * BOXES_AT_ONCE
        part = boxes[first : first + BOXES_AT_ONCE]
        one_page = replace(query, page=1)
        found = self._boxes(
            {box: partial(self._ask, connection, replace(one_page, mailbox=box)) for box in part},
            max(0.5, self._seconds * 0.8),
        )
        if part and not found.items:
            raise next(iter(found.problems.values()))
        read = first + len(found.items)
        text = msg(
            "{read} of {all} mailboxes read so far; the next page reads on. Search all of them as a job, or name one.",
            read=read,
            all=len(boxes),
        )
        if found.problems:
            text = msg("{text} {count} of them did not answer.", text=text, count=len(found.problems))
        whole = read == len(boxes) and not any(page.more for page in found.items.values())
        rows = [item for page in found.items.values() for item in page.rows]
        ignored = frozenset(one for page in found.items.values() for one in page.ignored)
        more = first + BOXES_AT_ONCE < len(boxes)
        return MailPage(rows, more=more, cut=None if whole else text, ignored=ignored)

    def mailboxes(self, connection: Connection, domain: str) -> Sequence[str]:
        """The addresses of a domain's mailboxes. Raises NotFound, NotSupported where it has none to be searched."""
        driver = self._pool.driver(connection)
        if not isinstance(driver, MailFolderReader):
            raise _lacks(self._pool.card(connection), Capability.MAIL_FOLDERS)
        return driver.mail_mailboxes(domain)

    def in_mailbox(self, connection: Connection, query: MailQuery) -> MailPage:
        """One page of what a single mailbox holds, read without the deadline of a page. Raises what the search raises."""
        return self._ask(connection, query)

    def _ask(self, connection: Connection, query: MailQuery) -> MailPage:
        driver = self._pool.driver(connection)
        if query.source is MailSource.QUARANTINE and isinstance(driver, QuarantineReader):
            return driver.search_quarantine(query)
        if query.source is MailSource.LOG and isinstance(driver, LogReader):
            return driver.search_log(query)
        if query.source is MailSource.QUEUE and isinstance(driver, QueueReader):
            return driver.list_queue(query)
        raise _lacks(self._pool.card(connection), CAPABILITY[query.source])

    # --- one message ---

    def connection(self, actor: Actor, key: str, domain: str) -> Connection:
        """The connection, when the domain can lie in the actor's scope. Raises NotFound."""
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key, domain):
            raise NotFound(msg("There is no such message (any more)."))
        return connection

    def read(self, actor: Actor, key: str, mail: MailKey) -> tuple[Connection, Card, MailDetail]:
        """One message without its body, read live. Raises NotFound, NotSupported and what the read raises."""
        connection = self.connection(actor, key, mail.domain)
        card = self._pool.card(connection)
        driver = self._pool.driver(connection)
        if not isinstance(driver, MailReader):
            raise _lacks(card, Capability.MAIL_HEADERS)
        found = self._gather({"mail": lambda: driver.read_mail(mail)}, self._seconds)
        if "mail" in found.problems:
            raise found.problems["mail"]
        detail = found.items["mail"]
        files = detail.attachments and tuple(
            replace(one, name=file_name(one.name, number)) for number, one in enumerate(detail.attachments, 1)
        )
        return connection, card, replace(detail, item=clean(detail.item), attachments=files)

    def content(
        self, actor: Actor, connection: Connection, item: MailItem, reason: str, request_key: str
    ) -> int:
        """Notes in the journal that the body is about to be read, and tries it once: returns the change's number.

        Raises what the read raises; that is in the journal too.
        """
        return self._noted(
            actor,
            connection,
            self._look(Verb.MAIL_VIEW, connection, item, reason),
            lambda: self._opened_now(actor, connection, item.key),
            request_key,
        )

    def body(self, actor: Actor, connection: Connection, mail: MailKey, reason: str = "") -> MailContent:
        """The body, for whoever `content` let in just before.

        Where a reading leaves something upstream (`Card.mail_trace`) it is what was read then, and when that is too long ago,
        or was in another process, a reading of its own with a line in the journal.
        """
        if self._pool.card(connection).mail_trace is None:
            return self.fetch(connection, mail)
        kept = self._opened.get((actor.name, connection.key, mail))
        if kept is not None:
            return kept
        item = self.read(actor, connection.key, mail)[2].item
        found: list[MailContent] = []
        step = self._look(Verb.MAIL_VIEW, connection, item, reason)
        look = lambda: found.append(self._opened_now(actor, connection, mail))  # noqa: E731
        self._noted(actor, connection, step, look, uuid.uuid4().hex)
        return found[0]

    def _opened_now(self, actor: Actor, connection: Connection, mail: MailKey) -> MailContent:
        content = self.fetch(connection, mail)
        if self._pool.card(connection).mail_trace is not None:
            self._opened.keep((actor.name, connection.key, mail), content)
        return content

    def _look(self, verb: Verb, connection: Connection, item: MailItem, reason: str, **more: str) -> Step:
        """The step of a reading: what is read and why, and what it leaves upstream."""
        trace = self._pool.card(connection).mail_trace
        return _look(verb, item, reason, more if trace is None else {**more, "link": str(trace)})

    def fetch(self, connection: Connection, mail: MailKey) -> MailContent:
        """The body. The caller has seen to it that this is in the journal."""
        driver = self._pool.driver(connection)
        if not isinstance(driver, MailBodyReader):
            raise _lacks(self._pool.card(connection), Capability.MAIL_READ)
        return driver.read_mail_content(mail)

    def download(
        self,
        actor: Actor,
        connection: Connection,
        item: MailItem,
        what: str,
        fetch: Callable[[], MailFile],
        reason: str,
        request_key: str,
    ) -> MailFile:
        """What `fetch` brings, with a line in the journal that names it (`what`)."""
        files: list[MailFile] = []
        step = self._look(Verb.MAIL_DOWNLOAD, connection, item, reason, what=what)
        self._noted(actor, connection, step, lambda: files.append(fetch()), request_key)
        return files[0] if files else fetch()  # a repeated request was journalled before

    def file(self, connection: Connection, mail: MailKey, part: str) -> MailFile | None:
        """One attachment by a call of its own, under a name without tricks; None where the connection has none such."""
        driver = self._pool.driver(connection)
        if not isinstance(driver, MailFileReader):
            return None
        found = driver.read_mail_file(mail, part)
        return replace(found, name=file_name(found.name, 1))

    def _noted(
        self, actor: Actor, connection: Connection, step: Step, look: Callable[[], object], request_key: str
    ) -> int:
        ticket = Ticket(request_key, checksum([{"connection": connection.key, **step.to_json()}]))
        run = self._runner.earlier(actor, ticket)
        if run is None:
            run = self._runner.run(actor, connection.key, _Looking(look), [step], ticket)
        if run.error is not None:
            raise run.error
        return run.outcomes[0].change_id


class _Looking:
    """A read as a driver with one step, so that the runner journals it before it is sent."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look

    def apply(self, _step: Step) -> Applied:
        """Reads. Nonsense of the upstream is a plain failure here: nothing can have been changed."""
        try:
            self._look()
        except Malformed as error:
            raise Rejected(str(error.message), status=error.status) from error
        return Applied()

    def observe(self, _step: Step) -> Observed:
        """A read leaves no trace."""
        return Observed(Seen.CANNOT_TELL)


def clean(item: MailItem) -> MailItem:
    """The message with texts that show what they hold: whoever wrote it chose most of them."""
    return replace(
        item,
        sender=visible(item.sender, 320),
        recipients=tuple(visible(one, 320) for one in item.recipients[:50]),
        subject=visible(item.subject, 500),
        message_id=visible(item.message_id, 300),
        class_words=visible(item.class_words, 100),
        state_words=visible(item.state_words, 100),
        reason=visible(item.reason, 500),
        host=visible(item.host, 253),
        facts=tuple((label, visible(text, 500)) for label, text in item.facts[:30]),
    )


def _look(verb: Verb, item: MailItem, reason: str, more: Mapping[str, str]) -> Step:
    shown = {"subject": item.subject, "class": item.mail_class.value, **more}
    return Step(
        verb,
        item.title,
        item.key.domain,
        args={"reason": reason} if reason else {},
        after={**shown, "reason": reason} if reason else shown,
        ref=item.key.ref,
    )


def _with_domain(query: MailQuery) -> MailQuery:
    """The query with the domain that an address in it names, where none is."""
    if query.domain is not None:
        return query
    own = query.sender if query.direction.value == "out" else query.recipient
    for address in (query.mailbox, own):
        _, at, name = address.rpartition("@")
        if at and "." in name:
            try:
                return replace(query, domain=domain_name(name))
            except NameProblem:
                continue
    return query


def _fitting(card: Card, query: MailQuery, domain: str | None) -> tuple[MailShape | None, Message | None]:
    """How the connection is searched, or why it cannot be."""
    able = CAPABILITY[query.source]
    shape = next((one for one in card.mail if one.source is query.source), None)
    if able not in card.can or shape is None:
        return None, card.reason(able)
    if query.direction not in shape.directions:
        return None, msg("It knows nothing of mail that is {way}.", way=query.direction.label)
    if query.operator is not Operator.AND and Criterion.OPERATOR not in shape.criteria:
        return None, msg("It can only be searched for what fits all of it, so it was not asked.")
    if shape.reach is not Reach.CONNECTION and domain is None:
        return None, msg("It is searched domain by domain: name a domain or an address.")
    by_box = shape.reach is Reach.MAILBOX and not _mailbox(query, domain)
    if by_box and Capability.MAIL_FOLDERS not in card.can:
        return None, msg("It is searched mailbox by mailbox: name the address of a mailbox.")
    return shape, None


def _mailbox(query: MailQuery, domain: str | None) -> str:
    """The mailbox that is searched: the one named, else the recipient when that is a whole address of the domain."""
    if query.mailbox:
        return query.mailbox
    local, _, name = query.recipient.rpartition("@")
    return query.recipient.lower() if local and domain and name.lower() == domain else ""


def _for(query: MailQuery, shape: MailShape, domain: str | None) -> MailQuery:
    """The query as this connection gets it."""
    own = {one.name for one in shape.fields}
    asked = replace(query, domain=domain, fields=tuple(pair for pair in query.fields if pair[0] in own))
    if shape.reach is Reach.MAILBOX:
        box = _mailbox(query, domain)
        same = query.recipient.lower() == box and Criterion.RECIPIENT not in shape.criteria
        return replace(asked, mailbox=box, recipient="" if same else query.recipient)
    return asked


def _words(error: GatehouseError | None) -> Message | None:
    return None if error is None else error.message


def _lacks(card: Card, capability: Capability) -> NotSupported:
    return NotSupported(capability.value, card.reason(capability))
