"""A message as JSON, for all calls that tell of messages."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.core.messages import MailItem
from app.operations.messages import MailRow


class MessageOut(BaseModel):
    """A message. `ref` names it, together with connection, domain, source, mailbox and folder."""

    connection: str
    domain: str
    source: str
    ref: str
    mailbox: str
    folder: str
    time: datetime | None
    sender: str
    recipients: list[str]
    subject: str
    message_class: str
    class_words: str = Field(description="The upstream's own word for the class.")
    score: float | None
    state: str
    state_words: str
    direction: str
    size: int | None
    message_id: str
    reason: str
    host: str


def message_out(row: MailRow) -> MessageOut:
    """A message as JSON."""
    item: MailItem = row.item
    return MessageOut(
        connection=row.connection.key,
        domain=item.key.domain,
        source=item.key.source.value,
        ref=item.key.ref,
        mailbox=item.key.mailbox,
        folder=item.key.folder,
        time=item.at,
        sender=item.sender,
        recipients=list(item.recipients),
        subject=item.subject,
        message_class=item.mail_class.value,
        class_words=item.class_words,
        score=item.score,
        state=item.state.value,
        state_words=item.state_words,
        direction=item.direction.value,
        size=item.size,
        message_id=item.message_id,
        reason=item.reason,
        host=item.host,
    )
