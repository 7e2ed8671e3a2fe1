"""`flask aliases …`."""

from __future__ import annotations

import json

import pytest

from tests.features.world import HOME, OLS, SE, World


def test_aliases_are_listed_added_and_removed(world: World) -> None:
    assert world.run("aliases", "add", HOME, SE, "bücher.test", "two.test").exit_code == 0
    assert world.run("aliases", "remove", HOME, SE, "nordwind.test", "two.test").exit_code == 0
    assert world.run("aliases", "list", HOME, SE).stdout.split() == ["nordwind-group.example", "bücher.test"]
    listed = json.loads(world.run("aliases", "list", HOME, SE, "--json").stdout)
    assert listed == ["nordwind-group.example", "xn--bcher-kva.test"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["list", "nonsense", SE], 2),
        (["list", "gone.example", SE], 3),
        (["list", HOME, "gone"], 3),
        (["add", HOME, SE], 2),
        (["add", HOME, SE, "nonsense"], 2),
        (["add", "harbourbikes.example", OLS, "a.test"], 2),
    ],
)
def test_exit_codes(world: World, args: list[str], code: int) -> None:
    done = world.run("aliases", *args)
    assert done.exit_code == code, done.output
    assert done.output.strip() and "Traceback" not in done.output
    assert world.writes() == []


def test_a_part_that_was_refused_is_an_error_on_the_error_stream(world: World) -> None:
    done = world.run("aliases", "add", HOME, SE, "a.test", "nwl.example")
    assert "1 of 2 steps were done" in done.stderr
    assert done.exit_code == 4
