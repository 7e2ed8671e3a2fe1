"""The 63 documented exchanges, each against its own fixture, at both prefixes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.cleanmail import documented, worlds
from tests.sandbox.cleanmail.conftest import Api

DEVIATIONS: dict[str, dict[str, str]] = {
    "all": {
        "requests": "Content-Type is sent once, and only with a body; the token is the fixture's own, also for the four"
        " exchanges of filters that show none",
        "masked": "ids, times that the request did not send, token values and DKIM keys: only their form is compared",
        "compared": "status, body, X-Total-Count, path of Location; no other header",
    },
    "createDomain": {"externalId": "sent, null in the answer: kept here, so the field is not compared"},
}
"""Every deviation from the manual's exchanges (Cleanmail notes, 17). All others of that section are in the fixtures."""

EXCHANGES = {exchange["operationId"]: exchange for exchange in documented.exchanges()}

ID = re.compile(r"[A-Za-z0-9]{5}")
TOKEN = re.compile(r"[0-9a-f]{32}")
DKIM_RECORD = re.compile(r"(\S+\._domainkey\.\S+ TXT v=DKIM1; p=)[A-Za-z0-9+/]+=*")
MILLISECONDS = ("createdAt", "creationDate", "createdDate", "expiration", "expireAt")


def masked(value: Any, sent: str, key: str = "") -> Any:
    """A value with everything that differs from run to run replaced by the name of its form."""
    if isinstance(value, dict):
        return {name: masked(item, sent, name) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item, sent) for item in value]
    if value is None:
        return None
    if key == "id" or key.endswith("Id"):
        return "an id" if ID.fullmatch(value) else value
    if key in MILLISECONDS and str(value) not in sent:
        return f"milliseconds in {len(str(value))} digits"
    if key == "performedAt":
        return f"seconds in {len(str(value))} digits"
    if key == "value" and TOKEN.fullmatch(str(value)):
        return "a token"
    return DKIM_RECORD.sub(r"\1key", value) if isinstance(value, str) else value


def path_of(location: str | None) -> str | None:
    """The path of an address with its ids masked."""
    if location is None:
        return None
    return "/".join("an id" if ID.fullmatch(part) else part for part in urlsplit(location).path.split("/"))


def load(api: Api, name: str) -> None:
    """Replace the state by the fixture of one exchange."""
    with api.upstream.lock:
        api.upstream.state.clear()
        worlds.base(api.records)
        worlds.WORLDS[name](api.records)


def test_every_documented_exchange_has_a_fixture_and_none_is_missing() -> None:
    assert len(EXCHANGES) == 63
    assert set(worlds.WORLDS) == set(EXCHANGES)
    assert set(DEVIATIONS) <= {"all", *EXCHANGES}


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
@pytest.mark.parametrize("name", EXCHANGES)
def test_exchange_is_answered_as_documented(api: Api, name: str, prefix: str) -> None:
    load(api, name)
    request, expected = EXCHANGES[name]["request"], EXCHANGES[name]["response"]
    caller = Api(api.sandbox, worlds.TOKEN, prefix)
    body = {} if request["body"] is None else {"json": request["body"]}
    answer = caller.send(request["method"], request["path"], params=request["query"], **body)
    assert answer.status_code == expected["status"], answer.text
    assert answer.headers.get("X-Total-Count") == expected["headers"].get("X-Total-Count")
    location = expected["headers"].get("Location")
    assert path_of(answer.headers.get("Location")) == path_of(
        location and f"http://host{prefix}{urlsplit(location).path}"
    )
    if expected["body"] is None:
        assert answer.content == b""
        assert "Content-Type" not in answer.headers
        return
    sent = str(request["body"])
    ignored = DEVIATIONS.get(name, {})
    shown, wanted = masked(answer.json(), sent), masked(expected["body"], sent)
    for field in ignored:
        shown.pop(field), wanted.pop(field)
    assert shown == wanted
    schema = documented.answer_schema(name, answer.status_code)
    assert schema is not None
    assert documented.errors(schema, answer.json()) == []


def test_times_of_a_creation_are_exact_and_those_read_back_end_in_three_zeros(api: Api) -> None:
    domain = api.domain()
    path = f"/domains/{domain['id']}/wblist"
    wish = {"value": "odd@late.example.com", "type": "BLOCK", "expireAt": 1900000000123}
    made = [api.post(path, [{**wish, "value": f"n{number}@late.example.com"}])[0] for number in range(3)]
    assert {rule["expireAt"] for rule in made} == {1900000000123}
    assert any(rule["createdDate"] % 1000 for rule in made)
    read = {rule["id"]: rule for rule in api.get(path)}
    for rule in made:
        assert read[rule["id"]]["createdDate"] == rule["createdDate"] // 1000 * 1000
        assert read[rule["id"]]["expireAt"] == 1900000000000
