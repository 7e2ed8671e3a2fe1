"""A token is made, shown once, used, and taken away; the documentation of the REST API can be read and tried."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.site import KEY, Site


def test_a_token_from_making_to_removal(page: Page, site: Site) -> None:
    page.goto("/account")
    page.get_by_role("link", name="API tokens").click()
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    page.get_by_label("What it is for").fill("nightly export")
    page.get_by_label("Valid for").select_option(label="7 days")
    page.get_by_label("view domains").check()
    page.get_by_role("button", name="Make the token").click()
    token = page.locator(".gh-copyable code").inner_text()
    assert len(token) > 30
    domain = f"{site.url}/api/v1/domains/{KEY}/nordwind.example"
    bearer = {"Authorization": f"Bearer {token}"}
    answer = page.request.get(domain, headers=bearer)
    assert answer.status == 200
    assert answer.json()["domain"] == "nordwind.example"
    assert page.request.delete(domain, headers=bearer).status == 403, "it may only look"
    page.goto("/account/tokens")
    row = page.get_by_role("row", name="nightly export")
    expect(row).to_contain_text("view domains")
    expect(row).to_contain_text("127.0.0.1")
    assert token not in page.content(), "shown once"
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    assert page.request.get(domain, headers=bearer).status == 401


def test_the_documentation_is_drawn_under_the_policy(page: Page) -> None:
    page.goto("/account/tokens")
    page.get_by_role("link", name="REST API").click()
    page.locator("#api-docs .opblock-tag", has_text="Domains").wait_for()
    paths = page.locator("#api-docs .opblock-summary-path").all_text_contents()
    assert len(paths) > 30
    assert all(path.replace("\u200b", "").startswith("/api/v1/") for path in paths), (
        "the pages are no part of it"
    )
    page.locator("#operations-Domains-get_api_v1_domains, #api-docs .opblock-get").first.click()
    expect(page.locator("#api-docs .opblock-body").first).to_be_visible()
    with page.expect_download() as download:
        page.evaluate("document.querySelector('a[href$=\"openapi.json\"]').download = 'openapi.json'")
        page.get_by_role("link", name="OpenAPI document").click()
    assert '"openapi"' in download.value.path().read_text("utf-8")
