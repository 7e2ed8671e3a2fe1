"""`flask jobs …`."""

from __future__ import annotations

import json

import pytest

from tests.features.jobs.test_service import bulk
from tests.features.world import ADMIN, HOME, World


def test_jobs_are_listed_shown_and_steered(world: World) -> None:
    job = bulk(world, ADMIN, HOME)
    table = world.run("jobs", "list").stdout.splitlines()
    assert table[0].split() == ["ID", "TITLE", "STATE", "DONE", "FAILED", "WHO"]
    assert "Replace all routes: 1 domains" in table[1]
    assert world.run("jobs", "stop", str(job)).exit_code == 0
    assert world.run("jobs", "resume", str(job)).exit_code == 0
    world.fault("429", "api_set_destination", count=1, retry_after="60")
    world.work(job)
    [row] = json.loads(world.run("jobs", "list", "--json").stdout)
    assert (row["state"], row["done"], row["failed"]) == ("failed", "1/1", 1)
    shown = json.loads(world.run("jobs", "show", str(job), "--json").stdout)
    assert shown["items"][0]["object"] == HOME and "takes no more calls" in shown["items"][0]["result"]
    world.all_well()
    assert world.run("jobs", "retry", str(job)).exit_code == 0
    world.work(job)
    assert "done, 1/1 done, 0 failed" in world.run("jobs", "show", str(job)).stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [(["show", "99"], 3), (["stop", "99"], 3), (["show", "x"], 2), (["retry", "1"], 3), (["resume", "1"], 3)],
)
def test_exit_codes(world: World, args: list[str], code: int) -> None:
    bulk(world)
    done = world.run("jobs", *args)
    assert done.exit_code == code, done.output
    assert done.output.strip() and "Traceback" not in done.output
