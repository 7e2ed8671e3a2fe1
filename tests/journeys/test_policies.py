"""Policies with names in a browser: copied, changed, compared, made the default, removed; in the dark and on a phone, too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import Site
from tests.journeys.test_accessibility import serious

HERE = "/named-policies/demo-cleanmail/nordwind.example"


def policy_names(page: Page) -> list[str]:
    """The names in the table of the domain's policies."""
    return page.locator("tbody tr td:nth-child(2) a").all_inner_texts()


@pytest.mark.parametrize("script", [True, False], ids=["with_script", "without_script"])
def test_the_life_of_a_policy(open_page: OpenPage, site: Site, script: bool) -> None:
    page = open_page("operator", java_script_enabled=script)
    page.goto("/domains/demo-cleanmail/nordwind.example")
    page.get_by_role("link", name="Policies", exact=True).last.click()
    page.get_by_role("link", name="Management").click()
    expect(page.get_by_role("table", name="Quarantine")).to_contain_text("60 days")
    page.get_by_role("link", name="Copy").click()
    page.get_by_label("Name", exact=True).fill("Board")
    page.get_by_label("Spam from (points)").fill("3.5")
    page.get_by_role("button", name="Add the policy").click()
    expect(page.get_by_role("status")).to_contain_text("Added the policy “Board” to nordwind.example.")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Archive", exact=True).check()
    page.get_by_label("Kept for (months)").fill("0")
    page.get_by_role("button", name="Save the policy").click()
    expect(page.get_by_text("At least 1 is accepted here.")).to_be_visible()
    page.get_by_label("Kept for (months)").fill("12")
    page.get_by_role("button", name="Save the policy").click()
    expect(page.get_by_role("table", name="Archive")).to_contain_text("12 months")
    page.get_by_role("button", name="Make it the default of nordwind.example").click()
    expect(page.get_by_role("status")).to_contain_text("has another default policy now")
    assert policy_names(page)[0] == "Board"
    page.get_by_role("link", name="Board").click()
    page.get_by_role("link", name="Remove…").click()
    expect(page.get_by_text("It cannot be removed while somebody uses it.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove the policy")).to_have_count(0)


def test_two_policies_are_compared_and_a_whole_connection_is_read(open_page: OpenPage, site: Site) -> None:
    page = open_page("operator")
    page.goto("/named-policies/")
    page.get_by_role("button", name="Read all policies of").first.click()
    expect(page.get_by_text("Done").first).to_be_visible()
    page.goto("/named-policies/?q=nordwind.example")
    page.get_by_role("checkbox", name="Compare Management of nordwind.example").check()
    page.get_by_role("checkbox", name="Compare Sales of nordwind.example").check()
    page.get_by_role("button", name="Compare the chosen policies").click()
    expect(page.get_by_role("table", name="Policies side by side")).to_contain_text("7.5 points")
    page.get_by_role("button", name="Show only what differs").click()
    expect(page.get_by_role("table", name="Policies side by side")).not_to_contain_text("Largest mail")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_a_policy(open_page: OpenPage, scheme: str) -> None:
    page = open_page("operator", color_scheme=scheme, viewport={"width": 390, "height": 844})
    found = []
    page.goto(HERE)
    links = [page.get_by_role("link", name=name).get_attribute("href") for name in ("Management", "Sales")]
    ids = [str(link).rsplit("/", 1)[1] for link in links]
    compared = "&".join(f"p=demo-cleanmail/nordwind.example/{one}" for one in ids)
    for path in (
        f"{HERE}/{ids[0]}",
        f"{HERE}/{ids[0]}/edit",
        f"{HERE}/{ids[0]}/remove",
        f"{HERE}/{ids[1]}/remove",
        f"{HERE}/new?copy={ids[0]}",
        f"/named-policies/compare?{compared}",
    ):
        page.goto(path)
        found += serious(page, path, scheme)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{path} is wider than a phone"
    assert found == []
