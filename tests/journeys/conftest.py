"""What a journey can ask for: a dashboard of its own, and browser pages that complain about what goes wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.sandbox.server import Sandbox
from tests.journeys.site import Prepared, Site, prepare, start_sandbox
from tests.journeys.watch import Watch

expect.set_options(timeout=15_000)

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives Chromium."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def imitated() -> Iterator[Sandbox]:
    """The imitated upstreams, started once."""
    sandbox = start_sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, empty_database: str, imitated: Sandbox) -> Prepared:
    """The data that every journey begins with."""
    return prepare(tmp_path_factory.mktemp("prepared"), empty_database, imitated)


@pytest.fixture
def site(tmp_path: Path, imitated: Sandbox, prepared: Prepared) -> Iterator[Site]:
    """A dashboard with data of its own; the upstreams are as at the start."""
    imitated.reset()
    site = Site(prepared, tmp_path, imitated)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def open_page(chromium: Browser, site: Site, prepared: Prepared) -> Iterator[OpenPage]:
    """`open_page("support", color_scheme="dark")`: a page of a browser in which a person of this role is signed in.

    The role "" is nobody. Takes the arguments of Playwright's `new_context`. What a page did wrong fails the test.
    """
    watch = Watch(site.url)
    contexts = []

    def opened(role: str = "admin", **options: Any) -> Page:
        given = {"viewport": {"width": 1400, "height": 900}, "locale": "en-GB", **options}
        context = chromium.new_context(base_url=site.url, **given)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if role:
            cookie = prepared.cookies[role]
            context.add_cookies([{"name": "gatehouse", "value": cookie, "url": site.url, "httpOnly": True}])
        watch.over(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert watch.faults == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page on which the administrator is signed in."""
    return open_page()
