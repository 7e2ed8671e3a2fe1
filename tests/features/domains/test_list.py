"""The list of domains: what it finds, in which order, in how many pages, and what its exports hold."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from app import wiring
from app.core.errors import Malformed
from app.core.model import Domain, DomainStatus, Reading, Route, Verdict
from app.core.text import msg
from tests.browser import Browser
from tests.features.page import Page, see
from tests.features.world import HOME, IDN, OLS, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World

NORDWIND = {"nordwind.example", "nordwind-logistik.example", "nordwind-werft.example"}


def workbook(browser: Browser, query: str = "") -> list[tuple[Any, ...]]:
    """The rows of the XLSX file, its head first; cells as openpyxl has them."""
    answer = browser.get(f"/domains/export.xlsx?{query}", buffered=True)
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    sheet: Any = load_workbook(io.BytesIO(answer.data)).active
    return list(sheet.iter_rows())


def listed(page: Page) -> list[tuple[str, str]]:
    """(connection, domain) of the rows, in order."""
    hits = [link.split("/")[2:] for link in page.links if link.startswith("/domains/") and "?" not in link]
    pairs = [(hit[0], hit[1]) for hit in hits if len(hit) == 2]
    return list(dict.fromkeys(pairs))


def found(browser: Browser, query: str) -> set[str]:
    """The names that a list in this connection shows."""
    return {name for key, name in listed(see(browser, f"/domains/?size=200&{query}")) if key == SE}


def export(browser: Browser, query: str = "") -> list[dict[str, str]]:
    """The rows of the CSV file."""
    answer = browser.get(f"/domains/export.csv?{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def store(world: World, *domains: Domain) -> None:
    """Puts domains into the inventory as if they had been read."""
    world.wired.inventory.upsert_many(domains)


def test_all_connections_are_in_one_table_without_asking_any(world: World, admin: Browser) -> None:
    page = see(admin, "/domains/?size=200")
    assert page.status == 200
    assert {key for key, _ in listed(page)} == {SE, TWIN, OLS}
    assert {name for key, name in listed(page) if key == SE} == set(world.cluster)
    assert "bäckerei-müller.example" in page.text
    assert IDN not in page.text
    assert world.upstream_calls() == 0


@pytest.mark.parametrize("role", ["admin", "operator", "support", "auditor"])
def test_everybody_sees_it_and_only_what_they_may_do(world: World, role: str) -> None:
    page = see(world.sign_in(role), "/domains/")
    assert page.status == 200
    assert ("/domains/new" in page.links) is (role in ("admin", "operator"))
    assert any(link.startswith("/domains/export") for link in page.links) is (role != "support")
    assert any(form.action == "/bulk/" for form in page.forms) is (role in ("admin", "operator"))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=nordwind-", NORDWIND),
        ("q=NORDWIND-", NORDWIND),
        ("q=rdwind-we", {"nordwind-werft.example"}),
        ("q=nwl.example", {"nordwind-logistik.example"}),
        ("q=cafe-am", {"hafencafe.example"}),
        ("q=mail.closed.example", {"skagenfisk.example"}),
        ("q=b%C3%A4ckerei", {IDN}),
        ("q=B%C3%84CKEREI", {IDN}),
        ("q=ba%CC%88ckerei", {IDN}),
        ("q=xn--bckerei-mller", {IDN}),
        ("q=nordwind+werft", {"nordwind-werft.example"}),
        ("q=nordwind+nowhere", set()),
        ("q=%25", set()),
        ("q=_", set()),
        ("q=nordwind%25werft", set()),
        ("q=*", set()),
        ("q=%5Bn%5Dordwind", set()),
        ("q='%20OR%201=1--", set()),
        ("route=mail.closed.example", {"skagenfisk.example"}),
        ("route=mail.closed", set()),
        ("q=nordwind-&route=backup.nordwind.example", NORDWIND),
        ("status=missing", set()),
        ("connection=ols", set()),
        ("connection=gone", set()),
    ],
)
def test_search_and_filters(looking: Browser, query: str, names: set[str]) -> None:
    assert found(looking, query) == names


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=9223372036854775808",
        "q=" + "x" * 5000,
        "q=%ff%fe",
        "page=999999",
        "page=9223372036854775808",
        "page=-1",
        "page=0",
        "page=%00",
        "page=1e3",
        "size=9999999",
        "size=-1",
        "sort=drop",
        "sort=-",
        "status=%00",
        "status=nonsense",
        "connection=%00",
        "route=%00",
        "connection=" + "&connection=".join("abc"),
    ],
)
def test_what_makes_no_sense_breaks_nothing(looking: Browser, query: str) -> None:
    for address in ("/domains/", "/domains/export.csv", "/domains/export.xlsx"):
        assert looking.get(f"{address}?{query}", buffered=True).status_code == 200


def test_filters_stay_in_the_address_and_in_the_form(looking: Browser) -> None:
    page = see(looking, f"/domains/?q=nordwind&connection={TWIN}&status=active&sort=-name")
    form = page.form("status")
    assert (form.value("connection"), form.value("status")) == (TWIN, "active")
    assert form.value("sort") == "-name"
    assert any(link.startswith("/domains/export.csv?") and "q=nordwind" in link for link in page.links)


@pytest.mark.parametrize(
    "sort", ["name", "connection", "aliases", "routes", "status", "mailboxes", "changed"]
)
def test_every_order_and_its_reverse_hold_all_rows(looking: Browser, sort: str) -> None:
    up = listed(see(looking, f"/domains/?size=200&sort={sort}"))
    down = listed(see(looking, f"/domains/?size=200&sort=-{sort}"))
    assert up == down[::-1]
    assert len(up) > 20


def test_the_order_of_names_and_of_alias_counts(reader: World, looking: Browser) -> None:
    names = [name for _, name in listed(see(looking, f"/domains/?connection={SE}"))]
    assert names == sorted(names)
    by_aliases = [name for _, name in listed(see(looking, f"/domains/?connection={SE}&sort=-aliases"))]
    counts = [len(reader.cluster[name]["aliases"]) for name in by_aliases]
    assert counts == sorted(counts, reverse=True)


def test_pages_follow_each_other_without_a_gap(world: World, operator: Browser) -> None:
    store(world, *(Domain(SE, f"d{number:03}.test") for number in range(60)))
    seen: list[tuple[str, str]] = []
    for number in range(1, 5):
        rows = listed(see(operator, f"/domains/?size=25&page={number}"))
        assert len(rows) == 25 or number == 4
        seen += rows
    assert len(seen) == len(set(seen))
    assert seen == listed(see(operator, "/domains/?size=200"))


def test_a_page_beyond_the_end_says_so_and_leads_back(looking: Browser) -> None:
    page = see(looking, "/domains/?page=999999")
    assert "No domains yet" not in page.text
    assert "There are no further domains" in page.text
    assert any(link.split("#")[0] in ("/domains/", "/domains/?") for link in page.links)


def test_nothing_found_is_said_with_a_way_back(looking: Browser) -> None:
    page = see(looking, "/domains/?q=nowhere")
    assert "No domain matches" in page.text
    assert "/domains/" in page.links


# --- age and completeness ---


def test_the_age_of_the_list_is_said(operator: Browser) -> None:
    assert re.search(r"Read (just now|\d+ )", see(operator, "/domains/").text)


def test_a_connection_that_did_not_answer_is_named(world: World, operator: Browser) -> None:
    world.fault("html")
    with pytest.raises(Malformed):
        world.sync(SE)
    page = see(operator, "/domains/")
    assert "2 of 3 connections answered" in page.text
    assert "Se filter" in page.text
    assert set(world.cluster) == found(operator, "")


def test_refresh_starts_one_job_for_each_connection(world: World, operator: Browser) -> None:
    assert operator.send("/domains/refresh").status_code == 303
    assert operator.send("/domains/refresh").status_code == 303
    assert len(world.wired.jobs.unfinished()) == 3
    del world.cluster["skagenfisk.example"]
    world.work()
    assert world.row("skagenfisk.example").status is DomainStatus.MISSING
    assert "Missing upstream" in see(operator, "/domains/?status=missing").text


def test_refresh_of_one_connection_and_of_none(world: World, operator: Browser) -> None:
    operator.send("/domains/refresh", {"connection": TWIN})
    assert len(world.wired.jobs.unfinished()) == 1
    assert operator.send("/domains/refresh", {"connection": "gone"}).status_code == 404


def test_a_list_that_shrank_waits_for_a_person(world: World, operator: Browser) -> None:
    for name in [name for name in world.cluster if name.startswith(("nord", "ha", "old"))]:
        del world.cluster[name]
    assert world.sync().held
    page = see(operator, "/domains/")
    assert "lacks 6 domains" in page.text
    assert world.row(HOME).status is DomainStatus.ACTIVE
    accepted = see_after(operator, f"/domains/held/{SE}/accept")
    assert "6 domains of Se filter are marked as missing." in accepted.text
    assert world.row(HOME).status is DomainStatus.MISSING
    assert operator.send(f"/domains/held/{SE}/accept").status_code == 404


def see_after(browser: Browser, address: str, data: dict[str, str] | None = None) -> Page:
    """The page that a post leads to."""
    return Page(browser.send(address, data, follow_redirects=True))


# --- export ---


def test_the_file_holds_what_is_shown(reader: World, looking: Browser) -> None:
    rows = export(looking, f"connection={SE}&q=nordwind-&sort=-name")
    assert [row["domain"] for row in rows] == sorted(NORDWIND, reverse=True)
    home = next(row for row in rows if row["domain"] == HOME)
    port = reader.sandbox.smtp_port
    assert home["connection"] == SE
    assert home["aliases"] == "nordwind.test, nordwind-group.example"
    assert home["routes"] == f"mail.nordwind.example:{port}, backup.nordwind.example:{port}"
    assert home["status"] == "active"


def test_the_file_holds_all_pages(world: World, operator: Browser) -> None:
    store(world, *(Domain(SE, f"d{number:03}.test") for number in range(600)))
    shown = {row["domain"] for row in export(operator, "q=test&size=25&page=3")}
    assert {f"d{number:03}.test" for number in range(600)} <= shown


def test_the_workbook_holds_the_same_as_the_text(looking: Browser) -> None:
    head, *rows = [[cell.value for cell in row] for row in workbook(looking, "sort=-connection")]
    as_text = [{k: "" if v is None else str(v) for k, v in zip(head, row, strict=True)} for row in rows]
    assert as_text == export(looking, "sort=-connection")


def test_international_names_are_exported_as_people_read_them(looking: Browser) -> None:
    assert [row["domain"] for row in export(looking, f"q=xn--bckerei&connection={SE}")] == [
        "bäckerei-müller.example"
    ]


def test_no_cell_becomes_a_formula(world: World, operator: Browser) -> None:
    evil = Domain(SE, "=cmd.test", ("@sum.test",), (Route("-1.test", 25),), account="+1")
    store(world, evil)
    [row] = export(operator, "q=cmd.test")
    assert (row["domain"], row["aliases"], row["routes"]) == ("'=cmd.test", "'@sum.test", "'-1.test:25")
    cells = workbook(operator, "q=cmd.test")[1]
    assert all(cell.data_type != "f" for cell in cells)
    assert cells[1].value == "'=cmd.test"


def test_what_no_spreadsheet_can_hold_is_left_out(world: World, operator: Browser) -> None:
    store(world, Domain(SE, "odd.test", ("a\x0bb.test",)))
    assert workbook(operator, "q=odd.test")[1][2].value == "ab.test"


def test_other_kinds_of_files_are_not_made(looking: Browser) -> None:
    assert looking.get("/domains/export.pdf").status_code == 404


# --- hostile texts ---


def test_markup_in_what_the_upstream_says_is_shown_as_text(world: World, operator: Browser) -> None:
    store(world, Domain(SE, "<script>x</script>.test", ("<b>alias</b>.test",), (Route("<i>h</i>.test", 25),)))
    page = see(operator, "/domains/?q=script")
    assert "<script>x</script>.test" in page.text
    for raw in ("<script>x", "<b>alias", "<i>h"):
        assert raw not in page.html


# --- scope ---


def test_a_person_sees_their_domains_only(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    page = see(browser, "/domains/?size=200")
    assert {name for _, name in listed(page)} == NORDWIND
    assert "1–6 of 6" in page.text
    for query in ("q=hafencafe", "q=mail.closed.example", "route=mail.closed.example"):
        assert listed(see(browser, f"/domains/?{query}")) == []
    assert {row["domain"] for row in export(browser)} == NORDWIND
    assert {row[1].value for row in workbook(browser)[1:]} == NORDWIND


def test_a_person_sees_their_connection_only(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_TWIN)
    page = see(browser, "/domains/?size=200")
    assert {key for key, _ in listed(page)} == {TWIN}
    assert "Se filter" not in page.text
    assert "1 connection" in page.text
    assert {row["connection"] for row in export(browser)} == {TWIN}
    assert listed(see(browser, f"/domains/?connection={SE}")) == []


def test_who_sees_a_part_only_is_not_told_of_the_rest(world: World) -> None:
    for name in [name for name in world.cluster if not name.startswith("nordwind")]:
        del world.cluster[name]
    assert world.sync().held
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    page = see(browser, "/domains/")
    assert "lacks" not in page.text
    assert f"/domains/held/{SE}/accept" not in [form.action for form in page.forms]
    assert browser.send(f"/domains/held/{SE}/accept").status_code == 404


def test_a_refresh_tells_nothing_of_what_lies_outside(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    for address, data in (
        ("/domains/refresh", {"connection": SE}),
        ("/domains/refresh", {}),
        (f"/connections/{SE}/sync", {}),
    ):
        answer = browser.send(address, data)
        assert answer.status_code == 403
        assert "sees a part of this connection only" in answer.text
    assert world.wired.jobs.unfinished() == []


# --- health ---


def test_a_row_says_how_healthy_its_domain_is(world: World, operator: Browser) -> None:
    now = wiring.now()
    failing = Reading("mx", Verdict.FAIL, msg("none"), source="DNS", seen_at=now)
    world.wired.health.replace(SE, HOME, [failing, replace(failing, check="dkim")], now)
    page = see(operator, f"/domains/?connection={SE}&q=nordwind-")
    assert "Failing: " in page.text and f"/domains/{SE}/{HOME}/health" in page.links
    assert "Not checked" in page.text
    assert found(operator, "health=fail") == {HOME}
    assert found(operator, "health=pass") == set()
    assert len(found(operator, "health=nonsense")) > 1
