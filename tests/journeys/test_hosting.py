"""Both hosting panels in Chromium: an SPanel account from its making to its end, and what an OLSPanel account can do."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.site import Site

PASSWORD = "a-long-password"
SPANEL, OLSPANEL = "/resources/hosting/demo-spanel", "/resources/hosting/demo-olspanel"


def test_an_spanel_account_with_a_mailbox_a_forwarder_and_a_record(page: Page, site: Site) -> None:
    page.goto("/resources/hosting/")
    page.locator("#demo-spanel").get_by_role("link", name="Accounts").click()
    page.get_by_role("link", name="Add an account").click()
    page.get_by_label("User name").fill("fresh")
    page.get_by_label("Main domain").fill("fresh.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Package").fill("starter")
    page.get_by_role("button", name="Add an account").click()
    expect(page.get_by_text("The account fresh was added.")).to_be_visible()
    expect(page.get_by_role("meter", name="Mailboxes")).to_be_visible()
    read_domains(site)

    page.goto("/domains/demo-spanel/fresh.example/more")
    page.get_by_role("link", name="Mailboxes", exact=True).last.click()
    page.get_by_role("link", name="Add a mailbox").click()
    page.get_by_label("Name").fill("info")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add a mailbox").click()
    expect(page.get_by_role("heading", name="info@fresh.example")).to_be_visible()

    page.goto("/domains/demo-spanel/fresh.example/more")
    page.get_by_role("link", name="Forwarders").click()
    page.get_by_role("link", name="Add a forwarder").click()
    page.get_by_label("Name").fill("sales")
    page.get_by_label("Goes to").fill("info@fresh.example")
    page.get_by_role("button", name="Add a forwarder").click()
    expect(
        page.get_by_text("The forwarder sales@fresh.example > info@fresh.example was added.")
    ).to_be_visible()

    page.goto("/domains/demo-spanel/fresh.example/more")
    page.get_by_role("link", name="DNS records").click()
    page.get_by_role("link", name="Add a record").click()
    page.get_by_label("Name").fill("shop")
    page.get_by_label("Type").select_option("CNAME")
    page.get_by_label("Value").fill("www.example.org")
    page.get_by_role("button", name="Add a record").click()
    expect(page.get_by_role("heading", name="shop.fresh.example CNAME www.example.org.")).to_be_visible()

    page.goto(f"{SPANEL}/accounts/one?item=fresh")
    page.get_by_role("link", name="Terminate…").click()
    expect(page.get_by_text("Everything of the account")).to_be_visible()
    end = page.get_by_role("button", name="Terminate")
    expect(end).to_be_disabled()
    page.get_by_label("Type fresh to confirm").fill("fresh")
    end.click()
    expect(page.get_by_text("The account fresh was terminated.")).to_be_visible()
    assert "fresh" not in site.sandbox.upstreams["spanel"].state.table("accounts")


def read_domains(site: Site) -> None:
    """Reads the panel's domains, as the schedule does."""
    from app.core.actor import system_actor

    connection = site.wired.connections.get(system_actor("schedule"), "demo-spanel")
    site.wired.sync.run(connection)


def test_an_olspanel_account_from_its_bars_to_a_cron_job_in_words(page: Page, site: Site) -> None:
    panel = site.sandbox.upstreams["olspanel"]
    panel.profile["profile"] = "live"
    page.goto(f"{OLSPANEL}/account_usage/")
    assert page.get_by_role("meter").count() >= 5
    expect(page.get_by_text("4.1 GB / 50 GB")).to_be_visible()

    page.goto("/domains/new?connection=demo-olspanel")
    page.get_by_label("Domain", exact=True).fill("blog.piernine.example")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_text("Added blog.piernine.example")).to_be_visible()

    page.goto(f"{OLSPANEL}/certificates/?domain=blog.piernine.example")
    page.get_by_role("link", name="Issue a certificate").click()
    expect(page.get_by_text("self-signed certificate")).to_be_visible()
    page.get_by_role("button", name="Issue a certificate").click()
    expect(page.get_by_text("A certificate is issued.")).to_be_visible()
    assert panel.state.table("domains")["blog.piernine.example"]["certificate"] == "issued"

    page.goto(f"{OLSPANEL}/databases/do/add")
    page.get_by_label("Database *").fill("blog")
    page.get_by_label("Database user").fill("blog")
    page.get_by_label("Password of the user").fill(PASSWORD)
    page.get_by_role("button", name="Add a database with its user").click()
    expect(page.get_by_text("The database piernine_blog and its user are there.")).to_be_visible()

    page.goto(f"{OLSPANEL}/cron_jobs/do/add")
    page.get_by_label("Minute").fill("61")
    page.get_by_label("Command").fill("/bin/true")
    page.get_by_role("button", name="Look what it means").click()
    expect(page.get_by_text("“61” is no minute").first).to_be_visible()
    page.get_by_label("Minute").fill("*/15")
    page.get_by_role("button", name="Look what it means").click()
    expect(page.get_by_text("It runs every 15 minutes").first).to_be_visible()
    page.get_by_role("button", name="Add a cron job").click()
    expect(page.get_by_text("The cron job is added: */15 * * * * /bin/true")).to_be_visible()
