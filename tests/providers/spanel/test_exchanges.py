"""Documented requests and answers: the driver sends the requests and understands the answers, the sandbox gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from app.core import errors
from app.core.commands import from_json
from app.net.answer import Answer
from app.providers.spanel.panel_api import contract
from app.providers.spanel.wire import read_answer, read_change
from app.sandbox.server import Sandbox
from tests.providers.spanel.conftest import Connect, again

EXCHANGES: list[dict[str, Any]] = [
    exchange
    for name in ("calls.json", "reads.json", "writes.json")
    for exchange in json.loads((Path(__file__).parent / "exchanges" / name).read_text("utf-8"))
]
CALLS = {call.name: call for call in contract().calls}
ENDPOINT = "/spanel/api.php"

exchanges = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange["name"])


def some(reason: Any) -> Any:
    """The exchanges for which this is so."""
    return pytest.mark.parametrize("exchange", list(filter(reason, EXCHANGES)), ids=lambda one: one["name"])


# --- the answer -------------------------------------------------------------------------------------------------------


@exchanges
@pytest.mark.parametrize("write", [False, True])
def test_the_driver_understands_the_answer(exchange: dict[str, Any], write: bool) -> None:
    answer = Answer(200, {}, json.dumps(exchange["answer"]).encode(), 1.0, write)
    if exchange["outcome"] == "success":
        assert read_answer(answer) == exchange["answer"]
        return
    with pytest.raises(errors.UpstreamError) as caught:
        read_answer(answer)
    assert type(caught.value).__name__ == exchange["outcome"]


@some(lambda one: one["outcome"] == "success" and CALLS[one["action"]].write)
def test_every_documented_answer_to_a_change_confirms_it(exchange: dict[str, Any]) -> None:
    read_change(Answer(200, {}, json.dumps(exchange["answer"]).encode(), 1.0, True))


@some(lambda one: one.get("sandbox") != "not asked")
def test_the_sandbox_gives_the_answer(exchange: dict[str, Any], sandbox: Sandbox) -> None:
    upstream = sandbox.upstreams["spanel"]
    upstream.profile["errors"] = exchange.get("errors", "map")
    got = requests.post(sandbox.http("spanel") + ENDPOINT, data=form_of(exchange, sandbox), timeout=10)
    assert got.status_code == 200
    if exchange.get("sandbox") == "same keys":
        assert shape(got.json()) == shape(exchange["answer"])
    else:
        assert got.json() == exchange["answer"]


def form_of(exchange: dict[str, Any], sandbox: Sandbox) -> dict[str, str]:
    """The whole form of the documented request."""
    token = sandbox.upstreams["spanel"].credentials().get(exchange["token"], "0" * 40)
    account = {"accountuser": exchange["accountuser"]} if "accountuser" in exchange else {}
    return {"token": token, "action": exchange["action"], **account, **exchange["params"]}


def shape(value: Any) -> Any:
    """The keys of an answer, and those of the first item of a list."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


# --- the request ------------------------------------------------------------------------------------------------------


@pytest.fixture
def arrived(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[dict[str, str], Any]]]:
    """The forms that arrive at the imitated panel, letter by letter, each with its answer."""
    upstream, seen = sandbox.upstreams["spanel"], []
    handle = upstream.handle

    def listening(request: Any) -> Any:
        pairs = parse_qsl(request.get_data(cache=True, as_text=True), keep_blank_values=True)
        response = handle(request)
        assert len(pairs) == len(dict(pairs)) and request.mimetype == "application/x-www-form-urlencoded"
        seen.append((dict(pairs), response.get_json()))
        return response

    monkeypatch.setattr(upstream, "handle", listening)
    yield seen


@some(lambda one: "sent_by" in one)
def test_the_driver_sends_the_documented_request(
    exchange: dict[str, Any], sandbox: Sandbox, connect: Connect, arrived: list[tuple[dict[str, str], Any]]
) -> None:
    """Once, for the wish that it stands for, with no pair too many; and then it gets the documented answer."""
    driver = connect()
    for step in driver.plan(from_json({"connection": "sp", **exchange["sent_by"]})):
        driver.apply(again(step))
    writes = [(form, answer) for form, answer in arrived if CALLS[form["action"]].write]
    assert [form for form, _ in writes] == [form_of(exchange, sandbox)]
    [(_, answer)] = writes
    assert shape(answer) == shape(exchange["answer"])


# --- none is missing --------------------------------------------------------------------------------------------------


def test_every_documented_call_has_an_exchange() -> None:
    assert {one["action"] for one in EXCHANGES if one["outcome"] == "success"} == CALLS.keys()


def test_every_documented_write_is_sent_by_a_wish_of_somebody() -> None:
    assert {one["action"] for one in EXCHANGES if "sent_by" in one} == {
        c.name for c in CALLS.values() if c.write
    }


@some(lambda one: one["outcome"] == "success")
def test_an_exchange_holds_what_its_call_takes(exchange: dict[str, Any]) -> None:
    """Every parameter is an argument of the call, and none that is needed is left out."""
    arguments = {argument.name: argument for argument in CALLS[exchange["action"]].arguments}
    given = {name.partition("[")[0] for name in exchange["params"]} | exchange.keys() & {"accountuser"}
    assert given <= arguments.keys()
    assert {name for name, argument in arguments.items() if argument.required} <= given
