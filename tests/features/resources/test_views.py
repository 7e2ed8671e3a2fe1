"""The pages of resources, over OLSPanel's kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.actor import Right
from app.core.resources import Resource, Show
from tests.browser import Browser
from tests.features.first import Pages, check_sign_in
from tests.features.page import Form, Page, see
from tests.features.world import ADMIN, OLS, ONLY_NORDWIND, World

HOSTING, ACCOUNTS = "/resources/hosting/", f"/resources/hosting/{OLS}/accounts/"
USAGE = f"{HOSTING}{OLS}/account_usage/"
DATABASES = f"{HOSTING}{OLS}/databases/"
CRON = f"{HOSTING}{OLS}/cron_jobs/"
SSL = f"{HOSTING}{OLS}/certificates/"
DOMAIN = "piernine.example"
ACCOUNT = "exampleuser"
PAGES: Pages = {
    HOSTING: ("GET", Right.VIEW_DOMAINS),
    USAGE: ("GET", Right.VIEW_DOMAINS),
    f"{DATABASES}export.csv": ("GET", Right.EXPORT),
    f"{DATABASES}do/add": ("GET POST", Right.VIEW_DOMAINS),
    f"/domains/{OLS}/{DOMAIN}/more": ("GET", Right.VIEW_DOMAINS),
}


@pytest.fixture
def live(world: World) -> World:
    """The panel as its code has it: with the calls that its documents do not name."""
    world.sandbox.upstreams["olspanel"].profile["profile"] = "live"
    return world


def panel(world: World, table: str) -> Any:
    return world.sandbox.upstreams["olspanel"].state.table(table)


def post(browser: Browser, url: str, form: Form, **changes: Any) -> Page:
    """Sends a form as it stands, with these changes, and follows where that leads."""
    return Page(browser.post(url, data=form.sent(**changes), follow_redirects=True))


def at(path: str, **query: str) -> str:
    return f"{path}?{'&'.join(f'{n}={v}' for n, v in query.items())}"


def test_they_need_somebody_signed_in(world: World) -> None:
    check_sign_in(world, PAGES)


def test_the_menu_leads_to_areas_that_are_there(world: World, admin: Browser) -> None:
    page = see(admin, "/overview/")
    providers = {connection.kind for connection in world.wired.connections.visible(ADMIN)}
    areas = {kind.area for slug in providers for kind in world.wired.cards[slug].resources}
    shown = {link for link in page.links if link.startswith("/resources/")}
    assert shown == {f"/resources/{area}/" for area in areas} >= {HOSTING}
    assert {USAGE, CRON, SSL} <= set(see(admin, HOSTING).links)
    assert "Nothing" not in see(admin, HOSTING).text and see(admin, "/resources/nonsense/").status == 404


def test_usage_is_shown_as_bars(admin: Browser) -> None:
    page = see(admin, USAGE)
    assert "API calls behind this page" in page.text and page.html.count("<meter") >= 4
    assert "Agency" in page.text and "4.1 GB / 50 GB" in page.text


def test_a_list_is_searched_sorted_and_exported(live: World, admin: Browser) -> None:
    page = see(admin, DATABASES)
    assert "piernine_shop" in page.text and "piernine_wiki" in page.text
    assert "piernine_shop" not in see(admin, at(DATABASES, q="wiki")).text
    assert "Nothing fits" in see(admin, at(DATABASES, q="none")).text
    down = see(admin, at(DATABASES, sort="-name")).text
    assert down.index("piernine_wiki") < down.index("piernine_shop")
    assert see(admin, at(DATABASES, page="9")).status == 200
    csv = admin.get(at(f"{DATABASES}export.csv", q="wiki")).text.split()
    assert csv == ["key,name", "piernine_wiki,piernine_wiki"]


def test_an_addition_by_the_form_with_its_history(live: World, admin: Browser) -> None:
    path = f"{DATABASES}do/add"
    form = see(admin, path).form("value_db")
    missing = post(admin, path, form, value_db="x", value_dbuser="new", value_dbpass="sesame7")
    assert missing.status == 422 and "At least 2 characters" in missing.text and "At least 8" in missing.text
    assert "sesame7" not in missing.html and live.changes() == []
    form = see(admin, path).form("value_db")
    done = post(admin, path, form, value_db="new", value_dbuser="new", value_dbpass="a long password")
    assert "piernine_new" in done.text and "History" in done.text
    [change] = live.changes()
    assert change.step.verb == "resource.add" and "a long password" not in str(change)
    assert panel(live, "dbusers")["piernine_new"]["password"] == "a long password"
    assert "See the change" in done.text and "Undo" not in done.text


def test_an_older_panel_says_what_it_cannot_tell(world: World, admin: Browser) -> None:
    world.wired.prober.test([world.wired.connections.get(ADMIN, OLS)])
    assert DATABASES in see(admin, HOSTING).links, "what cannot be listed can still be added to"
    page = see(admin, DATABASES)
    assert page.status == 200 and "does not know the call" in page.text
    path = f"{DATABASES}do/add"
    form = see(admin, path).form("value_db")
    post(admin, path, form, value_db="new", value_dbuser="new", value_dbpass="a long password")
    assert "piernine_new" in panel(world, "databases") and world.changes()[0].state == "done"


def test_a_cron_job_is_put_into_words_first(live: World, admin: Browser) -> None:
    path, line = f"{CRON}do/add", "30 2 * * mon /bin/true"
    form = see(admin, path).form("value_comm")
    bad = post(admin, path, form, value_minute="61", value_comm="a")
    assert bad.status == 422 and "“61” is no minute" in bad.text
    given = {"value_minute": "30", "value_hour": "2", "value_weekday": "mon", "value_comm": "/bin/true"}
    asked = post(admin, path, form, **given)
    assert "at 02:30, on Monday" in asked.text and live.changes() == []
    done = post(admin, path, asked.form("previewed"))
    assert line in done.text and "Next runs" in done.text
    assert panel(live, "crontabs")["piernine"].endswith(f"{line}\n")
    removal = at(f"{CRON}do/remove", item="30+2+*+*+mon+/bin/true")
    form = see(admin, removal).form("confirm")
    refused = post(admin, removal, form, confirm="x")
    assert refused.status == 422 and "Type" in refused.text
    post(admin, removal, refused.form("confirm"), confirm=line)
    assert line not in panel(live, "crontabs")["piernine"]


def test_what_cannot_be_listed_is_opened_by_its_name(admin: Browser, world: World) -> None:
    page = see(admin, ACCOUNTS)
    assert "No call lists the panel's accounts" in page.text and page.form("item").method == "get"
    one = see(admin, at(f"{ACCOUNTS}one", item=ACCOUNT))
    assert "user@example.com" in one.text and "Suspend" in one.text
    assert see(admin, at(f"{ACCOUNTS}one", item="nobody")).status == 404
    form = see(admin, at(f"{ACCOUNTS}do/edit", item=ACCOUNT)).form("value_email")
    assert form.value("value_email") == "user@example.com"
    done = post(admin, at(f"{ACCOUNTS}do/edit", item=ACCOUNT), form, value_email="new@example.com")
    assert "new@example.com" in done.text and "Undo" in done.text
    [change] = world.changes()
    assert change.step.before == {"E-mail address": "user@example.com"}
    undo = f"/changes/{change.id}/undo"
    assert undo in see(admin, f"/changes/{change.id}").links
    assert undo not in see(world.sign_in("support"), f"/changes/{change.id}").links


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused(admin: Browser, world: World) -> None:
    path = at(f"{ACCOUNTS}do/edit", item=ACCOUNT)
    form = see(admin, path).form("value_email")
    table = panel(world, "accounts")
    table[ACCOUNT] = table[ACCOUNT] | {"email": "theirs@example.com"}
    refused = post(admin, path, form, value_email="mine@example.com")
    assert refused.status == 409 and "no longer what you saw" in refused.text
    assert panel(world, "accounts")[ACCOUNT]["email"] == "theirs@example.com"


def test_a_link_is_told_once(admin: Browser, world: World) -> None:
    path = at(f"{ACCOUNTS}do/sign_in", item=ACCOUNT)
    told = post(admin, path, see(admin, path).form("request_key"))
    token = panel(world, "sso")[ACCOUNT]["token"]
    assert token in told.html and "cannot be shown again" in told.text
    [change] = world.changes()
    assert token not in str(change) and token not in see(admin, f"/changes/{change.id}").html
    support = world.sign_in("support")
    assert see(support, path).status == 403


def test_kinds_of_a_domain(admin: Browser, world: World) -> None:
    choose = see(admin, SSL)
    assert at(SSL, domain=DOMAIN) in choose.links
    more = see(admin, f"/domains/{OLS}/{DOMAIN}/more")
    assert at(SSL, domain=DOMAIN) in more.links
    path = at(f"{SSL}do/issue", domain=DOMAIN)
    page = see(admin, at(SSL, domain=DOMAIN))
    assert path in page.links and "no call tells which one" in page.text
    post(admin, path, see(admin, path).form("request_key"))
    assert panel(world, "domains")[DOMAIN]["certificate"] == "issued"
    assert world.changes()[0].step.domain == DOMAIN


def test_a_scope_reaches_nothing_beside_it(world: World) -> None:
    person = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert see(person, USAGE).status == 404
    assert see(person, at(f"{SSL}do/issue", domain=DOMAIN)).status == 404
    assert see(person, at(USAGE, domain=DOMAIN)).status in (404, 422)
    assert USAGE not in see(person, HOSTING).links


def test_an_upstream_that_is_down_costs_one_line(admin: Browser, world: World) -> None:
    world.fault("refuse", upstream="olspanel")
    page = see(admin, USAGE)
    assert page.status == 200 and page.html.count("gh-flash-partial") == 1
    assert see(admin, at(f"{ACCOUNTS}one", item=ACCOUNT)).status == 200
    assert see(admin, at(f"{ACCOUNTS}do/suspend", item=ACCOUNT)).status == 200


def test_an_action_for_many_is_a_job(admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    card = world.wired.cards["olspanel"]
    kinds = [
        replace(k, actions=tuple(replace(a, many=a.name == "suspend") for a in k.actions))
        for k in card.resources
    ]
    monkeypatch.setitem(world.wired.pool._cards, "olspanel", replace(card, resources=tuple(kinds)))
    names = [ACCOUNT, "newcomer", "nobody"]
    path = f"{ACCOUNTS}many"
    first = {"csrf_token": admin.token(), "action": "suspend", "selected": names}
    asked = Page(admin.post(path, data=first))
    assert all(name in asked.text for name in names) and "Type 3 to confirm" in asked.text
    refused = post(admin, path, asked.form("confirm"), confirm="2")
    assert refused.status == 422
    done = post(admin, path, refused.form("confirm"), confirm="3")
    world.work()
    items = world.wired.jobs.items(int(done.url.rsplit("/", 1)[-1]))
    assert [item.state.value for item in items] == ["done", "failed", "failed"]
    assert panel(world, "accounts")[ACCOUNT]["active"] is False


def test_html_and_images_are_shown_harmless(
    admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = world.wired.cards["olspanel"]
    kind = card.resources[0]
    columns = [replace(c, show=Show.HTML, listed=False) if c.name == "package" else c for c in kind.columns]
    columns = [replace(c, show=Show.IMAGE, listed=False) if c.name == "email" else c for c in columns]
    changed = replace(card, resources=(replace(kind, columns=tuple(columns)), *card.resources[1:]))
    monkeypatch.setitem(world.wired.pool._cards, "olspanel", changed)
    pixel = {"media_type": "image/png", "base64": "cGl4ZWw="}
    values = {"package": "<p onclick=x()>Hi<script>x()</script></p>", "email": pixel}
    driver = world.wired.pool.driver(world.wired.connections.get(ADMIN, OLS))
    monkeypatch.setattr(driver, "read_resource", lambda *_: Resource("", values))
    page = see(admin, USAGE)
    assert "<script>x()" not in page.html and f"{USAGE}value/package" in page.html
    html = admin.get(f"{USAGE}value/package")
    assert html.text == "<p>Hi</p>" and html.headers["Content-Security-Policy"].startswith(
        "sandbox; default-src 'none'"
    )
    image = admin.get(f"{USAGE}value/email")
    assert (image.data, image.mimetype) == (b"pixel", "image/png")
    pixel["media_type"] = "image/svg+xml"
    assert admin.get(f"{USAGE}value/email").status_code == 404
    assert admin.get(f"{USAGE}value/full_name").status_code == 404
