"""Message search of the Control Panel on its page, over REST and on the command line."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from app.core.actor import Scope, ScopeKind
from tests.features.hornetsecurity_world import HS

FIRST, SECOND = "kontor-hansen.example", "praxis-am-deich.example"


def test_the_page_offers_every_field_and_narrows_by_it(world):
    admin = world.sign_in()
    page = admin.get(f"/quarantine/list/log?domain={FIRST}").text
    assert "Further fields of Hornetsecurity" in page and "Checksum of an attachment" in page
    few = admin.get(f"/quarantine/list/log?domain={FIRST}&f.source_ip=203.0.113.&f.size=> 1 MB").text
    assert "2 in use" in few and 'value="&gt; 1 MB"' in few and "<details" in few.split("Further fields")[0]
    assert few.count('<td class="text-nowrap">') < page.count('<td class="text-nowrap">')


def test_a_day_and_words_narrow_the_log(world):
    admin = world.sign_in()
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    page = admin.get(f"/quarantine/list/log?domain={FIRST}&since={day}&until={day}&text=invoice").text
    assert "Invoice" in page and f'value="{day}"' in page and "Words anywhere" in page
    body = world.sandbox.calls["hornetsecurity"].names()
    assert body.count("POST /emails/_search/") == 1


def test_a_field_that_makes_no_sense_is_said_before_anything_is_sent(world):
    admin = world.sign_in()
    for asked, says in (("f.size=huge", "Larger, smaller or exactly"), ("f.nonsense=1", "What can be named")):
        page = admin.get(f"/quarantine/list/log?domain={FIRST}&{asked}")
        assert page.status_code == 422 and says in page.text
    assert world.upstream_calls() == 0


def test_without_a_domain_the_whole_account_is_searched(world):
    page = world.sign_in().get("/quarantine/list/log").text
    assert FIRST in page and SECOND in page and "10,000" in page


def test_who_sees_one_domain_only_searches_that_one(world):
    only = world.sign_in("operator", scopes=(Scope(ScopeKind.DOMAIN, FIRST),))
    assert SECOND not in only.get("/quarantine/list/log").text and world.upstream_calls() == 0
    assert "In quarantine" in only.get(f"/quarantine/?domain={FIRST}").text


def test_rest_and_the_command_line_take_the_same_fields(world):
    api = world.api()
    asked = f"/messages/log?domain={FIRST}&size=3"
    both = {"attachments": ".exe", "size": "> 1 KB"}
    everything = api("GET", asked).json["answers"][0]["total"]
    few = api("GET", f"{asked}&fields={quote(json.dumps(both))}").json
    assert 0 < few["answers"][0]["total"] < everything and few["answers"][0]["ignored"] == []
    for wrong in ('{"nonsense": "1"}', '{"size": 5}', "[]", "size"):
        assert api("GET", f"{asked}&fields={quote(wrong)}").status_code == 422
    done = world.run("mail", "find", "log", "--domain", FIRST, "--field", "attachments=.exe", "--json")
    assert 0 < len(json.loads(done.stdout)) <= 50
    assert world.run("mail", "find", "log", "--domain", FIRST, "--field", "size=5").exit_code != 0


LINK = "POST /emails/preview/link/"


def archived(world, archived="yes"):
    asked = quote(json.dumps({"is_archived": archived}))
    [found] = world.api()("GET", f"/messages/log?domain={FIRST}&size=1&fields={asked}").json["items"]
    return found


def address(message):
    return "/quarantine/{connection}/{domain}/{source}/{ref}".format(**message)


def links_made(world):
    return world.sandbox.calls["hornetsecurity"].names().count(LINK)


def test_one_reading_makes_one_link_and_it_stands_in_the_journal(world):
    admin, message = world.sign_in(), archived(world)
    assert "a link to the message is made upstream" in admin.get(address(message)).text
    shown = admin.send(address(message), {"reason": "ticket 4711"})
    page = admin.get(shown.location)
    frame = re.search(r'<iframe[^>]*src="([^"]+)"', page.text).group(1).replace("&amp;", "&")
    assert admin.get(frame).status_code == 200 and links_made(world) == 1
    [line] = world.changes()
    assert line.step.verb == "mail.view" and line.step.args == {"reason": "ticket 4711"}
    assert "holds once" in line.step.after["link"] and line.state == "done"


def test_a_reading_later_is_another_line_with_the_same_reason(world, monkeypatch):
    admin, message = world.sign_in(), archived(world)
    shown = admin.send(address(message), {"reason": "ticket 4711"}).location
    monkeypatch.setattr("app.operations.opened.SECONDS", -1)
    world.wired.mail._opened._kept.clear()
    assert admin.get(shown).status_code == 200
    lines = world.changes()
    assert (
        [line.step.args["reason"] for line in lines]
        == ["ticket 4711"] * 2
        == ["ticket 4711"] * links_made(world)
    )


def test_nobody_reads_what_another_person_opened(world):
    message = archived(world)
    path = "/messages/{connection}/{domain}/{source}/{ref}/body?reason=x".format(**message)
    assert world.api()("GET", path).json["html"] and links_made(world) == 1
    assert world.api(email="b@gatehouse.example")("GET", path).json["html"] and links_made(world) == 2
    assert world.api("support", email="s@gatehouse.example")("GET", path).status_code == 403
    assert len(world.changes()) == 2


def test_a_link_whose_making_nobody_confirmed_is_unknown_in_the_journal(world):
    message = archived(world)
    world.fault("hangup", LINK, upstream="hornetsecurity")
    path = "/messages/{connection}/{domain}/{source}/{ref}/body?reason=x".format(**message)
    assert world.api()("GET", path).status_code >= 400
    assert [line.state for line in world.changes()] == ["unknown"]


def test_what_is_not_archived_leaves_no_link(world):
    message = archived(world, "no")
    shown = world.sign_in().send(address(message), {"reason": "x"})
    assert shown.status_code == 409 and links_made(world) == 0 and world.changes() == []


# --- what else is done with a message ---

M365 = "lighthouse-legal.example"


def one(world, **asked):
    text = "&".join(f"{name}={value}" for name, value in {"domain": FIRST, "size": 1, **asked}.items())
    return world.api()("GET", f"/messages/log?{text}").json["items"][0]


def test_every_further_action_goes_by_page_rest_and_shell(world):
    message = one(world, message_class="clean")
    path = "/messages/{connection}/{domain}/{source}/{ref}".format(**message)
    names = [action["name"] for action in world.api()("GET", path).json["further_actions"]]
    assert {"mark_spam", "mark_info", "mark_private", "send_to_admin", "send_to_support"} < set(names)
    done = world.api()("POST", f"{path}/actions/mark_private", json={"reason": "asked for"})
    assert done.status_code == 200 and done.json["steps"][0]["verb"] == "mail.act"
    assert world.api()("POST", f"{path}/actions/nonsense", json={}).status_code == 404
    assert (
        world.api("auditor", email="au@gatehouse.example")(
            "POST", f"{path}/actions/mark_spam", json={}
        ).status_code
        == 403
    )
    named = [HS, FIRST, "log", message["ref"]]
    assert "mark_not_private" in world.run("mail", "show", *named).stdout
    assert world.run("mail", "do", "mark_not_private", *named, "--reason", "x").exit_code == 0
    assert world.run("mail", "do", "nonsense", *named).exit_code != 0
    assert [line.step.args["action"] for line in world.changes()] == ["mark_not_private", "mark_private"]


def test_what_takes_something_away_is_asked_about_first(world):
    admin, message = world.sign_in(), one(world, domain=M365, message_class="clean")
    page = admin.get(address(message)).text
    value = re.search(
        r'name="selected" value="([^"]+)"', page.split("Remove from the mailbox")[0].split("<form")[-1]
    )
    asked = admin.send("/quarantine/action/remove_delivered", {"selected": value.group(1)})
    assert "Nobody can bring it back" in asked.text and world.changes() == []
    sure = {"selected": value.group(1), "sure": "yes", "reason": "phishing after all"}
    assert admin.send("/quarantine/action/remove_delivered", sure).status_code == 303
    assert world.changes()[0].step.args["action"] == "remove_delivered"
    support = world.sign_in("support", email="s@gatehouse.example")
    assert support.send("/quarantine/action/remove_delivered", sure).status_code == 403
