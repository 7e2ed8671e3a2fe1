"""Documented requests and answers: the driver understands the answers, the sandbox gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from app.core.errors import UpstreamError
from app.core.messages import MailSource
from app.net.answer import Answer
from app.providers.hornetsecurity import (
    calls,
    health,
    statistics,
    tokens,
    wire,
    wire_domains,
    wire_lists,
    wire_messages,
    wire_tree,
)
from app.providers.hornetsecurity.fields import FIELDS, HANDLING
from app.providers.hornetsecurity.kinds import audit, branding, routing, values
from app.sandbox.server import Sandbox
from tests.providers.hornetsecurity.conftest import UNBOOKED, site

EXCHANGES: list[dict[str, Any]] = [
    exchange
    for file in sorted((Path(__file__).parent / "exchanges").glob("*.json"))
    for exchange in json.loads(file.read_text("utf-8"))
]
PAGE = (
    "<!doctype html><html><head><title>Control Panel</title></head><body><form>Sign in</form></body></html>"
)
OLD_HEADERS = {"app-id": "0123456789", "app-version": "1.0.0", "cp-token": "m31nCpT0k3n"}

exchanges = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange["name"])
imitated = pytest.mark.parametrize(
    "exchange", [e for e in EXCHANGES if "sandbox" in e], ids=lambda exchange: exchange["name"]
)


def _ok(answer: Answer) -> str:
    wire.read_answer(answer)
    return "ok"


READERS: dict[str, Callable[[Answer], Any]] = {
    "POST /auth/login/": wire.read_login,
    "POST /auth/logout/": wire.read_answer,
    "GET /version/": wire.read_version,
    "GET /user/": wire.read_caller,
    "GET /auth/check/session/": wire.read_caller,
    "GET /hierarchy/": lambda answer: [asdict(node) for node in wire_tree.read_nodes(answer)],
    "POST /hierarchy/_search/": lambda answer: [asdict(node) for node in wire_tree.read_nodes(answer)],
    "GET /object/": lambda answer: asdict(wire_tree.read_object(answer)),
    "GET /domains/": lambda answer: (
        [asdict(row) for row in wire_domains.read_domains(answer)[0]],
        wire_domains.read_domains(answer)[1],
    ),
    "PUT /domains/": lambda answer: (
        None if (added := wire_domains.read_added(answer)) is None else sorted(added)
    ),
    "GET /domains/{domain_id}/deletion_info/": wire_domains.read_deletion,
    "DELETE /domains/{domain_id}/": wire.read_answer,
    "POST /mailboxes/": wire_domains.read_count,
    "GET /filtering/environment/{domain_id}/": lambda answer: [
        route.to_json()
        for route in wire_domains.environment_routes(wire_domains.read_settings_object(answer))
    ],
    "GET /filtering/emailhandling/{domain_id}/": lambda answer: {
        field.name: field.from_wire(wire_domains.read_settings_object(answer).get(field.name))
        for field in FIELDS
        if field.part == HANDLING
    },
    "POST /emails/_search/": lambda answer: (
        [_mail(row) for row in wire_messages.read_found(answer).rows],
        wire_messages.read_found(answer).total,
        wire_messages.read_found(answer).more,
    ),
    "POST /emails/_search/single_email/": lambda answer: _mail(values.read_object(answer) or {}),
    "POST /emails/statistics/by_type/": statistics.read_types,
    "POST /emails/statistics/by_time/": lambda answer: _times(statistics.read_times(answer)),
    "POST /emails/statistics/by_user/": lambda answer: [
        (user.user, user.total, user.by_class["clean"]) for user in statistics.read_users(answer)
    ],
    "GET /emails/black_white_list/": lambda answer: (
        [row["value"] for row in wire_lists.read_entries(answer).rows],
        wire_lists.read_entries(answer).more,
    ),
    "POST /emails/black_white_list/": lambda answer: _done(answer),
    "POST /emails/deliver/recipient/": lambda answer: _done(answer),
    "POST /emails/whitelist_and_deliver/": lambda answer: _done(answer),
    "POST /emails/mark/spam/": lambda answer: _done(answer),
    "GET /whitelabeling/": lambda answer: _branding(values.read_object(answer) or {}),
    "GET /mx_records/": health.read_hosts,
    "GET /email_authentication/dns_check/": lambda answer: [
        (reading.check, reading.verdict.value, reading.subject)
        for reading in health.read_check(answer, "example.com")
    ],
    "POST /environments/": lambda answer: [
        routing.environment(row).values for row in values.read_list(answer, "environments").rows
    ],
    "POST /mailboxes/alias/": lambda answer: values.texts_of(values.read_object(answer) or {}, "aliases"),
    "POST /emails/header/": lambda answer: (values.read_object(answer) or {})["raw_header"],
    "GET /support/": lambda answer: values.text_of(values.read_object(answer) or {}, "telephone"),
    "GET /user/format/": lambda answer: values.text_of(values.read_object(answer) or {}, "timezone"),
    "GET /auth/access_token/": lambda answer: [token.name for token in tokens.read_tokens(answer, None)],
    "POST /auditing/_search/": lambda answer: [
        audit.entry(row).label for row in values.read_list(answer, "auditings").rows
    ],
}

FROM_THE_SEED = (
    "POST /auth/login/",
    "POST /auth/logout/",
    "GET /version/",
    "POST /hierarchy/_search/",
    "POST /emails/_search/",
    "POST /emails/statistics/by_time/",
    "GET /whitelabeling/",
    "GET /whitelabeling/infos/",
    "GET /support/",
    "GET /user/format/",
)
"""Calls of the API manual."""

MUST_ANSWER_FIRST = (
    "GET /user/",
    "GET /object/",
    "GET /hierarchy/",
    "GET /domains/",
    "PUT /domains/",
    "DELETE /domains/{domain_id}/",
    "POST /domains/{domain_id}/check_verification/",
    "POST /emails/header/",
    "POST /emails/_search/single_email/",
    "POST /emails/statistics/by_type/",
    "GET /emails/black_white_list/",
    "POST /emails/black_white_list/",
    "DELETE /emails/black_white_list/{bwl_id}/",
    "POST /emails/deliver/recipient/",
    "POST /emails/whitelist_and_deliver/",
    "POST /emails/mark/spam/",
    "POST /mailboxes/",
    "POST /mailboxes/alias/",
    "PUT /mailboxes/alias/",
    "DELETE /mailboxes/alias/",
    "GET /filtering/environment/{domain_id}/",
    "POST /filtering/environment/{domain_id}/",
    "GET /filtering/emailhandling/{domain_id}/",
    "POST /filtering/emailhandling/{domain_id}/",
    "POST /environments/",
    "GET /mx_records/",
    "GET /email_authentication/dns_check/",
    "GET /filtering/subscription/",
    "GET /auth/access_token/",
    "POST /auth/access_token/",
    "DELETE /auth/access_token/{token_id}/",
    "POST /auditing/_search/",
)
"""Hornetsecurity contract sheet, section 8, beside those of the seed."""

REFUSALS_FIRST = {
    ("POST /auth/login/", 400, 2001),
    ("POST /auth/login/", 403, 2010),
    ("GET /user/", 400, 1004),
    ("GET /user/", 401, 1002),
    ("POST /emails/_search/", 400, 3089),
}
"""The refusals that the same section names."""


def _mail(row: Any) -> dict[str, Any]:
    item = wire_messages.item_of(row, MailSource.LOG, "example.com")
    assert item is not None
    words = {"class": item.mail_class, "state": item.state, "direction": item.direction}
    return {"title": item.title, **{name: one.value for name, one in words.items()}, "size": item.size}


def _times(found: Any) -> Any:
    if isinstance(found, dict):
        return found
    return [(one.name, [(moment.isoformat(), count) for moment, count in one.points]) for one in found]


def _done(answer: Answer) -> str:
    wire_lists.check_items(answer)
    return "ok"


def _branding(row: Any) -> tuple[str, str, bool]:
    shown = branding.branding_values(row)
    return shown["theme"], shown["colour"], shown["logo"] is not None


def answer_of(exchange: dict[str, Any]) -> Answer:
    """The exchange's answer as the transport hands it over."""
    call = next(call for call in calls.contract().calls if call.name == exchange["call"])
    if exchange.get("page"):
        body, kind = PAGE, "text/html"
    elif "text" in exchange:
        body, kind = exchange["text"], exchange.get("type", "text/plain")
    else:
        body, kind = json.dumps(exchange["answer"]) if "answer" in exchange else "", "application/json"
    return Answer(exchange.get("status", 200), {"Content-Type": kind}, body.encode(), 1.0, call.write)


