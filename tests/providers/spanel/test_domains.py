"""Domains: list, read, add and remove, with each kind of token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.capabilities import Capability, DomainReader
from app.core.commands import COMMANDS, AddAliases, AddDomain, RemoveDomain, SetSetting, from_json, parse
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    NotThere,
    Rejected,
)
from app.core.model import DomainStatus, Route, RouteKind
from app.core.plan import Applied, Seen, Step, Verb
from app.providers import spanel
from app.providers.spanel.driver import SPanelDriver
from app.sandbox.company import firms_of
from app.sandbox.server import Sandbox
from app.sandbox.spanel import panel
from tests.providers.spanel.conftest import ACCOUNT, ADDON, MAIN, Calls, Connect, again, wish

NEW = "neu.example"
OPTIONS = {"account": ACCOUNT, "path": "sites/neu"}
READ = ["domain/listdomains", "accounts/listaccounts", "email/getmailroute", "domain/listsubdomains"]


def everything(driver: SPanelDriver) -> dict[str, Any]:
    return {domain.name: domain for batch in driver.list_domains() for domain in batch}


# --- listing ---


def test_it_reads_domains(driver: SPanelDriver) -> None:
    assert isinstance(driver, DomainReader)


def test_all_accounts_cost_one_call_each(admin: SPanelDriver, calls: Calls) -> None:
    found = everything(admin)
    firms = firms_of("spanel")
    assert set(found) == {name for firm in firms for name in (firm.domain, *firm.aliases)}
    made = calls()
    assert made.count("accounts/listaccounts") == 1
    assert made.count("domain/listdomains") == len(firms)
    assert len(made) == 1 + len(firms)


def test_what_the_list_says(admin: SPanelDriver) -> None:
    found = everything(admin)
    main, addon = found[MAIN], found[ADDON]
    assert (main.connection, main.account, main.ref) == ("sp", ACCOUNT, {"account": ACCOUNT})
    assert (main.aliases, main.routes, main.mailboxes) == (None, None, None)
    assert main.extra["main domain of the account"] == "yes"
    assert "main domain of the account" not in addon.extra
    assert addon.extra["folder"] == f"/home/{ACCOUNT}/public_html/{ADDON}"
    assert main.extra["package"] == "business"
    assert main.extra["ModSecurity"] == "enabled"
    assert found["librairie.example.org"].status is DomainStatus.DISABLED
    assert main.status is DomainStatus.ACTIVE


def test_a_panel_that_leaves_the_main_domain_out(
    admin: SPanelDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = panel.ACTIONS["domain/listdomains"]

    def without_it(call: Any) -> Any:
        answer = original.run(call)
        return answer | {"data": [row for row in answer["data"] if row["maindomain"] != "1"]}

    monkeypatch.setitem(panel.ACTIONS, "domain/listdomains", replace(original, run=without_it))
    assert {MAIN, ADDON} <= set(everything(admin))
    assert admin.read_domain(MAIN).account == ACCOUNT


def test_a_client_token_lists_its_account(client: SPanelDriver, calls: Calls) -> None:
    assert set(everything(client)) == {MAIN, ADDON}
    assert calls() == ["domain/listdomains"]


def test_five_hundred_accounts(sandbox: Sandbox, admin: SPanelDriver, calls: Calls) -> None:
    sandbox.seed(1203, ["spanel"])
    batches = list(admin.list_domains())
    assert [len(batch) for batch in batches] == [500, 500, 203]
    assert len({domain.name for batch in batches for domain in batch}) == 1203
    assert len(calls()) == 501


def test_a_reader_who_stops_costs_little_more(sandbox: Sandbox, connect: Connect, calls: Calls) -> None:
    sandbox.seed(600, ["spanel"])
    driver = connect(parallel=2, client_token="", account="")
    batches = driver.list_domains()
    assert len(next(iter(batches))) == 500
    batches.close()  # type: ignore[attr-defined]
    assert len(calls()) < 500


def test_an_account_that_goes_while_the_list_is_read(sandbox: Sandbox, admin: SPanelDriver) -> None:
    """It is left out: its domains are gone. Anything else that fails ends the list, or domains would seem
    missing."""
    upstream = sandbox.upstreams["spanel"]
    accounts = upstream.state.table("accounts")
    batches = admin.list_domains()
    names = list(everything(admin))
    gone = accounts["quaisud"]
    original = upstream.handle

    def handle(request: Any) -> Any:
        answer = original(request)
        if b"accounts%2Flistaccounts" in request.get_data():
            accounts.pop("quaisud", None)
        return answer

    upstream.handle = handle  # type: ignore[method-assign]
    try:
        left = [domain.name for batch in batches for domain in batch]
    finally:
        upstream.handle = original  # type: ignore[method-assign]
        accounts["quaisud"] = gone
    assert set(names) - set(left) == {"quaisud.example", "galerie-quaisud.example"}


@pytest.mark.parametrize("problem", [{"accountuser": "The account is suspended"}, {"error1": "Suspended"}])
def test_a_suspended_account_that_may_not_be_asked(
    sandbox: Sandbox, admin: SPanelDriver, monkeypatch: pytest.MonkeyPatch, problem: dict[str, str]
) -> None:
    """It must not end the list, nor the search for a domain of another account."""

    def refuse(call: Any) -> Any:
        if call.account in ("librairie", "bodegadelsol"):
            raise panel.Refused(**problem)
        return original_list.run(call)

    original_list = panel.ACTIONS["domain/listdomains"]
    monkeypatch.setitem(panel.ACTIONS, "domain/listdomains", replace(original_list, run=refuse))
    with pytest.raises((Rejected, BadCredentials)):
        everything(admin)  # bodegadelsol is not suspended
    accounts = sandbox.upstreams["spanel"].state.table("accounts")
    accounts["bodegadelsol"] = accounts["bodegadelsol"] | {"suspended": True}
    found = everything(admin)
    assert found["librairie.example.org"].status is DomainStatus.DISABLED
    assert {"bodegadelsol.example", MAIN, ADDON} <= set(found)
    with pytest.raises(NotFound):
        admin.read_domain("nowhere.example")


# --- reading one ---


def test_read_one_by_its_account(admin: SPanelDriver, calls: Calls) -> None:
    domain = admin.read_domain(MAIN, {"account": ACCOUNT})
    assert domain.routes == (Route("mail.slowpost.example", priority=10),)
    assert domain.extra["subdomains"] == f"shop.{MAIN}"
    assert domain.extra["package"] == "business"
    assert sorted(calls()) == sorted(READ)


def test_mail_that_stays(driver: SPanelDriver) -> None:
    domain = driver.read_domain(ADDON, {"account": ACCOUNT})
    assert domain.routes is not None
    assert [route.kind for route in domain.routes] == [RouteKind.LOCAL]
    assert "subdomains" not in domain.extra


def test_read_one_with_a_client_token(client: SPanelDriver, calls: Calls) -> None:
    domain = client.read_domain(MAIN)
    assert (domain.account, domain.status) == (ACCOUNT, DomainStatus.ACTIVE)
    assert sorted(calls()) == ["domain/listdomains", "domain/listsubdomains", "email/getmailroute"]


def test_list_and_detail_agree(driver: SPanelDriver) -> None:
    """What both say is the same, so that reading one domain does not look like a change of it."""
    for name, listed in everything(driver).items():
        single = driver.read_domain(name)
        assert (listed.account, listed.status, listed.aliases) == (
            single.account,
            single.status,
            single.aliases,
        )
        assert listed.mailboxes == single.mailboxes
        assert set(single.extra) - set(listed.extra) <= {"subdomains"}


@pytest.mark.parametrize(
    "ref", [None, {"account": "quaisud"}, {"account": "nobody"}, {"account": 5}, "old", []]
)
def test_a_wrong_hint_leads_to_a_search(driver: SPanelDriver, ref: Any) -> None:
    assert driver.read_domain(ADDON, ref).account == ACCOUNT


def test_what_a_search_saw_is_remembered(sandbox: Sandbox, admin: SPanelDriver, calls: Calls) -> None:
    sandbox.seed(650, ["spanel"])  # 500 accounts; domain 501 is the first one's second
    last = "customer-00650.example"
    names = everything(admin)
    assert last in names
    calls()
    admin.read_domain(last)
    assert sorted(calls()) == sorted(READ)


def test_a_main_domain_is_found_at_once(sandbox: Sandbox, connect: Connect, calls: Calls) -> None:
    sandbox.seed(400, ["spanel"])
    driver = connect(parallel=2, client_token="", account="")
    assert driver.read_domain("customer-00399.example").account == "customer00399"
    assert len(calls()) <= 1 + 2 * 2 + len(READ)


def test_one_that_is_not_there(driver: SPanelDriver) -> None:
    with pytest.raises(NotFound):
        driver.read_domain("nowhere.example")


def test_a_subdomain_is_no_row(driver: SPanelDriver) -> None:
    with pytest.raises(NotFound):
        driver.read_domain(f"shop.{MAIN}", {"account": ACCOUNT})


def test_a_panel_that_does_not_tell_routes(
    sandbox: Sandbox, driver: SPanelDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict(panel.ACTIONS)
    for name in ("email/getmailroute", "domain/listsubdomains"):
        known.pop(name)
    monkeypatch.setattr(panel, "ACTIONS", known)
    domain = driver.read_domain(MAIN, {"account": ACCOUNT})
    assert domain.routes is None
    assert "subdomains" not in domain.extra


@pytest.mark.parametrize("switch", [{"unknown_account": "error"}, {"extra_rows": True}])
def test_whatever_the_panel_does_with_the_filter_by_account(
    admin: SPanelDriver, profile: dict[str, Any], switch: dict[str, Any]
) -> None:
    profile.update(switch)
    assert admin.read_domain("librairie.example.org").status is DomainStatus.DISABLED
    assert admin.read_domain(MAIN).status is DomainStatus.ACTIVE


# --- adding ---


def test_add(driver: SPanelDriver, calls: Calls) -> None:
    [step] = driver.plan(wish(AddDomain, NEW, options=OPTIONS))
    assert (step.verb, step.subject, step.domain, step.ref) == (
        Verb.DOMAIN_ADD,
        NEW,
        NEW,
        {"account": ACCOUNT},
    )
    assert step.args == {"account": ACCOUNT, "domain": NEW, "path": "sites/neu"}
    assert driver.observe(again(step)).seen is Seen.NOT_DONE
    assert driver.apply(again(step)) == Applied()
    assert driver.observe(again(step)).seen is Seen.DONE
    assert calls() == ["domain/listdomains", "domain/listdomains", "domain/adddomain", "domain/listdomains"]
    assert driver.read_domain(NEW).extra["folder"] == f"/home/{ACCOUNT}/sites/neu"


def test_the_new_domain_is_found_without_a_search(admin: SPanelDriver, calls: Calls) -> None:
    [step] = admin.plan(wish(AddDomain, NEW, options=OPTIONS))
    admin.apply(step)
    calls()
    admin.read_domain(NEW)
    assert sorted(calls()) == sorted(READ)


def test_add_with_routes(driver: SPanelDriver) -> None:
    steps = driver.plan(
        wish(AddDomain, NEW, options=OPTIONS, routes=[{"host": "mx1.example"}, {"host": "mx2.example"}])
    )
    assert [step.verb for step in steps] == [Verb.DOMAIN_ADD, Verb.ROUTES_SET]
    for step in map(again, steps):
        assert driver.observe(step).seen is Seen.NOT_DONE
        driver.apply(step)
        assert driver.observe(step).seen is Seen.DONE
    assert driver.read_domain(NEW).routes == (
        Route("mx1.example", priority=10),
        Route("mx2.example", priority=20),
    )


def test_what_was_left_half_done_is_finished(driver: SPanelDriver) -> None:
    command = wish(AddDomain, NEW, options=OPTIONS, routes=[{"host": "mx1.example"}])
    first, _second = driver.plan(command)
    driver.apply(first)
    [rest] = driver.plan(command)
    assert rest.verb is Verb.ROUTES_SET
    driver.apply(rest)
    assert driver.plan(command) == []


def test_a_folder_is_made_of_the_name(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(AddDomain, "bücher.example", options={"account": ACCOUNT}))
    assert step.args["path"] == "public_html/xn--bcher-kva.example"
    driver.apply(step)
    assert driver.read_domain("xn--bcher-kva.example").account == ACCOUNT


def test_the_account_of_the_connection_is_the_default(connect: Connect, client: SPanelDriver) -> None:
    for driver in (client, connect(client_token="")):
        [step] = driver.plan(wish(AddDomain, NEW))
        assert step.args["account"] == ACCOUNT


def test_nothing_to_do_when_it_is_there(driver: SPanelDriver) -> None:
    path = f"public_html/{ADDON}"
    assert driver.plan(wish(AddDomain, ADDON, options={"account": ACCOUNT})) == []
    assert driver.plan(wish(AddDomain, ADDON, options={"account": ACCOUNT, "path": path})) == []
    same_route = [{"host": "mail.slowpost.example"}]
    assert driver.plan(wish(AddDomain, MAIN, options={"account": ACCOUNT}, routes=same_route)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"options": {"account": ACCOUNT, "path": "elsewhere"}},
        {"routes": [{"host": "mx.example"}], "options": {"account": ACCOUNT}},
    ],
)
def test_there_in_another_way(driver: SPanelDriver, more: dict[str, Any]) -> None:
    with pytest.raises(Conflict) as caught:
        driver.plan(wish(AddDomain, MAIN, **more))
    assert caught.value.now


def test_somebody_was_faster(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(AddDomain, NEW, options=OPTIONS))
    [other] = driver.plan(wish(AddDomain, NEW, options={**OPTIONS, "path": "b"}))
    driver.apply(other)
    with pytest.raises(AlreadyThere):
        driver.apply(step)
    assert driver.observe(step).seen is Seen.DIFFERS


def test_a_domain_of_another_account(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(AddDomain, "quaisud.example", options=OPTIONS))
    with pytest.raises(AlreadyThere):
        driver.apply(step)
    assert driver.observe(step).seen is Seen.NOT_DONE


@pytest.mark.parametrize("errors", ["map", "list", "text"])
def test_refusals_in_each_shape(driver: SPanelDriver, profile: dict[str, Any], errors: str) -> None:
    profile["errors"] = errors
    [step] = driver.plan(wish(AddDomain, "bad_tld.1x2", options=OPTIONS))
    with pytest.raises(Rejected) as caught:
        driver.apply(step)
    assert caught.value.words == "Please provide a valid domain name"
    there = Step(Verb.DOMAIN_ADD, MAIN, MAIN, {"account": ACCOUNT, "domain": MAIN, "path": "a"})
    with pytest.raises(AlreadyThere):
        driver.apply(there)
    gone = Step(Verb.DOMAIN_REMOVE, NEW, NEW, {"account": ACCOUNT, "domain": NEW})
    with pytest.raises(NotThere):
        driver.apply(gone)
    nobody = Step(Verb.DOMAIN_ADD, NEW, NEW, {"account": "nobody", "domain": NEW, "path": "a"})
    with pytest.raises((NotThere, BadCredentials)):
        driver.apply(nobody)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "options.account"),
        ({"account": "nobody"}, "options.account"),
        ({"account": ACCOUNT, "path": "../other"}, "options.path"),
        ({"account": ACCOUNT, "shape": "round"}, "options.shape"),
    ],
)
def test_fields_that_do_not_do(admin: SPanelDriver, options: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        admin.plan(wish(AddDomain, NEW, options=options))
    assert list(caught.value.fields) == [field]


def test_a_client_token_adds_to_its_account_only(client: SPanelDriver, calls: Calls) -> None:
    with pytest.raises(Invalid) as caught:
        client.plan(wish(AddDomain, NEW, options={"account": "quaisud"}))
    assert ACCOUNT in str(caught.value.fields["options.account"])
    assert calls() == []


# --- removing ---


def test_remove(driver: SPanelDriver, calls: Calls) -> None:
    [step] = driver.plan(wish(RemoveDomain, ADDON))
    assert (step.verb, step.domain) == (Verb.DOMAIN_REMOVE, ADDON)
    assert driver.observe(again(step)).seen is Seen.NOT_DONE
    driver.apply(again(step))
    assert driver.observe(again(step)).seen is Seen.DONE
    calls()
    with pytest.raises(NotFound):
        driver.read_domain(ADDON)
    assert "accounts/listaccounts" not in calls()


def test_a_domain_that_comes_back_is_found(admin: SPanelDriver) -> None:
    [step] = admin.plan(wish(RemoveDomain, ADDON))
    admin.apply(step)
    [back] = admin.plan(wish(AddDomain, ADDON, options={"account": "quaisud"}))
    admin.apply(back)
    assert admin.read_domain(ADDON).account == "quaisud"


def test_undo_brings_domain_folder_and_routes_back(driver: SPanelDriver) -> None:
    for step in driver.plan(
        wish(AddDomain, NEW, options=OPTIONS, routes=[{"host": "mx1.example"}, {"host": "mx2.example"}])
    ):
        driver.apply(step)
    before = driver.read_domain(NEW)
    [removal] = driver.plan(wish(RemoveDomain, NEW))
    driver.apply(again(removal))
    assert removal.inverse is not None
    for data in again(removal).inverse or ():
        for step in driver.plan(from_json(data)):
            driver.apply(step)
    assert driver.read_domain(NEW) == before


def test_undo_of_adding(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(AddDomain, NEW, options=OPTIONS))
    driver.apply(step)
    [data] = again(step).inverse or ()
    [undo] = driver.plan(from_json(data))
    driver.apply(undo)
    with pytest.raises(NotFound):
        driver.read_domain(NEW)


def test_all_that_can_be_read_is_kept(admin: SPanelDriver, sandbox: Sandbox) -> None:
    """A domain with everything: that of a firm, made the second one of its account."""
    accounts = sandbox.upstreams["spanel"].state.table("accounts")
    accounts[ACCOUNT] = accounts[ACCOUNT] | {"domain": ADDON}
    [step] = admin.plan(wish(RemoveDomain, MAIN))
    before = step.before or {}
    assert before["account"] == ACCOUNT
    assert before["folder"] == f"/home/{ACCOUNT}/public_html"
    assert before["routes"] == [{"host": "mail.slowpost.example", "priority": 10}]
    assert before["subdomains"] == [{"subdomain": f"shop.{MAIN}", "documentroot": f"/home/{ACCOUNT}/shop"}]
    assert all(row["email"].endswith(f"@{MAIN}") for row in before["mailboxes"])
    assert {"from", "to"} == set(before["forwarders"][0])
    assert before["forwarders"][-1]["pipe"] == f"/home/{ACCOUNT}/ticket.php"
    assert before["automatic replies"][0]["message"].endswith("back on Monday.")
    assert before["mail filters"][0]["filter"] == "lottery"
    assert before["redirects"][0]["path"] == "/old-shop"
    assert before["default address"]["type"] == "forward"
    assert any(record["type"] == "MX" for record in before["DNS records"])
    lost = " ".join(map(str, step.lost))
    assert f"{len(before['mailboxes'])} mailboxes" in lost
    assert "forwarders" in lost
    assert f"stay on the server, in /home/{ACCOUNT}/public_html" in lost


def test_nothing_of_its_neighbours_is_kept(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish(RemoveDomain, ADDON))
    before = step.before or {}
    assert set(before) == {"account", "folder", "ModSecurity", "routes", "default address", "DNS records"}
    assert "mailboxes" not in " ".join(map(str, step.lost))


def test_what_the_panel_does_not_tell_is_said(
    sandbox: Sandbox, driver: SPanelDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict(panel.ACTIONS)
    for name in ("email/getmailroute", "domain/listdnszone", "email/listemailfilters"):
        known.pop(name)
    monkeypatch.setattr(panel, "ACTIONS", known)
    [step] = driver.plan(wish(RemoveDomain, ADDON))
    assert "routes" not in (step.before or {})
    assert "routes, mail filters, DNS records" in " ".join(map(str, step.lost))


def test_the_main_domain_stays(driver: SPanelDriver, calls: Calls) -> None:
    with pytest.raises(NotSupported, match="main domain of the account hafencafe"):
        driver.plan(wish(RemoveDomain, MAIN))
    assert "domain/removedomain" not in calls()


def test_the_main_domain_stays_also_where_only_the_account_says_so(
    admin: SPanelDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = panel.ACTIONS["domain/listdomains"]

    def without_the_mark(call: Any) -> Any:
        answer = original.run(call)
        for row in answer["data"]:
            del row["maindomain"]
        return answer

    monkeypatch.setitem(panel.ACTIONS, "domain/listdomains", replace(original, run=without_the_mark))
    with pytest.raises(NotSupported, match="main domain"):
        admin.plan(wish(RemoveDomain, MAIN))
    assert admin.plan(wish(RemoveDomain, ADDON))


def test_remove_one_that_is_not_there(driver: SPanelDriver) -> None:
    with pytest.raises(NotFound):
        driver.plan(wish(RemoveDomain, "nowhere.example"))


def test_removed_together_with_its_account(admin: SPanelDriver, sandbox: Sandbox) -> None:
    [step] = admin.plan(wish(RemoveDomain, ADDON))
    del sandbox.upstreams["spanel"].state.table("accounts")[ACCOUNT]
    assert admin.observe(step).seen is Seen.DONE


# --- what it cannot do ---


def test_domain_aliases_and_settings(driver: SPanelDriver, calls: Calls) -> None:
    for command in (
        wish(AddDomain, NEW, options=OPTIONS, aliases=["alias.example"]),
        wish(AddAliases, MAIN, aliases=["alias.example"]),
        parse(SetSetting, {"connection": "sp", "domain": MAIN, "name": "score", "value": "5"}),
    ):
        with pytest.raises(NotSupported) as caught:
            driver.plan(command)
        assert caught.value.message in spanel.CARD.gaps.values()
    assert calls() == []


def test_the_card_says_why_not() -> None:
    assert set(Capability) - spanel.CARD.can == set(spanel.CARD.gaps)
    assert {model.capability for model in COMMANDS.values()} <= spanel.CARD.can | spanel.CARD.gaps.keys()


def test_steps_of_other_kinds(driver: SPanelDriver) -> None:
    for act in (driver.apply, driver.observe):
        with pytest.raises(NotSupported):
            act(Step(Verb.SETTING_SET, MAIN, MAIN))
