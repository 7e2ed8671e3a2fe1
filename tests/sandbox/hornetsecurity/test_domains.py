"""Domains and routes of a customer (contract sheet, 5.4)."""

from __future__ import annotations

import pytest

from app.sandbox.server import Sandbox
from tests.sandbox.hornetsecurity.conftest import FIRST, PARTNER, UNBOOKED, Panel, refused

ALIAS = "hansen-kontor.example"


def names(panel: Panel, customer: int, **query: object) -> list[str]:
    return [row["domain"] for row in panel.get("/domains/", object_id=customer, **query)["domains"]]


def test_the_list_and_its_filters(panel: Panel, first: int) -> None:
    answer = panel.get("/domains/", object_id=first)
    assert answer["num_found_items"] == 2
    assert answer["has_more_elements"] is False
    assert {key: answer["domains"][0][key] for key in ("id", "domain", "type", "verified")} == {
        "id": 432,
        "domain": FIRST,
        "type": "primary",
        "verified": True,
    }
    assert names(panel, first, domain_type="alias") == [ALIAS]
    assert names(panel, first, domain_type=["alias", "primary"]) == [FIRST, ALIAS]
    assert names(panel, first, name="HANSEN-k") == [ALIAS]
    unbooked = panel.object_id(UNBOOKED)
    assert names(panel, unbooked) == [UNBOOKED]
    assert names(panel, unbooked, only_with_spam_filter_activated="true") == []


def test_pages_count_from_zero(panel: Panel, first: int) -> None:
    page = panel.get("/domains/", object_id=first, limit=1, page=1)
    assert [row["domain"] for row in page["domains"]] == [ALIAS]
    assert (page["num_found_items"], page["has_more_elements"]) == (2, False)
    assert panel.get("/domains/", object_id=first, limit=1)["has_more_elements"] is True
    refused(panel.call("GET", "/domains/", object_id=first, limit=0), 400, 2009)


def test_only_a_customer_has_domains(panel: Panel) -> None:
    refused(panel.call("GET", "/domains/", object_id=PARTNER), 400, 3702)


