"""The pages of health: the list over everything, the tab of a domain, a route tried before it is saved."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from app.core.actor import Right
from app.core.health import HealthQuery
from app.core.model import Reading, Verdict
from app.core.ports import DomainQuery, JobState
from app.core.text import msg
from tests.browser import Browser
from tests.features.cleanmail_world import CM, LIMITED, OLS, SE, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Page, see, submit
from tests.features.world import ADMIN, ONLY_NORDWIND

HOME = "nordwind.example"
BYPASSED = "hotelduphare.example"
HERE = f"/domains/{CM}/{HOME}/health"
PAGES: Pages = {
    "/health/": ("GET", Right.VIEW_HEALTH),
    "/health/relay": ("GET POST", Right.CHECK_ROUTES),
    HERE: ("GET POST", Right.VIEW_HEALTH),
}


def run(browser: Browser, key: str, name: str) -> None:
    """Checks a domain by its button."""
    page = see(browser, f"/domains/{key}/{name}/health")
    form = next(form for form in page.forms if form.action.endswith("/health"))
    assert "was checked" in submit(browser, form).text


def stored(world: CleanmailWorld, key: str, name: str) -> dict[tuple[str, str], str]:
    """(check, source) -> worst verdict of what is kept."""
    found: dict[tuple[str, str], str] = {}
    for row in world.wired.health.of_domain(ADMIN, key, name).readings:
        found.setdefault((row.reading.check, row.reading.source), row.reading.verdict.value)
    return found


def test_it_needs_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_before_any_check_nothing_is_claimed(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, HERE)
    assert "never checked" in page.text and "gh-verdict-pass" not in page.html
    assert "No domain was checked yet" in see(operator, "/health/").text
    assert world.upstream_calls() == 0


def test_a_run_asks_the_upstream_dns_and_the_routes(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, CM, HOME)
    found = stored(world, CM, HOME)
    assert found[("spf", "DNS")] == "pass" and found[("dmarc", "DNS")] == "pass"
    assert ("mx", "Cleanmail") in found and ("dkim", "Cleanmail") in found
    assert ("route", "SMTP") in found and ("certificate", "SMTP") in found
    assert "runDomainDiagnostic" in world.sandbox.calls["cleanmail"].names()
    page = see(operator, HERE)
    assert "v=spf1" in page.text and "Cleanmail" in page.text and "SMTP" in page.text


def test_the_record_to_publish_is_shown(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, SE, "skagenfisk.example")
    page = see(operator, f"/domains/{SE}/skagenfisk.example/health")
    assert "skagenfisk.example has no SPF record." in page.text
    assert 'skagenfisk.example. IN TXT "v=spf1 mx' in page.text


def test_what_most_domains_have_is_what_mx_records_should_name(
    world: CleanmailWorld, operator: Browser
) -> None:
    run(operator, SE, HOME)
    assert stored(world, SE, HOME)[("mx", "DNS")] == "unknown"
    for row in list(world.wired.inventory.iterate(ADMIN, DomainQuery(connections=(SE,))))[:5]:
        run(operator, SE, row.name)
    run(operator, SE, HOME)
    assert stored(world, SE, HOME)[("mx", "DNS")] == "pass"


def test_a_silent_name_server_is_unknown_and_never_a_pass(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, LIMITED, HOME)
    found = stored(world, LIMITED, HOME)
    assert {found[(check, "DNS")] for check in ("mx", "spf", "dmarc")} == {"unknown"}
    page = see(operator, f"/domains/{LIMITED}/{HOME}/health")
    assert "gh-verdict-unknown" in page.html


def test_an_upstream_that_fails_leaves_the_other_checks_alone(
    world: CleanmailWorld, operator: Browser
) -> None:
    world.fault("5xx", "runDomainDiagnostic", upstream="cleanmail")
    run(operator, CM, HOME)
    found = stored(world, CM, HOME)
    assert found[("report", "Cleanmail")] == "unknown" and found[("spf", "DNS")] == "pass"
    assert ("mx", "Cleanmail") not in found


def test_the_list_is_worst_first_and_filtered(world: CleanmailWorld, operator: Browser) -> None:
    for key, name in ((CM, HOME), (SE, "skagenfisk.example"), (SE, "hafencafe.example")):
        run(operator, key, name)
    rows = world.wired.health.page(ADMIN, HealthQuery(size=200)).rows
    badness = [row.reading.verdict.badness for row in rows]
    assert badness == sorted(badness, reverse=True) and badness[0] == Verdict.FAIL.badness
    page = see(operator, "/health/?check=spf&verdict=fail")
    assert "skagenfisk.example" in page.text and "hafencafe" not in page.text
    assert "hafencafe.example" in see(operator, "/health/?check=dmarc&source=DNS&q=hafen").text
    assert "No finding matches" in see(operator, "/health/?verdict=fail&q=no-such-domain").text
    assert see(operator, "/health/?page=99").status == 200
    assert see(operator, "/health/?verdict=nonsense&check=%00&source=x&size=9").status == 200


def test_the_list_asks_no_upstream(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, CM, HOME)
    before = world.upstream_calls()
    see(operator, "/health/")
    see(operator, HERE)
    see(operator, "/overview/")
    assert world.upstream_calls() == before


def test_the_export_holds_what_the_list_shows(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, SE, "skagenfisk.example")
    answer = operator.get("/health/export.csv?check=spf")
    [row] = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert row["domain"] == "skagenfisk.example" and row["verdict"] == "fail"
    assert row["record"].startswith("skagenfisk.example. IN TXT")
    assert operator.get("/health/export.xlsx").status_code == 200
    assert operator.get("/health/export.pdf").status_code == 404


def test_outside_the_scope_nothing_exists(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, SE, "skagenfisk.example")
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert "skagenfisk" not in see(narrow, "/health/?verdict=any").text
    assert narrow.get(f"/domains/{SE}/skagenfisk.example/health").status_code == 404
    assert narrow.send(f"/domains/{SE}/skagenfisk.example/health", {}).status_code == 404
    assert narrow.send("/health/failures", {"connection": CM}).status_code == 409


def test_an_auditor_looks_and_runs_nothing(world: CleanmailWorld) -> None:
    auditor = world.sign_in("auditor")
    assert "Check now" not in see(auditor, HERE).text
    assert auditor.send(HERE, {}).status_code == 403
    assert auditor.send("/health/check", {}).status_code == 403


def test_readings_go_with_their_domain(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, SE, "skagenfisk.example")
    world.wired.inventory.forget(SE, "skagenfisk.example")
    assert "skagenfisk" not in see(operator, "/health/?verdict=any").text
    assert world.wired.health.page(ADMIN, HealthQuery()).total == 0


def test_all_domains_of_a_connection_are_checked_by_a_job(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, f"/health/?connection={OLS}")
    form = next(form for form in page.forms if form.action.endswith("/health/check"))
    page = submit(operator, form)
    assert "Started: Check the health of" in page.text
    world.work()
    counts = world.wired.health.counts(ADMIN)
    assert sum(counts.domains.values()) > 0
    assert not any(name.startswith("run") for name in world.sandbox.calls["olspanel"].names())
    rows = world.wired.health.page(ADMIN, HealthQuery(connections=(OLS,), size=200)).rows
    assert rows and {row.connection for row in rows} == {OLS}


def test_a_double_click_is_one_job(world: CleanmailWorld, operator: Browser) -> None:
    fields = {"connection": OLS, "request_key": "a" * 32}
    first = operator.send("/health/check", fields)
    again = operator.send("/health/check", fields)
    assert first.location == again.location


def test_chosen_domains_are_checked_by_a_bulk_job(world: CleanmailWorld, operator: Browser) -> None:
    name = next(world.wired.inventory.iterate(ADMIN, DomainQuery(connections=(OLS,)))).name
    page = Page(operator.send("/bulk/", {"action": "check_health", "selected": f"{OLS}/{name}"}), "/bulk/")
    page = submit(operator, page.form("checksum"), press="step")
    assert "Started: Check health: 1 domains." in page.text
    assert world.work() == [JobState.DONE]
    assert ("spf", "DNS") in stored(world, OLS, name)
    assert world.changes() == []


def test_all_failures_of_an_upstream(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, "/health/")
    form = next(form for form in page.forms if form.action.endswith("/health/failures"))
    submit(operator, form)
    world.work()
    assert world.sandbox.calls["cleanmail"].names().count("getHealthErrors") == 1
    rows = world.wired.health.page(ADMIN, HealthQuery(connections=(CM,), size=200)).rows
    failing = {row.domain for row in rows if row.reading.verdict is Verdict.FAIL}
    assert failing and {row.reading.source for row in rows} == {"Cleanmail"}


def test_what_an_upstream_lists_no_longer_has_passed(world: CleanmailWorld, operator: Browser) -> None:
    connection = world.wired.connections.get(ADMIN, CM)
    failing, _ = world.wired.examiner.take_failures(connection)
    known = set(world.wired.health.failing_at(CM, "Cleanmail"))
    rows = world.wired.inventory.iterate(ADMIN, DomainQuery(connections=(CM,), statuses=("active",)))
    good = next(row.name for row in rows if row.name not in known)
    gone = Reading("mx", Verdict.FAIL, msg("x"), source="Cleanmail", seen_at=datetime.now(UTC))
    world.wired.health.replace_source(CM, good, "Cleanmail", [gone])
    assert world.wired.examiner.take_failures(connection) == (failing, 1)
    assert stored(world, CM, good) == {("report", "Cleanmail"): "pass"}


def test_a_route_is_tried_from_here_and_by_the_upstream(world: CleanmailWorld, operator: Browser) -> None:
    route = world.row(HOME, CM).routes[0]
    page = see(operator, f"/health/relay?connection={CM}&domain={HOME}")
    page = submit(operator, page.form("routes"), routes=str(route), connection=CM)
    assert f"Test of {route}" in page.text and "Test of Cleanmail" in page.text
    assert "tryRelayConfiguration" in world.sandbox.calls["cleanmail"].names()
    assert world.written() == [] and world.changes() == []


@pytest.mark.parametrize(
    "fields", [{"routes": ""}, {"routes": "a b c!"}, {"domain": "not a domain"}, {"routes": "mx:99999"}]
)
def test_what_cannot_be_tried_is_said_on_its_field(
    world: CleanmailWorld, operator: Browser, fields: dict[str, str]
) -> None:
    sent = {"connection": CM, "domain": HOME, "routes": "mail.example.org", **fields}
    answer = operator.send("/health/relay", sent)
    assert answer.status_code == 422 and world.upstream_calls() == 0


def test_the_menu_counts_failing_domains(world: CleanmailWorld, operator: Browser) -> None:
    run(operator, SE, "skagenfisk.example")
    overview = see(world.sign_in("admin"), "/overview/")
    assert "Health, worst first" in overview.text and "skagenfisk.example" in overview.text
    assert "1 failing" in overview.text
