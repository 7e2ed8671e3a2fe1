"""Objects and their tree (contract sheet, 5.3)."""

from __future__ import annotations

from app.sandbox.server import Sandbox
from tests.sandbox.hornetsecurity.conftest import FIRST, PARTNER, Panel, refused


def test_without_object_id_the_root_and_one_level_below(panel: Panel) -> None:
    [root] = panel.get("/hierarchy/")["hierarchy"]
    assert (root["id"], root["type"], root["path"]) == (PARTNER, "partner", "Nordwind IT")
    assert root["children_count"] == len(root["children"])
    assert all("children" not in child for child in root["children"])
    customer = next(child for child in root["children"] if child["name"] == FIRST)
    assert customer["path"] == f"Nordwind IT/{FIRST}"
    assert customer["children_count"] > 0


def test_with_object_id_the_one_level_below(panel: Panel, first: int) -> None:
    nodes = panel.get("/hierarchy/", object_id=first)["hierarchy"]
    assert {node["type"] for node in nodes} == {"user"}
    assert all(node["name"].endswith(f"@{FIRST}") for node in nodes)


def test_offset_and_size_cut_the_children(panel: Panel) -> None:
    everything = panel.get("/hierarchy/", object_id=PARTNER)["hierarchy"]
    some = panel.get("/hierarchy/", object_id=PARTNER, offset=2, size=3)["hierarchy"]
    assert some == everything[2:5]


def test_the_default_size_is_fifty(sandbox: Sandbox, panel: Panel) -> None:
    sandbox.seed(116, ["hornetsecurity"])
    [root] = panel.get("/hierarchy/")["hierarchy"]
    assert root["children_count"] == 117  # and the partner's own user
    assert len(root["children"]) == 50


def test_a_customers_administrator_starts_at_the_customer(panel: Panel, first: int) -> None:
    limited = panel.credentials["limited_token"]
    [root] = panel.call("GET", "/hierarchy/", token=limited).json()["hierarchy"]
    assert (root["id"], root["type"]) == (first, "customer")


def test_search_leads_from_the_root_down_to_the_hit(panel: Panel, first: int) -> None:
    found = panel.post("/hierarchy/_search/", {"search_string": "KONTOR-hansen.exam", "filter": ["customer"]})
    assert [node["id"] for node in found] == [PARTNER]
    assert [node["id"] for node in found[0]["children"]] == [first]
    assert found[0]["children_count"] > 1
    assert "children" not in found[0]["children"][0]


def test_search_by_a_string_filter_and_for_users(panel: Panel) -> None:
    found = panel.post("/hierarchy/_search/", {"search_string": FIRST, "filter": "user"})
    users = found[0]["children"][0]["children"]
    assert users and {user["type"] for user in users} == {"user"}


def test_search_refuses_less_than_three_characters_and_finds_nothing(panel: Panel) -> None:
    response = panel.call("POST", "/hierarchy/_search/", {"search_string": "ko"})
    assert "search_string" in refused(response, 400, 2009)["error_data"]
    assert panel.post("/hierarchy/_search/", {"search_string": "no such name"}) == []


def test_filter_answers_a_flat_list(panel: Panel, first: int) -> None:
    found = panel.post("/hierarchy/_filter/", {"search_text": FIRST, "type": "customer"})
    assert found == [{"id": first, "name": FIRST, "parent": {"id": PARTNER, "name": "Nordwind IT"}}]
    one = panel.post(
        "/hierarchy/_filter/", {"search_text": FIRST, "type": "user", "max_results": 1}, object_id=first
    )
    assert len(one) == 1
    refused(panel.call("POST", "/hierarchy/_filter/", {"search_text": FIRST, "type": "planet"}), 400, 2009)


def test_an_object_by_name_and_by_id(panel: Panel, first: int) -> None:
    by_name = panel.get("/object/", name=FIRST)
    assert by_name == panel.get("/object/", object_id=first)
    assert by_name["parent"] == {"id": PARTNER, "name": "Nordwind IT"}
    assert by_name["postbox_id"] is None
    user = panel.get("/object/", name=f"info@{FIRST}")
    assert user["type"] == "user"
    assert user["postbox_id"] == panel.mailbox(f"info@{FIRST}")["id"]


def test_an_object_needs_exactly_one_key_and_must_exist(panel: Panel, first: int) -> None:
    refused(panel.call("GET", "/object/"), 400, 2009)
    refused(panel.call("GET", "/object/", name=FIRST, object_id=first), 400, 2009)
    refused(panel.call("GET", "/object/", name="nobody.example"), 404, 3081)
    refused(panel.call("GET", "/object/", object_id=99), 400, 3080)
    refused(panel.call("GET", "/object/", name="hansen-kontor.example"), 404, 3081)
    limited = panel.credentials["limited_token"]
    refused(panel.call("GET", "/object/", token=limited, object_id=PARTNER), 403, 1003)


def test_the_caller(panel: Panel) -> None:
    user = panel.get("/user/")
    assert user["path"] == f"Nordwind IT/{panel.credentials['username']}"
    assert user["parent"] == {"id": PARTNER, "name": "Nordwind IT", "path": "Nordwind IT"}
    assert str(PARTNER) == panel.credentials["account"]
