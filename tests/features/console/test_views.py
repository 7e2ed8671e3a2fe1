"""The pages of the console, from the form to the imitated upstream and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.core.secret import Secret
from app.features.console.matrix import MatrixService
from tests.browser import Browser
from tests.features.page import Page
from tests.features.world import ADMIN, HOME, OLS, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World

HERE = f"/console/{SE}"
PASSWORD = "Only-once-0815"


def field(page: Page, name: str) -> str:
    """The name of the form's field for an argument: by its label."""
    marker = f">{name}</label>"
    assert marker in page.html, f"no argument {name}"
    return page.html[: page.html.index(marker)].rpartition('for="')[2].partition('"')[0]


def send(browser: Browser, call: str, press: str = "", confirm: bool = False, **arguments: str) -> Page:
    """Fills the form of a call and sends it."""
    page = Page(browser.get(call))
    form = page.form("request_key")
    changes = {field(page, name): value for name, value in arguments.items()}
    if confirm:
        changes["confirm"] = "y"
    return Page(browser.post(call, data=form.sent(press, **changes)), call)


def test_connections_and_their_calls(world: World, admin: Browser) -> None:
    page = Page(admin.get("/console/"))
    assert HERE + "/" in page.links and f"/console/{TWIN}/" in page.links
    page = Page(admin.get(HERE + "/"))
    assert f"{HERE}/api_list_domains" in page.links and "258 calls" in page.text
    assert world.upstream_calls() == 0


def test_a_connection_leads_to_its_calls(world: World, admin: Browser) -> None:
    assert HERE + "/" in Page(admin.get(f"/connections/{SE}")).links
    assert HERE + "/" not in Page(world.sign_in("operator").get(f"/connections/{SE}")).links


@pytest.mark.parametrize(
    ("query", "there", "missing"),
    [
        ("q=catch+all", "api_set_catch_all_check", "api_version"),
        ("group=DKIM", "api_set_dkim_certificate", "api_version"),
        ("kind=write&q=domain", "api_remove_domain", "api_list_domains"),
        ("q=nosuchcall", "No call matches", "api_version"),
    ],
)
def test_calls_are_searched_and_grouped(
    world: World, admin: Browser, query: str, there: str, missing: str
) -> None:
    text = Page(admin.get(f"{HERE}/?{query}")).text
    assert there in text and missing not in text


def test_a_read_shows_its_answer_and_the_call_behind_it(world: World, admin: Browser) -> None:
    page = send(admin, f"{HERE}/api_list_domains")
    assert page.status == 200 and f"{HOME}:mail.nordwind.example::" in page.text
    assert "Status 200" in page.text and "1 call, slowest" in page.text
    assert "curl -g" in page.text and "api_language=en" in page.text
    assert world.calls.names() == ["api_list_domains"] and world.changes() == []


def test_arguments_arrive(world: World, admin: Browser) -> None:
    page = send(
        admin, f"{HERE}/api_list_domains", filter_by=json.dumps([["domain", HOME, "is"]]), format="json"
    )
    assert HOME in page.text
    page = Page(admin.get(f"{HERE}/api_list_domains?limit=3"))
    assert page.form("request_key").value(field(page, "limit")) == "3"


def test_what_is_wrong_stands_at_its_argument_and_nothing_is_sent(world: World, admin: Browser) -> None:
    page = send(admin, f"{HERE}/api_list_domains", limit="many", filter_by="{broken")
    assert page.status == 422 and "This is not JSON." in page.text and world.upstream_calls() == 0
    page = send(admin, f"{HERE}/api_list_domains", limit="many")
    assert page.status == 422 and "A whole number is expected here." in page.text
    page = send(admin, f"{HERE}/api_get_destination")
    assert page.status == 422 and "This is needed." in page.text
    assert world.upstream_calls() == 0