@exchanges
def test_the_driver_understands_the_answer(exchange: dict[str, Any]) -> None:
    read = READERS.get(exchange["call"], _ok)
    wanted = exchange["read"]
    if not (isinstance(wanted, dict) and "error" in wanted):
        assert json.loads(json.dumps(read(answer_of(exchange)))) == wanted
        return
    with pytest.raises(UpstreamError) as caught:
        read(answer_of(exchange))
    assert type(caught.value).__name__ == wanted["error"]
    assert wanted["says"] in str(caught.value)
    assert caught.value.status == exchange.get("status", caught.value.status)


@imitated
def test_the_sandbox_gives_the_answer(exchange: dict[str, Any], sandbox: Sandbox) -> None:
    """Same status, same keys (of the first item of a list), same types of answer."""
    got = ask(exchange, sandbox)
    assert got.status_code == exchange.get("status", 200), got.text[:300]
    if "answer" in exchange:
        assert shape(got.json(), exchange) == shape(exchange["answer"], exchange)
    elif "text" in exchange:
        assert got.text == exchange["text"]
    else:
        assert got.text == ""
    if exchange.get("status", 200) >= 400:
        assert got.json()["error_id"] == exchange["answer"]["error_id"]


def ask(exchange: dict[str, Any], sandbox: Sandbox) -> requests.Response:
    """The exchange's request to the imitated panel."""
    how, demo = exchange["sandbox"], sandbox.upstreams["hornetsecurity"].credentials()
    method, path = exchange["call"].split(" ", 1)
    token = {"": "", "limited": demo["limited_token"]}.get(how.get("token", "demo"), demo["api_token"])
    headers = {"app-id": "0123456789", **(OLD_HEADERS if how.get("old") else {})}
    if token:
        headers["authorization"] = f"Token {token}"
    url = f"{sandbox.http('hornetsecurity')}/api/v0{path.format_map(how.get('ids', {}))}"
    query, body = (_with_ids(how.get(part), sandbox) for part in ("query", "body"))
    return requests.request(method, url, params=query, json=body, headers=headers, timeout=10)


