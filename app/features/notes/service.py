"""Keep notes beside a domain or an address of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.names import NameProblem, display, mail_address
from app.core.notes import LONGEST, MOST, Note, Notes
from app.core.plan import Report
from app.core.ports import Clock, Feedback
from app.core.text import msg
from app.operations.live import LiveDomain, LiveDomains


@dataclass(frozen=True, slots=True)
class NotesPage:
    """The notes of a domain and of its mailboxes."""

    found: LiveDomain
    notes: Sequence[Note]


class NoteService:
    """The use cases around notes. Whoever sees a domain reads and writes its notes; one's own can be taken out again."""

    def __init__(self, notes: Notes, live: LiveDomains, clock: Clock, feedback: Feedback) -> None:
        self._notes = notes
        self._live = live
        self._clock = clock
        self._feedback = feedback

    def page(self, actor: Actor, key: str, domain: str) -> NotesPage:
        """The notes, newest first. Touches no upstream. Raises NotFound."""
        actor.require(Right.VIEW_DOMAINS)
        return NotesPage(self._live.stored(actor, key, domain), self._notes.of(key, domain))

    def add(self, actor: Actor, key: str, domain: str, text: str, mailbox: str = "") -> Note:
        """Writes a note about the domain, or about an address of it. Raises NotFound, Invalid by field."""
        actor.require(Right.VIEW_DOMAINS)
        found = self._live.stored(actor, key, domain)
        if found.row is None:
            raise NotFound(msg("There is no {domain} here.", domain=display(domain)))
        note = Note(
            0, key, domain, *_checked(domain, mailbox, text), actor.name, actor.user_id, self._clock()
        )
        stored = self._notes.add(note)
        if stored is None:
            raise Invalid({"text": msg("There are {most} notes already; take one out first.", most=MOST)})
        self._feedback.show(
            Report(msg("The note about {name} was kept.", name=note.mailbox or display(domain)))
        )
        return stored

    def remove(self, actor: Actor, key: str, domain: str, note_id: int) -> None:
        """Takes out one's own note; who manages people takes out anybody's. Raises NotFound, Forbidden."""
        page = self.page(actor, key, domain)
        note = next((one for one in page.notes if one.id == note_id), None)
        if note is None:
            raise NotFound(msg("There is no such note (any more)."))
        own = note.author_id is not None and note.author_id == actor.user_id
        if not own and not actor.may(Right.MANAGE_PEOPLE):
            raise Forbidden(msg("Only who wrote a note takes it out. Nothing was changed."))
        self._notes.remove(key, domain, note_id)
        self._feedback.show(Report(msg("The note was taken out.")))


def _checked(domain: str, mailbox: str, text: str) -> tuple[str, str]:
    """Address ("" for none) and text. Raises Invalid by field."""
    problems = {}
    mailbox, text = mailbox.strip(), "\n".join(line.rstrip() for line in text.strip().splitlines())
    if mailbox:
        try:
            mailbox = mail_address(mailbox).lower()
        except NameProblem as problem:
            problems["mailbox"] = problem.message
        else:
            if mailbox.rpartition("@")[2] != domain:
                whose = display(domain)
                problems["mailbox"] = msg(
                    "{mailbox} is no mailbox of {domain}.", mailbox=mailbox, domain=whose
                )
    if not text:
        problems["text"] = msg("Write something.")
    elif len(text) > LONGEST:
        problems["text"] = msg("More than {max_length} characters are not accepted.", max_length=LONGEST)
    if problems:
        raise Invalid(problems)
    return mailbox, text
