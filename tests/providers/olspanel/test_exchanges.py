"""Documented requests and answers: the driver understands the answers, the sandbox gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from app.core import errors
from app.core.commands import from_json
from app.core.plan import Step
from app.net.answer import Answer
from app.providers.olspanel.panel_api import contract
from app.providers.olspanel.wire import read_answer, read_change
from app.sandbox.server import Sandbox
from tests.net.servers import answering, serve
from tests.providers.olspanel.conftest import Connect, make_driver

EXCHANGES: list[dict[str, Any]] = [
    exchange
    for name in ("calls.json", "more_calls.json", "documented_errors.json", "writes.json")
    for exchange in json.loads((Path(__file__).parent / "exchanges" / name).read_text("utf-8"))
]
CALLS = {call.name: call for call in contract().calls}

exchanges = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange["name"])


@exchanges
def test_the_driver_understands_the_answer(exchange: dict[str, Any]) -> None:
    write = CALLS[exchange["call"]].write
    answer = Answer(200, {}, json.dumps(exchange["answer"]).encode(), 1.0, write)
    read = read_change if write else read_answer
    of_others = exchange["call"].startswith("admin_")
    if exchange["outcome"] in ("success", "says no"):
        assert read(answer, of_others=of_others) == exchange["answer"]
        return
    with pytest.raises(errors.UpstreamError) as caught:
        read(answer, of_others=of_others)
    assert type(caught.value).__name__ == exchange["outcome"]


@exchanges
def test_the_sandbox_gives_the_answer(exchange: dict[str, Any], sandbox: Sandbox) -> None:
    sandbox.upstreams["olspanel"].profile.update(
        {"profile": exchange["profile"], **exchange.get("switch", {})}
    )
    for first in exchange.get("before", ()):
        assert ask(sandbox, {**exchange, "method": "POST", **first}).json()["success"] is True
    got = ask(sandbox, exchange)
    assert got.status_code == 200
    if exchange.get("sandbox") == "same keys":
        assert set(got.json()) == set(exchange["answer"])
    else:
        assert got.json() == exchange["answer"]


def ask(sandbox: Sandbox, exchange: dict[str, Any]) -> requests.Response:
    """The exchange's request to the imitated panel."""
    return requests.request(
        exchange.get("method", "POST"),
        sandbox.http("olspanel") + CALLS[exchange["call"]].path.format_map(exchange.get("parts", {})),
        headers=exchange["headers"],
        data=exchange["form"],
        allow_redirects=False,
        timeout=10,
    )


@exchanges
def test_the_request_is_that_of_the_contract(exchange: dict[str, Any]) -> None:
    """Every field that an exchange sends is an argument of its call, and a success leaves out none that is
    needed."""
    arguments = {argument.name: argument for argument in CALLS[exchange["call"]].arguments}
    assert set(exchange["form"]) <= set(arguments)
    if exchange["outcome"] == "success":
        assert {n for n, a in arguments.items() if a.required} <= {
            *exchange["form"],
            *exchange.get("parts", {}),
        }


@pytest.mark.parametrize(
    "exchange", [e for e in EXCHANGES if "sent_by" in e], ids=lambda exchange: exchange["name"]
)
def test_the_driver_sends_the_documented_request(
    exchange: dict[str, Any], sandbox: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, for the wish that it stands for: to this path with its final slash, with these fields and no other."""
    upstream, arrived = sandbox.upstreams["olspanel"], []
    upstream.profile.update({"profile": exchange["profile"], **exchange.get("switch", {})})
    handle = upstream.handle

    def listening(request: Any) -> Any:
        signed_in = {name: request.headers.get(name, "") for name in ("username", "password")}
        fields = parse_qsl(request.get_data(cache=True, as_text=True), keep_blank_values=True)
        arrived.append((request.method, request.full_path, signed_in, dict(fields)))
        return handle(request)

    monkeypatch.setattr(upstream, "handle", listening)
    driver = connect()
    steps = driver.plan(from_json({"connection": "ols", **exchange["sent_by"]}))
    reads = {call.path for call in CALLS.values() if not call.write}
    for step in steps:
        driver.apply(Step.from_json(json.loads(json.dumps(step.to_json()))))
    path = CALLS[exchange["call"]].path.format_map(exchange.get("parts", {}))
    writes = [one for one in arrived if one[1].rstrip("?") not in reads]
    assert writes == [("POST", f"{path}?", exchange["headers"], exchange["form"])]


def test_every_documented_write_is_sent_by_a_wish_of_somebody() -> None:
    assert {e["call"] for e in EXCHANGES if "sent_by" in e} == {
        call.name for call in CALLS.values() if call.write
    }


def test_every_documented_call_is_among_them() -> None:
    assert {exchange["call"] for exchange in EXCHANGES if exchange["outcome"] == "success"} == set(CALLS)


def test_no_call_of_the_contract_is_unknown_to_the_panel(sandbox: Sandbox) -> None:
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    for call in contract().calls:
        path = call.path.replace("{line}", "1").replace("{database}", "blog")
        got = requests.post(sandbox.http("olspanel") + path, allow_redirects=False, timeout=10)
        assert got.json()["error"], call.name  # the gate's: no credentials


def test_every_path_ends_with_its_slash_and_no_redirect_is_followed() -> None:
    """Without the slash the panel redirects, and whoever follows loses method and body (2)."""
    assert all(call.path.endswith("/") for call in CALLS.values())
    with serve(answering(b"", "301 Moved Permanently", Location="/elsewhere/")) as server:
        driver = make_driver(server.url, {"username": "acct", "password": "a-long-password"})
        with pytest.raises(errors.Malformed, match="redirects to"):
            driver.call("domain_list", {})
        with pytest.raises(errors.OutcomeUnknown, match="redirects to"):
            driver.call("domain_issue_ssl", {"domain": "example.com"})
        assert [request.split(b" ", 2)[:2] for request in server.requests] == [
            [b"POST", b"/api/domain_list/"],
            [b"POST", b"/api/domain_issue_ssl/"],
        ]


def test_secrets_of_the_contract_are_marked() -> None:
    passwords = {a.name for call in contract().calls for a in call.arguments if "pass" in a.name}
    marked = {a.name for call in contract().calls for a in call.arguments if a.secret and a.kind == "secret"}
    assert passwords == marked == {"dbpass", "dbpassc", "password"}
