"""Support and auditor find their way, and meet no control that they may not use."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.core.actor import RIGHTS, Right, Role
from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site

HERE = f"/domains/{KEY}/nordwind.example"
PAGES = [
    "/overview/",
    "/domains/",
    "/domains/?q=nosuch.example",
    HERE,
    f"/policies/{KEY}/nordwind.example",
    f"/policies/{KEY}/default",
    f"/policies/{KEY}/default/overrides/quarantine_days",
    "/policies/",
    "/named-policies/",
    "/lookup/",
    "/lookup/?to=anna@nordwind.example&from=deadguys.fr&wait=1",
    "/rules/",
    f"/rules/{KEY}/nordwind.example",
    "/health/",
    f"{HERE}/health",
    f"{HERE}/dkim",
    "/jobs/",
    "/jobs/1",
    "/changes/",
    "/search/?q=nord",
    "/search/?q=nosuch.example",
    "/account",
]
MENU = ["Overview", "Domains", "Lookup", "Quarantine", "Rules", "Policies", "Health", "Jobs", "Changes"]


def menu(page: Page) -> list[str]:
    """The entries of the navigation."""
    return page.locator(".gh-menu a > span:first-of-type").all_text_contents()


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_nothing_leads_to_a_refusal(open_page: OpenPage, site: Site, role: str) -> None:
    page = open_page(role)
    connections = ["Connections"] if Role(role) is Role.AUDITOR else []
    for path in [*PAGES, *(["/connections/", f"/connections/{KEY}", "/capabilities"] if connections else [])]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        targets = page.eval_on_selector_all(
            "a[href], form[action]",
            # Not `e.action`: that is a form's field of this name, where there is one.
            "all => all.map(e => [e.getAttribute('method') || 'get', e.href || new URL(e.getAttribute('action'), location).href])",
        )
        for method, url in {(m, u.split("#")[0]) for m, u in targets}:
            assert allowed(site, Role(role), method.upper(), url), f"{path} leads {role} to {method} {url}"
    shown = menu(page)  # the kinds of resources that there are stand in it too
    expected = [
        entry for entry in MENU if entry != "Quarantine" or Right.VIEW_QUARANTINE in RIGHTS[Role(role)]
    ]
    assert [entry for entry in shown if entry in MENU] == expected
    assert ("Connections" in shown) is bool(connections) and not {"People", "Console"} & set(shown)
    assert not allowed(site, Role(role), "GET", f"{site.url}{HERE}/remove")


def allowed(site: Site, role: Role, method: str, url: str) -> bool:
    """Whether the guard of the view behind the address lets this role through."""
    endpoint, _ = site.app.url_map.bind("127.0.0.1").match(urlsplit(url).path, method=method)
    needed = getattr(site.app.view_functions[endpoint], "gatehouse_right", None)
    return needed is None or needed in RIGHTS[role]


def test_support_reads_and_tests(open_page: OpenPage, site: Site) -> None:
    page = open_page("support")
    page.goto("/domains/?q=nordwind.example")
    for name in ("Add domain", "Import…", "CSV"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.goto(HERE)
    expect(page.locator(".gh-flow")).to_contain_text("mail.nordwind.example")
    expect(page.get_by_role("link", name=re.compile("Remove|Edit"))).to_have_count(0)
    answer = page.goto(f"{HERE}/remove")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("heading", name="Your account may not do this")).to_be_visible()
    expect(page.get_by_text("Nothing was changed.")).to_have_count(1)
    assert "nordwind.example" in site.domains


def test_an_operator_manages_domains_but_no_people(open_page: OpenPage) -> None:
    page = open_page("operator")
    page.goto("/domains/")
    expect(page.get_by_role("link", name="Add domain")).to_be_visible()
    assert "People" not in menu(page)
    answer = page.goto("/people/")
    assert answer is not None
    assert answer.status == 403
