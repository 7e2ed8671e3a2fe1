"""Request and answer of the Control Panel API: the driver sends exactly these, and understands exactly these."""

import json
from pathlib import Path

import pytest

from app.core.email_aliases import EmailAliasQuery
from app.core.errors import GatehouseError
from app.core.plan import Step
from app.core.resources import ResourceAt, ResourceQuery
from tests.net.servers import Peer, serve
from tests.providers.conftest import Bench

EXCHANGES = {
    exchange["name"]: exchange
    for exchange in json.loads((Path(__file__).parent / "exchanges/panel/panel.json").read_text("utf-8"))
}


def apply(bench, step):
    applied = bench.driver.apply(Step.from_json({"lost": [], **step}))
    told = {"warnings": list(applied.warnings)}
    if applied.secret:
        told["secret"] = applied.secret.reveal().removeprefix(bench.connection.base_url)
    return told


def email_aliases(bench, domain):
    rows = bench.driver.list_email_aliases(domain, EmailAliasQuery()).rows
    return [[alias.address, [one.address for one in alias.recipients]] for alias in rows]


def resources(bench, kind, domain):
    rows = bench.driver.list_resources(kind, ResourceAt(domain), ResourceQuery()).rows
    return [[row.key, dict(row.values)] for row in rows]


OPERATIONS = {one.__name__: one for one in (apply, email_aliases, resources)}


@pytest.mark.parametrize("name", EXCHANGES)
def test_exchange(name):
    exchange = EXCHANGES[name]

    def handler(peer: Peer) -> None:
        while peer.request() is not None:
            peer.answer(exchange["body"].encode(), "200 OK", Content_Type="application/json")

    with serve(handler) as server:
        bench = Bench("spamexperts", server.url, {"panel_username": "it", "panel_password": "secret"})
        try:
            means = OPERATIONS[exchange["operation"]](bench, **exchange["arguments"])
        except GatehouseError as error:
            means = {"error": type(error).__name__}
    assert means == exchange["means"]
    [request] = server.requests
    line, _, headers = request.decode().partition("\r\n")
    assert line == f"GET {exchange['target']} HTTP/1.1"
    assert "Authorization: Basic aXQ6c2VjcmV0\r\n" in headers
    shown = str([record.to_json() for record in bench.records])
    assert "a%2Fb" not in shown and "a/b c" not in shown, "no password in the record of calls"
