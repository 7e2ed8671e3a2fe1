"""Messages of a cluster: log search, the quarantine that is a part of it, and the delivery queues (contract sheet, 6.1 to 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.core.commands import DeleteMail, MailCommand, ReleaseMail, RemoveQueued, RetryDelivery
from app.core.errors import Conflict, NotFound, NotSupported, NotThere, UpstreamError
from app.core.mail import read_mail
from app.core.messages import (
    AttachmentInfo,
    Criterion,
    Direction,
    MailContent,
    MailDetail,
    MailItem,
    MailKey,
    MailPage,
    MailQuery,
    MailShape,
    MailSource,
    MailState,
    Reach,
    unpack,
)
from app.core.names import NameProblem, display, domain_name
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import read_answer, read_change
from app.providers.spamexperts.wire_messages import (
    CLASSES,
    STATES,
    Row,
    log_item,
    queue_item,
    read_rows,
    words_for,
)

KEPT_DAYS = 31
"""6.1: logs are kept about a month; both ends of the period are always sent."""

MOST_QUEUED = 500
"""Rows of the queue among which one message is looked for; sender and recipient narrow them down."""

ONE_DOMAIN = msg("SpamExperts searches one domain at a time.")
_IDS = msg(
    "SpamExperts names a message by the id of its own mail server, which stands in the Received line (1ZPhsl-0004Im-99). It "
    "does not search for the Message-ID that the sender gave."
)
_NOT_KEPT = msg("SpamExperts keeps the message itself only while it is in the quarantine.")
_NOT_SHOWN = msg("SpamExperts has no call that shows a quarantined outgoing message.")
_RELEASED = msg("A message that was delivered cannot be called back.")
_GONE = msg("The message itself: SpamExperts keeps no copy.")

_BOTH = (Direction.IN, Direction.OUT)
_ASKED = frozenset(Criterion) - {Criterion.TEXT, Criterion.CC, Criterion.FOLDER, Criterion.OPERATOR}

SHAPES = (
    MailShape(
        MailSource.QUARANTINE,
        _ASKED - {Criterion.STATES},
        ("api_find_messages", "api_find_outgoing_messages"),
        directions=_BOTH,
        classes=tuple(CLASSES),
        note=_IDS,
    ),
    MailShape(
        MailSource.LOG,
        _ASKED,
        ("api_find_messages", "api_find_outgoing_messages"),
        directions=_BOTH,
        classes=tuple(CLASSES),
        states=tuple(STATES),
        note=_IDS,
    ),
    MailShape(
        MailSource.QUEUE,
        frozenset({Criterion.SENDER, Criterion.RECIPIENT, Criterion.DIRECTION, Criterion.STATES}),
        ("api_get_delivery_queue", "api_get_outgoing_delivery_queue"),
        reach=Reach.CONNECTION,
        directions=_BOTH,
        states=(MailState.FROZEN, MailState.QUEUED),
    ),
)
_REASONS = {
    Direction.IN: "api_get_queue_reason_incoming",
    Direction.OUT: "api_get_queue_reason_outgoing",
}
_UNQUEUES = {
    Direction.IN: "api_delete_queued_message_incoming",
    Direction.OUT: "api_delete_queued_message_outgoing",
}
_OF_SOURCE = {shape.source: shape for shape in SHAPES}


class Messages:
    """What one cluster knows of single messages."""

    def __init__(self, api: SoftwareApi) -> None:
        self._api = api

    # --- looking for them ---

    def search(self, query: MailQuery) -> MailPage:
        """One page of the log (6.1); of the quarantine, which is the log with the status “quarantined” (6.2). One call."""
        if query.domain is None:
            raise NotSupported("logs_read", ONE_DOMAIN)
        since, until = query.since, query.until
        now = datetime.now(UTC)
        texts = {
            "sender": query.sender,
            "recipient": query.recipient or query.mailbox,
            "subject_header": query.subject,
            "id": query.message_id,
            "classification": words_for(query.classes, CLASSES),
        }
        quarantined = query.source is MailSource.QUARANTINE
        texts["status"] = "quarantined" if quarantined else words_for(query.states, STATES)
        rows = self._find(
            query.domain,
            query.direction,
            since or now - timedelta(days=KEPT_DAYS),
            until or now + timedelta(days=1),
            {**texts, "partial": "True", "predicate": "and", **_page(query)},
        )
        items = [log_item(row, query.source, query.domain, query.direction) for row in rows]
        return _paged(items, query)

    def _find(
        self,
        domain: str,
        direction: Direction,
        since: datetime,
        until: datetime,
        arguments: Mapping[str, str],
        columns: tuple[str, ...] = inferred.MAIL_COLUMNS,
    ) -> list[Row]:
        sent = {
            "domain": domain,
            "from_date": str(max(int(since.timestamp()), 946_684_800)),
            "to_date": str(int(until.timestamp())),
            **{name: value for name, value in arguments.items() if value},
            "columns": ",".join(columns),
            "include_in_progress": "True",
            "format": "json",
        }
        call = "api_find_messages" if direction is Direction.IN else "api_find_outgoing_messages"
        try:
            return read_rows(self._api.read(call, sent), columns)
        except NotThere as gone:
            raise no_domain(domain) from gone

    def queue(self, query: MailQuery) -> MailPage:
        """One page of a delivery queue (6.3), of a domain or of all. One call."""
        wanted = set(query.states) & {MailState.FROZEN, MailState.QUEUED}
        frozen = str(MailState.FROZEN in wanted) if len(wanted) == 1 else ""
        texts = {
            "sender": query.sender,
            "recipient": query.recipient or query.mailbox,
            "frozen": frozen,
            "partial": "True",
            **_page(query),
        }
        return _paged(self._waiting(query.domain, query.direction, texts), query)

    def _waiting(
        self, domain: str | None, direction: Direction, arguments: Mapping[str, str]
    ) -> list[MailItem]:
        sent = {name: value for name, value in arguments.items() if value}
        if domain:
            sent["domain"] = domain
        call = "api_get_delivery_queue" if direction is Direction.IN else "api_get_outgoing_delivery_queue"
        try:
            answer = self._api.read(call, {**sent, "include_retry_time": "True", "format": "json"})
            rows = read_rows(answer, inferred.QUEUE_COLUMNS)
        except NotThere as gone:
            raise no_domain(domain or "") from gone
        now = datetime.now(UTC)
        return [queue_item(row, direction, domain or _name(row), now) for row in rows]

    # --- one of them ---

    def read(self, key: MailKey) -> MailDetail:
        """One message: its row, and while it is quarantined its headers and attachments. Raises NotFound."""
        item = self.item(key)
        if item.key.source is MailSource.QUEUE:
            item = replace(item, reason=self._why_it_waits(item))
        if item.state is not MailState.QUARANTINED or item.direction is Direction.OUT:
            why = _NOT_KEPT if item.state is not MailState.QUARANTINED else _NOT_SHOWN
            return MailDetail(item, None, why, None, why, why)
        mail = read_mail(self._source(item))
        files = tuple(AttachmentInfo(p.id, p.name, p.media_type, p.size) for p in mail.files)
        return MailDetail(item, mail.headers, None, files)

    def _why_it_waits(self, item: MailItem) -> str:
        """What the destination said at the last try; "" where the upstream does not tell."""
        columns = ("message_id", "reason")
        try:
            answer = self._api.read(_REASONS[item.direction], {"message_id": item.message_id})
            rows = read_rows(answer, columns)
        except UpstreamError:
            return ""
        return next((row.get("reason", "") for row in rows if row.get("message_id") == item.message_id), "")

    def content(self, key: MailKey) -> MailContent:
        """The message as it came (6.2). Raises NotFound, NotSupported when it is kept no more."""
        item = self.item(key)
        if item.state is not MailState.QUARANTINED:
            raise NotSupported("mail_read", _NOT_KEPT)
        if item.direction is Direction.OUT:
            raise NotSupported("mail_read", _NOT_SHOWN)
        return MailContent(source=self._source(item))

    def _source(self, item: MailItem) -> bytes:
        try:
            answer = self._api.read(inferred.MAIL_CALLS["view"], _identity(item))
            read_answer(answer)
        except NotThere as gone:
            raise gone_message() from gone
        return answer.body

    def item(self, key: MailKey) -> MailItem:
        """The message as its row says now. Raises NotFound, also for one of another domain."""
        named = unpack(key.ref, "id", "direction")
        direction = Direction.OUT if named["direction"] == Direction.OUT else Direction.IN
        if key.source is MailSource.QUEUE:
            return self._queued(key, named, direction)
        return self._logged(key, named, direction)

    def _queued(self, key: MailKey, named: Mapping[str, str], direction: Direction) -> MailItem:
        asked = {"sender": named.get("sender", ""), inferred.PAGE_ARGUMENTS[0]: str(MOST_QUEUED)}
        for item in self._waiting(key.domain, direction, asked):
            if item.message_id == named["id"] and item.recipients == (named.get("recipient"),):
                return replace(item, key=key)
        raise gone_message()

    def _logged(self, key: MailKey, named: Mapping[str, str], direction: Direction) -> MailItem:
        """The row of the log; the whole month is looked through, since its date is when it came, not when it was queued."""
        now = datetime.now(UTC)
        since, until = now - timedelta(days=KEPT_DAYS), now + timedelta(days=1)
        rows = self._find(
            key.domain, direction, since, until, {"id": named["id"]}, columns=inferred.MAIL_DETAILS
        )
        for row in rows:
            same = not named.get("recipient") or row.get("recipient") == named["recipient"]
            if row.get("id") == named["id"] and same:
                return replace(log_item(row, key.source, key.domain, direction), key=key)
        raise gone_message()

    # --- changing ---

    def plan_release(self, command: ReleaseMail) -> list[Step]:
        """One step, none when it was released already. Raises NotFound, Conflict, NotSupported."""
        if command.recipients:
            raise NotSupported(
                "mail_release", msg("SpamExperts releases a message to its own recipient only.")
            )
        item = self.item(command.key)
        if item.state is MailState.RELEASED:
            return []
        call = inferred.MAIL_CALLS["release"]
        call = call if item.direction is Direction.IN else "api_release_outgoing_message"
        return [_step(Verb.MAIL_RELEASE, held(item), call, MailState.RELEASED, lost=_RELEASED)]

    def plan_delete(self, command: DeleteMail) -> list[Step]:
        """One step, none when it is deleted already. Raises NotFound, Conflict."""
        item = self.item(command.key)
        if item.state is MailState.DELETED:
            return []
        outgoing = item.direction is Direction.OUT
        call = "api_remove_outgoing_quarantined_message" if outgoing else "api_remove_quarantined_message"
        return [_step(Verb.MAIL_DELETE, held(item), call, MailState.DELETED, lost=_GONE)]

    def plan_retry(self, command: RetryDelivery) -> list[Step]:
        """One step. Raises NotFound when it waits no more."""
        item = self.item(_in_queue(command))
        step = _step(Verb.MAIL_RETRY, item, "api_deliver_queued_message", MailState.DELIVERED, lost=_RELEASED)
        return [_of_queue(step, item)]

    def plan_remove(self, command: RemoveQueued) -> list[Step]:
        """One step. Raises NotFound when it waits no more."""
        item = self.item(_in_queue(command))
        call = _UNQUEUES[item.direction]
        step = _step(Verb.MAIL_UNQUEUE, item, call, MailState.DELETED, lost=_GONE)
        return [_of_queue(step, item, method="remove")]

    def apply(self, step: Step) -> Applied:
        """Sends the call."""
        return read_change(self._api.write(step.args["call"], step.args["arguments"]))

    def observe(self, step: Step) -> Observed:
        """What the log says of the message now. A try that delivered nothing leaves no trace."""
        key = MailKey(MailSource.LOG, step.domain or "", str(step.ref))
        named = unpack(key.ref, "id", "direction")
        try:
            item = self._logged(key, named, Direction(named["direction"]))
        except NotFound:
            return Observed(Seen.CANNOT_TELL)
        now = {"state": item.state.value}
        wished, before = (step.after or {}).get("state"), (step.before or {}).get("state")
        if now["state"] == wished or (wished == MailState.RELEASED and item.state is MailState.DELIVERED):
            return Observed(Seen.DONE, now)
        if now["state"] == before:
            return Observed(Seen.CANNOT_TELL if step.verb is Verb.MAIL_RETRY else Seen.NOT_DONE, now)
        return Observed(Seen.DIFFERS, now)


def _page(query: MailQuery) -> dict[str, str]:
    """One row more than a page, which tells whether there is a next one."""
    limit, offset = inferred.PAGE_ARGUMENTS
    return {limit: str(query.size + 1), offset: str((query.page - 1) * query.size)}


def _paged(items: list[MailItem], query: MailQuery) -> MailPage:
    dawn = datetime.min.replace(tzinfo=UTC)
    rows = sorted(items[: query.size], key=lambda item: item.at or dawn, reverse=True)
    ignored = query.asks - _OF_SOURCE[query.source].criteria
    return MailPage(tuple(rows), more=len(items) > query.size, ignored=ignored)


def _name(row: Row) -> str | None:
    try:
        return domain_name(row.get("domain", ""))
    except NameProblem:
        return None


def _identity(item: MailItem) -> dict[str, str]:
    """The five values by which a quarantined message is named (6.2)."""
    named = unpack(item.key.ref, "id")
    return {
        "domain": item.key.domain,
        "recipient": item.recipients[0] if item.recipients else "",
        "message_id": named["id"],
        "filtering_host": item.host,
        "date": named.get("date", ""),
        "sender": item.sender,
    }


def held(item: MailItem) -> MailItem:
    """The message, which is in the quarantine. Raises Conflict where it is there no more."""
    if item.state is not MailState.QUARANTINED:
        text = msg(
            "The message is not in the quarantine any more: {state}. Nothing was sent.",
            state=item.state.label,
        )
        raise Conflict(text, {"state": item.state.value})
    return item


def _step(verb: Verb, item: MailItem, call: str, state: MailState, lost: Message) -> Step:
    arguments = {name: value for name, value in _identity(item).items() if value}
    return Step(
        verb=verb,
        subject=item.title,
        domain=item.key.domain,
        args={"call": call, "arguments": arguments},
        before={
            "state": item.state.value,
            "subject": item.subject[:500],
            "class": item.mail_class.value,
            "id": item.message_id,
        },
        after={"state": state.value},
        inverse=None,
        lost=[lost],
        ref=item.key.ref,
    )


def _of_queue(step: Step, item: MailItem, **more: str) -> Step:
    """The same step by the two values that name a waiting message (6.3)."""
    arguments = {"host": item.host, "message_id": item.message_id, **more}
    return replace(step, args={**step.args, "arguments": arguments})


def _in_queue(command: MailCommand) -> MailKey:
    return replace(command.key, source=MailSource.QUEUE)


def gone_message() -> NotFound:
    """The error for a message that is there no more, or belongs to another domain."""
    return NotFound(msg("There is no such message (any more)."))


def no_domain(domain: str) -> NotFound:
    """The error for a domain that this server does not have."""
    return NotFound(msg("{domain} is not on this server.", domain=display(domain)))
