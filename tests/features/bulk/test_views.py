"""The pages of bulk work: choose, preview, confirm."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.core.actor import Right
from app.core.ports import JobState
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Page, see, send, submit
from tests.features.world import HOME, IDN, OLS, ONLY_NORDWIND, SE, TWIN, World

WERFT = "nordwind-werft.example"
BOTH = [f"{SE}/{HOME}", f"{SE}/{WERFT}"]
PAGES: Pages = {
    "/bulk/": ("POST", Right.BULK),
    "/bulk/import": ("GET POST", Right.IMPORT),
    "/bulk/import/1/rejects.csv": ("GET", Right.IMPORT),
}


def test_they_need_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def choose(browser: Browser, action: str, selected: list[str] | None = None, **more: Any) -> Page:
    """What the list of domains sends."""
    data = {"action": action, "selected": BOTH if selected is None else selected, **more}
    return Page(browser.send("/bulk/", data), "/bulk/")


def planned(browser: Browser, action: str, selected: list[str] | None = None, **fields: Any) -> Page:
    """The preview of an action."""
    page = choose(browser, action, selected)
    return submit(browser, page.form("step"), press="step", **fields) if fields else page


def test_from_fields_over_the_preview_to_the_job(world: World, operator: Browser) -> None:
    page = choose(operator, "set_routes")
    assert page.status == 200
    page = submit(operator, page.form("step"), press="step", routes="mail.hosting.example:26")
    assert "2 will be changed, 0 are left alone" in page.text
    assert "mail.hosting.example:26" in page.text
    assert world.upstream_calls() == 0
    page = submit(operator, page.form("checksum"), press="step")
    assert "Started: Replace all routes: 2 domains." in page.text
    assert page.answer.request.path.startswith("/jobs/")
    assert world.work() == [JobState.DONE]
    assert world.routes(HOME) == world.routes(WERFT) == [("mail.hosting.example", 26)]
    job = see(operator, page.answer.request.path)
    assert "2 of 2" in job.text


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("add_route", {"host": "mail.hosting.example", "port": "26"}),
        ("replace_host", {"old_host": "mail.nordwind.example", "host": "mail.hosting.example"}),
        ("add_alias", {"alias": "{name}.alias.test"}),
        ("add_rule", {"what": "sender:allow", "pattern": "partner.example"}),
        ("set_setting", {"setting": "quarantine_days", "value": "7"}),
        ("reset_setting", {"setting": "quarantine_days"}),
        ("refresh", {}),
        ("remove", {}),
    ],
)
def test_every_action_reaches_its_preview_and_its_job(
    world: World, operator: Browser, action: str, fields: dict[str, str]
) -> None:
    page = planned(operator, action, **fields)
    assert page.status == 200, page.text
    form = page.form("checksum")
    typed = {"confirm": "2"} if action == "remove" else {}
    page = submit(operator, form, press=("step", "start"), **typed)
    assert "Started:" in page.text
    assert world.work() == [JobState.DONE]


def test_without_an_action_it_is_asked_for(operator: Browser) -> None:
    page = choose(operator, "")
    assert page.status == 200
    form = page.form("action")
    assert form.values("selected") == BOTH
    page = submit(operator, form, action="remove")
    assert "2 will be changed" in page.text


def test_a_person_is_offered_what_they_may_do(world: World) -> None:
    browser = world.sign_in("auditor", extra_rights=frozenset({Right.BULK, Right.SYNC}))
    page = choose(browser, "")
    assert "Read again" in page.text and "Remove" not in page.text
    assert choose(browser, "remove").status == 403
    assert world.wired.jobs.unfinished() == []


def test_a_removal_needs_its_typed_number(world: World, operator: Browser) -> None:
    page = planned(operator, "remove", [f"{SE}/{IDN}"])
    assert "bäckerei-müller.example" in page.text
    assert "Type 1, the number of domains" in page.text
    page = submit(operator, page.form("checksum"), press="step", confirm="2")
    assert page.status == 422
    assert "Type 1 to confirm" in page.text
    assert world.wired.jobs.unfinished() == []
    submit(operator, page.form("checksum"), press="step", confirm="1")
    world.work()
    assert world.upstream(IDN) is None


def test_what_is_left_alone_says_why(operator: Browser) -> None:
    page = planned(operator, "remove", [f"{SE}/{HOME}", f"{OLS}/harbourbikes.example"])
    assert "1 will be changed, 1 are left alone" in page.text
    assert "no call that removes a domain" in page.text
    page = planned(operator, "remove", [f"{OLS}/harbourbikes.example"])
    assert "There is nothing to do." in page.text
    assert not page.form("checksum").buttons


@pytest.mark.parametrize(
    ("action", "fields", "words"),
    [
        ("add_route", {"host": "a b", "port": "25"}, "letters, digits and hyphens"),
        ("add_route", {"host": "a.test", "port": "x"}, "from 1 to 65535"),
        ("replace_host", {"old_host": "", "host": "a.test"}, "is needed"),
        ("set_routes", {"routes": "a.test:"}, "port is missing"),
        ("set_routes", {"routes": ""}, "At least 1"),
        ("add_alias", {"alias": "💥"}, "international name"),
        ("set_setting", {"setting": "quarantine_days", "value": "x" * 5000}, "4000"),
    ],
)
def test_what_cannot_be_is_said_on_its_field_and_the_input_stays(
    reader: World, looking: Browser, action: str, fields: dict[str, str], words: str
) -> None:
    page = planned(looking, action, **fields)
    assert page.status == 422
    assert words in page.text
    form = page.form("step")
    for name, value in fields.items():
        assert form.value(name) == value
    assert form.values("selected") == BOTH


@pytest.mark.parametrize(
    "selected",
    [[], ["nonsense"], ["/"], [f"{SE}/gone.example"], [f"{SE}/\x00"], ["x" * 3000], [f"gone/{HOME}"]],
)
def test_nothing_chosen_is_told(looking: Browser, selected: list[str]) -> None:
    page = choose(looking, "refresh", selected)
    assert page.status == 422
    assert "Choose at least one domain." in page.text


@pytest.mark.parametrize(
    "shown",
    [
        "",
        f"q=nordwind-&connection={SE}",
        f"q=+nordwind-+&connection={SE}&page=1&size=25&sort=-name",
        "q=b%C3%A4ckerei",
        "route=mail.closed.example",
        "connection=ols&status=active",
        "q=%00nordwind-%00&connection=se",
        "status=nonsense&connection=se",
        "connection=&q=skagen",
        "size=x&page=x&q=skagen",
        "connection=se&connection=twin&q=skagen",
    ],
)
def test_everything_is_what_the_list_shows(looking: Browser, shown: str) -> None:
    total = re.search(r"1–\d+ of (\d+)", see(looking, f"/domains/?{shown}").text)
    page = choose(looking, "refresh", [], everything="1", shown=shown)
    assert total and f"{total.group(1)} will be changed" in page.text
    assert page.form("checksum").value("shown") == shown


def test_the_list_hands_over_its_filters(world: World, operator: Browser) -> None:
    from app.core.model import Domain

    world.wired.inventory.upsert_many(Domain(SE, f"d{n:02}.zz.test") for n in range(30))
    page = see(operator, f"/domains/?q=zz.test&connection={SE}&size=25")
    form = page.form("shown")
    assert ("everything", "1") in form.buttons
    page = submit(operator, form, press="everything", action="refresh")
    assert "30 will be changed" in page.text


def test_a_selection_that_has_changed_is_shown_again(world: World, operator: Browser) -> None:
    page = planned(operator, "set_routes", routes="mail.hosting.example")
    world.wired.inventory.forget(SE, WERFT)
    page = submit(operator, page.form("checksum"), press="step")
    assert page.status == 409
    assert "changed since you confirmed it" in page.text
    assert "1 will be changed" in page.text
    assert world.wired.jobs.unfinished() == []
    assert "Started" in submit(operator, page.form("checksum"), press="step").text


def test_started_twice_is_one_job(world: World, operator: Browser) -> None:
    form = planned(operator, "set_routes", routes="mail.hosting.example").form("checksum")
    answers = [send(operator, form, press="step") for _ in range(2)]
    assert [a.headers["Location"] for a in answers] == [answers[0].headers["Location"]] * 2
    assert len(world.wired.jobs.unfinished()) == 1


def test_a_second_click_after_the_work_leads_to_the_same_job(world: World, operator: Browser) -> None:
    form = planned(operator, "add_route", host="mail.hosting.example").form("checksum")
    first = send(operator, form, press="step")
    world.work()
    second = send(operator, form, press="step")
    assert second.headers.get("Location") == first.headers["Location"]
    assert len(world.writes()) == 2


def test_many_rows_are_cut_on_the_page_not_in_the_job(world: World, operator: Browser) -> None:
    from app.core.model import Domain

    world.wired.inventory.upsert_many(Domain(SE, f"d{n:03}.many.test") for n in range(250))
    page = choose(operator, "refresh", [], everything="1", shown="q=many.test")
    assert "250 will be changed" in page.text
    assert "and 50 more like these" in page.text


def test_outside_the_scope_nothing_is_touched(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    page = planned(browser, "remove", [f"{SE}/hafencafe.example", f"{SE}/{HOME}", f"{TWIN}/{HOME}"])
    assert "2 will be changed" in page.text and "hafencafe" not in page.text
    form = page.form("checksum")
    form.fields = [pair for pair in form.fields if pair[0] != "selected"]
    form.fields += [("selected", f"{SE}/{HOME}"), ("selected", f"{SE}/hafencafe.example")]
    page = submit(browser, form, press="step", confirm="2")
    assert page.status == 409
    page = choose(browser, "refresh", [], everything="1", shown="")
    assert "6 will be changed" in page.text
