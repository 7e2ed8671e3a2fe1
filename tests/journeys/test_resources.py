"""Resources in Chromium: what a panel keeps, found by the menu, shown as bars, added by a form, taken away by typing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.test_accessibility import problems_of

LINE = "30 2 * * mon /bin/true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hosting_from_the_menu_to_a_cron_job(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": 1400 if scheme == "light" else 400, "height": 900})
    page.goto("/resources/hosting/")
    page.get_by_role("link", name="Usage and limits").first.click()
    expect(page.get_by_role("meter").first).to_be_visible()
    assert problems_of(page) == []
    page.goto("/resources/hosting/")
    page.get_by_role("link", name="Cron jobs").first.click()
    page.get_by_role("link", name="Add a cron job").click()
    for label, text in zip(("Minute", "Hour", "Weekday", "Command"), ("30", "2", "mon", "/bin/true"), strict=True):
        page.get_by_label(label, exact=False).first.fill(text)
    page.get_by_role("button", name="Look what it means").click()
    expect(page.get_by_text("at 02:30, on Monday")).to_be_visible()
    assert problems_of(page) == []
    page.get_by_role("button", name="Add a cron job").click()
    expect(page.get_by_text(f"The cron job is added: {LINE}")).to_be_visible()