def test_a_write_must_be_confirmed_and_is_journalled(world: World, admin: Browser) -> None:
    url = f"{HERE}/api_add_domain_alias"
    page = send(admin, url, domain=HOME, alias="console.test")
    assert page.status == 422 and "Confirm that you want it" in page.text and world.writes() == []
    page = send(admin, url, confirm=True, domain=HOME, alias="console.test")
    assert page.status == 200 and "Sent api_add_domain_alias to Se filter." in page.text
    assert "console.test" in world.upstream(HOME)["aliases"]  # type: ignore[index]
    [change] = world.changes()
    assert (change.step.verb, change.state, change.door) == ("call.send", "done", "web")
    assert change.step.after == {"domain": HOME, "alias": "console.test"} and change.step.domain == HOME
    assert change.actor_name.startswith("admin-")
    assert "console.test" in world.row(HOME).aliases, "the inventory read the domain again"
    shown = Page(admin.get(f"/changes/{change.id}"))
    assert shown.status == 200 and "api_add_domain_alias" in shown.text


def test_a_double_click_is_one_call(world: World, admin: Browser) -> None:
    url = f"{HERE}/api_add_domain_alias"
    page = Page(admin.get(url))
    data = page.form("request_key").sent(
        **{field(page, "domain"): HOME, field(page, "alias"): "once.test", "confirm": "y"}
    )
    first, second = (Page(admin.post(url, data=data)) for _ in range(2))
    assert (first.status, second.status) == (200, 200)
    assert world.writes() == ["api_add_domain_alias"] and len(world.changes()) == 1
    assert "nothing was sent again" in second.text


def test_what_the_upstream_refuses_is_shown_in_its_words(world: World, admin: Browser) -> None:
    page = send(admin, f"{HERE}/api_get_destination", domain="gone.example")
    assert page.status == 409 and "The upstream refused" in page.text and "gone.example" in page.text
    page = send(admin, f"{HERE}/api_remove_domain", confirm=True, domain="gone.example")
    assert page.status == 409 and "Nothing was changed." in page.text
    assert world.changes()[0].state == "rejected"


def test_secrets_are_shown_nowhere(world: World, admin: Browser) -> None:
    page = send(
        admin,
        f"{HERE}/api_add_outgoing_user",
        confirm=True,
        domain=HOME,
        username="console",
        password=PASSWORD,
    )
    assert 'type="password"' in page.html and PASSWORD not in page.html
    [change] = world.changes()
    assert PASSWORD not in json.dumps([change.step.to_json(), *change.calls])
    assert PASSWORD not in admin.get(f"/changes/{change.id}").text


def test_an_answer_is_saved_as_a_file(world: World, admin: Browser) -> None:
    url = f"{HERE}/api_help"
    page = Page(admin.get(url))
    answer = admin.post(url, data=page.form("request_key").sent("save"))
    assert answer.status_code == 200 and "<!DOCTYPE html>" in answer.text
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=se-api-help")


def test_a_page_that_an_upstream_answers_is_text_here(world: World, admin: Browser) -> None:
    page = send(admin, f"{HERE}/api_help")
    assert "&lt;!DOCTYPE html&gt;" in page.html and "<h1>Software API Calls" not in page.html


def test_calls_that_are_closed_say_why_and_are_not_sent(world: World, admin: Browser) -> None:
    world.sandbox.upstreams["spamexperts"].profile["help_hides"] = ["api_get_contact"]
    admin.send(f"/connections/{SE}/test")
    world.calls.clear()
    page = Page(admin.get(f"{HERE}/api_get_contact"))
    assert "api_help does not list it" in page.text
    data = {"csrf_token": admin.token(), "request_key": "a" * 32}
    refused = Page(admin.post(f"{HERE}/api_get_contact", data=data), HERE)
    assert refused.status == 409 and "api_help does not list it" in refused.text
    assert world.upstream_calls() == 0
    assert "api_help does not list it" in Page(admin.get(f"{HERE}/?q=api_get_contact")).text


def test_who_may_not_see_it_finds_nothing(world: World) -> None:
    for role in ("operator", "support", "auditor"):
        browser = world.sign_in(role)
        for url in ("/console/", HERE + "/", f"{HERE}/api_version"):
            assert browser.get(url).status_code == 403, (role, url)
    for scopes in (ONLY_NORDWIND, ONLY_TWIN):
        browser = world.sign_in("admin", scopes=scopes)
        assert browser.get(HERE + "/").status_code == 404
        assert browser.get(f"{HERE}/api_version").status_code == 404
        assert HERE + "/" not in Page(browser.get("/console/")).links
    assert world.upstream_calls() == 0


