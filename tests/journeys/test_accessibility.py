"""axe on every page that the menu leads to, in light and dark: nothing serious or critical."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.core.commands import SetSetting
from app.operations.health_work import look_up
from tests.journeys.conftest import OpenPage
from tests.journeys.site import KEY, Site

AXE = (Path(__file__).parent / "assets" / "axe.min.js").read_text("utf-8")
HERE = f"/domains/{KEY}/nordwind.example"
PAGES = [
    "/overview/",
    "/domains/?size=25",
    "/domains/?q=nosuch",
    HERE,
    f"{HERE}/routes",
    f"{HERE}/aliases",
    f"{HERE}/remove",
    f"{HERE}/dkim",
    "/access/",
    "/access/demo-cleanmail/",
    "/access/demo-cleanmail/admins/moreau",
    "/access/demo-cleanmail/admins/moreau/remove",
    "/domains/demo-cleanmail/hotelduphare.example/access",
    "/lookup/",
    "/lookup/?to=anna@nordwind.test&from=deadguys.fr&wait=1",
    "/lookup/ticket?to=anna@nordwind.test",
    "/rules/",
    "/quarantine/",
    "/quarantine/?domain=nordwind.example",
    "/quarantine/list/queue",
    "/rules/spread",
    "/rules/?sender=anna@partner.example",
    "/rules/demo-cleanmail/hotelduphare.example",
    "/rules/demo-cleanmail/hotelduphare.example/replace",
    f"{HERE}/health",
    f"/domains/{KEY}/skagenfisk.example/health",
    "/health/?verdict=any",
    "/health/?q=nosuch",
    "/health/relay",
    "/domains/demo-cleanmail/hotelduphare.example/dkim/remove",
    "/domains/demo-cleanmail/nordwind.example/details",
    "/domains/demo-cleanmail/nordwind.example/disable",
    "/domains/demo-cleanmail/altstadtkontor.example",
    "/domains/demo-cleanmail/altstadtkontor.example/restore",
    "/domains/deleted",
    "/domains/demo-cleanmail/nordwind.example/platforms",
    "/domains/demo-cleanmail/nordwind.example/platforms/edit",
    "/domains/demo-cleanmail/nordwind.example/aliases/all",
    "/domains/demo-cleanmail/nordwind.example/email-aliases",
    "/domains/demo-cleanmail/nordwind.example/email-aliases/new",
    "/domains/demo-cleanmail/nordwind.example/email-aliases/edit?address=info@nordwind.example",
    "/domains/demo-cleanmail/nordwind.example/email-aliases/remove?address=info@nordwind.example",
    "/domains/demo-cleanmail/nordwind.example/email-aliases/one?address=invoices@nordwind.example",
    "/domains/demo-cleanmail/nordwind.example/access/moreau/edit",
    "/domains/demo-cleanmail/nordwind.example/access/moreau/revoke",
    "/domains/demo-cleanmail/nordwind.example/rename",
    "/access/demo-cleanmail/admins/moreau/second-factor",
    "/resources/mailboxes/demo-cleanmail/mailboxes/do/remove?domain=nordwind.example&item=bjorn.yildiz@nordwind.example",
    "/statistics/?connection=demo-hornetsecurity&domain=kontor-hansen.example",
    "/quarantine/list/log?domain=kontor-hansen.example&f.size=> 100 KB",
    "/domains/demo-hornetsecurity/kontor-hansen.example/more",
    "/policies/demo-hornetsecurity/kontor-hansen.example",
    "/resources/branding/demo-hornetsecurity/branding/?domain=kontor-hansen.example",
    "/resources/branding/demo-hornetsecurity/branding/do/edit?domain=kontor-hansen.example",
    "/resources/delivery/demo-hornetsecurity/compliance_rules/?domain=kontor-hansen.example",
    "/resources/access/demo-hornetsecurity/auditing/",
    "/domains/demo-olspanel/solskin.example",
    "/resources/hosting/",
    "/resources/hosting/demo-olspanel/account_usage/",
    "/resources/hosting/demo-olspanel/cron_jobs/do/add",
    "/resources/hosting/demo-olspanel/certificates/",
    "/resources/hosting/demo-olspanel/packages/",
    f"/resources/access/{KEY}/api_calls/",
    f"/resources/access/{KEY}/panel_admins/one?item=nordwind-it",
    f"/resources/delivery/{KEY}/delivery_errors/?domain=nordwind.example",
    f"/statistics/?connection={KEY}&domain=nordwind.example&days=30",
    "/resources/hosting/demo-olspanel/accounts/do/suspend?item=exampleuser",
    "/domains/demo-olspanel/solskin.example/more",
    "/resources/hosting/demo-olspanel/accounts/",
    "/resources/hosting/demo-olspanel/databases/do/add",
    "/resources/hosting/demo-spanel/accounts/",
    "/resources/hosting/demo-spanel/accounts/?f_disk=over",
    "/resources/hosting/demo-spanel/accounts/one?item=hafencafe",
    "/resources/hosting/demo-spanel/accounts/do/add",
    "/resources/hosting/demo-spanel/accounts/do/privileges?item=hafencafe",
    "/resources/hosting/demo-spanel/accounts/do/remove?item=hafencafe",
    "/resources/hosting/demo-spanel/packages/",
    "/resources/hosting/demo-spanel/dns_records/?domain=hafencafe.example",
    "/resources/hosting/demo-spanel/cron_jobs/?parent=hafencafe",
    "/resources/mailboxes/demo-spanel/mailboxes/?domain=hafencafe.example",
    "/resources/mailboxes/demo-spanel/forwarders/?domain=hafencafe.example",
    "/resources/delivery/demo-spanel/spam_filter/?parent=hafencafe",
    "/resources/access/demo-spanel/privileges/",
    "/rules/demo-spanel/hafencafe.example",
    "/domains/new",
    f"/domains/new?connection={KEY}",
    "/connections/",
    f"/connections/{KEY}",
    "/connections/demo-olspanel",
    "/connections/new",
    "/connections/new?kind=spamexperts",
    "/jobs/",
    "/jobs/1",
    "/changes/",
    "/changes/1",
    "/changes/1/undo",
    "/policies/",
    f"/policies/{KEY}/nordwind.example",
    f"/policies/{KEY}/default",
    f"/policies/{KEY}/default/overrides",
    f"/policies/{KEY}/default/overrides/quarantine_days",
    f"/policies/{KEY}/nordwind.example?q=days&only=own",
    f"/policies/compare?d={KEY}/nordwind.example&d={KEY}/hafencafe.example",
    "/named-policies/",
    "/named-policies/demo-cleanmail/nordwind.example",
    "/named-policies/demo-cleanmail/nordwind.example/new",
    "/people/",
    "/people/new",
    "/account",
    "/account/tokens",
    "/change",
    "/bulk/import",
    "/console/",
    f"/console/{KEY}/",
    f"/console/{KEY}/?q=nosuchcall",
    f"/console/{KEY}/api_list_domains",
    f"/console/{KEY}/api_add_domain_alias",
    "/capabilities",
    "/search/?q=nord",
    "/search/?q=nosuch.example",
    "/no-such-page",
]
# Swagger UI's own markup is not ours to mend; the page around it is.
DOCS = "/api/docs"


def serious(page: Page, where: str, scheme: str, scope: str = "document") -> list[str]:
    """What axe finds serious or critical on the page; in the dark only the contrasts differ."""
    rules = "runOnly: ['color-contrast'], " if scheme == "dark" else ""
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run({scope}, {{{rules}resultTypes: ['violations']}})")["violations"]
    return [
        f"{where}: {one['id']}: {[node['html'][:200] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def changed(site: Site) -> Site:
    """A site on which something was changed."""
    from app.core.actor import Actor, Role

    command = SetSetting(connection=KEY, domain="oldquay.example", name="quarantine_days", value="9")
    admin = Actor(1, "Ada", Role.ADMIN)
    site.wired.executor.execute(admin, command, request_key="first")
    for name in ("nordwind.example", "skagenfisk.example"):  # the second has records to publish
        connection, row = look_up(site.wired.connections, site.wired.inventory, admin, KEY, name)
        site.wired.examiner.examine(connection, row, 20, run=True)
    return site


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page(open_page: OpenPage, changed: Site, scheme: str) -> None:
    page = open_page("admin", color_scheme=scheme)
    found = []
    for path in PAGES:
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        found += serious(page, path, scheme)
    page.goto(DOCS)
    page.locator("#api-docs .opblock-tag").first.wait_for()
    found += serious(page, DOCS, scheme, "{exclude: ['#api-docs']}")
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_that_signs_in(open_page: OpenPage, scheme: str) -> None:
    page = open_page("", color_scheme=scheme)
    page.goto("/login")
    found = serious(page, "/login", scheme)
    page.get_by_label("Email").fill("a@b.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    found += serious(page, "/login with an error", scheme)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_appears_only_after_a_click(open_page: OpenPage, site: Site, scheme: str) -> None:
    page = open_page("admin", color_scheme=scheme)
    page.goto("/domains/?q=customer-0000")
    page.get_by_role("checkbox", name="Select all on this page").check()
    found = serious(page, "a list with chosen rows", scheme)
    page.get_by_role("combobox", name="Action").select_option(label="Add a route")
    page.get_by_role("button", name="Go on…").click()
    found += serious(page, "bulk: the fields", scheme)
    page.get_by_label("Host").fill("spare.example.net")
    page.get_by_role("button", name="Show what would be done").click()
    page.get_by_role("table", name="What would be done").wait_for()
    found += serious(page, "bulk: the preview", scheme)
    page.goto(f"/domains/new?connection={KEY}")
    page.get_by_label("Host or IP address").first.fill("not a host!")
    page.get_by_role("button", name="Add domain").click()
    page.get_by_role("alert").wait_for()
    found += serious(page, "a form with errors", scheme)
    page.goto(HERE)
    page.get_by_text("API calls behind this page").click()
    page.locator(".gh-account").click()
    found += serious(page, "calls and account menu open", scheme)
    assert found == []
