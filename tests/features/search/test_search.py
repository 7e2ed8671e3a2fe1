"""The search box: typed results from stored data alone, one hit opens, upstreams are asked only on request."""

from __future__ import annotations

import pytest

from app.core.actor import Actor, Role, Scope, ScopeKind
from app.core.commands import ActOnResource, AddRules, parse
from app.features.rules.service import RuleService
from app.features.search.service import Found, SearchService, Type
from tests.features.cleanmail_world import CM, OLS, SE, CleanmailWorld
from tests.features.page import see
from tests.features.world import ADMIN, HOME, actor

BOX = "bjorn.yildiz@nordwind.example"
ALIAS = "nordwind.test"
ELSEWHERE = (Scope(ScopeKind.DOMAIN, "other.example"),)


def find(world: CleanmailWorld, text: str, who: Actor = ADMIN) -> Found:
    with world.app.app_context():
        return world.service(SearchService)[0].find(who, text)


def types(found: Found) -> set[Type]:
    return {hit.type for hit in found.hits}


def add_rule(world: CleanmailWorld, pattern: str) -> int:
    rule = {"action": "block", "pattern": pattern}
    wish = parse(AddRules, {"connection": CM, "domain": HOME, "rules": [rule]})
    with world.app.app_context():
        return world.service(RuleService)[0].change(ADMIN, wish, pattern).outcomes[0].change_id


def test_every_type_is_found_and_named(world: CleanmailWorld) -> None:
    change = add_rule(world, "bad-guys.example")
    host = next(route.host for route in world.row(HOME, SE).routes or ())
    calls = world.upstream_calls()
    for text, type_ in {
        HOME: Type.DOMAIN,
        ALIAS: Type.ALIAS,
        "bjorn.yil": Type.MAILBOX,
        BOX: Type.MAILBOX,
        host: Type.ROUTE,
        "bad-guys": Type.RULE,
        f"#{change}": Type.CHANGE,
    }.items():
        assert type_ in types(find(world, text)), text
    assert world.upstream_calls() == calls


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        (BOX, f"/resources/mailboxes/{CM}/mailboxes/one?domain={HOME}"),
        (f"bjorn.yildiz@{ALIAS}", f"/resources/mailboxes/{CM}/mailboxes/one?domain={HOME}"),
        ("bjorn.yil", f"/resources/mailboxes/{CM}/mailboxes/one?domain={HOME}"),
        ("bad-guys", f"/rules/{CM}/{HOME}"),
        ("#1", "/changes/1"),
    ],
)
def test_one_hit_opens(world: CleanmailWorld, text: str, leads: str) -> None:
    add_rule(world, "bad-guys.example")
    answer = world.sign_in("support").get("/search/", query_string={"q": text})
    assert answer.status_code == 302 and answer.location.startswith(leads), answer.location
    assert world.sign_in("support").get(answer.location).status_code == 200


def test_an_address_that_is_nobodys_offers_to_ask(world: CleanmailWorld) -> None:
    calls = world.upstream_calls()
    page = see(world.sign_in("support"), f"/search/?q=nobody@{HOME}")
    assert f"Where is mail to nobody@{HOME}?" in page.text and "asks the upstreams" in page.text
    assert any(link.startswith("/lookup/?to=nobody") for link in page.links)
    sender = see(world.sign_in("support"), "/search/?q=the@deadguys.fr")
    assert "Where is mail from the@deadguys.fr?" in sender.text and "mail to the@" not in sender.text
    assert world.upstream_calls() == calls


@pytest.mark.parametrize("text", ["<abc@mail.example>", "Message-ID: <abc@mail.example>"])
def test_a_message_id_is_looked_for_only_when_somebody_wants(world: CleanmailWorld, text: str) -> None:
    page = see(world.sign_in("support"), f"/search/?q={text.replace(' ', '%20')}")
    assert "Look for the message abc@mail.example in the logs" in page.text
    assert any("message_id=abc@mail.example" in link or "abc%40mail" in link for link in page.links)
    assert "in the logs" not in see(world.sign_in("auditor"), f"/search/?q={text.replace(' ', '%20')}").text
    assert world.upstream_calls() == 0


def test_a_rule_is_found_by_its_value_and_not_by_its_owner(world: CleanmailWorld) -> None:
    add_rule(world, "bad-guys.example")
    assert Type.RULE not in types(find(world, "nordwind"))
    assert find(world, "BAD-guys").only is not None
    assert Type.RULE not in types(find(world, "bad-guys", actor(Role.SUPPORT, ELSEWHERE)))


