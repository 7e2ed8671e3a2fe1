"""What only Cleanmail has: pages of a list, sheets, files, and headers with a warning."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from app.core.connections import build_connection
from app.providers import registry
from app.sandbox.server import Sandbox
from tests.browser import Browser
from tests.features.console.test_views import field, send
from tests.features.page import Page
from tests.features.world import ADMIN, World

KEY = "mail"
HERE = f"/console/{KEY}"


@pytest.fixture(scope="module")
def running_cleanmail() -> Iterator[Sandbox]:
    """An imitated Cleanmail, for all tests of this file."""
    sandbox = Sandbox(slugs=("cleanmail",))
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def cleanmail(running_cleanmail: Sandbox) -> Sandbox:
    """The same, fresh."""
    running_cleanmail.reset()
    return running_cleanmail


def connect(world: World, sandbox: Sandbox, token: str = "token") -> None:
    """Adds a connection with one of the imitated tokens."""
    values = {"token": sandbox.upstreams["cleanmail"].credentials()[token]}
    data = {
        "key": KEY,
        "kind": "cleanmail",
        "name": "Mail",
        "base_url": sandbox.http("cleanmail"),
        "values": values,
    }
    world.wired.store.add(build_connection(data, registry.cards()))


def test_a_list_is_read_page_by_page(world: World, cleanmail: Sandbox, admin: Browser) -> None:
    connect(world, cleanmail)
    page = send(admin, f"{HERE}/listUsers", pageSize="2", sort="id")
    assert page.status == 200 and "in the whole list" in page.text and "Next page, from 3 on" in page.text
    assert 'form="call" class="btn btn-sm mt-2" name="offset" value="2"' in page.html
    data = page.form("request_key").sent()
    data.add("offset", "2")
    following = Page(admin.post(f"{HERE}/listUsers", data=data))
    assert "Next page, from 5 on" in following.text
    assert following.form("request_key").value(field(following, "offset")) == "2"
    assert cleanmail.calls["cleanmail"].names() == ["listUsers", "listUsers"]


def test_a_list_as_a_sheet(world: World, cleanmail: Sandbox, admin: Browser) -> None:
    connect(world, cleanmail)
    domain = world.wired.pool.driver(world.wired.connections.get(ADMIN, KEY)).client.ask("listDomains")[0][
        "id"
    ]
    url = f"{HERE}/listDomainUsers"
    page = send(admin, url, domainId=domain, Accept="application/vnd.ms-excel")
    assert "This is no text." in page.text and "application/vnd.ms-excel" in page.text
    saved = admin.post(url, data=page.form("request_key").sent("save"))
    assert (
        saved.data.startswith(b"PK") and "mail-listDomainUsers.xlsx" in saved.headers["Content-Disposition"]
    )


def test_headers_are_chosen_knowingly(world: World, cleanmail: Sandbox, admin: Browser) -> None:
    connect(world, cleanmail)
    page = Page(admin.get(f"{HERE}/deleteDomain"))
    assert "refused from that moment on" in page.text and 'type="checkbox"' in page.html
    page = Page(admin.get(f"{HERE}/releaseEmail"))
    assert "delivers the virus" in page.text
    send(admin, f"{HERE}/deleteDomain", confirm=True, domainId="nosuch", **{"X-Ignore-MX": "true"})
    [change] = world.changes()
    assert change.step.after == {"domainId": "nosuch", "X-Ignore-MX": "true"} and change.state == "rejected"


def test_a_file_is_uploaded(world: World, cleanmail: Sandbox, admin: Browser) -> None:
    connect(world, cleanmail)
    url = f"{HERE}/uploadAttachment"
    page = Page(admin.get(url))
    data = page.form("request_key").sent(confirm="y")
    data.add(field(page, "file"), (io.BytesIO(b"one\x00two"), "a note.txt", "text/plain"))
    answer = Page(admin.post(url, data=data, content_type="multipart/form-data"))
    assert answer.status == 200 and "Sent uploadAttachment" in answer.text
    assert world.changes()[0].step.after["file"] == {"name": "a note.txt", "bytes": 7}


def test_a_whole_body_as_json(world: World, cleanmail: Sandbox, admin: Browser) -> None:
    connect(world, cleanmail)
    driver = world.wired.pool.driver(world.wired.connections.get(ADMIN, KEY))
    domain = driver.client.ask("listDomains")[0]["id"]
    page = send(admin, f"{HERE}/addDomainAlias", confirm=True, domainId=domain, body='["console.test"]')
    assert page.status == 200
    aliases = driver.client.ask("listDomainAliases", {"domainId": domain})
    assert "console.test" in str(aliases)


def test_calls_that_the_role_closes_say_so(world: World, cleanmail: Sandbox, admin: Browser) -> None:
    connect(world, cleanmail, "limited_token")
    admin.send(f"/connections/{KEY}/test")
    page = Page(admin.get(f"{HERE}/createDomain"))
    assert "has not the sysadmin role" in page.text and not any(
        b for f in page.forms for b in f.buttons if b[0] == "save"
    )
    assert "Needs the role sysadmin" in page.text
