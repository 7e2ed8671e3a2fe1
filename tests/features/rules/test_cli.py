"""`flask rules …`."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_one_rule_is_edited(world: CleanmailWorld) -> None:
    done = world.run(
        "rules",
        "edit",
        HOME,
        CM,
        "block",
        "newsletter.example.net",
        "--note",
        "Agreed",
        "--expires",
        "2099-12-31",
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(world.run("rules", "list", HOME, CM, "--json").stdout)
    [rule] = [row for row in rows if row["pattern"] == "newsletter.example.net"]
    assert (rule["action"], rule["note"], rule["expires"][:10]) == ("block", "Agreed", "2099-12-31")
    done = world.run(
        "rules",
        "edit",
        HOME,
        CM,
        "allow",
        "orders@supplier.example.com",
        "--new-action",
        "block",
        "--new-pattern",
        "supplier.example.com",
    )
    assert done.exit_code == 0, done.output
    shown = world.run("rules", "list", HOME, CM).stdout
    assert "supplier.example.com" in shown and "orders@" not in shown
    assert world.run("rules", "edit", HOME, CM, "block", "no.such.example", "--note", "x").exit_code == 3


def test_a_list_is_replaced_by_a_file(world: CleanmailWorld, tmp_path: Path) -> None:
    exported = world.run("rules", "export", HOME, CM).stdout
    assert "block,newsletter.example.net" in exported and "protected" not in exported
    file = tmp_path / "rules.csv"
    file.write_text(exported.replace("newsletter.example.net", "other.example.net"))
    asked = world.run("rules", "replace", HOME, CM, str(file), input="n\n")
    assert asked.exit_code == 1 and world.written() == []
    assert "+ block other.example.net" in asked.stdout and "- block newsletter.example.net" in asked.stdout
    done = world.run("rules", "replace", HOME, CM, str(file), "--yes")
    assert done.exit_code == 0, done.output
    assert "block,other.example.net" in world.run("rules", "export", HOME, CM).stdout
    assert "ceo@nordwind.example" in world.run("rules", "list", HOME, CM).stdout, "protected rules stay"


def test_what_could_not_be_read_is_neither_exported_nor_replaced(
    world: CleanmailWorld, tmp_path: Path
) -> None:
    world.run("rules", "list", HOME, CM)
    world.fault("5xx", "getDomainFilterRules", upstream="cleanmail")
    assert world.run("rules", "export", HOME, CM).exit_code == 5
    file = tmp_path / "rules.csv"
    file.write_text("block,a.example\n")
    assert world.run("rules", "replace", HOME, CM, str(file), "--yes").exit_code == 5
    assert world.written() == []


def test_marks_and_the_job_that_reads(world: CleanmailWorld) -> None:
    marks = {
        row["pattern"]: row["mark"]
        for row in json.loads(world.run("rules", "list", HOME, CM, "--json").stdout)
    }
    assert marks["fair@exhibition.example.com"] == "expired"
    assert marks["offers@newsletter.example.net"] == "shadowed"
    done = world.run("rules", "read", CM)
    assert done.exit_code == 0 and "Job: " in done.stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["list", "nonsense", CM], 2),
        (["edit", HOME, CM, "block", "newsletter.example.net", "--expires", "soon"], 2),
        (["read", OLS], 2),
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
