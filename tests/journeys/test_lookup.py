"""The support desk: a blocked invoice is found, explained, released and allowed, told in a ticket, seen in Changes, undone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.test_accessibility import serious

KEY = "demo-cleanmail"
SENDER = "orders@newsletter.example.net"
BOX = "greta.kuhn@nordwind.example"


def ask(page: Page, to: str) -> None:
    """Fills in the question and waits until every source has answered."""
    page.get_by_label("From", exact=True).fill(SENDER)
    page.get_by_label("To", exact=True).fill(to)
    page.get_by_label("Since").select_option("30")
    page.get_by_role("button", name="Look up", exact=True).click()
    answered(page)


def answered(page: Page) -> None:
    expect(page.locator("[data-answers]")).to_contain_text("sources answered")
    expect(page.locator("[data-answer=no]")).to_have_count(0)


def test_a_blocked_invoice_from_the_question_to_the_undo(open_page: OpenPage) -> None:
    page = open_page("support", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/overview/")
    page.get_by_role("link", name="Lookup").click()
    ask(page, BOX.replace("nordwind.example", "nordwind.test"))
    ours = page.get_by_role("region", name="Cleanmail")
    expect(ours.get_by_text("nordwind.test is an alias of nordwind.example")).to_be_visible()
    expect(ours.get_by_text("Blocked by a rule of the domain")).to_be_visible()
    expect(ours.get_by_text("ends here")).to_be_visible()
    rules = page.get_by_role("region", name="Rules that name this sender")
    expect(rules.get_by_text("newsletter.example.net").first).to_be_visible()
    assert serious(page, page.url, "light") == []

    ours.get_by_role("row", name="Invoice 4411").first.get_by_role("checkbox").check()
    ours.get_by_role("button", name="Release and allow the sender…").first.click()
    expect(page.get_by_label("For so many days")).to_have_value("14")
    assert serious(page, page.url, "light") == []
    page.get_by_role("button", name="Release and allow", exact=True).click()
    expect(page.get_by_text("Released, and its sender is allowed")).to_be_visible()
    answered(page)
    expect(ours.get_by_text("Allowed by a rule of the domain, which wins")).to_be_visible()

    page.get_by_role("link", name="Text for a ticket").click()
    page.get_by_role("button", name="Copy").last.click()
    text = page.evaluate("navigator.clipboard.readText()")
    assert "## Where is the mail?" in text and "Invoice 4411" in text and " UTC (" in text
    assert "subscription" not in text, "nothing of the mail but its subject"

    page.goto("/changes/")
    expect(page.get_by_role("row", name="Mail released")).to_have_count(1)
    page.get_by_role("row", name="Rule added").get_by_role("link").first.click()
    page.get_by_role("link", name="Undo…").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Undone: Rule added")).to_be_visible()
    page.goto(f"/lookup/?from={SENDER}&to={BOX}")
    answered(page)
    expect(ours.get_by_text("Blocked by a rule of the domain")).to_be_visible()
    expect(ours.get_by_text("Allowed by a rule of the domain")).to_have_count(0)


def test_the_search_box_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("support")
    page.goto("/overview/")
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    below = page.locator("#search-below")
    expect(below.get_by_role("link").first).to_be_visible()
    assert serious(page, page.url, "light") == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/domains/**")
    page.keyboard.press("Control+k")
    page.keyboard.type(f"nobody@{BOX.partition('@')[2]}")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Where is mail to nobody@nordwind.example?").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("nobody@nordwind.example")


def test_headers_pasted_into_the_search_box_become_the_question(open_page: OpenPage) -> None:
    page = open_page("support", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/overview/")
    headers = f"Received: from a by b; Sun, 1 Nov 2026 09:00:00 +0000\nFrom: <{SENDER}>\nTo: {BOX}\n"
    page.evaluate("text => navigator.clipboard.writeText(text)", headers)
    page.keyboard.press("/")
    page.keyboard.press("Control+v")
    expect(page.get_by_text("What the headers say")).to_be_visible()
    expect(page.get_by_label("To", exact=True)).to_have_value(BOX)
