"""Search all mailboxes of a domain, as a job: start, watch, stop, go on, forget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.errors import Conflict, Invalid, NotFound, NotSupported
from app.core.mail_searches import JOB_KIND, KEPT_FOR, FoundPage, MailSearches, StoredSearch
from app.core.messages import MailItem, MailQuery, MailSource, Reach
from app.core.model import Connection
from app.core.names import display
from app.core.plan import Report
from app.core.ports import (
    Clock,
    Connections,
    Feedback,
    Inventory,
    ItemState,
    Job,
    JobItem,
    Jobs,
    JobState,
    NewItem,
    Queue,
)
from app.core.text import Message, msg
from app.operations.mail_searches import LIST, LIST_NO
from app.operations.messages import MailRow
from app.operations.pool import DriverPool

FAILURES_SHOWN = 20
PAGE = 50
LARGEST_NUMBER = 2**31 - 1
"""Of a job. Addresses take any number, so that a larger one is not found, whatever is done with it."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """How far a search is, counted in mailboxes. `all` None: their list is not read yet."""

    all: int | None
    read: int
    failed: int

    @property
    def text(self) -> Message:
        """It in one sentence."""
        if self.all is None and self.failed:
            return msg("The list of mailboxes could not be read.")
        if self.all is None:
            return msg("Reading the list of mailboxes.")
        if self.failed:
            return msg(
                "{read} of {all} mailboxes read; {failed} did not answer.",
                read=self.read,
                all=self.all,
                failed=self.failed,
            )
        return msg("{read} of {all} mailboxes read.", read=self.read, all=self.all)


@dataclass(frozen=True, slots=True)
class BoxSearchView:
    """A search as a page shows it. `search` None: what it found is no longer kept, or somebody else's."""

    job: Job
    connection: Connection
    card: Card
    search: StoredSearch
    boxes: Boxes
    found: FoundPage
    failures: Sequence[JobItem]

    @property
    def rows(self) -> list[MailRow]:
        """The messages of the page."""
        return [MailRow(self.connection, item) for item in self.found.rows]

    @property
    def can_go_on(self) -> bool:
        """It was stopped before its end."""
        return self.job.state is JobState.STOPPED and self.job.counts.get("queued", 0) > 0

    @property
    def can_retry(self) -> bool:
        """Something of it failed, and nobody is at work on it."""
        return self.job.state.ended and bool(self.failures)


