"""A rule of SPanel belongs to an account: every page says so before it is changed, and what is stored of its other domains too."""

from __future__ import annotations

from app.core.actor import Role, Scope, ScopeKind
from app.features.bulk.service import BulkService, Selection
from app.features.rules.service import RuleService
from tests.browser import Browser
from tests.features.page import Page, see, submit
from tests.features.spanel_world import ACCOUNT, ADDON, MAIN, SP
from tests.features.world import ADMIN, World, actor

HERE = f"/rules/{SP}/{MAIN}"
WARNING = "for every domain of the account"


def stored(world: World, domain: str) -> set[str]:
    return {row.rule.pattern for row in world.wired.rules.of_domain(ADMIN, SP, domain)}


def test_the_pages_of_rules_say_whose_they_are_too(world: World, admin: Browser) -> None:
    page = see(admin, HERE)
    assert WARNING in page.text and f"these domains too: {ADDON}" in page.text
    [edit, *_] = [link for link in page.links if "/edit/" in link]
    for where in (edit, f"{HERE}/replace?kind=sender"):
        assert WARNING in see(admin, where).text and ADDON in see(admin, where).text
    assert "whole account" in see(admin, "/rules/").text


def test_domains_beyond_a_persons_scope_are_counted_and_not_named(world: World) -> None:
    person = world.sign_in("operator", scopes=(Scope(ScopeKind.DOMAIN, MAIN),))
    page = see(person, HERE)
    assert WARNING in page.text and ADDON not in page.text and "which you do not see: 1" in page.text


def test_a_change_is_known_for_the_other_domains_too(world: World, admin: Browser) -> None:
    for name in (MAIN, ADDON):
        see(admin, f"/rules/{SP}/{name}")
    submit(admin, see(admin, HERE).form("patterns"), patterns="friend.example")
    assert "friend.example" in stored(world, MAIN) & stored(world, ADDON)
    page = see(admin, f"/rules/{SP}/{ADDON}")
    form = page.form("remove")
    chosen = next(value for value in _values(page) if "friend.example" in value)
    submit(admin, form, press="remove", rule=[chosen])
    assert "friend.example" not in stored(world, MAIN) | stored(world, ADDON)


def _values(page: Page) -> list[str]:
    from html import unescape

    return [unescape(part.split('"', 1)[0]) for part in page.html.split('name="rule" value="')[1:]]


def test_over_rest(world: World) -> None:
    answer = world.api("operator")("GET", f"/domains/{SP}/{MAIN}/rules").json
    assert WARNING in answer["shared"][0] and ADDON in answer["shared"][1]


def test_bulk_says_so_and_does_it_once_for_each_account(world: World) -> None:
    bulk, _ = world.service(BulkService)
    chosen = Selection(((SP, MAIN), (SP, ADDON), (SP, "quaisud.example")))
    preview = bulk.preview(ADMIN, "add_rule", chosen, {"what": "sender:block", "pattern": "spam.example"})
    assert [row.name for row in preview.todo] == [MAIN, "quaisud.example"]
    assert WARNING in str(preview.todo[0].note) and f"Its account: {ACCOUNT}" in str(preview.todo[0].note)
    [left] = preview.skipped
    assert (left.name, left.note) == (ADDON, None) and f"done with {MAIN}" in str(left.skipped)
    others = bulk.preview(ADMIN, "add_route", chosen, {"host": "mx.example", "port": ""})
    assert len(others.todo) == 3 and not any(row.note for row in others.rows)


def test_the_page_of_bulk_work_shows_it(world: World, admin: Browser) -> None:
    data = {"csrf_token": admin.token(), "action": "add_rule", "selected": [f"{SP}/{MAIN}", f"{SP}/{ADDON}"]}
    data |= {"step": "preview", "what": "sender:allow", "pattern": "friend.example"}
    page = Page(admin.post("/bulk/", data=data))
    assert page.status == 200 and WARNING in page.text and "both belong to the account" in page.text


def test_the_service_names_them_for_whoever_sees_them(world: World) -> None:
    rules, _ = world.service(RuleService)
    assert rules.owned(ADMIN, SP, MAIN).shared_with == [ADDON]
    limited = actor(Role.SUPPORT, (Scope(ScopeKind.DOMAIN, MAIN),))
    found = rules.owned(limited, SP, MAIN)
    assert (found.shared_with, found.hidden) == ([], 1)
