"""Message search, and what is done to single messages (contract sheet, 5.7 and 5.8).

A partner with all its customers, one customer or one user is searched. There is one row for each recipient; the quarantine is
a search for what is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from app.core.actor import Right
from app.core.commands import ActOnMail, MailCommand, ReleaseAndAllow, ReleaseMail
from app.core.errors import Conflict, NotFound, NotSupported, NotThere, Rejected, Unreachable
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
    Reach,
    unpack,
)
from app.core.placing import Placed
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity import inferred, search_fields
from app.providers.hornetsecurity.calls import contract
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.kinds.values import Row, flag_of, read_object, text_of
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.wire import NoPermission, read_file
from app.providers.hornetsecurity.wire_lists import check_items
from app.providers.hornetsecurity.wire_messages import (
    CLASSES,
    STATES,
    codes_of,
    domain_of,
    item_of,
    read_found,
)

Json = Any

MOST = 10_000
"""Section 1, style A: offset and limit together never exceed this."""

DEFAULT_DAYS = 30
SEARCH, ONE, HEADER = "POST /emails/_search/", "POST /emails/_search/single_email/", "POST /emails/header/"
RELEASE, RELEASE_ALLOW = "POST /emails/deliver/recipient/", "POST /emails/whitelist_and_deliver/"

_BOTH = (Direction.IN, Direction.OUT)
_ASKED = frozenset(Criterion) - {Criterion.CC, Criterion.FOLDER, Criterion.OPERATOR}
_NOTE = msg(
    "The last 30 days where no period is named. The panel goes through 10,000 rows of a search at most; it has one row for each "
    "recipient. Without a domain everything below the connection's account is searched."
)
SHAPES = (
    MailShape(
        MailSource.QUARANTINE,
        _ASKED - {Criterion.STATES},
        (SEARCH,),
        reach=Reach.CONNECTION,
        directions=_BOTH,
        classes=tuple(CLASSES),
        fields=search_fields.FIELDS,
        most=MOST,
        note=_NOTE,
    ),
    MailShape(
        MailSource.LOG,
        _ASKED,
        (SEARCH,),
        reach=Reach.CONNECTION,
        directions=_BOTH,
        classes=tuple(CLASSES),
        states=tuple(STATES),
        fields=search_fields.FIELDS,
        most=MOST,
        note=_NOTE,
    ),
)
_OF_SOURCE = {shape.source: shape for shape in SHAPES}


class _Act(NamedTuple):
    """A further action: its call, whether the call takes the scope, and what goes with the id of the message."""

    call: str
    scoped: bool = False
    item: Mapping[str, Json] = {}


_ACTS: Mapping[str, _Act] = {
    "mark_spam": _Act("POST /emails/mark/spam/"),
    "mark_info": _Act("POST /emails/mark/info/"),
    "mark_private": _Act("POST /emails/mark/private/", item={"private": True}),
    "mark_not_private": _Act("POST /emails/mark/private/", item={"private": False}),
    "send_to_admin": _Act("POST /emails/deliver/helpdesk/", scoped=True),
    "send_to_support": _Act("POST /emails/deliver/support/", scoped=True),
    "remove_delivered": _Act("POST /emails/delete/", scoped=True),
}
_PRIVATE = {"mark_private": True, "mark_not_private": False}
_CLASS_AFTER = {"mark_spam": "spam", "mark_info": "advert"}

ACTIONS = (
    MailAction("mark_spam", msg("Report as spam"), msg("The message was reported as spam."), icon="mail-x"),
    MailAction(
        "mark_info", msg("Report as infomail"), msg("The message was reported as infomail."), icon="news"
    ),
    MailAction("mark_private", msg("Mark as private"), msg("The message is marked as private."), icon="lock"),
    MailAction(
        "mark_not_private", msg("Take the private mark away"), msg("The message is not private any more.")
    ),
    MailAction(
        "send_to_admin",
        msg("Send to the administrator"),
        msg("The message was sent to the customer's contact."),
        help=msg("To the contact that gets mail for the administrator; not for clean mail."),
    ),
    MailAction("send_to_support", msg("Send to the support"), msg("The message was sent to the support.")),
    MailAction(
        "remove_delivered",
        msg("Remove from the mailbox"),
        msg("The message was removed from the mailbox."),
        right=Right.READ_MAIL,
        sources=(MailSource.LOG,),
        risk=True,
        help=msg("From Microsoft 365, after delivery. Trials have a small number of these."),
    ),
)

TRACE = msg("A link to the message was made at Hornetsecurity. It holds once, and for a minute.")
_DELIVERED = msg("A message that was delivered cannot be called back.")
_NOT_ARCHIVED = msg("Hornetsecurity shows the body of archived messages only; this one is not archived.")


class Messages:
    """What one panel knows of single messages."""

    def __init__(self, panel: ControlPanel, places: Places) -> None:
        self._panel = panel
        self._places = places

    # --- looking for them -------------------------------------------------------------------------------------------

    def search(self, query: MailQuery) -> MailPage:
        """One page of the log, or of what is held of it; without a domain, of all below the connection's account. Raises
        NotFound, NoPermission."""
        offset = (query.page - 1) * query.size
        if offset + query.size > MOST:
            return MailPage((), None, cut=_cut(None))
        object_id = self._scope(query.domain, query.mailbox)
        since, until = _period(query)
        if since >= until:
            return MailPage((), 0)
        body = {
            "date_from": _stamp(since),
            "date_to": _stamp(until),
            "offset": offset,
            "limit": query.size,
            "sort": {"key": "date", "order": "desc"},
            **_filters(query),
        }
        found = read_found(self._panel.read(SEARCH, query={"object_id": object_id}, body=body))
        rows = [
            item_of(row, query.source, query.domain or domain_of(row), query.mailbox) for row in found.rows
        ]
        ignored = query.asks - _OF_SOURCE[query.source].criteria
        cut = _cut(found.total) if found.total is not None and found.total >= MOST else None
        return MailPage(
            [row for row in rows if row is not None and row.key.domain], found.total, found.more, cut, ignored
        )

    def _scope(self, domain: str | None, mailbox: str) -> int:
        """The object id of the user, customer or partner that is searched. Raises NotFound, NoPermission."""
        if domain is None:
            return self._whole()
        if not mailbox:
            return self._places.hierarchy.customer(domain).id
        if mailbox.rsplit("@", 1)[-1] != domain:
            raise NotFound(msg("{mailbox} is no mailbox of {domain}.", mailbox=mailbox, domain=domain))
        return self._places.hierarchy.user(mailbox).id

    def _whole(self) -> int:
        """What lies below the connection's account. Raises NotSupported where that is not one object."""
        roots = self._places.hierarchy.roots()
        if len(roots) != 1:
            text = msg(
                "Name a domain: this connection's user has {count} accounts, and one is searched at a time. An account named in "
                "the connection's settings makes it one.",
                count=len(roots),
            )
            raise NotSupported("logs_read", text)
        return roots[0].id

    def _around(self, key: MailKey) -> tuple[int, bool]:
        """Where a message of this key is looked for, and whether others than those of its domain are found there too.

        A search of the whole account may name an alias domain, which is no object of its own (section 4).
        """
        try:
            return self._scope(key.domain, key.mailbox), False
        except NotFound:
            if key.mailbox:
                raise
            return self._whole(), True

    # --- one of them ------------------------------------------------------------------------------------------------

    def _row(self, key: MailKey) -> tuple[int, Row, MailItem]:
        """Scope, row and message as they are now. The panel looks inside the scope only, so one of another domain is not
        found. Raises NotFound, NoPermission."""
        named = unpack(key.ref, "id")
        object_id, wide = self._around(key)
        answer = self._panel.read(ONE, query={"object_id": object_id}, body={"es_mail_id": named["id"]})
        try:
            row = read_object(answer) or {}
        except NotThere as gone:
            raise _gone() from gone
        item = item_of(row, key.source, key.domain, key.mailbox)
        if item is None or (wide and domain_of(row) != key.domain):
            raise _gone()
        return object_id, row, replace(item, key=key)

    def read(self, key: MailKey) -> MailDetail:
        """One message with its headers and the names of its attachments. Raises NotFound."""
        object_id, row, item = self._row(key)
        headers, problem = self._headers(object_id, unpack(key.ref, "id")["id"])
        listed = row.get("attachments")
        files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        attachments = tuple(
            AttachmentInfo(text_of(one, "checksum", 64), text_of(one, "name", 255)) for one in files
        )
        unreadable = None if flag_of(row, "is_archived") else _NOT_ARCHIVED
        return MailDetail(item, headers, problem, attachments, None, unreadable)

    def _headers(
        self, object_id: int, es_mail_id: str
    ) -> tuple[tuple[tuple[str, str], ...] | None, Message | None]:
        """The header lines, or why there are none: some mail is refused (3073, a status of 500), and some has an empty one."""
        try:
            row = read_object(
                self._panel.read(HEADER, query={"object_id": object_id}, body={"es_mail_id": es_mail_id})
            )
        except (Rejected, NoPermission, Unreachable) as error:
            if isinstance(error, Unreachable) and error.status is None:
                raise
            return None, error.message
        raw = row.get("raw_header") if row else None
        if not isinstance(raw, str) or not raw.strip():
            return None, msg("The panel has no headers of this message.")
        return read_mail((raw.rstrip() + "\n\n").encode("utf-8", "replace")).headers, None

    def content(self, key: MailKey) -> MailContent:
        """The page that the panel makes of an archived message, fetched by a link that holds once and for a minute.

        Making the link is a write: the card says so (`mail_trace`), and who calls this has it in the journal before.
        """
        _, row, _ = self._row(key)
        if not flag_of(row, "is_archived"):
            raise NotSupported("mail_read", _NOT_ARCHIVED)
        until = datetime.now(UTC) + timedelta(minutes=1)
        body = {
            "es_identifier": unpack(key.ref, "id")["id"],
            "valid_until": _stamp(until),
            "use_limit": 1,
        }
        link = read_object(self._panel.write("POST /emails/preview/link/", body=body)) or {}
        token = text_of(link, "token", 500)
        if not token:
            raise NotSupported("mail_read", msg("The panel gave no link to the message."))
        call = next(one for one in contract().calls if one.name == "GET /emails/preview/show/")
        answer = self._panel.send(call, Placed(path=call.path, query={"token": token}))
        read_file(answer, html=True)
        return MailContent(html=answer.text)

    # --- changing ---------------------------------------------------------------------------------------------------

    def plan_release(self, command: ReleaseMail) -> list[Step]:
        """One step. Raises NotFound, Conflict for what is not held any more, NotSupported for other recipients."""
        if command.recipients:
            raise NotSupported(
                "mail_release", msg("Hornetsecurity releases a message to its own recipient only.")
            )
        return self._release(command, Verb.MAIL_RELEASE, RELEASE)

    def plan_release_allow(self, command: ReleaseAndAllow) -> list[Step]:
        """The same, with the sender put on the recipient's allow list."""
        return self._release(command, Verb.MAIL_RELEASE_ALLOW, RELEASE_ALLOW)

    def _release(self, command: MailCommand, verb: Verb, call: str) -> list[Step]:
        _, _, item = self._row(command.key)
        if item.state is not MailState.QUARANTINED:
            raise Conflict(
                msg("The message is not held any more: {state}. Nothing was sent.", state=item.state.label),
                {"state": item.state.value},
            )
        after = {"state": MailState.DELIVERED.value}
        return [_step(verb, item, call, {"state": item.state.value}, after, lost=[_DELIVERED])]

    def plan_act(self, command: ActOnMail) -> list[Step]:
        """One step; none where the message is marked so already. Raises NotFound, NotSupported for an unknown action."""
        if command.action not in _ACTS:
            raise NotSupported("mail_act", msg("Hornetsecurity has no action “{name}”.", name=command.action))
        _, row, item = self._row(command.key)
        before, after = _told(command.action, row, item)
        if before == after and command.action in _PRIVATE:
            return []
        lost = [] if command.action in _PRIVATE else [msg("There is no call that takes this back.")]
        step = _step(Verb.MAIL_ACT, item, _ACTS[command.action].call, before, after, lost=lost)
        return [replace(step, args={**step.args, "action": command.action}, inverse=_back(command))]

    def apply(self, step: Step) -> Applied:
        """Sends the message as the only one of the call's list, so that what is said of it is said of the step."""
        act = _ACTS.get(str(step.args.get("action")), _Act(step.args["call"]))
        query: dict[str, str | int] | None = None
        if step.args["call"] in (RELEASE, RELEASE_ALLOW):
            query = {"source": "control"}
        if act.scoped:
            with nothing_sent():
                key = MailKey(MailSource.LOG, step.domain or "", str(step.ref))
                query = {"object_id": self._around(key)[0]}
        item = {"es_mail_id": unpack(str(step.ref), "id")["id"], **act.item}
        check_items(self._panel.write(step.args["call"], query=query, body=[item]))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """What the log says of the message now; most actions leave no trace in it."""
        key = MailKey(MailSource.LOG, step.domain or "", str(step.ref))
        try:
            _, row, item = self._row(key)
        except NotFound:
            return Observed(Seen.CANNOT_TELL)
        if step.verb is Verb.MAIL_ACT:
            now, _ = _told(step.args["action"], row, item)
        else:
            now = {"state": item.state.value}
        if step.before == step.after or not step.after:
            return Observed(Seen.CANNOT_TELL, now)
        if now == step.after:
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if now == step.before else Seen.DIFFERS, now)


