"""Resources over REST and on the command line."""

from __future__ import annotations

import json

from tests.features.world import OLS, ONLY_NORDWIND, World

RESOURCES = f"/connections/{OLS}/resources"
ACCOUNT = "exampleuser"


def live(world: World) -> None:
    world.sandbox.upstreams["olspanel"].profile["profile"] = "live"


def test_kinds_lists_and_single_ones(world: World) -> None:
    live(world)
    api = world.api()
    kinds = {kind["name"]: kind for kind in api("GET", RESOURCES).json["items"]}
    assert [f["name"] for f in kinds["databases"]["actions"][0]["fields"]] == ["db", "dbuser", "dbpass"]
    assert kinds["certificates"]["parent"] == "domain" and kinds["accounts"]["listable"] is False
    found = api("GET", f"{RESOURCES}/databases?size=1&sort=-name").json
    assert (found["items"][0]["key"], found["total"], found["next"]) == ("piernine_wiki", 2, 2)
    one = api("GET", f"{RESOURCES}/account_usage/one").json
    assert one["values"]["disk"]["unit"] == "bytes" and one["label"] == "piernine"
    assert api("GET", f"{RESOURCES}/unicorns").status_code == 404
    assert api("GET", f"{RESOURCES}/certificates/one").status_code == 422
    assert "problem" in api("GET", f"{RESOURCES}/accounts").json


def test_an_action_with_its_key_sent_twice_is_done_once(world: World) -> None:
    live(world)
    api = world.api()
    body = {"values": {"db": "api", "dbuser": "api", "dbpass": "a long password"}}
    first = api("POST", f"{RESOURCES}/databases/add", body, Idempotency_Key="k")
    again = api("POST", f"{RESOURCES}/databases/add", body, Idempotency_Key="k")
    assert first.status_code == again.status_code == 200, first.text
    assert first.json["key"] == "piernine_api" and first.json["steps"] == again.json["steps"]
    assert "a long password" not in api("GET", f"/changes/{first.json['steps'][0]['change']}").text


def test_what_does_not_fit_is_a_problem_per_field(world: World) -> None:
    api = world.api()
    answer = api("POST", f"{RESOURCES}/databases/add", {"values": {"db": "x", "unknown": 1}})
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    assert set(answer.json["fields"]) == {"values.db", "values.dbuser", "values.dbpass", "values.unknown"}
    edit = {"key": ACCOUNT, "values": {"email": "a@example.com"}, "expected": {"email": "b@example.com"}}
    assert api("POST", f"{RESOURCES}/accounts/edit", edit).status_code == 409
    assert (
        api("POST", f"{RESOURCES}/accounts/edit", {"values": {"email": "a@example.com"}}).status_code == 422
    )
    assert api("POST", f"{RESOURCES}/databases/add", {"domain": "piernine.example"}).status_code == 422
    assert world.changes() == []


def test_rights_and_scopes(world: World) -> None:
    support = world.api("support")
    assert support("GET", f"{RESOURCES}/account_usage/one").status_code == 200
    body = {"key": ACCOUNT, "values": {}}
    assert support("POST", f"{RESOURCES}/accounts/suspend", body).status_code == 403
    narrow = world.api("admin", ("view_domains",))
    assert narrow("POST", f"{RESOURCES}/accounts/sign_in", body).status_code == 403
    scoped = world.api("operator", scopes=ONLY_NORDWIND)
    assert scoped("GET", f"{RESOURCES}/account_usage/one").status_code == 404
    issue = {"domain": "piernine.example"}
    assert scoped("POST", f"{RESOURCES}/certificates/issue", issue).status_code == 404
    assert world.changes() == []


def test_a_link_is_in_the_answer_once(world: World) -> None:
    api = world.api()
    body = {"key": ACCOUNT, "values": {}}
    first = api("POST", f"{RESOURCES}/accounts/sign_in", body, Idempotency_Key="k").json
    assert first["value"].startswith("http")
    assert api("POST", f"{RESOURCES}/accounts/sign_in", body, Idempotency_Key="k").json["value"] is None


def test_undo_of_an_edit(world: World) -> None:
    api = world.api()
    body = {"key": ACCOUNT, "values": {"email": "a@example.com"}}
    step = api("POST", f"{RESOURCES}/accounts/edit", body).json["steps"][0]
    assert api("POST", f"/changes/{step['change']}/undo", {}).status_code == 200
    assert world.sandbox.upstreams["olspanel"].state.table("accounts")[ACCOUNT]["email"] == "user@example.com"


def test_the_command_line(world: World) -> None:
    live(world)
    kinds = world.run("resources", "kinds", OLS)
    assert "cron_jobs" in kinds.output and kinds.exit_code == 0
    listed = json.loads(world.run("resources", "list", OLS, "databases", "wiki", "--json").output)
    assert [row["key"] for row in listed] == ["piernine_wiki"]
    assert "piernine_shop" in world.run("resources", "list", OLS, "databases").output
    assert "Agency" in world.run("resources", "show", OLS, "account_usage").output
    values = ("db=cli", "dbuser=cli", "dbpass=a long password")
    added = world.run("resources", "act", OLS, "databases", "add", *values)
    assert added.exit_code == 0 and "piernine_cli" in added.output
    kept = world.run("resources", "act", OLS, "accounts", "suspend", "--key", ACCOUNT, input="n\n")
    assert kept.exit_code == 1
    done = world.run("resources", "act", OLS, "accounts", "suspend", "--key", ACCOUNT, "--yes")
    assert done.exit_code == 0, done.output
    assert world.run("resources", "act", OLS, "databases", "add", "db").exit_code == 2
    assert world.run("resources", "show", OLS, "accounts", "nobody").exit_code == 3
