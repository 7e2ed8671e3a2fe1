"""Messages as their pages name and export them: the address of one, and its row in a file."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.core.messages import MailKey
from app.core.names import display
from app.operations.messages import MailRow

COLUMNS = (
    "connection",
    "domain",
    "time",
    "sender",
    "recipients",
    "subject",
    "class",
    "score",
    "state",
    "size",
    "direction",
    "message_id",
    "reason",
)


def address(key: str, mail: MailKey, endpoint: str = "quarantine.show", **more: str) -> str:
    """Where the page of a message is, or another one about it."""
    values: dict[str, Any] = {"mailbox": mail.mailbox or None, "folder": mail.folder or None, **more}
    return url_for(endpoint, key=key, domain=mail.domain, source=mail.source.value, ref=mail.ref, **values)


def cells_of(row: MailRow) -> tuple[Any, ...]:
    """A row of the export, in the order of COLUMNS."""
    item = row.item
    return (
        row.connection.key,
        display(item.key.domain),
        item.at.isoformat(timespec="seconds") if item.at else "",
        item.sender,
        " ".join(item.recipients),
        item.subject,
        item.mail_class.value,
        "" if item.score is None else item.score,
        item.state.value,
        "" if item.size is None else item.size,
        item.direction.value,
        item.message_id,
        item.reason,
    )


FOUND = ("connection", "time", "from", "to", "subject", "class", "score", "state", "ref")
"""The columns of a table of the shell."""


def found_row(row: MailRow) -> dict[str, Any]:
    """A message for the shell, with all that names it."""
    item = row.item
    return {
        "connection": row.connection.key,
        "domain": item.key.domain,
        "time": item.at.isoformat(timespec="seconds") if item.at else "",
        "from": item.sender,
        "to": ", ".join(item.recipients),
        "subject": item.subject,
        "class": item.mail_class.value,
        "score": item.score,
        "state": item.state.value,
        "mailbox": item.key.mailbox,
        "folder": item.key.folder,
        "ref": item.key.ref,
    }
