"""Folders and messages of mailboxes in our words (Cleanmail REST API manual, 6.33 to 6.37; Cleanmail contract notes, 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from app.core.messages import (
    AttachmentInfo,
    Direction,
    MailClass,
    MailFolder,
    MailItem,
    MailKey,
    MailSource,
    MailState,
    pack,
)
from app.core.text import msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.wire import Row, id_of, moment_of, number_of, rows_of, text_of

Json = Any

MOST_PARTS = 200
MOST_HEADERS = 300
MOST_RECIPIENTS = 100
LONGEST_PATH = 500

_SCORE = re.compile(r"score=(-?[0-9]{1,5}(?:\.[0-9]{1,4})?)")


def class_of(path: str) -> MailClass:
    """The class of what a folder holds: nothing but its name tells it."""
    return inferred.FOLDER_CLASSES.get(last_of(path), MailClass.UNKNOWN)


def last_of(path: str) -> str:
    """The last part of a folder's path, in lower case."""
    return path.rpartition("/")[2].lower()


def read_folder(row: Row) -> MailFolder | None:
    """A folder of an answer, None for one without a path that can be asked for."""
    path = text_of(row, "path", LONGEST_PATH)
    if not path or path.endswith("…") or row.get("path") != path:
        return None
    return MailFolder(
        path,
        text_of(row, "name", 200) or path,
        number_of(row, "messageCount"),
        number_of(row, "unreadMessageCount"),
        class_of(path),
    )


def read_item(row: Row, domain: str, mailbox: str, folder: str) -> MailItem | None:
    """A message of an answer, None for one that cannot be named."""
    identity = id_of(row)
    if not identity or len(identity) > 900:
        return None
    headers, path_class = read_headers(row), class_of(folder)
    shown = text_of(row, "from", 500) or text_of(row, "from_", 500)
    sent = last_of(folder) in inferred.SENT_FOLDERS
    has = row.get("hasAttachment", row.get("hasAttachments"))
    return MailItem(
        key=MailKey(MailSource.QUARANTINE, domain, pack({"id": identity}), mailbox, folder),
        sender=parseaddr(shown)[1] or shown,
        recipients=_recipients(row) or (mailbox,),
        subject=text_of(row, "subject", 500),
        at=moment_of(row, "date") or moment_of(row, "sentDate"),
        size=number_of(row, "size"),
        message_id=_header(headers, "message-id").strip(" <>")[:300],
        mail_class=path_class,
        class_words="" if path_class is not MailClass.UNKNOWN else folder,
        score=score_of(headers),
        state=MailState.DELIVERED if sent or path_class is MailClass.UNKNOWN else MailState.QUARANTINED,
        state_words=folder,
        direction=Direction.OUT if sent else Direction.IN,
        attachments=has if isinstance(has, bool) else None,
        facts=((msg("Folder"), folder), *(((msg("From, as shown to the reader"), shown),) if shown else ())),
    )


def _recipients(row: Row) -> tuple[str, ...]:
    found: list[str] = []
    for key in ("to", "cc", "bcc"):
        listed = row.get(key)
        for text in listed[:MOST_RECIPIENTS] if isinstance(listed, list) else ():
            if isinstance(text, str) and text.strip():
                found.append((parseaddr(text)[1] or text)[:320])
    return tuple(dict.fromkeys(found))[:MOST_RECIPIENTS]


def read_headers(row: Row) -> tuple[tuple[str, str], ...]:
    """The headers, one pair for each value; none where the answer has none."""
    headers = row.get("headers")
    pairs: list[tuple[str, str]] = []
    for name, values in headers.items() if isinstance(headers, Mapping) else ():
        for value in values if isinstance(values, list) else (values,):
            if isinstance(value, str):
                pairs.append((str(name)[:200], value[:4000]))
    return tuple(pairs[:MOST_HEADERS])


def score_of(headers: Sequence[tuple[str, str]]) -> float | None:
    """What the filter came to, by the first header that says it (notes 12); None where none does."""
    found = _SCORE.search(_header(headers, inferred.SCORE_HEADER))
    return float(found[1]) if found else None


def _header(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for one, value in headers if one.lower() == name), "")


def read_attachments(row: Row) -> tuple[AttachmentInfo, ...] | None:
    """The attachments of a message, None where the answer does not list them."""
    listed = row.get("attachments")
    if not isinstance(listed, dict):
        return None
    return tuple(
        AttachmentInfo(
            part, text_of(one, "name", 300), text_of(one, "contentType", 100), number_of(one, "size")
        )
        for one in (rows_of(listed, "parts") or ())[:MOST_PARTS]
        if (part := id_of(one, "partId"))
    )
