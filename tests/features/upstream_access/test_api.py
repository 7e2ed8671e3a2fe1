"""Upstream administrators, tokens and accesses over REST and on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.features.cleanmail_world import CM, OLS, CleanmailWorld
from tests.features.world import ONLY_NORDWIND

HOME = "nordwind.example"
OWN = "operations@cleanmail.example"
ADMINS = f"/connections/{CM}/admins"
ACCESS = f"/domains/{CM}/{HOME}/access"
NEW = {
    "login": "new.person",
    "name": "New Person",
    "email": "new@example.org",
    "password": "correct horse battery staple",
    "permissions": ["READ"],
}


def test_administrators_are_listed_changed_and_removed(world: CleanmailWorld) -> None:
    api = world.api()
    found = api("GET", f"{ADMINS}?size=2").json
    assert (len(found["items"]), found["total"], found["next"]) == (2, 6, 2)
    assert api("GET", f"{ADMINS}?q=moreau").json["items"][0]["second_factor"] is True
    one = api("GET", f"{ADMINS}/{OWN}").json
    assert one["ours"] is True and {t["name"] for t in one["tokens"]} == {"dashboard", "old script"}
    assert api("PATCH", f"{ADMINS}/moreau", {"name": "B. M."}).status_code == 200
    assert api("DELETE", f"{ADMINS}/moreau/second-factor").status_code == 200
    row = world.admin_row("moreau")
    assert (row["displayName"], row["totp"], row["enabled"]) == ("B. M.", False, True)
    assert api("DELETE", f"{ADMINS}/moreau").status_code == 200
    assert api("GET", f"{ADMINS}/moreau").status_code == 404
    assert api("DELETE", f"{ADMINS}/{OWN}?may_be_ours=true").status_code == 409


def test_a_token_is_told_once(world: CleanmailWorld) -> None:
    api = world.api()
    body = {"name": "script", "expires": "2099-12-31"}
    first = api("POST", f"{ADMINS}/moreau/tokens", body, Idempotency_Key="k")
    again = api("POST", f"{ADMINS}/moreau/tokens", body, Idempotency_Key="k")
    [row] = [t for t in world.records.every("tokens") if t["name"] == "script"]
    assert (first.status_code, first.json["value"]) == (201, row["value"])
    assert again.json["value"] is None and first.json["steps"] == again.json["steps"]
    assert row["value"] not in api("GET", f"{ADMINS}/moreau").text
    assert row["value"] not in api("GET", f"/changes/{first.json['steps'][0]['change']}").text
    assert api("DELETE", f"{ADMINS}/moreau/tokens/{row['id']}").status_code == 200


def test_the_token_that_may_be_ours_needs_the_word(world: CleanmailWorld) -> None:
    api = world.api()
    tokens = api("GET", f"{ADMINS}/{OWN}").json["tokens"]
    mine = next(t["id"] for t in tokens if t["name"] == "dashboard")
    answer = api("DELETE", f"{ADMINS}/{OWN}/tokens/{mine}")
    assert answer.status_code == 422 and "may_be_ours" in answer.json["fields"]
    assert api("DELETE", f"{ADMINS}/{OWN}/tokens/{mine}?may_be_ours=true").status_code == 200
    assert world.written() == ["deleteToken"]


def test_accesses(world: CleanmailWorld) -> None:
    api = world.api()
    assert api("POST", ACCESS, NEW).status_code == 201
    assert api("PUT", f"{ACCESS}/new.person", {"permissions": ["READ", "WRITE"]}).status_code == 200
    found = api("GET", ACCESS).json
    assert {"READ", "GRANT"} <= set(found["offered"]) and found["users"]
    assert [a["permissions"] for a in found["admins"] if a["login"] == "new.person"] == [["READ", "WRITE"]]
    assert api("GET", f"{ACCESS}/new.person").json["permissions"] == ["READ", "WRITE"]
    moved = api("PUT", f"{ACCESS}/new.person", {"permissions": ["READ"], "expected": ["READ"]})
    assert moved.status_code == 409
    assert api("GET", f"{ACCESS}/petersen").status_code == 404
    assert api("PUT", f"/domains/{CM}/{HOME}/users-access", {"permissions": []}).status_code == 200
    assert not any(p["on"] for p in api("GET", ACCESS).json["users"])
    assert api("DELETE", f"{ACCESS}/new.person").status_code == 200
    assert world.admin_row("new.person") is None
    assert api("GET", f"/domains/{OLS}/harbourbikes.example/access/moreau").status_code == 409
    problem = api("GET", f"/domains/{OLS}/harbourbikes.example/access").json["problem"]
    assert "no calls for the panel's administrators" in problem


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", ACCESS, {**NEW, "password": "short"}),
        ("POST", ACCESS, {**NEW, "email": "x"}),
        ("POST", ACCESS, {**NEW, "permissions": ["NO_SUCH"]}),
        ("PUT", f"{ACCESS}/moreau", {"permissions": []}),
        ("PATCH", f"{ADMINS}/moreau", {"email": "x"}),
        ("PATCH", f"{ADMINS}/moreau", {"totp": True}),
        ("POST", f"{ADMINS}/moreau/tokens", {"name": "a", "expires": "2020-01-01"}),
        ("POST", f"{ADMINS}/moreau/tokens", {"name": "a", "expires": "soon"}),
        ("POST", f"{ADMINS}/moreau/tokens", {}),
    ],
)
def test_what_cannot_be_is_refused(world: CleanmailWorld, method: str, path: str, body: Any) -> None:
    answer = world.api()(method, path, body)
    assert answer.status_code == 422 and answer.json["fields"]
    assert "short" not in answer.text or body.get("password") is None
    assert world.written() == []


def test_rights_and_scope(world: CleanmailWorld) -> None:
    calls = [
        ("GET", ADMINS, None),
        ("GET", f"{ADMINS}/moreau", None),
        ("PATCH", f"{ADMINS}/moreau", {"name": "x"}),
        ("DELETE", f"{ADMINS}/moreau", None),
        ("POST", f"{ADMINS}/moreau/tokens", {"name": "x"}),
        ("GET", f"/domains/{CM}/lofotenfisk.example/access", None),
        ("PUT", f"/domains/{CM}/lofotenfisk.example/users-access", {"permissions": []}),
    ]
    operator, scoped = world.api("operator"), world.api("admin", scopes=ONLY_NORDWIND)
    for method, path, body in calls:
        assert operator(method, path, body).status_code == 403, path
        assert scoped(method, path, body).status_code == 404, path
    assert world.upstream_calls() == 0


def test_on_the_command_line(world: CleanmailWorld) -> None:
    run = world.run
    assert "moreau" in run("access", "admins", CM, "moreau").stdout
    assert json.loads(run("access", "admins", CM, "--json").stdout)[0]["login"]
    assert run("access", "edit", CM, "moreau", "--name", "B.", "--off").exit_code == 0
    assert run("access", "second-factor-off", CM, "moreau", "--yes").exit_code == 0
    row = world.admin_row("moreau")
    assert (row["displayName"], row["enabled"], row["totp"]) == ("B.", False, False)
    made = run("access", "add-token", CM, "moreau", "script", "--expires", "2099-12-31")
    [token] = [t for t in world.records.every("tokens") if t["name"] == "script"]
    assert made.stdout.splitlines()[-1] == token["value"]
    assert token["id"] in run("access", "tokens", CM, "moreau").stdout
    assert run("access", "remove-token", CM, "moreau", token["id"], "--yes").exit_code == 0
    assert run("access", "set", HOME, CM, "petersen", "READ").exit_code == 0
    assert "petersen" in run("access", "show", HOME, CM).stdout
    assert "READ" in run("access", "show", HOME, CM, "petersen").stdout
    assert run("access", "revoke", HOME, CM, "petersen", "--yes").exit_code == 0
    assert run("access", "show", HOME, CM, "petersen").exit_code == 3
    assert run("access", "set-users", HOME, CM, "OWN_RULES").exit_code == 0
    assert json.loads(run("access", "show", HOME, CM, "--json").stdout)["users"]["OWN_SEND"] is False
    assert run("access", "remove-admin", CM, "moreau", input="n\n").exit_code == 1
    assert run("access", "remove-admin", CM, OWN, "--yes").exit_code == 3
    assert run("access", "remove-admin", CM, "moreau", "--yes").exit_code == 0
    assert run("access", "admins", "gone").exit_code == 3
    assert run("access", "edit", CM, "petersen", "--email", "x").exit_code == 2
