"""Documented requests and answers: the driver understands the answers, the sandbox gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from app.core import errors
from app.net.answer import Answer
from app.providers.spanel.panel_api import contract
from app.providers.spanel.wire import read_answer
from app.sandbox.server import Sandbox

EXCHANGES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "exchanges" / "calls.json").read_text("utf-8")
)
CALLS = {call.name: call for call in contract().calls}
ENDPOINT = "/spanel/api.php"

exchanges = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange["name"])


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


@pytest.mark.parametrize(
    "exchange", [e for e in EXCHANGES if e.get("sandbox") != "not asked"], ids=lambda e: e["name"]
)
def test_the_sandbox_gives_the_answer(exchange: dict[str, Any], sandbox: Sandbox) -> None:
    upstream = sandbox.upstreams["spanel"]
    upstream.profile["errors"] = exchange.get("errors", "map")
    form = {"token": upstream.credentials().get(exchange["token"], "0" * 40), "action": exchange["action"]}
    if "accountuser" in exchange:
        form["accountuser"] = exchange["accountuser"]
    got = requests.post(sandbox.http("spanel") + ENDPOINT, data=form | exchange["params"], timeout=10)
    assert got.status_code == 200
    if exchange.get("sandbox") == "same keys":
        assert shape(got.json()) == shape(exchange["answer"])
    else:
        assert got.json() == exchange["answer"]


def shape(value: Any) -> Any:
    """The keys of an answer, and those of the first item of a list."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


@exchanges
def test_the_request_is_that_of_the_contract(exchange: dict[str, Any]) -> None:
    """Every parameter that an exchange sends is an argument of its call; a success leaves out none that is
    needed."""
    if exchange["action"] not in CALLS:
        assert exchange["outcome"] != "success"
        return
    arguments = {argument.name: argument for argument in CALLS[exchange["action"]].arguments}
    sent = {name.partition("[")[0] for name in exchange["params"]} | ({"accountuser"} & exchange.keys())
    assert sent <= set(arguments)
    if exchange["outcome"] == "success":
        assert {name for name, a in arguments.items() if a.required} <= sent


def test_no_call_of_the_contract_is_unknown_to_the_panel(sandbox: Sandbox) -> None:
    token = sandbox.upstreams["spanel"].credentials()["token"]
    reads = [call.name for call in contract().calls if not call.write]
    for call in contract().calls:
        form = {"token": token, "action": call.name, "accountuser": "nobody"}
        if call.name in reads:
            form["accountuser"] = "hafencafe"
        answer = requests.post(sandbox.http("spanel") + ENDPOINT, data=form, timeout=10).json()
        assert "Unknown action" not in json.dumps(answer), call.name


def test_secrets_of_the_contract_are_marked() -> None:
    for call in contract().calls:
        for argument in call.arguments:
            assert argument.secret is (argument.name == "password"), (call.name, argument.name)
