"""SpamExperts from the question “where is my mail?” to its answer: the log, the quarantine, the queue, and the numbers."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site
from tests.journeys.test_accessibility import serious

HOME = "nordwind.example"


def test_from_the_log_over_the_quarantine_to_the_queue(open_page: OpenPage, site: Site) -> None:
    page = open_page("operator", color_scheme="dark")
    page.goto(f"/quarantine/list/log?domain={HOME}&connection={KEY}&state=quarantined")
    row = page.get_by_role("row", name="In quarantine").first
    subject = row.get_by_role("link").first.inner_text()
    page.get_by_role("link", name="Quarantine", exact=True).last.click()
    page.get_by_label("Words of the subject").fill(subject)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("row", name=subject).first.get_by_role("link").first.click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("Released:")).to_be_visible()

    page.goto(f"/quarantine/list/queue?connection={KEY}&domain={HOME}")
    page.get_by_role("row", name="Waiting in the queue").first.get_by_role("link").first.click()
    expect(page.get_by_text("451 4.3.0 Temporary failure")).to_be_visible()
    page.get_by_role("button", name="Try to deliver now").click()
    expect(page.locator(".gh-flash").first).to_be_visible()
    assert site.calls().count("api_release_message") == 1
    assert site.calls().count("api_deliver_queued_message") == 1


def test_the_numbers_of_a_domain_and_a_server_without_space(open_page: OpenPage, site: Site) -> None:
    page = open_page("admin", viewport={"width": 400, "height": 800})
    page.goto(f"/domains/{KEY}/{HOME}")
    page.get_by_role("link", name="Statistics", exact=True).last.click()
    expect(page.get_by_role("heading", name="By class")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Phishing")).to_be_visible()
    assert serious(page, page.url, "light") == []

    site.sandbox.upstreams["spamexperts"].profile["servers"] = "full"
    page.goto(f"/connections/{KEY}")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("strained")).to_be_visible()
    page.goto("/health/")
    expect(page.get_by_role("row", name="node2.filtering.example")).to_contain_text("only 3 % are free")
    assert serious(page, page.url, "light") == []
