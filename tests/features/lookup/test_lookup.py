"""The look-up: every connection that serves the recipient is asked, what is outside the scope looks like nothing."""

from __future__ import annotations

import re

import pytest

from app.core.actor import Role, Scope, ScopeKind
from app.core.errors import Invalid
from app.features.lookup.service import LookupService, Question
from tests.features.cleanmail_world import CM, SE
from tests.features.world import ADMIN, HOME, actor

ALIAS = "nordwind.test"
ASKED = f"/lookup/?from=spam@deadguys.fr&to=nobody@{ALIAS}"


def lookup(world) -> LookupService:
    return world.service(LookupService)[0]


def targets(found) -> list[tuple[str, str]]:
    return [(target.connection.key, target.row.name) for target in found.targets]


def test_the_connections_that_serve_the_recipient_are_found_by_the_alias(world):
    with world.app.app_context():
        found = lookup(world).find(ADMIN, Question(f"Anna@{ALIAS}"))
    assert {(CM, HOME), (SE, HOME)} <= set(targets(found))
    assert all(target.address == f"anna@{HOME}" for target in found.targets)


def test_outside_the_scope_is_like_nothing_at_all(world):
    narrow = {"scopes": (Scope(ScopeKind.DOMAIN, "other.example"),)}
    browser = world.sign_in("support", **narrow)
    pages = [browser.get(f"/lookup/?to=anna@{name}&wait=1") for name in (HOME, "does-not-exist.example")]
    texts = [
        re.sub(r"anna@[a-z.-]+", "", re.sub(r"csrf[^>]*>|X-CSRFToken[^>]*>", "", page.text)) for page in pages
    ]
    assert [page.status_code for page in pages] == [200, 200] and texts[0] == texts[1]
    part = "/lookup/answer?to=anna@{0}&connection=cm&domain={0}"
    answers = [browser.get(part.format(name)) for name in (HOME, "does-not-exist.example")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert world.sandbox.calls["cleanmail"].names() == [] and world.calls.names() == []


def test_the_page_asks_part_by_part_and_without_script_all_at_once(world):
    browser = world.sign_in("support")
    page = browser.get(ASKED)
    parts = re.findall(r'hx-get="(/lookup/answer[^"]+)"', page.text)
    assert page.status_code == 200 and len(parts) >= 2
    assert 'http-equiv="refresh"' in page.text and world.calls.names() == []
    for part in parts:
        answer = browser.get(part.replace("&amp;", "&"))
        assert answer.status_code == 200 and "What would happen to a new message" in answer.text
        assert 'data-answer="yes"' in answer.text
    whole = browser.get(ASKED + "&wait=1")
    assert f"{len(parts)} of {len(parts)} sources answered" in whole.text
    assert f"{ALIAS} is an alias of {HOME}" in whole.text and 'hx-trigger="load' not in whole.text


def test_a_source_that_is_down_is_said_with_its_reason(world):
    browser = world.sign_in("support")
    count = len(re.findall(r'hx-get="/lookup/answer', browser.get(ASKED).text))
    world.fault("refuse", upstream="spamexperts")
    page = browser.get(ASKED + "&wait=1")
    assert page.status_code == 200
    assert f"{count - 1} of {count} sources answered" in page.text and 'data-answer="no"' in page.text


def test_the_way_names_the_rule_that_decides(world):
    from app.core.commands import AddRules, parse
    from app.features.rules.service import RuleService

    rule = {"action": "block", "pattern": "deadguys.fr", "note": "ticket 7"}
    wish = parse(AddRules, {"connection": CM, "domain": HOME, "rules": [rule]})
    with world.app.app_context():
        world.service(RuleService)[0].change(ADMIN, wish, "k")
    page = world.sign_in("support").get(ASKED + "&wait=1")
    assert "Blocked by a rule of the domain" in page.text and "ends here" in page.text
    assert "ticket 7" in page.text and f"/rules/{CM}/{HOME}" in page.text


@pytest.mark.parametrize(
    ("query", "said"), [("to=nobody", "not a mail address"), (f"to=a@{HOME}&from=a b", "")]
)
def test_what_cannot_be_asked_is_said_on_its_field(world, query, said):
    page = world.sign_in("support").get(f"/lookup/?{query}")
    assert page.status_code == 422 and "invalid-feedback" in page.text and said in page.text


def test_a_period_that_does_not_exist(world):
    with world.app.app_context(), pytest.raises(Invalid):
        lookup(world).find(ADMIN, Question(f"a@{HOME}", days="999"))


def test_pasted_headers_ask_the_question(world):
    headers = (
        "Received: from <script>x</script> by mx; Sun, 1 Nov 2026 09:00:00 +0000\n"
        f"From: The <the@deadguys.fr>\nTo: nobody@{ALIAS}\nSubject: <b>Invoice</b>\nMessage-ID: <a@b>\n"
    )
    page = world.sign_in("support").send("/lookup/", {"headers": headers})
    assert page.status_code == 200 and "&lt;b&gt;Invoice" in page.text and "<script>x" not in page.text
    assert 'value="the@deadguys.fr"' in page.text and f'value="nobody@{ALIAS}"' in page.text
    empty = world.sign_in("support").send("/lookup/", {"headers": "nothing at all"})
    assert empty.status_code == 422


def test_the_ticket_holds_both_times_and_escapes_markdown(world):
    page = world.sign_in("support").get(f"/lookup/ticket?from=spam@deadguys.fr&to=nobody@{ALIAS}&subject=*x*")
    assert page.status_code == 200 and " UTC (" in page.text
    assert "\\*x\\*" in page.text and "data-copy" in page.text


def test_rest_and_command(world):
    answer = world.api("support")("GET", f"/lookup?to=nobody@{ALIAS}&sender=deadguys.fr&score=99").get_json()
    assert answer["answered"] == len(answer["sources"]) >= 2
    assert {step["kind"] for step in answer["sources"][0]["steps"]} >= {"alias", "sender"}
    assert world.api("support")("GET", "/lookup?to=x").status_code == 422
    shown = world.run("lookup", f"nobody@{ALIAS}", "--from", "deadguys.fr", "--markdown")
    assert shown.exit_code == 0 and shown.output.startswith("## Where is the mail?")
    assert world.run("lookup", "x").exit_code == 2


def test_who_may_not_see_messages_asks_for_none(world):
    with world.app.app_context():
        found = lookup(world).ask_all(actor(Role.AUDITOR), Question(f"nobody@{ALIAS}"))
    assert all(not answer.mails for answer in found.answers) and found.answered


def test_messages_lead_to_their_page_and_can_be_chosen(world):
    message = next(
        item
        for item in found_mails(world)
        if item.mail_class.value == "spam" and item.key.source.value == "quarantine"
    )
    to = message.recipients[0]
    support, auditor = world.sign_in("support"), world.sign_in("auditor")
    page = support.get(f"/lookup/?to={to}&days=30&wait=1")
    assert page.status_code == 200 and 'name="selected"' in page.text and "/quarantine/act" in page.text
    link = re.search(rf'href="(/quarantine/{SE}/[^"]+/quarantine/[^"]+)"', page.text)
    assert link and support.get(link.group(1).replace("&amp;", "&")).status_code == 200
    assert 'name="selected"' not in auditor.get(f"/lookup/?to={to}&days=30&wait=1").text


def found_mails(world):
    from app.core.messages import MailQuery, MailSource

    connection = next(c for c in world.wired.connections.visible(ADMIN) if c.key == SE)
    driver = world.wired.pool.driver(connection)
    return driver.search_quarantine(MailQuery(MailSource.QUARANTINE, HOME, size=100)).rows
