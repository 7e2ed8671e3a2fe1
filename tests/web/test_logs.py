"""Log lines: one form, the id of the request, and no query strings."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from app.web import logs
from tests.browser import Browser


@pytest.fixture
def as_json(app: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Sets JSON log lines; gives a function that returns those written since."""
    logs.configure("json", "info")
    capsys.readouterr()
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    logs.configure("text", "warning")


def test_a_request_is_one_line_without_its_query(as_json: Any, client: Browser) -> None:
    client.get("/login?next=/x&secret=MARKED", headers={"X-Request-ID": "abcdefgh-123"})
    (line,) = [line for line in as_json() if line["logger"] == "gatehouse.requests"]
    assert line["event"].startswith("GET /login 200 ")
    assert (line["request_id"], line["level"]) == ("abcdefgh-123", "info")
    assert "MARKED" not in json.dumps(line)


def test_lines_of_libraries_carry_the_request_too(app: Any, as_json: Any, client: Browser) -> None:
    app.add_url_rule(
        "/log", "log", lambda: logging.getLogger("some.library").warning("hello %s", "there") or ""
    )
    client.get("/log", headers={"X-Request-ID": "abcdefgh-123"})
    (line,) = [line for line in as_json() if line["logger"] == "some.library"]
    assert (line["event"], line["request_id"]) == ("hello there", "abcdefgh-123")


def fail() -> None:
    password = "MARKED-" + str(1)
    raise ZeroDivisionError(len(password))


def test_a_fault_is_logged_with_its_trace_but_no_values(app: Any, as_json: Any, client: Browser) -> None:
    app.add_url_rule("/fault", "fault", fail)
    client.get("/fault")
    (line,) = [line for line in as_json() if line["level"] == "error"]
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert line["exception"][0]["frames"][-1]["name"] == "fail"
    assert "MARKED-1" not in json.dumps(line)


def test_as_text_a_trace_shows_no_values_either(
    app: Any, client: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    app.add_url_rule("/fault", "fault", fail)
    client.get("/fault")
    written = capsys.readouterr().err
    assert "in fail" in written and "ZeroDivisionError: 8" in written
    assert "MARKED-1" not in written


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with blank", "line\tbreak", "<script>alert"])
def test_an_odd_request_id_is_replaced(client: Browser, given: str) -> None:
    used = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert used != given
    assert len(used) == 16


def test_probes_and_static_files_write_no_line(as_json: Any, client: Browser) -> None:
    for address in ("/healthz", "/metrics", "/static/gatehouse.css"):
        client.get(address)
    assert as_json() == []


def test_no_password_reaches_the_log(as_json: Any, client: Browser) -> None:
    client.sign_in("a@x.example", "MARKED-password")
    assert "MARKED" not in json.dumps(as_json())


def test_configuring_twice_writes_each_line_once(as_json: Any, client: Browser) -> None:
    logs.configure("json", "info")
    client.get("/login")
    assert len([line for line in as_json() if line["logger"] == "gatehouse.requests"]) == 1
