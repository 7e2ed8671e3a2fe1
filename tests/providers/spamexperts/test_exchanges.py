"""The documented request/answer pairs: the driver sends exactly these requests and understands exactly these answers."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.core.errors import GatehouseError, Rejected
from app.core.messages import MailClass, MailQuery, MailSource, MailState
from app.core.plan import Step
from tests.net.servers import Peer, serve
from tests.providers.conftest import Bench

EXCHANGES = {
    f"{path.stem}: {exchange['name']}": exchange
    for path in sorted(Path(__file__).parent.glob("exchanges/*.json"))
    for exchange in json.loads(path.read_text("utf-8"))
}


def list_domains(driver):
    return [domain_as_json(domain) for batch in driver.list_domains() for domain in batch]


def read_domain(driver, name):
    return domain_as_json(driver.read_domain(name))


def apply(driver, step):
    return {"warnings": list(driver.apply(Step.from_json(step)).warnings)}


def read_settings(driver, domain, names):
    [field] = driver.read_settings(domain, names)
    return {"value": field.value, "source": field.source, "default": field.default}


def search(driver, since, until, source, **asks):
    period = {"since": datetime.fromtimestamp(since, UTC), "until": datetime.fromtimestamp(until, UTC)}
    return [
        [*mail_as_json(item)[:4], item.at.isoformat(), *mail_as_json(item)[4:]]
        for item in _page(driver, source, **period, **asks)
    ]


def queue(driver, source, **asks):
    return [mail_as_json(item) for item in _page(driver, source, **asks)]


def _page(driver, source, **asks):
    kinds = {"classes": MailClass, "states": MailState}
    asks = {n: tuple(map(kinds[n], v)) if n in kinds else v for n, v in asks.items()}
    read = driver.list_queue if source == "queue" else driver.search_log
    return read(MailQuery(MailSource(source), **asks)).rows


def mail_as_json(item):
    words = (item.message_id, item.sender, item.recipients[0], item.subject)
    return [*words, item.size, item.mail_class, item.score, item.state]


OPERATIONS = {f.__name__: f for f in (list_domains, read_domain, apply, read_settings, search, queue)}


def domain_as_json(domain):
    routes = [str(route) for route in domain.routes]
    return {"domain": domain.name, "aliases": list(domain.aliases), "routes": routes}


@pytest.mark.parametrize("name", EXCHANGES)
def test_exchange(name):
    exchange = EXCHANGES[name]
    answer = exchange["answer"]

    def handler(peer: Peer) -> None:
        while peer.request() is not None:
            peer.answer(answer["body"].encode(), f"{answer['status']} X", Content_Type=answer["content_type"])

    with serve(handler) as server:
        bench = Bench("spamexperts", server.url, {"username": "api", "password": "secret"})
        operation = OPERATIONS[exchange["operation"]]
        try:
            means = operation(bench.driver, **exchange["arguments"])
        except GatehouseError as error:
            means = {"error": type(error).__name__}
            if isinstance(error, Rejected):
                means["words"] = error.words
    assert means == exchange["means"]
    [request] = server.requests
    line, _, headers = request.decode().partition("\r\n")
    method, target, _ = line.split(" ")
    assert (method, urlsplit(target).path) == ("GET", "/cgi-bin/api")
    sent = parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing=True)
    assert dict(sent) == {**exchange["request"], "api_language": "en"} and len(sent) == len(dict(sent))
    assert "Authorization: Basic YXBpOnNlY3JldA==\r\n" in headers
    assert "Cache-Control: no-cache\r\n" in headers
