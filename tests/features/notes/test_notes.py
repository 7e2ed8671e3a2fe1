"""Notes of domains and mailboxes: page, REST, command, look-up; only the author takes one out."""

from __future__ import annotations

import pytest

from app.core.actor import Scope, ScopeKind
from app.core.errors import Invalid
from app.core.notes import LONGEST, MOST
from app.features.notes.service import NoteService
from tests.features.world import ADMIN, HOME, SE

PAGE = f"/domains/{SE}/{HOME}/notes"


def test_a_note_is_kept_shown_and_taken_out_by_its_author(world):
    author, other = world.sign_in("support"), world.sign_in("support")
    written = author.send(PAGE, {"text": "<b>Call Anna</b>\nfirst", "mailbox": f"Anna@{HOME}"})
    assert written.status_code == 303
    page = author.get(PAGE).text
    assert "&lt;b&gt;Call Anna&lt;/b&gt;" in page and f"anna@{HOME}" in page and "Take out this note" in page
    assert "Take out this note" not in other.get(PAGE).text
    shown = world.sign_in("support").get(f"/lookup/?to=anna@{HOME}&wait=1").text
    assert "Call Anna" in shown
    assert "Call Anna" not in other.get(f"/lookup/?to=ben@{HOME}&wait=1").text
    note = world.wired.notes.of(SE, HOME)[0]
    assert other.send(f"{PAGE}/{note.id}/remove").status_code == 403
    assert author.send(f"{PAGE}/{note.id}/remove").status_code == 303 and not world.wired.notes.of(SE, HOME)


@pytest.mark.parametrize(
    ("text", "mailbox", "field"),
    [
        ("", "", "text"),
        ("x" * (LONGEST + 1), "", "text"),
        ("x", "anna@other.example", "mailbox"),
        ("x", "y", "mailbox"),
    ],
)
def test_what_is_no_note(world, text, mailbox, field):
    with world.app.app_context(), pytest.raises(Invalid) as raised:
        world.service(NoteService)[0].add(ADMIN, SE, HOME, text, mailbox)
    assert field in raised.value.fields


def test_outside_the_scope_there_is_nothing(world):
    browser = world.sign_in("support", scopes=(Scope(ScopeKind.DOMAIN, "other.example"),))
    answers = [browser.get(f"/domains/{SE}/{name}/notes") for name in (HOME, "nothing.example")]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_rest_and_command(world):
    api = world.api("support")
    made = api("POST", f"/domains/{SE}/{HOME}/notes", {"text": "one"})
    assert made.status_code == 201 and made.get_json()["text"] == "one"
    assert world.run("notes", "add", HOME, SE, "two").exit_code == 0
    assert [n["text"] for n in api("GET", f"/domains/{SE}/{HOME}/notes").get_json()["items"]] == [
        "two",
        "one",
    ]
    listed = world.run("notes", "list", HOME, SE)
    assert "two" in listed.output and listed.exit_code == 0
    assert api("DELETE", f"/domains/{SE}/{HOME}/notes/{made.get_json()['id']}").status_code == 204
    assert api("DELETE", f"/domains/{SE}/{HOME}/notes/999").status_code == 404
    left = world.wired.notes.of(SE, HOME)[0]
    assert world.run("notes", "remove", HOME, SE, str(left.id)).exit_code == 0


def test_there_is_a_bound(world, monkeypatch):
    monkeypatch.setattr("app.storage.notes.MOST", 1)
    assert MOST > 1
    with world.app.app_context():
        notes = world.service(NoteService)[0]
        notes.add(ADMIN, SE, HOME, "one")
        with pytest.raises(Invalid):
            notes.add(ADMIN, SE, HOME, "two")
