"""The look-up over REST."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.features.lookup.service import Answer, LookupService, Question
from app.features.lookup.ticket import Words, ticket
from app.web.api import Query, api_right, blueprint, text_out
from app.web.feedback import CollectFeedback
from app.web.render import local_time, translated
from app.web.services import service_with

api = blueprint("lookup", "Lookup")


class LookupIn(Query):
    """What is looked for."""

    to: str = Field(max_length=320, description="The recipient.")
    sender: str = Field(default="", max_length=320, description="Address or domain.")
    days: str = Field(default="7", max_length=3, description="1, 7 or 30.")
    subject: str = Field(default="", max_length=200, description="Words of the subject.")
    message_id: str = Field(default="", max_length=250)
    score: float | None = Field(
        default=None, description="What the filter comes to, for the way of a new message."
    )
    mail_bytes: int | None = Field(default=None, ge=0, description="Its size, for the way of a new message.")


class StepOut(BaseModel):
    """One step of the way of a new message. `ending`: on, stop, care, unknown. `ours`: our reading."""

    kind: str
    title: str
    text: str | None
    ending: str
    ours: bool
    source: str | None


class FoundMailOut(BaseModel):
    """A message that an upstream knows."""

    source: str
    at: datetime | None
    sender: str
    recipients: list[str]
    subject: str
    message_id: str
    mail_class: str
    score: float | None
    state: str


class SourceOut(BaseModel):
    """What one connection said; `problems`: what it did not say, with the reason."""

    connection: str
    domain: str
    address: str
    answered: bool
    problems: list[str]
    steps: list[StepOut]
    messages: list[FoundMailOut]


class NamingOut(BaseModel):
    """A stored rule that names the sender."""

    connection: str
    domain: str
    mailbox: str
    action: str
    pattern: str
    note: str
    expires: datetime | None
    read_at: datetime


class LookupOut(BaseModel):
    """The answers of all connections that serve the recipient, what came in time; and a text for a ticket."""

    answered: int
    sources: list[SourceOut]
    rules: list[NamingOut]
    ticket: str


@api.get("/lookup")
@api_right(Right.VIEW_RULES)
@api.input(LookupIn, location="query")
@api.output(LookupOut)
def look_up(actor: Actor, query_data: LookupIn) -> LookupOut:
    """Where is the mail? Asks every connection that serves the recipient, side by side."""
    wanted = query_data
    question = Question(
        wanted.to,
        wanted.sender,
        wanted.days,
        wanted.subject,
        wanted.message_id.strip("<>"),
        wanted.score,
        wanted.mail_bytes,
    )
    found = service_with(LookupService, CollectFeedback()).ask_all(actor, question)
    words = Words(translated, lambda when: local_time(when, "long"))
    return LookupOut(
        answered=found.answered,
        sources=[_source(answer) for answer in found.answers],
        rules=[
            NamingOut(
                connection=row.rule.connection,
                domain=row.rule.domain,
                mailbox=row.rule.mailbox,
                action=row.rule.action.value,
                pattern=row.rule.pattern,
                note=row.rule.note,
                expires=row.rule.expires,
                read_at=row.read_at,
            )
            for row in (found.rules.rows if found.rules else ())
        ],
        ticket=ticket(found, datetime.now(UTC), words),
    )


def _source(answer: Answer) -> SourceOut:
    target = answer.target
    return SourceOut(
        connection=target.connection.key,
        domain=target.row.name,
        address=target.address,
        answered=answer.answered,
        problems=[str(translated(problem)) for problem in answer.problems],
        steps=[
            StepOut(
                kind=step.kind,
                title=str(translated(step.title)),
                text=text_out(step.text),
                ending=step.ending.value,
                ours=step.ours,
                source=text_out(step.source),
            )
            for step in answer.steps
        ],
        messages=[
            FoundMailOut(
                source=mails.source.value,
                at=item.at,
                sender=item.sender,
                recipients=list(item.recipients),
                subject=item.subject,
                message_id=item.message_id,
                mail_class=item.mail_class.value,
                score=item.score,
                state=item.state.value,
            )
            for mails in answer.mails
            for item in mails.rows
        ],
    )
