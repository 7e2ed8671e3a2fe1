"""Mailboxes, aliases, forwards and groups (contract sheet, 5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.hornetsecurity.conftest import FIRST, M365, PARTNER, SECOND, Panel, refused

ALIAS_DOMAIN = "hansen-kontor.example"


def people(panel: Panel, customer: str = FIRST) -> list[dict[str, Any]]:
    return list(panel.post("/mailboxes/", {}, object_id=panel.object_id(customer))["mailboxes"])


def test_the_list_reads_by_post(panel: Panel, first: int) -> None:
    answer = panel.post("/mailboxes/", {"limit": 2, "page": 1}, object_id=first)
    assert len(answer["mailboxes"]) == 2
    assert (answer["num_found_items"], answer["has_more_elements"]) == (9, True)
    box = answer["mailboxes"][0]
    assert isinstance(box["id"], int)
    assert set(box) >= {"id", "name", "type", "status", "environment", "mfa_enabled", "sso_enabled"}
    assert panel.post("/mailboxes/", {})["num_found_items"] > 40


def test_filters(panel: Panel, first: int) -> None:
    boxes = people(panel)
    aliased = panel.post("/mailboxes/", {"name": ALIAS_DOMAIN}, object_id=first)["mailboxes"]
    assert [box["name"] for box in aliased] == [boxes[0]["name"]]
    strict = {"name": ALIAS_DOMAIN, "include_alias_matches": False}
    assert panel.post("/mailboxes/", strict, object_id=first)["num_found_items"] == 0
    assert (
        panel.post("/mailboxes/", {"type": [3]}, object_id=first)["mailboxes"][0]["name"] == f"team@{FIRST}"
    )
    assert panel.post("/mailboxes/", {"mfa_enabled": True}, object_id=first)["num_found_items"] == 1
    assert panel.post("/mailboxes/", {"status": False}, object_id=first)["num_found_items"] == 0
    refused(panel.call("POST", "/mailboxes/", {"environment": "9999"}, object_id=first), 404, 4004)


def test_a_user_sees_the_own_mailbox(panel: Panel) -> None:
    user = panel.object_id(f"info@{FIRST}")
    assert [box["name"] for box in panel.post("/mailboxes/", {}, object_id=user)["mailboxes"]] == [
        f"info@{FIRST}"
    ]


def test_external_ids_are_shown_on_demand(panel: Panel) -> None:
    m365 = panel.object_id(M365)
    assert "external_id" not in panel.post("/mailboxes/", {}, object_id=m365)["mailboxes"][0]
    assert panel.post("/mailboxes/", {"show_external_id": True}, object_id=m365)["mailboxes"][0][
        "external_id"
    ]


def test_a_mailbox_is_made_changed_renamed_and_deleted(panel: Panel, first: int) -> None:
    body = {"email_address": f"New.Person@{ALIAS_DOMAIN}", "password": "x" * 12, "first_name": "New"}
    made = panel.call("PUT", "/mailboxes/", body, object_id=first)
    assert made.status_code == 201
    box = made.json()
    assert (box["name"], box["type"], box["status"]) == (f"new.person@{ALIAS_DOMAIN}", 0, 1)
    changed = panel.post(f"/mailboxes/{box['id']}/", {"status": False, "environment": "98"}, object_id=first)
    assert changed == {"description": "", "status": False, "environment": "98"}
    renamed = panel.call("POST", "/mailboxes/rename/", {"new_name": f"other@{FIRST}"}, mailbox_id=box["id"])
    assert renamed.status_code == 204
    assert panel.object_id(f"other@{FIRST}") == panel.get("/object/", name=f"other@{FIRST}")["object_id"]
    assert panel.call("DELETE", "/mailboxes/", object_id=first, mailbox_id=box["id"]).status_code == 204
    refused(panel.call("GET", "/object/", name=f"other@{FIRST}"), 404, 3081)


@pytest.mark.parametrize(
    ("changes", "status", "error_id"),
    [
        ({"email_address": "x@elsewhere.example"}, 400, 3405),
        ({"email_address": f"info@{FIRST}"}, 409, 3407),
        ({"email_address": "no address"}, 400, 2009),
        ({"environment": "77"}, 404, 4004),
        ({"password": "x" * 129}, 400, 2009),
    ],
)
def test_refused_mailboxes(
    panel: Panel, first: int, changes: dict[str, str], status: int, error_id: int
) -> None:
    body = {"email_address": f"x@{FIRST}", "password": "secret", **changes}
    refused(panel.call("PUT", "/mailboxes/", body, object_id=first), status, error_id)


def test_several_mailboxes_of_one_customer_are_deleted_at_once(panel: Panel, first: int) -> None:
    ids = [box["id"] for box in people(panel)[:2]]
    other = people(panel, SECOND)[0]["id"]
    refused(panel.call("DELETE", "/mailboxes/", {"mailbox_ids": [*ids, other]}, object_id=first), 400, 3409)
    refused(panel.call("DELETE", "/mailboxes/", {"mailbox_ids": [*ids, other]}, object_id=PARTNER), 400, 2009)
    assert panel.call("DELETE", "/mailboxes/", {"mailbox_ids": ids}, object_id=first).status_code == 204
    assert len(people(panel)) == 7


def test_the_query_key_makes_the_body_ignored(panel: Panel, first: int) -> None:
    boxes = people(panel)
    body = {"mailbox_ids": [boxes[1]["id"]]}
    panel.call("DELETE", "/mailboxes/", body, object_id=first, mailbox_id=boxes[0]["id"])
    assert [box["id"] for box in people(panel)] == [box["id"] for box in boxes[1:]]


def test_nobody_deactivates_themselves(panel: Panel) -> None:
    own = panel.mailbox(panel.credentials["username"])
    refused(panel.call("POST", f"/mailboxes/{own['id']}/", {"status": False}, object_id=PARTNER), 400, 2009)


def test_names_of_mailboxes(panel: Panel, first: int) -> None:
    found = panel.post("/mailboxes/_search/", {"query": "INFO@"}, object_id=first)
    assert found["mailboxes"] == [{"name": f"info@{FIRST}"}]


def test_a_new_password_signs_in(panel: Panel) -> None:
    box = panel.mailbox(f"info@{FIRST}")
    assert (
        panel.call("POST", "/mailboxes/password/", {"password": "n3w"}, mailbox_id=box["id"]).status_code
        == 204
    )
    panel.profile["app_id_required"] = False
    body = {"username": f"info@{FIRST}", "password": "n3w"}
    assert panel.call("POST", "/auth/login/", body).status_code == 200


def test_export(panel: Panel, first: int) -> None:
    body = {"export_type": "download", "export_keys": ["name", "aliases", "groups"]}
    lines = panel.call("POST", "/mailboxes/_export/", body, object_id=first).text.splitlines()
    assert lines[0] == "name,aliases,groups"
    assert lines[1].endswith(",Management")
    assert len(lines) == 10


# aliases


def test_aliases(panel: Panel) -> None:
    box = people(panel)[2]
    entry = {"mailbox_id": box["id"], "alias": f"Sales@{ALIAS_DOMAIN}"}
    added = panel.call("PUT", "/mailboxes/alias/", entry)
    assert (added.status_code, added.json()) == (
        201,
        {"mailbox_id": box["id"], "alias": f"sales@{ALIAS_DOMAIN}"},
    )
    assert panel.post("/mailboxes/alias/", {"mailbox_id": box["id"]}) == {
        "aliases": [f"sales@{ALIAS_DOMAIN}"],
        "num_found_items": 1,
        "has_more_elements": False,
    }
    refused(panel.call("PUT", "/mailboxes/alias/", entry), 409, 3407)
    assert panel.call("DELETE", "/mailboxes/alias/", entry).status_code == 204
    refused(panel.call("DELETE", "/mailboxes/alias/", entry), 404, 3118)


def test_refused_aliases(panel: Panel) -> None:
    box = people(panel)[0]
    foreign = {"mailbox_id": box["id"], "alias": "x@elsewhere.example"}
    refused(panel.call("PUT", "/mailboxes/alias/", foreign), 403, 5004)
    refused(panel.call("PUT", "/mailboxes/alias/", {**foreign, "mailbox_id": 1}), 400, 3119)
    refused(panel.call("POST", "/mailboxes/alias/", {}), 400, 2009)
    synced = next(row for row in people(panel, M365) if row["type"] == 4)
    alias = {"mailbox_id": synced["id"], "alias": f"x@{M365}"}
    refused(panel.call("PUT", "/mailboxes/alias/", alias), 400, 5103)
    refused(panel.call("DELETE", "/mailboxes/alias/", alias), 400, 5103)
    limited = panel.credentials["limited_token"]
    refused(panel.call("POST", "/mailboxes/alias/", {"mailbox_id": synced["id"]}, token=limited), 403, 1003)


# forwards


def test_forwards(panel: Panel, first: int) -> None:
    body = {"email": f"all@{FIRST}", "addresses": [f"info@{FIRST}", "else@where.example"]}
    made = panel.call("PUT", "/mailboxes/forward/", body, object_id=first)
    assert (made.status_code, made.json()) == (201, body)
    box = panel.mailbox(f"all@{FIRST}")
    path = f"/mailboxes/forward/{box['id']}/"
    assert panel.get(path, object_id=first) == body
    assert panel.post(path, {"addresses": [f"info@{FIRST}"]}, object_id=first)["addresses"] == [
        f"info@{FIRST}"
    ]
    refused(panel.call("POST", path, {"addresses": []}, object_id=first), 400, 3408)
    assert (
        panel.call("DELETE", "/mailboxes/forward/", object_id=first, mailbox_id=box["id"]).status_code == 204
    )
    refused(panel.call("GET", path, object_id=first), 400, 3409)


def test_an_unknown_object_is_404_for_forwards_foreign_mailboxes_and_groups(panel: Panel) -> None:
    for path in ("/mailboxes/forward/", "/mailboxes/foreign/", "/groups/"):
        refused(panel.call("PUT", path, {}, object_id=5), 404, 3080)


def test_foreign_mailboxes(panel: Panel, first: int) -> None:
    made = panel.call("PUT", "/mailboxes/foreign/", {"email_address": "me@outside.example"}, object_id=first)
    assert (made.status_code, made.content) == (201, b"")
    assert panel.mailbox("me@outside.example")["type"] == 11
    inside = panel.call("PUT", "/mailboxes/foreign/", {"email_address": f"x@{FIRST}"}, object_id=first)
    refused(inside, 400, 5109)


# groups


def test_groups(panel: Panel, first: int) -> None:
    names = [box["name"] for box in people(panel)[:2]]
    body = {"name": "Sales", "description": "Sells", "members": names}
    made = panel.call("PUT", "/groups/", body, object_id=first)
    assert made.status_code == 201
    path = f"/groups/{made.json()['id']}/"
    assert panel.get(path) == body
    refused(panel.call("PUT", "/groups/", body, object_id=first), 409, 5130)
    assert panel.post(path, {**body, "members": names[:1]})["members"] == names[:1]
    box = people(panel)[2]
    member = f"/groups/members/{made.json()['id']}/"
    assert panel.call("PUT", member, mailbox_id=box["id"]).status_code == 204
    assert [row["name"] for row in panel.get("/mailboxes/groups/", mailbox_id=box["id"])] == ["Sales"]
    assert panel.get(f"{path}with_environments/")["members"][1] == {
        "name": box["name"],
        "environment": "primary",
    }
    assert panel.call("DELETE", member, mailbox_id=box["id"]).status_code == 204
    assert panel.call("DELETE", path).status_code == 204
    refused(panel.call("GET", path), 404, 5131)


def test_groups_are_a_page_or_a_bare_list(panel: Panel, first: int) -> None:
    page = panel.get("/groups/", object_id=first)
    assert (page["num_found_items"], page["has_more_elements"]) == (1, False)
    bare = panel.get("/groups/", object_id=first, is_paginated="false")
    assert bare == page["groups"]
    assert panel.get("/groups/", object_id=first, query="nothing")["groups"] == []


def test_members_of_a_synced_group_stay(panel: Panel) -> None:
    m365 = panel.object_id(M365)
    group = panel.get("/groups/", object_id=m365)["groups"][0]
    box = people(panel, M365)[2]
    refused(panel.call("PUT", f"/groups/members/{group['id']}/", mailbox_id=box["id"]), 403, 5187)


def test_group_exports(panel: Panel, first: int) -> None:
    groups = panel.call("POST", "/groups/_export/", {"export_type": "download"}, object_id=first)
    assert groups.text.splitlines()[0] == "name,description"
    group = panel.get("/groups/", object_id=first)["groups"][0]
    members = panel.call("POST", "/groups/members/_export/", {"group_id": group["id"]}, object_id=first)
    assert len(members.text.splitlines()) == 3


# details


def test_personal_data(panel: Panel) -> None:
    box = people(panel)[0]
    shown = panel.get("/mailboxes/personal_data/", mailbox_id=box["id"])
    assert shown["personal_data"]["city"] == "Rostock"
    assert shown["created"] is None
    changed = panel.post("/mailboxes/personal_data/", {"city": "Wismar"}, mailbox_id=box["id"])
    assert (changed["personal_data"]["city"], changed["created"]) == ("Wismar", False)
    synced = people(panel, M365)[0]
    refused(panel.call("POST", "/mailboxes/personal_data/", {}, mailbox_id=synced["id"]), 400, 9002)
    refused(panel.call("GET", "/mailboxes/personal_data/", mailbox_id=4), 404, 3140)
    refused(panel.call("POST", "/mailboxes/personal_data/", {}, object_id=PARTNER), 409, 9001)


def test_deputies(panel: Panel) -> None:
    box, colleague, *_ = people(panel)
    body = {"deputies": [colleague["name"]], "deputy_state": True}
    assert panel.call("PUT", "/mailboxes/deputy/", body, mailbox_id=box["id"]).status_code == 201
    assert panel.get("/mailboxes/deputy/", mailbox_id=box["id"]) == body
    stranger = {"deputies": [f"info@{SECOND}"], "deputy_state": True}
    refused(panel.call("PUT", "/mailboxes/deputy/", stranger, mailbox_id=box["id"]), 403, 5101)
    gone = {"mailbox_id": box["id"], "deputies": [colleague["name"]]}
    assert panel.call("DELETE", "/mailboxes/deputy/", **gone).status_code == 204
    refused(panel.call("DELETE", "/mailboxes/deputy/", **gone), 404, 5100)
    refused(panel.call("GET", "/mailboxes/deputy/", mailbox_id=4), 404, 3409)


def test_a_second_factor_is_reset(panel: Panel) -> None:
    box = next(row for row in people(panel) if row["mfa_enabled"])
    assert panel.get("/mailboxes/mfa/", mailbox_id=box["id"]) == {"enabled": True, "configurable": True}
    assert panel.call("POST", "/mailboxes/mfa/reset/", mailbox_id=box["id"]).status_code == 204
    assert panel.get("/mailboxes/mfa/", mailbox_id=box["id"])["enabled"] is False


def test_reassignment(panel: Panel) -> None:
    m365 = panel.object_id(M365)
    [shared] = panel.post("/mailboxes/reassignment/", {}, object_id=m365)["mailboxes"]
    assert shared["last_owner"] == f"info@{M365}"
    path = f"/mailboxes/reassignment/{shared['id']}/"
    user = panel.object_id(people(panel, M365)[0]["name"])
    body = {"assignee_id": user, "data_protection_confirmation": False}
    refused(panel.call("PUT", path, body, object_id=m365), 400, 5300)
    body["data_protection_confirmation"] = True
    assert panel.call("PUT", path, body, object_id=m365).json()["assignee_id"] == user
    refused(panel.call("PUT", path, {**body, "assignee_id": PARTNER}, object_id=m365), 404, 5302)
    assert [row["assignee_id"] for row in panel.get(path, object_id=m365)["assignees"]] == [user]
    assert panel.call("DELETE", path, object_id=m365, assignee_id=user).status_code == 204
    assert panel.get(path, object_id=m365) == {"assignees": []}
