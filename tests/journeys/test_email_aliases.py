"""An e-mail alias gets a recipient, loses it and has it back; and its page on a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import OpenPage
from tests.journeys.site import Site

HERE = "/domains/demo-cleanmail/nordwind.example"
NEW = "audit@adviser.example.com"


def test_a_recipient_comes_goes_and_comes_back(open_page: OpenPage, site: Site) -> None:
    page = open_page("operator")
    page.goto(HERE)
    page.get_by_role("link", name="E-mail aliases").click()
    page.get_by_role("link", name="info@nordwind.example").first.click()
    expect(page.get_by_role("link", name="invoices@nordwind.example")).to_be_visible()
    page.get_by_label("New recipients").fill(NEW)
    page.get_by_role("button", name="Add recipients").click()
    expect(page.get_by_text("Added recipients to the e-mail alias info@nordwind.example.")).to_be_visible()
    page.get_by_role("checkbox", name=NEW).check()
    page.get_by_role("button", name="Remove the chosen recipients").click()
    expect(page.get_by_role("checkbox", name=NEW)).to_have_count(0)
    page.get_by_role("link", name="Undo").first.click()
    page.get_by_role("button", name="Undo").click()
    page.goto(f"{HERE}/email-aliases/one?address=info@nordwind.example")
    expect(page.get_by_role("checkbox", name=NEW)).to_be_visible()
    calls = site.calls("cleanmail")
    assert {"addAddressesToEmailAlias", "deleteEmailAliasRecipient"} <= set(calls)


def test_on_a_phone_every_cell_of_a_row_is_in_sight(open_page: OpenPage, site: Site) -> None:
    page = open_page("admin", viewport={"width": 400, "height": 800})
    for path in (f"{HERE}/email-aliases", f"{HERE}/access", "/policies/demo-cleanmail/nordwind.example"):
        page.goto(path)
        cells = page.locator(".gh-stack tbody td").all()
        assert cells, path
        boxes = [box for cell in cells if (box := cell.bounding_box()) is not None]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes), path
