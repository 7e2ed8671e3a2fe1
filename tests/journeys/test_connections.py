"""An administrator connects an upstream: with a wrong password first."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.site import Site

SECRET = "demo-software-api"


def fill(page: Page, site: Site, password: str) -> None:
    """Fills the form of a new connection to the sandbox."""
    page.get_by_label("Name", exact=True).fill("Cluster Süd")
    page.get_by_label("Address", exact=True).fill(site.sandbox.https("spamexperts"))
    page.get_by_label("User name of the Software API").fill("softwareapi")
    page.get_by_label("Password of the Software API").fill(password)
    page.get_by_label("Certificate check").select_option(
        label="Verify with a certificate authority of your own"
    )
    page.get_by_label("CA file").fill(str(site.sandbox.ca_path))


def test_a_connection_from_wrong_password_to_removal(page: Page, site: Site) -> None:
    add_with_wrong_password(page, site)
    edit_until_it_works(page, site)
    read_its_domains(page)
    switch_off_and_on(page)
    remove(page, site)


def add_with_wrong_password(page: Page, site: Site) -> None:
    page.goto("/connections/")
    page.get_by_role("link", name="Add connection").click()
    page.get_by_role("link", name="Connect SpamExperts").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Please correct")
    fill(page, site, "not-the-password")
    page.get_by_role("button", name="Test without saving").click()
    expect(page.get_by_role("note")).to_contain_text("Nothing was saved yet")
    expect(page.get_by_label("Password of the Software API")).to_have_value("")
    page.get_by_label("Password of the Software API").fill("not-the-password")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_title(re.compile("^Cluster Süd"))
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator(".gh-heading")).to_contain_text("down")
    expect(page.locator(".gh-flash").first).to_contain_text("does not accept the user name and password")
    assert "not-the-password" not in page.content()


def edit_until_it_works(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Password of the Software API")).to_have_value("")
    page.get_by_label("Password of the Software API").fill(SECRET)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator(".gh-heading")).to_contain_text("up")
    expect(page.get_by_text("Add domains")).to_be_visible()
    assert SECRET not in page.content()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("button", name="Test without saving").click()
    expect(page.get_by_role("note")).to_contain_text("It answers"), "with the password that is kept"
    page.get_by_text("API calls behind this page").click()
    page.locator(".gh-curl summary").first.click()
    expect(page.locator(".gh-curl pre").first).to_contain_text("curl")
    assert SECRET not in page.content()
    page.get_by_role("link", name="Cancel").click()


def read_its_domains(page: Page) -> None:
    page.get_by_role("button", name="Read domains").click()
    expect(page).to_have_title(re.compile("^Read all domains of Cluster Süd"))
    expect(page.locator(".gh-job-line")).to_contain_text("done")
    page.goto("/domains/?connection=cluster-sud&q=nordwind")
    expect(page.get_by_role("link", name="nordwind.example", exact=True)).to_be_visible()


def switch_off_and_on(page: Page) -> None:
    page.goto("/connections/cluster-sud")
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator(".gh-heading")).to_contain_text("switched off")
    page.goto("/domains/new")
    expect(page.get_by_role("option", name="Cluster Süd")).to_have_count(0)
    page.goto("/connections/cluster-sud")
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".gh-heading")).not_to_contain_text("switched off")


def remove(page: Page, site: Site) -> None:
    before = len(site.domains)
    page.get_by_role("link", name="Remove…").click()
    page.get_by_label("Type cluster-sud to confirm").fill("cluster-sud")
    page.get_by_role("button", name="Remove the connection").click()
    expect(page).to_have_title(re.compile("^Connections"))
    expect(page.get_by_role("table", name="Connections")).not_to_contain_text("Cluster Süd")
    assert len(site.domains) == before, "nothing is removed upstream"


def test_all_connections_are_tested_at_once(page: Page, site: Site) -> None:
    page.goto("/connections/")
    page.get_by_role("button", name="Test all").click()
    expect(page.locator(".gh-flash").first).to_be_visible()
    for kind in ("spamexperts", "cleanmail", "olspanel"):
        assert site.calls(kind), kind
    page.get_by_role("link", name="SpamExperts · demo").click()
    expect(page.get_by_role("button", name="Edit")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Edit").click(force=True)
    expect(page.get_by_text("declared in a file and can only be changed there")).to_be_visible()
