"""The pages of jobs."""

from __future__ import annotations

import pytest

from app.core.actor import Right
from app.core.ports import JobState
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.jobs.test_service import bulk, sync
from tests.features.page import see, submit
from tests.features.world import ADMIN, HOME, ONLY_NORDWIND, World

PAGES: Pages = {
    "/jobs/": ("GET", Right.VIEW_JOBS),
    "/jobs/1": ("GET", Right.VIEW_JOBS),
    "/jobs/1/progress": ("GET", Right.VIEW_JOBS),
    "/jobs/1/stop": ("POST", Right.VIEW_JOBS),
    "/jobs/1/resume": ("POST", Right.VIEW_JOBS),
    "/jobs/1/retry": ("POST", Right.VIEW_JOBS),
}


def test_they_need_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_jobs_are_listed_with_what_became_of_them(world: World, operator: Browser) -> None:
    sync(world)
    job = bulk(world)
    world.fault("429", "api_set_destination", count=1, retry_after="60")
    world.work(job)
    page = see(operator, "/jobs/")
    for text in (
        "Read all domains of Se filter",
        "Replace all routes: 2 domains",
        "waiting",
        "1 failed",
        "tester",
    ):
        assert text in page.text
    assert f"/jobs/{job}" in page.links
    assert "Read all domains" not in see(operator, "/jobs/?kind=bulk").text


def test_a_job_is_stopped_resumed_and_retried_from_its_page(world: World, operator: Browser) -> None:
    job = bulk(world)
    here = f"/jobs/{job}"
    page = submit(operator, see(operator, here).form_to(f"{here}/stop"))
    assert "Stopping" in page.text and "stopped" in page.text
    world.work()
    assert world.writes() == []
    page = submit(operator, page.form_to(f"{here}/resume"))
    assert "The job goes on." in page.text
    world.fault("429", "api_set_destination", count=1, retry_after="60")
    world.work()
    page = see(operator, here)
    assert "partly done" in page.text and "takes no more calls" in page.text
    world.all_well()
    page = submit(operator, page.form_to(f"{here}/retry"))
    assert "1 items are tried again." in page.text
    assert world.work() == [JobState.DONE]
    page = see(operator, here)
    assert "2 of 2" in page.text and "attempt 2" in page.text
    assert not [form for form in page.forms if form.action.startswith(here + "/")]


def test_steering_what_has_ended_is_a_conflict(world: World, operator: Browser) -> None:
    job = bulk(world)
    world.work(job)
    for path in ("stop", "resume", "retry"):
        assert operator.send(f"/jobs/{job}/{path}").status_code == 409


def test_the_part_that_changes_stops_asking_when_the_job_has_ended(world: World, operator: Browser) -> None:
    job = bulk(world)
    assert "hx-get" in operator.get(f"/jobs/{job}/progress").text
    world.work(job)
    part = operator.get(f"/jobs/{job}/progress").text
    assert "hx-get" not in part and "<html" not in part


def test_a_sync_says_how_far_it_is(world: World, operator: Browser) -> None:
    job = sync(world)
    world.work(job)
    assert "10 domains read" in see(operator, f"/jobs/{job}").text


def test_items_are_filtered_and_paged(world: World, operator: Browser) -> None:
    from app.core.ports import ItemState, NewItem
    from app.core.text import literal, msg

    items = [
        NewItem(f"d{n:03}.example", {"problem": {}}, ItemState.FAILED, literal(f"<b>{n}</b> {{x}}"))
        for n in range(150)
    ]
    job = world.wired.jobs.create(ADMIN, "import", msg("Import <i>x</i>"), items, held=True)
    page = see(operator, f"/jobs/{job}")
    assert "d099.example" in page.text and "d100.example" not in page.text
    assert "<b>1" not in page.html and "<i>x" not in page.html
    following = next(link for link in page.links if "after=" in link)
    assert "d149.example" in see(operator, following).text
    assert "Nothing to show" in see(operator, f"/jobs/{job}?state=done").text


def test_who_may_not_steer_sees_no_buttons(world: World) -> None:
    job = bulk(world)
    support = world.sign_in("support")
    page = see(support, f"/jobs/{job}")
    assert page.status == 200
    assert not [form for form in page.forms if form.action.startswith(f"/jobs/{job}/")]
    assert support.send(f"/jobs/{job}/stop").status_code == 403
    assert world.wired.jobs.get(ADMIN, job).state is JobState.QUEUED


@pytest.mark.parametrize(
    "query", ["before=x", "before=9223372036854775808", "kind=%00", "before=%00", "kind=" + "x" * 99]
)
def test_what_makes_no_sense_breaks_nothing(looking: Browser, query: str) -> None:
    assert looking.get(f"/jobs/?{query}").status_code == 200


def test_odd_queries_of_one_job(world: World, operator: Browser) -> None:
    job = bulk(world)
    for query in ("after=x", "after=9223372036854775808", "state=odd&state=%00", "after=-1"):
        assert operator.get(f"/jobs/{job}?{query}").status_code == 200


@pytest.mark.parametrize("number", ["99", "2147483647", "2147483648", "-1", "x"])
def test_what_is_not_there_is_not_found(looking: Browser, number: str) -> None:
    for path in ("", "/progress"):
        assert looking.get(f"/jobs/{number}{path}").status_code == 404


def test_outside_the_scope_is_not_there(world: World) -> None:
    job = bulk(world, ADMIN, HOME)
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert "No jobs yet" in see(narrow, "/jobs/").text
    for path in ("", "/progress"):
        assert narrow.get(f"/jobs/{job}{path}").status_code == 404
    for path in ("/stop", "/resume", "/retry"):
        assert narrow.send(f"/jobs/{job}{path}").status_code == 404
