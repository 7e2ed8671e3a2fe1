"""The pages of connections."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.core.actor import Right
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Form, Page, see, send, submit
from tests.features.world import ADMIN, HOME, OLS, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World

PAGES: Pages = {
    "/connections/": ("GET", Right.VIEW_CONNECTIONS),
    "/connections/test": ("POST", Right.VIEW_CONNECTIONS),
    "/connections/new": ("GET POST", Right.MANAGE_CONNECTIONS),
    f"/connections/{SE}": ("GET", Right.VIEW_CONNECTIONS),
    f"/connections/{SE}/edit": ("GET POST", Right.MANAGE_CONNECTIONS),
    f"/connections/{SE}/sync": ("POST", Right.SYNC),
    f"/connections/{SE}/switch": ("POST", Right.MANAGE_CONNECTIONS),
    f"/connections/{SE}/remove": ("GET POST", Right.MANAGE_CONNECTIONS),
}
SECRET = "demo-software-api"


def test_they_need_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, {a: m for a, m in PAGES.items() if not a.endswith("/test")})


def new_form(browser: Browser, kind: str = "spamexperts") -> Form:
    return see(browser, f"/connections/new?kind={kind}").form("base_url")


def fields(world: World, **changes: Any) -> dict[str, Any]:
    """What a good connection to the sandbox is."""
    good = {
        "name": "Filter · own",
        "base_url": world.sandbox.https("spamexperts") + "/",
        "value_username": "softwareapi",
        "value_password": SECRET,
        "tls": "ca_file",
        "ca_file": str(world.sandbox.ca_path),
        "connect_timeout": "0,5".replace(",", "."),
        "read_timeout": "1",
    }
    return {**good, **changes}


def add(world: World, browser: Browser, **changes: Any) -> Page:
    return submit(browser, new_form(browser), press="save", **fields(world, **changes))


# --- adding ---


def test_the_provider_is_chosen_first_and_makes_the_form(admin: Browser) -> None:
    page = see(admin, "/connections/new")
    for kind in ("spamexperts", "olspanel"):
        assert f"/connections/new?kind={kind}" in page.links
    form = new_form(admin, "olspanel")
    assert {"value_username", "value_password", "value_admin_username"} <= form.names
    assert "value_admin_username" not in new_form(admin).names


def test_a_connection_is_added_tested_and_read(world: World, admin: Browser) -> None:
    page = add(world, admin)
    assert page.answer.request.path == "/connections/filter-own"
    assert "Added the connection Filter · own. Test it before you rely on it." in page.text
    page = submit(admin, page.form_to("/connections/filter-own/test"))
    assert "Filter · own answers: 106752." in page.text
    assert "up" in page.text
    job = submit(admin, page.form_to("/connections/filter-own/sync"))
    assert job.answer.request.path.startswith("/jobs/")
    world.work()
    assert world.row(HOME, "filter-own") is not None
    assert "Filter · own" in see(admin, "/domains/").text
    assert "Connection added" in see(admin, "/changes/").text


def test_tried_without_saving(world: World, admin: Browser) -> None:
    page = submit(admin, new_form(admin), press="try", **fields(world))
    assert "It answers: 106752. Nothing was saved yet." in page.text
    form = page.form("base_url")
    assert form.value("name") == "Filter · own"
    assert form.value("value_password") == ""
    assert SECRET not in page.html
    assert see(admin, "/connections/filter-own").status == 404
    assert world.changes() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This is needed."),
        ({"name": "x" * 81}, "80"),
        ({"base_url": ""}, "full address"),
        ({"base_url": "filter.example"}, "full address"),
        ({"base_url": "ftp://filter.example"}, "full address"),
        ({"base_url": "https://me:pw@filter.example"}, "fields of their own"),
        ({"base_url": "https://filter.example/?a=b"}, "Leave out everything"),
        ({"base_url": "https://filter.example:99999"}, "not a web address"),
        ({"key": "Has Blanks"}, "lower-case letters"),
        ({"value_username": ""}, "This is needed too"),
        ({"value_password": ""}, "This is needed too"),
        ({"value_username": "", "value_password": ""}, "Fill in the fields of one of these"),
        ({"value_password": "a\x00b"}, "control character"),
        ({"tls": "ca_file", "ca_file": ""}, "Name the file"),
        ({"tls": "ca_file", "ca_file": "/nowhere.pem"}, "no such file"),
        ({"connect_timeout": "soon"}, "number"),
        ({"connect_timeout": "0"}, "0.1"),
        ({"read_timeout": "9999"}, "300"),
        ({"parallel": "1.5"}, "whole number"),
        ({"parallel": "0"}, "1"),
        ({"per_second": "-1"}, "0"),
        ({"body_cap": "lots"}, "number"),
        ({"body_cap": "1e99"}, "body_cap"),
        ({"resolvers": "dns.example"}, "IP addresses"),
    ],
)
def test_what_cannot_be_is_said_on_its_field_and_the_input_stays(
    world: World, admin: Browser, changes: dict[str, str], words: str
) -> None:
    page = add(world, admin, **changes)
    assert page.status == 422, page.text
    assert words in page.text or words in page.html
    assert "invalid-feedback" in page.html
    form = page.form("base_url")
    for name, value in fields(world, **changes).items():
        assert form.value(name) == ("" if name == "value_password" else value)
    assert SECRET not in page.html
    assert world.wired.store.all() == []


def test_a_key_that_is_taken_is_told(world: World, admin: Browser) -> None:
    page = add(world, admin, key=SE)
    assert page.status == 409
    assert "taken by another connection" in page.text
    add(world, admin)
    assert add(world, admin).status == 409


def test_plain_http_and_unchecked_certificates_are_warned_of(world: World, admin: Browser) -> None:
    page = add(world, admin, base_url="http://filter.example", tls="off")
    assert "travel in clear text" in page.text
    add(world, admin, name="Open", tls="off")
    assert "certificate of this upstream is not checked" in see(admin, "/connections/open").text
    assert "not checked" in see(world.sign_in("auditor"), "/connections/").text


# --- what a test finds ---


@pytest.fixture
def listening() -> Iterator[Callable[..., int]]:
    """Starts a server that answers every request with these bytes, over TLS where a context is given."""
    sockets: list[socket.socket] = []

    def start(answer: bytes, tls: ssl.SSLContext | None = None) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    with connection if tls is None else tls.wrap_socket(connection, server_side=True) as peer:
                        peer.recv(65536)
                        peer.sendall(answer)
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in sockets:
        server.close()


def http(body: bytes, kind: str = "text/plain", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def tried(world: World, browser: Browser, **changes: Any) -> str:
    """What "Test without saving" says."""
    page = submit(browser, new_form(browser), press="try", **fields(world, **changes))
    assert page.status == 200, page.text
    assert "Nothing was saved yet." in page.text
    assert SECRET not in page.html
    return page.text


def test_wrong_credentials(world: World, admin: Browser) -> None:
    assert "does not accept" in tried(world, admin, value_password="wrong-one")
    assert "does not accept" in tried(world, admin, value_username="somebody")


def test_a_wrong_address(world: World, admin: Browser, listening: Callable[..., int]) -> None:
    free = listening(b"")
    address = f"http://127.0.0.1:{free + 1 if free < 65000 else free - 1}"
    assert "127.0.0.1" in tried(world, admin, base_url=address, tls="system")
    assert "not" in tried(world, admin, base_url="http://nowhere.invalid", tls="system")
    path = world.sandbox.https("spamexperts") + "/other"
    assert "404" in tried(world, admin, base_url=path) or "SpamExperts" in tried(world, admin, base_url=path)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(b"<html><body>Welcome to nginx!</body></html>", "text/html"), "SpamExperts"),
        (http(b'{"hello": "world"}', "application/json"), "SpamExperts"),
        (http(b"", status="302 Found\r\nLocation: https://portal.example/login"), "redirects to"),
        (http(b"gone", status="500 Internal Server Error"), "500"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "HTTP"),
        (b"", "closed"),
    ],
)
def test_an_address_that_is_no_spamexperts(
    world: World, admin: Browser, listening: Callable[..., int], answer: bytes, words: str
) -> None:
    text = tried(world, admin, base_url=f"http://127.0.0.1:{listening(answer)}", tls="system")
    assert words in text


def test_an_expired_a_foreign_and_an_unknown_certificate(
    world: World, admin: Browser, listening: Callable[..., int]
) -> None:
    authority = world.sandbox._authority
    expired = listening(http(b""), authority.context(["127.0.0.1"], expired=True))
    assert "expired" in tried(world, admin, base_url=f"https://127.0.0.1:{expired}")
    other = listening(http(b""), authority.context(["mail.elsewhere.example"]))
    assert "certificate" in tried(world, admin, base_url=f"https://127.0.0.1:{other}")
    assert "certificate" in tried(world, admin, tls="system", ca_file="")
    plain = listening(http(b""))
    assert "Does port" in tried(world, admin, base_url=f"https://127.0.0.1:{plain}")
    https_port = world.sandbox.https("spamexperts").rpartition(":")[2]
    assert "127.0.0.1" in tried(world, admin, base_url=f"http://127.0.0.1:{https_port}", tls="system")


def test_fifty_megabytes(world: World, admin: Browser) -> None:
    world.fault("huge", size=50_000_000)
    assert "32 MB" in tried(world, admin, read_timeout="20")


def test_a_stored_connection_keeps_what_its_test_found(world: World, admin: Browser) -> None:
    add(world, admin)
    world.fault("html")
    page = submit(admin, see(admin, "/connections/filter-own").form_to("/connections/filter-own/test"))
    assert "cannot be used" in page.text and "down" in page.text
    assert "down" in see(admin, "/connections/").text
    world.all_well()
    world.sandbox.upstreams["spamexperts"].profile["help_hides"] = ["api_remove_domain"]
    page = submit(admin, page.form_to("/connections/filter-own/test"))
    assert "These credentials may not use api_remove_domain" in page.text
    world.sync("filter-own")
    shown = see(admin, f"/domains/filter-own/{HOME}")
    assert "may not use api_remove_domain" in shown.text
    assert see(admin, f"/domains/filter-own/{HOME}/remove").status == 409


def test_all_are_tested_side_by_side(world: World, admin: Browser) -> None:
    page = submit(admin, see(admin, "/connections/").form_to("/connections/test"))
    assert "3 of 3 connections answer." in page.text
    assert page.text.count("106752") >= 2
    world.fault("refuse", upstream="olspanel")
    page = submit(admin, page.form_to("/connections/test"))
    assert "2 of 3 connections answer. No: Ols filter." in page.text


# --- changing ---


def test_an_edit_keeps_the_secret_that_was_left_empty(world: World, admin: Browser) -> None:
    add(world, admin)
    form = see(admin, "/connections/filter-own/edit").form("base_url")
    assert form.value("value_password") == "" and form.value("value_username") == "softwareapi"
    page = submit(admin, form, press="save", name="Renamed", parallel="3")
    assert "Saved the connection Renamed." in page.text
    stored = world.wired.store.get("filter-own")
    assert (stored.name, stored.parallel, stored.value("password")) == ("Renamed", 3, SECRET)
    page = submit(admin, see(admin, "/connections/filter-own/edit").form("base_url"), press="try")
    assert "It answers" in page.text


def test_a_new_secret_replaces_the_old_one(world: World, admin: Browser) -> None:
    add(world, admin, value_password="wrong")
    form = see(admin, "/connections/filter-own/edit").form("base_url")
    submit(admin, form, press="save", value_password=SECRET)
    assert world.wired.store.get("filter-own").value("password") == SECRET


def test_two_tabs_do_not_overwrite_each_other(world: World, admin: Browser) -> None:
    add(world, admin)
    first, second = (see(admin, "/connections/filter-own/edit").form("base_url") for _ in range(2))
    submit(admin, first, press="save", name="First")
    page = submit(admin, second, press="save", name="Second")
    assert page.status == 409
    assert page.form("base_url").value("name") == "Second"
    assert world.wired.store.get("filter-own").name == "First"


def test_a_mistake_while_editing_keeps_the_rest(world: World, admin: Browser) -> None:
    add(world, admin)
    form = see(admin, "/connections/filter-own/edit").form("base_url")
    page = submit(admin, form, press="save", read_timeout="x", name="Other")
    assert page.status == 422
    assert page.form("base_url").value("name") == "Other"


def test_switched_off_nothing_is_asked_or_changed(world: World, admin: Browser) -> None:
    add(world, admin)
    world.sync("filter-own")
    page = see(admin, "/connections/filter-own")
    page = submit(admin, page.form("on", "0"))
    assert "is switched off" in page.text
    world.calls.clear()
    shown = see(admin, f"/domains/filter-own/{HOME}")
    assert shown.status == 200 and "switched off" in shown.text
    assert see(admin, f"/domains/filter-own/{HOME}/remove").status == 409
    assert see(admin, f"/policies/filter-own/{HOME}").status == 200
    assert admin.send("/connections/filter-own/sync").status_code == 303
    assert "filter-own" not in see(admin, "/domains/new").html
    assert world.upstream_calls() == 0
    page = submit(admin, see(admin, "/connections/filter-own").form("on", "1"))
    assert "is switched on" in page.text


def test_a_connection_is_removed_with_its_inventory_after_its_key_was_typed(
    world: World, admin: Browser
) -> None:
    add(world, admin)
    world.sync("filter-own")
    world.calls.clear()
    page = see(admin, "/connections/filter-own/remove")
    assert "Its 10 domains" in page.text
    page = submit(admin, page.form("confirm"), confirm="filter")
    assert page.status == 422
    page = submit(admin, page.form("confirm"), confirm="filter-own")
    assert "Removed the connection Filter · own. Nothing was changed at the upstream." in page.text
    assert see(admin, "/connections/filter-own").status == 404
    assert world.row(HOME, "filter-own") is None
    assert world.upstream_calls() == 0
    assert "Connection removed" in see(admin, "/changes/").text


def test_what_is_declared_in_a_file_is_read_only(world: World, admin: Browser) -> None:
    page = see(admin, f"/connections/{SE}")
    assert "declared in a file" in page.text
    assert not any(link.startswith(f"/connections/{SE}/") for link in page.links)
    assert see(admin, f"/connections/{SE}/edit").status == 409
    assert admin.send(f"/connections/{SE}/switch", {"on": "0"}).status_code == 409
    assert see(admin, f"/connections/{SE}/remove").status == 409
    assert admin.send(f"/connections/{SE}/remove", {"confirm": SE}).status_code == 409
    assert admin.send(f"/connections/{SE}/test").status_code == 303
    assert world.wired.connections.get(ADMIN, SE).enabled


def test_sent_twice_is_one_connection(world: World, admin: Browser) -> None:
    form = new_form(admin)
    first = send(admin, form, press="save", **fields(world))
    second = send(admin, form, press="save", **fields(world))
    assert first.status_code == 303
    assert second.status_code in (303, 409)
    assert len(world.wired.store.all()) == 1


@pytest.mark.parametrize("key", ["gone", "%00", "💥"])
def test_what_is_not_there_is_not_found(looking: Browser, key: str) -> None:
    assert looking.get(f"/connections/{key}").status_code == 404


# --- scope ---


def test_outside_the_scope_is_not_there(world: World) -> None:
    browser = world.sign_in("admin", scopes=ONLY_TWIN)
    page = see(browser, "/connections/")
    assert "Twin filter" in page.text and "Se filter" not in page.text and "Ols filter" not in page.text
    for path in ("", "/edit", "/remove"):
        assert browser.get(f"/connections/{SE}{path}").status_code == 404
    for path in ("/test", "/sync", "/switch", "/remove"):
        assert browser.send(f"/connections/{SE}{path}", {"confirm": SE}).status_code == 404
    assert "1 of 1 connections answer" in submit(browser, page.form_to("/connections/test")).text
    assert browser.send(f"/connections/{TWIN}/sync").status_code == 303


def test_who_sees_a_part_of_a_connection_does_not_manage_it(world: World, admin: Browser) -> None:
    add(world, admin)
    world.sync("filter-own")
    browser = world.sign_in("admin", scopes=ONLY_NORDWIND)
    for path in ("/edit", "/remove"):
        assert browser.get(f"/connections/filter-own{path}").status_code in (403, 404)
    assert browser.send("/connections/filter-own/switch", {"on": "0"}).status_code in (403, 404)
    page = submit(browser, new_form(browser), press="save", **fields(world, name="Mine"))
    assert page.status in (403, 404)
    assert [c.key for c in world.wired.store.all()] == ["filter-own"]
    assert world.wired.store.get("filter-own").enabled


def test_numbers_on_a_connection_are_cut_to_the_scope(world: World) -> None:
    browser = world.sign_in("admin", scopes=ONLY_NORDWIND)
    page = see(browser, f"/connections/{SE}")
    assert "Domains 3" in page.text
    assert OLS in see(browser, "/connections/").html or "Ols" in see(browser, "/connections/").text


def test_a_server_that_is_not_well_shows_where_connections_and_health_do(
    world: World, admin: Browser
) -> None:
    world.sandbox.upstreams["spamexperts"].profile["servers"] = "full"
    submit(admin, see(admin, f"/connections/{SE}").form_to(f"/connections/{SE}/test"))
    for path in ("/connections/", f"/connections/{SE}", "/health/"):
        page = see(admin, path)
        assert "node2.filtering.example" in page.text and "/var only 3 % are free" in page.text, path
    assert "strained" in see(admin, "/overview/").text
    found = world.api()("GET", f"/connections/{SE}").json
    assert (found["state"], [server["verdict"] for server in found["servers"]]) == (
        "strained",
        ["pass", "fail"],
    )
    scoped = world.sign_in("support", scopes=ONLY_NORDWIND)
    assert "node2.filtering.example" not in see(scoped, "/health/").text
