"""The control port: what it knows, and how it refuses."""

import pytest
import requests


@pytest.fixture
def control(sandbox):
    def ask(method, path, **options):
        return requests.request(method, f"{sandbox.control_url}{path}", timeout=30, **options)

    return ask


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"fault": "earthquake"}, "unknown fault 'earthquake'"),
        ({}, "unknown fault ''"),
        ([1], "a fault is a JSON object"),
        ({"fault": "5xx", "seconds": 3}, "unknown parameter 'seconds'"),
        ({"fault": "5xx", "status": 200}, "'status'"),
        ({"fault": "delay", "seconds": -1}, "'seconds'"),
        ({"fault": "delay", "seconds": "long"}, "'seconds'"),
        ({"fault": "half", "when": "before"}, "'half' knows when after"),
        ({"fault": "hangup", "when": "before"}, "'hangup' knows when after"),
        ({"fault": "html", "count": 0}, "'count'"),
        ({"fault": "html", "count": True}, "'count'"),
        ({"fault": "html", "calls": []}, "'calls'"),
        ({"fault": "html", "calls": 3}, "'calls'"),
    ],
)
def test_a_fault_that_is_not_understood_gets_422_and_changes_nothing(control, fault, reason):
    control("PUT", "/faults/spamexperts", json={"fault": "html"})
    answer = control("PUT", "/faults/spamexperts", json=fault)
    assert answer.status_code == 422
    assert reason in answer.json()["error"]
    assert [one["fault"] for one in control("GET", "/faults/spamexperts").json()] == ["html"]


def test_an_active_fault_shows_its_defaults(control):
    answer = control("PUT", "/faults/spamexperts", json={"fault": "429"}).json()
    assert answer == [
        {"fault": "429", "calls": ["*"], "when": "before", "retry_after": "1", "count": None, "hits": 0}
    ]


def test_what_is_not_json_gets_422(control):
    assert control("PUT", "/faults/spamexperts", data="{").status_code == 422
    assert control("PUT", "/profile/spamexperts", data="{").status_code == 422


@pytest.mark.parametrize("path", ["/faults/other", "/profile/other", "/calls/other", "/nothing", "/faults"])
def test_unknown_things_get_404(control, path):
    answer = control("GET", path)
    assert answer.status_code == 404
    assert "error" in answer.json()


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/reset"), ("POST", "/faults/spamexperts")]
)
def test_known_paths_with_another_method_get_405(control, method, path):
    assert control(method, path).status_code == 405


def test_a_profile_changes_known_switches_only(control):
    assert control("GET", "/profile/spamexperts").json()["json_support"] == "all"
    changed = control(
        "PUT", "/profile/spamexperts", json={"json_support": "proven", "error_http_status": 400}
    )
    assert changed.json()["json_support"] == "proven"
    assert changed.json()["error_http_status"] == 400


@pytest.mark.parametrize(
    "wish",
    [
        {"colour": "red"},
        {"json_support": "some"},
        {"error_http_status": "400"},
        {"panel_cache_seconds": True},
        [1],
    ],
)
def test_a_switch_that_makes_no_sense_gets_422_and_changes_nothing(control, wish):
    before = control("GET", "/profile/spamexperts").json()
    assert control("PUT", "/profile/spamexperts", json=wish).status_code == 422
    assert control("GET", "/profile/spamexperts").json() == before


def test_numbers_may_be_whole_or_not(control):
    answer = control("PUT", "/profile/spamexperts", json={"panel_cache_seconds": 0.5})
    assert answer.json()["panel_cache_seconds"] == 0.5


@pytest.mark.parametrize("number", ["0", "-3", "many", "200001", "²"])
def test_seed_wants_a_sensible_number(control, number):
    assert control("POST", f"/seed?domains={number}").status_code == 422


def test_seed_without_a_number_brings_the_demo_company(control, sandbox):
    control("POST", "/seed?domains=3&upstream=spamexperts")
    assert len(sandbox.upstreams["spamexperts"].state.table("domains")) == 3
    control("POST", "/seed?upstream=spamexperts")
    assert "nordwind.example" in sandbox.upstreams["spamexperts"].state.table("domains")


def test_seed_fills_every_upstream(control, sandbox):
    answer = control("POST", "/seed?domains=12").json()
    assert answer["seeded"] == list(sandbox.upstreams)


def test_calls_are_listed_and_forgotten(control, sandbox):
    requests.get(f"{sandbox.http('spamexperts')}/cgi-bin/api?call=api_version&password=x", timeout=5)
    [call] = control("GET", "/calls/spamexperts").json()
    assert call["call"] == "api_version"
    assert call["path"] == "/cgi-bin/api"
    assert control("DELETE", "/calls/spamexperts").status_code == 200
    assert control("GET", "/calls/spamexperts").json() == []
