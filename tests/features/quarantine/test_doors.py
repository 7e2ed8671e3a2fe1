"""Messages over REST and on the command line."""

import base64
import json

from tests.features.world import HOME, SE


def first(world, **query):
    asked = "&".join(f"{name}={value}" for name, value in {"domain": HOME, "connection": SE, **query}.items())
    return world.api()("GET", f"/messages/quarantine?{asked}").json


def path(message):
    return "/messages/{connection}/{domain}/{source}/{ref}".format(**message)


def test_rest_finds_reads_and_releases(world):
    found = first(world, message_class="spam", size=3)
    assert found["asked"] == found["answered"] == 1 and found["next"] == 2 and len(found["items"]) == 3
    message = found["items"][0]
    assert message["message_class"] == "spam" and message["score"]
    api = world.api()
    detail = api("GET", path(message)).json
    assert detail["unreadable"] is None and ["Subject", message["subject"]] in detail["headers"]
    body = api("GET", path(message) + "/body?reason=because").json
    assert "<script" not in body["html"] and body["blocked"] >= 1 and "lucky" in body["html"]
    assert world.changes()[0].step.args == {"reason": "because"}
    source = base64.b64decode(api("GET", path(message) + "/source").json["base64"])
    assert source.startswith(b"Received:")
    assert api("GET", path(message) + "/files/nothing").status_code == 404
    done = api("POST", path(message), json={"action": "release"})
    assert done.status_code == 200 and done.json["steps"][0]["verb"] == "mail.release"
    gone = api("POST", path(message), json={"action": "delete"})
    assert gone.status_code == 409


def test_rest_keeps_rights_and_scope(world):
    message = first(world, size=1)["items"][0]
    support = world.api("support")
    assert support("GET", path(message)).status_code == 200
    assert support("GET", path(message) + "/body").status_code == 403
    assert world.api("auditor")("GET", "/messages/log?domain=x.example").status_code == 403
    assert world.api()("GET", path({**message, "domain": "not-there.example"})).status_code == 404
    assert world.api()("GET", "/messages/nonsense").status_code == 404
    assert world.api()("GET", "/messages/log?since=tomorrow").status_code == 422


def test_the_command_line(world):
    done = world.run("mail", "find", "quarantine", "--domain", HOME, "--connection", SE, "--json")
    message = json.loads(done.stdout)[0]
    named = [SE, HOME, "quarantine", message["ref"]]
    assert "Received: " in world.run("mail", "show", *named).stdout
    assert world.run("mail", "source", *named, "--reason", "x").stdout.startswith("Received:")
    assert world.changes()[0].step.after["what"] == "the whole message"
    done = world.run("mail", "act", "delete", *named, "--yes")
    assert done.exit_code == 0 and "Deleted" in done.stdout
    assert world.run("mail", "show", SE, HOME, "quarantine", "abc").exit_code == 3


def test_a_reason_where_one_is_needed(world, monkeypatch):
    message = first(world, size=1)["items"][0]
    object.__setattr__(world.wired._config, "reason_needed", True)
    api = world.api()
    assert api("GET", path(message) + "/body").status_code == 422
    assert api("GET", path(message) + "/body?reason=ticket").status_code == 200
    assert [change.step.verb for change in world.changes()] == ["mail.view"]


def test_a_reason_for_what_is_done_with_a_message(world):
    message, other = first(world, size=2)["items"]
    object.__setattr__(world.wired._config, "reason_needed", True)
    api = world.api("support")
    refused = api("POST", path(message), json={"action": "release"})
    assert refused.status_code == 422 and "Say why" in refused.text
    assert world.changes() == []
    done = api("POST", path(message), json={"action": "release", "reason": "ticket 4711"})
    assert done.status_code == 200
    change = api("GET", f"/changes/{world.changes()[0].id}").json
    assert change["verb"] == "mail.release" and change["reason"] == "ticket 4711"
    named = [SE, HOME, "quarantine", other["ref"]]
    assert world.run("mail", "act", "release", *named).exit_code == 2
    assert world.run("mail", "act", "release", *named, "--reason", "ticket 5").exit_code == 0
    assert world.changes()[0].command["reason"] == "ticket 5"
