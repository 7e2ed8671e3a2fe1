"""`flask policies …`."""

from __future__ import annotations

import json

from tests.features.named_policies.conftest import CM, HOME, PANEL, PolicyWorld


def test_the_whole_life_of_a_policy(world: PolicyWorld) -> None:
    source = world.policies()["Management"]["id"]
    made = world.run("policies", "create", HOME, CM, "Shell", "--copy", source, "--set", "spamScore=6")
    assert made.exit_code == 0, made.output
    row = world.policies()["Shell"]
    assert (row["spamScore"], row["quarantineProps"]["duration"]) == (6.0, 60)
    edited = world.run("policies", "edit", HOME, CM, row["id"], "--name", "Bash", "--set", "archive=on")
    assert edited.exit_code == 0, edited.output
    assert world.policies()["Bash"]["archive"] is True
    shown = world.run("policies", "show", HOME, CM, row["id"])
    assert "spamScore" in shown.output
    assert "Used by: 0 mailboxes" in shown.output
    data = json.loads(world.run("policies", "show", HOME, CM, row["id"], "--json").output)
    assert data["values"]["archive"] is True
    old = world.default()
    assert world.run("policies", "assign", HOME, CM, row["id"]).exit_code == 0
    refused = world.run("policies", "remove", HOME, CM, row["id"])
    assert refused.exit_code == 3
    assert "default policy" in refused.output
    assert world.run("policies", "assign", HOME, CM, old).exit_code == 0
    assert world.run("policies", "remove", HOME, CM, row["id"]).exit_code == 0
    assert "Bash" not in world.policies()


def test_lists(world: PolicyWorld) -> None:
    live = world.run("policies", "of", HOME, CM)
    assert "Management" in live.output
    kept = json.loads(world.run("policies", "list", "manag", "--json").output)
    assert [(row["domain"], row["policy"]) for row in kept] == [(HOME, "Management")]
    started = world.run("policies", "read", CM)
    assert started.exit_code == 0
    world.work()
    assert len(json.loads(world.run("policies", "list", "--json").output)) > 10


def test_what_cannot_be(world: PolicyWorld) -> None:
    assert world.run("policies", "create", HOME, CM, "A", "--set", "spamScore").exit_code == 2
    assert world.run("policies", "create", HOME, CM, "A", "--set", "spamScore=x").exit_code == 2
    assert world.run("policies", "show", HOME, CM, "gone").exit_code == 3
    assert world.run("policies", "of", "no domain", CM).exit_code == 2
    panel = world.run("policies", "read", PANEL)
    assert panel.exit_code == 2
    assert "hosting panel" in panel.output
    assert world.writes() == []
