"""Domains and routes over REST."""

from __future__ import annotations

from typing import Any

import pytest

from app import wiring
from app.core.model import Reading, Verdict
from app.core.plan import State
from app.core.text import msg
from tests.features.world import HOME, IDN, OLS, ONLY_NORDWIND, SE, TWIN, World

NEW = "new.example"
ADD = {"connection": SE, "domain": NEW, "routes": [{"host": "mail.hosting.example"}]}


def test_domains_are_listed_page_by_page(world: World) -> None:
    api = world.api("auditor")
    first = api("GET", "/domains?size=2&connection=se&sort=-name").json
    second = api("GET", "/domains?size=2&connection=se&sort=-name&page=2").json
    names = [item["domain"] for item in first["items"] + second["items"]]
    assert names == sorted(world.cluster, reverse=True)[:4]
    assert (first["total"], first["total_capped"], first["page"], first["size"]) == (10, False, 1, 2)
    assert api("GET", "/domains?page=999999").json["items"] == []
    assert world.upstream_calls() == 0


def test_an_item_holds_both_forms_of_its_name(world: World) -> None:
    [item] = world.api()("GET", "/domains?q=b%C3%A4ckerei&connection=se").json["items"]
    assert (item["domain"], item["display"]) == (IDN, "bäckerei-müller.example")
    assert item["routes"][0]["port"] == world.sandbox.smtp_port
    [panel] = world.api()("GET", "/domains?q=hbikes&connection=ols").json["items"]
    assert (panel["routes"], panel["aliases"]) == (None, None)


def test_domains_are_listed_by_health(world: World) -> None:
    api, now = world.api("auditor"), wiring.now()
    failing = Reading("mx", Verdict.FAIL, msg("none"), source="DNS", seen_at=now)
    world.wired.health.replace(SE, HOME, [failing], now)
    [item] = api("GET", "/domains?health=fail").json["items"]
    assert (item["domain"], item["health"], item["troubles"]) == (HOME, "fail", ["mx"])
    assert api("GET", f"/domains/{SE}/{HOME}").json["health"] == "fail"
    assert api("GET", "/domains?q=hbikes&connection=ols").json["items"][0]["health"] is None


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "size=501",
        "size=0",
        "sort=drop",
        "status=odd",
        "health=fine",
        "colour=red",
        "page=9223372036854775808",
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_field(reader: World, query: str) -> None:
    answer = reader.api("auditor")("GET", f"/domains?{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert query.partition("=")[0] in str(answer.json["fields"])


def test_one_domain_is_read_live_or_from_the_inventory(world: World) -> None:
    api = world.api("support")
    found = api("GET", f"/domains/{SE}/{HOME}").json
    assert (found["live"], found["problem"]) == (True, None)
    assert found["aliases"] == ["nordwind.test", "nordwind-group.example"]
    world.fault("refuse")
    found = api("GET", f"/domains/{SE}/{HOME}").json
    assert found["live"] is False
    assert found["problem"]


def test_a_domain_is_added(world: World) -> None:
    answer = world.api("operator")("POST", "/domains", {**ADD, "aliases": ["one.test"]})
    assert answer.status_code == 201
    assert [step["state"] for step in answer.json["steps"]] == ["done", "done"]
    assert answer.json["text"].startswith("Added new.example")
    assert world.upstream(NEW)["aliases"] == ["one.test"]  # type: ignore[index]
    assert {change.door for change in world.changes()} == {"api"}


def test_a_part_that_was_refused_is_207(world: World) -> None:
    answer = world.api("operator")("POST", "/domains", {**ADD, "aliases": ["nwl.example", "two.test"]})
    assert answer.status_code == 207
    assert [step["state"] for step in answer.json["steps"]] == ["done", "rejected", "skipped"]
    assert answer.json["tone"] == "partial"


def test_the_same_idempotency_key_is_one_change(world: World) -> None:
    api = world.api("operator")
    answers = [api("POST", "/domains", ADD, Idempotency_Key="a1") for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json["steps"] == answers[1].json["steps"]
    assert len(world.writes()) == len(world.changes()) == 1
    other = api("POST", "/domains", {**ADD, "domain": "other.example"}, Idempotency_Key="a1")
    assert other.status_code == 409
    assert world.upstream("other.example") is None


def test_without_a_key_each_call_is_its_own(world: World) -> None:
    api = world.api("operator")
    assert api("POST", "/domains", ADD).status_code == 201
    again = api("POST", "/domains", ADD)
    assert again.status_code == 201
    assert "already as you wish" in again.json["text"]


@pytest.mark.parametrize("key", ["with blank", "ü".encode().decode("latin-1"), "x" * 201])
def test_a_key_that_cannot_be_kept_is_refused(world: World, key: str) -> None:
    answer = world.api("operator")("POST", "/domains", ADD, Idempotency_Key=key)
    assert answer.status_code == 422
    assert world.changes() == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({**ADD, "domain": "nonsense"}, "domain"),
        ({**ADD, "routes": [{"host": "a b"}]}, "routes.0.host"),
        ({**ADD, "routes": [{"host": "a.example", "port": 0}]}, "routes.0.port"),
        ({**ADD, "routes": [{"host": "a.example", "colour": "red"}]}, "routes.0.colour"),
        ({**ADD, "aliases": ["x"]}, "aliases.0"),
        ({**ADD, "routes": "a.example"}, "routes"),
        ({"domain": NEW}, "connection"),
        ({**ADD, "colour": "red"}, "colour"),
        ({**ADD, "domain": 12}, "domain"),
        ({**ADD, "connection": "a\x00b"}, "connection"),
    ],
)
def test_what_cannot_be_is_named_by_its_path(reader: World, data: dict[str, Any], field: str) -> None:
    answer = reader.api("operator")("POST", "/domains", data)
    assert answer.status_code == 422, answer.text
    assert field in answer.json["fields"], answer.json
    assert answer.json["changed"] == "Nothing was changed."