def _period(query: MailQuery) -> tuple[datetime, datetime]:
    until = query.until or datetime.now(UTC) + timedelta(minutes=1)
    return query.since or until - timedelta(days=DEFAULT_DAYS), until


def _filters(query: MailQuery) -> dict[str, Json]:
    """The filters of the search body; only set keys are sent (5.7)."""
    incoming = query.direction is Direction.IN
    sender, recipient = ("comm_partner", "owner") if incoming else ("owner", "comm_partner")
    texts = {
        sender: query.sender,
        recipient: query.recipient,
        "subject": query.subject,
        "message_id": query.message_id,
        "query": query.text,
    }
    filters: dict[str, Json] = {name: text for name, text in texts.items() if text}
    filters |= search_fields.filters_of(query.fields)
    filters["direction"] = [1 if incoming else 2]
    if query.source is MailSource.QUARANTINE:
        wanted = list(inferred.HELD_CLASSES)
        if query.classes:
            wanted = [code for code in codes_of(query.classes) if code in inferred.HELD_CLASSES]
        return {**filters, "classification": wanted or [255], "status": [STATES[MailState.QUARANTINED]]}
    if query.classes:
        filters["classification"] = codes_of(query.classes) or [255]
    if query.states:
        filters["status"] = [STATES[state] for state in query.states if state in STATES]
    return filters


