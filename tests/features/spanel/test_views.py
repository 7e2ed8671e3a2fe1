"""The pages of hosting panels: what SPanel's accounts and domains have, and OLSPanel's beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import Browser
from tests.features.page import Page, see, submit
from tests.features.spanel_world import ACCOUNT, ADDON, CLIENT, MAIN, OLS, SP
from tests.features.world import World

ACCOUNTS = f"/resources/hosting/{SP}/accounts/"
OF_MAIN, OF_ACCOUNT = f"domain={MAIN}", f"parent={ACCOUNT}"
PASSWORD = "a-long-password"


def panel(world: World, table: str, slug: str = "spanel") -> Any:
    """A table of the imitated panel."""
    return world.sandbox.upstreams[slug].state.table(table)


def act(
    browser: Browser, area: str, kind: str, action: str, at: str, connection: str = SP, **values: Any
) -> Page:
    """Fills in the form of an action."""
    page = see(browser, f"/resources/{area}/{connection}/{kind}/do/{action}?{at}")
    assert page.status == 200, page.text
    return submit(browser, page.form("request_key"), **values)


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_five_hundred_accounts_cost_one_call(world: World, admin: Browser) -> None:
    world.sandbox.seed(500)
    for query in ("", "?page=7", "?q=customer-00042", "?sort=-disk", "?f_status=active&f_package=unlimited"):
        world.calls.clear()
        before = world.upstream_calls()
        page = see(admin, ACCOUNTS + query)
        assert page.status == 200 and world.upstream_calls() - before == 1, query
    assert "1–50 of 500" in see(admin, ACCOUNTS).text.replace("-", "–")
    before = world.upstream_calls()
    assert admin.get(f"{ACCOUNTS}export.csv").text.count("\n") == 501
    assert world.upstream_calls() - before == 1


@pytest.mark.parametrize(
    "kind", ["mailboxes/{}/mailboxes", "mailboxes/{}/forwarders", "hosting/{}/dns_records"]
)
def test_lists_of_a_domain_cost_no_call_per_row(world: World, admin: Browser, kind: str) -> None:
    """One to find the account that has the domain, one for the list."""
    before = world.upstream_calls()
    assert see(admin, f"/resources/{kind.format(SP)}/?{OF_MAIN}").status == 200
    assert world.upstream_calls() - before <= 2


def test_accounts_are_filtered_by_the_panel(admin: Browser) -> None:
    for query, shown, hidden in (
        ("f_status=suspended", "librairie", ACCOUNT),
        ("f_status=active", ACCOUNT, "librairie"),
        ("f_package=business", ACCOUNT, "librairie"),
        ("f_disk=under&f_disk_value=900&f_disk_unit=GB", ACCOUNT, "Nothing fits"),
        ("f_setup=older&f_setup_day=31.12.2025", ACCOUNT, "Nothing fits"),
    ):
        page = see(admin, f"{ACCOUNTS}?{query}")
        assert shown in page.text and hidden not in page.text, query
    half = see(admin, f"{ACCOUNTS}?f_disk=over")
    assert "say how much" in half.text and half.form("f_disk_value").value("f_disk") == "over"
    assert "how long ago" in see(admin, f"{ACCOUNTS}?f_setup=older").text
    assert "date" in see(admin, f"{ACCOUNTS}?f_setup=older&f_setup_day=2025-31-12").text.lower()


def test_an_account_from_its_making_to_its_end(world: World, admin: Browser) -> None:
    new = {"value_user": "fresh", "value_domain": "fresh.example", "value_password": PASSWORD}
    done = act(admin, "hosting", "accounts", "add", "", **new, value_package="starter")
    assert "The account fresh was added" in done.text and "0 bytes / 1 GB" in done.text
    one = f"{ACCOUNTS}one?item=fresh"
    assert f"/resources/hosting/{SP}/databases/?parent=fresh" in see(admin, one).links
    done = act(admin, "hosting", "accounts", "suspend", "item=fresh", value_reason="unpaid")
    assert "fresh is suspended" in done.text and panel(world, "accounts")["fresh"]["reason"] == "unpaid"
    assert "End the suspension" in see(admin, one).text
    form = see(admin, f"{ACCOUNTS}do/remove?item=fresh").form("confirm")
    refused = submit(admin, form, confirm="fres")
    assert refused.status == 422 and "fresh" in panel(world, "accounts")
    done = submit(admin, refused.form("confirm"), confirm="fresh")
    assert "The account fresh was terminated" in done.text and "fresh" not in panel(world, "accounts")
    assert see(admin, one).status == 404
    assert PASSWORD not in str(world.changes())


def test_privileges_begin_with_those_there_are_and_none_is_not_all(world: World, admin: Browser) -> None:
    own = {"email": ["accounts"], "domain": ["domains"]}
    accounts = panel(world, "accounts")
    accounts[ACCOUNT] = accounts[ACCOUNT] | {"permissions": own}
    page = see(admin, f"{ACCOUNTS}do/privileges?item={ACCOUNT}")
    form = page.form("value_pages")
    assert "no pages at all for every page" in page.text
    assert (form.value("value_access"), form.value("value_pages")) == (
        "listed",
        "domain/domains\nemail/accounts",
    )
    refused = submit(admin, form, value_pages="")
    assert refused.status == 422 and accounts[ACCOUNT]["permissions"] == own
    submit(admin, form, value_pages="email/accounts")
    assert accounts[ACCOUNT]["permissions"] == {"email": ["accounts"]}


def test_a_limit_is_shown_once(admin: Browser) -> None:
    text = see(admin, f"{ACCOUNTS}one?item={ACCOUNT}").text
    assert "1.4 GB / 20 GB" in text and "Disk space 20480" not in text and "2024-03-21" in text


@pytest.mark.parametrize("key", [SP, CLIENT])
def test_an_account_leads_to_its_domains_and_back(admin: Browser, key: str) -> None:
    account = f"/resources/hosting/{key}/accounts/one?item={ACCOUNT}"
    assert {f"/domains/{key}/{name}" for name in (MAIN, ADDON)} <= set(see(admin, account).links)
    assert account in see(admin, f"/resources/hosting/{key}/web_site/?{OF_MAIN}").links


def test_what_stands_behind_an_account_is_named_in_the_area(admin: Browser) -> None:
    text = see(admin, "/resources/hosting/").text
    assert (
        "Behind each: Databases, Access to databases, Database users, FTP accounts, Backups, Cron jobs"
        in text
    )


def test_a_client_token_shows_its_account_and_says_what_is_closed(admin: Browser) -> None:
    page = see(admin, f"/resources/hosting/{CLIENT}/accounts/")
    assert ACCOUNT in page.text and "librairie" not in page.text
    page = see(admin, f"/resources/hosting/{CLIENT}/packages/")
    assert page.status == 200 and "client token only" in page.text
    refused = see(admin, f"/resources/hosting/{CLIENT}/accounts/do/suspend?item={ACCOUNT}")
    assert refused.status == 409 and "client token only" in refused.text


# --- what a domain has ------------------------------------------------------------------------------------------------


def test_what_is_added_and_removed_below_a_domain(world: World, admin: Browser) -> None:
    done = act(admin, "mailboxes", "mailboxes", "add", OF_MAIN, value_name="New", value_password=PASSWORD)
    assert f"new@{MAIN}" in done.text and "0 bytes / 1 GB" in done.text
    act(admin, "mailboxes", "forwarders", "add", OF_MAIN, value_name="sales", value_to=f"new@{MAIN}")
    assert f"sales@{MAIN}" in see(admin, f"/resources/mailboxes/{SP}/forwarders/?{OF_MAIN}").text
    act(admin, "hosting", "subdomains", "add", OF_MAIN, value_name="blog", value_folder="blog")
    act(
        admin,
        "hosting",
        "redirects",
        "add",
        OF_MAIN,
        value_path="/old",
        value_destination="https://example.org/",
    )
    act(admin, "delivery", "mail_filters", "add", OF_MAIN, value_name="pills", value_value="pills")
    act(admin, "delivery", "default_address", "edit", OF_MAIN, value_type="discard", value_email="")
    assert panel(world, "defaults")[MAIN] == {"type": "discard", "email": ""}
    removal = f"/resources/hosting/{SP}/subdomains/do/remove?{OF_MAIN}&item=blog.{MAIN}"
    page = see(admin, removal)
    assert "Its files stay on the server" in page.text
    submit(admin, page.form("confirm"), confirm=f"blog.{MAIN}")
    assert f"blog.{MAIN}" not in panel(world, "subdomains")[ACCOUNT]
    assert [change.state for change in world.changes()] == ["done"] * 7


def test_a_record_is_changed_and_never_lost_by_changing_nothing(world: World, admin: Browser) -> None:
    key = f"www.{MAIN}+A+127.0.0.13"
    path = f"/resources/hosting/{SP}/dns_records/do/edit?{OF_MAIN}&item={key}"
    form = see(admin, path).form("value_value")
    before = len(panel(world, "zones")[MAIN])
    same = submit(admin, form)
    assert same.status == 200 and len(panel(world, "zones")[MAIN]) == before and world.changes() == []
    submit(admin, form, value_value="192.0.2.7", value_ttl="300")
    assert {"192.0.2.7"} <= {row["value"] for row in panel(world, "zones")[MAIN]}
    assert len(panel(world, "zones")[MAIN]) == before


def test_html_of_the_panels_messages_is_text(
    world: World, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an answer, in a refusal, and in a value of a list."""
    filters = panel(world, "filters")
    filters[ACCOUNT] = [{**filters[ACCOUNT][0], "filter": "<script>x()</script>", "rule": "<b>bold</b>"}]
    where = f"/resources/delivery/{SP}/mail_filters/?{OF_MAIN}"
    page = see(admin, where)
    assert "<script>x()" not in page.html and "<b>bold" not in page.html and "<b>bold</b>" in page.text
    done = act(admin, "delivery", "mail_filters", "add", OF_MAIN, value_name="<i>n</i>", value_value="v")
    assert "<i>n</i>" not in done.html and "<i>n</i>" in done.text
    from app.sandbox.spanel import actions

    def refuse(_call: Any) -> Any:
        raise actions.Refused(domain="The name <img src=x onerror=x()> is <b>bad</b>")

    for style in ("map", "list", "text"):
        world.sandbox.upstreams["spanel"].profile["errors"] = style
        monkeypatch.setattr(
            actions, "ACTIONS", {**actions.ACTIONS, "domain/addsubdomain": actions.Action(refuse)}
        )
        monkeypatch.setattr("app.sandbox.spanel.panel.ACTIONS", actions.ACTIONS)
        refused = act(admin, "hosting", "subdomains", "add", OF_MAIN, value_name="blog", value_folder="x")
        assert refused.status == 409 and "onerror" not in refused.html and "is bad" in refused.text, style


