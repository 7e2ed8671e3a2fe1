"""Auditing, customers, roles, contacts, restrictions, quarantine reports (contract sheet, 5.13)."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.hornetsecurity.conftest import ALWAYS, FIRST, PARTNER, UNBOOKED, Panel, refused


def audited(panel: Panel, scope: int = PARTNER, **filters: Any) -> list[dict[str, Any]]:
    return list(panel.post("/auditing/_search/", {**ALWAYS, **filters}, object_id=scope)["auditings"])


def test_every_change_leaves_an_entry_and_reading_none(panel: Panel, first: int) -> None:
    before = len(audited(panel))
    panel.get("/domains/", object_id=first)
    panel.post("/mailboxes/", {}, object_id=first)
    panel.call("PUT", "/domains/", {"domains": ["x.example"]}, object_id=first)
    entries = audited(panel)
    assert len(entries) == before + 1
    newest = entries[0]
    assert (newest["user"], newest["entity"], newest["action"], newest["target"]) == (
        panel.credentials["username"],
        "domain",
        "created",
        FIRST,
    )
    assert json.loads(newest["new_values"]) == {"domains": ["x.example"]}
    assert newest["old_values"] is None
    assert newest["target_path"] == f"Nordwind IT/{FIRST}"
    assert newest["url"].endswith("/api/v0/domains/")


def test_a_refused_change_leaves_none(panel: Panel, first: int) -> None:
    before = len(audited(panel))
    panel.call("PUT", "/domains/", {"domains": ["gmail.com"]}, object_id=first)
    assert len(audited(panel)) == before


def test_passwords_and_tokens_are_not_in_the_log(panel: Panel, first: int) -> None:
    body = {"email_address": f"n@{FIRST}", "password": "tell-nobody"}
    panel.call("PUT", "/mailboxes/", body, object_id=first)
    panel.call(
        "POST",
        "/auth/login/",
        {"username": "a@b.example", "password": "tell-nobody"},
        headers={"App-ID": "1"},
    )
    entries = audited(panel)
    assert "tell-nobody" not in json.dumps(entries)
    assert json.loads(entries[0]["new_values"])["password"] == "***"


def test_sign_ins_are_in_the_log(panel: Panel) -> None:
    login = {"username": panel.credentials["username"], "password": panel.credentials["password"]}
    panel.call("POST", "/auth/login/", login, headers={"App-ID": "1"})
    newest = audited(panel, entity="login")[0]
    assert (newest["action"], newest["user"], newest["ip"]) == ("success", login["username"], "127.0.0.1")


def test_filters_scope_and_pages(panel: Panel, first: int) -> None:
    panel.call("PUT", "/support/", {"telephone": "1", "email": None}, object_id=first)
    assert {entry["entity"] for entry in audited(panel, first)} == {"support"}
    assert audited(panel, entity_list=["login", "logout"])
    assert {entry["action"] for entry in audited(panel, action_list=["created"])} == {"created"}
    assert audited(panel, query="SUPPORT")
    page = panel.post("/auditing/_search/", {**ALWAYS, "limit": 1}, object_id=PARTNER)
    assert (len(page["auditings"]), page["has_more_elements"]) == (1, True)
    beyond = {**ALWAYS, "offset": 9_999, "limit": 2}
    refused(panel.call("POST", "/auditing/_search/", beyond, object_id=PARTNER), 400, 3089)
    refused(panel.call("POST", "/auditing/_search/", {}, object_id=PARTNER), 400, 2009)


# customers


def test_customers_are_found_made_and_removed(panel: Panel) -> None:
    found = panel.post("/service_dashboard/_search/", {"query": "KONTOR", "key": "path"}, object_id=PARTNER)
    assert set(found) == {"num_found_items", "sd_data_list"}
    assert [row["path"] for row in found["sd_data_list"]] == [f"Nordwind IT/{FIRST}"]
    body = {
        "name": "Brand-New.example",
        "parent": PARTNER,
        "admin_email": "chef@brand-new.example",
        "password": "x",
    }
    made = panel.call("POST", "/service_dashboard/customers/", body, object_id=PARTNER)
    assert made.status_code == 201
    customer = made.json()["id"]
    assert panel.object_id("brand-new.example") == customer
    [domain] = panel.get("/domains/", object_id=customer)["domains"]
    assert (domain["domain"], domain["type"]) == ("brand-new.example", "primary")
    [role] = panel.get("/service_dashboard/role_assignments/", object_id=customer)
    assert (role["name"], role["role_on_target"]) == ("chef@brand-new.example", "admin")
    refused(panel.call("POST", "/service_dashboard/customers/", body, object_id=PARTNER), 409, 3203)
    refused(
        panel.call("POST", "/service_dashboard/customers/", {**body, "parent": customer}, object_id=PARTNER),
        400,
        3707,
    )
    assert panel.call("DELETE", f"/service_dashboard/customers/{customer}/").status_code == 200
    refused(panel.call("GET", "/object/", name="brand-new.example"), 404, 3081)
    refused(panel.call("DELETE", f"/service_dashboard/customers/{customer}/"), 400, 3050)


def test_what_belongs_to_a_removed_customer_goes_with_it(panel: Panel, first: int) -> None:
    mail = panel.mails("Nordwind IT", owner=f"@{FIRST}")[0]
    assert panel.call("DELETE", f"/service_dashboard/customers/{first}/").status_code == 200
    assert panel.mails("Nordwind IT", owner=f"@{FIRST}") == []
    [lost] = panel.post("/emails/deliver/recipient/", [{"es_mail_id": mail["es_mail_id"]}])
    assert lost["error"]["error_id"] == 3081
    refused(panel.call("GET", "/user/", token=panel.credentials["limited_token"]), 401, 1002)
    refused(panel.call("DELETE", "/service_dashboard/contacts/1/"), 409, 3651)
    refused(panel.call("GET", "/domains/", object_id=first), 400, 3080)
    assert panel.get("/hierarchy/")["hierarchy"][0]["children_count"] == 9


def test_an_external_reference(panel: Panel, first: int) -> None:
    body = {"external_reference": "K-1"}
    assert panel.call("PATCH", "/service_dashboard/customers/", body, object_id=first).json() == body
    assert panel.get("/object/", object_id=first)["external_reference"] == "K-1"


def test_roles(panel: Panel, first: int) -> None:
    roles = panel.get("/service_dashboard/roles/", object_id=first)["default_roles"]
    assert [role["name"] for role in roles] == ["admin", "support"]
    user = panel.object_id(f"info@{FIRST}")
    body = {"object_id": user, "target_id": first, "role_id": 5}
    made = panel.call("POST", "/service_dashboard/role_assignments/", body)
    assert made.status_code == 201
    refused(panel.call("POST", "/service_dashboard/role_assignments/", body), 409, 3605)
    path = f"/service_dashboard/role_assignments/{made.json()['id']}/"
    assert panel.post(path, {**body, "role_id": 2})["role_on_target"] == "admin"
    assert panel.call("DELETE", path, object_id=first).status_code == 204
    refused(panel.call("DELETE", path, object_id=first), 409, 3604)
    refused(panel.call("DELETE", "/service_dashboard/role_assignments/2/", object_id=first), 400, 3603)
    refused(
        panel.call("POST", "/service_dashboard/role_assignments/", {**body, "target_id": user}), 400, 3600
    )


def test_contacts(panel: Panel, first: int) -> None:
    [contact] = panel.get("/service_dashboard/contacts/", object_id=first)
    assert (contact["type"], contact["user"]["name"]) == ("send_email_to_admin", f"postmaster@{FIRST}")
    body = {"user_id": contact["user"]["id"], "type": "sales"}
    made = panel.call("POST", "/service_dashboard/contacts/", body, object_id=first)
    assert made.status_code == 201
    refused(panel.call("POST", "/service_dashboard/contacts/", body, object_id=first), 409, 3650)
    to_admin = {**body, "type": "send_email_to_admin"}
    refused(panel.call("POST", "/service_dashboard/contacts/", to_admin, object_id=PARTNER), 400, 3653)
    path = f"/service_dashboard/contacts/{made.json()['id']}/"
    assert panel.post(path, {"type": "helpdesk"})["type"] == "helpdesk"
    assert panel.call("DELETE", path).status_code == 204
    assert (
        "send_email_to_admin"
        in panel.get("/service_dashboard/contacts/roles/", object_id=first)["contact_roles"]
    )


def test_restrictions(panel: Panel, first: int) -> None:
    made = panel.call("POST", "/restrictions/ip/", {"ip": "192.0.2.0/24"}, object_id=first)
    assert made.status_code == 201
    assert panel.get("/restrictions/ip/", object_id=first) == [made.json()]
    refused(panel.call("POST", "/restrictions/ip/", {"ip": "192.0.2.0/24"}, object_id=first), 400, 5145)
    refused(panel.call("POST", "/restrictions/ip/", {"ip": "everywhere"}, object_id=first), 400, 2009)
    assert panel.call("DELETE", f"/restrictions/ip/{made.json()['id']}/").status_code == 204
    refused(panel.call("DELETE", f"/restrictions/ip/{made.json()['id']}/"), 404, 5146)


def test_password_length_is_inherited_and_never_shorter(panel: Panel, first: int) -> None:
    path = "/restrictions/password/"
    assert panel.call("POST", path, {"min_length": 14}, object_id=PARTNER).status_code == 200
    assert panel.get(path, object_id=first)["min_length"] == {"inherited": True, "value": 14}
    refused(panel.call("POST", path, {"min_length": 10}, object_id=first), 400, 5140)
    panel.call("POST", path, {"min_length": 20}, object_id=first)
    assert panel.get(path, object_id=first)["min_length"] == {"inherited": False, "value": 20}
    assert panel.call("POST", f"{path}reset_to_parent/", object_id=first).status_code == 204
    assert panel.get(path, object_id=first)["min_length"]["value"] == 14


def test_second_factor(panel: Panel, first: int) -> None:
    assert panel.get("/mfa/", object_id=first) == {"enabled": False, "configurable": True}
    assert panel.post("/mfa/", {"enabled": True}, object_id=first) == {"enabled": True}
    assert panel.get("/mfa/", object_id=first)["enabled"] is True


def test_quarantine_reports(panel: Panel, first: int) -> None:
    path, user = "/quarantinereport/", panel.object_id(f"info@{FIRST}")
    assert panel.get(path, object_id=first)["inherited"] is False
    assert panel.get(path, object_id=user)["inherited"] is True
    assert panel.get(f"{path}last_report/", object_id=user)["last_report"].endswith("08:00:00Z")
    body = {"times": [7], "days": [0]}
    assert panel.call("PUT", path, body, object_id=user).status_code == 201
    assert panel.get(path, object_id=user)["times"] == [7]
    assert panel.call("POST", path, {**body, "times": [24]}, object_id=user).status_code == 400
    assert panel.call("POST", path, {**body, "days": [6]}, object_id=user).status_code == 200
    assert panel.call("DELETE", path, object_id=user).status_code == 204
    refused(panel.call("DELETE", path, object_id=user), 400, 5152)
    other = panel.object_id("steuerbuero-thiel.example")
    assert panel.call("GET", path, object_id=other).status_code == 204
    refused(panel.call("GET", path, object_id=panel.object_id(UNBOOKED)), 402, 5157)
    box = panel.mailbox(f"info@{FIRST}")
    refused(panel.call("GET", path, object_id=user, mailbox_id=box["id"]), 400, 2009)
    assert panel.get(path, mailbox_id=box["id"])["inherited"] is True


def test_the_old_report_path_points_to_the_new_one(panel: Panel, first: int) -> None:
    moved = panel.call("GET", "/spamreport/", object_id=first)
    assert moved.status_code == 308
    assert moved.headers["Location"] == f"/api/v0/quarantinereport/?object_id={first}"
