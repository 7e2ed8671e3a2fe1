"""The journeys notice what goes wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.site import Site
from tests.journeys.watch import Watch


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("console.error('oh')", "console: oh"),
        ("setTimeout(() => { throw new Error('broken') })", "script: "),
        (
            "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
            "Content Security",
        ),
        ("setTimeout(() => { location.href = 'http://127.0.0.1:9/' })", "leaves the server"),
        ("fetch('/nothing-there')", "404: "),
    ],
)
def test_a_fault_is_noticed(chromium: Browser, site: Site, script: str, said: str) -> None:
    watch = Watch(site.url)
    context = chromium.new_context(base_url=site.url)
    watch.over(context)
    page = context.new_page()
    page.goto("/login")
    assert watch.faults == []
    page.evaluate(script)
    page.wait_for_timeout(150)
    context.close()
    assert any(said in fault for fault in watch.faults), watch.faults