@pytest.mark.parametrize(
    ("there", "nowhere"),
    [
        (HOME, "nowhere.example"),
        (ALIAS, "nowhere.test"),
        (BOX, "bjorn.yildiz@nowhere.example"),
        ("bjorn.yil", "bjorn.zil"),
        ("bad-guys", "worse-guys"),
        ("#1", "#2"),
    ],
)
def test_outside_the_scope_is_like_nothing(world: CleanmailWorld, there: str, nowhere: str) -> None:
    add_rule(world, "bad-guys.example")
    narrow = world.sign_in("support", scopes=ELSEWHERE)
    for place in ("/search/", "/search/below"):
        pages = [narrow.get(place, query_string={"q": text}) for text in (there, nowhere)]
        assert [page.status_code for page in pages] == [200, 200]
        assert pages[0].text.replace(there, "?").replace("%23", "#").count("gh-hit") == pages[1].text.replace(
            nowhere, "?"
        ).count("gh-hit")
        assert "Cm filter" not in pages[0].text and f"{CM}<" not in pages[0].text


def test_the_list_below_the_box_is_short_and_asks_nobody(world: CleanmailWorld) -> None:
    answer = world.sign_in("support").get("/search/below?q=nord")
    assert answer.status_code == 200 and "<html" not in answer.text
    assert 0 < answer.text.count('class="gh-hit"') <= 12
    assert world.sign_in("support").get("/search/below?q=n").text.strip() == ""
    assert world.upstream_calls() == 0


@pytest.mark.parametrize("text", ["", "  ", "#", "@", "'\"%_*[", "a" * 3000, "<>", "\u202ex", "#999999999"])
def test_nonsense_finds_nothing_and_breaks_nothing(world: CleanmailWorld, text: str) -> None:
    assert world.sign_in("support").get("/search/", query_string={"q": text}).status_code == 200


# --- what a sync reads for it ---


def test_a_sync_lists_the_mailboxes_and_not_each_time(world: CleanmailWorld) -> None:
    connection = world.wired.connections.get(ADMIN, CM)
    log = world.sandbox.calls["cleanmail"]
    world.wired.beside.read(connection)
    assert "listUsers" not in log.names(), "they were listed just before"
    world.wired.beside.read_mailboxes(connection, now=True)
    assert set(log.names()) == {"listUsers"}
    users = [row for row in world.records.every("users") if row.get("email")]
    assert len(find_all(world)) == len(users)


def test_a_mailbox_that_is_gone_is_forgotten_and_a_failure_forgets_none(world: CleanmailWorld) -> None:
    book, connection = world.wired.mailboxes, world.wired.connections.get(ADMIN, CM)
    book.put(CM, [(HOME, f"old@{HOME}")], book.read_at(CM))
    world.fault("5xx", "listUsers", upstream="cleanmail")
    world.wired.beside.read(connection)
    assert book.named(ADMIN, f"old@{HOME}") and book.named(ADMIN, BOX)
    world.all_well()
    world.wired.beside.read_mailboxes(connection, now=True)
    assert not book.named(ADMIN, f"old@{HOME}") and book.named(ADMIN, BOX)


def test_a_mailbox_that_was_added_or_removed_here_is_known_at_once(world: CleanmailWorld) -> None:
    values = {"email": f"new@{HOME}", "status": "ENABLED"}
    base = {"connection": CM, "kind": "mailboxes", "domain": HOME}
    executor = world.wired.executor
    with world.app.app_context():
        wish = parse(ActOnResource, {**base, "action": "add", "values": values})
        executor.execute(ADMIN, wish, request_key="a").raise_if_nothing_done()
        assert find(world, f"new@{HOME}").only is not None
        wish = parse(ActOnResource, {**base, "action": "remove", "key": f"new@{HOME}"})
        executor.execute(ADMIN, wish, request_key="b").raise_if_nothing_done()
    assert find(world, f"new@{HOME}").only is None


def find_all(world: CleanmailWorld) -> list:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return [row for letter in letters for row in world.wired.mailboxes.find(ADMIN, letter, 10_000)]


def test_the_panels_without_such_a_list_are_left_alone(world: CleanmailWorld) -> None:
    for key in (OLS, SE):
        world.wired.beside.read_mailboxes(world.wired.connections.get(ADMIN, key), now=True)
        assert world.wired.mailboxes.read_at(key) is None
