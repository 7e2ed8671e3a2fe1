"""Health over REST and on the command line."""

from __future__ import annotations

import json

import pytest

from tests.features.cleanmail_world import CM, OLS, SE, CleanmailWorld
from tests.features.world import ONLY_NORDWIND

HOME = "nordwind.example"
BARE = "skagenfisk.example"
HERE = f"/domains/{SE}/{BARE}/health"


def test_a_domain_is_checked_and_listed(world: CleanmailWorld) -> None:
    api = world.api("operator")
    assert api("GET", HERE).json == {"items": [], "worst": None, "checked_at": None}
    answer = api("POST", HERE)
    assert (answer.status_code, answer.json["worst"]) == (200, "fail") and answer.json["checked_at"]
    spf = next(item for item in answer.json["items"] if item["check"] == "spf")
    assert spf["record"].startswith(f"{BARE}. IN TXT") and spf["source"] == "DNS" and spf["since"]
    listed = api("GET", "/health?verdict=fail&check=spf&source=DNS").json
    assert [item["domain"] for item in listed["items"]] == [BARE] and listed["total"] == 1
    assert api("GET", "/health?q=no-such").json["items"] == []


@pytest.mark.parametrize("query", ["verdict=bad", "page=0", "size=9999", "source=x", "other=1"])
def test_queries_that_make_no_sense_are_refused(world: CleanmailWorld, query: str) -> None:
    assert world.api("operator")("GET", f"/health?{query}").status_code == 422


def test_the_last_report_is_read_without_a_test(world: CleanmailWorld) -> None:
    api = world.api("operator")
    answer = api("POST", f"/domains/{CM}/{HOME}/health/report")
    assert answer.status_code == 200 and {i["source"] for i in answer.json["items"]} == {"Cleanmail"}
    assert world.written() == []
    assert api("POST", f"/domains/{SE}/{HOME}/health/report").status_code == 409


def test_jobs_are_started_once_per_key(world: CleanmailWorld) -> None:
    api = world.api("operator")
    first = api("POST", "/health/check", {"connection": OLS}, Idempotency_Key="k")
    again = api("POST", "/health/check", {"connection": OLS}, Idempotency_Key="k")
    assert first.status_code == 202 and first.json == again.json
    other = api("POST", "/health/failures", {"connection": CM})
    assert other.status_code == 202 and other.json != first.json
    world.work()
    assert api("GET", f"/jobs/{first.json['job']}").json["state"] == "done"
    assert api("GET", "/health?connection=" + CM).json["total"] > 0
    assert api("POST", "/health/failures", {"connection": SE}).status_code == 409
    assert api("POST", "/health/check", {"connection": "nonsense"}).status_code == 404


def test_a_relay_is_tried(world: CleanmailWorld) -> None:
    body = {"connection": CM, "domain": "new.example", "routes": [{"host": "no-such-host.invalid"}]}
    answer = world.api("support")("POST", "/health/try-relay", body)
    assert answer.status_code == 200
    asked = {result["asked"]: result["items"] for result in answer.json["results"]}
    assert asked.keys() == {"no-such-host.invalid:25", "Cleanmail"}
    assert asked["Cleanmail"][0]["verdict"] == "fail"
    assert all(items and items[-1]["verdict"] != "pass" for items in asked.values())
    assert world.changes() == [] and world.written() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"connection": CM, "domain": "a b", "routes": [{"host": "x.example"}]},
        {"connection": CM, "domain": "a.example", "routes": []},
        {"connection": CM, "domain": "a.example", "routes": [{"host": "x", "port": 99999}]},
        {"connection": CM, "domain": "a.example", "routes": [{"host": "x.example"}] * 7},
    ],
)
def test_what_cannot_be_tried_is_refused(world: CleanmailWorld, body: object) -> None:
    assert world.api("operator")("POST", "/health/try-relay", body).status_code == 422
    assert world.upstream_calls() == 0


def test_rights_and_scope(world: CleanmailWorld) -> None:
    assert world.api("auditor")("POST", HERE).status_code == 403
    assert world.api("support")("POST", "/health/check", {}).status_code == 403
    scoped = world.api("operator", scopes=ONLY_NORDWIND)
    assert scoped("GET", HERE).status_code == scoped("POST", HERE).status_code == 404
    body = {"connection": SE, "domain": BARE, "routes": [{"host": "mail.relay.example"}]}
    assert scoped("POST", "/health/try-relay", body).status_code == 404
    assert scoped("POST", "/health/failures", {"connection": CM}).status_code == 409
    assert world.upstream_calls() == 0


def test_the_command_line(world: CleanmailWorld) -> None:
    done = world.run("health", "run", BARE, SE, "--json")
    rows = json.loads(done.stdout[done.stdout.index("[") :])
    assert done.exit_code == 0 and any(row["record"] for row in rows)
    table = world.run("health", "list", "--check", "spf").stdout
    assert BARE in table and "fail" in table
    assert (
        json.loads(world.run("health", "list", "--verdict", "pass", "--check", "spf", "--json").stdout) == []
    )
    assert "mail.relay.example:25" in world.run("health", "try-relay", BARE, SE, "mail.relay.example").stdout
    assert world.run("health", "run", "nonsense", SE).exit_code == 2
    assert world.run("health", "run", "gone.example", SE).exit_code == 3
    assert world.run("health", "check", "--connection", OLS).exit_code == 0
    assert world.run("health", "failures", CM).exit_code == 0
    assert world.run("health", "try-relay", BARE, SE, "a b !").exit_code == 2
