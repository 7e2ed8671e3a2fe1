"""The journal over REST."""

from __future__ import annotations

import pytest

from tests.features.world import HOME, ONLY_NORDWIND, SE, Api, World

NEW = "new.example"
ADD = {"connection": SE, "domain": NEW, "routes": [{"host": "mail.hosting.example"}]}


def lost(world: World, api: Api) -> int:
    world.fault("hangup", "api_add_*", count=1)
    api("POST", "/domains", ADD)
    world.all_well()
    return int(world.changes()[0].id)


def test_changes_are_listed_and_read(world: World) -> None:
    api = world.api("operator")
    for number in range(3):
        api("POST", "/domains", {**ADD, "domain": f"d{number}.example"})
    first = api("GET", "/changes?size=2").json
    assert [item["domain"] for item in first["items"]] == ["d2.example", "d1.example"]
    second = api("GET", f"/changes?size=2&before={first['next']}").json
    assert ([item["domain"] for item in second["items"]], second["next"]) == (["d0.example"], None)
    [item] = api("GET", "/changes?domain=D0.Example&state=done&connection=se").json["items"]
    assert (item["verb"], item["door"], item["undoable"]) == ("domain.add", "api", True)
    one = api("GET", f"/changes/{item['id']}").json
    assert one["after"]["routes"] == [{"host": "mail.hosting.example", "port": 25}]


@pytest.mark.parametrize(
    "query",
    ["state=odd", "size=0", "size=501", "before=0", "job=x", "colour=red", "before=9223372036854775808"],
)
def test_a_query_that_makes_no_sense_is_refused(reader: World, query: str) -> None:
    assert reader.api("auditor")("GET", f"/changes?{query}").status_code == 422


def test_a_change_is_undone_once(world: World) -> None:
    api = world.api("operator")
    api("POST", "/domains", ADD)
    answers = [api("POST", "/changes/1/undo", Idempotency_Key="u") for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert world.upstream(NEW) is None
    assert len(world.writes()) == 2
    assert api("POST", "/changes/1/undo").status_code == 409
    assert api("GET", "/changes/1").json["undone_by"] == 2


def test_a_part_of_an_undo_is_207(world: World) -> None:
    api = world.api("operator")
    api("DELETE", f"/domains/{SE}/{HOME}")
    world.fault("429", "api_set_*", retry_after="60")
    answer = api("POST", "/changes/1/undo")
    assert answer.status_code == 207
    assert answer.json["tone"] == "partial"


def test_a_part_is_207_also_when_the_rest_could_not_even_be_planned(world: World) -> None:
    api = world.api("operator")
    api("DELETE", f"/domains/{SE}/{HOME}")
    world.fault("429", "api_get_quarantine_days", retry_after="60")
    answer = api("POST", "/changes/1/undo")
    assert (answer.status_code, answer.json["tone"]) == (207, "partial")


def test_what_is_left_is_finished(world: World) -> None:
    api = world.api("operator")
    api("POST", "/domains", {**ADD, "aliases": ["nwl.example", "b.test"]})
    answer = api("POST", "/changes/2/finish")
    assert answer.status_code == 409
    del world.sandbox.upstreams["spamexperts"].state.table("aliases")["nwl.example"]
    assert api("POST", "/changes/2/finish").status_code == 200
    assert world.upstream(NEW)["aliases"] == ["nwl.example", "b.test"]  # type: ignore[index]


def test_open_changes_are_looked_up_or_closed(world: World) -> None:
    api = world.api("operator")
    number = lost(world, api)
    assert api("GET", f"/changes/{number}").json["state"] == "unknown"
    for data in ({}, {"state": "odd", "note": "x"}, {"state": "done", "note": ""}, {"state": "done"}):
        assert api("POST", f"/changes/{number}/close", data).status_code == 422
    assert api("POST", f"/changes/{number}/look").json["state"] == "done"
    assert api("POST", f"/changes/{number}/look").status_code == 409
    assert api("POST", f"/changes/{number}/close", {"state": "done", "note": "x"}).status_code == 409


def test_an_open_change_is_closed(world: World) -> None:
    api = world.api("operator")
    number = lost(world, api)
    closed = api("POST", f"/changes/{number}/close", {"state": "unreachable", "note": "asked them"}).json
    assert (closed["state"], closed["note"]) == ("unreachable", "asked them")


def test_outside_the_scope_is_not_found(world: World) -> None:
    world.api("operator")("POST", "/domains", ADD)
    api = world.api("operator", scopes=ONLY_NORDWIND)
    assert api("GET", "/changes").json["items"] == []
    for method, path, data in (
        ("GET", "/changes/1", None),
        ("POST", "/changes/1/undo", None),
        ("POST", "/changes/1/finish", None),
        ("POST", "/changes/1/look", None),
        ("POST", "/changes/1/close", {"state": "done", "note": "x"}),
    ):
        assert api(method, path, data).status_code == 404
