"""Work on many domains: choose, look, confirm, watch, read the results; and the import of a file with bad rows."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.sandbox.faults import Fault
from tests.journeys.site import KEY, Site

SLOW = Fault.parse({"fault": "delay", "seconds": 0.5})
MANY = [f"customer-{number:05d}.example" for number in range(1, 13)]


def test_a_route_host_is_replaced_in_twelve_domains(page: Page, site: Site) -> None:
    smtp = site.sandbox.smtp_port
    page.goto(f"/domains/?connection={KEY}&q=customer-000&size=25")
    expect(page.get_by_role("combobox", name="Action")).to_be_hidden()
    page.get_by_role("checkbox", name=f"Select {MANY[0]}").check()
    page.get_by_role("checkbox", name=f"Select {MANY[-1]}").click(modifiers=["Shift"])
    expect(page.locator("[data-selection-count]")).to_have_text("12")
    page.get_by_role("combobox", name="Action").select_option(label="Replace a route host")
    page.get_by_role("button", name="Go on…").click()
    page.get_by_label("Host to replace").fill("mail.hosting.example")
    page.get_by_label("New host or IP address").fill("mail.nordwind.example")
    page.get_by_role("button", name="Show what would be done").click()
    expect(page.get_by_text("12 will be changed, 0 are left alone")).to_be_visible()
    expect(page.get_by_role("row", name=MANY[4])).to_contain_text(f"backup.nordwind.example:{smtp}")
    assert all(site.routes(name)[0] == f"mail.hosting.example:{smtp}" for name in MANY)
    start = page.get_by_role("button", name="Start")
    expect(start).to_be_disabled()
    page.get_by_label("the number of domains, to confirm").fill("12")
    site.sandbox.faults["spamexperts"].set(SLOW)
    start.click()
    expect(page).to_have_title(re.compile("^Replace a route host"))
    expect(page.locator("#job-progress")).to_contain_text("running")
    site.sandbox.faults["spamexperts"].set()
    expect(page.locator("#job-progress")).to_contain_text("12 of 12"), "the page follows by itself"
    assert all(site.routes(name)[0].startswith("mail.nordwind.example:") for name in MANY)
    assert site.routes("customer-00013.example")[0] == f"mail.hosting.example:{smtp}"
    page.reload()
    for name in MANY:
        expect(page.get_by_role("row", name=name)).to_contain_text("done")


def test_what_cannot_be_done_is_left_alone_and_said(page: Page, site: Site) -> None:
    page.goto("/domains/?q=harbour")
    page.get_by_role("checkbox", name="Select all on this page").check()
    page.get_by_role("combobox", name="Action").select_option(label="Remove…")
    page.get_by_role("button", name="Go on…").click()
    expect(page.get_by_role("table", name="What would be done")).to_contain_text("left alone:")
    page.get_by_label("the number of domains, to confirm").fill("1")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#job-progress")).to_contain_text("done")
    assert "harbourbikes.example" not in site.domains
    page.get_by_role("link", name="Changes").click()
    expect(page.get_by_role("row", name="harbourbikes.example")).to_contain_text("Domain removed")


FILE = """domain,routes,aliases
gut.example,"mail.nordwind.example:2525, backup.nordwind.example",gut.test
bücher.example,mail.nordwind.example,
nordwind.example,mail.nordwind.example,
not a domain,mail.nordwind.example,
=1+1,mail.nordwind.example,
port.example,mail.nordwind.example:99999,
"""


def test_a_file_with_bad_rows(page: Page, site: Site) -> None:
    page.goto("/domains/")
    page.get_by_role("link", name="Import…").click()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file")
    page.get_by_label("Connection", exact=True).select_option(KEY)
    file = {"name": "domains.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    page.get_by_label("File", exact=True).set_input_files(files=[file])  # type: ignore[list-item]
    before = set(site.domains)
    page.get_by_role("button", name="Check the file").click()
    items = page.get_by_role("table", name="Items")
    expect(items.get_by_role("row", name="gut.example")).to_contain_text("waiting")
    expect(items.get_by_role("row", name="not a domain")).to_contain_text("failed")
    expect(items.get_by_role("row", name="port.example")).to_contain_text("99999")
    assert set(site.domains) == before, "a dry run sends nothing"
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejects (CSV)").click()
    rejects = download.value.path().read_text("utf-8")
    assert "port.example" in rejects
    assert "gut.example" not in rejects
    assert "\n=1+1" not in rejects, "no cell is a formula"
    page.get_by_role("button", name="Start the good rows").click()
    expect(page.locator("#job-progress")).to_contain_text("partly done")
    assert set(site.domains) - before == {"gut.example", "xn--bcher-kva.example"}
    assert site.routes("gut.example") == ["mail.nordwind.example:2525", "backup.nordwind.example:25"]
    assert site.domains["gut.example"]["aliases"] == ["gut.test"]
