"""An upstream that is down costs one line; two tabs do not overwrite each other; the back button sends nothing twice."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.sandbox.faults import Fault
from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site

HERE = f"/domains/{KEY}/nordwind.example"


@pytest.fixture
def down(site: Site) -> Site:
    """The SpamExperts cluster refuses every connection."""
    site.sandbox.faults["spamexperts"].set(Fault.parse({"fault": "refuse"}))
    return site


@pytest.mark.parametrize("path", ["", "/routes", "/aliases"])
def test_a_domain_is_shown_from_the_inventory(page: Page, down: Site, path: str) -> None:
    page.goto(HERE + path)
    line = page.locator(".gh-flash")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("SpamExperts · demo")
    expect(line).to_contain_text("Shown is what it said")
    expect(page.locator("main")).to_contain_text("nordwind")


def test_pages_without_it_stay_whole(page: Page, down: Site) -> None:
    for path in ("/overview/", "/domains/", "/changes/", "/policies/", f"/connections/{KEY}"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator(".gh-flash")).to_have_count(0)
    answer = page.goto(f"/policies/{KEY}/nordwind.example")
    assert answer is not None
    assert answer.status == 200
    expect(page.locator(".gh-flash")).to_have_count(1)


def test_a_write_that_was_not_sent_says_so_and_keeps_what_was_typed(page: Page, down: Site) -> None:
    page.goto(f"{HERE}/routes")
    page.get_by_label("Host or IP address").first.fill("new.example.net")
    page.get_by_role("button", name="Save routes").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(page.get_by_label("Host or IP address").first).to_have_value("new.example.net")
    down.sandbox.faults["spamexperts"].set()
    assert "new.example.net" not in str(down.routes("nordwind.example"))


def test_the_connection_is_shown_as_down(page: Page, down: Site) -> None:
    page.goto(f"/connections/{KEY}")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator(".gh-heading")).to_contain_text("down")
    page.goto("/connections/")
    expect(page.get_by_role("row", name="SpamExperts · demo")).to_contain_text("down")


def test_two_tabs_do_not_overwrite_each_other(open_page: OpenPage, site: Site) -> None:
    mine, theirs = open_page("admin"), open_page("operator")
    for page in (mine, theirs):
        page.goto(f"{HERE}/routes")
    mine.get_by_label("Host or IP address").first.fill("mine.example.net")
    theirs.get_by_label("Host or IP address").first.fill("theirs.example.net")
    mine.get_by_role("button", name="Save routes").click()
    expect(mine).to_have_title(re.compile("^nordwind.example"))
    theirs.get_by_role("button", name="Save routes").click()
    expect(theirs.get_by_role("alert")).to_contain_text("changed")
    assert site.routes("nordwind.example")[0].startswith("mine.example.net")
    theirs.goto(f"{HERE}/routes")
    expect(theirs.get_by_label("Host or IP address").first).to_have_value("mine.example.net")


def test_going_back_sends_nothing_twice(page: Page, site: Site) -> None:
    page.goto(f"/domains/new?connection={KEY}")
    page.get_by_label("Domain", exact=True).fill("zweimal.example")
    page.get_by_label("Host or IP address").first.fill("mail.example.net")
    page.get_by_role("button", name="Add domain").click()
    expect(page).to_have_title(re.compile("^zweimal.example"))
    site.forget_calls()
    page.reload()
    page.go_back()
    page.go_forward()
    expect(page).to_have_title(re.compile("^zweimal.example"))
    assert not [call for call in site.calls() if "add" in call]


def test_a_double_click_is_one_change(page: Page, site: Site) -> None:
    page.goto(f"/domains/new?connection={KEY}")
    page.get_by_label("Domain", exact=True).fill("doppelt.example")
    page.get_by_label("Host or IP address").first.fill("mail.example.net")
    site.forget_calls()
    page.get_by_role("button", name="Add domain").dblclick()
    expect(page).to_have_title(re.compile("^doppelt.example"))
    assert len([call for call in site.calls() if call.startswith("api_add_")]) == 1
    page.goto("/changes/?domain=doppelt.example")
    expect(page.get_by_role("row", name="doppelt.example")).to_have_count(1)
