"""The pages of messages: lists over several connections, one message, its body in a frame, and what is done with them."""

import re

import pytest

from app.core.messages import MailQuery, MailSource
from tests.features.world import HOME, ONLY_NORDWIND, SE


def held(world, key=SE, **asks):
    driver = world.wired.pool.driver(world.wired.connections.get(world_admin(), key))
    return driver.search_quarantine(MailQuery(MailSource.QUARANTINE, domain=HOME, **asks)).rows


def world_admin():
    from tests.features.world import ADMIN

    return ADMIN


def address(item, key=SE, more=""):
    mail = item.key
    return f"/quarantine/{key}/{mail.domain}/{mail.source.value}/{mail.ref}{more}"


def value_of(page, title):
    found = re.search(rf'name="selected" value="([^"]+)"[^>]*{re.escape(title[:20])}', page)
    assert found, title
    return found.group(1)


def hidden(page, name):
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', page).group(1)


def test_the_start_asks_for_a_domain(admin, world):
    page = admin.get("/quarantine/").text
    assert "Name a domain or an address" in page and "It is searched domain by domain" not in page
    assert world.upstream_calls() == 0


def test_a_domain_is_searched_on_every_connection_by_one_call_each(admin, world):
    page = admin.get(f"/quarantine/?domain={HOME}").text
    assert "Se filter" in page and "Twin filter" in page and "In quarantine" in page
    assert world.calls.names() == ["api_find_messages"] * 2


def test_one_of_two_hangs(admin, world):
    world.fault("html", "api_find_messages", count=1)
    page = admin.get(f"/quarantine/?domain={HOME}").text
    assert "1 of 2 sources answered." in page and "In quarantine" in page


@pytest.mark.parametrize("source", ["log", "queue"])
def test_the_other_lists(admin, source):
    page = admin.get(f"/quarantine/list/{source}?domain={HOME}&connection={SE}")
    assert page.status_code == 200 and "Twin filter</td>" not in page.text.split("Who can be asked")[0]
    assert admin.get("/quarantine/list/nonsense").status_code == 404


def test_the_queue_of_a_whole_connection(admin, world):
    page = admin.get("/quarantine/list/queue").text
    assert "Waiting in the queue" in page and world.calls.names() == ["api_get_delivery_queue"] * 2


def test_what_is_asked_wrongly_is_said(admin, world):
    for query in ("since=tomorrow", "domain=a..b", "since=2026-02-02&until=2026-01-01"):
        answer = admin.get(f"/quarantine/?{query}")
        assert answer.status_code == 422, query
    assert world.upstream_calls() == 0


def test_outside_the_scope_nothing_is_there(world):
    other = world.sign_in("operator", scopes=ONLY_NORDWIND)
    page = other.get("/quarantine/?domain=harbourbikes.example").text
    assert "No connection that you see serves harbourbikes.example" in page
    item = held(world)[0]
    assert other.get(address(item)).status_code == 200
    elsewhere = address(item).replace(HOME, "harbourbikes.example")
    assert other.get(elsewhere).status_code == 404 == other.get(address(item) + "x").status_code


def test_a_message_is_opened_with_a_reason_and_shown_in_a_frame(admin, world):
    item = next(one for one in held(world, size=200) if one.mail_class == "phishing")
    page = admin.get(address(item)).text
    assert "Message-ID" in page and "<iframe" not in page
    answer = admin.send(address(item), data={"reason": "ticket 17"})
    assert answer.status_code == 303, answer.text
    change = world.changes()[0]
    assert change.step.verb == "mail.view" and change.step.args == {"reason": "ticket 17"}
    shown = admin.get(answer.location).text
    frame = re.search(r'<iframe[^>]* src="([^"]+)"[^>]*sandbox=""', shown).group(1).replace("&amp;", "&")
    body = admin.get(frame)
    assert body.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<form" not in body.text and "<script" not in body.text and "href=" not in body.text
    assert "198.51.100.23/login" in shown, "where the link leads is told"
    assert len(world.changes()) == 1


def test_without_the_ticket_there_is_no_body(admin, world):
    item = held(world)[0]
    assert admin.get(address(item, more="/body")).status_code == 404
    assert admin.get(address(item, more="/preview")).location == address(item)
    ticket = admin.send(address(item), data={}).location.partition("ticket=")[2]
    other = held(world)[1]
    assert admin.get(address(other, more=f"/body?ticket={ticket}")).status_code == 404
    assert (
        world.sign_in("admin", email="b@example.org")
        .get(address(item, more=f"/body?ticket={ticket}"))
        .status_code
        == 404
    )


def test_an_attachment_is_a_download_of_bytes_and_in_the_journal(admin, world):
    item = next(one for one in held(world, size=200) if one.mail_class == "virus")
    opened = admin.get(admin.send(address(item), data={"reason": "why"}).location).text
    link = re.search(r'href="([^"]+/files/[^"]+)">', opened).group(1).replace("&amp;", "&")
    answer = admin.get(link)
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    change = world.changes()[0]
    assert change.step.verb == "mail.download" and change.step.after["reason"] == "why"
    source = admin.get(re.search(r'href="([^"]+/source\?[^"]+)"', opened).group(1).replace("&amp;", "&"))
    assert b"Received:" in source.data


