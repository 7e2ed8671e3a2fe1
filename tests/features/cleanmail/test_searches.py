"""A search over all mailboxes of a domain: a job that tells how far it is, shows what it finds, stops and goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core.mail_searches import MOST_OF_BOX
from app.core.ports import ItemState
from app.features.quarantine.searches import Boxes, BoxSearchService
from app.operations import mail_searches
from app.storage import mail_searches as stored
from app.wiring import now
from tests.browser import Browser
from tests.features.cleanmail_world import CM, CleanmailWorld
from tests.features.page import Page, see, submit
from tests.features.world import ONLY_NORDWIND

HOME = "nordwind.example"
LIST = f"/quarantine/?domain={HOME}&connection={CM}"


def messages_of(world: CleanmailWorld, name: str = HOME) -> int:
    """How many messages all mailboxes of a domain hold."""
    boxes = world.records.owned("users", world.domain(name)["id"])
    folders = world.records.table("folders")
    return sum(
        len(world.records.owned("messages", f"{box['id']}/{path}"))
        for box in boxes
        for path in folders.get(box["id"], ())
    )


def started(browser: Browser, more: str = "") -> str:
    """Starts a search from the list, and returns the address of its page."""
    form = see(browser, LIST + more).form_to("/quarantine/searches")
    answer = browser.post(form.action, data=form.sent())
    assert answer.status_code == 303, answer.text[:400]
    return str(answer.location)


def number(path: str) -> int:
    return int(path.rpartition("/")[2])


def press(browser: Browser, page: Page, what: str) -> Page:
    return submit(browser, next(form for form in page.forms if form.action.endswith(f"/{what}")))


def asked(world: CleanmailWorld, call: str) -> int:
    return world.sandbox.calls["cleanmail"].names().count(call)


def test_all_mailboxes_are_read_and_every_message_is_found(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    path = started(support)
    page = see(support, path)
    assert "Reading the list of mailboxes." in page.text and 'http-equiv="refresh"' in page.html
    assert 'hx-trigger="every' in page.html
    world.sandbox.calls["cleanmail"].clear()
    world.work(number(path))
    page = see(support, path)
    assert "4 of 4 mailboxes read." in page.text and 'http-equiv="refresh"' not in page.html
    assert f"{messages_of(world)} messages found" in page.text and 'hx-trigger="every' not in page.html
    assert page.html.count('name="selected"') == messages_of(world)
    assert asked(world, "listDomainUsers") == 1 and asked(world, "getFolders") == 4
    kept = [row.item for row in all_rows(world)]
    assert kept and not {"body", "source", "html", "headers"} & {name for item in kept for name in item}


def all_rows(world: CleanmailWorld) -> list[Any]:
    with world.wired.database.session() as session:
        return list(session.execute(stored.mail_found.select()))


def test_what_is_looked_for_narrows_every_mailbox(world: CleanmailWorld, operator: Browser) -> None:
    path = started(operator, "&folder=Spam&sender=claim@")
    world.work(number(path))
    page = see(operator, path)
    assert "From “claim@”" in page.text and "Folder “Spam”" in page.text
    spam = [m for m in world.records.every("messages") if m["of"].endswith("/Spam") and "claim@" in m["from"]]
    mine = {user["id"] for user in world.records.owned("users", world.domain(HOME)["id"])}
    wanted = sum(message["of"].partition("/")[0] in mine for message in spam)
    assert wanted and f"{wanted} messages found" in page.text
    again = next(link for link in page.links if "sender=claim" in link)
    assert "folder=Spam" in again and see(operator, again).status == 200


def test_a_mailbox_that_does_not_answer_is_said_and_ends_nothing(
    world: CleanmailWorld, operator: Browser
) -> None:
    path = started(operator)
    world.fault("5xx", "getFolders", upstream="cleanmail", status=500, count=1)
    world.wired.worker._threads = 1
    world.work(number(path))
    page = see(operator, path)
    assert "3 of 4 mailboxes read; 1 did not answer." in page.text and "done, with gaps" in page.text
    assert "Mailboxes that did not answer" in page.text
    press(operator, page, "retry")
    world.work(number(path))
    page = see(operator, path)
    assert "4 of 4 mailboxes read." in page.text and f"{messages_of(world)} messages found" in page.text
    assert all(form.action != f"{path}/retry" for form in page.forms)


def test_it_stops_shows_what_it_has_and_goes_on(
    world: CleanmailWorld, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = started(operator)
    jobs, search = world.wired.jobs, mail_searches.SearchBoxItem.__call__
    world.wired.worker._threads = 1
    pressed: list[Page] = []

    def once(self: Any, job: Any, item: Any, control: Any) -> Any:
        if not pressed:
            pressed.append(press(operator, see(operator, path), "stop"))
        return search(self, job, item, control)

    monkeypatch.setattr(mail_searches.SearchBoxItem, "__call__", once)
    world.work(number(path))
    page = see(operator, path)
    read = jobs.get(world_admin(), number(path)).counts["done"] - 1
    assert 1 <= read < 4 and f"{read} of 4 mailboxes read." in page.text and "stopped" in page.text
    assert page.html.count('name="selected"') > 0
    press(operator, page, "resume")
    world.work(number(path))
    assert "4 of 4 mailboxes read." in see(operator, path).text
    assert f"{messages_of(world)} messages found" in see(operator, path).text


def world_admin() -> Any:
    from tests.features.world import ADMIN

    return ADMIN


def test_what_a_killed_worker_began_is_read_again_and_nothing_twice(
    world: CleanmailWorld, operator: Browser
) -> None:
    path = started(operator)
    job = number(path)
    jobs = world.wired.jobs
    [listing] = jobs.claim(job, 1, -1.0)
    worker = world.wired.worker
    worker._one(jobs.get(world_admin(), job), listing)  # it listed, and died before it could say so
    world.work(job)
    assert "4 of 4 mailboxes read." in see(operator, path).text
    jobs.retry(job, (ItemState.DONE,))
    began = jobs.claim(job, 3, -1.0)
    worker._one(jobs.get(world_admin(), job), began[-1])
    world.work(job)
    page = see(operator, path)
    assert "4 of 4 mailboxes read." in page.text and f"{messages_of(world)} messages found" in page.text


def test_only_who_started_it_sees_it_and_only_inside_the_scope(world: CleanmailWorld) -> None:
    support = world.sign_in("support", email="s@example.org")
    path = started(support)
    world.work(number(path))
    admin, api = world.sign_in("admin", email="a@example.org"), world.api("admin", email="b@example.org")
    for address in (path, f"{path}/export.csv"):
        assert admin.get(address).status_code == 404
    assert admin.send(f"{path}/forget").status_code == 404
    assert api("GET", f"/messages/searches/{number(path)}").status_code == 404
    jobs = see(admin, f"/jobs/{number(path)}")
    assert "Search the mailboxes of" in jobs.text and "What it found" not in jobs.text
    assert "What it found" in see(support, f"/jobs/{number(path)}").text
    assert world.sign_in("auditor", email="c@example.org").get(path).status_code == 403
    outside = world.api("operator", email="d@example.org", scopes=ONLY_NORDWIND)
    wish = {"connection": CM, "domain": "hotelduphare.example"}
    assert outside("POST", "/messages/searches", json=wish).status_code == 404


def test_it_is_forgotten_when_its_time_is_over_or_its_owner_says_so(
    world: CleanmailWorld, operator: Browser
) -> None:
    path = started(operator)
    world.work(number(path))
    searches = world.wired.mail_searches
    searches._clock = lambda: now() + timedelta(hours=25)
    assert operator.get(path).status_code == 404
    world.wired.schedule.tick()
    assert all_rows(world) == []
    searches._clock = now
    path = started(operator)
    press(operator, see(operator, path), "forget")
    assert operator.get(path).status_code == 404
    world.work(number(path))
    assert all_rows(world) == []


def test_a_search_keeps_so_many_and_says_so(
    world: CleanmailWorld, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_KEPT", 10)
    path = started(operator)
    world.work(number(path))
    page = see(operator, path)
    assert "10 messages found" in page.text and "More was found than is kept" in page.text
    lines = operator.get(f"{path}/export.csv").text.splitlines()
    assert len(lines) == 12 and lines[-1].startswith("Not complete")
    assert MOST_OF_BOX >= 100


def test_one_search_of_a_domain_at_a_time_and_a_double_click_is_one(
    world: CleanmailWorld, operator: Browser
) -> None:
    form = see(operator, LIST).form_to("/quarantine/searches")
    first, second = (operator.post(form.action, data=form.sent()).location for _ in range(2))
    assert first == second
    other = see(operator, LIST).form_to("/quarantine/searches")
    refused = operator.post(other.action, data=other.sent())
    assert refused.status_code == 409 and "still at work" in refused.text
    world.work(number(first))
    assert operator.post(other.action, data=other.sent()).status_code == 303


def test_where_no_mailboxes_are_searched_there_is_no_such_search(
    world: CleanmailWorld, operator: Browser
) -> None:
    assert "/quarantine/searches" not in see(operator, f"/quarantine/?domain={HOME}&connection=se").html
    api = world.api()
    for method in ("GET", "DELETE"):  # larger than any number that a database holds
        assert api(method, "/messages/searches/99999999999999999999").status_code == 404
    assert api("POST", "/messages/searches", json={"connection": "se", "domain": HOME}).status_code == 409
    for wish in ({"domain": "x@nordwind.example"}, {"domain": HOME, "operator": "not"}):
        assert api("POST", "/messages/searches", json={"connection": CM, **wish}).status_code == 422


def test_rest_starts_watches_and_forgets(world: CleanmailWorld) -> None:
    api = world.api("support")
    made = api("POST", "/messages/searches", json={"connection": CM, "domain": HOME, "folder": "Spam"})
    assert made.status_code == 202 and made.json["mailboxes"] is None
    path = f"/messages/searches/{made.json['id']}"
    assert api("POST", f"{path}/stop").json["state"] == "stopped"
    assert api("POST", f"{path}/resume").json["state"] == "queued"
    world.work(made.json["id"])
    told = api("GET", path).json
    assert (told["state"], told["mailboxes"], told["read"], told["failed"]) == ("done", 4, 4, 0)
    found = api("GET", f"{path}/messages?size=2").json
    assert len(found["items"]) == 2 and found["next"] == 2 and found["total"] == told["found"]
    message = found["items"][0]
    where = f"mailbox={message['mailbox']}&folder={message['folder']}"
    shown = api("GET", "/messages/{connection}/{domain}/{source}/{ref}?".format(**message) + where)
    assert shown.status_code == 200 and shown.json["message"]["subject"] == message["subject"]
    assert api("POST", f"{path}/retry").status_code == 409
    assert api("DELETE", path).status_code == 204 and api("GET", path).status_code == 404


def test_the_shell_starts_and_shows(world: CleanmailWorld) -> None:
    done = world.run("mail", "searches", "start", CM, HOME, "--folder", "Virus")
    assert done.exit_code == 0, done.output
    job = done.stdout.splitlines()[-1]
    world.work(int(job))
    shown = world.run("mail", "searches", "show", job)
    assert "4 of 4 mailboxes read." in shown.stderr and "virus" in shown.stdout
    for wrong in ("stop", "resume", "retry"):
        assert world.run("mail", "searches", wrong, job).exit_code != 0
    assert world.run("mail", "searches", "forget", job).exit_code == 0
    assert world.run("mail", "searches", "show", job).exit_code == 3


def test_numbers_are_written_as_people_read_them(
    world: CleanmailWorld, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = started(operator)
    world.work(number(path))
    monkeypatch.setattr(BoxSearchService, "_boxes", lambda *_: Boxes(1204, 17, 1002))
    assert "17 of 1,204 mailboxes read; 1,002 did not answer." in see(operator, path).text
