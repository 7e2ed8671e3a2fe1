"""The quarantine as support and operators use it: find a message, read it, release it, and see it in Changes."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.test_accessibility import serious


def test_a_message_is_found_read_released_and_stands_in_changes(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto("/")
    page.get_by_role("link", name="Quarantine", exact=True).first.click()
    page.get_by_label("Domain or mailbox").fill("harbourbikes.example")
    page.get_by_label("Class").select_option("phishing")
    page.get_by_text("More criteria").click()
    page.get_by_label("Connection", exact=True).select_option("demo-spamexperts")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row", name="Phishing").first
    expect(row).to_contain_text("In quarantine")
    subject = row.get_by_role("link")
    name = subject.inner_text()
    subject.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_label("Why you read it").fill("ticket 4711")
    page.get_by_role("button", name="Show the message").click()
    frame = page.frame_locator("iframe.gh-mail")
    expect(frame.get_by_text("your account will be closed today")).to_be_visible()
    expect(frame.locator("form, script, a[href]")).to_have_count(0)
    assert serious(page, page.url, "light") == []
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("Released:")).to_be_visible()
    page.goto("/changes/")
    expect(page.get_by_role("row", name="Mail released")).to_have_count(1)
    expect(page.get_by_role("row", name="Mail read")).to_have_count(1)


def test_several_are_deleted_after_a_question(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto("/quarantine/?domain=nordwind.example&connection=demo-spamexperts&class=spam")
    boxes = page.locator("input[data-select-row]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_text("The upstream keeps no copy")).to_be_visible()
    assert serious(page, page.url, "light") == []
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Started: Delete 2 messages.")).to_be_visible()
