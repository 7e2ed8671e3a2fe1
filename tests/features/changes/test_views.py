"""The pages of the journal."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from app.core.actor import Right
from app.core.plan import State
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Page, see, send, submit
from tests.features.world import HOME, IDN, ONLY_NORDWIND, SE, World

NEW = "new.example"
PAGES: Pages = {
    "/changes/": ("GET", Right.VIEW_CHANGES),
    "/changes/export.csv": ("GET", Right.EXPORT),
    "/changes/1": ("GET", Right.VIEW_CHANGES),
    "/changes/1/undo": ("GET POST", Right.VIEW_CHANGES),
    "/changes/1/finish": ("GET POST", Right.CHANGE_DOMAINS),
    "/changes/1/look": ("POST", Right.SETTLE_CHANGES),
    "/changes/1/close": ("POST", Right.SETTLE_CHANGES),
}


def test_they_need_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def add(browser: Browser, name: str = NEW, **fields: Any) -> Page:
    form = see(browser, f"/domains/new?connection={SE}").form("domain")
    given = {"routes-0-host": "mail.hosting.example", **fields}
    return submit(browser, form, domain=name, **given)


def remove(browser: Browser, name: str = HOME) -> Page:
    form = see(browser, f"/domains/{SE}/{name}/remove").form("confirm")
    return submit(browser, form, confirm=name)


def lost(world: World, browser: Browser) -> int:
    """The number of a change whose answer got lost."""
    form = see(browser, f"/domains/new?connection={SE}").form("domain")
    world.fault("hangup", "api_add_*", count=1)
    submit(browser, form, domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    world.all_well()
    return int(world.changes()[0].id)


def shown(browser: Browser, query: str = "") -> list[int]:
    """The numbers of the changes that the list shows."""
    links = see(browser, f"/changes/?{query}").links
    return [
        int(link.rpartition("/")[2]) for link in links if link.startswith("/changes/") and link[9:].isdigit()
    ]


def export(browser: Browser, query: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/changes/export.csv?{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


# --- the list ---


@pytest.fixture
def story(world: World, operator: Browser) -> Browser:
    """Four changes: added (1), an international one removed (2), one refused (3), one unknown (4)."""
    add(operator)
    form = see(operator, f"/domains/{SE}/{IDN}/remove").form("confirm")
    submit(operator, form, confirm="bäckerei-müller.example")
    add(operator, "nwl.example")
    form = see(operator, f"/domains/new?connection={SE}").form("domain")
    world.fault("hangup", "api_add_*", count=1)
    submit(operator, form, domain="lost.example", **{"routes-0-host": "mail.hosting.example"})
    world.all_well()
    return operator


def test_lists_filters_and_exports_agree(world: World, story: Browser) -> None:
    who = world.changes()[0].actor_name
    cases = {
        "": [4, 3, 2, 1],
        "state=done": [2, 1],
        "state=rejected&state=unknown": [4, 3],
        "verb=domain.remove": [2],
        f"domain={NEW}": [1],
        "domain=NEW.example.": [1],
        "domain=b%C3%A4ckerei-m%C3%BCller.example": [2],
        "domain=nonsense": [],
        f"actor={who}": [4, 3, 2, 1],
        "actor=nobody": [],
        "door=web": [4, 3, 2, 1],
        "door=api": [],
        "connection=se": [4, 3, 2, 1],
        "connection=twin": [],
        "q=lost": [4],
        "q=%25": [],
        "since=2020-01-01": [4, 3, 2, 1],
        "since=2999-01-01": [],
        "until=2020-01-01": [],
        "job=7": [],
        "state=nonsense&verb=nonsense&since=x&until=2026-99-99&job=x&before=x": [4, 3, 2, 1],
        "before=9223372036854775808&job=%00&q=%00&domain=%00&actor=%00&connection=%00": [],
    }
    for query, numbers in cases.items():
        assert shown(story, query) == numbers, query
        assert [int(row["id"]) for row in export(story, query)] == numbers, query


def test_the_list_reads_as_people_speak(story: Browser) -> None:
    text = see(story, "/changes/").text
    for words in ("Domain added", "Domain removed", "bäckerei-müller.example", "refused", "unknown"):
        assert words in text
    assert IDN not in text


def test_filters_stay_when_another_is_set(story: Browser) -> None:
    page = see(story, "/changes/?q=new&door=web&connection=se&until=2999-01-01&verb=domain.add&state=done")
    sent = dict(page.form("verb").fields)
    assert {k: sent[k] for k in ("q", "door", "connection", "until", "verb", "state")} == {
        "q": "new", "door": "web", "connection": "se", "until": "2999-01-01", "verb": "domain.add", "state": "done",
    }  # fmt: skip


def test_older_pages_follow(world: World, operator: Browser) -> None:
    from app.core.plan import Step, Verb
    from tests.features.world import ADMIN

    for number in range(120):
        step = Step(Verb.ROUTES_SET, f"d{number}.example", f"d{number}.example")
        world.wired.journal.intend(ADMIN, SE, step, request_key=str(number), step_no=0, command_sum="")
    seen: list[int] = []
    address = "/changes/?door=web"
    for _ in range(3):
        page = see(operator, address)
        seen += [
            int(x.rpartition("/")[2]) for x in page.links if x.startswith("/changes/") and x[9:].isdigit()
        ]
        address = next((x for x in page.links if x.startswith("/changes/?") and "before=" in x), address)
    assert seen == list(range(120, 0, -1))
    assert len(export(operator)) == len(export(operator, "before=3")) == 120


def test_an_export_holds_before_and_after_and_no_formula(world: World, operator: Browser) -> None:
    from app.core.plan import Step, Verb
    from tests.features.world import actor

    evil = actor(name="=cmd")
    step = Step(Verb.ROUTES_SET, "@sum.example", HOME, before={"routes": [1]}, after={"routes": [2]})
    world.wired.journal.intend(evil, SE, step, request_key="k", step_no=0, command_sum="")
    [row] = export(operator)
    assert (row["actor"], row["subject"]) == ("'=cmd", "'@sum.example")
    assert json.loads(row["before"]) == {"routes": [1]}


# --- one change ---


def test_a_change_shows_before_after_and_its_calls(world: World, operator: Browser) -> None:
    form = see(operator, f"/domains/{SE}/{HOME}/routes").form("expected")
    submit(operator, form, **{"routes-0-host": "mail.hosting.example"})
    page = see(operator, "/changes/1")
    port = world.sandbox.smtp_port
    assert f"mail.nordwind.example:{port}, backup.nordwind.example:{port}" in page.text
    assert f"mail.hosting.example:{port}" in page.text
    assert "api_set_destination" in page.text
    assert "demo-software-api" not in page.html


def test_the_steps_of_one_wish_lead_to_each_other(operator: Browser) -> None:
    add(operator, aliases="a.test b.test")
    page = see(operator, "/changes/1")
    assert "All steps of this change" in page.text
    assert {"/changes/2", "/changes/3"} <= set(page.links)


def test_hostile_words_of_the_upstream_are_text(world: World, operator: Browser) -> None:
    from app.core.plan import Step, Verb
    from app.core.text import literal
    from tests.features.world import ADMIN

    step = Step(Verb.ROUTES_SET, "<i>x</i>", HOME, before={"<b>": "<script>1</script>"})
    number = world.wired.journal.intend(ADMIN, SE, step, request_key="k", step_no=0, command_sum="")
    world.wired.journal.close(number, State.REJECTED, problem=literal("<script>2</script> {x}"))
    for address in (f"/changes/{number}", "/changes/", "/overview/"):
        page = see(operator, address)
        assert page.status == 200
        assert "<script>1" not in page.html and "<script>2" not in page.html and "<i>x" not in page.html


@pytest.mark.parametrize("number", ["99", "0", "2147483647", "2147483648", "-1", "x"])
def test_what_is_not_there_is_not_found(looking: Browser, number: str) -> None:
    for path in ("", "/undo", "/finish"):
        assert looking.get(f"/changes/{number}{path}").status_code == 404


# --- undo ---


def test_undoing_a_removal_names_what_it_sends_and_brings_it_back(world: World, operator: Browser) -> None:
    routes = world.routes(HOME)
    remove(operator)
    page = see(operator, "/changes/1/undo")
    assert "Add the domain nordwind.example" in page.text
    assert "Change a setting of nordwind.example" in page.text
    assert "Allow and block lists" in page.text
    page = submit(operator, page.form("request_key"))
    assert "Undone: Domain removed (nordwind.example)." in page.text
    assert world.routes(HOME) == routes
    assert "undone" in see(operator, "/changes/").text
    assert see(operator, "/changes/1/undo").status == 409


def test_undoing_an_addition_needs_its_typed_name(world: World, operator: Browser) -> None:
    add(operator)
    page = see(operator, "/changes/1/undo")
    page = submit(operator, page.form("confirm"), confirm="x")
    assert page.status == 422 and "Type new.example to confirm" in page.text
    page = submit(operator, page.form("confirm"), confirm=NEW)
    assert "Undone" in page.text
    assert world.upstream(NEW) is None


def test_an_undo_sent_twice_is_one(world: World, operator: Browser) -> None:
    add(operator)
    form = see(operator, "/changes/1/undo").form("confirm")
    answers = [send(operator, form, confirm=NEW) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert len(world.writes()) == 2


def test_an_undo_after_somebody_changed_it_is_refused(world: World, operator: Browser) -> None:
    form = see(operator, f"/domains/{SE}/{HOME}/routes").form("expected")
    submit(operator, form, **{"routes-0-host": "mail.hosting.example"})
    undo = see(operator, "/changes/1/undo").form("request_key")
    world.cluster[HOME] = {**world.cluster[HOME], "destinations": [["other.example", 25]]}
    page = submit(operator, undo)
    assert page.status == 409 and "Somebody changed it since" in page.text
    assert see(operator, "/changes/1/undo").status == 409
    assert world.routes(HOME) == [("other.example", 25)]


def test_with_the_upstream_down_nothing_is_undone(world: World, operator: Browser) -> None:
    remove(operator)
    form = see(operator, "/changes/1/undo").form("request_key")
    world.fault("refuse")
    assert see(operator, "/changes/1/undo").status == 502
    assert submit(operator, form).status == 502
    assert world.upstream(HOME) is None


def test_what_cannot_be_undone_says_why_beside_the_button(world: World, operator: Browser) -> None:
    add(operator, "nwl.example")
    page = see(operator, "/changes/1")
    assert "Only a change that was done can be undone." in page.text
    assert "/changes/1/undo" not in page.links


# --- finish ---


def test_what_is_left_is_shown_and_sent(world: World, operator: Browser) -> None:
    page = add(operator, aliases="nwl.example b.test")
    assert "1 of 3 steps were done" in page.text
    page = see(operator, "/changes/2")
    assert "/changes/2/finish" in page.links
    page = see(operator, "/changes/2/finish")
    assert "Add the alias new.example: nwl.example" in page.text
    row = world.cluster["nordwind-logistik.example"]
    world.cluster["nordwind-logistik.example"] = {**row, "aliases": []}
    del world.sandbox.upstreams["spamexperts"].state.table("aliases")["nwl.example"]
    page = submit(operator, page.form("checksum"))
    assert "Finished: Add the domain new.example." in page.text
    assert world.upstream(NEW)["aliases"] == ["nwl.example", "b.test"]  # type: ignore[index]
    assert see(operator, "/changes/2/finish").text.count("everything is as it was wished") == 1


def test_another_plan_than_the_one_shown_is_refused(world: World, operator: Browser) -> None:
    add(operator, aliases="nwl.example b.test")
    form = see(operator, "/changes/2/finish").form("checksum")
    world.cluster[NEW] = {**world.cluster[NEW], "aliases": ["b.test"]}
    page = submit(operator, form)
    assert page.status == 409 and "changed since you confirmed it" in page.text


def test_finishing_a_removal_needs_its_typed_name(world: World, operator: Browser) -> None:
    form = see(operator, f"/domains/{SE}/{HOME}/remove").form("confirm")
    world.fault("429", "api_remove_domain", retry_after="60")
    submit(operator, form, confirm=HOME)
    world.all_well()
    page = see(operator, "/changes/1/finish")
    page = submit(operator, page.form("confirm"))
    assert page.status == 422 and "Type nordwind.example to confirm" in page.text
    submit(operator, page.form("confirm"), confirm=HOME)
    assert world.upstream(HOME) is None


def test_what_was_done_has_nothing_to_finish(operator: Browser) -> None:
    add(operator)
    assert "/changes/1/finish" not in see(operator, "/changes/1").links
    assert see(operator, "/changes/1/finish").status == 409


# --- open changes ---


def test_an_open_change_is_looked_up_from_its_page(world: World, operator: Browser) -> None:
    number = lost(world, operator)
    page = see(operator, f"/changes/{number}")
    assert "Nobody knows yet whether this was done" in page.text
    page = submit(operator, page.form_to(f"/changes/{number}/look"))
    assert "The change was done." in page.text
    assert "Nobody knows yet whether this was done" not in page.text
    assert "At first it was not known:" in page.text
    assert "closed the connection" not in see(operator, "/changes/").text
    assert operator.send(f"/changes/{number}/look").status_code == 409


def test_an_open_change_is_closed_with_a_note(world: World, operator: Browser) -> None:
    number = lost(world, operator)
    form = see(operator, f"/changes/{number}").form("note")
    page = submit(operator, form, press=("state", "done"), note="  ")
    assert page.status == 422 and "how you know" in page.text
    form.buttons.append(("state", "odd"))
    page = submit(operator, form, press=("state", "odd"), note="I looked")
    assert page.status == 422
    assert page.form("note").value("note") == "I looked"
    page = submit(operator, page.form("note"), press=("state", "unreachable"))
    assert "Your note stands in the journal." in page.text
    assert "I looked" in page.text
    assert world.changes()[0].state is State.UNREACHABLE
    assert send(operator, form, press=("state", "done"), note="late").status_code == 409


def test_who_may_not_settle_sees_no_controls(world: World, operator: Browser) -> None:
    number = lost(world, operator)
    page = see(world.sign_in("auditor"), f"/changes/{number}")
    assert page.status == 200
    assert not any("note" in form.names for form in page.forms)


def test_open_changes_are_counted_in_the_menu(world: World, operator: Browser) -> None:
    lost(world, operator)
    assert "Open changes" in see(world.sign_in("operator"), "/overview/").text


# --- scope ---


def test_outside_the_scope_is_not_there(world: World, operator: Browser) -> None:
    add(operator)
    remove(operator)
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert shown(narrow) == [2]
    assert [row["id"] for row in export(narrow)] == ["2"]
    assert shown(narrow, f"domain={NEW}") == []
    for path in ("/changes/1", "/changes/1/undo", "/changes/1/finish"):
        assert narrow.get(path).status_code == 404
    for path in ("/changes/1/undo", "/changes/1/finish", "/changes/1/look", "/changes/1/close"):
        assert narrow.send(path, {"confirm": NEW, "note": "x", "state": "done"}).status_code == 404
    assert narrow.get("/changes/2").status_code == 200