class BoxSearchService:
    """The use cases around searches over all mailboxes of a domain. Only who started one sees what it finds."""

    def __init__(
        self,
        connections: Connections,
        inventory: Inventory,
        pool: DriverPool,
        jobs: Jobs,
        queue: Queue,
        searches: MailSearches,
        clock: Clock,
        feedback: Feedback,
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._pool = pool
        self._jobs = jobs
        self._queue = queue
        self._searches = searches
        self._clock = clock
        self._feedback = feedback

    def places(self, actor: Actor, query: MailQuery) -> list[Connection]:
        """The connections on which such a search can be started for the domain of the query."""
        if query.source is not MailSource.QUARANTINE or query.domain is None or query.mailbox:
            return []
        owners = dict(self._inventory.owners_of(actor, query.domain))
        found = [c for c in self._connections.visible(actor) if c.enabled and c.key in owners]
        cards = self._pool.cards(found)
        return [one for one in found if by_mailbox(cards[one.key])]

    def start(self, actor: Actor, key: str, query: MailQuery, request_key: str) -> int:
        """Starts a search; returns its job's number.

        Raises NotFound outside the scope, Invalid without a domain, NotSupported where a domain is searched at once, Conflict
        while the same person's search of the same domain is at work.
        """
        actor.require(Right.VIEW_QUARANTINE)
        if query.domain is None or query.mailbox:
            raise Invalid({"domain": msg("Name the domain whose mailboxes are to be searched.")})
        connection, domain = self._place(actor, key, query.domain)
        if not by_mailbox(self._pool.card(connection)):
            text = msg("{name} has no mailboxes to search one by one: use the list.", name=connection.name)
            raise NotSupported(Capability.MAIL_FOLDERS.value, text)
        made = self._jobs.by_request(actor, request_key)
        if made is not None:
            return made
        mark = f"{actor.user_id or actor.name} {connection.key} {domain}"
        running = self._jobs.active(JOB_KIND, mark)
        if running is not None:
            text = msg(
                "Your search {id} of {domain} is still at work: watch it, or stop it first.",
                id=running,
                domain=display(domain),
            )
            raise Conflict(text)
        job_id = self._create(actor, connection, replace(query, domain=domain), mark, request_key)
        self._feedback.show(
            Report(msg("Started to search the mailboxes of {domain}.", domain=display(domain)))
        )
        return job_id

    def _create(
        self, actor: Actor, connection: Connection, query: MailQuery, mark: str, request_key: str
    ) -> int:
        """The job, held until what is looked for is stored beside it."""
        domain = query.domain or ""
        job_id = self._jobs.create(
            actor,
            JOB_KIND,
            msg("Search the mailboxes of {domain} on {name}", domain=display(domain), name=connection.name),
            [NewItem(str(msg("the list of mailboxes")), {"command": LIST})],
            params={"key": mark},
            request_key=request_key,
            held=True,
        )
        search = StoredSearch(job_id, connection.key, domain, query, self._clock() + KEPT_FOR)
        self._searches.begin(actor, search)
        self._jobs.resume(job_id)
        self._queue.nudge(job_id)
        return job_id

    def view(self, actor: Actor, job_id: int, page: int = 1, size: int = PAGE) -> BoxSearchView:
        """How far a search is, and a page of what it found. Raises NotFound for what is somebody else's or forgotten."""
        job, search = self._mine(actor, job_id)
        connection, _ = self._place(actor, search.connection, search.domain)
        states = (ItemState.FAILED, ItemState.UNKNOWN)
        failures = self._jobs.items(job_id, states=states, size=FAILURES_SHOWN)
        found = self._searches.page(job_id, page, size)
        card = self._pool.card(connection)
        return BoxSearchView(job, connection, card, search, self._boxes(job), found, failures)

    def all_found(self, actor: Actor, job_id: int) -> list[MailItem]:
        """Everything that is kept of a search, newest first. Raises as `view`."""
        actor.require(Right.EXPORT)
        view = self.view(actor, job_id, size=1)
        return list(self._searches.page(job_id, 1, max(1, view.found.total)).rows)

    def stop(self, actor: Actor, job_id: int) -> None:
        """No further mailbox is begun. Raises Conflict when it has ended."""
        self._mine(actor, job_id)
        if not self._jobs.request_stop(job_id):
            raise Conflict(msg("The search has ended already."))
        self._feedback.show(Report(msg("Stopped. What was found until now stays; you can go on later.")))

    def resume(self, actor: Actor, job_id: int) -> None:
        """Goes on with a stopped search. Raises Conflict for any other."""
        self._mine(actor, job_id)
        if not self._jobs.resume(job_id):
            raise Conflict(msg("Only a stopped search can go on."))
        self._queue.nudge(job_id)
        self._feedback.show(Report(msg("The search goes on.")))

    def retry(self, actor: Actor, job_id: int) -> int:
        """Reads the mailboxes that did not answer once more; returns how many. Raises Conflict when there are none."""
        self._mine(actor, job_id)
        count = self._jobs.retry(job_id, (ItemState.FAILED, ItemState.UNKNOWN))
        if not count:
            raise Conflict(msg("Every mailbox answered."))
        self._queue.nudge(job_id)
        self._feedback.show(Report(msg("{count} mailboxes are read again.", count=count)))
        return count

    def forget(self, actor: Actor, job_id: int) -> None:
        """Stops the search where it is at work, and takes out what it looked for and found."""
        self._mine(actor, job_id)
        self._jobs.request_stop(job_id)
        self._searches.forget(job_id)
        self._feedback.show(Report(msg("What the search found is forgotten.")))

    # --- inner parts ---

    def _mine(self, actor: Actor, job_id: int) -> tuple[Job, StoredSearch]:
        actor.require(Right.VIEW_QUARANTINE)
        there = job_id <= LARGEST_NUMBER
        job = self._jobs.get(actor, job_id) if there else None
        search = self._searches.get(actor, job_id) if there else None
        if job is None or search is None:
            raise NotFound(msg("There is no such search of yours, or what it found is no longer kept."))
        return job, search

    def _place(self, actor: Actor, key: str, name: str) -> tuple[Connection, str]:
        """The connection, and the domain as it is called there. Raises NotFound outside the scope."""
        connection = self._connections.get(actor, key)
        owners = dict(self._inventory.owners_of(actor, name))
        domain = owners.get(key, name)
        if connection is None or not connection.enabled or not actor.sees(key, domain):
            raise NotFound(msg("{domain} is not on such a connection.", domain=display(name)))
        return connection, domain

    def _boxes(self, job: Job) -> Boxes:
        """The counts of the job without the item that lists the mailboxes."""
        first = next(iter(self._jobs.items(job.id, size=1)), None)
        listed = first is not None and first.no == LIST_NO and first.state is ItemState.DONE
        failed = job.counts.get("failed", 0) + job.counts.get("unknown", 0)
        if not listed:
            return Boxes(None, 0, failed)
        return Boxes(job.total - 1, job.counts.get("done", 0) - 1, failed)


def by_mailbox(card: Card) -> bool:
    """Whether the quarantine behind this card is searched one mailbox at a time."""
    able = {Capability.QUARANTINE_READ, Capability.MAIL_FOLDERS} <= set(card.can)
    shapes = [shape for shape in card.mail if shape.source is MailSource.QUARANTINE]
    return able and any(shape.reach is Reach.MAILBOX for shape in shapes)
