"""Policies with names over REST."""

from __future__ import annotations

import pytest

from tests.features.named_policies.conftest import CM, HOME, ONLY_OTHER, PANEL, PolicyWorld

HERE = f"/domains/{CM}/{HOME}/policies"


def test_they_are_listed_live_with_their_fields(world: PolicyWorld) -> None:
    answer = world.api("support")("GET", HERE)
    found = answer.get_json()
    assert answer.status_code == 200
    assert found["live"] is True
    by_name = {item["name"]: item for item in found["items"]}
    assert by_name["Management"]["values"]["quarantineProps.duration"] == 60
    assert by_name["Sales"]["values"]["quarantineProps.duration"] is None
    field = next(field for field in found["fields"] if field["name"] == "quarantineProps.duration")
    assert (field["unit"], field["minimum"], field["needs"]) == ("days", 1, "quarantine")


def test_the_whole_life_of_a_policy(world: PolicyWorld) -> None:
    api = world.api("operator")
    source = world.policies()["Management"]["id"]
    made = api("POST", HERE, {"name": "Copied", "copy_of": source, "values": {"spamScore": 6}})
    assert made.status_code == 201
    assert made.get_json()["steps"][0]["verb"] == "policy.add"
    row = world.policies()["Copied"]
    assert (row["spamScore"], row["quarantineProps"]["duration"]) == (6.0, 60)
    path = f"{HERE}/{row['id']}"
    body = {"values": {"spamScore": 2.5, "quarantine": False}, "expected": {"spamScore": 6}}
    assert api("PATCH", path, body).status_code == 200
    assert api("PATCH", path, body).status_code == 409
    read = api("GET", path).get_json()
    assert (read["values"]["spamScore"], read["values"]["quarantineProps.duration"]) == (2.5, None)
    assert read["use"] == {"default": False, "mailboxes": [], "total": 0}
    default = f"/domains/{CM}/{HOME}/policy"
    old = world.default()
    assert api("PUT", default, {"policy": row["id"], "expected": "wrong"}).status_code == 409
    assert api("PUT", default, {"policy": row["id"], "expected": old}).status_code == 200
    refused = api("DELETE", path)
    assert refused.status_code == 409
    assert "default policy" in refused.get_data(as_text=True)
    assert api("PUT", default, {"policy": old}).status_code == 200
    assert api("DELETE", path).status_code == 200
    assert api("GET", path).status_code == 404


def test_a_copy_without_a_service_leaves_its_settings_out(world: PolicyWorld) -> None:
    source = world.policies()["Management"]["id"]
    body = {"name": "Open", "copy_of": source, "values": {"quarantine": False}}
    assert world.api("operator")("POST", HERE, body).status_code == 201
    assert world.policies()["Open"]["quarantineProps"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "A", "values": {"spamScore": "x"}}, "values.spamScore"),
        ({"name": "A", "values": {"spamScore": None}}, "values.spamScore"),
        ({"name": "A", "values": {"spamScore": [1]}}, "values.spamScore"),
        ({"name": "A", "values": {"colour": 1}}, "values.colour"),
        (
            {"name": "A", "values": {"quarantine": False, "quarantineProps.duration": 3}},
            "values.quarantineProps.duration",
        ),
        ({"name": "A", "values": {"relayProps.prefixSpam": "x" * 300}}, "values.relayProps.prefixSpam"),
        ({"name": "A", "values": {"relayProps.prefixSpam": "a\nb"}}, "values.relayProps.prefixSpam"),
        ({"name": 7}, "name"),
    ],
)
def test_bad_input_is_named_by_field(world: PolicyWorld, body: dict[str, object], field: str) -> None:
    answer = world.api("operator")("POST", HERE, body)
    assert answer.status_code == 422
    assert field in answer.get_data(as_text=True)
    assert world.writes() == []


def test_the_same_key_sends_nothing_twice(world: PolicyWorld) -> None:
    api = world.api("operator")
    for _ in range(2):
        assert api("POST", HERE, {"name": "Once"}, Idempotency_Key="once").status_code == 201
    assert world.writes() == ["newPolicy"]


def test_the_list_over_all_connections(world: PolicyWorld) -> None:
    api = world.api("operator")
    assert api("GET", "/policies").get_json()["total"] == 0
    api("GET", HERE)
    found = api("GET", "/policies?q=sales&default=false&sort=-name").get_json()
    assert [item["name"] for item in found["items"]] == ["Sales"]
    page = api("GET", "/policies?size=2").get_json()
    assert (page["total"], page["next"]) == (3, 2)
    assert api("GET", "/policies?size=2&page=2").get_json()["next"] is None
    assert api("GET", "/policies?colour=red").status_code == 422


def test_rights_and_scope(world: PolicyWorld) -> None:
    sales = world.policies()["Sales"]["id"]
    support, narrow = world.api("support"), world.api("operator", scopes=ONLY_OTHER)
    wishes = (
        ("POST", HERE, {"name": "A"}),
        ("PATCH", f"{HERE}/{sales}", {"name": "A"}),
        ("DELETE", f"{HERE}/{sales}", None),
        ("PUT", f"/domains/{CM}/{HOME}/policy", {"policy": sales}),
    )
    for method, path, body in wishes:
        assert support(method, path, body).status_code == 403, path
        assert narrow(method, path, body).status_code == 404, path
    assert narrow("GET", HERE).status_code == 404
    assert world.writes() == []


def test_a_connection_without_policies_says_why(world: PolicyWorld) -> None:
    answer = world.api("operator")("GET", f"/domains/{PANEL}/{HOME}/policies")
    assert answer.status_code == 409
    assert "hosting panel" in answer.get_data(as_text=True)
