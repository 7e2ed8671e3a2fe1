"""Rules as people work with them: add, find, replace through a diff, and take back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage

HERE = "/rules/demo-cleanmail/nordwind.example"


def test_a_sender_is_allowed_found_and_taken_back(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto("/domains/demo-cleanmail/nordwind.example")
    page.get_by_label("About nordwind.example").get_by_role("link", name="Rules").click()
    page.get_by_label("Senders or patterns").fill("Partner.example\nanna@partner.example")
    page.get_by_label("Note", exact=True).fill("Agreed with Kaja")
    page.get_by_role("button", name="Add rules").click()
    expect(page.get_by_text("Added 2 rules to nordwind.example.")).to_be_visible()
    expect(page.get_by_role("row", name="anna@partner.example")).to_contain_text("shadowed")

    page.goto("/rules/")
    page.get_by_label("Which rules name this sender?").fill("bob@partner.example")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("sender=bob"))
    expect(page.get_by_role("row", name="Agreed with Kaja")).to_have_count(1)

    page.goto(HERE)
    page.get_by_label("Select partner.example").check()
    page.get_by_role("button", name="Remove the chosen rules").click()
    expect(page.get_by_text("Removed the rule partner.example")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    page.goto(HERE)
    expect(page.get_by_label("Select partner.example")).to_be_visible()


def test_a_list_is_replaced_after_a_look_at_what_changes(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto(f"{HERE}/replace?kind=sender")
    lines = page.get_by_label("Rules", exact=True)
    lines.fill(f"{lines.input_value()}block,spam.example,,,,from now on\n")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("block,spam.example,,,,from now on")).to_be_visible()
    page.get_by_role("button", name="Replace the list").click()
    expect(page.get_by_role("row", name="spam.example")).to_contain_text("from now on")


def test_support_adds_for_a_while_only(open_page: OpenPage) -> None:
    page = open_page("support")
    page.goto(HERE)
    page.get_by_label("Senders or patterns").fill("partner.example")
    page.get_by_role("button", name="Add rules").click()
    expect(page.get_by_role("alert")).to_contain_text("only rules that expire within 30 days")
    page.get_by_label("Last day").fill((datetime.now(UTC) + timedelta(days=7)).date().isoformat())
    page.get_by_role("button", name="Add rules").click()
    expect(page.get_by_text("Added the rule partner.example")).to_be_visible()