def _told(action: str, row: Row, item: MailItem) -> tuple[dict[str, Json], dict[str, Json]]:
    """What the log says now of the thing that an action changes, and what it will say afterwards; both empty where nothing."""
    if action in _PRIVATE:
        return {"private": bool(flag_of(row, "private"))}, {"private": _PRIVATE[action]}
    if action in _CLASS_AFTER:
        return {"class": item.mail_class.value}, {"class": _CLASS_AFTER[action]}
    return {}, {}


def _back(command: ActOnMail) -> list[dict[str, Json]] | None:
    others = {"mark_private": "mark_not_private", "mark_not_private": "mark_private"}
    other = others.get(command.action)
    return None if other is None else [command.model_copy(update={"action": other}).to_json()]


def _step(
    verb: Verb,
    item: MailItem,
    call: str,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    lost: list[Message],
) -> Step:
    return Step(
        verb=verb,
        subject=item.title,
        domain=item.key.domain,
        args={"call": call},
        before=before,
        after=after,
        inverse=None,
        lost=lost,
        ref=item.key.ref,
    )


def _gone() -> NotFound:
    return NotFound(msg("There is no such message (any more)."))


def _cut(total: int | None) -> Message:
    if total is None:
        return msg(
            "The panel goes through {most} rows of a search at most. Choose a shorter period.", most=MOST
        )
    return msg(
        "{total} rows were found; the panel shows the newest {most}. Choose a shorter period to see the rest.",
        total=total,
        most=MOST,
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
