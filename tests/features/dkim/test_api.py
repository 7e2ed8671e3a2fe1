"""DKIM keys over REST and on the command line."""

from __future__ import annotations

import json

import pytest

from app.core.dkim import new_private_key
from tests.features.cleanmail_world import CM, OLS, CleanmailWorld
from tests.features.world import ONLY_NORDWIND

HOME = "hotelduphare.example"
UNSIGNED = "lofotenfisk.example"
HERE = f"/domains/{CM}/{HOME}/dkim"


def test_a_key_is_read_replaced_and_removed(world: CleanmailWorld) -> None:
    api = world.api("operator")
    first = api("GET", HERE).json["items"][0]
    assert (first["selector"], first["published"]) == ("protect", "pass")
    assert "".join(first["pieces"]) == first["value"] and max(map(len, first["pieces"])) == 255
    assert api("PUT", HERE, {"selector": "new"}).status_code == 409
    answer = api("PUT", HERE, {"selector": "new", "replace": True})
    assert (answer.status_code, answer.json["steps"][0]["state"]) == (200, "done")
    found = api("GET", HERE).json["items"][0]
    assert (found["selector"], found["published"]) == ("new", "fail")
    assert api("DELETE", HERE).status_code == 200
    assert api("GET", HERE).json == {"items": [], "problem": None}


def test_the_same_key_is_one_change(world: CleanmailWorld) -> None:
    api = world.api("operator")
    body = {"private_key": new_private_key().reveal(), "replace": True}
    answers = [api("PUT", HERE, body, Idempotency_Key="k").json for _ in range(2)]
    assert answers[0]["steps"] == answers[1]["steps"] and len(world.written()) == 1


@pytest.mark.parametrize(
    "body", [{"selector": "a b"}, {"private_key": "x"}, {"replace": "yes"}, {"key": "x"}]
)
def test_what_cannot_be_is_refused(world: CleanmailWorld, body: object) -> None:
    answer = world.api("operator")("PUT", HERE, body)
    assert answer.status_code == 422 and answer.json["fields"]
    assert world.written() == []


def test_rights_scope_and_gaps(world: CleanmailWorld) -> None:
    assert world.api("support")("PUT", HERE, {"selector": "a"}).status_code == 403
    scoped = world.api("operator", scopes=ONLY_NORDWIND)
    for method, body in (("GET", None), ("PUT", {"selector": "a"}), ("DELETE", None)):
        assert scoped(method, f"/domains/{CM}/{UNSIGNED}/dkim", body).status_code == 404
    problem = world.api()("GET", f"/domains/{OLS}/harbourbikes.example/dkim").json["problem"]
    assert "no calls for DKIM keys" in problem
    assert world.written() == []


def test_on_the_command_line(world: CleanmailWorld) -> None:
    pem = new_private_key().reveal()
    done = world.run("dkim", "set", UNSIGNED, CM, "--selector", "shell", "--private-key", "-", input=pem)
    assert done.exit_code == 0 and "has a new DKIM key" in done.stdout
    shown = json.loads(world.run("dkim", "show", UNSIGNED, CM, "--json").stdout)
    assert shown[0]["host"] == f"shell._domainkey.{UNSIGNED}" and shown[0]["published"] == "fail"
    assert "IN TXT (" in world.run("dkim", "show", HOME, CM).stdout
    assert world.run("dkim", "set", UNSIGNED, CM, "--selector", "other").exit_code == 3
    assert world.run("dkim", "remove", UNSIGNED, CM, input="n\n").exit_code == 1
    assert world.run("dkim", "remove", UNSIGNED, CM, "--yes").exit_code == 0
    assert world.run("dkim", "show", "nonsense", CM).exit_code == 2
    assert world.run("dkim", "show", "gone.example", CM).exit_code == 3