def test_a_body_that_is_no_json_is_refused(reader: World) -> None:
    api = reader.api("operator")
    client = reader.client()
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    for body in (b"{", b"[]", b'"x"', b"null", b"\xff"):
        answer = client.post("/api/v1/domains", data=body, headers=headers)
        assert answer.status_code in (400, 422), body
        assert answer.mimetype == "application/problem+json"


def test_a_domain_is_removed(world: World) -> None:
    answer = world.api("operator")("DELETE", f"/domains/{SE}/{IDN}")
    assert answer.status_code == 200
    assert world.upstream(IDN) is None
    assert world.changes()[0].step.before["routes"]


def test_routes_are_replaced_added_and_removed(world: World) -> None:
    api = world.api("operator")
    base = f"/domains/{SE}/{HOME}/routes"
    assert api("PUT", base, {"routes": [{"host": "a.example"}, {"host": "2001:db8::1"}]}).status_code == 200
    assert api("POST", base, {"host": "b.example", "port": 26, "position": 0}).status_code == 200
    assert world.routes(HOME) == [("b.example", 26), ("a.example", 25), ("2001:db8::1", 25)]
    assert api("DELETE", f"{base}/2001:db8::1/25").status_code == 200
    assert api("DELETE", f"{base}/b.example/26").status_code == 200
    assert world.routes(HOME) == [("a.example", 25)]
    last = api("DELETE", f"{base}/a.example/25")
    assert last.status_code == 409
    assert "left without a route" in last.json["detail"]


def test_expected_routes_guard_against_others(world: World) -> None:
    data = {"routes": [{"host": "a.example"}], "expected": [{"host": "b.example"}]}
    answer = world.api("operator")("PUT", f"/domains/{SE}/{HOME}/routes", data)
    assert answer.status_code == 409
    assert world.writes() == []


def test_routes_are_tried(world: World) -> None:
    api = world.api("support")
    own = api("POST", f"/domains/{SE}/{HOME}/routes/test", {}).json["items"]
    assert [item["route"]["host"] for item in own] == ["mail.nordwind.example", "backup.nordwind.example"]
    routes = [{"host": "mail.gone.example"}]
    [item] = api("POST", f"/domains/{SE}/{HOME}/routes/test", {"routes": routes}).json["items"]
    assert "fail" in [reading["verdict"] for reading in item["readings"]]
    bad = api("POST", f"/domains/{SE}/{HOME}/routes/test", {"routes": [{"host": "a b"}]})
    assert bad.status_code == 422


def test_refresh_starts_jobs(world: World) -> None:
    api = world.api("operator")
    answer = api("POST", "/domains/refresh", {"connection": TWIN})
    assert answer.status_code == 202
    [job] = answer.json["jobs"]
    world.work(job)
    assert api("GET", f"/jobs/{job}").json["state"] == "done"
    assert api("POST", "/domains/refresh", {"connection": "gone"}).status_code == 404


def test_upstream_trouble_has_its_statuses(world: World) -> None:
    api = world.api("operator")
    world.fault("refuse")
    answer = api("POST", "/domains", ADD)
    assert (answer.status_code, answer.json["changed"]) == (502, "Nothing was changed.")
    world.all_well()
    world.fault("429", retry_after="60")
    answer = api("POST", "/domains", ADD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    world.all_well()
    world.fault("hangup", "api_add_*", count=1)
    answer = api("POST", "/domains", ADD, Idempotency_Key="k")
    assert (answer.status_code, answer.json["changed"]) == (502, "It may have been changed or not.")
    assert world.changes()[0].state is State.UNKNOWN
    world.all_well()
    assert api("POST", "/domains", ADD, Idempotency_Key="k").status_code == 502
    assert len(world.writes()) == 1


def test_what_a_provider_cannot_do_is_409_with_the_reason(world: World) -> None:
    answer = world.api("operator")("DELETE", f"/domains/{OLS}/harbourbikes.example")
    assert answer.status_code == 409
    assert "no call that removes a domain" in answer.json["detail"]


def test_a_token_is_cut_to_its_owners_scope(world: World) -> None:
    api = world.api("operator", scopes=ONLY_NORDWIND)
    listed = api("GET", "/domains?size=500").json
    assert listed["total"] == 6
    assert {item["domain"][:8] for item in listed["items"]} == {"nordwind"}
    for method, path, data in (
        ("GET", f"/domains/{SE}/hafencafe.example", None),
        ("DELETE", f"/domains/{SE}/hafencafe.example", None),
        ("PUT", f"/domains/{SE}/hafencafe.example/routes", {"routes": [{"host": "a.example"}]}),
        ("POST", "/domains", ADD),
        ("POST", f"/domains/{SE}/hafencafe.example/routes/test", {}),
    ):
        assert api(method, path, data).status_code == 404, path
    assert world.upstream_calls() == 0
