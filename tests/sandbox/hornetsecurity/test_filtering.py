"""Filtering policy, in its six modules (contract sheet, 5.5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.hornetsecurity.conftest import FIRST, M365, PARTNER, SECOND, UNBOOKED, Panel, refused


def test_email_handling_and_its_opposite_codes(panel: Panel) -> None:
    path = "/filtering/emailhandling/432/"
    shown = panel.get(path)
    assert (shown["spamhandling"], shown["infomailhandling"]) == (1, 0)
    changed = panel.post(path, {"spamhandling": 0, "tagphrase": "[Junk]", "grey_active": False})
    assert changed == {**shown, "spamhandling": 0, "tagphrase": "[Junk]", "grey_active": False}
    assert panel.get(path) == changed
    refused(panel.call("POST", path, {"spamhandling": 2}), 400, 2009)
    refused(panel.call("GET", "/filtering/emailhandling/99999/"), 403, 1003)


def test_subscription(panel: Panel, first: int) -> None:
    assert panel.get("/filtering/subscription/", object_id=first) == {"enabled": True}
    assert panel.get("/filtering/subscription/", object_id=panel.object_id(UNBOOKED)) == {"enabled": False}
    refused(panel.call("GET", "/filtering/subscription/", object_id=PARTNER), 400, 3080)


def test_action_mode_is_for_api_customers(panel: Panel, first: int) -> None:
    path, m365 = "/filtering/filtering_action_mode/", panel.object_id(M365)
    assert panel.get(path, object_id=m365) == {"filtering_action_mode": "protection"}
    body = {"filtering_action_mode": "monitoring"}
    assert panel.post(path, body, object_id=m365) == body == panel.get(path, object_id=m365)
    refused(panel.call("GET", path, object_id=first), 409, 6001)
    refused(panel.call("POST", path, {"filtering_action_mode": "sleep"}, object_id=m365), 400, 2009)


def test_infomail_of_customers_and_users(panel: Panel, first: int) -> None:
    path, user = "/filtering/info_mail/", panel.object_id(f"info@{FIRST}")
    assert panel.call("POST", path, {"infomail_enabled": False}, object_id=user).status_code == 204
    assert panel.get(path, object_id=user)["infomail_enabled"] is False
    assert panel.get(path, object_id=first)["infomail_enabled"] is True
    closed = {"infomail_enabled": True, "allow_edit": False}
    assert panel.call("POST", path, closed, object_id=first).status_code == 204
    assert panel.get(path, object_id=user) == closed
    refused(panel.call("POST", path, {"infomail_enabled": False}, object_id=user), 403, 5161)
    refused(panel.call("GET", path), 400, 2009)
    refused(panel.call("GET", path, mailbox_id=3), 404, 5160)
    refused(panel.call("GET", path, object_id=PARTNER), 404, 5160)


def test_email_actions_of_users(panel: Panel, first: int) -> None:
    path = "/permissions/email_actions/"
    second = panel.object_id(SECOND)
    assert {"type": "content", "send": False} in panel.get(path, object_id=second)["user_actions"]
    assert panel.get(path, object_id=first) == {"user_actions": []}
    body = {"user_actions": [{"type": "spam", "send": True, "whitelist": False}]}
    assert panel.call("PUT", path, body, object_id=first).status_code == 201
    refused(panel.call("PUT", path, body, object_id=first), 400, 3096)
    changed = panel.post(path, {"user_actions": [{"type": "info", "send": False}]}, object_id=first)
    assert [each["type"] for each in changed["user_actions"]] == ["spam", "info"]
    assert panel.call("DELETE", path, object_id=first).status_code == 204
    refused(panel.call("GET", path, object_id=panel.object_id(UNBOOKED)), 402, 3107)


SETTINGS: list[tuple[str, dict[str, int], dict[str, int]]] = [
    ("spf", {"status": 2, "fail": 1}, {"status": 5}),
    ("dmarc", {"status": 5}, {"status": 6}),
    ("dkim/validation", {"status": 2}, {"status": 3}),
    ("dkim/signature", {"status": 1}, {"status": 2}),
]


@pytest.mark.parametrize(("name", "change", "wrong"), SETTINGS, ids=[row[0] for row in SETTINGS])
def test_authentication_settings(
    panel: Panel, first: int, name: str, change: dict[str, int], wrong: dict[str, int]
) -> None:
    path = f"/email_authentication/{name}/"
    before = panel.get(path, object_id=first)
    assert panel.post(path, change, object_id=first) == {**before, **change}
    assert panel.get(path, object_id=first, domain_id=433) == {**before, **change}
    panel.post(path, {"status": 0}, object_id=first, domain_id=433)
    assert panel.get(path, object_id=first, domain_id=433)["status"] == 0
    assert panel.get(path, object_id=first) == {**before, **change}
    refused(panel.call("POST", path, wrong, object_id=first), 400, 2009)
    refused(panel.call("POST", path, {}, object_id=first), 400, 2009)
    refused(panel.call("GET", path, object_id=first, domain_id=99999), 400, 5006)


def test_some_refusals_have_no_body(panel: Panel) -> None:
    unbooked = panel.object_id(UNBOOKED)
    for path in ("/email_authentication/spf/", "/email_authentication/dns_check/", "/content_control/"):
        response = panel.call("GET", path, object_id=unbooked)
        assert (response.status_code, response.content) == (402, b"")


def test_dns_check_tells_what_the_dns_says(panel: Panel, first: int) -> None:
    [primary, alias] = panel.get("/email_authentication/dns_check/", object_id=first)["domains"]
    assert primary == {
        "domain_id": 432,
        "domain": FIRST,
        "spf": "success",
        "dkim": "success",
        "dmarc": "success",
        "spam_filter_activated": True,
    }
    assert alias["domain_id"] == 433
    second = panel.get("/email_authentication/dns_check/", object_id=panel.object_id(SECOND))["domains"][0]
    assert (second["spf"], second["dmarc"]) == ("success", "no-records")


def test_dns_check_of_a_domain_that_the_dns_does_not_know(panel: Panel, first: int) -> None:
    panel.call("PUT", "/domains/", {"domains": ["elsewhere.invalid"]}, object_id=first)
    found = panel.get("/email_authentication/dns_check/", object_id=first)["domains"][-1]
    assert (found["spf"], found["dkim"], found["dmarc"]) == ("unknown", "unknown", "unknown")


def test_authentication_exceptions(panel: Panel, first: int) -> None:
    path = "/email_authentication/exceptions/"
    assert panel.get(path, object_id=first) == {"domains": []}
    added = panel.post(path, {"dmarc_status": 0}, object_id=first, domain_id=433)
    assert (added["domain"], added["dmarc_status"], added["spf_status"]) == ("hansen-kontor.example", 0, None)
    assert panel.get(path, object_id=first) == {"domains": [added]}
    assert panel.call("DELETE", path, object_id=first, domain_id=433).status_code == 204
    assert panel.get(path, object_id=first) == {"domains": []}


def direction(**changes: Any) -> dict[str, Any]:
    return {
        "email_size": 20,
        "forbidden_attachment_handling": 1,
        "allow_encrypted_attachments": True,
        "allow_executables": False,
        "allow_excel": True,
        "allow_powerpoint": True,
        "allow_word": True,
        "inherit_forbidden_extensions": False,
        "forbidden_attachment_extensions": [".jar"],
        "forbidden_attachment_extensions_archives": [],
        **changes,
    }


def test_content_control(panel: Panel, first: int) -> None:
    path = "/content_control/"
    assert panel.get(path, object_id=first)["incoming"]["email_size"] == 50
    body = {"use_same_settings": False, "incoming": direction(), "outgoing": direction()}
    created = panel.call("PUT", path, body, object_id=first)
    assert created.status_code == 200
    assert created.json()["incoming"]["forbidden_attachment_handling"] == 1
    assert created.json()["outgoing"]["forbidden_attachment_handling"] == 0
    again = panel.call("PUT", path, body, object_id=first)
    assert (again.status_code, again.content) == (409, b"")
    changed = panel.post(path, {"incoming": {"email_size": 99}}, object_id=first)
    assert (changed["incoming"]["email_size"], changed["incoming"]["allow_word"]) == (99, True)
    assert changed["outgoing"]["email_size"] == 20
    incomplete = {**body, "incoming": {"email_size": 5}}
    refused(panel.call("PUT", path, incomplete, object_id=panel.object_id(SECOND)), 400, 2009)
    refused(panel.call("POST", path, {"incoming": {"email_size": 151}}, object_id=first), 400, 2009)
    assert panel.call("DELETE", path, object_id=first).status_code == 204


def test_content_control_of_a_group(panel: Panel, first: int) -> None:
    group = panel.get("/groups/", object_id=first)["groups"][0]["id"]
    panel.post("/content_control/", {"incoming": {"email_size": 7}}, object_id=first, group_id=group)
    assert panel.get("/content_control/", object_id=first, group_id=group)["incoming"]["email_size"] == 7
    assert panel.get("/content_control/", object_id=first)["incoming"]["email_size"] == 50


def test_compliance_rules(panel: Panel, first: int) -> None:
    path = "/compliance_filter/"
    listed = panel.get(path, object_id=first)
    assert [rule["priority"] for rule in listed["compliance_filter"]] == [10, 20]
    assert (listed["num_found_items"], listed["num_found_active_items"]) == (2, 1)
    active = panel.get(path, object_id=first, only_active="true")
    assert len(active["compliance_filter"]) == 1
    assert (active["num_found_items"], active["num_found_active_items"]) == (2, 1)
    rule = {"direction": 1, "action": 1, "criterion": 1, "sender": "@bad.example", "priority": 1}
    made = panel.call("PUT", path, rule, object_id=first)
    assert made.status_code == 201
    one = f"{path}{made.json()['id']}/"
    assert panel.get(one, object_id=first)["sender"] == "@bad.example"
    assert panel.post(one, {"active": False}, object_id=first)["active"] is False
    assert panel.get(path, object_id=first)["compliance_filter"][0]["priority"] == 1
    assert panel.call("DELETE", one, object_id=first).status_code == 204
    refused(panel.call("GET", one, object_id=first), 400, 4300)
    refused(panel.call("DELETE", one, object_id=first), 404, 4300)
    refused(panel.call("PUT", path, {"direction": 1}, object_id=first), 400, 2009)
    assert panel.call("DELETE", path, object_id=first).status_code == 204
    assert panel.get(path, object_id=first)["num_found_items"] == 0


def test_atp_subscription(panel: Panel, first: int) -> None:
    shown = panel.get("/atp/subscriptions/", object_id=first)
    assert shown == {"enabled": True, "real_time_alert_emails": [{"email": f"postmaster@{FIRST}"}]}
    assert panel.post("/atp/subscriptions/", {"enabled": False}, object_id=first)["enabled"] is False
    services = {row["name"]: row["enabled"] for row in panel.get("/dashboard/", object_id=first)["services"]}
    assert services["ADVANCED_THREAT_PROTECTION"] is False
    assert services["SPAM_AND_MALWARE_PROTECTION"] is True
    refused(panel.call("GET", "/atp/subscriptions/", object_id=PARTNER), 400, 3080)
