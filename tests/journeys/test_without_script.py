"""The same without JavaScript: sign in, search, add a domain with row buttons, change its routes, remove it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import PASSWORD
from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site, email_of

DOMAIN = "plain.example"


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page("", java_script_enabled=False)


def test_the_core_needs_no_script(page: Page, site: Site) -> None:
    sign_in(page)
    add(page, site)
    change(page, site)
    filter_the_list(page)
    remove(page, site)
    in_bulk(page, site)


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(email_of("admin"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("^Overview"))


def add(page: Page, site: Site) -> None:
    page.goto("/domains/new")
    page.get_by_label("Connection", exact=True).select_option(KEY)
    page.get_by_role("button", name="Choose").click()
    page.get_by_label("Domain", exact=True).fill(DOMAIN)
    hosts = page.get_by_label("Host or IP address")
    hosts.nth(0).fill("second.example.net")
    hosts.nth(1).fill("first.example.net")
    page.get_by_role("button", name="Add a route").click()
    expect(hosts).to_have_count(3)
    expect(page.get_by_label("Domain", exact=True)).to_have_value(DOMAIN)
    hosts.nth(2).fill("wrong.example.net")
    page.get_by_role("group", name="Routes 2").get_by_role("button", name="Move up").click()
    expect(hosts.nth(0)).to_have_value("first.example.net")
    page.get_by_role("group", name="Routes 3").get_by_role("button", name="Remove this row").click()
    expect(hosts).to_have_count(2)
    assert DOMAIN not in site.domains, "row buttons send nothing"
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("status")).to_contain_text(f"Added {DOMAIN}")
    assert site.routes(DOMAIN) == ["first.example.net:25", "second.example.net:25"]


def change(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Routes 2").click()
    page.get_by_text("Paste a list").click()
    page.get_by_label("Or paste routes").fill("third.example.net:2525")
    page.get_by_role("button", name="Save routes").click()
    expect(page.get_by_role("status")).to_contain_text("Changed the routes")
    assert site.routes(DOMAIN)[-1] == "third.example.net:2525"


def filter_the_list(page: Page) -> None:
    page.goto("/domains/")
    page.get_by_role("searchbox", name="Name, alias or route host").fill("third.example.net")
    page.get_by_role("combobox", name="Connection").select_option(KEY)
    page.get_by_role("button", name="Filter").click()
    assert page.locator("tbody .gh-strong").all_text_contents() == [DOMAIN]
    page.get_by_role("link", name=DOMAIN, exact=True).click()


def remove(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Remove…").click()
    page.get_by_label(f"Type {DOMAIN} to confirm").fill("something else")
    page.get_by_role("button", name=f"Remove {DOMAIN}").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert DOMAIN in site.domains
    page.get_by_label(f"Type {DOMAIN} to confirm").fill(DOMAIN)
    page.get_by_role("button", name=f"Remove {DOMAIN}").click()
    expect(page.get_by_role("status")).to_contain_text(f"Removed {DOMAIN}")
    assert DOMAIN not in site.domains


def in_bulk(page: Page, site: Site) -> None:
    page.goto("/domains/?q=customer-0000")
    for name in ("customer-00001.example", "customer-00002.example"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("combobox", name="Action").select_option(label="Add a route")
    page.get_by_role("button", name="Go on…").click()
    page.get_by_label("Host").fill("spare.example.net")
    page.get_by_role("button", name="Show what would be done").click()
    expect(page.get_by_role("table", name="What would be done")).to_contain_text("spare.example.net:25")
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_title(re.compile("Add a route"))
    expect(page.locator(".gh-job-line")).to_contain_text("2 of 2")
    assert site.routes("customer-00002.example") == [
        f"mail.hosting.example:{site.sandbox.smtp_port}",
        "spare.example.net:25",
    ]
