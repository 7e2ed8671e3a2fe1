"""Notes over REST."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.notes import LONGEST, Note
from app.features.notes.service import NoteService
from app.web.api import Body, api_right, blueprint
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("notes", "Notes")


class NoteOut(BaseModel):
    """A note; `mailbox` "": about the domain."""

    id: int
    mailbox: str
    text: str
    author: str
    at: datetime


class NotesOut(BaseModel):
    """The notes of a domain and its mailboxes, newest first."""

    items: list[NoteOut]


class NoteIn(Body):
    """A note to write."""

    text: str = Field(min_length=1, max_length=LONGEST)
    mailbox: str = Field(default="", max_length=320)


@api.get("/domains/<connection>/<domain>/notes")
@api_right(Right.VIEW_DOMAINS)
@api.output(NotesOut)
def list_notes(actor: Actor, connection: str, domain: str) -> NotesOut:
    """The notes of a domain and its mailboxes."""
    page = service_with(NoteService, CollectFeedback()).page(actor, connection, name_from_address(domain))
    return NotesOut(items=[_out(note) for note in page.notes])


@api.post("/domains/<connection>/<domain>/notes")
@api_right(Right.VIEW_DOMAINS)
@api.input(NoteIn, location="json")
@api.output(NoteOut, status_code=201)
def add_note(actor: Actor, connection: str, domain: str, json_data: NoteIn) -> NoteOut:
    """Write a note."""
    notes = service_with(NoteService, CollectFeedback())
    return _out(notes.add(actor, connection, name_from_address(domain), json_data.text, json_data.mailbox))


@api.delete("/domains/<connection>/<domain>/notes/<int(max=2147483647):note_id>")
@api_right(Right.VIEW_DOMAINS)
@api.output({}, status_code=204)
def remove_note(actor: Actor, connection: str, domain: str, note_id: int) -> str:
    """Take out one's own note."""
    notes = service_with(NoteService, CollectFeedback())
    notes.remove(actor, connection, name_from_address(domain), note_id)
    return ""


def _out(note: Note) -> NoteOut:
    return NoteOut(id=note.id, mailbox=note.mailbox, text=note.text, author=note.author, at=note.at)
