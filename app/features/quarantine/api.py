"""Messages over REST."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field, Json

from app.core.actor import Actor, Right
from app.core.messages import MailFile, MailKey
from app.features.quarantine import search_api
from app.features.quarantine.api_models import MessageOut, message_out
from app.features.quarantine.forms import FIELD, query_from, source_of
from app.features.quarantine.service import Chosen, QuarantineService
from app.operations.messages import MailRow
from app.web.api import Body, Paged, Query, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("quarantine", "Messages")
search_api.add_to(api)


class MessageAnswerOut(BaseModel):
    """What one connection said to the search. `asked` false: it was not asked, `problem` says why."""

    connection: str
    asked: bool
    answered: bool
    total: int | None = None
    more: bool = False
    problem: str | None = None
    cut: str | None = Field(default=None, description="Why the answer cannot hold all that was found.")
    ignored: list[str] = Field(default=[], description="What was asked for and could not be sent to it.")


class MessagesOut(BaseModel):
    """One page of each connection, newest first. `next` is the value of `page` for the next one."""

    items: list[MessageOut]
    asked: int
    answered: int
    answers: list[MessageAnswerOut]
    page: int
    size: int
    next: int | None


class MessagesQuery(Paged):
    """What is looked for. Without a domain or an address only those are asked that can be searched as a whole."""

    domain: str = Field(default="", max_length=320, description="A domain, an alias of one, or a mailbox.")
    connection: str = Field(default="", max_length=64)
    sender: str = Field(default="", max_length=320)
    recipient: str = Field(default="", max_length=320)
    cc: str = Field(default="", max_length=320, description="A part of the copy recipients.")
    subject: str = Field(default="", max_length=320)
    message_id: str = Field(default="", max_length=320)
    text: str = Field(default="", max_length=320, description="A part of the content.")
    operator: Literal["and", "or", "not"] = Field(
        default="and", description="`not` needs exactly one text, and neither it nor `or` goes with a period."
    )
    folder: str = Field(default="", max_length=320)
    since: str = Field(default="", max_length=40, description="ISO 8601; a bare day is UTC.")
    until: str = Field(default="", max_length=40, description="ISO 8601, not included; a bare day is.")
    message_class: str = Field(default="", max_length=40)
    state: str = Field(default="", max_length=40)
    direction: Literal["", "in", "out"] = ""
    fields: Json[dict[str, Annotated[str, Field(max_length=320)]]] = Field(
        default={},
        description="Further fields of the search as a JSON object. Which there are, the upstream decides.",
        examples=['{"source_ip": "192.0.2.1", "size": "> 500 KB"}'],
    )


class WhereQuery(Query):
    """Where the message is, on upstreams that keep mail by mailbox."""

    mailbox: str = Field(default="", max_length=320)
    folder: str = Field(default="", max_length=500)


class ReadQuery(WhereQuery):
    """The reason stands in the journal."""

    reason: str = Field(default="", max_length=500)


class MessageAttachmentOut(BaseModel):
    """An attachment; `part` names it."""

    part: str
    name: str
    media_type: str
    size: int | None


class FurtherActionOut(BaseModel):
    """Something else that the connection does with such a message. `risk`: it takes something away."""

    name: str
    label: str
    risk: bool
    right: str = Field(description="The right that it needs.")


class MessageDetailOut(BaseModel):
    """A message without its body. null: not known, the text beside it says why."""

    message: MessageOut
    facts: dict[str, str]
    headers: list[list[str]] | None
    headers_problem: str | None
    attachments: list[MessageAttachmentOut] | None
    attachments_problem: str | None
    unreadable: str | None = Field(description="Why the body cannot be read; null where it can.")
    further_actions: list[FurtherActionOut] = []


class MessageBodyOut(BaseModel):
    """The body: plain text, and HTML from which everything that runs, loads or leads away was taken."""

    text: str | None
    html: str | None
    blocked: int = Field(description="Remote pictures that were left out.")
    links: list[str]


class MessageFileOut(BaseModel):
    """A message or an attachment as it came."""

    name: str
    media_type: str
    base64: str


class MessageActionIn(Body):
    """Something to do with a message. `retry` and `unqueue` are for the queue, `block` for the log too, the others for the
    quarantine."""

    action: Literal["release", "release_allow", "block", "delete", "retry", "unqueue"]
    mailbox: str = Field(default="", max_length=320)
    folder: str = Field(default="", max_length=500)
    confirm_virus: bool = Field(default=False, description="Release it although it may do harm.")
    reason: str = Field(default="", max_length=500, description="Why; it stands in the journal.")
    days: int | None = Field(
        default=None, ge=1, le=3650, description="release_allow, block: the rule expires after so many days."
    )
    whole_domain: bool = Field(
        default=False, description="release_allow, block: everybody of the sender's domain."
    )


class FurtherActionIn(Body):
    """One of the connection's further actions on a message."""

    mailbox: str = Field(default="", max_length=320)
    folder: str = Field(default="", max_length=500)
    reason: str = Field(default="", max_length=500, description="Why; it stands in the journal.")


