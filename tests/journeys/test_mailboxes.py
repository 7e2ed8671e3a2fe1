"""Mailboxes and their mail at Cleanmail in Chromium: one is added, changed and taken back; all of a domain are searched."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.test_accessibility import serious

MAILBOXES = "/resources/mailboxes/demo-cleanmail/mailboxes"
HOME = "nordwind.example"
NEW = f"new.one@{HOME}"


def test_a_mailbox_is_added_and_disabled_and_both_are_undone(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto(f"{MAILBOXES}/?domain={HOME}")
    page.get_by_role("link", name="Add a mailbox").click()
    page.get_by_label("Address").fill(NEW)
    page.get_by_label("First name").fill("New")
    page.get_by_role("button", name="Add a mailbox").click()
    expect(page.get_by_text(f"Added the mailbox {NEW}.")).to_be_visible()
    page.goto(f"{MAILBOXES}/?domain={HOME}&q=new.one")
    row = page.get_by_role("row", name=NEW)
    expect(row.get_by_text("Enabled", exact=True)).to_be_visible()
    row.get_by_role("link", name=NEW).click()
    page.get_by_role("link", name="Disable", exact=True).click()
    page.get_by_role("button", name="Disable", exact=True).click()
    expect(page.get_by_text("its owner cannot sign in")).to_be_visible()
    page.get_by_role("link", name="Undo", exact=True).click()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Undone:")).to_be_visible()
    page.goto("/changes/?verb=resource.add")
    page.get_by_role("row", name=NEW).get_by_role("link").first.click()
    page.get_by_role("link", name="Undo…").click()
    page.get_by_label(f"Type {NEW} to confirm").fill(NEW)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Undone:")).to_be_visible()
    page.goto(f"{MAILBOXES}/?domain={HOME}&q=new.one")
    expect(page.get_by_role("row", name=NEW)).to_have_count(0)


def test_all_mailboxes_of_a_domain_are_searched_and_a_find_is_released(open_page: OpenPage) -> None:
    page = open_page("support")
    page.goto(f"/quarantine/?domain={HOME}&connection=demo-cleanmail&folder=Spam")
    page.get_by_role("button", name="Search all mailboxes at").click()
    expect(page.get_by_text("4 of 4 mailboxes read.").first).to_be_visible()
    expect(page.get_by_text("messages found")).to_be_visible()
    assert serious(page, page.url, "light") == []
    row = page.locator("input[data-select-row]").first
    row.check()
    page.get_by_label("Why", exact=True).fill("ticket 4711")
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("Released:")).to_be_visible()
    page.goto("/changes/?verb=mail.release")
    page.get_by_role("row", name="Mail released").get_by_role("link").first.click()
    expect(page.get_by_text("ticket 4711")).to_be_visible()


def test_a_mail_is_written_and_an_attachment_taken_out_before_it_is_sent(open_page: OpenPage) -> None:
    page = open_page("operator")
    box = f"greta.kuhn@{HOME}"
    page.goto(f"{MAILBOXES}/do/compose?domain={HOME}&item={box}")
    page.get_by_label("To").first.fill("partner@elsewhere.example")
    page.get_by_label("Subject").fill("Offer")
    page.get_by_label("Text").fill("See the file.")
    for number, name in ((1, "kept.txt"), (2, "dropped.txt")):
        file = {"name": name, "mimeType": "text/plain", "buffer": name.encode()}
        page.get_by_label(f"Attachment {number}", exact=True).set_input_files(file)
    assert serious(page, page.url, "light") == []
    page.get_by_role("button", name="Take out: Attachment 2").click()
    expect(page.get_by_role("button", name="Take out: Attachment 2")).to_be_hidden()
    page.get_by_role("button", name="Write a mail").click()
    expect(page.get_by_text("The mail was handed to Cleanmail.")).to_be_visible()
    page.get_by_role("link", name="See the change").click()
    expect(page.locator("main")).to_contain_text("kept.txt")
    expect(page.locator("main")).not_to_contain_text("dropped.txt")
