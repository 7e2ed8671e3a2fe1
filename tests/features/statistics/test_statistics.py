"""Statistics on the page, over REST and on the command line."""

from __future__ import annotations

import json

from app.core.actor import Right, Scope, ScopeKind
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.hornetsecurity_world import HS, OLS, SE
from tests.features.page import see
from tests.features.world import World

HOME = "kontor-hansen.example"
PAGES: Pages = {"/statistics/": ("GET", Right.VIEW_DOMAINS)}
ONE_DOMAIN = (Scope(ScopeKind.DOMAIN, "kontor*"),)


def test_it_needs_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_the_page_shows_charts_and_the_same_numbers_as_tables(world: World) -> None:
    browser = world.sign_in("support")
    page = see(browser, f"/statistics/?connection={HS}")
    for text in ("By time", "By class", "By user", "Spam", "over the last seven days"):
        assert text in page.text
    numbers = world.api()("GET", f"/statistics/{HS}?days=7").json
    for name in ("clean", "spam"):
        assert str(numbers["classes"][name]) in page.text
    assert numbers["users"][0]["user"] in page.text
    source = browser.get(f"/statistics/?connection={HS}").get_data(as_text=True)
    assert source.count("<canvas") == 3 and "<script>" not in source


def test_numbers_of_a_domain_are_fewer_and_add_up(world: World) -> None:
    api = world.api("support")
    everything = api("GET", f"/statistics/{HS}?days=30").json
    one = api("GET", f"/statistics/{HS}?days=30&domain={HOME}").json
    assert 0 < one["total"] < everything["total"] and one["total"] == sum(one["classes"].values())
    assert all(user["user"].endswith(HOME) for user in one["users"])
    assert one["times"] and all(series["points"] for series in one["times"])
    times = [point["at"] for point in one["times"][0]["points"]]
    assert times == sorted(times)


def test_what_cannot_be_asked(world: World) -> None:
    api = world.api()
    assert api("GET", f"/statistics/{HS}?days=5").status_code == 422
    assert api("GET", f"/statistics/{HS}?domain=not-there.example").status_code == 404
    assert api("GET", "/statistics/nobody").status_code == 404
    assert "OLSPanel" in api("GET", f"/statistics/{OLS}").json["problem"]
    assert world.sign_in().get(f"/statistics/?connection={HS}&domain=a..b").status_code == 422


def test_the_scope_cuts_it(world: World) -> None:
    scoped = world.api("operator", scopes=ONE_DOMAIN)
    assert scoped("GET", f"/statistics/{HS}").status_code == 404
    assert scoped("GET", f"/statistics/{HS}?domain=praxis-am-deich.example").status_code == 404
    assert scoped("GET", f"/statistics/{HS}?domain={HOME}").json["total"] > 0


def test_an_upstream_that_is_down_costs_one_line(world: World) -> None:
    world.fault("5xx", upstream="hornetsecurity")
    browser = world.sign_in()
    answer = browser.get(f"/statistics/?connection={HS}")
    assert answer.status_code == 200 and "<canvas" not in answer.get_data(as_text=True)


def test_on_the_command_line(world: World) -> None:
    shown = world.run("statistics", "show", HS, "--domain", HOME, "--json")
    numbers = json.loads(shown.output)
    assert numbers["total"] == sum(numbers["classes"].values()) > 0
    assert "clean\t" in world.run("statistics", "show", HS).output


def test_an_upstream_that_counts_by_domain_asks_for_one(world: World) -> None:
    browser = world.sign_in("support")
    asked = browser.get(f"/statistics/?connection={SE}")
    assert asked.status_code == 422 and "one domain at a time" in asked.get_data(as_text=True)
    assert world.api()("GET", f"/statistics/{SE}").status_code == 422
    assert world.api()("GET", f"/statistics/{SE}?domain=nordwind.example&days=90").status_code == 422
    page = see(browser, f"/statistics/?connection={SE}&domain=nordwind.example&days=30")
    for text in ("By time", "Spam", "Phishing", "@nordwind.example"):
        assert text in page.text


def test_the_page_of_a_domain_leads_to_its_numbers(world: World) -> None:
    source = world.sign_in().get(f"/domains/{SE}/nordwind.example").get_data(as_text=True)
    assert f"/statistics/?connection={SE}&amp;domain=nordwind.example" in source
