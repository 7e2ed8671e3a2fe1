"""The test of a connection: tokens, rights, and what the card is cut to; and everything that goes wrong on
the way."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.capabilities import Capability
from app.core.commands import AddDomain, RemoveDomain, SetRoutes
from app.core.errors import BadCredentials, Malformed, OutcomeUnknown, RateLimited, Rejected, Unreachable
from app.core.plan import Seen
from app.providers import spanel
from app.providers.spanel.driver import SPanelDriver
from app.sandbox.company import firms_of
from app.sandbox.server import Sandbox
from app.sandbox.spanel import panel
from app.sandbox.spanel.answers import found
from tests.net.servers import answering, serve
from tests.providers.spanel.conftest import (
    ACCOUNT,
    ADDON,
    MAIN,
    Calls,
    Connect,
    SetFault,
    again,
    make_driver,
    wish,
)


def names(driver: SPanelDriver) -> list[str]:
    return [domain.name for batch in driver.list_domains() for domain in batch]


# --- what is found ---


def test_an_admin_token(admin: SPanelDriver, calls: Calls) -> None:
    found = admin.probe()
    assert found.missing == {}
    assert found.facts == {
        "access": "all accounts",
        "accounts": len(firms_of("spanel")),
        "suspended accounts": 1,
        "the panel's own test call": "answered",
    }
    assert calls() == [
        *("accounts/listaccounts", "toolbox/apicheck"),
        *("domain/listdomains", "email/getmailroute"),
    ]


def test_a_client_token(client: SPanelDriver, calls: Calls) -> None:
    found = client.probe()
    assert "no admin token" in str(found.missing[Capability.ADMINS_READ]) and len(found.missing) == 1
    assert found.facts == {"access": "one account", "account": ACCOUNT, "domains of the account": 2}
    assert set(calls()) == {"domain/listdomains", "email/getmailroute"}


def test_both_tokens_are_tried(connect: Connect, sandbox: Sandbox) -> None:
    found = connect().probe()
    assert found.facts["access"] == "all accounts"
    assert found.facts["domains of the account"] == 2
    with pytest.raises(BadCredentials):
        connect(client_token="wrong").probe()
    with pytest.raises(BadCredentials):
        connect(admin_token="wrong").probe()


def test_a_panel_without_accounts(sandbox: Sandbox, admin: SPanelDriver) -> None:
    accounts = sandbox.upstreams["spanel"].state.table("accounts")
    for user in list(accounts):
        del accounts[user]
    assert admin.probe().facts["accounts"] == 0
    assert names(admin) == []


def test_an_admin_token_that_may_not_act_for_accounts(
    admin: SPanelDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The documents allow an admin token no user functions; panels in the field do."""
    monkeypatch.setattr(panel, "_check_kind", strict)
    found = admin.probe()
    card = spanel.CARD.cut(found.missing, found.facts)
    assert card.can == frozenset()
    assert "client token" in str(card.reason(Capability.DOMAINS_READ))
    assert "Not allowed for this token" in str(card.reason(Capability.DOMAIN_ADD))


def strict(token: dict[str, Any], name: str) -> None:
    if bool(token["account"]) != panel.works_on_account(name):
        raise panel.Refused(action="Not allowed for this token")


