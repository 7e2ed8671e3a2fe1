"""Upstreams that are searched mailbox by mailbox: folders with counts, and a whole domain page by page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.messages import MailQuery, MailSource, Operator
from app.operations import messages
from app.sandbox.server import Sandbox
from tests.features.cleanmail_world import CM, SLUGS, CleanmailWorld, worlds
from tests.features.world import ADMIN

HOME = "nordwind.example"
BOX = "bjorn.yildiz@nordwind.example"


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Sandbox]:
    """One sandbox for these tests."""
    sandbox = Sandbox(slugs=SLUGS)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def world(tmp_path: Path, empty_database: str, upstreams: Sandbox) -> Iterator[CleanmailWorld]:
    """The application, as fresh as the sandbox."""
    yield from worlds(upstreams, tmp_path, empty_database)


def test_a_whole_domain_says_how_much_of_it_was_read(world, monkeypatch):
    monkeypatch.setattr(messages, "BOXES_AT_ONCE", 2)
    search = world.wired.mail
    query = MailQuery(MailSource.QUARANTINE, domain=HOME)
    owner = [CM]
    found = search.find(ADMIN, query, owner)
    page = next(answer.page for answer in found.answers if answer.page)
    assert page.more and "2 of " in str(page.cut) and "mailboxes read so far" in str(page.cut)
    assert found.rows and len({row.item.key.mailbox for row in found.rows}) <= 2
    second = search.find(ADMIN, MailQuery(MailSource.QUARANTINE, domain=HOME, page=2), owner)
    other = {row.item.key.mailbox for row in second.rows}
    assert other and not other & {row.item.key.mailbox for row in found.rows}


def test_a_mailbox_shows_its_folders_with_counts(world):
    page = world.sign_in("operator").get(f"/quarantine/?domain={BOX}").text
    assert "Folders at" in page and "folder=Spam" in page
    spam = (
        world.sign_in("operator", email="b@example.org").get(f"/quarantine/?domain={BOX}&folder=Virus").text
    )
    assert ">Virus<" in spam


def test_all_criteria_and_operators_on_every_door(world):
    """Copy recipients, content and operators narrow the search on page, REST and shell; nonsense is refused unsent."""
    spam, named = world.spam(BOX), ["--domain", BOX, "--folder", "Spam", "--connection", CM]
    copied = {**spam[0], "cc": ["copy@elsewhere.example"], "text": "zebra crossing"}
    world.records.put("messages", copied)
    browser, api = world.sign_in("operator"), world.api()
    for asks, count in (
        ({"cc": "copy@else"}, 1),
        ({"text": "zebra"}, 1),
        ({"text": "zebra", "cc": "nobody"}, 0),
        ({"text": "zebra", "cc": "nobody", "operator": "or"}, 1),
        ({"cc": "copy@else", "operator": "not"}, len(spam) - 1),
    ):
        asked = "&".join(f"{name}={value}" for name, value in asks.items())
        where = f"domain={BOX}&folder=Spam&connection={CM}&{asked}"
        assert browser.get(f"/quarantine/?{where}").text.count('name="selected"') == count, asks
        assert len(api("GET", f"/messages/quarantine?{where}").json["items"]) == count, asks
        options = [part for name, value in asks.items() for part in (f"--{name}", value)]
        done = world.run("mail", "find", "quarantine", *named, *options, "--json")
        assert len(json.loads(done.stdout)) == count, asks
    log = world.sandbox.calls["cleanmail"]
    log.clear()
    for wrong in ("operator=not", "operator=not&sender=a&cc=b", "operator=or&sender=a&days=7"):
        assert browser.get(f"/quarantine/?domain={BOX}&{wrong}").status_code == 422, wrong
    assert log.names() == []


def test_who_cannot_join_criteria_is_not_asked(world):
    found = world.wired.mail.find(
        ADMIN, MailQuery(MailSource.QUARANTINE, domain=HOME, sender="a", operator=Operator.NOT), ["se"]
    )
    assert [answer.asked for answer in found.answers] == [False]
    assert "only be searched for what fits all of it" in str(found.answers[0].problem)


def test_a_release_carries_its_reason_into_the_journal(world):
    browser = world.sign_in("support")
    page = browser.get(f"/quarantine/?domain={BOX}&folder=Spam").text
    value = re.search(r'name="selected" value="([^"]+)"', page).group(1)
    fields = {"selected": value, "action": "release", "reason": "ticket 4711", "request_key": "a" * 32}
    assert browser.send("/quarantine/act", fields).status_code == 303
    change = world.changes()[0]
    assert change.step.verb == "mail.release"
    admin = world.sign_in("admin", email="why@example.org")
    assert "ticket 4711" in admin.get(f"/changes/{change.id}").text
    assert "ticket 4711" in admin.get("/changes/export.csv").text
    long = {**fields, "reason": "x" * 501, "request_key": "b" * 32}
    assert browser.send("/quarantine/act", long).status_code == 422
    assert len(world.changes()) == 1


def test_an_export_says_what_is_missing(world, monkeypatch):
    from app.features.quarantine import service

    monkeypatch.setattr(service, "MOST_EXPORTED", 2)
    browser = world.sign_in("operator")
    lines = browser.get(f"/quarantine/export/quarantine.csv?domain={BOX}").text.splitlines()
    assert len(lines) == 4 and lines[-1].startswith("Not complete: Only the first 2 messages")
    monkeypatch.setattr(service, "MOST_EXPORTED", 2000)
    whole = browser.get(f"/quarantine/export/quarantine.csv?domain={BOX}").text
    assert "Not complete" not in whole
