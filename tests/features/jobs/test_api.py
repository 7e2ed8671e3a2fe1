"""Jobs over REST."""

from __future__ import annotations

import pytest

from tests.features.jobs.test_service import bulk
from tests.features.world import ADMIN, HOME, ONLY_NORDWIND, World


def test_jobs_and_their_items_are_read_page_by_page(world: World) -> None:
    api = world.api("auditor")
    jobs = [bulk(world, ADMIN, HOME, key=str(n)) for n in range(3)]
    first = api("GET", "/jobs?size=2").json
    second = api("GET", f"/jobs?size=2&before={first['next']}&kind=bulk").json
    assert [job["id"] for job in first["items"] + second["items"]] == jobs[::-1]
    many = bulk(world, ADMIN, *list(world.cluster)[:4], key="many")
    world.work(many)
    one = api("GET", f"/jobs/{many}").json
    assert (one["state"], one["total"], one["counts"]["done"], one["actor"]) == ("done", 4, 4, "tester")
    items = api("GET", f"/jobs/{many}/items?size=3").json
    rest = api("GET", f"/jobs/{many}/items?size=3&after={items['next']}").json
    assert [item["no"] for item in items["items"] + rest["items"]] == [1, 2, 3, 4]
    assert api("GET", f"/jobs/{many}/items?state=failed").json == {"items": [], "next": None}


def test_jobs_are_steered(world: World) -> None:
    api = world.api("operator")
    job = bulk(world)
    assert api("POST", f"/jobs/{job}/stop").json["state"] == "stopped"
    assert api("POST", f"/jobs/{job}/resume").json["state"] == "queued"
    world.fault("429", "api_set_destination", count=1, retry_after="60")
    world.work(job)
    world.all_well()
    assert api("POST", f"/jobs/{job}/retry").json["state"] == "queued"
    world.work(job)
    for call in ("stop", "resume", "retry"):
        assert api("POST", f"/jobs/{job}/{call}").status_code == 409
    assert world.api("auditor")("POST", f"/jobs/{job}/retry").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/jobs?size=0",
        "/jobs?before=x",
        "/jobs?colour=red",
        "/jobs/1/items?state=odd",
        "/jobs/1/items?after=-1",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(reader: World, path: str) -> None:
    assert reader.api("auditor")("GET", path).status_code == 422


def test_outside_the_scope_is_not_found(world: World) -> None:
    job = bulk(world)
    api = world.api("operator", scopes=ONLY_NORDWIND)
    assert api("GET", "/jobs").json["items"] == []
    for method, path in (
        ("GET", ""),
        ("GET", "/items"),
        ("POST", "/stop"),
        ("POST", "/resume"),
        ("POST", "/retry"),
    ):
        assert api(method, f"/jobs/{job}{path}").status_code == 404
