"""Quarantined messages: the folders of mailboxes, what they hold, and release (Cleanmail REST API manual, 5.7; notes, 12).

Cleanmail keeps messages by mailbox. People are let in by domain, so a mailbox is always looked up and checked to be of it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app.core.commands import ReleaseMail
from app.core.errors import BadCredentials, Conflict, NotFound, NotSupported, NotThere, Rejected
from app.core.messages import (
    AttachmentInfo,
    Criterion,
    Direction,
    MailContent,
    MailDetail,
    MailFile,
    MailFolder,
    MailItem,
    MailKey,
    MailPage,
    MailQuery,
    MailShape,
    MailSource,
    MailState,
    Operator,
    Reach,
    unpack,
)
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.mailboxes import Mailboxes
from app.providers.cleanmail.pages import Pages
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, raise_refusal, read_rows, text_of, total_of
from app.providers.cleanmail.wire_messages import (
    last_of,
    read_attachments,
    read_folder,
    read_headers,
    read_item,
)
from app.providers.cleanmail.writes import just_before

Json = Any

ALL_FILES = "all"
"""Names the archive of all attachments where one is asked for."""

MOST_FOLDERS = 30
"""Folders of a mailbox that a search without a folder goes through, side by side."""

_UNREADABLE = msg(
    "Cleanmail shows the body of a message to its owner alone: it needs a connection with this mailbox's own token."
)
_OWNERS_FILES = msg("Cleanmail gives the attachments of this message to the mailbox's owner alone.")
_RELEASED = msg("A message that was delivered cannot be called back.")
_VIRUS = msg(
    "This message holds a virus. Releasing it delivers the virus to the mailbox: confirm that you want that. Nothing was sent."
)

SHAPES = (
    MailShape(
        MailSource.QUARANTINE,
        frozenset(
            {
                Criterion.SENDER,
                Criterion.RECIPIENT,
                Criterion.CC,
                Criterion.SUBJECT,
                Criterion.MESSAGE_ID,
                Criterion.TEXT,
                Criterion.PERIOD,
                Criterion.FOLDER,
                Criterion.OPERATOR,
            }
        ),
        ("getFolderContent", "getFolders", "getSubfolders", "listUsers", "listDomains"),
        reach=Reach.MAILBOX,
        note=msg(
            "Cleanmail searches one mailbox at a time. The class of a message is told by its folder; another folder's is unknown."
        ),
    ),
)


class Messages:
    """The messages that one connection's mailboxes hold. `account`: whose token it is, as the connection says."""

    def __init__(self, reads: Reads, client: Client, mailboxes: Mailboxes, account: str) -> None:
        self._reads = reads
        self._client = client
        self._mailboxes = mailboxes
        self._pages = Pages(client, parallel=1)
        self._account = account.strip().casefold()

    # --- folders and lists --------------------------------------------------------------------------------------------

    def folders(self, domain: str, mailbox: str) -> list[MailFolder]:
        """The folders with their counts; below those of the filter there are no others, so only the rest is asked for theirs.

        Raises NotFound."""
        return self._folders(self._check(domain, mailbox))

    def _folders(self, mailbox: str) -> list[MailFolder]:
        asked = {"userIdOrEmail": mailbox, "fields": inferred.FOLDER_COUNTS}
        top = self._listed("getFolders", asked)
        asks = [
            partial(self._listed, "getSubfolders", {**asked, "path": folder.path})
            for folder in top[:MOST_FOLDERS]
            if last_of(folder.path) not in inferred.FOLDER_CLASSES
        ]
        below = in_order(asks, max(1, len(asks)))
        return [*top, *(folder for folders in below for folder in folders)]

    def _listed(self, call: str, asked: dict[str, Json]) -> list[MailFolder]:
        rows = read_rows(self._client.call(call, asked))
        return [folder for row in rows if (folder := read_folder(row)) is not None]

    def mailboxes(self, domain: str) -> list[str]:
        """The addresses of the mailboxes of a domain. Raises NotFound."""
        record = self._reads.record(domain)
        pages = self._pages.rows("listDomainUsers", {"domainId": record.id})
        return sorted(address for rows in pages for row in rows if (address := text_of(row, "email", 320)))

    def search(self, query: MailQuery) -> MailPage:
        """One page of a folder, newest first; without a folder, of all of them side by side. Raises NotFound."""
        if not query.domain or not query.mailbox:
            raise NotSupported("quarantine_read", msg("Cleanmail searches one mailbox at a time: name it."))
        mailbox = self._check(query.domain, query.mailbox)
        ignored = query.asks - SHAPES[0].criteria
        if query.folder:
            size = min(query.size, inferred.PAGE)
            offset = (query.page - 1) * size
            rows, total = self._content(query, mailbox, query.folder, offset, size)
            more = len(rows) >= size if total is None else offset + len(rows) < total
            return MailPage(rows, total, more and bool(rows), ignored=ignored)
        return replace(self._everywhere(query, mailbox), ignored=ignored)

    def _everywhere(self, query: MailQuery, mailbox: str) -> MailPage:
        """A page of all folders that may hold something: of each the rows up to that page, the newest of them all."""
        last = query.page * query.size
        folders = [folder for folder in self._folders(mailbox) if folder.count != 0]
        asks = [
            partial(self._content, query, mailbox, folder.path, 0, min(last, inferred.PAGE))
            for folder in folders[:MOST_FOLDERS]
        ]
        found = list(in_order(asks, max(1, min(len(asks), 8))))
        dawn = datetime.min.replace(tzinfo=UTC)
        rows = sorted(
            (item for items, _ in found for item in items), key=lambda i: i.at or dawn, reverse=True
        )
        totals = [total for _, total in found]
        total = None if None in totals else sum(t or 0 for t in totals)
        cut = None
        if last > inferred.PAGE and any(t is None or t > inferred.PAGE for t in totals):
            cut = msg(
                "Of each folder only the newest {count} were searched: choose one.", count=inferred.PAGE
            )
        if len(folders) > MOST_FOLDERS:
            cut = msg("Only the first {count} folders were searched: choose one.", count=MOST_FOLDERS)
        return MailPage(rows[last - query.size : last], total, len(rows) > last, cut)

    def _content(
        self, query: MailQuery, mailbox: str, folder: str, offset: int, size: int
    ) -> tuple[list[MailItem], int | None]:
        """Rows of a folder, and how many there are. Raises NotFound for a folder that there is not."""
        asked: dict[str, Json] = {
            "userIdOrEmail": mailbox,
            "folderPath": folder,
            "sort": "-sentDate",
            "offset": offset,
            "pageSize": size,
            **{name: value for name, value in _criteria(query).items() if value not in ("", None)},
        }
        answer = self._client.call("getFolderContent", asked)
        try:
            rows = read_rows(answer)
        except NotThere as gone:
            raise NotFound(
                msg("{mailbox} has no folder “{folder}”.", mailbox=mailbox, folder=folder)
            ) from gone
        items = [i for row in rows if (i := read_item(row, query.domain or "", mailbox, folder)) is not None]
        return items, total_of(answer)

    # --- one of them --------------------------------------------------------------------------------------------------

    def read(self, key: MailKey) -> MailDetail:
        """One message with headers and attachments; whether its body can be read shows in the same answer. Raises NotFound."""
        row, item = self._one(key, "HEADERS,ATTACHMENTS,BODY")
        files = read_attachments(row)
        if files is not None and len(files) > 1:
            files = (*files, AttachmentInfo(ALL_FILES, "attachments.zip", "application/zip"))
        headers = read_headers(row)
        return MailDetail(
            item,
            headers or None,
            None if headers else msg("Cleanmail shows no headers of it."),
            files,
            None if files is not None else msg("Cleanmail does not list its attachments."),
            None if isinstance(row.get("body"), str) else _UNREADABLE,
        )

    def content(self, key: MailKey) -> MailContent:
        """The message as it came, else the HTML that Cleanmail made of it. Raises NotFound, NotSupported for anybody but the
        mailbox's owner (notes 12)."""
        row, _ = self._one(key, "HEADERS,BODY,SOURCE")
        source = next((row[name] for name in ("source", "rawSource") if isinstance(row.get(name), str)), None)
        body = row.get("body")
        if source is None and not isinstance(body, str):
            raise NotSupported("mail_read", _UNREADABLE)
        html = _plain(body) if isinstance(body, str) else None
        return MailContent(source=None if source is None else source.encode("utf-8", "replace"), html=html)

    def file(self, key: MailKey, part: str) -> MailFile:
        """One attachment, or all of them in one archive. Raises NotFound, NotSupported where only the owner gets it."""
        detail = self.read(key)
        info = next((one for one in detail.attachments or () if one.part == part), None)
        if info is None:
            raise NotFound(msg("The message has no such attachment."))
        user = id_of(self._mailboxes.user(key.domain, detail.item.key.mailbox))
        named = {"userId": user, "folderPath": key.folder}
        identity = unpack(key.ref, "id")["id"]
        try:
            if part == ALL_FILES:
                call, more = "getAllEmailAttachments", {"messageId": identity}
            else:
                call, more = "downloadEmailAttachmentPart", {"emailId": identity, "partId": part}
            answer = self._client.call(call, {**named, **more})
            raise_refusal(answer, call)
        except BadCredentials as refused:
            if refused.status != 403:
                raise
            raise NotSupported("mail_attachments", _OWNERS_FILES) from refused
        except NotThere as gone:
            raise NotFound(msg("The attachment is not there (any more).")) from gone
        return MailFile(info.name, info.media_type, answer.body)

    def _one(self, key: MailKey, fields: str, folder: str = "") -> tuple[Row, MailItem]:
        """A message by its key. Raises NotFound, also for a mailbox of another domain."""
        identity = unpack(key.ref, "id")["id"]
        mailbox, path = self._check(key.domain, key.mailbox), folder or key.folder
        named = {"userIdOrEmail": mailbox, "folderPath": path, "fugluIdOrMailId": identity}
        try:
            row = self._client.ask("getEmail", {**named, "fields": fields})
        except NotThere as gone:
            raise _gone() from gone
        item = read_item(row, key.domain, mailbox, path) if isinstance(row, dict) else None
        if item is None:
            raise _gone()
        return row, replace(item, key=key)

    def _check(self, domain: str, mailbox: str) -> str:
        """The mailbox's address, when it is one of the domain. A connection with that mailbox's own token sees no domain, and
        nothing but that mailbox. Raises NotFound."""
        if self._account and mailbox.casefold() == self._account and mailbox.rpartition("@")[2] == domain:
            return mailbox
        if "@" not in mailbox:
            raise NotFound(msg("{domain} has no mailbox {address}.", domain=display(domain), address=mailbox))
        return text_of(self._mailboxes.user(domain, mailbox), "email", 320)

    # --- release ------------------------------------------------------------------------------------------------------

    def plan_release(self, command: ReleaseMail) -> list[Step]:
        """One step. Raises NotFound, NotSupported for other recipients, Conflict for a virus that nobody confirmed."""
        if command.recipients:
            raise NotSupported("mail_release", msg("Cleanmail releases a message to its own mailbox only."))
        _, item = self._one(command.key, "HEADERS")
        if item.direction is Direction.OUT:
            raise Conflict(msg("This message was sent from the mailbox: there is nothing to release."))
        if item.mail_class in inferred.VIRUS_CLASSES and not command.confirm_virus:
            raise Conflict(_VIRUS, {"class": item.mail_class.value})
        key = command.key
        return [
            Step(
                verb=Verb.MAIL_RELEASE,
                subject=item.title,
                domain=key.domain,
                args={
                    "call": "releaseEmail",
                    "mailbox": key.mailbox,
                    "folder": key.folder,
                    "ref": key.ref,
                    "virus": command.confirm_virus,
                },
                before={
                    "state": item.state.value,
                    "folder": key.folder,
                    "subject": item.subject,
                    "class": item.mail_class.value,
                    "id": item.message_id,
                },
                after={"state": MailState.RELEASED.value},
                lost=[_RELEASED],
            )
        ]

    def apply(self, step: Step) -> Applied:
        """Releases it. The header for a virus is sent where it was confirmed, and left out again where Cleanmail says (412)
        that there is none; without it a 412 means that there is one."""
        key = _key_of(step)
        with just_before(step):
            mailbox = self._check(key.domain, key.mailbox)
        named = {"userIdOrEmail": mailbox, "folderPath": key.folder, "fugluId": unpack(key.ref, "id")["id"]}
        confirmed = bool(step.args["virus"])
        try:
            self._client.ask("releaseEmail", {**named, **({"X-Virus-Lover": True} if confirmed else {})})
        except Rejected as refused:
            if refused.status != 412:
                raise
            if not confirmed:
                raise Rejected(str(_VIRUS), status=412) from refused
            self._client.ask("releaseEmail", named)
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether it left its folder for the inbox; of one that was in the inbox nothing tells."""
        key = _key_of(step)
        if last_of(key.folder) == inferred.INBOX.lower():
            return Observed(Seen.CANNOT_TELL)
        try:
            self._one(key, "HEADERS")
        except NotFound:
            pass
        else:
            return Observed(Seen.NOT_DONE, {"folder": key.folder})
        try:
            self._one(key, "HEADERS", inferred.INBOX)
        except NotFound:
            return Observed(Seen.CANNOT_TELL)
        return Observed(Seen.DONE, {"folder": inferred.INBOX})


def _criteria(query: MailQuery) -> dict[str, Json]:
    """What is asked for, in the API's words; without an operator several are joined by AND."""
    wanted = query.message_id.strip()
    if "@" in wanted and not wanted.startswith("<"):
        wanted = f"<{wanted}>"
    return {
        "from": query.sender,
        "to": query.recipient,
        "cc": query.cc,
        "subject": query.subject,
        "body": query.text,
        "id": wanted,
        "receivedAfter": None if query.since is None else int(query.since.timestamp() * 1000),
        "receivedBefore": None if query.until is None else int(query.until.timestamp() * 1000) - 1,
        "operator": "" if query.operator is Operator.AND else query.operator.name,
    }


def _plain(body: str) -> str:
    """The HTML of a body, which comes in Base64; one that is not is taken as it came."""
    try:
        return base64.b64decode(body, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return body


def _key_of(step: Step) -> MailKey:
    return MailKey(
        MailSource.QUARANTINE, step.domain or "", step.args["ref"], step.args["mailbox"], step.args["folder"]
    )


def _gone() -> NotFound:
    return NotFound(msg("There is no such message (any more)."))
