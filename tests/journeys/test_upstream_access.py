"""A token of an upstream is seen once; a second factor goes only after its owner's login was typed."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import Site

HERE = "/access/demo-cleanmail/admins/moreau"


def test_a_token_is_made_copied_and_gone(open_page: OpenPage, site: Site) -> None:
    page = open_page("admin")
    page.goto("/overview/")
    page.get_by_role("link", name="Upstream access").click()
    page.get_by_role("link", name="Administrators of Cleanmail").click()
    page.get_by_role("link", name="moreau").click()
    page.get_by_label("Name of the token").fill("night job")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("It is kept nowhere and cannot be shown again.")).to_be_visible()
    value = page.locator(".gh-copyable code").inner_text()
    assert len(value) > 20
    page.goto(HERE)
    expect(page.get_by_role("cell", name="night job")).to_be_visible()
    assert value not in page.content()


def test_a_second_factor_goes_after_its_login_was_typed(open_page: OpenPage, site: Site) -> None:
    page = open_page("admin")
    page.goto(f"{HERE}/second-factor")
    page.get_by_label("Type moreau to confirm").fill("moreau")
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("The second factor of moreau is off.")).to_be_visible()
    assert "updateAdmin" in site.calls("cleanmail")


def test_operators_have_no_way_there(open_page: OpenPage, site: Site) -> None:
    page = open_page("operator")
    page.goto("/overview/")
    expect(page.get_by_role("link", name="Domains").first).to_be_visible()
    expect(page.get_by_role("link", name="Upstream access")).to_have_count(0)
