"""The driver against the imitated panel, in both of its profiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from app.core.capabilities import Capability, DomainReader
from app.core.commands import COMMANDS, AddDomain, RemoveDomain, SetRoutes, parse
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Invalid,
    Malformed,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
)
from app.core.model import DomainStatus
from app.core.plan import Applied, Seen, Step, Verb
from app.net.calls import collect
from app.providers import olspanel
from app.providers.olspanel.driver import OlsPanelDriver
from app.sandbox.server import Sandbox
from tests.net.servers import Peer, answering, serve
from tests.providers.olspanel.conftest import Connect, make_driver

Calls = Callable[[], list[str]]
Fault = Callable[..., None]

LIST, ADD, ACCOUNT = "/api/domain_list/", "/api/add_domain/", "/api/"
NEW = "neu.example"
PASSWORD = "MARKED-s3cret-ü"


def wish(name: str = NEW, **more: Any) -> AddDomain:
    return parse(AddDomain, {"connection": "ols", "domain": name, **more})


def again(step: Step) -> Step:
    """The step as another process reads it."""
    return Step.from_json(json.loads(json.dumps(step.to_json())))


def names(driver: OlsPanelDriver) -> list[str]:
    return [domain.name for batch in driver.list_domains() for domain in batch]


# --- reading ---


def test_it_reads_domains(driver: OlsPanelDriver) -> None:
    assert isinstance(driver, DomainReader)


def test_list(driver: OlsPanelDriver, calls: Calls) -> None:
    found = {domain.name: domain for batch in driver.list_domains() for domain in batch}
    own = found["piernine.example"]
    assert (own.connection, own.account, own.status) == ("ols", "piernine", DomainStatus.ACTIVE)
    assert own.extra == {"folder": "/home/piernine/public_html"}
    assert (own.routes, own.aliases) == (None, None)
    assert "xn--bckerei-mller-bfb28a.example" in found
    assert calls() == [LIST]


def test_a_long_list_comes_in_batches_by_one_call(sandbox: Sandbox, connect: Connect, calls: Calls) -> None:
    sandbox.seed(1201, ["olspanel"])
    batches = [len(batch) for batch in connect().list_domains()]
    assert batches == [500, 500, 201]
    assert calls() == [LIST]


def test_an_account_without_domains(connect: Connect, profile: str) -> None:
    assert list(connect(username="newcomer").list_domains()) == []


def test_read_one(driver: OlsPanelDriver, calls: Calls) -> None:
    domain = driver.read_domain("piernine.example", {"id": 999})
    assert (domain.name, domain.extra["folder"]) == ("piernine.example", "/home/piernine/public_html")
    assert calls() == [LIST]


def test_read_one_that_is_not_there(driver: OlsPanelDriver) -> None:
    with pytest.raises(NotFound):
        driver.read_domain("nowhere.example")


# --- adding ---


def test_add(driver: OlsPanelDriver, calls: Calls) -> None:
    [step] = driver.plan(wish(options={"path": "/sites/neu", "php_version": "8.3"}))
    assert (step.verb, step.subject, step.domain) == (Verb.DOMAIN_ADD, NEW, NEW)
    assert step.args == {"domain": NEW, "path": "sites/neu", "php_version": "8.3"}
    assert step.inverse is None
    assert driver.observe(again(step)).seen is Seen.NOT_DONE
    assert driver.apply(again(step)) == Applied()
    assert driver.observe(again(step)).seen is Seen.DONE
    assert driver.read_domain(NEW).extra == {"folder": "/home/piernine/sites/neu"}
    assert calls() == [LIST, LIST, ADD, LIST, LIST]


def test_add_with_the_defaults(driver: OlsPanelDriver) -> None:
    [step] = driver.plan(wish())
    driver.apply(step)
    assert driver.read_domain(NEW).extra == {"folder": "/home/piernine/public_html"}


def test_an_international_name_travels_as_punycode(driver: OlsPanelDriver) -> None:
    [step] = driver.plan(wish("bücher.example"))
    driver.apply(step)
    assert driver.read_domain("xn--bcher-kva.example").account == "piernine"


def test_nothing_to_do_when_it_is_there(driver: OlsPanelDriver) -> None:
    assert driver.plan(wish("piernine.example")) == []
    assert driver.plan(wish("piernine.example", options={"path": "public_html"})) == []


def test_there_in_another_folder(driver: OlsPanelDriver) -> None:
    with pytest.raises(Conflict) as caught:
        driver.plan(wish("piernine.example", options={"path": "elsewhere"}))
    assert caught.value.now == {"folder": "/home/piernine/public_html"}


def test_somebody_was_faster(driver: OlsPanelDriver) -> None:
    [step] = driver.plan(wish(options={"path": "a"}))
    [other] = driver.plan(wish(options={"path": "b"}))
    driver.apply(other)
    with pytest.raises(AlreadyThere):
        driver.apply(step)
    seen = driver.observe(step)
    assert (seen.seen, seen.now) == (Seen.DIFFERS, {"folder": "/home/piernine/b"})


def test_a_domain_of_another_account(driver: OlsPanelDriver) -> None:
    [step] = driver.plan(wish("example.com"))
    with pytest.raises(AlreadyThere):
        driver.apply(step)
    assert driver.observe(step).seen is Seen.NOT_DONE


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"path": "../other"}, "options.path"),
        ({"path": "a/../../b"}, "options.path"),
        ({"php_version": "8.2; rm"}, "options.php_version"),
        ({"php_version": "-"}, "options.php_version"),
        ({"shape": "round"}, "options.shape"),
    ],
)
def test_fields_that_the_panel_would_not_check(
    driver: OlsPanelDriver, calls: Calls, options: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        driver.plan(wish(options=options))
    assert list(caught.value.fields) == [field]
    assert calls() == []


def test_www_would_become_another_domain(driver: OlsPanelDriver, calls: Calls) -> None:
    with pytest.raises(Invalid) as caught:
        driver.plan(wish("www.neu.example"))
    assert "neu.example" in str(caught.value.fields["domain"])
    assert calls() == []


def test_the_panel_refuses(driver: OlsPanelDriver) -> None:
    [step] = driver.plan(wish("fail-map.example"))
    with pytest.raises(Rejected) as caught:
        driver.apply(step)
    assert caught.value.words == "Failed to add mapping for 'fail-map.example'."
    assert driver.observe(step).seen is Seen.NOT_DONE


def test_the_package_is_used_up(connect: Connect, profile: str) -> None:
    driver = connect(username="exampleuser")
    for name in ("zwei.example", "drei.example"):
        [step] = driver.plan(wish(name))
        driver.apply(step)
    [step] = driver.plan(wish("vier.example"))
    with pytest.raises(Rejected, match="Domain add limit exceeded"):
        driver.apply(step)
    assert driver.probe().notes


# --- what it cannot do ---


def test_routes_and_aliases_of_a_new_domain(driver: OlsPanelDriver, calls: Calls) -> None:
    for more in ({"routes": [{"host": "mx.example"}]}, {"aliases": ["alias.example"]}):
        with pytest.raises(NotSupported):
            driver.plan(wish(**more))
    assert calls() == []


def test_every_other_command_is_refused_with_the_reason(driver: OlsPanelDriver) -> None:
    for command in (
        RemoveDomain(connection="ols", domain="piernine.example"),
        parse(
            SetRoutes, {"connection": "ols", "domain": "piernine.example", "routes": [{"host": "mx.example"}]}
        ),
    ):
        with pytest.raises(NotSupported) as caught:
            driver.plan(command)
        assert caught.value.message == olspanel.CARD.gaps[command.capability]


def test_the_card_says_why_not(driver: OlsPanelDriver) -> None:
    lacking = set(Capability) - olspanel.CARD.can
    assert lacking == set(olspanel.CARD.gaps)
    assert {model.capability for model in COMMANDS.values()} - olspanel.CARD.can <= lacking


def test_steps_of_other_kinds(driver: OlsPanelDriver) -> None:
    step = Step(Verb.DOMAIN_REMOVE, "piernine.example", "piernine.example")
    for act in (driver.apply, driver.observe):
        with pytest.raises(NotSupported):
            act(step)


# --- the test of a connection ---


def test_probe(driver: OlsPanelDriver, calls: Calls) -> None:
    found = driver.probe()
    assert found.missing == {}
    assert found.facts["account"] == "piernine"
    assert found.facts["package"] == "Agency"
    assert found.facts["main domain"] == "piernine.example"
    assert found.facts["domains"] == f"{len(names(driver))} of 60"
    assert found.facts["domains listed"] == len(names(driver))
    assert found.facts["mailboxes"] == "14 of 100"
    assert "admin API" not in found.facts
    assert found.notes == []
    assert calls()[:2] == [LIST, ACCOUNT]


def test_disk_in_both_profiles(driver: OlsPanelDriver, profile: str) -> None:
    disk = driver.probe().facts["disk"]
    assert disk == ("4224MB of 50GB" if profile == "seed" else "4.12 GB of 51200 MB")


def test_probe_with_an_administrator(connect: Connect, profile: str, calls: Calls) -> None:
    assert connect().probe().facts["admin API"] == "open"
    assert calls() == [LIST, ACCOUNT, "/admin_api/packages_list/", "/api/database_list/"]


def test_probe_with_an_administrator_who_is_none(connect: Connect, profile: str) -> None:
    found = connect(admin_username="exampleuser", admin_password="demo-password").probe()
    assert found.facts["admin API"] == "not open"
    assert "Invalid credentials" in str(found.notes[0])
    assert found.missing == {}


def test_an_account_without_package_cannot_add(connect: Connect, profile: str) -> None:
    found = connect(username="newcomer").probe()
    card = olspanel.CARD.cut(found.missing, found.facts)
    assert Capability.DOMAIN_ADD not in card.can
    assert "package" in str(card.reason(Capability.DOMAIN_ADD))


def test_another_refusal_of_the_usage_is_no_missing_package() -> None:
    def handler(peer: Peer) -> None:
        while (request := peer.request()) is not None:
            listed = request.startswith(b"POST /api/domain_list/ ")
            peer.answer(b"[]" if listed else b'{"success": false, "message": "Out of order."}')

    with serve(handler) as server:
        with pytest.raises(Rejected, match="Out of order"):
            make_driver(server.url, {"username": "acct", "password": PASSWORD}).probe()


@pytest.mark.parametrize(
    "values", [{"password": "wrong"}, {"username": "nobody"}, {"username": "oldquay"}], ids=str
)
def test_wrong_credentials(connect: Connect, profile: str, values: dict[str, str]) -> None:
    driver = connect(**values)
    for act in (driver.probe, lambda: names(driver), lambda: driver.plan(wish())):
        with pytest.raises(BadCredentials):
            act()
    step = Step(Verb.DOMAIN_ADD, NEW, NEW, {"domain": NEW, "path": "a", "php_version": "8.2"})
    with pytest.raises(BadCredentials):
        driver.apply(step)


def test_the_switched_off_api(sandbox: Sandbox, driver: OlsPanelDriver) -> None:
    sandbox.upstreams["olspanel"].profile["api_status"] = 0
    with pytest.raises(BadCredentials, match="switched off"):
        driver.probe()


def test_the_panels_firewall(sandbox: Sandbox, driver: OlsPanelDriver) -> None:
    sandbox.upstreams["olspanel"].profile["blocked"] = True
    with pytest.raises(BadCredentials, match="firewall"):
        driver.probe()


# --- how it is sent ---


def test_a_latin_1_password_reaches_the_panel(sandbox: Sandbox, connect: Connect, profile: str) -> None:
    accounts = sandbox.upstreams["olspanel"].state.table("accounts")
    accounts["piernine"] = accounts["piernine"] | {"password": "Größe£"}
    assert names(connect(password="Größe£"))


@pytest.mark.parametrize("field", ["username", "password", "admin_password"])
def test_other_letters_are_a_matter_of_configuration(connect: Connect, calls: Calls, field: str) -> None:
    driver = connect(**{field: "пароль"})
    if field == "admin_password":
        assert "Latin-1" in str(driver.probe().notes[0])
        return
    with pytest.raises(BadCredentials, match="Latin-1"):
        driver.probe()
    assert calls() == []


def test_what_goes_out_is_what_the_documents_say() -> None:
    """A form by POST to the address with a slash at its end; name and password in headers only."""
    body = json.dumps(
        {"success": True, "message": "Domain 'neu.example' added successfully!", "domain_id": 7}
    )
    with serve(answering(body.encode(), Content_Type="application/json")) as server:
        driver = make_driver(server.url, {"username": "acct", "password": PASSWORD})
        driver.apply(Step(Verb.DOMAIN_ADD, NEW, NEW, {"domain": NEW, "path": "a b", "php_version": "8.2"}))
    [request] = server.requests
    head, _, form = request.decode("latin-1").partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "POST /api/add_domain/ HTTP/1.1"
    assert {"username: acct", f"password: {PASSWORD}"} <= set(lines)
    assert "Content-Type: application/x-www-form-urlencoded" in lines
    assert dict(parse_qsl(form)) == {"domain": NEW, "path": "a b", "php_version": "8.2"}


def test_no_password_is_shown(connect: Connect, profile: str) -> None:
    with collect() as records:
        connect().probe()
    shown = json.dumps([record.to_json() for record in records])
    assert "demo-password" not in shown
    assert "demo-admin-password" not in shown
    assert len(records) == 4
    assert {record.call for record in records} == {
        "domain_list",
        "account_information",
        "admin_packages_list",
        "database_list",
    }


# --- when things go wrong ---


@pytest.mark.parametrize("kind", ["hangup", "html", "truncated", "malformed", "5xx"])
def test_a_write_without_a_clear_answer_is_looked_up(
    driver: OlsPanelDriver, fault: Fault, calls: Calls, kind: str
) -> None:
    [step] = driver.plan(wish())
    fault(kind, f"POST {ADD}", when="after")
    with pytest.raises(OutcomeUnknown):
        driver.apply(again(step))
    assert calls().count(ADD) == 1
    assert driver.observe(again(step)).seen is Seen.DONE


def test_a_write_that_was_not_taken(driver: OlsPanelDriver, fault: Fault) -> None:
    [step] = driver.plan(wish())
    fault("html", f"POST {ADD}", when="before")
    with pytest.raises(OutcomeUnknown):
        driver.apply(step)
    assert driver.observe(step).seen is Seen.NOT_DONE


def test_a_crowded_panel(driver: OlsPanelDriver, fault: Fault) -> None:
    [step] = driver.plan(wish())
    fault("429", f"POST {ADD}", retry_after=7)
    with pytest.raises(RateLimited) as caught:
        driver.apply(step)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("html", Malformed),
        ("malformed", Malformed),
        ("truncated", Malformed),
        ("5xx", Unreachable),
        ("refuse", Unreachable),
    ],
)
def test_a_read_that_fails(driver: OlsPanelDriver, fault: Fault, kind: str, error: type[Exception]) -> None:
    fault(kind, f"POST {LIST}")
    with pytest.raises(error):
        names(driver)


def test_a_read_is_tried_again(driver: OlsPanelDriver, fault: Fault, calls: Calls) -> None:
    fault("hangup", f"POST {LIST}", count=1)
    assert "piernine.example" in names(driver)
    assert calls() == [LIST, LIST]


def test_another_server_at_the_address() -> None:
    with serve(answering(b"<html>Welcome</html>", Content_Type="text/html")) as server:
        driver = make_driver(server.url, {"username": "acct", "password": PASSWORD})
        with pytest.raises(Malformed, match="not OLSPanel's API"):
            driver.probe()


def test_a_wrong_path_in_the_address(sandbox: Sandbox, connect: Connect) -> None:
    with pytest.raises(Malformed, match="status 404"):
        connect(sandbox.http("olspanel") + "/panel").probe()


def test_nobody_at_the_address() -> None:
    driver = make_driver("http://127.0.0.1:1", {"username": "acct", "password": PASSWORD})
    with pytest.raises(Unreachable):
        driver.probe()
