"""The frame of every page: dark colours, a phone, the keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
HERE = f"/domains/{KEY}/nordwind.example"
PAGES = [
    "/overview/",
    "/domains/",
    HERE,
    f"{HERE}/routes",
    f"{HERE}/aliases",
    f"{HERE}/remove",
    f"/policies/{KEY}/nordwind.example",
    f"/policies/compare?d={KEY}/nordwind.example&d={KEY}/hafencafe.example",
    "/domains/new",
    "/connections/",
    f"/connections/{KEY}",
    "/connections/new?kind=spamexperts",
    "/jobs/1",
    "/changes/",
    "/people/",
    "/account/tokens",
    "/bulk/import",
    "/search/?q=nord",
    "/api/docs",
]


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def focused(page: Page) -> str:
    """What has the focus: its text, or its name."""
    return str(
        page.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()")
    )


def test_dark_colours_are_kept(page: Page) -> None:
    page.goto("/domains/")
    light = background(page)
    page.get_by_role("button", name="Dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page).to_have_title(re.compile("^Domains"))
    assert background(page) != light
    page.goto(HERE)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="Light colours").click()
    assert background(page) == light


def test_a_phone_can_be_used(open_page: OpenPage) -> None:
    page = open_page("admin", **PHONE)
    page.goto("/overview/")
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Domains", exact=True).first.tap()
    expect(page).to_have_title(re.compile("^Domains"))
    table = page.get_by_role("region", name="Domains")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth"), "the table scrolls, not the page"
    page.get_by_role("link", name="Actions for baeckerei-mueller.example").tap()
    expect(page.locator(".gh-popover:popover-open")).to_be_in_viewport()


@pytest.mark.parametrize("script", [True, False])
def test_no_page_is_wider_than_a_phone(open_page: OpenPage, script: bool) -> None:
    page = open_page("admin", **PHONE, java_script_enabled=script)
    wide = []
    for path in PAGES if script else PAGES[:8]:
        page.goto(path)
        if overflow(page) > 0:
            wide.append(path)
    assert wide == []


def test_the_keyboard_alone_is_enough(page: Page, site: Site) -> None:
    page.goto("/domains/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) in ("CSV", "Import…", "Add domain"), "the navigation was skipped"
    page.keyboard.press("Control+k")
    page.keyboard.type("oldquay.example")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^oldquay.example"))
    page.keyboard.press("/")
    assert focused(page) == "q"


def test_enter_in_the_form_adds_the_domain(page: Page, site: Site) -> None:
    page.goto(f"/domains/new?connection={KEY}")
    page.keyboard.type("tasten.example")
    page.keyboard.press("Tab")
    page.keyboard.type("a.example.net")
    page.keyboard.press("Tab")
    page.keyboard.type("26")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("b.example.net")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^tasten.example"))
    assert site.routes("tasten.example") == ["a.example.net:26", "b.example.net:25"], (
        "no row was moved or removed"
    )


def test_a_row_menu_opens_and_closes_by_key(page: Page) -> None:
    page.goto("/domains/?q=oldquay")
    more = page.get_by_label("Actions for oldquay.example")
    more.focus()
    page.keyboard.press("Enter")
    menu = page.locator(".gh-popover:popover-open")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(more).to_be_focused()
