"""Counts over the mail log, in both generations (contract sheet, 5.10)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.hornetsecurity.conftest import ALWAYS, FIRST, PARTNER, Panel, refused


def days(back: int, until: int = 0) -> dict[str, str]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "date_from": (today - timedelta(days=back)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date_to": (today - timedelta(days=until)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_by_type_sums_up_to_the_search(panel: Panel, first: int) -> None:
    counts = panel.post("/emails/statistics/by_type/", days(20), object_id=first)
    assert set(counts) == {"emails_total", "data"}
    assert sum(row["value"] for row in counts["data"]) == counts["emails_total"]
    found = panel.post("/emails/_search/", {**days(20), "limit": 0}, object_id=first)
    assert (found["num_found_items"], found["emails"]) == (counts["emails_total"], [])
    assert counts["data"][0]["name"] == "clean"
    assert {row["name"] for row in counts["data"]} >= {"spam", "threat", "advthreat"}


def test_by_type_has_the_old_names_in_the_old_generation(panel: Panel, first: int) -> None:
    counts = panel.call("POST", "/emails/statistics/by_type/", ALWAYS, manual=True, object_id=first).json()
    assert {row["name"] for row in counts["data"]} >= {"virus", "atp"}


def test_filters_apply(panel: Panel, first: int) -> None:
    counts = panel.post("/emails/statistics/by_type/", {**ALWAYS, "classification": [1, 5]}, object_id=first)
    assert {row["type"] for row in counts["data"]} == {1, 5}


@pytest.mark.parametrize(("window", "width"), [(days(30), 86_400), (days(2), 3_600)])
def test_by_time_has_hours_up_to_two_days_else_days(
    panel: Panel, first: int, window: dict[str, str], width: int
) -> None:
    series = panel.post("/emails/statistics/by_time/", window, object_id=first)
    assert series[0]["name"] == "clean"
    names = [point["name"] for point in series[0]["series"]]
    assert all(name.endswith(".000Z") for name in names)
    moments = [datetime.fromisoformat(name).timestamp() for name in names]
    assert {after - before for before, after in itertools.pairwise(moments)} == {width}
    total = panel.post("/emails/statistics/by_type/", window, object_id=first)["emails_total"]
    assert sum(point["value"] for each in series for point in each["series"]) == total


def test_by_time_without_mail_is_empty(panel: Panel, first: int) -> None:
    long_ago = {"date_from": "2001-01-01T00:00:00Z", "date_to": "2001-01-02T00:00:00Z"}
    assert panel.post("/emails/statistics/by_time/", long_ago, object_id=first) == []
    old = panel.call("POST", "/emails/statistics/by_time/", long_ago, manual=True, object_id=first).json()
    assert [row["value"] for row in old] == [0] * 7
    file = panel.call("POST", "/emails/statistics/by_time/_export/", long_ago, object_id=first)
    assert file.status_code == 204


def test_by_time_export(panel: Panel, first: int) -> None:
    file = panel.call("POST", "/emails/statistics/by_time/_export/", days(3), object_id=first)
    assert file.text.splitlines()[0] == "date,classification,count"


def test_by_user_is_the_last_week_whatever_the_dates(panel: Panel, first: int) -> None:
    rows = panel.post("/emails/statistics/by_user/", {"date_from": "2001-01-01T00:00:00Z"}, object_id=first)
    assert rows == sorted(rows, key=lambda row: -row["count"])
    assert all(row["name"].endswith(f"@{FIRST}") for row in rows)
    assert set(rows[0]) >= {
        "name",
        "count",
        "clean",
        "info",
        "spam",
        "content",
        "threat",
        "advthreat",
        "rejected",
    }
    assert len(panel.post("/emails/statistics/by_user/", {}, object_id=PARTNER)) <= 100


def test_the_summary_says_nothing_is_malicious(panel: Panel, first: int) -> None:
    summary = panel.post("/emails/statistics/summary/", ALWAYS, object_id=first)
    assert summary["total"] > 1000
    assert summary["malicious"] == 0


def test_reports_by_mail(panel: Panel, first: int) -> None:
    refused(panel.call("GET", "/emails/statistics/receiver/", object_id=first), 404, 3400)
    refused(
        panel.call("POST", "/emails/statistics/frequency/", {"frequency": "daily"}, object_id=first),
        404,
        3400,
    )
    body = {"receivers": ["boss@example.org"]}
    assert panel.post("/emails/statistics/receiver/", body, object_id=first) == body
    assert panel.get("/emails/statistics/frequency/", object_id=first) == {"frequency": "weekly"}
    assert panel.post("/emails/statistics/frequency/", {"frequency": "daily"}, object_id=first) == {
        "frequency": "daily"
    }
    refused(
        panel.call("POST", "/emails/statistics/receiver/", {"receivers": ["x"]}, object_id=first), 400, 2009
    )
    assert panel.call("DELETE", "/emails/statistics/receiver/", object_id=first).status_code == 204


def test_prevented_attacks_are_worldwide_unless_told(panel: Panel, first: int) -> None:
    world = panel.get("/atp/threat/attack_type/", object_id=first, **days(30))
    ours = panel.get("/atp/threat/attack_type/", object_id=first, is_global="false", **days(30))
    assert world["attacks_total"] > 10 * ours["attacks_total"] > 0
    assert sum(row["value"] for row in ours["data"]) == ours["attacks_total"]
    vectors = panel.get("/atp/threat/attack_vector/", object_id=first, **days(30))
    assert vectors["data"][0]["name"] == "attachment_downloader"
    times = panel.get("/atp/threat/time_of_day/", object_id=first, **days(30))
    assert len(times[0]["series"]) == 4
    short = {"date_from": "2026-01-01T00:00:00Z", "date_to": "2026-01-01T00:30:00Z"}
    refused(panel.call("GET", "/atp/threat/attack_type/", object_id=first, **short), 400, 2009)
    refused(panel.call("GET", "/atp/threat/attack_type/", object_id=first, **ALWAYS), 400, 2009)
