"""Whatever an upstream does, a page says so: never an error of ours, and a domain that is known is shown."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException

from app import wiring
from app.core.capabilities import Capability
from app.core.ports import ChangeQuery
from app.providers import registry
from app.sandbox.faults import KINDS
from app.sandbox.server import Sandbox
from tests.browser import Browser, request_key_of, token_of
from tests.conftest import add_person, browser_of, close_app, make_app, make_config
from tests.contract.calls import some_of, typed
from tests.contract.description import Description
from tests.faults.operations import about
from tests.faults.trial import CAPPED, OWN, Tally
from tests.operations.world import World

MINE = range(200, 500)
"""Statuses of our pages: everything but an error of ours. 502, 503 and 504 say that it was the upstream."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Any]:
    """The application as it is served; pauses between tries cost no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            wiring, "Http", functools.partial(wiring.Http, sleep=lambda _: None, jitter=lambda: 0.0)
        )
        app = make_app(make_config(tmp_path_factory.mktemp("site"), empty_database, PAGE_DEADLINE="2"))
        yield app
        close_app(app)


@pytest.fixture(scope="module")
def browser(site: Any) -> Browser:
    """An administrator's."""
    return browser_of(site, add_person(site, "admin"))


def _some() -> list[Any]:
    """The providers: two that differ most in every run, all of them with the full product."""
    some = ("spamexperts", "hornetsecurity")
    return [pytest.param(s, marks=[] if s in some else pytest.mark.faults) for s in registry.PROVIDERS]


@pytest.fixture(params=_some())
def upstream(request: pytest.FixtureRequest, site: Any, faulty_upstreams: Sandbox) -> World:
    """One of them, connected, its demo domain known."""
    faulty_upstreams.reset()
    world = World(site.extensions["gatehouse"], faulty_upstreams, request.param)
    world.key = request.param
    world.connect(**CAPPED, read_timeout=0.3, write_timeout=0.4)
    assert world.wired.sync.refresh(world.connection(), about(world.slug).domain) is None
    return world


@pytest.fixture(params=KINDS)
def broken(request: pytest.FixtureRequest, upstream: World) -> Callable[[], None]:
    """Lets the fault begin."""
    return lambda: upstream.faults({"fault": request.param, **OWN.get(request.param, {})})


def check(answer: Any) -> None:
    """It is a page of ours, and no error of ours."""
    assert answer.status_code in MINE or answer.status_code in (502, 503, 504), answer.text[:2000]
    assert "<html" in answer.text and "Traceback" not in answer.text


def test_without_a_fault_all_of_it_works(browser: Browser, upstream: World) -> None:
    it = about(upstream.slug)
    page = browser.get(f"/domains/new?connection={upstream.key}").text
    assert browser.post("/domains/new", data=_filled(it, upstream, page)).status_code == 303
    assert browser.get(f"/domains/{upstream.key}/{it.new}").status_code == 200
    assert upstream.driver().read_domain(it.new).name == it.new


def test_the_page_of_a_domain(browser: Browser, upstream: World, broken: Callable[[], None]) -> None:
    domain = about(upstream.slug).domain
    broken()
    answer = browser.get(f"/domains/{upstream.key}/{domain}")
    check(answer)
    assert answer.status_code == 200 and domain in answer.text


def test_adding_a_domain(browser: Browser, upstream: World, broken: Callable[[], None]) -> None:
    it = about(upstream.slug)
    page = browser.get(f"/domains/new?connection={upstream.key}").text
    broken()
    check(browser.post("/domains/new", data=_filled(it, upstream, page), follow_redirects=True))


def _filled(it: Description, upstream: World, page: str) -> dict[str, str]:
    data = {
        "csrf_token": token_of(page),
        "request_key": request_key_of(page),
        "connection": upstream.key,
        "domain": it.new,
        **{f"option_{name}": value for name, value in it.options.items()},
    }
    if Capability.ROUTES_WRITE in upstream.wired.cards[upstream.slug].can:
        data |= {f"routes-{n}-host": host for n, host in enumerate(it.route_hosts)}
    return data


def test_removing_a_domain(browser: Browser, upstream: World, broken: Callable[[], None]) -> None:
    domain = about(upstream.slug).domain
    url = f"/domains/{upstream.key}/{domain}/remove"
    page = browser.get(url)
    check(page)
    data = {"csrf_token": browser.token(), "confirm": domain}
    if page.status_code == 200:
        data["request_key"] = request_key_of(page.text)
    broken()
    check(browser.get(url))
    check(browser.post(url, data=data, follow_redirects=True))


