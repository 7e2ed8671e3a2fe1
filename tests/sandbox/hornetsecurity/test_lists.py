"""Deny and allow lists (contract sheet, 5.9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.hornetsecurity.conftest import FIRST, PARTNER, SECOND, Panel, refused

PATH = "/emails/black_white_list/"
ALLOW, DENY = 1, 2
FLAGS = {
    "spam_protection",
    "content_filter",
    "malware_protection",
    "phishing_protection",
    "sender_validation",
    "email_freezing",
    "atp_url_rewriting",
    "atp_tfff",
    "atp_url_rewriting_include_subdomains",
}


def values(panel: Panel, scope: int, kind: int, **query: Any) -> list[str]:
    rows = panel.get(PATH, object_id=scope, type=kind, **query)["blackWhiteList"]
    return [row["value"] for row in rows]


def test_a_customers_allow_list_has_types_and_flags(panel: Panel, first: int) -> None:
    rows = panel.get(PATH, object_id=first, type=ALLOW)["blackWhiteList"]
    own = [row for row in rows if row["owner"] == FIRST]
    assert [row["entry_type"] for row in own] == [0, 1, 2, 3]
    assert (
        set(own[0]) >= {"id", "owner", "value", "description", "entry_type", "atp_tfff_related_user"} | FLAGS
    )
    assert own[0]["spam_protection"] is True
    assert own[0]["malware_protection"] is False


def test_other_lists_are_plain(panel: Panel, first: int) -> None:
    denied = panel.get(PATH, object_id=first, type=DENY)["blackWhiteList"]
    users = [
        row for row in panel.get(PATH, object_id=first, type=ALLOW)["blackWhiteList"] if "@" in row["owner"]
    ]
    assert users
    assert all(set(row) == {"id", "owner", "value", "description"} for row in [*denied, *users])


def test_filters_order_and_pages(panel: Panel, first: int) -> None:
    everything = values(panel, first, ALLOW)
    assert values(panel, first, ALLOW, sort_key="value", sort_order="desc") == sorted(
        everything, reverse=True
    )
    assert values(panel, first, ALLOW, value="BRIGHTLINE") == ["brightline-audit.example"]
    assert values(panel, first, ALLOW, owner=FIRST, description="relay") == ["192.0.2.66"]
    assert values(panel, first, ALLOW, all=FIRST) == everything
    assert values(panel, first, ALLOW, bypassed_filters="malware_protection") == []
    page = panel.get(PATH, object_id=first, type=ALLOW, limit=2, page=1)
    assert [row["value"] for row in page["blackWhiteList"]] == everything[2:4]
    assert (page["num_found_items"], page["has_more_elements"]) == (len(everything), True)


def test_a_list_needs_its_type_and_no_partner(panel: Panel, first: int) -> None:
    assert refused(panel.call("GET", PATH, object_id=first), 400, 2009)["error_data"] == {
        "type": ["This field is required."]
    }
    refused(panel.call("GET", PATH, object_id=first, type=3), 400, 2009)
    refused(panel.call("GET", PATH, object_id=PARTNER, type=1), 403, 3810)


def test_one_entry(panel: Panel, first: int) -> None:
    [added] = panel.post(
        PATH, [{"type": ALLOW, "value": "New@Partner.example", "description": "x"}], object_id=first
    )
    assert (added["success"], added["value"], added["owner"], added["owner_id"]) == (
        True,
        "new@partner.example",
        FIRST,
        first,
    )
    assert added["entry_type"] == 0
    assert "move_from_list" not in added
    assert "new@partner.example" in values(panel, first, ALLOW)


def test_an_entry_of_the_caller(panel: Panel) -> None:
    [added] = panel.post(PATH, [{"type": DENY, "value": "spam.example"}])
    assert added["owner"] == panel.credentials["username"]


def test_an_entry_for_a_named_owner(panel: Panel, first: int) -> None:
    address = f"info@{FIRST}"
    for number, key in enumerate(("owner", "for_owner")):
        entry = {"type": DENY, "value": f"a{number}.example", key: address}
        assert panel.post(PATH, [entry], object_id=first)[0]["owner"] == address
    entry = {"type": DENY, "value": "b.example", "for_customer": FIRST}
    assert panel.post(PATH, [entry])[0]["owner"] == FIRST


def test_an_entry_for_the_owner_of_a_mail(panel: Panel) -> None:
    mail = panel.mails(FIRST)[0]
    [added] = panel.post(PATH, [{"type": DENY, "value": "c.example", "es_mail_id": mail["es_mail_id"]}])
    assert (added["owner"], added["es_identifier"]) == (mail["owner"], mail["es_mail_id"])


@pytest.mark.parametrize(
    ("entry", "status", "error_id"),
    [
        ({"type": ALLOW, "value": "brightline-audit.example"}, 405, 3094),
        ({"type": DENY, "value": f"somebody@{FIRST}"}, 409, 3812),
        ({"type": DENY, "value": "hansen-kontor.example"}, 409, 3812),
        ({"type": DENY, "value": "http://bad.example/x"}, 400, 3813),
        ({"type": DENY, "value": "not a value"}, 400, 2009),
        ({"type": ALLOW, "value": "x.example", "entry_type": 2}, 400, 2009),
        ({"type": DENY, "value": "x.example", "owner": "nobody@nowhere.example"}, 422, 3093),
        ({"value": "x.example"}, 400, 2009),
        ({"type": 3, "value": "x.example"}, 400, 2009),
    ],
)
def test_a_single_entry_fails_with_the_http_error(
    panel: Panel, first: int, entry: dict[str, Any], status: int, error_id: int
) -> None:
    refused(panel.call("POST", PATH, [entry], object_id=first), status, error_id)


def test_among_several_each_fails_on_its_own(panel: Panel, first: int) -> None:
    entries = [
        {"type": DENY, "value": "good.example"},
        {"type": DENY, "value": "good.example"},
        {"type": DENY, "value": FIRST},
        {"type": DENY, "value": "https://x.example/"},
    ]
    answer = panel.post(PATH, entries, object_id=first)
    assert [item["success"] for item in answer] == [True, False, False, False]
    assert [item["id"] is None for item in answer] == [False, True, True, True]
    assert [item["error"]["error_id"] for item in answer[1:]] == [3094, 3812, 3813]


def test_a_url_belongs_on_a_customers_allow_list_only(panel: Panel, first: int) -> None:
    url = {"type": ALLOW, "value": "https://files.example/share"}
    assert panel.post(PATH, [url], object_id=first)[0]["entry_type"] == 3
    user = panel.object_id(f"info@{FIRST}")
    refused(panel.call("POST", PATH, [url], object_id=user), 400, 3813)


def test_an_entry_moves_from_the_opposite_list(panel: Panel, first: int) -> None:
    [moved] = panel.post(PATH, [{"type": ALLOW, "value": "seo-rank-first.example"}], object_id=first)
    assert moved["move_from_list"] is True
    assert "seo-rank-first.example" not in values(panel, first, DENY)


def test_an_entry_is_changed_by_its_id(panel: Panel, first: int) -> None:
    row = panel.get(PATH, object_id=first, type=ALLOW)["blackWhiteList"][0]
    change = {
        "type": ALLOW,
        "id": row["id"],
        "value": row["value"],
        "description": "new",
        "malware_protection": True,
    }
    [changed] = panel.post(PATH, [change], object_id=first)
    assert (changed["id"], changed["description"], changed["malware_protection"]) == (row["id"], "new", True)
    assert changed["spam_protection"] is True
    assert values(panel, first, ALLOW, bypassed_filters=["malware_protection", "spam_protection"]) == [
        row["value"]
    ]


def test_entries_are_deleted_in_their_scope(panel: Panel, first: int) -> None:
    row = panel.get(PATH, object_id=first, type=DENY)["blackWhiteList"][0]
    path = f"{PATH}{row['id']}/"
    refused(panel.call("DELETE", path, object_id=panel.object_id(SECOND), type=DENY), 400, 2009)
    refused(panel.call("DELETE", path, object_id=PARTNER, type=DENY), 403, 3810)
    refused(panel.call("DELETE", path, object_id=first, type=ALLOW), 404, 404)
    assert panel.call("DELETE", path, object_id=first, type=DENY).status_code == 204
    refused(panel.call("DELETE", path, object_id=first, type=DENY), 404, 404)


def test_the_body_is_a_list(panel: Panel, first: int) -> None:
    refused(panel.call("POST", PATH, {"type": DENY, "value": "x.example"}, object_id=first), 400, 2009)


def test_import_adds_warns_and_refuses(panel: Panel, first: int) -> None:
    data = ["one.example", "seo-rank-first.example", "bad@domain", "bad-domain"]
    dry = panel.post(f"{PATH}import/", {"type": DENY, "data": data, "dry_run": True}, object_id=first)
    assert [row["value"] for row in dry["elements"]] == ["one.example"]
    assert [(row["value"], row["issue_id"]) for row in dry["warnings"]] == [("seo-rank-first.example", 3094)]
    assert [(row["value"], row["issue_id"]) for row in dry["errors"]] == [
        ("bad@domain", 1001),
        ("bad-domain", 1002),
    ]
    assert "one.example" not in values(panel, first, DENY)
    panel.post(f"{PATH}import/", {"type": DENY, "data": data}, object_id=first)
    assert "one.example" in values(panel, first, DENY)


def test_import_replaces_the_list(panel: Panel, first: int) -> None:
    body = {"type": DENY, "mode": 2, "extended_data": [{"value": "only.example", "description": "d"}]}
    panel.post(f"{PATH}import/", {**body, "dry_run": True}, object_id=first)
    assert "seo-rank-first.example" in values(panel, first, DENY, owner=FIRST)
    panel.post(f"{PATH}import/", body, object_id=first)
    assert [row for row in values(panel, first, DENY, all=FIRST) if row == "only.example"]
    assert "seo-rank-first.example" not in values(panel, first, DENY)


def test_export(panel: Panel, first: int) -> None:
    body = {"type": DENY, "export_type": "download", "owner": "kontor"}
    file = panel.call("POST", f"{PATH}_export/", body, object_id=first)
    assert file.text.splitlines()[0] == "value,description,owner"
    assert len(file.text.splitlines()) == 4
    by_mail = panel.call("POST", f"{PATH}_export/", {**body, "export_type": "email"}, object_id=first)
    assert by_mail.status_code == 204
