"""An administrator's day with the domains of a SpamExperts cluster: find, add, change, undo, remove, bring back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import PASSWORD
from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site, email_of

DOMAIN = "neuland.example"


def rows(page: Page) -> list[str]:
    """The names in the list, in their order."""
    return page.locator("tbody .gh-strong").all_text_contents()


def flash(page: Page) -> str:
    """What the page says about what was done."""
    return page.locator(".gh-flash[role=status]").first.inner_text()


def write_calls(site: Site) -> list[str]:
    """The calls that arrived and change something."""
    return [call for call in site.calls() if re.match(r"api_(add|remove|set|edit|delete)_", call)]


def test_signing_in_and_out(open_page: OpenPage) -> None:
    page = open_page("")
    page.goto("/domains/?q=nord")
    expect(page).to_have_title(re.compile("^Sign in"))
    page.get_by_label("Email").fill(email_of("admin"))
    page.get_by_label("Password").fill("not the password at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The address or the password is wrong")
    expect(page.get_by_label("Email")).to_have_value(email_of("admin"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("^Domains"))
    assert "q=nord" in page.url, "signing in leads to where one wanted to go"
    page.get_by_role("button", name=email_of("admin")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title(re.compile("^Sign in"))
    page.goto("/domains/")
    expect(page).to_have_title(re.compile("^Sign in"))


def test_finding_domains_asks_no_upstream(page: Page, site: Site) -> None:
    site.forget_calls()
    page.goto("/domains/")
    assert len(rows(page)) == 50
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".gh-pager")).to_contain_text("51–")
    assert not set(rows(page)) & {"baeckerei-mueller.example"}
    page.get_by_role("searchbox", name="Name, alias or route host").fill("hbikes")
    page.get_by_role("searchbox", name="Name, alias or route host").press("Enter")
    expect(page.locator(".gh-pager")).to_contain_text("of 2")
    assert set(rows(page)) == {"hbikes.test", "harbourbikes.example"}, "a name and an alias"
    page.get_by_role("combobox", name="Connection").select_option(KEY)
    expect(page.locator(".gh-pager")).to_contain_text("of 1")
    assert rows(page) == ["harbourbikes.example"]
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_role("combobox", name="Connection").select_option(KEY)
    expect(page.get_by_role("link", name="oldquay.example")).to_be_hidden()
    page.get_by_role("columnheader", name="Domain").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Domain")).to_have_attribute("aria-sort", "descending")
    names = rows(page)
    assert names == sorted(names, reverse=True) or "bäckerei-müller.example" in names
    expect(page.get_by_role("combobox", name="Connection")).to_have_value(KEY)
    page.get_by_role("searchbox", name="Name, alias or route host").fill("no such thing")
    page.get_by_role("searchbox", name="Name, alias or route host").press("Enter")
    expect(page.get_by_text("No domain matches")).to_be_visible()
    assert site.calls() == []


def test_the_search_box_opens_a_single_hit(page: Page) -> None:
    page.goto("/overview/")
    page.keyboard.press("/")
    page.keyboard.type("nwl.example")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^nordwind-logistik.example"))
    page.keyboard.press("/")
    page.keyboard.type("info@nwl.example")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Search"))  # no stored mailbox: its domain, and what to ask
    expect(page.locator("main").get_by_text("nordwind-logistik.example").first).to_be_visible()


def test_a_domain_is_added_changed_and_brought_back(page: Page, site: Site) -> None:
    smtp = site.sandbox.smtp_port
    add(page, site, smtp)
    change_routes(page, site, smtp)
    add_aliases(page, site)
    set_and_reset(page, site)
    undo_from_changes(page, site)
    remove_and_undo(page, site, smtp)


def add(page: Page, site: Site, smtp: int) -> None:
    page.goto("/domains/")
    page.get_by_role("link", name="Add domain").click()
    page.get_by_label("Connection", exact=True).select_option(KEY)
    expect(page.get_by_label("Host or IP address").first).to_be_enabled()
    page.get_by_label("Domain", exact=True).fill(DOMAIN.upper())
    page.get_by_label("Host or IP address").nth(0).fill("mail.nordwind.example")
    page.get_by_label("Port").nth(0).fill("99999")
    page.get_by_text("Paste a list").click()
    page.get_by_label("Or paste routes").fill(f"backup.nordwind.example:{smtp}")
    page.get_by_role("button", name="Take over into the rows").click()
    expect(page.get_by_label("Host or IP address").nth(1)).to_have_value("backup.nordwind.example")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(page.get_by_label("Port").nth(0)).to_have_attribute("aria-invalid", "true")
    assert DOMAIN not in site.domains
    page.get_by_label("Port").nth(0).fill(str(smtp))
    page.get_by_role("button", name="Test the routes").click()
    tests = page.locator(".gh-readings")
    expect(tests).to_have_count(2)
    expect(tests.first).to_contain_text("STARTTLS")
    assert DOMAIN not in site.domains, "a test changes nothing"
    site.forget_calls()
    page.get_by_role("button", name="Add domain").click()
    expect(page).to_have_title(re.compile(f"^{DOMAIN}"))
    assert f"Added {DOMAIN} to SpamExperts · demo with 2 routes." in flash(page)
    assert site.routes(DOMAIN) == [f"mail.nordwind.example:{smtp}", f"backup.nordwind.example:{smtp}"]
    assert write_calls(site) == ["api_add_delivery_domain"], "once, and nothing else"
    page.goto(f"/domains/?q={DOMAIN}")
    expect(page.get_by_role("row", name=DOMAIN)).to_contain_text(f"mail.nordwind.example:{smtp}")


def change_routes(page: Page, site: Site, smtp: int) -> None:
    page.get_by_role("link", name=DOMAIN).first.click()
    page.get_by_role("link", name="Edit routes").click()
    page.get_by_role("group", name="Routes 2").get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Add a route").click()
    page.keyboard.type("mail.hosting.example")
    page.get_by_role("button", name="Save routes").click()
    expect(page).to_have_title(re.compile(f"^{DOMAIN}"))
    assert f"Changed the routes of {DOMAIN}." in flash(page)
    assert site.routes(DOMAIN) == [
        f"backup.nordwind.example:{smtp}",
        f"mail.nordwind.example:{smtp}",
        "mail.hosting.example:25",
    ]
    expect(page.locator(".gh-flow")).to_contain_text(f"backup.nordwind.example:{smtp}")


def add_aliases(page: Page, site: Site) -> None:
    page.get_by_role("link", name=re.compile("^Aliases")).click()
    page.get_by_label("New aliases").fill("neuland.test\nfrühling.example")
    page.get_by_role("button", name="Add aliases").click()
    expect(page.get_by_role("checkbox", name="frühling.example")).to_be_visible()
    assert site.domains[DOMAIN]["aliases"] == ["neuland.test", "xn--frhling-o2a.example"]
    page.get_by_role("checkbox", name="neuland.test").check()
    page.get_by_role("button", name="Remove the chosen aliases").click()
    expect(page.get_by_role("checkbox", name="neuland.test")).to_be_hidden()
    assert site.domains[DOMAIN]["aliases"] == ["xn--frhling-o2a.example"]


def set_and_reset(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Settings").click()
    days = page.locator("#setting-quarantine_days")
    expect(days).to_contain_text("inherited")
    days.get_by_role("textbox").fill("many")
    days.get_by_role("button", name="Set").click()
    expect(days.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    days.get_by_role("textbox").fill("21")
    days.get_by_role("button", name="Set").click()
    expect(days).to_contain_text("set here")
    assert site.own_settings(DOMAIN) == {"quarantine_days": 21}
    days.get_by_role("button", name="Reset to inherited").click()
    expect(days.get_by_text("inherited", exact=True)).to_be_visible()
    assert site.own_settings(DOMAIN) == {}
    days.get_by_role("textbox").fill("7")
    days.get_by_role("button", name="Set").click()
    expect(days).to_contain_text("set here")


def undo_from_changes(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Changes").click()
    page.get_by_role("link", name="Setting changed").first.click()
    expect(page.get_by_role("table", name="Before and after")).to_contain_text("7")
    page.get_by_role("link", name="Undo…").click()
    assert site.own_settings(DOMAIN) == {"quarantine_days": 7}, "the page before the undo changes nothing"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone by change")).to_be_visible()
    assert site.own_settings(DOMAIN) == {}
    page.get_by_role("link", name="Changes").first.click()
    expect(page.get_by_role("row", name="undone")).to_have_count(1)


def remove_and_undo(page: Page, site: Site, smtp: int) -> None:
    page.goto(f"/domains/{KEY}/{DOMAIN}")
    page.get_by_role("link", name="Remove…").click()
    goes = page.locator(".gh-values")
    expect(goes).to_contain_text(f"backup.nordwind.example:{smtp}")
    expect(goes).to_contain_text("frühling.example")
    button = page.get_by_role("button", name=f"Remove {DOMAIN}")
    expect(button).to_be_disabled()
    page.get_by_label(f"Type {DOMAIN} to confirm").fill(DOMAIN)
    button.click()
    expect(page).to_have_title(re.compile("^Domains"))
    assert f"Removed {DOMAIN} from SpamExperts · demo." in flash(page)
    assert DOMAIN not in site.domains
    page.locator(".gh-flash").get_by_role("link", name="Undo").click()
    expect(page.get_by_text("This cannot be brought back")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone by change")).to_be_visible()
    assert site.routes(DOMAIN)[0] == f"backup.nordwind.example:{smtp}"
    assert site.domains[DOMAIN]["aliases"] == ["xn--frhling-o2a.example"]
    page.goto(f"/domains/?q={DOMAIN}")
    expect(page.get_by_role("row", name=DOMAIN)).to_contain_text("backup.nordwind.example")
    expect(page.get_by_role("row", name=DOMAIN)).not_to_contain_text(
        "upstream"
    )  # neither missing nor deleted