def test_alias_domains_come_and_go(panel: Panel, first: int) -> None:
    added = panel.call(
        "PUT", "/domains/", {"domains": ["New-One.example", "new-two.example", ALIAS]}, object_id=first
    )
    assert added.status_code == 201
    assert [(row["domain"], row["type"], row["verified"]) for row in added.json()] == [
        ("new-one.example", "alias", False),
        ("new-two.example", "alias", False),
    ]
    gone = panel.call("DELETE", f"/domains/{added.json()[0]['id']}/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert names(panel, first) == [FIRST, ALIAS, "new-two.example"]


@pytest.mark.parametrize(
    ("domains", "status", "error_id"),
    [
        ([ALIAS], 409, 5002),
        (["ok.example", "gmail.com"], 400, 5001),
        (["ok.example", "not a domain"], 422, 5003),
        (["nodots"], 422, 5003),
        ([], 400, 2009),
        ("ok.example", 400, 2009),
    ],
)
def test_refused_alias_domains_leave_nothing_behind(
    panel: Panel, first: int, domains: object, status: int, error_id: int
) -> None:
    refused(panel.call("PUT", "/domains/", {"domains": domains}, object_id=first), status, error_id)
    assert names(panel, first) == [FIRST, ALIAS]


def test_primary_unknown_and_foreign_domains_are_not_deleted(panel: Panel) -> None:
    refused(panel.call("DELETE", "/domains/432/"), 400, 5007)
    refused(panel.call("DELETE", "/domains/99999/"), 400, 5006)
    other = panel.domain_id("steuerbuero-thiel.example", "thiel-steuern.example")
    refused(panel.call("DELETE", f"/domains/{other}/", token=panel.credentials["limited_token"]), 403, 1003)


def test_the_removal_of_an_alias_domain_takes_its_addresses_along(panel: Panel, first: int) -> None:
    alias_id = panel.domain_id(FIRST, ALIAS)
    panel.call("PUT", "/mailboxes/", {"email_address": f"x@{ALIAS}", "password": "secret"}, object_id=first)
    info = panel.get(f"/domains/{alias_id}/deletion_info/")
    assert info == {"mailboxes_to_delete": 1, "mailboxes_to_move": 0, "domain_name": ALIAS}
    assert panel.post("/mailboxes/", {"name": ALIAS})["num_found_items"] == 2
    assert panel.call("DELETE", f"/domains/{alias_id}/").status_code == 204
    assert panel.post("/mailboxes/", {"name": ALIAS})["num_found_items"] == 0


def test_verification_by_hand_and_by_dns(panel: Panel) -> None:
    alias = f"/domains/{panel.domain_id(FIRST, ALIAS)}/"
    assert panel.post(alias, {"verified": False})["verified"] is False
    assert panel.post(f"{alias}check_verification/")["verified"] is True  # its MX names our hosts
    unknown = panel.call(
        "PUT", "/domains/", {"domains": ["elsewhere.invalid"]}, object_id=panel.object_id(FIRST)
    )
    assert panel.post(f"/domains/{unknown.json()[0]['id']}/check_verification/")["verified"] is False
    refused(panel.call("POST", alias, {}), 400, 2009)
    refused(panel.call("POST", "/domains/99999/check_verification/"), 400, 5006)


def test_export(panel: Panel, first: int) -> None:
    file = panel.call("POST", "/domains/_export/", {"export_type": "download"}, object_id=first)
    assert file.headers["Content-Type"].startswith("text/csv")
    assert file.text.splitlines()[:2] == ["domain,type,verified", f"{FIRST},primary,True"]
    nothing = {"export_type": "download", "name": "nothing-like-it"}
    assert panel.call("POST", "/domains/_export/", nothing, object_id=first).status_code == 204
    by_mail = panel.call("POST", "/domains/_export/", {"export_type": "email"}, object_id=first)
    assert refused(by_mail, 400, 2009)["error_data"] == {"email": ["This field is required."]}


# routes


def test_the_primary_route_names_host_port_and_priority(sandbox: Sandbox, panel: Panel) -> None:
    route = panel.get("/filtering/environment/432/")
    port = sandbox.smtp_port
    assert route["destination_server"] == f"mail.nordwind.example:{port}#10;backup.nordwind.example:{port}#20"
    assert (route["enabled"], route["dest_type"], route["inherit_primary_domain"]) == (True, 1, False)


def test_an_alias_domain_inherits_until_it_has_a_route(panel: Panel) -> None:
    path = f"/filtering/environment/{panel.domain_id(FIRST, ALIAS)}/"
    primary = panel.get("/filtering/environment/432/")
    assert panel.get(path) == {**primary, "inherit_primary_domain": True}
    own = panel.post(path, {"enabled": True, "destination_server": "192.0.2.1:2525"})
    assert (own["destination_server"], own["inherit_primary_domain"]) == ("192.0.2.1:2525", False)
    assert panel.get(path) == own
    gone = panel.call("DELETE", path)
    assert gone.status_code == 200
    assert set(gone.json()) == {"inherit_primary_domain", "relay_check_type"}
    assert panel.get(path)["inherit_primary_domain"] is True


def test_hornet_email_overwrites_the_route(panel: Panel) -> None:
    body = {"enabled": True, "destination_server": "mail.example.org", "hornet_email": True}
    assert panel.post("/filtering/environment/432/", body)["destination_server"] == "smtp-in.hornet.email"


def test_a_route_needs_enabled_and_a_domain_of_ours(panel: Panel) -> None:
    response = panel.call("POST", "/filtering/environment/432/", {"bounce": False})
    assert refused(response, 400, 2009)["error_data"] == {"enabled": ["This field is required."]}
    refused(panel.call("GET", "/filtering/environment/99999/"), 403, 1003)
    refused(panel.call("GET", "/filtering/environment/99999/", manual=True), 400, 1003)


def test_secondary_environments(panel: Panel, first: int) -> None:
    listed = panel.post("/environments/", {}, object_id=first)
    assert [row["name"] for row in listed["environments"]] == ["Branch office", "Hosted mailboxes"]
    assert set(listed["environments"][0]) == {"id", "name", "ip_hostname", "routing_type", "mailbox_size"}
    assert panel.post("/environments/", {"routing_type": 3}, object_id=first)["num_found_items"] == 1
    new = {"name": "Test", "routing_type": 1, "ip_hostname": "192.0.2.9"}
    created = panel.call("PUT", "/environments/", new, object_id=first)
    assert created.status_code == 200
    path = f"/environments/{created.json()['id']}/"
    assert panel.post(path, {"name": "Test 2"}, object_id=first)["name"] == "Test 2"
    refused(panel.call("POST", path, {"routing_type": 3}, object_id=first), 410, 5304)
    refused(panel.call("POST", path, {"name": "primary"}, object_id=first), 400, 5185)
    assert panel.call("DELETE", path, object_id=first).status_code == 200
    refused(panel.call("DELETE", path, object_id=first), 404, 4004)


def test_a_trial_of_hosted_mailboxes_has_to_be_confirmed(panel: Panel, first: int) -> None:
    body = {"name": "Trial", "routing_type": 3}
    refused(panel.call("PUT", "/environments/", body, object_id=first), 400, 5303)
    accepted = panel.call("PUT", "/environments/", {**body, "trial_confirmation": True}, object_id=first)
    assert accepted.json()["mailbox_size"] == 2048


def test_mailboxes_of_a_removed_environment_fall_back(panel: Panel, first: int) -> None:
    box = panel.mailbox(f"info@{FIRST}")
    panel.post(f"/mailboxes/{box['id']}/", {"environment": "98"}, object_id=first)
    assert panel.mailbox(f"info@{FIRST}")["environment"] == "98"
    panel.call("DELETE", "/environments/98/", object_id=first)
    assert panel.mailbox(f"info@{FIRST}")["environment"] == "primary"


def test_environments_need_the_spam_filter(panel: Panel) -> None:
    unbooked = panel.object_id(UNBOOKED)
    refused(panel.call("POST", "/environments/", {}, object_id=unbooked), 402, 3107)
    body = {"name": "x", "routing_type": 1}
    refused(panel.call("PUT", "/environments/", body, object_id=unbooked), 412, 3107)


def test_mx_records_have_priorities_as_text(panel: Panel, first: int) -> None:
    assert panel.get("/mx_records/", object_id=first) == [
        {"priority": "10", "server": "mx01.hornet.example"},
        {"priority": "20", "server": "mx02.hornet.example"},
    ]
    assert panel.get("/mx_relays/", object_id=first)[0]["servers"]
    refused(panel.call("GET", "/mx_records/", object_id=PARTNER), 400, 3702)