@api.get("/messages/<source>")
@api_right(Right.VIEW_QUARANTINE)
@api.input(MessagesQuery, location="query")
@api.output(MessagesOut)
def find_messages(actor: Actor, source: str, query_data: MessagesQuery) -> MessagesOut:
    """Search quarantine, log or queue of all connections that serve a domain, side by side under one deadline."""
    given = query_data.model_dump(exclude={"page", "size", "fields"})
    values = {name: str(value) for name, value in given.items()} | {"class": query_data.message_class}
    values |= {FIELD + name: value for name, value in query_data.fields.items()}
    query = query_from(values, source_of(source), query_data.page, query_data.size)
    keys = (query_data.connection,) if query_data.connection else ()
    found = service_with(QuarantineService, CollectFeedback()).find(actor, query, keys)
    answers = [
        MessageAnswerOut(
            connection=one.connection.key,
            asked=one.asked,
            answered=one.page is not None,
            total=one.page.total if one.page else None,
            more=bool(one.page and one.page.more),
            problem=text_out(one.problem),
            cut=text_out(one.page.cut) if one.page else None,
            ignored=[*sorted(one.page.ignored), *(field.name for field in one.unasked)] if one.page else [],
        )
        for one in found.answers
    ]
    return MessagesOut(
        items=[message_out(row) for row in found.rows],
        asked=found.asked,
        answered=found.answered,
        answers=answers,
        page=query_data.page,
        size=query_data.size,
        next=query_data.page + 1 if found.more else None,
    )


@api.get("/messages/<connection>/<domain>/<source>/<ref>")
@api_right(Right.VIEW_QUARANTINE)
@api.input(WhereQuery, location="query")
@api.output(MessageDetailOut)
def get_message(
    actor: Actor, connection: str, domain: str, source: str, ref: str, query_data: WhereQuery
) -> MessageDetailOut:
    """Read one message without its body."""
    desk = service_with(QuarantineService, CollectFeedback())
    view = desk.show(actor, connection, _key(domain, source, ref, query_data))
    detail = view.detail
    files = detail.attachments
    return MessageDetailOut(
        message=message_out(MailRow(view.connection, view.item)),
        facts={str(label): text for label, text in view.item.facts},
        headers=None if detail.headers is None else [[name, value] for name, value in detail.headers],
        headers_problem=text_out(detail.headers_problem),
        attachments=None
        if files is None
        else [
            MessageAttachmentOut(part=f.part, name=f.name, media_type=f.media_type, size=f.size)
            for f in files
        ],
        attachments_problem=text_out(detail.attachments_problem),
        unreadable=text_out(detail.unreadable),
        further_actions=[
            FurtherActionOut(name=one.name, label=str(one.label), risk=one.risk, right=one.right.value)
            for one in view.further(actor)
        ],
    )


@api.get("/messages/<connection>/<domain>/<source>/<ref>/body")
@api_right(Right.READ_MAIL)
@api.input(ReadQuery, location="query")
@api.output(MessageBodyOut)
def read_message(
    actor: Actor, connection: str, domain: str, source: str, ref: str, query_data: ReadQuery
) -> MessageBodyOut:
    """Read the body of a message; the journal keeps who did, and why."""
    desk = service_with(QuarantineService, CollectFeedback())
    key = _key(domain, source, ref, query_data)
    desk.open(actor, connection, key, query_data.reason, request_key())
    body = desk.body(actor, connection, key, query_data.reason)
    html = body.html
    return MessageBodyOut(
        text=body.text,
        html=html.html if html else None,
        blocked=html.blocked if html else 0,
        links=list(html.links) if html else [],
    )


