"""An administrator looks something up by a single call, changes something by another, and finds it in the journal."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site

HOME = "nordwind.example"


def test_a_read_a_write_and_its_trace(page: Page, site: Site) -> None:
    page.goto("/overview/")
    page.get_by_role("link", name="Console", exact=True).click()
    page.locator(f'a[href="/console/{KEY}/"]').click()
    page.get_by_label("Name or meaning").fill("api_get_destination")
    page.get_by_label("Name or meaning").press("Enter")
    page.get_by_role("link", name="api_get_destination", exact=True).click()
    page.get_by_label("domain", exact=True).fill(HOME)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#answer")).to_contain_text("mail.nordwind.example::")
    expect(page.get_by_text("API calls behind this page")).to_be_visible()

    page.goto(f"/console/{KEY}/api_add_domain_alias")
    page.get_by_label("domain", exact=True).fill(HOME)
    page.get_by_label("alias", exact=True).fill("journey.test")
    page.get_by_label("Yes, send this to").check()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".gh-flash").first).to_contain_text("Sent api_add_domain_alias")
    page.get_by_role("link", name="Show the change").click()
    expect(page.locator("body")).to_contain_text("journey.test")
    assert site.sandbox.calls["spamexperts"].names().count("api_add_domain_alias") == 1


def test_an_answer_is_a_file_when_it_is_asked_for(open_page: OpenPage) -> None:
    page = open_page(accept_downloads=True)
    page.goto(f"/console/{KEY}/api_version")
    with page.expect_download() as download:
        page.get_by_role("button", name="Send, and save the answer as a file").click()
    assert download.value.suggested_filename.startswith(f"{KEY}-api-version")
