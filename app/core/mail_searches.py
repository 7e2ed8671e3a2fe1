"""A search of all mailboxes of a domain, where an upstream searches one mailbox at a time: what is looked for, how far it
came, and what was found. It is kept for a day, for the person who asked, without any body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.core.actor import Actor
from app.core.messages import (
    Direction,
    MailClass,
    MailItem,
    MailKey,
    MailQuery,
    MailSource,
    MailState,
    Operator,
)

Json = Any

JOB_KIND = "mail_search"
KEPT_FOR = timedelta(hours=24)
MOST_KEPT = 5000
"""Messages that one search keeps."""
MOST_OF_BOX = 200
"""Messages that it takes from one mailbox."""
_MOST_RECIPIENTS = 5


@dataclass(frozen=True, slots=True)
class StoredSearch:
    """What a search is for, and until when its results are kept. `cut`: more was found than is kept."""

    job_id: int
    connection: str
    domain: str
    query: MailQuery
    ends_at: datetime
    cut: bool = False


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of what was found, newest first, and how many there are in all."""

    rows: Sequence[MailItem]
    total: int


class MailSearches(Protocol):
    """Searches and what they found. Nothing is given out after its time, nor to anybody but the one who asked."""

    def begin(self, actor: Actor, search: StoredSearch) -> None:
        """Stores a new search; one that is there already stays as it is."""
        ...

    def get(self, actor: Actor, job_id: int) -> StoredSearch | None:
        """The search of this job, None when it is somebody else's, or no longer kept."""
        ...

    def store(self, job_id: int, box: int, rows: Sequence[MailItem], more: bool) -> None:
        """Keeps what the mailbox of this number held, in place of what it held at an earlier attempt.

        `more`: there was more in it than `rows`. Beyond MOST_KEPT nothing is added.
        """
        ...

    def page(self, job_id: int, page: int, size: int) -> FoundPage:
        """What was found so far."""
        ...

    def forget(self, job_id: int) -> None:
        """Takes out the search with all that it found."""
        ...

    def forget_old(self) -> None:
        """The same for all whose time is over."""
        ...


def query_to_json(query: MailQuery) -> dict[str, Json]:
    """The texts, period and choices of a query; where and which page are the search's own."""
    return {
        **{name: getattr(query, name) for name in _TEXTS},
        "operator": query.operator.value,
        "since": query.since.isoformat() if query.since else None,
        "until": query.until.isoformat() if query.until else None,
        "classes": [one.value for one in query.classes],
        "states": [one.value for one in query.states],
        "direction": query.direction.value,
        "fields": [list(pair) for pair in query.fields],
    }


def query_from_json(data: Mapping[str, Json], domain: str) -> MailQuery:
    """Reads what `query_to_json` wrote."""
    return MailQuery(
        MailSource.QUARANTINE,
        domain=domain,
        operator=Operator(data["operator"]),
        since=_moment(data["since"]),
        until=_moment(data["until"]),
        classes=tuple(map(MailClass, data["classes"])),
        states=tuple(map(MailState, data["states"])),
        direction=Direction(data["direction"]),
        fields=tuple((name, text) for name, text in data["fields"]),
        **{name: data[name] for name in _TEXTS},
    )


_TEXTS = ("sender", "recipient", "cc", "subject", "message_id", "text", "folder")


def item_to_json(item: MailItem) -> dict[str, Json]:
    """What a list shows of a message, and what names it."""
    return {
        "mailbox": item.key.mailbox,
        "folder": item.key.folder,
        "ref": item.key.ref,
        "sender": item.sender,
        "recipients": list(item.recipients[:_MOST_RECIPIENTS]),
        "subject": item.subject,
        "at": item.at.isoformat() if item.at else None,
        "size": item.size,
        "message_id": item.message_id,
        "class": item.mail_class.value,
        "class_words": item.class_words,
        "score": item.score,
        "state": item.state.value,
        "direction": item.direction.value,
    }


def item_from_json(data: Mapping[str, Json], domain: str) -> MailItem:
    """Reads what `item_to_json` wrote."""
    return MailItem(
        MailKey(MailSource.QUARANTINE, domain, data["ref"], data["mailbox"], data["folder"]),
        sender=data["sender"],
        recipients=tuple(data["recipients"]),
        subject=data["subject"],
        at=_moment(data["at"]),
        size=data["size"],
        message_id=data["message_id"],
        mail_class=MailClass(data["class"]),
        class_words=data["class_words"],
        score=data["score"],
        state=MailState(data["state"]),
        direction=Direction(data["direction"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