def test_support_sees_headers_and_releases_but_reads_no_body(world):
    support = world.sign_in("support")
    item = held(world)[0]
    page = support.get(address(item)).text
    assert "Your role may not read the body" in page and "Release" in page
    assert support.send(address(item), data={}).status_code == 403
    assert world.sign_in("auditor").get("/quarantine/").status_code == 403


def test_one_message_is_released(admin, world):
    item = next(one for one in held(world, size=200) if one.mail_class == "spam")
    page = admin.get(address(item)).text
    answer = admin.send("/quarantine/act", data={"action": "release", "selected": hidden(page, "selected")})
    assert answer.status_code == 303, answer.text
    assert world.changes()[0].step.verb == "mail.release" and world.changes()[0].state == "done"
    assert item.key.ref not in [one.key.ref for one in held(world, size=200)]
    assert "Released" in admin.get(answer.location).text
    again = admin.send("/quarantine/act", data={"action": "release", "selected": hidden(page, "selected")})
    assert again.status_code == 303 and len(world.changes()) == 1


def test_a_virus_needs_the_word(admin, world):
    item = next(one for one in held(world, size=200) if one.mail_class == "virus")
    value = hidden(admin.get(address(item)).text, "selected")
    asked = admin.send("/quarantine/act", data={"action": "release", "selected": value})
    assert (
        asked.status_code == 200 and "A virus or a dangerous attachment" in asked.text and not world.changes()
    )
    sure = {"action": "release", "selected": value, "sure": "yes"}
    assert admin.send("/quarantine/act", data=sure).status_code == 422 and not world.changes()
    assert admin.send("/quarantine/act", data={**sure, "confirm_virus": "y"}).status_code == 303
    assert world.changes()[0].state == "done"


def test_many_are_deleted_by_a_job_after_a_question(admin, world):
    page = admin.get(f"/quarantine/?domain={HOME}&connection={SE}").text
    values = re.findall(r'name="selected" value="([^"]+)"', page)[:3]
    asked = admin.send("/quarantine/act", data={"action": "delete", "selected": values})
    assert "keeps no copy" in asked.text and not world.wired.jobs.unfinished()
    before = len(held(world, size=200))
    answer = admin.send("/quarantine/act", data={"action": "delete", "selected": values, "sure": "yes"})
    assert answer.status_code == 303
    world.work()
    assert len(held(world, size=200)) == before - 3
    assert [c.step.verb for c in world.changes()] == ["mail.delete"] * 3


def test_release_and_allow_is_a_rule_and_a_release(admin, world):
    item = next(one for one in held(world, size=200) if one.mail_class == "spam")
    value = hidden(admin.get(address(item)).text, "selected")
    data = {"action": "release_allow", "selected": value, "sure": "yes"}
    wrong = admin.send("/quarantine/act", data={**data, "days": "14"})
    assert "do not expire" in wrong.text and not world.changes()
    assert admin.send("/quarantine/act", data=data).status_code == 303
    assert [c.step.verb for c in world.changes()] == ["mail.release", "rule.add"]


def test_a_waiting_message_is_removed(admin, world):
    page = admin.get(f"/quarantine/list/queue?connection={SE}").text
    value = re.findall(r'name="selected" value="([^"]+)"', page)[0]
    data = {"action": "unqueue", "selected": value, "sure": "yes"}
    assert admin.send("/quarantine/act", data=data).status_code == 303
    assert world.changes()[0].step.verb == "mail.unqueue"


def test_nonsense_is_no_action(admin, world):
    page = admin.get(f"/quarantine/?domain={HOME}").text
    value = re.findall(r'name="selected" value="([^"]+)"', page)[0]
    for data in ({"action": "retry", "selected": value}, {"action": "release", "selected": "x"}):
        assert admin.send("/quarantine/act", data=data).status_code == 404
    assert admin.send("/quarantine/act", data={"action": "release"}).status_code == 422
    assert not world.changes()


def test_the_export_is_what_is_shown(admin):
    answer = admin.get(f"/quarantine/export/quarantine.csv?domain={HOME}&connection={SE}")
    lines = answer.text.splitlines()
    assert lines[0].startswith("connection,domain,time") and len(lines) > 5
    assert admin.get("/quarantine/export/quarantine.pdf").status_code == 404


def test_hostile_mail_is_shown_as_far_as_it_goes(admin, world):
    page = admin.get(f"/quarantine/?domain=harbourbikes.example&sender=hostile&connection={SE}").text
    links = list(dict.fromkeys(re.findall(r'href="(/quarantine/se/[^"]+)"', page)))
    assert len(links) == 5 and "\u202e" not in page
    for link in links:
        answer = admin.get(admin.send(link, {"reason": "look"}).location)
        assert answer.status_code == 200 and "\u202e" not in answer.text and len(answer.text) < 400_000
        frame = re.search(r'<iframe[^>]* src="([^"]+)"', answer.text).group(1).replace("&amp;", "&")
        assert admin.get(frame).status_code == 200
        for file in re.findall(r'href="([^"]+/files/[^"]+)">', answer.text):
            name = admin.get(file.replace("&amp;", "&")).headers["Content-Disposition"]
            assert "/" not in name.partition("filename")[2].replace("UTF-8''", "") and ".." not in name
