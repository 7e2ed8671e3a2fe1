"""`flask console …`."""

from __future__ import annotations

import json

import pytest

from tests.features.world import HOME, OLS, SE, World


def test_calls_are_listed_and_described(world: World) -> None:
    rows = json.loads(world.run("console", "calls", SE, "--search", "dkim", "--json").stdout)
    assert "api_set_dkim_certificate" in [row["name"] for row in rows]
    assert "api_list_domains" in world.run("console", "calls", SE).stdout
    shown = world.run("console", "show", SE, "api_list_domains")
    assert shown.exit_code == 0 and "filter_by" in shown.stdout
    assert world.upstream_calls() == 0


def test_a_read_and_its_answer(world: World) -> None:
    done = world.run("console", "call", SE, "api_get_destination", f"domain={HOME}")
    assert done.exit_code == 0 and "mail.nordwind.example::" in done.stdout and done.stderr.startswith("200 ")
    file = world.folder / "answer.txt"
    done = world.run("console", "call", SE, "api_help", "--output", str(file))
    assert done.exit_code == 0 and file.read_text().startswith("<!DOCTYPE html>")


def test_a_write_needs_a_yes_and_a_secret_can_come_from_a_file(world: World) -> None:
    secret = world.folder / "secret"
    secret.write_text("Only-once-0815\n")
    wish = ["call", SE, "api_add_outgoing_user", f"domain={HOME}", "username=cli", f"password=@{secret}"]
    assert world.run("console", *wish).exit_code == 2 and world.writes() == []
    done = world.run("console", *wish, "--yes")
    assert done.exit_code == 0, done.output
    [change] = world.changes()
    assert change.door == "cli" and "Only-once" not in str(change.step.to_json()) + done.output


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["calls", "gone"], 3),
        (["call", SE, "no_such_call"], 3),
        (["call", SE, "api_get_destination"], 2),
        (["call", SE, "api_get_destination", "domain"], 2),
        (["call", SE, "api_get_destination", "domain=@/no/such/file"], 2),
        (["call", SE, "api_get_destination", "domain=gone.example"], 4),
        (["call", SE, "api_version", "colour=red"], 2),
        (["call", OLS, "domain_list", "--output", "/no/such/folder/x"], 2),
    ],
)
def test_exit_codes(world: World, args: list[str], code: int) -> None:
    done = world.run("console", *args)
    assert done.exit_code == code, done.output
    assert done.output.strip() and "Traceback" not in done.output
