"""What a panel keeps beside domains: the traps of its calls, what the tokens open, and what lists cost (contract sheet, 4, 5, 7).

That every action is planned, sent, seen and taken back is shown for all providers in tests/contract/test_resources.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.core.commands import ActOnResource, from_json, parse
from app.core.errors import Conflict, Invalid, NotFound, NotSupported, NotThere
from app.core.plan import Seen, Step
from app.core.resources import Resource, ResourceAt, ResourceQuery
from app.providers.spanel import CARD
from app.providers.spanel.driver import SPanelDriver
from app.providers.spanel.kinds import KINDS
from app.providers.spanel.panel_api import contract
from app.providers.spanel.sends import SENDS, Wish, permissions
from app.sandbox.server import Sandbox
from tests.providers.spanel.conftest import ACCOUNT, ADDON, MAIN, Calls, Connect, again

PASSWORD = "a-long-password"
OF_ACCOUNT, OF_MAIN = ResourceAt(None, ACCOUNT), ResourceAt(MAIN)


def wish(kind: str, action: str, key: str = "", at: ResourceAt | None = None, **values: Any) -> ActOnResource:
    at = at or ResourceAt()
    data = {"connection": "sp", "kind": kind, "action": action, "key": key, "values": values}
    return parse(ActOnResource, {**data, "domain": at.domain, "parent": at.parent})


def carry_out(driver: SPanelDriver, command: Any) -> list[Step]:
    steps = [again(step) for step in driver.plan(command)]
    for step in steps:
        driver.apply(step)
    return steps


def undo(driver: SPanelDriver, steps: list[Step]) -> None:
    for step in reversed(steps):
        for command in step.inverse or []:
            carry_out(driver, from_json(command))


def listed(
    driver: SPanelDriver, kind: str, at: ResourceAt | None = None, **filters: str
) -> dict[str, Resource]:
    page = driver.list_resources(kind, at or ResourceAt(), ResourceQuery(size=1000, filters=filters))
    return {row.key: row for row in page.rows}


@pytest.fixture
def state(sandbox: Sandbox) -> Any:
    """What the imitated panel knows."""
    return sandbox.upstreams["spanel"].state


# --- what is offered ----------------------------------------------------------------------------------------------


def test_every_declared_action_has_its_parameters_and_no_other() -> None:
    assert SENDS.keys() == {(kind.name, action.name) for kind in KINDS for action in kind.actions}


def test_all_calls_but_the_test_call_and_those_of_domains_are_reached_by_kinds() -> None:
    named = {call for kind in KINDS for call in (*kind.calls, *(action.call for action in kind.actions))}
    elsewhere = {
        *("domain/adddomain", "domain/removedomain", "email/getmailroute", "email/setmailroute"),
        *("email/addspamassassinsender", "email/removespamassassinsender", "toolbox/apicheck"),
    }
    assert named | elsewhere == {call.name for call in contract().calls}


def test_a_client_token_closes_what_is_the_administrators(client: SPanelDriver, admin: SPanelDriver) -> None:
    card = CARD.cut(*(lambda found: (found.missing, found.facts, found.calls))(client.probe()))
    closed = {kind.name for kind in KINDS if card.closed_kind(kind) is not None}
    assert closed == {"packages", "admin_users", "privileges"}
    accounts = next(kind for kind in KINDS if kind.name == "accounts")
    assert all("client token" in str(card.closed_action(action)) for action in accounts.actions)
    assert not admin.probe().calls


def test_a_client_token_sees_its_account_alone(client: SPanelDriver) -> None:
    [account] = listed(client, "accounts").values()
    assert account.key == ACCOUNT and account.values["domain"] == MAIN
    assert MAIN in client.read_resource("accounts", ResourceAt(), ACCOUNT).values["sites"]
    with pytest.raises(NotFound):
        client.read_resource("accounts", ResourceAt(), "librairie")


# --- accounts and packages ----------------------------------------------------------------------------------------


def test_five_hundred_accounts_cost_one_call(sandbox: Sandbox, admin: SPanelDriver, calls: Calls) -> None:
    sandbox.seed(500)
    calls()
    assert len(listed(admin, "accounts")) == 500
    assert calls() == ["accounts/listaccounts"]


def test_accounts_are_asked_for_by_the_panels_own_filters(admin: SPanelDriver, calls: Calls) -> None:
    assert list(listed(admin, "accounts", status="suspended")) == ["librairie"]
    assert ACCOUNT not in listed(admin, "accounts", disk="over", disk_value="99", disk_unit="GB")
    assert listed(admin, "accounts", setup="older", setup_day="01.01.2020") == {}
    assert ACCOUNT in listed(admin, "accounts", setup="older", setup_age="1w")
    assert set(calls()) == {"accounts/listaccounts"}
    for filters in ({"disk": "over"}, {"disk": "over", "disk_value": "much"}, {"setup": "older"}):
        with pytest.raises(Invalid):
            listed(admin, "accounts", **filters)
    assert calls() == []


@pytest.mark.parametrize("unknown", ["empty", "error"])
def test_an_account_that_is_not_there(admin: SPanelDriver, profile: dict[str, Any], unknown: str) -> None:
    profile["unknown_account"], profile["extra_rows"] = unknown, True
    with pytest.raises(NotFound):
        admin.read_resource("accounts", ResourceAt(), "nobody")


def test_a_limit_that_is_left_alone_is_sent_along(admin: SPanelDriver, state: Any) -> None:
    """What `changequota` is not told becomes unlimited."""
    accounts = state.table("accounts")
    own = {"quota": 2048, "inodes": 20_000, "domains": 3, "emails": 0, "databases": None}
    accounts[ACCOUNT] = accounts[ACCOUNT] | {"package": "Custom", "limits": own}
    steps = carry_out(admin, wish("accounts", "edit", ACCOUNT, emails=7))
    assert accounts[ACCOUNT]["limits"] == own | {"emails": 7}
    undo(admin, steps)
    assert accounts[ACCOUNT]["limits"] == own
    carry_out(admin, wish("accounts", "edit", ACCOUNT, quota=""))
    assert accounts[ACCOUNT]["limits"]["quota"] is None


def test_limits_that_the_panel_does_not_tell_are_not_lost(
    admin: SPanelDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = admin.read_resource("accounts", ResourceAt(), ACCOUNT)
    silent = Resource(told.key, {n: v for n, v in told.values.items() if n != "inodes"})
    monkeypatch.setattr("app.providers.spanel.kept.Kept.read_resource", lambda *_: silent)
    with pytest.raises(Conflict, match="inodes"):
        admin.plan(wish("accounts", "edit", ACCOUNT, emails=7))


def test_undo_gives_an_account_its_package_or_its_own_limits_back(admin: SPanelDriver, state: Any) -> None:
    accounts = state.table("accounts")
    before = accounts[ACCOUNT]
    undo(admin, carry_out(admin, wish("accounts", "edit", ACCOUNT, quota=2048)))
    assert (accounts[ACCOUNT]["package"], accounts[ACCOUNT]["limits"]) == (
        before["package"],
        before["limits"],
    )
    carry_out(admin, wish("accounts", "edit", ACCOUNT, quota=2048))
    undo(admin, carry_out(admin, wish("accounts", "set_package", ACCOUNT, package="starter")))
    assert accounts[ACCOUNT]["package"] == "Custom" and accounts[ACCOUNT]["limits"]["quota"] == 2048


def test_no_privileges_are_never_sent_as_all_of_them(admin: SPanelDriver, calls: Calls) -> None:
    """`editprivileges` without `permissions` grants everything (quirk 8), and an empty list is sent as nothing."""
    for command in (
        wish("accounts", "privileges", ACCOUNT, access="listed", pages=[]),
        wish("packages", "edit", "starter", quota=500, access="listed"),
        wish("packages", "edit", "starter", quota=500),
        wish("subusers", "add", at=OF_ACCOUNT, name="anna", password=PASSWORD, access="listed"),
    ):
        with pytest.raises(Invalid):
            admin.plan(command)
    assert not any(call.name in calls() for call in contract().calls if call.write)
    with pytest.raises(Invalid):
        permissions(Wish("", "", "", {"access": "listed"}, {}, {}))


def test_privileges_are_read_set_and_taken_back(admin: SPanelDriver, state: Any) -> None:
    steps = carry_out(
        admin, wish("accounts", "privileges", ACCOUNT, pages=["email/accounts", "domain/domains"])
    )
    assert state.table("accounts")[ACCOUNT]["permissions"] == {"email": ["accounts"], "domain": ["domains"]}
    values = admin.read_resource("accounts", ResourceAt(), ACCOUNT).values
    assert (values["access"], values["pages"]) == ("listed", ["domain/domains", "email/accounts"])
    undo(admin, steps)
    assert state.table("accounts")[ACCOUNT]["permissions"] == "all"


def test_undo_of_a_package_keeps_what_no_call_tells(admin: SPanelDriver, state: Any) -> None:
    pages = {"email": ["accounts"]}
    [step] = carry_out(admin, wish("packages", "edit", "starter", quota=500, pages=["email/accounts"]))
    assert state.table("packages")["starter"]["permissions"] == pages and step.lost
    undo(admin, [step])
    package = state.table("packages")["starter"]
    assert package["permissions"] == pages and package["limits"]["quota"] == 1024


def test_a_termination_says_what_is_lost_and_adding_is_not_undone_by_one(admin: SPanelDriver) -> None:
    [step] = admin.plan(wish("accounts", "remove", ACCOUNT))
    assert step.inverse is None and step.lost and step.before
    new = {"user": "fresh", "domain": "fresh.example", "password": PASSWORD, "access": "all"}
    assert [step.inverse for step in admin.plan(wish("accounts", "add", **new))] == [None]
    with pytest.raises(Invalid):
        admin.plan(wish("accounts", "add", **new, package="starter", quota=500))


def test_a_sign_in_link_is_told_once_and_stands_nowhere(
    admin: SPanelDriver, connect: Connect, sandbox: Sandbox
) -> None:
    [step] = admin.plan(wish("accounts", "sign_in", ACCOUNT, page="email/accounts"))
    link = admin.apply(step).secret
    assert link is not None and "/spanel/sso/" in link.reveal() and link.reveal() not in str(step.to_json())
    plain = sandbox.upstreams["spanel"].credentials()["plain_token"]
    with pytest.raises(Exception, match="SSO not enabled"):
        connect(admin_token=plain, client_token="", account="").apply(step)


# --- domains ------------------------------------------------------------------------------------------------------


def test_a_record_is_never_removed_by_changing_nothing(driver: SPanelDriver, calls: Calls) -> None:
    """`editdnszone` without `changes` removes the record (quirk 7)."""
    key, record = next(
        (k, r) for k, r in listed(driver, "dns_records", OF_MAIN).items() if r.values["type"] == "A"
    )
    same = {name: record.values[name] for name in ("name", "type", "value", "ttl", "priority")}
    assert driver.plan(wish("dns_records", "edit", key, OF_MAIN, **same)) == []
    [step] = driver.plan(wish("dns_records", "edit", key, OF_MAIN, ttl=60))
    step.args["values"].clear()
    calls()
    with pytest.raises(Invalid):
        driver.apply(step)
    assert "domain/editdnszone" not in calls()


def test_a_record_changes_its_name_and_back(driver: SPanelDriver) -> None:
    before = listed(driver, "dns_records", OF_MAIN)
    mx = next(key for key, record in before.items() if record.values["type"] == "MX")
    steps = carry_out(
        driver, wish("dns_records", "edit", mx, OF_MAIN, value="mx.elsewhere.example", priority=5)
    )
    assert driver.observe(steps[0]).seen is Seen.DONE
    assert f"{MAIN} MX 5 mx.elsewhere.example." in listed(driver, "dns_records", OF_MAIN)
    undo(driver, steps)
    assert listed(driver, "dns_records", OF_MAIN).keys() == before.keys()


def test_a_long_record_has_a_short_key(driver: SPanelDriver) -> None:
    text = "v=DKIM1; k=rsa; p=" + "A" * 400
    new = {"name": "key._domainkey", "type": "TXT", "value": text}
    carry_out(driver, wish("dns_records", "add", at=OF_MAIN, **new))
    [key] = [key for key in listed(driver, "dns_records", OF_MAIN) if "_domainkey" in key]
    assert len(key) <= 120
    carry_out(driver, wish("dns_records", "remove", key, OF_MAIN))
    assert key not in listed(driver, "dns_records", OF_MAIN)


def test_things_below_a_domain_are_its_own_unless_a_nearer_domain_has_them(
    driver: SPanelDriver, state: Any
) -> None:
    redirects, domains = state.table("redirects"), state.table("domains")
    nearer = f"nearer.{MAIN}"
    domains[ACCOUNT] = domains[ACCOUNT] | {nearer: domains[ACCOUNT][MAIN]}
    row = {"path": "/x", "destination": "https://example.org/", "type": "301"}
    names = (f"shop.{MAIN}", f"www.{nearer}", ADDON)
    redirects[ACCOUNT] = [{**row, "domain": name} for name in names]
    assert list(listed(driver, "redirects", OF_MAIN)) == [f"shop.{MAIN}/x"]
    carry_out(driver, wish("redirects", "remove", f"shop.{MAIN}/x", OF_MAIN))
    assert [row["domain"] for row in redirects[ACCOUNT]] == list(names[1:])


def test_a_forwarder_goes_to_an_address_or_into_a_program(driver: SPanelDriver) -> None:
    for goals in ({}, {"to": "a@example.org", "pipe": "/bin/x"}):
        with pytest.raises(Invalid):
            driver.plan(wish("forwarders", "add", at=OF_MAIN, name="sales", **goals))
    before = listed(driver, "forwarders", OF_MAIN)
    piped = next(key for key, row in before.items() if row.values["pipe"])
    steps = carry_out(driver, wish("forwarders", "remove", piped, OF_MAIN))
    assert piped not in listed(driver, "forwarders", OF_MAIN)
    undo(driver, steps)
    assert listed(driver, "forwarders", OF_MAIN).keys() == before.keys()


def test_the_default_address_needs_one_to_forward_to(driver: SPanelDriver) -> None:
    at = ResourceAt(ADDON)
    carry_out(driver, wish("default_address", "edit", at=OF_MAIN, type="discard"))
    assert driver.read_resource("default_address", OF_MAIN, "").values == {"type": "discard", "email": ""}
    with pytest.raises(Invalid):
        driver.plan(wish("default_address", "edit", at=at, type="forward"))


def test_mailboxes_are_shown_as_bars_in_megabytes(driver: SPanelDriver) -> None:
    box = next(iter(listed(driver, "mailboxes", OF_MAIN).values()))
    assert box.values["usage"] == {
        "used": box.values["usage"]["used"],
        "limit": box.values["quota"],
        "unit": "MB",
    }


# --- what the panel does not tell -------------------------------------------------------------------------------------


def test_the_spam_filter_is_unknown_until_a_change_told_it(driver: SPanelDriver, fault: Any) -> None:
    def status() -> str:
        return str(driver.read_resource("spam_filter", OF_ACCOUNT, "").values["status"])

    assert status() == "unknown"
    [step] = carry_out(driver, wish("spam_filter", "score", at=OF_ACCOUNT, score="3"))
    values = driver.read_resource("spam_filter", OF_ACCOUNT, "").values
    assert (values["status"], values["score"]) == ("enabled", "3") and values["told_at"]
    assert driver.observe(step).seen is Seen.CANNOT_TELL
    fault("hangup", "email/togglespamassassin", when="after", count=1)
    with pytest.raises(Exception, match="answer"):
        carry_out(driver, wish("spam_filter", "switch", at=OF_ACCOUNT, status="disable"))
    assert status() == "unknown"


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("databases", {"name": "blog"}),
        (
            "cron_jobs",
            {**dict.fromkeys(("minute", "hour", "day", "month", "weekday"), "*"), "command": "run"},
        ),
    ],
)
def test_a_panel_that_does_not_know_a_guessed_call(
    driver: SPanelDriver, profile: dict[str, Any], state: Any, kind: str, new: dict[str, str]
) -> None:
    """What cannot be listed can be added all the same, and nobody claims to know what became of it."""
    profile["guessed_names"] = False
    with pytest.raises(NotSupported, match="does not know the call"):
        listed(driver, kind, OF_ACCOUNT)
    before = len(state.table("crons" if kind == "cron_jobs" else kind)[ACCOUNT])
    [step] = carry_out(driver, wish(kind, "add", at=OF_ACCOUNT, **new))
    assert len(state.table("crons" if kind == "cron_jobs" else kind)[ACCOUNT]) == before + 1
    assert driver.observe(step).seen is Seen.CANNOT_TELL


def test_a_cron_job_is_changed_by_old_and_new_of_every_field(driver: SPanelDriver, state: Any) -> None:
    [(key, job)] = listed(driver, "cron_jobs", OF_ACCOUNT).items()
    assert job.values["words"] == "every 15 minutes"
    steps = carry_out(driver, wish("cron_jobs", "edit", key, OF_ACCOUNT, weekday="1-5"))
    assert [row["weekday"] for row in state.table("crons")[ACCOUNT]] == ["1-5"]
    undo(driver, steps)
    assert list(listed(driver, "cron_jobs", OF_ACCOUNT)) == [key]


def test_a_cron_job_that_nobody_can_put_into_words(driver: SPanelDriver, state: Any) -> None:
    crons = state.table("crons")
    crons[ACCOUNT] = [{**crons[ACCOUNT][0], "minute": "@reboot"}]
    [job] = listed(driver, "cron_jobs", OF_ACCOUNT).values()
    assert job.values["words"] == "" and job.values["when"].startswith("@reboot")


def test_names_may_be_given_with_the_accounts_name_before_them(driver: SPanelDriver) -> None:
    [step] = driver.plan(wish("databases", "add", at=OF_ACCOUNT, name=f"{ACCOUNT}_blog"))
    assert step.args["key"] == f"{ACCOUNT}_blog" and step.args["values"] == {"name": "blog"}


def test_an_account_that_went_meanwhile(admin: SPanelDriver) -> None:
    [step] = admin.plan(wish("accounts", "suspend", ACCOUNT))
    carry_out(admin, wish("accounts", "remove", ACCOUNT))
    with pytest.raises(NotThere):
        admin.apply(step)
    assert admin.observe(step).seen is Seen.DIFFERS
