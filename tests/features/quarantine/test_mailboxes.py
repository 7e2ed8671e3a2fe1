"""Upstreams that are searched mailbox by mailbox: folders with counts, and a whole domain page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.messages import MailQuery, MailSource
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
