"""Drivers on the imitated Cleanmail, on servers that answer as told, and what really arrived there."""

import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from app.core.commands import COMMANDS, from_json, parse
from app.core.plan import Step
from app.sandbox.faults import Fault
from tests.net.servers import serve
from tests.providers.conftest import Bench

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def cm(connect):
    """The driver's bench, with the token of a system administrator."""
    return connect("cleanmail")


@pytest.fixture
def limited(connect, upstream):
    """The same with the token of an administrator of some domains."""
    return connect("cleanmail", token=upstream.credentials()["limited_token"])


@pytest.fixture
def upstream(sandbox):
    """The imitated service: its switches and its records."""
    return sandbox.upstreams["cleanmail"]


@pytest.fixture
def calls(sandbox):
    """The calls that arrived since it was last asked, in order."""
    log = sandbox.calls["cleanmail"]

    def take():
        names = log.names()
        log.clear()
        return names

    return take


@pytest.fixture
def fault(sandbox):
    """Sets one fault: `fault("hangup", "createDomain")`."""

    def set_fault(kind, call="*", **parameters):
        sandbox.faults["cleanmail"].set(Fault.parse({"fault": kind, "calls": call, **parameters}))

    return set_fault


@pytest.fixture
def wish():
    """Makes commands: `wish("routes.set", domain=..., routes=[...])`."""
    return lambda command, **fields: parse(COMMANDS[command], {"connection": "prod", **fields})


@pytest.fixture
def do(cm, wish):
    """Plans and applies a wish, each step as another process would read it; returns the steps."""

    def run(command, **fields):
        steps = cm.driver.plan(wish(command, **fields))
        for step in steps:
            cm.driver.apply(again(step))
        return steps

    return run


@pytest.fixture
def undo(cm):
    """Plans and applies the inverse of a step."""

    def run(step):
        for data in step.inverse:
            for back in cm.driver.plan(from_json(data)):
                cm.driver.apply(again(back))

    return run


@pytest.fixture
def row(cm):
    """A domain as the API shows it."""
    return lambda name: cm.driver.client.ask("listDomains", {"name": name})[0]


def again(step):
    """The step as another process would read it from the journal."""
    return Step.from_json(json.loads(json.dumps(step.to_json())))


class Told:
    """What a server was asked: method, path and query decoded, headers in lower case, JSON body (None without one)."""

    def __init__(self, raw):
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        self.method, target, _ = line.split(" ")
        self.target = target
        parts = urlsplit(target)
        self.path = unquote(parts.path)
        self.query = dict(parse_qsl(parts.query))
        self.headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
        self.raw_body = body
        self.body = json.loads(body) if body and self.headers["content-type"] == "application/json" else None


@pytest.fixture
def answering(request):
    """A driver on a server that answers as a function says: `answering(lambda told: (200, body, {}))`.

    Returns the bench and the list of what was asked. A body of bytes is sent as it is, None as none.
    """

    def start(answer, prefix="", **changes):
        asked = []

        def handler(peer):
            while (raw := peer.request()) is not None:
                told = Told(raw)
                asked.append(told)
                status, body, headers = answer(told)
                data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
                peer.answer(data, f"{status} Status", **{k.replace("-", "_"): v for k, v in headers.items()})

        manager = serve(handler)
        server = manager.__enter__()
        request.addfinalizer(lambda: manager.__exit__(None, None, None))
        return Bench("cleanmail", server.url + prefix, {"token": TOKEN}, **changes), asked

    return start
