"""A customer of Hornetsecurity as operators look after it: a message found and released, its statistics, its branding."""

from __future__ import annotations

import base64

from playwright.sync_api import FilePayload, expect

from tests.contract.providers.hornetsecurity import PNG
from tests.journeys.conftest import OpenPage
from tests.journeys.test_accessibility import serious

KEY, DOMAIN = "demo-hornetsecurity", "kontor-hansen.example"
EDIT = f"/resources/branding/{KEY}/branding/do/edit?domain={DOMAIN}"
TEXT: FilePayload = {"name": "logo.png", "mimeType": "image/png", "buffer": b"I am no picture."}
LOGO: FilePayload = {"name": "logo.png", "mimeType": "image/png", "buffer": base64.b64decode(PNG)}


def test_a_customer_is_looked_after(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto(f"/quarantine/?domain={DOMAIN}&connection={KEY}")
    page.get_by_label("Class").select_option("spam")
    page.get_by_text("Further fields of Hornetsecurity").click()
    page.get_by_label("Size", exact=True).fill("> 1 KB")
    page.get_by_label("Size", exact=True).press("Enter")
    expect(page.get_by_text("1 in use")).to_be_visible()
    row = page.get_by_role("row", name="Spam").first
    expect(row).to_contain_text("In quarantine")
    row.get_by_role("link").click()
    expect(page.get_by_text("Received")).to_be_visible()
    assert serious(page, "a message of Hornetsecurity", "light") == []
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("Released:")).to_be_visible()
    page.goto(f"/statistics/?connection={KEY}&domain={DOMAIN}")
    numbers = page.get_by_role("table", name="Mail by class", exact=False).last
    expect(numbers.get_by_role("row", name="Spam")).to_be_visible()
    expect(page.get_by_role("heading", name="By user")).to_be_visible()


def test_a_bad_logo_is_refused_and_a_good_one_shown(open_page: OpenPage) -> None:
    page = open_page("admin")
    page.goto(EDIT)
    page.get_by_role("textbox", name="Colour").fill("#225533")
    page.get_by_label("Logo").set_input_files(TEXT)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_text("The file is no image of these kinds: png").first).to_be_visible()
    assert serious(page, "branding with a bad logo", "light") == []
    page.get_by_label("Logo").set_input_files(LOGO)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_text("#225533")).to_be_visible()
    expect(page.get_by_role("img", name="Logo")).to_be_visible()
    page.goto("/changes/")
    expect(page.get_by_role("row", name="Branding").first).to_be_visible()