# --- what an account has ----------------------------------------------------------------------------------------------


def test_the_spam_filter_is_unknown_until_it_was_changed_here(world: World, admin: Browser) -> None:
    where = f"/resources/delivery/{SP}/spam_filter/?{OF_ACCOUNT}"
    assert "unknown" in see(admin, where).text and "hosting.example" in see(admin, where).text
    page = see(admin, f"/resources/delivery/{SP}/spam_filter/do/switch?{OF_ACCOUNT}")
    assert "for all domains of the account" in page.text
    submit(admin, page.form("value_status"), value_status="disable")
    assert "disabled" in see(admin, where).text and panel(world, "spam")[ACCOUNT]["status"] == "disable"


def test_databases_ftp_backups_and_cron_jobs_of_an_account(world: World, admin: Browser) -> None:
    act(admin, "hosting", "databases", "add", OF_ACCOUNT, value_name="blog")
    act(admin, "hosting", "database_users", "add", OF_ACCOUNT, value_name="writer", value_password=PASSWORD)
    act(
        admin, "hosting", "database_access", "add", OF_ACCOUNT, value_database="blog", value_username="writer"
    )
    assert panel(world, "databases")[ACCOUNT][f"{ACCOUNT}_blog"] == {f"{ACCOUNT}_writer": ["ALL"]}
    act(admin, "hosting", "ftp_accounts", "add", OF_ACCOUNT, value_name="photos", value_password=PASSWORD)
    act(admin, "hosting", "backups", "add", OF_ACCOUNT)
    act(admin, "hosting", "cron_jobs", "add", OF_ACCOUNT, value_hour="3", value_command="/bin/true")
    act(
        admin,
        "access",
        "subusers",
        "add",
        OF_ACCOUNT,
        value_name="kaja",
        value_password=PASSWORD,
        value_access="all",
    )
    for kind, shown in (
        ("databases", "blog"),
        ("ftp_accounts", "photos"),
        ("backups", "backup"),
        ("cron_jobs", "true"),
    ):
        assert shown in see(admin, f"/resources/hosting/{SP}/{kind}/?{OF_ACCOUNT}").text
    assert f"{ACCOUNT}_kaja" in see(admin, f"/resources/access/{SP}/subusers/?{OF_ACCOUNT}").text
    assert {change.state for change in world.changes()} == {"done"}


