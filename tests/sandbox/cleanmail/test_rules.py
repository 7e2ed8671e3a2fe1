"""Sender rules, filters on attachments and URIs."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.cleanmail import times
from tests.sandbox.cleanmail.conftest import Api

BLOCK: dict[str, Any] = {"value": "fresh.example.com", "type": "BLOCK"}
ALLOW: dict[str, Any] = {"value": "friend@fresh.example.com", "type": "ALLOW", "spfOn": True}


def wblist(api: Api, name: str = "nordwind.example") -> str:
    return f"/domains/{api.domain(name)['id']}/wblist"


def protected(api: Api) -> tuple[str, dict[str, Any]]:
    """A list that holds a protected rule, and that rule."""
    path = wblist(api, "atelier-lumiere.example")
    return path, next(rule for rule in api.get(path) if rule["type"] == "PROTECTED")


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"value": "x.example", "type": "ALLOW"}, 422),
        ({"value": "x.example", "type": "ALLOW", "spfOn": None}, 422),
        ({"value": "x.example", "type": "ALLOW", "spfOn": False}, 201),
        ({"value": "x.example", "type": "PROTECTED"}, 422),
        ({"value": "x.example", "type": "allow", "spfOn": True}, 400),
        ({"value": "nothing", "type": "BLOCK"}, 400),
        ({"value": "two@at@x.example", "type": "BLOCK"}, 400),
        ({"type": "BLOCK"}, 400),
        ({"value": "x.example", "type": "BLOCK", "expireAt": "soon"}, 400),
        ({"value": "x.example", "type": "BLOCK", "expireAt": "2030-01-01T00:00:00Z"}, 201),
    ],
)
def test_what_a_rule_must_be(api: Api, rule: dict[str, Any], status: int) -> None:
    for path in (wblist(api), f"/users/{api.user()['id']}/wblist"):
        api.post(path, [rule], status)
    api.post("/wblist", [{**rule, "owner": "solskin.example"}], status)


def test_lists_are_written_as_lists_and_one_rule_as_an_object(api: Api) -> None:
    path = wblist(api)
    api.post(path, BLOCK, 400)
    api.put(path, BLOCK, 400)
    made = api.post(path, [BLOCK])[0]
    api.put(f"{path}/{made['id']}", [BLOCK], 400)
    changed = api.put(f"{path}/{made['id']}", ALLOW)
    assert changed["id"] == made["id"]
    assert (changed["value"], changed["type"], changed["spfOn"]) == (ALLOW["value"], "ALLOW", True)


def test_the_spf_condition_is_null_for_blocked_senders(api: Api) -> None:
    assert api.post(wblist(api), [{**BLOCK, "spfOn": True}])[0]["spfOn"] is None


def test_an_identical_rule_is_409_and_then_none_is_added(api: Api) -> None:
    path = wblist(api)
    before = api.get(path)
    api.post(path, [BLOCK, {**BLOCK, "value": "FRESH.example.com"}], 409)
    api.post(
        path, [ALLOW, {**BLOCK, "value": before[0]["value"], "type": before[0]["type"], "spfOn": True}], 409
    )
    api.put(path, [BLOCK, BLOCK], 409)
    assert api.get(path) == before
    first, second = api.post(path, [BLOCK, ALLOW])
    api.put(f"{path}/{second['id']}", BLOCK, 409)
    api.put(f"{path}/{first['id']}", {**BLOCK, "description": "same rule, new words"})


def test_replacing_a_list_makes_new_rules(api: Api) -> None:
    path = f"/users/{api.user()['id']}/wblist"
    before = api.get(path)
    made = api.put(path, [BLOCK, ALLOW])
    assert api.get(path) == [{**rule, "createdDate": rule["createdDate"] // 1000 * 1000} for rule in made]
    assert {rule["id"] for rule in before}.isdisjoint(rule["id"] for rule in made)


def test_protected_rules_are_shown_and_cannot_be_written(api: Api) -> None:
    path, rule = protected(api)
    api.put(f"{path}/{rule['id']}", BLOCK, 422)
    api.delete(f"{path}/{rule['id']}", 422)
    api.put(path, [{"value": rule["value"], "type": "PROTECTED"}], 422)
    made = api.put(path, [BLOCK])
    assert [found["id"] for found in api.get(path, params={"sort": "id"})] == [rule["id"], made[0]["id"]]


def test_rules_are_filtered_by_type_and_value(api: Api) -> None:
    path = wblist(api, "atelier-lumiere.example")
    assert {rule["type"] for rule in api.get(path, params={"type": "BLOCK"})} == {"BLOCK"}
    assert {rule["type"] for rule in api.get(path, params={"type": "protected"})} == {"PROTECTED"}
    assert [rule["value"] for rule in api.get(path, params={"value": "*exhibition*"})] == [
        "fair@exhibition.example.com"
    ]
    assert api.get(path, params={"value": "exhibition"}) == []


def test_the_demo_has_rules_of_all_kinds(api: Api) -> None:
    rules = api.get(wblist(api, "atelier-lumiere.example"))
    assert {rule["type"] for rule in rules} == {"ALLOW", "BLOCK", "PROTECTED"}
    assert {rule["spfOn"] for rule in rules if rule["type"] == "ALLOW"} == {True, False}
    ends = [rule["expireAt"] for rule in rules if rule["expireAt"]]
    assert min(ends) < times.now() < max(ends)


def test_entries_name_their_owners_and_are_added_all_or_none(api: Api) -> None:
    user = api.user()
    made = api.post("/wblist", [{**BLOCK, "owner": "solskin.example"}, {**ALLOW, "owner": user["email"]}])
    assert [rule["owner"] for rule in made] == ["solskin.example", user["email"]]
    assert made[1]["id"] in [rule["id"] for rule in api.get(f"/users/{user['id']}/wblist")]
    for owner in ("nowhere.example", "nobody@nordwind.example", "info@nordwind.example", "nordwind.test"):
        api.post("/wblist", [{**BLOCK, "owner": "nordwind.example"}, {**BLOCK, "owner": owner}], 422)
    assert "fresh.example.com" not in [rule["value"] for rule in api.get(wblist(api))]


def test_a_rule_is_found_below_its_own_owner_only(api: Api) -> None:
    rule = api.get(wblist(api))[0]
    api.delete(f"{wblist(api, 'solskin.example')}/{rule['id']}", 404)
    api.delete(f"/users/{api.user()['id']}/wblist/{rule['id']}x", 404)
    api.delete(f"{wblist(api)}/{rule['id']}")
    api.delete(f"{wblist(api)}/{rule['id']}", 404)


# Filters


def filters(api: Api, kind: str) -> str:
    return f"/domains/{api.domain('solskin.example')['id']}/filters/{kind}"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("filename", "FILENAME"),
        ("CONTENTTYPE", "CONTENTTYPE"),
        ("archive-contenttype", "ARCHIVE_CONTENTTYPE"),
        ("ARCHIVE_FILENAME", "ARCHIVE_FILENAME"),
        ("Archive-Filename", "ARCHIVE_FILENAME"),
    ],
)
def test_spellings_of_attachment_filters(api: Api, sent: str, shown: str) -> None:
    made = api.post(filters(api, "attachments"), {"action": "deny", "checkType": sent, "filter": r"\.exe$"})
    assert (made["action"], made["checkType"]) == ("DENY", shown)
    assert [row["checkType"] for row in api.get(filters(api, "attachments"), params={"action": "deny"})] == [
        shown
    ]


def test_spellings_of_uri_filters(api: Api) -> None:
    made = api.post(filters(api, "uris"), {"action": "blacklist_uri_host", "filter": "bad.example"})
    assert made["action"] == "BLACKLIST_URI_HOST"
    api.post(filters(api, "uris"), {"action": "blacklist", "filter": "bad.example"}, 400)


def test_filters_count_priorities_and_refuse_their_like(api: Api) -> None:
    wish = {"action": "DENY", "checkType": "FILENAME", "filter": "a"}
    first = api.post(filters(api, "attachments"), wish)
    second = api.post(filters(api, "attachments"), {**wish, "filter": "b"})
    assert (first["priority"], second["priority"]) == (1, 2)
    assert first["scope"] == "solskin.example"
    api.post(filters(api, "attachments"), {**wish, "description": "again"}, 409)
    api.post(filters(api, "attachments"), {**wish, "filter": "("}, 400)
    api.post(filters(api, "attachments"), {"action": "DENY", "filter": "c"}, 400)


def test_filters_are_changed_partly_and_deleted_by_their_id_alone(api: Api) -> None:
    made = api.post(filters(api, "uris"), {"action": "WHITELIST_URI_HOST", "filter": "good.example"})
    api.patch(f"/filters/uris/{made['id']}", {"description": "new", "action": "uridnsbl_skip_domain"})
    found = api.get(filters(api, "uris"))[0]
    assert (found["action"], found["filter"], found["description"]) == (
        "URIDNSBL_SKIP_DOMAIN",
        "good.example",
        "new",
    )
    api.patch(f"/filters/uris/{made['id']}", {"action": "none"}, 400)
    api.delete(f"/filters/uris/{made['id']}")
    assert api.get(filters(api, "uris")) == []
