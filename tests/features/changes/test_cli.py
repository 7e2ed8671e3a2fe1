"""`flask changes …`."""

from __future__ import annotations

import json

import pytest

from tests.features.world import HOME, IDN, SE, World

NEW = "new.example"
ADD = ("domains", "add", NEW, SE, "--route", "mail.hosting.example")


def test_changes_are_listed(world: World) -> None:
    world.run(*ADD)
    world.run("domains", "remove", IDN, SE, "--yes")
    table = world.run("changes", "list").stdout.splitlines()
    assert table[0].split() == ["ID", "AT", "WHO", "CONNECTION", "VERB", "OBJECT", "STATE"]
    assert "bäckerei-müller.example" in table[1] and NEW in table[2]
    rows = json.loads(world.run("changes", "list", "--domain", "Bäckerei-Müller.example", "--json").stdout)
    assert [row["verb"] for row in rows] == ["domain.remove"]
    assert json.loads(world.run("changes", "list", "--state", "unknown", "--json").stdout) == []


def test_a_change_is_undone(world: World) -> None:
    world.run(*ADD)
    assert world.run("changes", "undo", "1", input="x\n").exit_code == 2
    done = world.run("changes", "undo", "1", input=f"{NEW}\n")
    assert done.exit_code == 0
    assert "Undone: Domain added (new.example)." in done.stdout
    assert world.upstream(NEW) is None
    assert world.run("changes", "undo", "2", "--yes").exit_code == 0
    assert world.upstream(NEW) is not None


def test_what_cannot_come_back_is_said_on_the_error_stream(world: World) -> None:
    world.run("domains", "remove", HOME, SE, "--yes")
    done = world.run("changes", "undo", "1", "--yes")
    assert "cannot be brought back: Allow and block lists" in done.stderr
    assert done.exit_code == 0


def test_a_part_that_was_undone_ends_with_the_code_of_the_failure(world: World) -> None:
    world.run("domains", "remove", HOME, SE, "--yes")
    world.fault("429", "api_set_*", retry_after="60")
    assert world.run("changes", "undo", "1", "--yes").exit_code == 5


@pytest.mark.parametrize(("args", "code"), [(["99"], 3), (["x"], 2), (["1"], 2)])
def test_exit_codes(world: World, args: list[str], code: int) -> None:
    world.run("domains", "add", "nwl.example", SE, "--route", "mail.hosting.example")
    done = world.run("changes", "undo", *args)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