def _with_ids(sent: Any, sandbox: Sandbox) -> Any:
    """What is sent, "$mail" being the id of a held message and "$unbooked" a customer without the filter."""
    text = json.dumps(sent)
    if "$mail" in text:
        now = site(sandbox).now()
        mails = site(sandbox).mails.between(now - timedelta(days=30), now, now)
        held = next(m for m in mails if (m.classification, m.direction, m.customer) == (1, 1, 2_222_222))
        text = text.replace("$mail", held.es_id)
    if "$unbooked" in text:
        text = text.replace("$unbooked", str(site(sandbox).directory.object_named(UNBOOKED)["id"]))
    return json.loads(text)


def shape(value: Any, exchange: dict[str, Any]) -> Any:
    """What two answers have in common when their values differ."""
    if isinstance(value, dict):
        ignored = exchange["sandbox"].get("ignore", ())
        kept = {key: item for key, item in value.items() if key not in ignored}
        if "error_id" in value:
            return sorted(kept)
        return {key: shape(item, exchange) for key, item in kept.items()}
    if isinstance(value, list):
        return [shape(item, exchange) for item in value[:1]]
    return "value"


@pytest.mark.parametrize("call", (*FROM_THE_SEED, *MUST_ANSWER_FIRST))
def test_what_must_answer_first_is_exchanged_with_driver_and_sandbox(call: str) -> None:
    """A success: what was refused says little of a call."""
    good = [one for one in EXCHANGES if one["call"] == call and one.get("status", 200) < 400]
    assert any("sandbox" in one for one in good), "no exchange with the sandbox"
    assert all("read" in one for one in good)


def test_the_refusals_that_must_come_first_are_exchanged() -> None:
    found = {
        (one["call"], one["status"], one["answer"].get("error_id"))
        for one in EXCHANGES
        if one.get("status", 200) >= 400 and isinstance(one.get("answer"), dict)
    }
    assert found >= REFUSALS_FIRST


def test_every_answer_that_the_driver_reads_is_among_the_exchanges() -> None:
    assert READERS.keys() <= {exchange["call"] for exchange in EXCHANGES}
