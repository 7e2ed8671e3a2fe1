"""The items of a search over all mailboxes of a domain: first the list of its mailboxes, then one item for each of them.

A mailbox that does not answer is a failed item and ends nothing; what a killed worker began is read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.core.errors import NotFound
from app.core.mail_searches import MOST_OF_BOX, MailSearches, StoredSearch
from app.core.model import Connection
from app.core.ports import Connections, ItemState, Job, JobItem, Jobs, NewItem
from app.core.text import msg
from app.operations.messages import MailSearch, clean
from app.operations.worker import Control, GivenBack, Result

LIST, BOX = "mail_boxes", "mail_box"
LIST_NO = 1
"""The number of the item that lists the mailboxes."""


class _SearchItem:
    def __init__(self, connections: Connections, searches: MailSearches) -> None:
        self._connections = connections
        self._searches = searches

    def _of(self, job: Job) -> tuple[Connection, StoredSearch]:
        """The search of a job and its connection, both as the one who asked may see them. Raises NotFound."""
        search = self._searches.get(job.actor, job.id)
        if search is None:
            raise NotFound(msg("What was looked for is no longer kept. Start a new search."))
        connection = self._connections.get(job.actor, search.connection)
        if connection is None or not job.actor.sees(connection.key, search.domain):
            raise NotFound(msg("The connection is gone."))
        return connection, search


class ListBoxesItem(_SearchItem):
    """The item {"command": "mail_boxes"}: adds an item for each mailbox of the domain."""

    def __init__(
        self, connections: Connections, searches: MailSearches, mail: MailSearch, jobs: Jobs
    ) -> None:
        super().__init__(connections, searches)
        self._mail = mail
        self._jobs = jobs

    def __call__(self, job: Job, _item: JobItem, control: Control) -> Result:
        """Raises what reading the list raises. What an earlier attempt added is not added again."""
        connection, search = self._of(job)
        boxes = sorted(set(self._mail.mailboxes(connection, search.domain)))
        if control.stopping():
            raise GivenBack
        there = set(self._added(job.id))
        self._jobs.add(job.id, (NewItem(b, {"command": BOX, "mailbox": b}) for b in boxes if b not in there))
        return ItemState.DONE, msg("{count} mailboxes", count=len(boxes))

    def _added(self, job_id: int) -> Iterator[str]:
        last = LIST_NO
        while items := self._jobs.items(job_id, after_no=last, size=500):
            yield from (item.subject for item in items)
            last = items[-1].no


class SearchBoxItem(_SearchItem):
    """The item {"command": "mail_box", "mailbox": address}: searches that mailbox and keeps what it finds."""

    def __init__(self, connections: Connections, searches: MailSearches, mail: MailSearch) -> None:
        super().__init__(connections, searches)
        self._mail = mail

    def __call__(self, job: Job, item: JobItem, _control: Control) -> Result:
        """Raises what the search raises. A mailbox without the folder, or gone meanwhile, holds nothing of it."""
        connection, search = self._of(job)
        query = replace(search.query, mailbox=str(item.command["mailbox"]), page=1, size=MOST_OF_BOX)
        try:
            page = self._mail.in_mailbox(connection, query)
        except NotFound as nothing:
            self._searches.store(job.id, item.no, [], False)
            return ItemState.DONE, nothing.message
        rows = [clean(row) for row in page.rows[:MOST_OF_BOX]]
        more = page.more or page.cut is not None or len(page.rows) > len(rows)
        self._searches.store(job.id, item.no, rows, more)
        if more:
            return ItemState.DONE, msg("the newest {count} messages; there are more", count=len(rows))
        return ItemState.DONE, msg("{count} messages", count=len(rows))
