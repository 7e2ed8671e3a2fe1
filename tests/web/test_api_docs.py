"""The page of the REST API in Chromium, under the content security policy, against the application itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.conftest import add_person, browser_of, close_app, make_app, make_config
from tests.web.bearer import owner_of, tokens

pytestmark = pytest.mark.browser


@pytest.fixture
def app(tmp_path: Path, empty_database: str) -> Iterator[Any]:
    application = make_app(make_config(tmp_path, empty_database))
    yield application
    close_app(application)


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Browser, app: Any, address: str) -> Iterator[Page]:
    """The page as somebody from support sees it; whatever the browser complains about fails the test."""
    cookie = browser_of(app, add_person(app, "support", email="sue@x.example")).get_cookie("gatehouse")
    assert cookie is not None
    context = chromium.new_context(base_url=address)
    context.add_cookies([{"name": "gatehouse", "value": cookie.value, "url": address}])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.goto("/api/docs")
    yield page
    context.close()
    assert faults == []


def send(page: Page, operation: str) -> Any:
    """Opens a call, tries it out and returns the answer."""
    call = page.locator(f'.opblock[id$="-{operation}"]')
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/api/v1/**") as answer:
        call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text(
        str(answer.value.status)
    )
    return answer.value


def test_calls_are_shown_by_tag_and_tried_out_with_a_token(page: Page, app: Any) -> None:
    document = app.test_client().get("/api/v1/openapi.json").json
    calls = [call for path in document["paths"].values() for call in path.values()]
    tags = sorted({tag for call in calls for tag in call["tags"]})
    expect(page.locator(".opblock-tag")).to_have_count(len(tags))
    shown = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    assert shown == tags and {"Aliases", "Changes", "Connections", "Domains", "Jobs", "Settings"} <= set(tags)
    expect(page.locator(".opblock")).to_have_count(sum(len(calls) for calls in document["paths"].values()))

    value = tokens(app).make(owner_of(app, "sue@x.example"), "docs", "7", []).value.reveal()
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(value)
    page.locator(".auth-container").get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()

    answer = send(page, "list_jobs")
    assert answer.request.headers["authorization"] == f"Bearer {value}"
    assert answer.json() == {"items": [], "next": None}
