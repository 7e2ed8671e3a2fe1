"""Imports: the dry run that waits, its good rows, its rejects, and the way round from the export."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from app.core.actor import Actor, Right, Role
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.plan import State
from app.core.ports import JobState
from app.features.bulk.imports import ImportService
from tests.browser import Browser
from tests.features.page import Page, see, submit
from tests.features.world import ADMIN, HOME, OLS, ONLY_NORDWIND, SE, TWIN, World, actor

FILE = """connection,domain,aliases,routes
se,one.example,a.example b.example,"mail.hosting.example:25, 192.0.2.1:26"
se,nonsense,,mail.hosting.example
,two.example,,mail.hosting.example
se,nordwind.example,,mail.hosting.example
ols,three.example,,
ols,four.example,,mail.hosting.example
gone,five.example,,mail.hosting.example
se,one.example,,mail.hosting.example
"""


def dry_run(world: World, text: str = FILE, who: Actor = ADMIN, key: str = "k", connection: str = SE) -> Any:
    return world.service(ImportService)[0].dry_run(who, "domains.csv", text.encode(), connection, key)


def results(world: World, job: int) -> dict[str, tuple[str, str]]:
    items = world.wired.jobs.items(job, size=500)
    return {f"{item.no} {item.subject}": (item.state.value, str(item.result or "")) for item in items}


def upload(browser: Browser, text: str | bytes, name: str = "domains.csv", connection: str = SE) -> Page:
    form = see(browser, "/bulk/import").form("file")
    data = form.sent(connection=connection)
    data.setlist("file", [(io.BytesIO(text.encode() if isinstance(text, str) else text), name)])
    answer = browser.post(
        "/bulk/import", data=data, follow_redirects=True, content_type="multipart/form-data"
    )
    return Page(answer)


def rejects(browser: Browser, job: int) -> list[dict[str, str]]:
    answer = browser.get(f"/bulk/import/{job}/rejects.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


# --- below the doors ---


@pytest.mark.parametrize("right", [Right.IMPORT, Right.CHANGE_DOMAINS])
def test_without_the_right_nothing_works(reader: World, right: Right) -> None:
    nobody = Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {right})
    with pytest.raises(Forbidden):
        dry_run(reader, who=nobody)
    if right is Right.IMPORT:
        service, _ = reader.service(ImportService)
        with pytest.raises(Forbidden):
            service.targets(nobody)
        with pytest.raises(Forbidden):
            service.rejects(nobody, 1)


def test_a_dry_run_sends_nothing_and_names_what_is_wrong(world: World) -> None:
    made = dry_run(world)
    assert (made.good, made.bad) == (3, 5)
    assert world.upstream_calls() == 0
    found = results(world, made.job_id)
    assert found["1 one.example"] == ("queued", "")
    assert found["2 nonsense"][0] == "failed" and found["2 nonsense"][1].startswith("Row 3: domain:")
    assert "Row 5: domain: It is there already." in found[f"4 {HOME}"][1]
    assert "Row 7: connection: " in found["6 four.example"][1]
    assert "There is no connection “gone”" in found["7 five.example"][1]
    assert "stands in row 2 already" in found["8 one.example"][1]
    assert world.wired.jobs.unfinished() == []
    assert world.wired.jobs.get(ADMIN, made.job_id).state is JobState.STOPPED


def test_good_rows_go_ahead_when_somebody_says_so(world: World) -> None:
    from app.features.jobs.service import JobService

    made = dry_run(world)
    world.service(JobService)[0].resume(ADMIN, made.job_id)
    assert world.work(made.job_id) == [JobState.PARTIAL]
    assert world.routes("one.example") == [("mail.hosting.example", 25), ("192.0.2.1", 26)]
    assert world.upstream("one.example")["aliases"] == ["a.example", "b.example"]  # type: ignore[index]
    assert world.upstream("two.example") is not None
    assert world.row("three.example", OLS) is not None
    assert {change.state for change in world.changes()} == {State.DONE}
    assert len(world.upstream(HOME)["destinations"]) == 2  # type: ignore[index]


def test_bad_rows_stay_bad_when_they_are_tried_again(world: World) -> None:
    from app.features.jobs.service import JobService

    made = dry_run(world)
    jobs, _ = world.service(JobService)
    jobs.resume(ADMIN, made.job_id)
    world.work(made.job_id)
    before = results(world, made.job_id)
    writes = len(world.writes())
    jobs.retry(ADMIN, made.job_id)
    world.work(made.job_id)
    assert results(world, made.job_id) == before
    assert len(world.writes()) == writes


def test_what_the_upstream_has_though_we_do_not_know_it_is_not_overwritten(world: World) -> None:
    from app.features.jobs.service import JobService

    made = dry_run(world, "domain,routes\nlate.example,mail.hosting.example\n")
    world.cluster["late.example"] = {**world.cluster[HOME], "aliases": []}
    world.service(JobService)[0].resume(ADMIN, made.job_id)
    assert world.work(made.job_id) == [JobState.FAILED]
    assert len(world.routes("late.example")) == 2


def test_the_same_key_is_one_import(world: World) -> None:
    assert dry_run(world).job_id == dry_run(world).job_id


def test_an_empty_file_is_told(world: World) -> None:
    with pytest.raises(Invalid, match="no rows"):
        dry_run(world, "domain,routes\n")


def test_outside_the_scope_is_like_not_being_there(world: World) -> None:
    narrow = actor(scopes=ONLY_NORDWIND)
    made = dry_run(world, "domain,routes\nother.example,a.test\nnordwind-x.example,a.test\n", who=narrow)
    found = results(world, made.job_id)
    assert found["1 other.example"][0] == "failed" and "There is no" in found["1 other.example"][1]
    assert found["2 nordwind-x.example"][0] == "queued"
    with pytest.raises(NotFound):
        world.service(ImportService)[0].rejects(actor(scopes=ONLY_NORDWIND, name="y"), made.job_id)


# --- the page ---


def test_from_the_file_to_the_good_rows(world: World, operator: Browser) -> None:
    page = upload(operator, FILE)
    assert "3 rows can be added, 5 cannot." in page.text
    assert "Row 3: domain:" in page.text
    assert world.upstream_calls() == 0
    job = page.answer.request.path
    page = submit(operator, page.form_to(f"{job}/resume"))
    world.work()
    assert world.upstream("one.example") is not None
    assert "partly done" in see(operator, job).text


def test_rejects_can_be_mended_and_imported_again(world: World, operator: Browser) -> None:
    page = upload(operator, FILE + "se,=1+1.example,,-a.test\nols,six.example,,\n")
    job = int(page.answer.request.path.rpartition("/")[2])
    assert f"/bulk/import/{job}/rejects.csv" in page.links
    rows = rejects(operator, job)
    assert [row["domain"] for row in rows] == [
        "nonsense", HOME, "four.example", "five.example", "one.example", "'=1+1.example",
    ]  # fmt: skip
    assert rows[0]["problem"].startswith("Row 3: domain:")
    assert rows[5]["routes"] == "'-a.test"
    mended = [{**row, "domain": f"mended-{n}.example", "connection": SE} for n, row in enumerate(rows[:5])]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(mended)
    assert "5 rows can be added, 0 cannot." in upload(operator, text.getvalue()).text


def test_rows_that_failed_on_the_way_are_rejects_too(world: World, operator: Browser) -> None:
    page = upload(
        operator,
        "domain,aliases,routes\nbücher.example,,mail.hosting.example:26\nb.example,nwl.example,a.test\n",
    )
    job = int(page.answer.request.path.rpartition("/")[2])
    submit(operator, page.form_to(f"/jobs/{job}/resume"))
    world.fault("429", "api_add_incoming_domain", count=1, retry_after="60")
    world.work()
    by_name = {row["domain"]: row for row in rejects(operator, job)}
    assert "b.example" in by_name
    if "bücher.example" in by_name:
        assert by_name["bücher.example"]["routes"] == "mail.hosting.example:26"
    assert all(row["problem"] for row in by_name.values())


def test_options_come_back_with_the_rejects(world: World, operator: Browser) -> None:
    page = upload(operator, "domain,option.path,routes\nx.example,sites/x,a.test\n", connection=OLS)
    job = int(page.answer.request.path.rpartition("/")[2])
    [row] = rejects(operator, job)
    assert (row["connection"], row["option.path"]) == ("", "sites/x")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"name\nx\n", "no column “domain”"),
        (b"domain,shape\nx,y\n", "not known: shape"),
        (b"\xff\xfe", "UTF-8"),
        (b"PK\x03\x04x", "cannot be read"),
        (b"domain\n", "no rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_on_its_field(looking: Browser, data: bytes, words: str) -> None:
    page = upload(looking, data)
    assert page.status == 422
    assert words in page.text
    assert "invalid-feedback" in page.html


def test_no_file_and_too_large_a_file(looking: Browser) -> None:
    form = see(looking, "/bulk/import").form("file")
    page = submit(looking, form)
    assert page.status == 422 and "Choose a file." in page.text
    assert "larger than 10 MB" in upload(looking, b"x" * (10 * 1024 * 1024 + 1)).text
    too_much = looking.post("/bulk/import", data={"file": (io.BytesIO(b"x" * (17 * 1024 * 1024)), "a.csv")})
    assert too_much.status_code == 413


def test_hostile_names_of_files_and_cells_are_shown_as_text(world: World, operator: Browser) -> None:
    page = upload(operator, "domain\n<script>x</script>\n", name="<b>x</b>.csv")
    assert "<script>x" not in page.html and "<b>x</b>" not in page.html
    assert "<script>x</script>" in page.text


def test_the_export_of_one_connection_is_the_import_of_another(world: World, operator: Browser) -> None:
    exported = operator.get(f"/domains/export.csv?connection={SE}").text
    for name in list(world.cluster):
        world.wired.inventory.forget(TWIN, name)
    text = exported.replace(f"\n{SE},", f"\n{TWIN},").replace("\r\nse,", f"\r\n{TWIN},")
    page = upload(operator, text)
    assert "10 rows can be added, 0 cannot." in page.text
    job = int(page.answer.request.path.rpartition("/")[2])
    commands = {item.subject: item.command for item in world.wired.jobs.items(job, size=100)}
    home = commands[HOME]
    assert home["aliases"] == ["nordwind.test", "nordwind-group.example"]
    assert [(r["host"], r["port"]) for r in home["routes"]] == world.routes(HOME)


def test_the_export_as_a_workbook_is_read_again(world: World, operator: Browser) -> None:
    data = operator.get(f"/domains/export.xlsx?connection={SE}", buffered=True).data
    page = upload(operator, data, name="domains.xlsx")
    assert "0 rows can be added, 10 cannot." in page.text
    assert "It is there already." in page.text


def test_another_persons_import_is_not_there(world: World) -> None:
    made = dry_run(world)
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert narrow.get(f"/bulk/import/{made.job_id}/rejects.csv").status_code == 404
    assert narrow.get("/bulk/import/99/rejects.csv").status_code == 404
    assert world.sign_in("operator").get(f"/bulk/import/{made.job_id}/rejects.csv").status_code == 200
