"""`flask rules …`."""

from __future__ import annotations

import json

import pytest

from tests.features.cleanmail_world import CM, OLS, SE, CleanmailWorld

HOME = "nordwind.example"


def test_rules_are_added_listed_found_and_removed(world: CleanmailWorld) -> None:
    done = world.run(
        "rules", "add", HOME, CM, "allow", "partner.example", "x@y.example", "--note", "Agreed", "--no-spf"
    )
    assert done.exit_code == 0 and "Added 2 rules" in done.stdout
    listed = json.loads(world.run("rules", "list", HOME, CM, "--json").stdout)
    [rule] = [one for one in listed if one["pattern"] == "partner.example"]
    assert (rule["note"], rule["spf"]) == ("Agreed", False)
    assert (
        world.run("rules", "add", "default", SE, "block", "partner.example", "--part", "from").exit_code == 0
    )
    found = world.run("rules", "find", "anna@partner.example").stdout
    assert "default" in found and HOME in found
    assert world.run("rules", "remove", HOME, CM, "allow", "partner.example").exit_code == 0
    assert "partner.example" not in world.run("rules", "list", HOME, CM).stdout


def test_a_rule_is_spread_over_owners_and_withdrawn(world: CleanmailWorld) -> None:
    owners = (HOME, "lofotenfisk.example")
    done = world.run("rules", "spread", CM, "block", "many.example", *owners, "--note", "Why")
    assert (
        done.exit_code == 0
        and "Added the rule many.example. New owners: 2; had it already: 0." in done.stdout
    )
    assert (
        "nothing was sent"
        in world.run("rules", "spread", CM, "block", "many.example", HOME, "--note", "Why").stdout
    )
    assert world.written() == ["addEntries"]
    done = world.run("rules", "withdraw", CM, "block", "many.example", *owners)
    assert done.exit_code == 0 and "Rules removed: 2." in done.stdout
    assert "many.example" not in world.run("rules", "find", "many.example").stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["list", "nonsense", CM], 2),
        (["list", "gone.example", CM], 3),
        (["list", HOME, "gone"], 3),
        (["find", "no one"], 2),
        (["add", HOME, CM, "allow", "nonsense"], 2),
        (["add", HOME, CM, "allow", "a.example", "--expires", "soon"], 2),
        (["add", HOME, CM, "allow", "sales", "--kind", "recipient"], 2),
        (["add", "harbourbikes.example", OLS, "allow", "a.example"], 2),
        (["spread", CM, "allow", "a.example", "nonsense"], 2),
        (["spread", CM, "allow", "a.example", HOME, "gone.example"], 3),
        (["spread", CM, "allow", "a.example", HOME, "--expires", "soon"], 2),
        (["spread", OLS, "allow", "a.example", "harbourbikes.example"], 2),
        (["withdraw", CM, "allow", "no one", HOME], 2),
        (["withdraw", CM, "allow", "a.example", "nonsense"], 2),
    ],
)
def test_exit_codes(world: CleanmailWorld, args: list[str], code: int) -> None:
    done = world.run("rules", *args)
    assert done.exit_code == code, done.output
    assert done.output.strip() and "Traceback" not in done.output
    assert world.written() == []
