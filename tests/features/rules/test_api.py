"""Filtering rules over REST."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.features.cleanmail_world import CM, OLS, CleanmailWorld
from tests.features.world import ONLY_NORDWIND

HERE = f"/domains/{CM}/nordwind.example/rules"
RULE = {"action": "allow", "pattern": "@Partner.example", "note": "Agreed", "spf": False}


def listed(api, where: str = HERE):
    return {item["pattern"]: item for item in api("GET", where).json["items"]}


def test_rules_are_added_found_edited_and_removed(world: CleanmailWorld) -> None:
    api = world.api("operator")
    answer = api("POST", HERE, {"rules": [RULE, {"kind": "uri", "action": "skip", "pattern": "^a$"}]})
    assert answer.status_code == 200, answer.json
    assert [step["state"] for step in answer.json["steps"]] == ["done", "done"]
    rule = listed(api)["partner.example"]
    assert (rule["note"], rule["spf"], rule["mailbox"], rule["mark"]) == ("Agreed", False, None, None)
    [found] = api("GET", "/rules?sender=anna@partner.example").json["items"]
    assert found["id"] == rule["id"]
    old = {"action": "allow", "pattern": "partner.example", "note": "Agreed", "spf": False}
    assert api("PATCH", HERE, {"old": old, "new": {**old, "action": "block", "spf": None}}).status_code == 200
    assert api("PATCH", HERE, {"old": old, "new": {**old, "note": "x"}}).status_code == 404
    rule = listed(api)["partner.example"]
    assert rule["action"] == "block"
    assert api("DELETE", f"{HERE}/{rule['id']}").status_code == 200
    assert api("DELETE", f"{HERE}/{rule['id']}").status_code == 404
    assert "partner.example" not in listed(api)


def test_a_list_is_replaced_unless_it_changed(world: CleanmailWorld) -> None:
    api = world.api("operator")
    assert api("PUT", HERE, {"rules": [RULE], "expected": []}).status_code == 409
    assert api("PUT", HERE, {"rules": [RULE]}).status_code == 200
    senders = [r for r in listed(api).values() if r["kind"] == "sender" and not r["read_only"]]
    assert [r["pattern"] for r in senders] == ["partner.example"]


def test_a_person_of_support_may_add_what_expires(world: CleanmailWorld) -> None:
    api = world.api("support")
    assert api("POST", HERE, {"rules": [RULE]}).status_code == 403
    soon = (datetime.now(UTC) + timedelta(days=29)).isoformat()
    assert api("POST", HERE, {"rules": [{**RULE, "expires": soon}]}).status_code == 200
    assert api("PUT", HERE, {"rules": []}).status_code == 403
    auditor = world.api("auditor")
    assert auditor("POST", HERE, {"rules": [{**RULE, "expires": soon}]}).status_code == 403
    assert world.written() == ["addDomainRule"]


SPREAD = {"connection": CM, "owners": ["nordwind.example", "lofotenfisk.example"], **RULE}


def test_a_rule_is_spread_over_owners_undone_and_withdrawn(world: CleanmailWorld) -> None:
    api = world.api("operator")
    there = f"/domains/{CM}/lofotenfisk.example/rules"
    assert api("POST", HERE, {"rules": [RULE]}).status_code == 200
    answer = api("POST", "/rules/spread", SPREAD)
    assert answer.status_code == 200 and "New owners: 1; had it already: 1." in answer.json["text"], (
        answer.json
    )
    [step] = answer.json["steps"]
    found = api("GET", "/rules?sender=partner.example").json["items"]
    assert {one["domain"] for one in found} == set(SPREAD["owners"])
    assert api("POST", f"/changes/{step['change']}/undo", {}).status_code == 200
    assert "partner.example" not in listed(api, there) and "partner.example" in listed(api)
    assert api("POST", "/rules/spread", SPREAD).status_code == 200
    rule = {key: SPREAD[key] for key in ("connection", "owners", "action", "pattern")}
    assert api("POST", "/rules/withdraw", rule).status_code == 200
    assert "partner.example" not in listed(api, there) and "partner.example" not in listed(api)
    assert api("POST", "/rules/withdraw", {**rule, "owners": []}).status_code == 422


def test_every_owner_must_lie_in_the_scope_and_support_adds_what_expires(world: CleanmailWorld) -> None:
    narrow = world.api("operator", scopes=ONLY_NORDWIND)
    assert narrow("POST", "/rules/spread", SPREAD).status_code == 404
    rule = {key: SPREAD[key] for key in ("connection", "owners", "action", "pattern")}
    assert narrow("POST", "/rules/withdraw", rule).status_code == 404
    assert world.upstream_calls() == 0
    support = world.api("support")
    assert support("POST", "/rules/spread", SPREAD).status_code == 403
    assert support("POST", "/rules/withdraw", rule).status_code == 403
    soon = (datetime.now(UTC) + timedelta(days=29)).isoformat()
    assert support("POST", "/rules/spread", {**SPREAD, "expires": soon}).status_code == 200
    assert world.written() == ["addEntries"]


def test_somebody_of_two_domains_sees_and_undoes_what_they_spread(world: CleanmailWorld) -> None:
    both = (*ONLY_NORDWIND, replace(ONLY_NORDWIND[0], name="lofotenfisk.example"))
    api, other = world.api("operator", scopes=both), world.api("operator", scopes=ONLY_NORDWIND)
    [step] = api("POST", "/rules/spread", SPREAD).json["steps"]
    where = f"/changes/{step['change']}"
    assert other("GET", where).status_code == 404 and api("GET", where).status_code == 200
    assert api("POST", f"{where}/undo", {}).status_code == 200
    assert "partner.example" not in listed(api)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"action": "protected", "pattern": "a.example"},
        {"action": "allow", "pattern": ""},
        {"action": "allow", "pattern": 7},
        {"action": "allow", "pattern": "a.example", "expires": "soon"},
        {"action": "allow", "pattern": "a.example", "expires": "2026-12-31T00:00:00"},
        {"action": "allow", "pattern": "a.example", "more": 1},
        {"kind": "attachment", "action": "block", "pattern": "(", "part": "filename"},
        {"action": "allow", "pattern": "a.example", "mailbox": "x@elsewhere.example"},
        {"action": "allow", "pattern": "a" * 600},
    ],
)
def test_what_cannot_be_is_refused(world: CleanmailWorld, rule: dict[str, object]) -> None:
    answer = world.api("operator")("POST", HERE, {"rules": [rule]})
    assert answer.status_code == 422 and answer.json["fields"]
    assert world.written() == []


def test_the_same_key_is_one_change(world: CleanmailWorld) -> None:
    api = world.api("operator")
    answers = [api("POST", HERE, {"rules": [RULE]}, Idempotency_Key="k").json["steps"] for _ in range(2)]
    assert answers[0] == answers[1] and world.written() == ["addDomainRule"]


def test_everything_is_read_by_a_job(world: CleanmailWorld) -> None:
    api = world.api("operator")
    answer = api("POST", "/rules/read", {"connection": CM})
    assert answer.status_code == 202
    world.work(answer.json["job"])
    listed = api("GET", "/rules?size=2").json
    assert len(listed["items"]) == 2 and listed["next"] == 2 and listed["total"] > 2
    read = {one["connection"]: one for one in listed["coverage"]}
    assert read[CM]["read"] == read[CM]["complete"] > 0 and "no sender lists" in read[OLS]["problem"]
    assert api("POST", "/rules/read", {"connection": OLS}).status_code == 409
    assert api("POST", "/rules/read", {"connection": "gone"}).status_code == 404


def test_outside_the_scope_is_not_found(world: CleanmailWorld) -> None:
    api = world.api("operator", scopes=ONLY_NORDWIND)
    outside = f"/domains/{CM}/lofotenfisk.example/rules"
    for method, path, data in (
        ("GET", outside, None),
        ("POST", outside, {"rules": [RULE]}),
        ("PUT", outside, {"rules": []}),
        ("DELETE", f"{outside}/0123456789abcdef", None),
        ("GET", f"/domains/{CM}/default/rules", None),
    ):
        assert api(method, path, data).status_code == 404
    assert world.upstream_calls() == 0
