"""What support does straight from the look-up: release, allow for some days, block, with a result per message."""

from __future__ import annotations

from app.core.commands import AddRules, parse
from app.core.messages import MailQuery, MailSource
from app.core.ports import JobState
from app.features.quarantine.forms import unpacked
from app.features.rules.service import RuleService
from tests.features.cleanmail_world import CM, SE, CleanmailWorld
from tests.features.page import Page, see, submit
from tests.features.world import ADMIN, HOME

BOX = "bjorn.yildiz@nordwind.example"
ASKED = f"/lookup/?to={BOX}&days=30"


def held(world: CleanmailWorld, key: str = CM) -> list:
    """What is held for the mailbox on a connection."""
    connection = world.wired.connections.get(ADMIN, key)
    query = MailQuery(MailSource.QUARANTINE, HOME, mailbox=BOX if key == CM else "", size=50)
    return list(world.wired.pool.driver(connection).search_quarantine(query).rows)


def answer(browser, key: str = CM, asked: str = ASKED) -> Page:
    """What one connection says, with its buttons."""
    return see(browser, asked.replace("/lookup/?", f"/lookup/answer?connection={key}&domain={HOME}&"))


def values(page: Page) -> list[str]:
    """The messages of the quarantine that can be ticked."""
    return [form.value("selected") for form in page.forms if ("action", "release") in form.fields]


def verbs(world: CleanmailWorld) -> list[str]:
    return [change.step.verb.value for change in reversed(world.changes())]


def test_a_row_is_released_and_leads_back_to_the_look_up(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    page = answer(support)
    assert "Preview" in page.text and "Read from Cm filter in" in page.text
    done = support.send("/quarantine/act", data=dict(page.form("action", "release").fields))
    assert done.status_code == 303 and done.location.startswith("/lookup/?") and "days=30" in done.location
    assert verbs(world) == ["mail.release"]


def test_support_allows_for_days_and_no_longer(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    value = values(answer(support))[0]
    page = Page(support.send("/quarantine/act", data={"action": "release_allow", "selected": value}))
    form = page.form("days")
    assert form.value("days") == "14" and "1 to 30 days" in page.text
    for days in ("", "31"):
        refused = submit(support, form, days=days)
        assert refused.status == 422 and "30 days" in refused.text
    assert verbs(world) == []
    assert submit(support, form).status == 200
    assert verbs(world) == ["rule.add", "mail.release"]
    rule = world.changes()[1].step.after["rules"][0]
    assert rule["action"] == "allow" and rule["expires"]


def test_support_blocks_the_sender_of_several_with_one_rule_each(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    chosen = values(answer(support))[:3]
    senders = {row.sender for row in held(world)}
    data = {"action": "block", "selected": chosen, "sure": "yes", "days": "7", "reason": "ticket 9"}
    assert support.send("/quarantine/act", data=data).status_code == 303
    assert world.work() == [JobState.DONE]
    patterns = [change.step.after["rules"][0]["pattern"] for change in world.changes()]
    assert patterns and len(patterns) == len(set(patterns)) and set(patterns) <= senders
    assert set(verbs(world)) == {"rule.add"}
    assert {(change.command or {})["reason"] for change in world.changes()} == {"ticket 9"}


def test_several_are_released_and_their_senders_allowed_with_a_result_each(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    chosen = [value for value in values(answer(support)) if not unpacked(value).infected][:2]
    data = {"action": "release_allow", "selected": chosen, "sure": "yes", "days": "14", "reason": "why"}
    answered = support.send("/quarantine/act", data=data | {"next": "/lookup/?to=x"})
    assert answered.location == "/lookup/?to=x"
    assert world.work() == [JobState.PARTIAL]
    items = {item.subject: item for item in world.wired.jobs.items(1)}
    assert verbs(world).count("mail.release") == 2 and verbs(world).count("rule.add") == 1
    assert {(change.command or {})["reason"] for change in world.changes()} == {"why"}
    assert items["Allow: first@elsewhere.example.net"].state == "done"
    known = items["Allow: orders@supplier.example.com"]
    assert known.state == "failed" and "such a rule" in str(known.result), (
        "it was allowed before, where SPF passes"
    )


def test_who_is_allowed_for_good_already_is_released_all_the_same(world: CleanmailWorld) -> None:
    support, sender = world.sign_in("support"), "first@elsewhere.example.net"
    value = next(v for v in values(answer(support)) if unpacked(v).sender == sender)
    rule = {"action": "allow", "pattern": sender}
    wish = parse(AddRules, {"connection": CM, "domain": HOME, "rules": [rule]})
    with world.app.app_context():
        world.service(RuleService)[0].change(ADMIN, wish, "k")
    data = {"action": "release_allow", "selected": value, "sure": "yes", "days": "14"}
    assert support.send("/quarantine/act", data=data).status_code == 303
    assert verbs(world) == ["rule.add", "mail.release"]


def test_where_rules_do_not_expire_support_releases_only(world: CleanmailWorld) -> None:
    message = next(one for one in held(world, SE) if one.mail_class.value == "spam")
    asked = f"/lookup/?to={message.recipients[0]}&days=30"
    support, operator = (answer(world.sign_in(role), SE, asked) for role in ("support", "operator"))
    words = {"Release and allow the sender…", "Block the sender…"}
    assert not any(word in support.text for word in words) and all(word in operator.text for word in words)
    value = values(support)[0]
    for action in ("release_allow", "block"):
        data = {"action": action, "selected": [value, value], "sure": "yes"}
        refused = world.sign_in("support").send("/quarantine/act", data=data)
        assert refused.status_code in (403, 409, 422), action
    assert verbs(world) == []


def test_who_may_not_release_sees_no_buttons(world: CleanmailWorld) -> None:
    page = answer(world.sign_in("auditor"))
    assert not any(form.action == "/quarantine/act" for form in page.forms)


def test_a_foreign_way_back_is_not_taken(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    fields = dict(answer(support).form("action", "release").fields)
    done = support.send("/quarantine/act", data=fields | {"next": "https://evil.example/"})
    assert done.status_code == 303 and done.location.startswith("/quarantine/")
