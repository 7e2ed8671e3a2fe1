"""Calls over REST."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.features.world import HOME, OLS, ONLY_NORDWIND, SE, World

HERE = f"/connections/{SE}/calls"
ALIAS = f"{HERE}/api_add_domain_alias"


def test_calls_are_listed_and_described(world: World) -> None:
    api = world.api()
    everything = api("GET", HERE).json["items"]
    assert len(everything) == 258 and all(item["reason"] is None for item in everything)
    found = api("GET", f"{HERE}?q=catch-all+check&kind=write").json["items"]
    assert [item["name"] for item in found] == ["api_set_catch_all_check"]
    found = api("GET", f"{HERE}?kind=write&group=DKIM").json["items"]
    assert "api_set_dkim_certificate" in [item["name"] for item in found] and all(i["write"] for i in found)
    one = api("GET", f"{HERE}/api_set_dkim_certificate").json
    assert {a["name"]: a["secret"] for a in one["arguments"]}["certificate"] is True
    assert world.upstream_calls() == 0


def test_a_read(world: World) -> None:
    api = world.api()
    answer = api("POST", f"{HERE}/api_list_domains", {"arguments": {"filter_by": [["domain", HOME, "is"]]}})
    assert answer.status_code == 200 and answer.json["status"] == 200 and HOME in answer.json["text"]
    answer = api("POST", f"{HERE}/api_list_domains", {"arguments": {"format": "json"}})
    assert isinstance(answer.json["value"], dict | list) and answer.json["change"] is None
    assert world.calls.names() == ["api_list_domains"] * 2


def test_a_write(world: World) -> None:
    api = world.api()
    wish: dict[str, Any] = {"arguments": {"domain": HOME, "alias": "rest.test"}}
    refused = api("POST", ALIAS, wish)
    assert refused.status_code == 422 and "confirm" in refused.json["fields"] and world.writes() == []
    done = [api("POST", ALIAS, {**wish, "confirm": True}, Idempotency_Key="k").json for _ in range(2)]
    assert (done[0]["repeated"], done[1]["repeated"]) == (False, True)
    assert done[0]["change"] == done[1]["change"] == world.changes()[0].id
    assert len(world.writes()) == 1 and world.changes()[0].door == "api"
    other = api(
        "POST",
        ALIAS,
        {"arguments": {"domain": HOME, "alias": "x.test"}, "confirm": True},
        Idempotency_Key="k",
    )
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/connections/gone/calls/api_version", {}, 404),
        (f"{HERE}/no_such_call", {}, 404),
        (f"{HERE}/api_get_destination", {}, 422),
        (f"{HERE}/api_version", {"arguments": {"colour": "red"}}, 422),
        (f"{HERE}/api_version", {"argument": {}}, 422),
        (f"{HERE}/api_get_destination", {"arguments": {"domain": ["a"]}}, 422),
        (f"{HERE}/api_get_destination", {"arguments": {"domain": "gone.example"}}, 409),
    ],
)
def test_what_cannot_be(world: World, path: str, data: dict[str, Any], status: int) -> None:
    assert world.api()("POST", path, data).status_code == status


def test_an_upstream_in_trouble(world: World) -> None:
    world.fault("html")
    answer = world.api()("POST", f"{HERE}/api_get_destination", {"arguments": {"domain": HOME}})
    assert answer.status_code == 502 and "web page" in answer.json["detail"]


def test_names_with_slashes_arrive_whole(world: World) -> None:
    assert world.api()("GET", f"/connections/{OLS}/calls/" + quote("GET /mfa/{x}/")).status_code == 404


def test_only_administrators_of_the_whole_connection(world: World) -> None:
    for api, status in (
        (world.api("operator"), 403),
        (world.api("admin", rights=("view_domains",)), 403),
        (world.api("admin", scopes=ONLY_NORDWIND), 404),
    ):
        assert api("GET", HERE).status_code == status
        assert api("GET", f"{HERE}/api_version").status_code == status
        assert api("POST", f"{HERE}/api_version", {}).status_code == status
    assert world.upstream_calls() == 0
