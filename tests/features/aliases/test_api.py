"""Aliases over REST."""

from __future__ import annotations

import pytest

from tests.features.world import HOME, OLS, ONLY_NORDWIND, SE, World

HERE = f"/domains/{SE}/{HOME}/aliases"


def test_aliases_are_listed_added_and_removed(world: World) -> None:
    api = world.api("operator")
    assert api("GET", HERE).json["aliases"] == ["nordwind.test", "nordwind-group.example"]
    answer = api("POST", HERE, {"aliases": ["bücher.test"]})
    assert (answer.status_code, answer.json["steps"][0]["state"]) == (200, "done")
    assert api("DELETE", f"{HERE}/b%C3%BCcher.test").status_code == 200
    assert api("DELETE", f"{HERE}/nordwind.test").status_code == 200
    assert world.upstream(HOME)["aliases"] == ["nordwind-group.example"]  # type: ignore[index]


def test_a_part_is_207_and_nothing_is_409(world: World) -> None:
    api = world.api("operator")
    answer = api("POST", HERE, {"aliases": ["a.test", "nwl.example"]})
    assert (answer.status_code, [s["state"] for s in answer.json["steps"]]) == (207, ["done", "rejected"])
    assert api("POST", HERE, {"aliases": ["nwl.example"]}).status_code == 409


def test_the_same_key_is_one_change(world: World) -> None:
    api = world.api("operator")
    answers = [api("POST", HERE, {"aliases": ["a.test"]}, Idempotency_Key="k").json for _ in range(2)]
    assert answers[0]["steps"] == answers[1]["steps"]
    assert len(world.writes()) == 1


@pytest.mark.parametrize(
    "data", [{}, {"aliases": []}, {"aliases": ["x"]}, {"aliases": [1]}, {"alias": ["a.test"]}]
)
def test_what_cannot_be_is_refused(reader: World, data: object) -> None:
    answer = reader.api("operator")("POST", HERE, data)
    assert answer.status_code == 422
    assert answer.json["fields"]


def test_reading_falls_back_on_the_inventory(world: World) -> None:
    api = world.api("support")
    world.fault("refuse")
    found = api("GET", HERE).json
    assert (found["live"], len(found["aliases"])) == (False, 2)
    assert api("GET", f"/domains/{OLS}/harbourbikes.example/aliases").json["aliases"] is None


def test_outside_the_scope_is_not_found(world: World) -> None:
    api = world.api("operator", scopes=ONLY_NORDWIND)
    outside = f"/domains/{SE}/hafencafe.example/aliases"
    for method, path, data in (
        ("GET", outside, None),
        ("POST", outside, {"aliases": ["a.test"]}),
        ("DELETE", f"{outside}/cafe-am-hafen.example", None),
    ):
        assert api(method, path, data).status_code == 404
    assert world.upstream_calls() == 0