CALLS = {
    "spamexperts": ("api_version", "api_add_domain_alias"),
    "hornetsecurity": ("GET /user/", "PUT /domains/"),
    "cleanmail": ("listDomains", "newPolicy"),
    "olspanel": ("domain_list", "add_domain"),
    "spanel": ("accounts/listaccounts", "accounts/createpackage"),
}
"""For the console: a read and a write of each upstream."""


def _send(browser: Browser, upstream: World, name: str, begin: Callable[[], None] = lambda: None) -> Any:
    """Fills in the page of a call, and sends it once the fault has begun."""
    call = registry.contract(upstream.slug).find(name)
    assert call is not None
    url = f"/console/{upstream.key}/{name}"
    page = browser.get(url).text
    data = {"csrf_token": token_of(page), "request_key": request_key_of(page), "confirm": "y"}
    given = some_of(call, required=True, shown="7")
    fields = {f"argument-{n}": typed(given.get(name)) for n, name in enumerate(call.by_name())}
    begin()
    return browser.post(url, data={**data, **fields})


def test_a_single_call_without_a_fault(browser: Browser, upstream: World) -> None:
    answer = _send(browser, upstream, CALLS[upstream.slug][0])
    assert answer.status_code == 200 and "Status 200" in answer.text


def test_a_single_call_that_reads(browser: Browser, upstream: World, broken: Callable[[], None]) -> None:
    check(_send(browser, upstream, CALLS[upstream.slug][0], broken))


def test_a_single_call_that_writes(browser: Browser, upstream: World, broken: Callable[[], None]) -> None:
    name = CALLS[upstream.slug][1]
    answer = _send(browser, upstream, name, broken)
    check(answer)
    query = ChangeQuery(connection=upstream.key, verb="call.send")
    [change, *_] = upstream.wired.journal.page(upstream.actor, query)
    assert change.step.subject == name and change.state != "intended"
    assert (change.state == "done") is (answer.status_code == 200)


# --- every page that asks an upstream ---------------------------------------------------------------------------------

LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
MOST_PAGES = 200


@pytest.fixture(scope="module")
def asking_pages() -> dict[str, list[str]]:
    """The addresses of the pages that ask an upstream, by provider; found once each."""
    return {}


def _found_pages(browser: Browser, upstream: World) -> list[str]:
    """Follows the links from a domain and its connection: one page of each address rule, and of each kind of resource."""
    key, domain = upstream.key, about(upstream.slug).domain
    waiting = [
        f"/domains/{key}/{domain}",
        f"/connections/{key}",
        f"/console/{key}",
        "/resources/",
        "/quarantine/",
    ]
    seen: set[Any] = set()
    asking = []
    while waiting:
        url = waiting.pop(0)
        upstream.log.clear()
        answer = browser.get(url)
        assert answer.status_code < 500, url
        if upstream.log.entries():
            asking.append(url)
        links = LINK.findall(answer.text) if "html" in answer.content_type else ()
        for link in map(html.unescape, links):
            rule = _rule(browser, link)
            if rule and rule not in seen and (key in link or link.count("/") < 4):
                seen.add(rule)
                waiting.append(link)
        answer.close()
    return asking


def _rule(browser: Browser, url: str) -> Any:
    """What tells one page from another: its endpoint, and the kind of thing it is about."""
    try:
        endpoint, found = browser.application.url_map.bind("").match(url.partition("?")[0])
    except HTTPException:
        return None
    left_out = ("static", "accounts.", "security.", "auth.")
    kind = found.get("kind") or found.get("name"), found.get("action")
    return None if str(endpoint).startswith(left_out) else (endpoint, *kind)


@pytest.mark.faults
def test_every_page(
    browser: Browser,
    upstream: World,
    broken: Callable[[], None],
    asking_pages: dict[str, list[str]],
    tally: Tally,
) -> None:
    """Whatever the fault: a page of ours, and never a status of 500."""
    if upstream.slug not in asking_pages:
        asking_pages[upstream.slug] = _found_pages(browser, upstream)
    pages = asking_pages[upstream.slug]
    assert 3 < len(pages) < MOST_PAGES
    broken()
    for url in pages:
        answer = browser.get(url)
        tally.pages += 1
        if answer.status_code == 500 or b"Traceback" in answer.data:
            tally.errors.append(f"{upstream.slug} {url}")
        answer.close()
    assert not tally.problems