@pytest.mark.parametrize("url", ["/console/gone/", "/console/gone/api_version", f"{HERE}/no_such_call"])
def test_what_is_not_there(reader: World, url: str) -> None:
    assert reader.sign_in("admin").get(url).status_code == 404


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("delay", {"seconds": 3}, "in time"),
        ("5xx", {"status": 500}, "500"),
        ("html", {}, "A web page came in the place of an answer"),
        ("truncated", {}, "cut off"),
        ("reset", {}, "closed the connection"),
        ("refuse", {}, "127.0.0.1"),
        ("huge", {"size": 33 * 2**20}, "longer than 32 MB"),
        ("429", {}, "takes no more calls"),
    ],
)
def test_an_upstream_in_trouble_is_told(
    world: World, admin: Browser, kind: str, more: dict[str, Any], words: str
) -> None:
    world.fault(kind, **more)
    page = send(admin, f"{HERE}/api_get_destination", domain=HOME)
    assert page.status in (502, 503) and words in page.text and "Traceback" not in page.text
    page = send(admin, f"{HERE}/api_add_domain_alias", confirm=True, domain=HOME, alias="maybe.test")
    assert page.status in (502, 503)
    assert world.changes()[0].state in ("unknown", "unreachable")
    world.all_well()


def test_what_came_in_the_place_of_an_answer_is_shown(world: World, admin: Browser) -> None:
    world.fault("html")
    page = send(admin, f"{HERE}/api_get_destination", domain=HOME)
    assert "Status 200" in page.text and "&lt;html" in page.html.lower().replace("&lt;!doctype html&gt;", "")


def test_what_became_of_a_call_nobody_can_find_out(world: World, admin: Browser) -> None:
    world.fault("hangup")
    page = send(admin, f"{HERE}/api_add_domain_alias", confirm=True, domain=HOME, alias="maybe.test")
    assert "It may have been changed or not." in page.text
    world.all_well()
    [change] = world.changes()
    before = world.upstream_calls()
    state = world.wired.settler.settle(world.wired.connections.get(ADMIN, SE), change)
    assert state.open and world.upstream_calls() == before
    [change] = world.changes()
    assert change.state == "unknown" and "close it by hand" in str(change.problem)


def test_wrong_credentials(world: World, admin: Browser) -> None:
    known = world.wired.connections.get(ADMIN, SE)
    values = {**known.values, "password": Secret("wrong-password")}
    world.wired.store.add(replace(known, key="own", declared=False, values=values))
    page = send(admin, "/console/own/api_list_domains")
    assert page.status == 502 and "does not accept our credentials" in page.text
    assert "wrong-password" not in page.html


def test_a_connection_that_is_switched_off(world: World, admin: Browser) -> None:
    known = world.wired.connections.get(ADMIN, SE)
    world.wired.store.add(replace(known, key="own", declared=False, enabled=False))
    assert "is switched off" in Page(admin.get("/console/own/")).text
    page = Page(admin.get("/console/own/api_version"))
    assert page.status == 200 and "is switched off" in page.text


def test_an_administrators_call_of_the_panel(world: World, admin: Browser) -> None:
    page = send(admin, f"/console/{OLS}/admin_packages_list")
    assert page.status == 200 and "packages" in page.text


def test_arguments_stand_in_the_order_of_the_document(world: World, admin: Browser) -> None:
    text = Page(admin.get(f"{HERE}/api_add_domain_alias")).text
    assert text.index("domain name") < text.index("alias domain")


def test_the_matrix_of_a_connection_counts_what_it_can_make(world: World, admin: Browser) -> None:
    known = world.wired.connections.get(ADMIN, SE)
    values = {name: value for name, value in known.values.items() if not name.startswith("panel_")}
    world.wired.store.add(replace(known, key="own", name="No panel", declared=False, values=values))
    matrix = world.service(MatrixService)[0].read(ADMIN)
    columns = {column.key: column for column in matrix.connections}
    assert (columns[SE].callable, columns["own"].callable, columns["own"].documented) == (258, 177, 258)
    assert 0 < columns["own"].on_pages < 177


def test_the_matrix(world: World) -> None:
    for role in ("admin", "operator", "auditor"):
        page = Page(world.sign_in(role).get("/capabilities"))
        assert page.status == 200 and "OLSPanel delivers mail on its own server" in page.text
        assert "Calls documented 258 197 93 24 86" in page.text
    assert world.sign_in("support").get("/capabilities").status_code == 403
    assert world.upstream_calls() == 0
