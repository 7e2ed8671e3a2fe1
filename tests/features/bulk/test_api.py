"""One thing done to many domains, over REST and on the command line."""

from __future__ import annotations

import pytest

from app.core.ports import JobState
from tests.features.world import HOME, OLS, SE, World

WERFT = "nordwind-werft.example"
RULE = {"what": "sender:block", "pattern": "prize.example"}
BOTH = [{"connection": SE, "domain": HOME}, {"connection": SE, "domain": WERFT}]
WISH = {"action": "add_rule", "domains": BOTH, "values": RULE}


def test_one_rule_goes_to_many_domains_as_a_job(world: World) -> None:
    api = world.api("operator")
    seen = api("POST", "/bulk", json=WISH)
    assert seen.status_code == 200, seen.text
    assert (
        seen.json["job"] is None
        and [row["then"] for row in seen.json["domains"]] == ["Sender: Block prize.example"] * 2
    )
    assert world.upstream_calls() == 0 and world.wired.jobs.unfinished() == []
    started = api("POST", "/bulk", json={**WISH, "confirmed": seen.json["checksum"]}).json
    assert started["job"] and world.work() == [JobState.DONE]
    job = api("GET", f"/jobs/{started['job']}").json
    assert job["total"] == 2 and job["counts"]["done"] == 2


def test_what_is_skipped_says_why(world: World) -> None:
    found = world.api("operator")(
        "POST", "/bulk", json={**WISH, "domains": [{"connection": OLS, "domain": "harbourbikes.example"}]}
    )
    assert "no sender lists" in found.json["domains"][0]["skipped"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({**WISH, "action": "nonsense"}, 422),
        ({**WISH, "values": {"host": "a.example"}}, 422),
        ({**WISH, "values": {**RULE, "pattern": "no sender"}}, 422),
        ({**WISH, "domains": []}, 422),
        ({**WISH, "confirmed": "another"}, 409),
    ],
)
def test_what_cannot_be(world: World, wish: dict[str, object], status: int) -> None:
    assert world.api("operator")("POST", "/bulk", json=wish).status_code == status
    assert world.writes() == [] and world.wired.jobs.unfinished() == []


def test_the_right(world: World) -> None:
    assert world.api("support")("POST", "/bulk", json=WISH).status_code == 403


def test_on_the_command_line(world: World) -> None:
    said = [f"--set={name}={value}" for name, value in RULE.items()]
    domains = [f"{SE}/{HOME}", f"{SE}/{WERFT}"]
    shown = world.run("bulk", "add_rule", *domains, *said, "--dry-run")
    assert shown.exit_code == 0 and shown.stdout.count("Sender: Block prize.example") == 2
    assert world.run("bulk", "add_rule", *domains, *said, input="n\n").exit_code == 1
    assert world.wired.jobs.unfinished() == []
    done = world.run("bulk", "add_rule", *domains, *said, "--yes")
    assert done.exit_code == 0 and "Job: " in done.stdout
    assert world.work() == [JobState.DONE]
    assert world.run("bulk", "add_rule", HOME, *said).exit_code == 2
    assert world.run("bulk", "add_rule", *domains, "--set=host=x").exit_code == 2
