"""Searches over all mailboxes of a domain over REST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.messages import MailSource
from app.features.quarantine.api_models import MessageOut, message_out
from app.features.quarantine.forms import query_from
from app.features.quarantine.searches import BoxSearchService, BoxSearchView
from app.web.api import Body, Query, api_right, request_key, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with

_NUMBER = "<int:search>"


class SearchIn(Body):
    """What is looked for in every mailbox of a domain, on an upstream that searches one mailbox at a time."""

    connection: str = Field(min_length=1, max_length=64)
    domain: str = Field(min_length=1, max_length=253)
    sender: str = Field(default="", max_length=320)
    recipient: str = Field(default="", max_length=320)
    cc: str = Field(default="", max_length=320)
    subject: str = Field(default="", max_length=320)
    message_id: str = Field(default="", max_length=320)
    text: str = Field(default="", max_length=320)
    operator: Literal["and", "or", "not"] = "and"
    folder: str = Field(default="", max_length=320)
    since: str = Field(default="", max_length=40, description="ISO 8601; a bare day is UTC.")
    until: str = Field(default="", max_length=40, description="ISO 8601, not included; a bare day is.")


class GapOut(BaseModel):
    """A mailbox that did not answer."""

    mailbox: str
    problem: str | None


class SearchOut(BaseModel):
    """How far a search is. `mailboxes` null: their list is not read yet. `found`: messages that are kept."""

    id: int = Field(description="Also the number of its job.")
    connection: str
    domain: str
    state: str
    mailboxes: int | None
    read: int
    failed: int
    found: int
    cut: bool = Field(description="More was found than is kept.")
    kept_until: datetime
    text: str | None
    gaps: list[GapOut] = Field(description="The first of the mailboxes that did not answer.")


class FoundQuery(Query):
    """Which part of what was found."""

    page: int = Field(default=1, ge=1, le=2_147_483_647)
    size: int = Field(default=100, ge=1, le=500)


class FoundOut(BaseModel):
    """A page of what was found so far, newest first. `next` is the value of `page` for the next one."""

    items: list[MessageOut]
    total: int
    next: int | None


def _service() -> BoxSearchService:
    return service_with(BoxSearchService, CollectFeedback())


def add_to(api: APIBlueprint) -> None:
    """Registers these calls with the blueprint of the messages."""

    @api.post("/messages/searches")
    @api_right(Right.VIEW_QUARANTINE)
    @api.input(SearchIn, location="json")
    @api.output(SearchOut, status_code=202)
    def start_search(actor: Actor, json_data: SearchIn) -> SearchOut:
        """Start a search over all mailboxes of a domain; only who started it sees what it finds."""
        values = json_data.model_dump(exclude={"connection"})
        query = query_from(values, MailSource.QUARANTINE, 1)
        searches = _service()
        job_id = searches.start(actor, json_data.connection, query, request_key())
        return _out(searches.view(actor, job_id, size=1))

    @api.get(f"/messages/searches/{_NUMBER}")
    @api_right(Right.VIEW_QUARANTINE)
    @api.output(SearchOut)
    def get_search(actor: Actor, search: int) -> SearchOut:
        """Read how far a search is."""
        return _out(_service().view(actor, search, size=1))

    @api.get(f"/messages/searches/{_NUMBER}/messages")
    @api_right(Right.VIEW_QUARANTINE)
    @api.input(FoundQuery, location="query")
    @api.output(FoundOut)
    def list_found(actor: Actor, search: int, query_data: FoundQuery) -> FoundOut:
        """List what a search found so far."""
        page, size = query_data.page, query_data.size
        view = _service().view(actor, search, page, size)
        more = page * size < view.found.total
        items = [message_out(row) for row in view.rows]
        return FoundOut(items=items, total=view.found.total, next=page + 1 if more else None)

    @api.post(f"/messages/searches/{_NUMBER}/stop")
    @api_right(Right.VIEW_QUARANTINE)
    @api.output(SearchOut)
    def stop_search(actor: Actor, search: int) -> SearchOut:
        """Begin no further mailbox."""
        return _after(BoxSearchService.stop, actor, search)

    @api.post(f"/messages/searches/{_NUMBER}/resume")
    @api_right(Right.VIEW_QUARANTINE)
    @api.output(SearchOut)
    def resume_search(actor: Actor, search: int) -> SearchOut:
        """Go on with a stopped search."""
        return _after(BoxSearchService.resume, actor, search)

    @api.post(f"/messages/searches/{_NUMBER}/retry")
    @api_right(Right.VIEW_QUARANTINE)
    @api.output(SearchOut)
    def retry_search(actor: Actor, search: int) -> SearchOut:
        """Read the mailboxes that did not answer once more."""
        return _after(BoxSearchService.retry, actor, search)

    @api.delete(f"/messages/searches/{_NUMBER}")
    @api_right(Right.VIEW_QUARANTINE)
    @api.output({}, status_code=204)
    def forget_search(actor: Actor, search: int) -> str:
        """Stop a search and take out what it found."""
        _service().forget(actor, search)
        return ""


def _after(work: Callable[[BoxSearchService, Actor, int], object], actor: Actor, job_id: int) -> SearchOut:
    """Does something with a search, and says how it is then."""
    searches = _service()
    work(searches, actor, job_id)
    return _out(searches.view(actor, job_id, size=1))


def _out(view: BoxSearchView) -> SearchOut:
    return SearchOut(
        id=view.job.id,
        connection=view.connection.key,
        domain=view.search.domain,
        state=view.job.state.value,
        mailboxes=view.boxes.all,
        read=view.boxes.read,
        failed=view.boxes.failed,
        found=view.found.total,
        cut=view.search.cut,
        kept_until=view.search.ends_at,
        text=text_out(view.boxes.text),
        gaps=[GapOut(mailbox=one.subject, problem=text_out(one.result)) for one in view.failures],
    )
