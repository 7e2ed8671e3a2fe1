"""The quarantine through the panel's interface for its app (contract sheet, 7.4): all of it where a connection has the panel
alone; beside the Software API what only this has: release and allow, release and train, delete and block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.actor import Right
from app.core.commands import ActOnMail, DeleteMail, MailCommand, ReleaseAndAllow, ReleaseMail
from app.core.errors import NotFound, NotSupported, NotThere
from app.core.mail import read_mail
from app.core.messages import (
    AttachmentInfo,
    Criterion,
    Direction,
    MailAction,
    MailContent,
    MailDetail,
    MailItem,
    MailKey,
    MailPage,
    MailQuery,
    MailShape,
    MailSource,
    MailState,
    unpack,
)
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.app_rest import (
    RELEASE,
    RELEASE_ALLOW,
    RELEASE_TRAIN,
    REMOVE,
    REMOVE_BLOCK,
    SEARCH,
    VIEW,
    AppRest,
)
from app.providers.spamexperts.messages import KEPT_DAYS, ONE_DOMAIN, gone_message, held, no_domain
from app.providers.spamexperts.wire_messages import Row, instant, log_item

Json = Any

SHAPE = MailShape(
    MailSource.QUARANTINE,
    frozenset({Criterion.SENDER, Criterion.RECIPIENT, Criterion.PERIOD, Criterion.DIRECTION}),
    (SEARCH,),
    directions=(Direction.IN, Direction.OUT),
    note=msg(
        "With the Control Panel alone SpamExperts shows what its app shows: the messages in the quarantine. What became of "
        "other messages only the Software API tells."
    ),
)

ACTIONS = (
    MailAction(
        "release_train",
        msg("Release and train"),
        msg("The message was released, and the filter learns that such mail is wanted."),
        sources=(MailSource.QUARANTINE,),
        risk=True,
        help=msg("A mistake makes the filter worse for everybody: only for mail that is surely wanted."),
        icon="certificate",
    ),
    MailAction(
        "delete_block",
        msg("Delete and block the sender"),
        msg("The message was deleted, and its sender is on the block list of the domain."),
        right=Right.CHANGE_RULES,
        sources=(MailSource.QUARANTINE,),
        risk=True,
        help=msg("Mail of a blocked sender is refused from now on; senders are easily forged."),
        icon="user-off",
    ),
)
_ACTS: Mapping[str, tuple[str, MailState]] = {
    "release_train": (RELEASE_TRAIN, MailState.RELEASED),
    "delete_block": (REMOVE_BLOCK, MailState.DELETED),
}
_DELIVERED = msg("A message that was delivered cannot be called back.")
_GONE = msg("The message itself: SpamExperts keeps no copy.")
_ALLOWED = msg("The sender stays on the allow list; a rule takes it off again.")


class AppMessages:
    """The quarantine of one connection. `find`: how a message is looked for where the Software API tells more of it."""

    def __init__(self, rest: AppRest, find: Callable[[MailKey], MailItem] | None = None) -> None:
        self._rest = rest
        self._find = find or self.item

    def search(self, query: MailQuery) -> MailPage:
        """One page of the quarantine. One call."""
        if query.domain is None:
            raise NotSupported("quarantine_read", ONE_DOMAIN)
        now = datetime.now(UTC)
        body = self._searched(
            query.domain,
            query.direction,
            {
                "since": _minute(query.since or now - timedelta(days=KEPT_DAYS)),
                "until": _minute((query.until or now) + timedelta(minutes=1)),
                "sender": query.sender,
                "recipient": query.recipient or query.mailbox,
                "current_page": str(query.page - 1 + inferred.APP_FIRST_PAGE),
                "length": str(query.size),
            },
        )
        rows = [log_item(row, MailSource.QUARANTINE, query.domain, query.direction) for row in _rows(body)]
        dawn = datetime.min.replace(tzinfo=UTC)
        rows.sort(key=lambda item: item.at or dawn, reverse=True)
        count = body.get("last_count")
        total = count if isinstance(count, int) and not isinstance(count, bool) else None
        more = len(rows) == query.size if total is None else total > query.page * query.size
        return MailPage(tuple(rows), total=total, more=more, ignored=query.asks - SHAPE.criteria)

    def _searched(self, domain: str, direction: Direction, asks: Mapping[str, str]) -> dict[str, Json]:
        sent = {name: text for name, text in asks.items() if text}
        try:
            found = self._rest.ask(SEARCH, {"direction": _way(direction), "domain": domain, **sent})
        except NotThere as gone:
            raise no_domain(domain) from gone
        return dict(found)

    def item(self, key: MailKey) -> MailItem:
        """A message that is in the quarantine, looked for at the minute that it came. Raises NotFound."""
        named = unpack(key.ref, "id", "direction")
        direction = Direction.OUT if named["direction"] == Direction.OUT else Direction.IN
        at = instant(named.get("date", ""))
        if at is None:
            raise gone_message()
        asks = {
            "since": _minute(at),
            "until": _minute(at + timedelta(minutes=1)),
            "sender": named.get("sender", ""),
        }
        asks |= {"recipient": named.get("recipient", ""), "length": str(inferred.APP_MOST)}
        for row in _rows(self._searched(key.domain, direction, asks)):
            if row["id"] == named["id"] and row["recipient"] == named.get("recipient", row["recipient"]):
                return log_item(row, key.source, key.domain, direction)
        raise gone_message()

    def read(self, key: MailKey) -> MailDetail:
        """One message with its headers and attachments. Raises NotFound."""
        item = self.item(key)
        mail = read_mail(self._source(item))
        files = tuple(AttachmentInfo(part.id, part.name, part.media_type, part.size) for part in mail.files)
        return MailDetail(item, mail.headers, None, files)

    def content(self, key: MailKey) -> MailContent:
        """The message as it came. Raises NotFound."""
        return MailContent(source=self._source(self.item(key)))

    def _source(self, item: MailItem) -> bytes:
        try:
            body = self._rest.ask(VIEW, {"view": "raw", "direction": _way(item.direction), **entry_of(item)})
        except NotThere as gone:
            raise gone_message() from gone
        mail = body.get("mail")
        details = mail.get("details") if isinstance(mail, dict) else None
        if not isinstance(details, str):
            raise NotSupported("mail_read", msg("The panel's answer holds no message."))
        return details.encode("utf-8", "surrogateescape")

    # --- changing ---

    def plan_release(self, command: ReleaseMail) -> list[Step]:
        """One step. Raises NotFound when it is in the quarantine no more, NotSupported for other recipients."""
        if command.recipients:
            raise NotSupported(
                "mail_release", msg("SpamExperts releases a message to its own recipient only.")
            )
        return self._plan(command, Verb.MAIL_RELEASE, RELEASE, MailState.RELEASED, _DELIVERED)

    def plan_release_allow(self, command: ReleaseAndAllow) -> list[Step]:
        """The same, with the sender put on the allow list."""
        return self._plan(
            command, Verb.MAIL_RELEASE_ALLOW, RELEASE_ALLOW, MailState.RELEASED, _DELIVERED, _ALLOWED
        )

    def plan_delete(self, command: DeleteMail) -> list[Step]:
        """One step. Raises NotFound when it is in the quarantine no more."""
        return self._plan(command, Verb.MAIL_DELETE, REMOVE, MailState.DELETED, _GONE)

    def plan_act(self, command: ActOnMail) -> list[Step]:
        """One step. Raises NotFound, NotSupported for an unknown action."""
        if command.action not in _ACTS:
            raise NotSupported("mail_act", msg("SpamExperts has no action “{name}”.", name=command.action))
        call, state = _ACTS[command.action]
        lost = _GONE if state is MailState.DELETED else _DELIVERED
        return self._plan(command, Verb.MAIL_ACT, call, state, lost)

    def _plan(
        self, command: MailCommand, verb: Verb, call: str, state: MailState, *lost: Message
    ) -> list[Step]:
        item = held(self._find(command.key))
        step = Step(
            verb=verb,
            subject=item.title,
            domain=item.key.domain,
            args={"call": call, "direction": _way(item.direction), "entry": entry_of(item)},
            before={"state": item.state.value, "subject": item.subject[:500], "id": item.message_id},
            after={"state": state.value},
            lost=list(lost),
            ref=item.key.ref,
        )
        return [step]

    def apply(self, step: Step) -> Applied:
        """Sends the message as the only one of the call's list."""
        entry = step.args["entry"]
        taken = step.args["call"] in (REMOVE, REMOVE_BLOCK)
        message = {inferred.APP_ENTRY: entry} if taken else {"*": [entry]}
        self._rest.ask(step.args["call"], {"direction": step.args["direction"], **message})
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether it is still in the quarantine; nothing here tells what became of it after that."""
        try:
            item = self.item(MailKey(MailSource.QUARANTINE, step.domain or "", str(step.ref)))
        except NotFound:
            return Observed(Seen.DONE, {"state": (step.after or {}).get("state")})
        return Observed(Seen.NOT_DONE, {"state": item.state.value})


def entry_of(item: MailItem) -> dict[str, str]:
    """The five values by which the app names a message (6.2)."""
    named = unpack(item.key.ref, "id")
    return {
        "message_id": named["id"],
        "filtering_host": named.get("filtering_host", ""),
        "recipient": named.get("recipient", ""),
        "sender": named.get("sender", ""),
        "datetime": named.get("date", ""),
    }


_COLUMNS = {
    "datetime": "date",
    "message_id": "id",
    "main_class": "classification",
    **{name: name for name in ("sender", "recipient", "filtering_host", "subject_header")},
}


def _rows(body: Mapping[str, Json]) -> list[Row]:
    """The entries of a search with the names of the log's columns; what is no object is left out."""
    entries = body.get("entries")
    return [
        {**{ours: str(entry.get(theirs) or "") for theirs, ours in _COLUMNS.items()}, "status": "quarantined"}
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]


def _way(direction: Direction) -> str:
    return "delivery" if direction is Direction.IN else "submission"


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(inferred.APP_DATE)
