"""Support finds out why a customer's domain fails, and an operator tries a route before it is saved."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site


def test_from_the_tab_of_a_domain_to_the_list_of_failures(open_page: OpenPage, site: Site) -> None:
    page = open_page("support")
    page.goto(f"/domains/{KEY}/skagenfisk.example/health")
    expect(page.get_by_text("Nothing is known yet")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("skagenfisk.example was checked")).to_be_visible()
    record = page.get_by_label("Record to publish: SPF")
    assert record.input_value().startswith('skagenfisk.example. IN TXT "v=spf1')
    page.get_by_role("link", name="Health", exact=False).first.click()
    row = page.get_by_role("row").filter(has_text="has no SPF record")
    expect(row.get_by_role("link", name="skagenfisk.example")).to_be_visible()
    page.get_by_label("Check", exact=True).select_option("spf")
    page.wait_for_url("**check=spf**")
    findings = page.get_by_role("region", name="Findings, worst first")
    expect(findings.get_by_role("row")).to_have_count(2)


def test_a_route_is_tried_before_it_is_saved(open_page: OpenPage, site: Site) -> None:
    page = open_page("operator", viewport={"width": 390, "height": 800})
    page.goto("/health/relay")
    page.get_by_role("textbox", name="Domain", exact=True).fill("new.example")
    page.get_by_role("textbox", name="Routes").fill("no-such-host.nordwind.example:25")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Test of no-such-host.nordwind.example:25")).to_be_visible()
    expect(page.get_by_text("does not exist in DNS")).to_be_visible()