def test_another_account_is_tried_with_the_admin_token(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client token's own account would show nothing of what the admin token may do."""
    monkeypatch.setattr(panel, "_check_kind", strict)
    assert set(connect().probe().missing) == spanel.CARD.can


def test_a_client_token_on_a_strict_panel(client: SPanelDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "_check_kind", strict)
    assert set(client.probe().missing) == {Capability.ADMINS_READ}
    assert set(names(client)) == {MAIN, ADDON}


def test_a_panel_that_refuses_to_tell_routes(driver: SPanelDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: action for name, action in panel.ACTIONS.items() if name != "email/getmailroute"}
    monkeypatch.setattr(panel, "ACTIONS", known)
    found = driver.probe()
    routes = {Capability.ROUTES_READ, Capability.ROUTES_WRITE}
    assert found.missing.keys() - {Capability.ADMINS_READ} == routes
    assert "Unknown action" in str(found.missing[Capability.ROUTES_READ])


@pytest.mark.parametrize("errors", ["map", "list", "text"])
def test_wrong_tokens_in_each_shape(connect: Connect, profile: dict[str, Any], errors: str) -> None:
    profile["errors"] = errors
    for values in (
        {"admin_token": "wrong", "client_token": ""},
        {"admin_token": "", "client_token": "wrong"},
        {"admin_token": "", "account": "quaisud"},
    ):
        driver = connect(**values)
        for act in (driver.probe, lambda: names(driver)):  # noqa: B023  called at once
            with pytest.raises(BadCredentials):
                act()


def test_a_client_token_in_the_place_of_an_admin_token(connect: Connect, sandbox: Sandbox) -> None:
    known = sandbox.upstreams["spanel"].credentials()
    with pytest.raises(BadCredentials, match="Not allowed for this token"):
        connect(admin_token=known["client_token"], client_token="", account="").probe()


def test_an_account_that_is_gone(connect: Connect, sandbox: Sandbox) -> None:
    del sandbox.upstreams["spanel"].state.table("accounts")[ACCOUNT]
    with pytest.raises(Rejected):
        names(connect(admin_token=""))


# --- addresses ---


def test_a_branded_folder(connect: Connect, profile: dict[str, Any]) -> None:
    profile["folder"] = "hostpanel"
    assert MAIN in names(connect(folder="/hostpanel/"))
    with pytest.raises(Malformed, match="folder"):
        connect().probe()


def test_another_server_at_the_address() -> None:
    with serve(answering(b"<html>Welcome</html>", Content_Type="text/html")) as server:
        with pytest.raises(Malformed, match="not SPanel's API"):
            make_driver(server.url, {"admin_token": "a" * 40}).probe()


def test_nobody_at_the_address() -> None:
    with pytest.raises(Unreachable):
        make_driver("http://127.0.0.1:1", {"admin_token": "a" * 40}).probe()


# --- faults ---

WISHES = [
    (wish(AddDomain, "neu.example", options={"account": ACCOUNT}), "domain/adddomain"),
    (wish(RemoveDomain, ADDON), "domain/removedomain"),
    (wish(SetRoutes, MAIN, routes=[{"host": "mx.example"}]), "email/setmailroute"),
]
wishes = pytest.mark.parametrize(("command", "action"), WISHES, ids=[action for _, action in WISHES])


@wishes
@pytest.mark.parametrize("kind", ["hangup", "reset", "html", "truncated", "malformed", "5xx"])
def test_a_write_without_a_clear_answer_is_looked_up(
    admin: SPanelDriver, fault: SetFault, calls: Calls, command: Any, action: str, kind: str
) -> None:
    [step] = admin.plan(command)
    fault(kind, action, when="after") if kind != "hangup" else fault(kind, action)
    with pytest.raises(OutcomeUnknown):
        admin.apply(again(step))
    assert calls().count(action) == 1
    assert admin.observe(again(step)).seen is Seen.DONE


@wishes
def test_a_write_that_was_not_taken(admin: SPanelDriver, fault: SetFault, command: Any, action: str) -> None:
    [step] = admin.plan(command)
    fault("html", action, when="before")
    with pytest.raises(OutcomeUnknown):
        admin.apply(step)
    assert admin.observe(step).seen is Seen.NOT_DONE


@wishes
def test_a_crowded_panel(admin: SPanelDriver, fault: SetFault, command: Any, action: str) -> None:
    [step] = admin.plan(command)
    fault("429", action, retry_after=7)
    with pytest.raises(RateLimited) as caught:
        admin.apply(step)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("action", ["accounts/listaccounts", "domain/listdomains"])
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
def test_a_list_that_fails_is_no_shorter_list(
    admin: SPanelDriver, fault: SetFault, action: str, kind: str, error: type[Exception]
) -> None:
    fault(kind, action)
    with pytest.raises(error):
        names(admin)


@pytest.mark.parametrize("action", ["domain/listdomains", "email/getmailroute", "accounts/listaccounts"])
def test_a_detail_that_cannot_be_read_is_an_error(admin: SPanelDriver, fault: SetFault, action: str) -> None:
    fault("5xx", action)
    with pytest.raises(Unreachable):
        admin.read_domain(MAIN, {"account": ACCOUNT})


def test_no_removal_without_having_seen_what_goes(admin: SPanelDriver, fault: SetFault) -> None:
    fault("5xx", "email/listemailaccounts")
    with pytest.raises(Unreachable):
        admin.plan(wish(RemoveDomain, ADDON))


def test_a_read_is_tried_again(admin: SPanelDriver, fault: SetFault, calls: Calls) -> None:
    fault("hangup", "accounts/listaccounts", count=1)
    assert MAIN in names(admin)
    assert calls().count("accounts/listaccounts") == 2


def test_a_removed_domain_is_forgotten_at_once(admin: SPanelDriver) -> None:
    """Two look-ups in a row: the first need not search, the second does, and both say the same."""
    [step] = admin.plan(wish(RemoveDomain, ADDON))
    admin.apply(step)
    for _ in range(2):
        with pytest.raises(Exception, match="is not on this server"):
            admin.read_domain(ADDON)


def test_a_client_token_lists_no_administrators(client: SPanelDriver) -> None:
    with pytest.raises(BadCredentials, match="opens the account"):
        client.list_admins()


def test_administrators_with_all_rights_and_with_some(admin: SPanelDriver) -> None:
    page = admin.list_admins()
    chief, support = page.rows
    assert page.total == 2 and chief.everything and chief.grants == () and chief.second_factor
    assert not support.everything and [(g.name, g.permissions) for g in support.grants] == [
        ("server", ("status",)),
        ("accounts", ("list",)),
    ]


@pytest.mark.parametrize("rows", [[{}], [{"user": ""}], "text"])
def test_administrators_that_make_no_sense(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, rows: object
) -> None:
    monkeypatch.setitem(panel.ACTIONS, "admin/listadminusers", panel.Action(lambda _call: found(rows)))
    with pytest.raises(Malformed):
        connect().list_admins()
