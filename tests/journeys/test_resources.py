"""Resources in Chromium: what a panel keeps, found by the menu, shown as bars; a cron job is added after it was put in words."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage


def test_hosting_from_the_menu_to_a_cron_job(open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    page.goto("/overview/")
    page.get_by_role("link", name="Hosting").first.click()
    page.get_by_role("link", name="Usage and limits").first.click()
    expect(page.get_by_role("meter").first).to_be_visible()
    page.get_by_role("link", name="Hosting").first.click()
    page.get_by_role("link", name="Cron jobs").first.click()
    page.get_by_role("link", name="Add a cron job").click()
    for label, text in (("Minute", "30"), ("Hour", "2"), ("Weekday", "mon"), ("Command", "/bin/true")):
        page.get_by_label(label).first.fill(text)
    page.get_by_role("button", name="Look what it means").click()
    expect(page.get_by_text("at 02:30, on Monday")).to_be_visible()
    page.get_by_role("button", name="Add a cron job").click()
    expect(page.get_by_text("The cron job is added: 30 2 * * mon /bin/true")).to_be_visible()
