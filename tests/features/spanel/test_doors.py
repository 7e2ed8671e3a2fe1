"""Hosting panels over REST and on the command line, and who may do what there."""

from __future__ import annotations

import json

import pytest

from app.core.actor import RIGHTS, Role
from app.core.resources import DOMAIN
from tests.features.spanel_world import ACCOUNT, MAIN, OLS, SP
from tests.features.world import World

RESOURCES = f"/connections/{SP}/resources"
PASSWORD = "a-long-password"


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR, Role.AUDITOR])
def test_an_actions_page_is_closed_to_whoever_lacks_its_right(world: World, role: Role) -> None:
    """And the list of a kind to whoever may not see it."""
    person, rights = world.sign_in(role.value), RIGHTS[role]
    wrong, places = [], {DOMAIN: f"domain={MAIN}", "accounts": f"parent={ACCOUNT}", "": ""}
    for kind in world.wired.cards["spanel"].resources:
        base = f"/resources/{kind.area}/{SP}/{kind.name}"
        closed = [f"{base}/?{places[kind.parent]}"] if kind.right not in rights else []
        for action in kind.actions:
            if kind.right not in rights or action.right not in rights:
                closed.append(f"{base}/do/{action.name}?{places[kind.parent]}&item=x")
        wrong += [url for url in closed if person.get(url).status_code != 403]
    assert wrong == []
    assert world.changes() == []


def test_over_rest(world: World) -> None:
    api = world.api()
    asked = api("GET", f"{RESOURCES}/accounts?filters=status=suspended").json
    assert [item["key"] for item in asked["items"]] == ["librairie"]
    refused = api("GET", f"{RESOURCES}/accounts?filters=colour=red")
    assert refused.status_code == 422 and "no such filter: colour" in refused.text
    new = {"domain": MAIN, "values": {"name": "api", "password": PASSWORD, "quota": 500}}
    added = [api("POST", f"{RESOURCES}/mailboxes/add", new, Idempotency_Key="k").json for _ in range(2)]
    assert added[0]["key"] == f"api@{MAIN}" and added[0]["steps"] == added[1]["steps"]
    wrong = api("POST", f"{RESOURCES}/mailboxes/add", {"domain": MAIN, "values": {"name": "b", "quota": 5}})
    assert set(wrong.json["fields"]) == {"values.password", "values.quota"}
    record = {"domain": MAIN, "key": f"www.{MAIN} A 127.0.0.13", "values": {}}
    assert api("POST", f"{RESOURCES}/dns_records/edit", record).json["steps"] == []
    pages = {"key": ACCOUNT, "values": {"access": "listed", "pages": []}}
    assert api("POST", f"{RESOURCES}/accounts/privileges", pages).status_code == 422
    [change] = world.changes()
    step = added[0]["steps"][0]
    assert change.id == step["change"]
    assert api("POST", f"/changes/{change.id}/undo", {}).status_code == 200
    boxes = world.sandbox.upstreams["spanel"].state.table("mailboxes")[ACCOUNT]
    assert f"api@{MAIN}" not in boxes


def test_on_the_command_line(world: World) -> None:
    listed = world.run("resources", "list", SP, "accounts", "--filter", "status=suspended", "--json")
    assert [row["key"] for row in json.loads(listed.output)] == ["librairie"]
    done = world.run("resources", "act", SP, "accounts", "unsuspend", "--key", "librairie")
    assert done.exit_code == 0, done.output
    assert "active" in world.run("resources", "show", SP, "accounts", "librairie").output
    records = world.run("resources", "list", SP, "dns_records", "--domain", MAIN)
    assert "127.0.0.13" in records.output
    job = ("hour=3", "command=/bin/true", "minute=0", "day=*", "month=*", "weekday=1-5")
    added = world.run("resources", "act", SP, "cron_jobs", "add", *job, "--parent", ACCOUNT)
    assert added.exit_code == 0, added.output
    kept = world.run("resources", "act", SP, "accounts", "remove", "--key", ACCOUNT, input="n\n")
    assert kept.exit_code == 1 and ACCOUNT in world.sandbox.upstreams["spanel"].state.table("accounts")
    assert world.run("resources", "list", SP, "accounts", "--filter", "colour=red").exit_code == 2
    rules = world.run("rules", "list", MAIN, SP)
    assert "for every domain of the account" in rules.output + getattr(rules, "stderr", "")
    usage = world.run("resources", "show", OLS, "account_usage")
    assert "4.1 GB / 50 GB" in usage.output