@api.get("/messages/<connection>/<domain>/<source>/<ref>/source")
@api_right(Right.READ_MAIL)
@api.input(ReadQuery, location="query")
@api.output(MessageFileOut)
def download_message(
    actor: Actor, connection: str, domain: str, source: str, ref: str, query_data: ReadQuery
) -> MessageFileOut:
    """Read the whole message as it came; the journal keeps who did, and why."""
    desk = service_with(QuarantineService, CollectFeedback())
    key = _key(domain, source, ref, query_data)
    return file_out(desk.source(actor, connection, key, query_data.reason, request_key()))


@api.get("/messages/<connection>/<domain>/<source>/<ref>/files/<part>")
@api_right(Right.READ_MAIL)
@api.input(ReadQuery, location="query")
@api.output(MessageFileOut)
def download_attachment(
    actor: Actor, connection: str, domain: str, source: str, ref: str, part: str, query_data: ReadQuery
) -> MessageFileOut:
    """Read one attachment of a message; the journal keeps who did, and why."""
    desk = service_with(QuarantineService, CollectFeedback())
    key = _key(domain, source, ref, query_data)
    return file_out(desk.file(actor, connection, key, part, query_data.reason, request_key()))


@api.post("/messages/<connection>/<domain>/<source>/<ref>")
@api_right(Right.RELEASE_MAIL)
@api.input(MessageActionIn, location="json")
@api.output(ReportOut)
def act_on_message(
    actor: Actor, connection: str, domain: str, source: str, ref: str, json_data: MessageActionIn
) -> Response:
    """Release a message, allow or block its sender, delete it, try to deliver it or take it out of the queue."""
    feedback = CollectFeedback()
    desk = service_with(QuarantineService, feedback)
    key = MailKey(source_of(source), name_from_address(domain), ref, json_data.mailbox, json_data.folder)
    chosen = Chosen(connection, key)
    virus = json_data.confirm_virus
    if json_data.action == "release_allow":
        runs = desk.release_and_allow(
            actor,
            chosen,
            request_key(),
            days=json_data.days,
            whole_domain=json_data.whole_domain,
            confirm_virus=virus,
            reason=json_data.reason,
        )
    elif json_data.action == "block":
        runs = [
            desk.block(
                actor,
                chosen,
                request_key(),
                days=json_data.days,
                whole_domain=json_data.whole_domain,
                reason=json_data.reason,
            )
        ]
    else:
        reason = json_data.reason
        runs = [desk.act(actor, json_data.action, chosen, request_key(), confirm_virus=virus, reason=reason)]
    return written(feedback.reports, [outcome for run in runs for outcome in run.outcomes])


@api.post("/messages/<connection>/<domain>/<source>/<ref>/actions/<name>")
@api_right(Right.RELEASE_MAIL)
@api.input(FurtherActionIn, location="json")
@api.output(ReportOut)
def do_with_message(
    actor: Actor, connection: str, domain: str, source: str, ref: str, name: str, json_data: FurtherActionIn
) -> Response:
    """Do one of the connection's further actions with a message; `further_actions` of the message names them."""
    feedback = CollectFeedback()
    key = MailKey(source_of(source), name_from_address(domain), ref, json_data.mailbox, json_data.folder)
    desk = service_with(QuarantineService, feedback)
    run = desk.act_by_name(actor, name, Chosen(connection, key), request_key(), json_data.reason)
    return written(feedback.reports, run.outcomes)


def _key(domain: str, source: str, ref: str, where: WhereQuery) -> MailKey:
    return MailKey(source_of(source), name_from_address(domain), ref, where.mailbox, where.folder)


def file_out(found: MailFile) -> MessageFileOut:
    """A file as JSON."""
    data = base64.b64encode(found.data).decode("ascii")
    return MessageFileOut(name=found.name, media_type=found.media_type, base64=data)
