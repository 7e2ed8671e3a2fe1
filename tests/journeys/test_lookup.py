"""Support looks for a mail: the answers come by themselves, the ticket text is copied."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage


def test_support_finds_out_where_a_mail_is(open_page: OpenPage) -> None:
    page = open_page("support")
    page.goto("/overview/")
    page.get_by_role("link", name="Lookup").click()
    page.get_by_label("From", exact=True).fill("the@deadguys.fr")
    page.get_by_label("To", exact=True).fill("anna@nordwind.test")
    page.get_by_role("button", name="Look up", exact=True).click()
    expect(page.locator("[data-answers]")).to_contain_text("sources answered")
    expect(page.get_by_text("nordwind.test is an alias of nordwind.example").first).to_be_visible()
    expect(page.locator("[data-answer=no]")).to_have_count(0)
    page.get_by_role("link", name="Text for a ticket").click()
    expect(page.get_by_label("Markdown", exact=True)).to_contain_text("Where is the mail?")
