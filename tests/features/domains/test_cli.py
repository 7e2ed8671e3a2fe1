"""`flask domains …` and `flask routes …`."""

from __future__ import annotations

import json

import pytest

from tests.features.world import HOME, IDN, OLS, SE, TWIN, World

NEW = "new.example"


def test_domains_are_listed_as_a_table_and_as_json(reader: World) -> None:
    table = reader.run("domains", "list", "bäckerei", "--connection", SE).output.splitlines()
    assert table[0].split() == ["CONNECTION", "DOMAIN", "ALIASES", "ROUTES", "STATUS", "HEALTH"]
    assert table[1].split()[:3] == [SE, "bäckerei-müller.example", "baeckerei-mueller.example"]
    rows = json.loads(reader.run("domains", "list", "--connection", TWIN, "--json").stdout)
    assert {row["connection"] for row in rows} == {TWIN}
    assert rows[0]["status"] == "active"
    assert json.loads(reader.run("domains", "list", "nowhere", "--json").stdout) == []


def test_a_domain_is_shown(world: World) -> None:
    done = world.run("domains", "show", "Nordwind.example", SE)
    assert done.exit_code == 0
    assert "nordwind.test, nordwind-group.example" in done.output
    found = json.loads(world.run("domains", "show", HOME, SE, "--json").stdout)
    assert found["live"] == "yes"
    world.fault("refuse")
    assert json.loads(world.run("domains", "show", HOME, SE, "--json").stdout)["live"].startswith("no: ")


def test_a_domain_is_added_and_removed(world: World) -> None:
    done = world.run(
        "domains", "add", "bücher.example", SE, "--route", "mail.hosting.example:25", "--route", "[2001:db8::1]",
        "--alias", "one.test", "--key", "k1",
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "Added bücher.example to Se filter with 2 routes.\n")
    assert world.routes("xn--bcher-kva.example") == [("mail.hosting.example", 25), ("2001:db8::1", 25)]
    assert {c.door for c in world.changes()} == {"cli"}
    assert world.changes()[0].actor_name.startswith("shell:")
    refused = world.run("domains", "remove", "bücher.example", SE, input="bücher\n")
    assert refused.exit_code == 2
    done = world.run("domains", "remove", "bücher.example", SE, input="bücher.example\n")
    assert done.exit_code == 0
    assert world.upstream("xn--bcher-kva.example") is None


def test_the_same_key_sends_nothing_twice(world: World) -> None:
    args = ("domains", "add", NEW, SE, "--route", "mail.hosting.example", "--key", "k")
    assert [world.run(*args).exit_code for _ in range(2)] == [0, 0]
    assert len(world.writes()) == 1


def test_fields_of_a_provider_are_given_as_options(world: World) -> None:
    done = world.run("domains", "add", NEW, OLS, "--option", "path=sites/new", "--option", "php_version=8.2")
    assert done.exit_code == 0, done.output
    assert world.row(NEW, OLS) is not None


def test_without_a_question(world: World) -> None:
    assert world.run("domains", "remove", IDN, SE, "--yes").exit_code == 0
    assert world.upstream(IDN) is None


def test_routes_are_listed_set_added_and_removed(world: World) -> None:
    assert world.run("routes", "set", HOME, SE, "a.example", "b.example:26").exit_code == 0
    assert world.run("routes", "add", HOME, SE, "[2001:db8::1]:27", "--position", "0").exit_code == 0
    assert world.run("routes", "remove", HOME, SE, "a.example").exit_code == 0
    assert world.routes(HOME) == [("2001:db8::1", 27), ("b.example", 26)]
    assert json.loads(world.run("routes", "list", HOME, SE, "--json").stdout) == [
        {"host": "2001:db8::1", "port": 27},
        {"host": "b.example", "port": 26},
    ]
    assert "b.example" in world.run("routes", "list", HOME, SE).output


def test_routes_are_tried(world: World) -> None:
    port = world.sandbox.smtp_port
    rows = json.loads(world.run("routes", "test", HOME, SE, f"mail.oldcert.example:{port}", "--json").stdout)
    assert ("certificate", "warn") in [(row["check"], row["verdict"]) for row in rows]
    assert "mail.nordwind.example" in world.run("routes", "test", HOME, SE).output


def test_refresh_is_left_to_the_worker(world: World) -> None:
    done = world.run("domains", "refresh", SE)
    assert done.exit_code == 0
    assert "Jobs: " in done.output
    assert len(world.wired.jobs.unfinished()) == 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["domains", "show", "nonsense", SE], 2),
        (["domains", "add", "nonsense", SE], 2),
        (["domains", "add", NEW, SE, "--route", "a b"], 2),
        (["domains", "add", NEW, SE], 2),
        (["domains", "show", NEW, SE], 3),
        (["domains", "show", HOME, "gone"], 3),
        (["domains", "remove", NEW, SE, "--yes"], 3),
        (["domains", "remove", "harbourbikes.example", OLS, "--yes"], 2),
        (["domains", "add", HOME, SE, "--route", "other.example"], 3),
        (["domains", "refresh", "gone"], 3),
        (["routes", "remove", "skagenfisk.example", SE, "x.example", "--nonsense"], 2),
    ],
)
def test_exit_codes(world: World, args: list[str], code: int) -> None:
    done = world.run(*args)
    assert done.exit_code == code, done.output
    assert done.output.strip()
    assert "Traceback" not in done.output
    assert world.writes() == []


def test_exit_codes_of_upstream_trouble(world: World) -> None:
    args = ("domains", "add", NEW, SE, "--route", "mail.hosting.example")
    world.fault("refuse")
    assert world.run(*args).exit_code == 5
    world.all_well()
    world.fault("hangup", "api_add_*", count=1)
    assert world.run(*args).exit_code == 6
    world.all_well()
    world.sandbox.upstreams["spamexperts"].profile["help_hides"] = ["api_add_incoming_domain"]
    assert world.run("domains", "add", "other.example", SE, "--route", "mail.hosting.example").exit_code == 4


def test_what_the_upstream_says_cannot_steer_the_terminal(world: World) -> None:
    from app.core.model import Domain

    world.wired.inventory.upsert(Domain(SE, "odd.test", ("a\x1b[31mb\u202e.test",)))
    output = world.run("domains", "list", "odd.test").output
    assert "\x1b" not in output and "\u202e" not in output