def test_a_sign_in_link_is_shown_once_to_whoever_may_read_mail(world: World, admin: Browser) -> None:
    path = f"{ACCOUNTS}do/sign_in?item={ACCOUNT}"
    told = submit(admin, see(admin, path).form("request_key"), value_page="email/accounts")
    [token] = panel(world, "sso").keys()
    assert token in told.html and token not in str(world.changes())
    assert see(world.sign_in("support"), path).status == 403


# --- OLSPanel ---------------------------------------------------------------------------------------------------------


def test_an_olspanel_database_gets_a_second_user_where_the_panel_can(world: World, admin: Browser) -> None:
    values = {"value_db": "shop", "value_dbuser": "reader", "value_dbpass": PASSWORD}
    broken = act(admin, "hosting", "database_users", "add", "", OLS, **values)
    assert broken.status in (502, 503, 504) or "not known" in broken.text.lower()
    [change] = world.changes()
    assert change.state == "unknown" and PASSWORD not in str(change)
    world.sandbox.upstreams["olspanel"].profile["db_user_make"] = "works"
    assert "piernine_reader" not in panel(world, "dbusers", "olspanel")
    done = act(admin, "hosting", "database_users", "add", "", OLS, **{**values, "value_dbuser": "writer"})
    assert "piernine_writer" in done.text and "piernine_writer" in panel(world, "dbusers", "olspanel")
    one = see(admin, f"/resources/hosting/{OLS}/databases/one?item=piernine_shop")
    assert "A user has the same name yes" in one.text


def test_both_panels_stand_under_hosting(admin: Browser) -> None:
    links = see(admin, "/resources/hosting/").links
    for key in (SP, OLS):
        assert {f"/resources/hosting/{key}/{kind}/" for kind in ("accounts", "packages")} <= set(links)
    assert see(admin, f"/resources/customers/{OLS}/accounts/").status == 404
    assert see(admin, f"/domains/{SP}/{ADDON}/more").status == 200
