"""Settings over REST."""

from __future__ import annotations

import pytest

from tests.features.world import HOME, OLS, ONLY_NORDWIND, SE, World

HERE = f"/domains/{SE}/{HOME}/settings"
DAYS = f"{HERE}/quarantine_days"
DEFAULTS = f"/domains/{SE}/default/settings"


def test_settings_are_read_set_and_reset(world: World) -> None:
    api = world.api("operator")
    items = {item["name"]: item for item in api("GET", HERE).json["items"]}
    days = items["quarantine_days"]
    assert (days["value"], days["source"], days["default"], days["unit"]) == (28, "own", 14, "days")
    assert api("PUT", DAYS, {"value": "7"}).json["steps"][0]["state"] == "done"
    assert api("DELETE", DAYS).status_code == 200
    items = {item["name"]: item for item in api("GET", HERE).json["items"]}
    assert (items["quarantine_days"]["value"], items["quarantine_days"]["source"]) == (14, "inherited")


def test_the_defaults_are_the_domain_default(world: World) -> None:
    api = world.api("operator")
    assert api("PUT", f"{DEFAULTS}/quarantine_days", {"value": "21"}).status_code == 200
    items = {item["name"]: item["value"] for item in api("GET", DEFAULTS).json["items"]}
    assert items["quarantine_days"] == 21


def test_the_same_key_is_one_change(world: World) -> None:
    api = world.api("operator")
    for _ in range(2):
        assert api("PUT", DAYS, {"value": "7"}, Idempotency_Key="k").status_code == 200
    assert len(world.writes()) == 1
    assert api("PUT", DAYS, {"value": "8"}, Idempotency_Key="k").status_code == 409


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        (DAYS, {"value": "many"}, 422),
        (DAYS, {"value": 7}, 422),
        (DAYS, {"value": None}, 422),
        (DAYS, {}, 422),
        (DAYS, {"value": "x" * 5000}, 422),
        (f"{HERE}/colour", {"value": "7"}, 404),
        (f"/domains/{SE}/gone.example/settings/quarantine_days", {"value": "7"}, 404),
        (f"/domains/{OLS}/harbourbikes.example/settings/x", {"value": "7"}, 409),
    ],
)
def test_what_cannot_be_is_refused(world: World, path: str, data: object, status: int) -> None:
    answer = world.api("operator")("PUT", path, data)
    assert answer.status_code == status, answer.text
    assert world.writes() == []


def test_what_is_not_there_is_not_found_and_what_is_down_is_told(world: World) -> None:
    api = world.api("support")
    assert api("GET", f"/domains/{SE}/gone.example/settings").status_code == 404
    assert "no settings" in api("GET", f"/domains/{OLS}/harbourbikes.example/settings").json["problem"]
    world.fault("refuse")
    answer = api("GET", HERE)
    assert (answer.status_code, answer.json["items"]) == (200, [])
    assert answer.json["problem"]


def test_outside_the_scope_is_not_found(world: World) -> None:
    api = world.api("operator", scopes=ONLY_NORDWIND)
    for method, path, data in (
        ("GET", f"/domains/{SE}/hafencafe.example/settings", None),
        ("GET", DEFAULTS, None),
        ("PUT", f"{DEFAULTS}/quarantine_days", {"value": "1"}),
        ("DELETE", f"{DEFAULTS}/quarantine_days", None),
    ):
        assert api(method, path, data).status_code == 404
    assert world.upstream_calls() == 0


def test_every_setting_can_be_set_to_a_value_that_it_can_have(world: World) -> None:
    """All 32 of them, to the imitated cluster and (but for the two that no call reads) back."""
    api = world.api("operator")
    values = {
        "quarantine_threshold": "0.5",
        "unsure_threshold": "0.1",
        "blocked_extensions": "exe:bat",
        "scanned_linked_extensions": "pdf",
        "blocked_tld": "zip:top",
        "disabled_spf_domains": "a.example,b.example",
        "disabled_dkim_domains": "a.example",
        "predata_reject": "permanent",
        "excessive_messages_per_connection_behaviour": "drop",
        "valid_helo_characters": "a-z",
        "valid_local_part_characters": "a-z0-9",
        "contact": "it@a.example",
        "administrator_contact": "it@a.example",
        "administrator_callout": "it@a.example",
        "recipient_report_template": "plain",
        "recipient_protection_report_template": "plain",
        "recipient_protection_report_language": "de",
    }
    path = f"/domains/{SE}/{HOME}/settings"
    before = {item["name"]: item for item in api("GET", path).get_json()["items"]}
    assert len(before) == 32
    for name, item in before.items():
        old = item["value"]
        value = values.get(name) or (str(not old) if isinstance(old, bool) else str(int(old) + 1))
        answer = api("PUT", f"{path}/{name}", {"value": value})
        assert answer.status_code == 200, (name, value, answer.get_json())
    after = api("GET", path).get_json()["items"]
    assert len([item for item in after if item["source"] == "own"]) == 30
    assert all(item["value"] != before[item["name"]]["value"] for item in after if item["source"] == "own")
    assert len(world.writes()) == 32
