"""Numbers for Prometheus: who may read them, and what they count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import REGISTRY

from app.core.ports import CallRecord
from app.web.metrics import observe_call
from tests.browser import Browser
from tests.conftest import SignIn

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.1"}


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_this_machine_may_read_them(client: Browser) -> None:
    client.get("/login")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert (
        'gatehouse_request_seconds_count{endpoint="security.login",method="GET",status="200"}' in answer.text
    )


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_on_this_machine_is_not_this_machine(client: Browser, header: str) -> None:
    assert client.get("/metrics", headers={header: "for=192.0.2.1"}).status_code == 404


def test_from_elsewhere_a_right_is_needed(client: Browser, sign_in: SignIn) -> None:
    assert client.get("/metrics", environ_base=ELSEWHERE).status_code == 404
    assert sign_in("operator").get("/metrics", environ_base=ELSEWHERE).status_code == 404
    assert sign_in("admin").get("/metrics", environ_base=ELSEWHERE).status_code == 200


def test_requests_are_counted_by_endpoint_not_by_address(client: Browser) -> None:
    before = count("gatehouse_request_seconds_count", method="GET", endpoint="none", status="404")
    client.get("/nowhere/1")
    client.get("/nowhere/2")
    after = count("gatehouse_request_seconds_count", method="GET", endpoint="none", status="404")
    assert after - before == 2


@pytest.mark.parametrize(
    ("status", "write", "problem", "label"),
    [(200, False, "", "2xx"), (503, True, "server error", "5xx"), (None, True, "no answer", "none")],
)
def test_upstream_calls_are_counted(status: Any, write: bool, problem: str, label: str) -> None:
    labels = {"connection": "prod", "status": label, "write": "yes" if write else "no"}
    calls = count("gatehouse_upstream_call_seconds_count", **labels)
    problems = count("gatehouse_upstream_problems_total", connection="prod")
    now = datetime.now(UTC)
    observe_call(
        CallRecord("prod", "c", "GET", "http://x", status, 12.0, now, "curl", write, problem=problem)
    )
    assert count("gatehouse_upstream_call_seconds_count", **labels) - calls == 1
    assert count("gatehouse_upstream_problems_total", connection="prod") - problems == bool(problem)
