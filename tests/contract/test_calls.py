"""Every call of every contract: its documented request by the driver, its answer from the imitated upstream.

Hundreds of calls, one server and one sandbox for all of them: a test speaks for a whole upstream and names each call that
fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.calls import CallsByContract
from app.core.connections import build_connection
from app.core.contract import Argument, Call
from app.core.errors import (
    BadCredentials,
    Invalid,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Rejected,
    UpstreamError,
)
from app.core.ports import CallRecord
from app.net.http import Http
from app.net.limits import LocalLimits
from app.providers import registry
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox
from tests.contract.calls import SECRET, Wire, some_of
from tests.net.servers import Peer, serve

SUCCESS = {
    "spamexperts": b"",
    "hornetsecurity": b"{}",
    "cleanmail": b"{}",
    "olspanel": b'{"success": true}',
    "spanel": b'{"result": "success", "data": {}}',
}
CREDENTIALS = {
    "spamexperts": {
        "username": "api-user",
        "password": "api-password",
        "panel_username": "panel-user",
        "panel_password": "panel-password",
    },
    "hornetsecurity": {"api_token": "token-of-the-panel"},
    "cleanmail": {"token": "token-of-cleanmail"},
    "olspanel": {
        "username": "account",
        "password": "account-password",
        "admin_username": "root-of-panel",
        "admin_password": "admin-password",
    },
    "spanel": {"admin_token": "token-of-spanel"},
}
SIGN_IN = "/rest/auth/token"
"""What the driver asks for by itself before the first call of the interface that SpamExperts has for its app."""

ALL = [pytest.param(slug, id=slug) for slug in registry.PROVIDERS]


def driver_at(slug: str, url: str, values: dict[str, str], records: list[CallRecord]) -> Any:
    """A driver of an upstream at this address."""
    data = {"key": "prod", "kind": slug, "name": "Prod", "base_url": url, "values": values}
    connection = build_connection(data, registry.cards())
    clock = lambda: datetime.now(UTC)  # noqa: E731
    limits = LocalLimits(connection.parallel, 0)
    return registry.build(
        connection, Http(connection, limits, clock, sink=records.append, sleep=lambda _: None)
    )


class Recorder:
    """A driver on a server that says yes to everything, and what arrived there."""

    def __init__(self, slug: str, url: str, arrived: list[Wire]) -> None:
        self.slug = slug
        self.records: list[CallRecord] = []
        self.driver = driver_at(slug, url, CREDENTIALS[slug], self.records)
        self._arrived = arrived

    def send(self, call: Call, arguments: dict[str, Any]) -> Wire:
        """Sends a call and returns the one request that arrived."""
        self._arrived.clear()
        self.driver.call(call.name, arguments)
        arrived = [wire for wire in self._arrived if wire.path != SIGN_IN or call.path == SIGN_IN]
        assert len(arrived) == 1, f"{len(arrived)} requests"
        return arrived[0]


@pytest.fixture(params=ALL)
def recorder(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    """A driver of each upstream, recorded."""
    arrived: list[Wire] = []

    def handler(peer: Peer) -> None:
        while (raw := peer.request()) is not None:
            arrived.append(Wire(raw))
            panel = request.param == "spamexperts" and arrived[-1].path.startswith("/api/")
            yes = b'{"messages": [], "result": null}' if panel else SUCCESS[request.param]
            if arrived[-1].path.startswith("/rest/"):
                yes = b'{"success": true, "body": {}, "token": "token-of-the-app"}'
            peer.answer(yes, Content_Type="application/json")

    with serve(handler) as server:
        yield Recorder(request.param, server.url, arrived)


# --- the documented request -------------------------------------------------------------------------------------------


def spelled(slug: str, value: Any) -> str:
    """A value as the upstream's document spells it in a query, a path or a header."""
    value = value.reveal() if hasattr(value, "reveal") else value
    if isinstance(value, bool) and slug == "spamexperts":
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def php(name: str, value: Any) -> list[tuple[str, str]]:
    """A form's value as PHP's http_build_query writes it."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [pair for key, item in items for pair in php(f"{name}[{key}]", item)]
    return [(name, "1" if value is True else str(value))]


def problem_of(slug: str, wire: Wire, argument: Argument, value: Any, call: Call) -> str:
    """What is wrong with an argument in the request, "" when it is where it belongs."""
    plain = value.reveal() if hasattr(value, "reveal") else value
    if argument.hidden and argument.kind == "json":
        plain = json.loads(plain)
    match argument.where:
        case "query":
            wanted = [plain] if not isinstance(plain, list) or slug != "hornetsecurity" else plain
            found = [text for name, text in wire.query if name == argument.name]
            return "" if found == [spelled(slug, one) for one in wanted] else f"query {found}"
        case "pair":
            return "" if wire.pairs(call.path).get(argument.name) == spelled(slug, plain) else wire.path
        case "path":
            slots = wire.slots(call.path) or {}
            return "" if slots.get(argument.name) == spelled(slug, plain) else f"path {wire.path}"
        case "header":
            found_one = wire.headers.get(argument.name.lower())
            return "" if found_one == spelled(slug, plain) else f"header {found_one}"
        case "form" if argument.kind == "file":
            return "" if b"one\r\ntwo\xff" in wire.raw_body and b"note.txt" in wire.raw_body else "file"
        case "form":
            pairs = php(argument.name, plain)
            return "" if all(pair in wire.form for pair in pairs) else f"form {wire.form}"
    body = wire.body if argument.whole else (wire.body or {}).get(argument.name)
    if argument.kind == "integer" and isinstance(plain, str):
        plain = int(plain)
    return "" if body == plain else f"body {wire.body}"


def test_every_call_makes_the_documented_request_of_all_its_arguments(recorder: Recorder) -> None:
    wrong: list[str] = []
    for call in registry.contract(recorder.slug).calls:
        arguments = some_of(call)
        try:
            wire = recorder.send(call, arguments)
        except Exception as error:
            wrong.append(f"{call.name}: {type(error).__name__} {error}")
            continue
        path = call.path.partition("?")[0].replace("{folder}", "spanel")
        if wire.method != call.method or (wire.slots(path) is None and not wire.pairs(path)):
            wrong.append(f"{call.name}: {wire.method} {wire.path}")
        for argument in call.arguments:
            if problem := problem_of(recorder.slug, wire, argument, arguments[argument.name], call):
                wrong.append(f"{call.name}, {argument.name}: {problem}")
    assert wrong == []


def test_every_call_signs_in_and_shows_no_secret(recorder: Recorder) -> None:
    known = [
        value
        for value in CREDENTIALS[recorder.slug].values()
        if value not in ("api-user", "panel-user", "account", "root-of-panel")
    ]
    for call in registry.contract(recorder.slug).calls:
        wire = recorder.send(call, some_of(call))
        carried = json.dumps([wire.headers, wire.form])
        by_token = call.name.startswith("rest/log/")
        assert not by_token or wire.headers["authorization"] == "Bearer token-of-the-app", call.name
        basic = by_token or wire.headers.get("authorization", "").startswith("Basic ")
        assert basic is (recorder.slug == "spamexperts"), call.name
        assert basic or any(secret in carried for secret in known), call.name
        assert not any(secret in wire.target for secret in known), call.name
        shown = json.dumps([record.to_json() for record in recorder.records[-1:]])
        assert SECRET not in shown and not any(secret in shown for secret in known), call.name
        assert recorder.records[-1].write is call.write, call.name


def test_what_is_needed_is_asked_for_and_what_is_unknown_refused_before_anything_is_sent(
    recorder: Recorder,
) -> None:
    for call in registry.contract(recorder.slug).calls:
        needed = {argument.name for argument in call.arguments if argument.required}
        if needed:
            with pytest.raises(Invalid) as caught:
                recorder.driver.call(call.name, {})
            assert set(caught.value.fields) == needed, call.name
        with pytest.raises(Invalid):
            recorder.driver.call(call.name, {**some_of(call, required=True), "no such argument": "1"})
    with pytest.raises(NotFound):
        recorder.driver.call("no such call", {})
    assert recorder.records == []


# --- the answer of the imitated upstream ------------------------------------------------------------------------------


def at_home(sandbox: Sandbox, slug: str, records: list[CallRecord]) -> Any:
    """A driver on the imitated upstream, with all its credentials; of OLSPanel the newer panel, which has more calls."""
    sandbox.reset()
    upstream = sandbox.upstreams[slug]
    if slug == "olspanel":
        upstream.profile["profile"] = "live"
    known = upstream.credentials()
    names = {setting.name for setting in registry.cards()[slug].settings}
    values = {name: value for name, value in known.items() if name in names}
    return driver_at(slug, sandbox.http(slug), values, records)


ABOUT_SIGN_IN = ("POST /auth/login/", "POST /auth/nologin/", "base/sso", "admin_account_information")
"""Calls that refuse made-up credentials or accounts in the words that a wrong sign-in has."""

UNKNOWN = ("no such call", "there is no call", "there is no action", "Unknown action")
"""How the imitated upstreams refuse a call that they do not know."""

BROKEN = ("db_user_make",)
"""Documented as broken: the panel answers every such call with an error page."""


@pytest.mark.parametrize("slug", ALL)
def test_every_call_has_an_answer_in_the_sandbox(running_upstreams: Sandbox, slug: str) -> None:
    records: list[CallRecord] = []
    driver = at_home(running_upstreams, slug, records)
    silent: list[str] = []
    for call in registry.contract(slug).calls:
        try:
            driver.call(call.name, some_of(call, required=True, shown="7"))
        except Rejected as error:
            if error.status in (405, 406, 415, 501) or any(w in error.words for w in UNKNOWN):
                silent.append(f"{call.name}: {error}")
        except BadCredentials as error:
            if error.status == 401 and call.name not in ABOUT_SIGN_IN:
                silent.append(f"{call.name}: {error}")
        except OutcomeUnknown as error:
            if call.name not in BROKEN or error.status != 500:
                silent.append(f"{call.name}: {error}")
        except UpstreamError as error:
            silent.append(f"{call.name}: {type(error).__name__} {error}")
        if not any(record.call == call.name and record.status is not None for record in records):
            silent.append(f"{call.name}: no exchange")
    arrived = running_upstreams.calls[slug].names()
    if slug != "olspanel":  # whose calls are known by their paths
        silent += [call.name for call in registry.contract(slug).calls if call.name not in arrived]
    assert silent == []


@pytest.mark.parametrize("slug", ALL)
def test_a_write_goes_out_once_and_its_time_out_is_unknown(running_upstreams: Sandbox, slug: str) -> None:
    records: list[CallRecord] = []
    driver = at_home(running_upstreams, slug, records)
    call = next(c for c in registry.contract(slug).calls if c.write and c.name not in ABOUT_SIGN_IN)
    running_upstreams.faults[slug].set(Fault.parse({"fault": "hangup"}))
    try:
        with pytest.raises(OutcomeUnknown):
            driver.call(call.name, some_of(call, required=True, shown="7"))
    finally:
        running_upstreams.faults[slug].set()
    assert [record.call for record in records if record.write] == [call.name]


@pytest.mark.parametrize("slug", ALL)
def test_the_driver_says_that_it_sends_any_call(running_upstreams: Sandbox, slug: str) -> None:
    driver = at_home(running_upstreams, slug, [])
    assert isinstance(driver, CallsByContract)
    assert [c.name for c in registry.contract(slug).calls if driver.closed(c) is not None] == []


# --- what a connection's credentials do not open ----------------------------------------------------------------------

LESS = {
    "spamexperts": ({"panel_username": "", "panel_password": ""}, "no user name and password of the panel"),
    "olspanel": ({"admin_username": "", "admin_password": ""}, "no administrator's user name"),
    "spanel": ({"admin_token": ""}, "a client token only"),
}
"""Credentials left out, and the reason that their calls then show."""


@pytest.mark.parametrize("slug", LESS)
def test_what_is_closed_is_refused_with_its_reason_before_anything_is_sent(
    running_upstreams: Sandbox, slug: str
) -> None:
    records: list[CallRecord] = []
    changes, reason = LESS[slug]
    known = {**running_upstreams.upstreams[slug].credentials(), **changes}
    names = {setting.name for setting in registry.cards()[slug].settings}
    values = {name: value for name, value in known.items() if name in names and value}
    driver = driver_at(slug, running_upstreams.http(slug), values, records)
    calls = registry.contract(slug).calls
    closed = [call for call in calls if driver.closed(call) is not None]
    assert 0 < len(closed) < len(calls)
    for call in closed:
        assert reason in str(driver.closed(call)), call.name
        with pytest.raises(NotSupported, match=reason):
            driver.call(call.name, some_of(call, required=True))
    assert records == []


def test_a_client_token_opens_its_own_account_only(running_upstreams: Sandbox) -> None:
    records: list[CallRecord] = []
    known = running_upstreams.upstreams["spanel"].credentials()
    values = {name: known[name] for name in ("client_token", "account")}
    driver = driver_at("spanel", running_upstreams.http("spanel"), values, records)
    assert driver.call("domain/listdomains", {"accountuser": known["account"]}).status == 200
    with pytest.raises(BadCredentials, match="opens the account"):
        driver.call("domain/listdomains", {"accountuser": "somebody-else"})
    assert len(records) == 1
