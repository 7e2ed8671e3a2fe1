"""The aliases tab of a domain."""

from __future__ import annotations

import pytest

from app.core.actor import Right
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import see, send, submit
from tests.features.world import HOME, OLS, ONLY_NORDWIND, SE, World

HERE = f"/domains/{SE}/{HOME}/aliases"
PAGES: Pages = {HERE: ("GET POST", Right.CHANGE_DOMAINS)}


def test_it_needs_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_aliases_are_added_and_shown_as_people_read_them(world: World, operator: Browser) -> None:
    page = submit(operator, see(operator, HERE).form("aliases"), aliases="bücher.test, Two.test\nthree.test")
    assert "Added bücher.test, two.test, three.test to nordwind.example." in page.text
    assert world.upstream(HOME)["aliases"][2:] == ["xn--bcher-kva.test", "two.test", "three.test"]  # type: ignore[index]
    assert len(world.row(HOME).aliases) == 5


def test_chosen_aliases_are_removed(world: World, operator: Browser) -> None:
    form = see(operator, HERE).form("alias")
    page = submit(operator, form, press="remove", alias=["nordwind.test"])
    assert "Removed nordwind.test from nordwind.example." in page.text
    assert world.upstream(HOME)["aliases"] == ["nordwind-group.example"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "At least 1 is needed"),
        ("nonsense", "has no dot"),
        ("a.test 💥.test", "international name"),
        (HOME, "alias of itself"),
        ("=1+1", "letters, digits"),
    ],
)
def test_what_cannot_be_is_said_and_the_input_stays(looking: Browser, text: str, words: str) -> None:
    page = submit(looking, see(looking, HERE).form("aliases"), aliases=text)
    assert page.status == 422
    assert words in page.text
    assert page.form("aliases").value("aliases") == text


def test_to_remove_none_is_told(world: World, operator: Browser) -> None:
    page = submit(operator, see(operator, HERE).form("alias"), press="remove")
    assert page.status == 422
    assert "At least 1" in page.text
    assert world.writes() == []


def test_the_refusal_of_the_upstream_keeps_the_input(operator: Browser) -> None:
    page = submit(operator, see(operator, HERE).form("aliases"), aliases="nwl.example")
    assert page.status == 409
    assert page.form("aliases").value("aliases") == "nwl.example"


def test_sent_twice_is_one_change(world: World, operator: Browser) -> None:
    form = see(operator, HERE).form("aliases")
    assert [send(operator, form, aliases="a.test").status_code for _ in range(2)] == [303, 303]
    assert len(world.writes()) == 1


def test_with_the_upstream_down_the_known_aliases_are_shown(world: World, operator: Browser) -> None:
    form = see(operator, HERE).form("aliases")
    world.fault("refuse")
    page = see(operator, HERE)
    assert page.status == 200
    assert "nordwind-group.example" in page.text and "Shown is what it said" in page.text
    page = submit(operator, form, aliases="a.test")
    assert page.status == 502
    assert page.form("aliases").value("aliases") == "a.test"


def test_outside_the_scope_is_not_found(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    outside = f"/domains/{SE}/hafencafe.example/aliases"
    assert browser.get(outside).status_code == 404
    assert browser.send(outside, {"aliases": "a.test"}).status_code == 404
    assert browser.get(f"/domains/{SE}/gone.example/aliases").status_code == 404
    assert world.writes() == []


def test_a_provider_without_aliases_gives_its_reason(operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/aliases")
    assert "no domain aliases" in page.text
    assert not any("aliases" in form.names for form in page.forms)
