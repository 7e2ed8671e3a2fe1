"""The pages of policies with names."""

from __future__ import annotations

import pytest

from app.core.actor import Right
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.named_policies.conftest import (
    CM,
    HOME,
    LIMITED,
    ONLY_OTHER,
    OTHER,
    PANEL,
    PolicyWorld,
)
from tests.features.page import Page, see, send, submit

BASE = "/named-policies"
HERE = f"{BASE}/{CM}/{HOME}"
SCORE, DAYS, MARK = "v.spamScore", "v.quarantineProps.duration", "v.relayProps.prefixSpam"


def url(world: PolicyWorld, name: str, more: str = "", domain: str = HOME) -> str:
    """The page of a policy."""
    return f"{BASE}/{CM}/{domain}/{world.policies(domain)[name]['id']}{more}"


def tables(page: Page) -> str:
    """The page's text without the list of calls."""
    return page.text.split("API calls behind this page")[0]


def test_they_need_somebody_signed_in_and_the_right(world: PolicyWorld) -> None:
    change, look = Right.CHANGE_POLICIES, Right.VIEW_POLICIES
    pages: Pages = {
        f"{BASE}/": ("GET", look),
        f"{BASE}/compare": ("GET", look),
        f"{BASE}/read": ("POST", Right.SYNC),
        HERE: ("GET POST", look),
        f"{HERE}/new": ("GET POST", change),
        url(world, "Sales"): ("GET", look),
        url(world, "Sales", "/edit"): ("GET POST", change),
        url(world, "Sales", "/remove"): ("GET POST", change),
    }
    check_sign_in(world, pages)
    check_rights(world, pages)
    check_methods(world, pages)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_was_read_and_says_how_much_that_is(
    world: PolicyWorld, operator: Browser
) -> None:
    page = see(operator, f"{BASE}/")
    assert "policies of 0 of" in page.text
    assert '<a href="/policies/" class="active" aria-current="page">' in page.html
    assert "No policies were read yet" in page.text
    assert "OLSPanel is a hosting panel: it filters no mail and has no policies." in page.text
    assert world.upstream_calls() == 0
    submit(operator, page.form("connection", CM))
    world.work()
    before = world.upstream_calls()
    page = see(operator, f"{BASE}/")
    assert world.upstream_calls() == before, "a list asks no upstream"
    assert "policies of 12 of 12 domains were read." in page.text
    assert url(world, "Management") in page.links
    assert "Spam from 4 points, mail up to 21 MB; quarantine: 60 days" in page.text


def test_the_list_is_searched_filtered_and_sorted(world: PolicyWorld, operator: Browser) -> None:
    submit(operator, see(operator, f"{BASE}/").form("connection", CM))
    world.work()
    page = see(operator, f"{BASE}/?q=manag")
    assert "Management" in page.text
    assert "Sales" not in tables(page)
    page = see(operator, f"{BASE}/?q=nordwind.ex&which=other&sort=-name")
    assert page.html.index(">Sales<") < page.html.index(">Management<")
    assert "Politique-nordwind.example" not in page.text
    assert "Politique-nordwind.example" in see(operator, f"{BASE}/?which=default&connection={CM}").text
    assert "No policy fits" in see(operator, f"{BASE}/?q=%25").text
    for odd in ("q=%00", "which=x", "sort=x", "page=99999999", "connection=gone", "q=" + "x" * 500):
        assert see(operator, f"{BASE}/?{odd}").status == 200, odd


def test_the_policies_of_a_domain_are_read_live(world: PolicyWorld, operator: Browser) -> None:
    domain = see(operator, f"/domains/{CM}/{HOME}")
    assert HERE in domain.links
    assert "Politique-nordwind.example" in domain.text
    page = see(operator, HERE)
    assert url(world, "Sales") in page.links
    assert "/policies?sort=id" in page.text, "the call behind the page"
    assert HERE not in see(operator, f"/domains/{PANEL}/nordwind.example").links


# --- one policy -------------------------------------------------------------------------------------------------------


def test_a_policy_shows_units_meaning_and_who_uses_it(world: PolicyWorld, operator: Browser) -> None:
    page = see(operator, url(world, "Management"))
    for text in ("4.0 points", "60 days", "Lower is stricter", "It applies to 1 mailbox.", "21 MB"):
        assert text in page.text, text
    assert "@nordwind.example" in tables(page)
    default = see(operator, url(world, f"Politique-{HOME}"))
    assert "It is the default policy of" in default.text
    sales = see(operator, url(world, "Sales"))
    assert "Nobody uses it." in sales.text
    assert "[SPAM]" in sales.text


def test_mail_that_nobody_would_find_again_is_pointed_out(world: PolicyWorld, operator: Browser) -> None:
    page = see(operator, url(world, "Sales", "/edit"))
    page = submit(
        operator,
        page.form("v.quarantine"),
        **{"v.relayProps.relaySpam": None, "v.relayProps.relayBadHeaders": "true"},
    )
    assert "Spam: neither delivered nor kept in quarantine." in page.text
    assert "Mail with bad headers: neither" not in page.text


def test_addresses_are_for_those_who_may_see_mailboxes(world: PolicyWorld) -> None:
    api = world.api("operator", rights=("view_policies",))
    path = f"/domains/{CM}/{HOME}/policies/{world.policies()['Management']['id']}"
    assert api("GET", path).get_json()["use"] == {"default": False, "mailboxes": [], "total": 1}


def test_a_policy_is_added(world: PolicyWorld, operator: Browser) -> None:
    form = see(operator, f"{HERE}/new").form(SCORE)
    assert form.value(SCORE) == "5.0"
    assert form.value(DAYS) == "31"
    page = submit(operator, form, **{"name": "Strict", SCORE: "3.5", MARK: "[?] ", "v.retention": "true"})
    assert "Added the policy “Strict” to nordwind.example." in page.text
    row = world.policies()["Strict"]
    assert page.url == url(world, "Strict")
    assert (row["spamScore"], row["retention"], row["archive"]) == (3.5, True, False)
    assert row["relayProps"]["prefixSpam"] == "[?] ", "a blank at the end is a part of the mark"
    assert row["quarantineProps"]["duration"] == 31
    assert world.writes() == ["newPolicy"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (SCORE, "many"),
        (SCORE, "-1"),
        (SCORE, "nan"),
        (DAYS, "0"),
        (DAYS, "1.5"),
        (DAYS, "9" * 30),
        (DAYS, "💥"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(
    world: PolicyWorld, operator: Browser, name: str, value: str
) -> None:
    form = see(operator, f"{HERE}/new").form(SCORE)
    page = submit(operator, form, **{"name": "Strict", name: value})
    assert page.status == 422
    field = name.removeprefix("v.").replace(".", "-")
    assert f'id="field-{field}-error"' in page.html
    assert page.form(SCORE).value(name) == value
    assert world.writes() == []


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x00b"])
def test_odd_names(world: PolicyWorld, operator: Browser, name: str) -> None:
    page = submit(operator, see(operator, f"{HERE}/new").form(SCORE), name=name)
    assert page.status == 422
    assert 'id="name-error"' in page.html
    assert world.writes() == []


def test_a_name_that_is_taken(world: PolicyWorld, operator: Browser) -> None:
    page = submit(operator, see(operator, f"{HERE}/new").form(SCORE), name="sales")
    assert page.status == 409
    assert "already has a policy “Sales”" in page.text
    assert world.writes() == []


def test_a_copy_takes_all_values(world: PolicyWorld, operator: Browser) -> None:
    source = url(world, "Management")
    copy = next(link for link in see(operator, source).links if "copy=" in link)
    form = see(operator, copy).form(SCORE)
    assert form.value("name") == "Copy of Management"
    submit(operator, form)
    old, new = world.policies()["Management"], world.policies()["Copy of Management"]
    assert new["relayProps"].pop("prefixSpam") == ""
    assert old["relayProps"].pop("prefixSpam") is None, "an empty mark is no mark"
    own = {"id": new["id"], "name": new["name"]}
    assert new == {**old, **own}


def test_a_copy_may_go_to_another_domain(world: PolicyWorld, operator: Browser) -> None:
    form = see(operator, f"{HERE}/new?copy={world.policies()['Management']['id']}").form(SCORE)
    page = submit(operator, form, domain=OTHER, name="Management")
    assert page.url == url(world, "Management", domain=OTHER)
    assert world.policies(OTHER)["Management"]["spamScore"] == 4.0


def test_a_policy_is_changed_and_undone(world: PolicyWorld, operator: Browser) -> None:
    page = see(operator, url(world, "Management", "/edit"))
    page = submit(operator, page.form(SCORE), **{SCORE: "6.5", DAYS: "14", "name": "Board"})
    assert "Changed the policy of nordwind.example." in page.text
    row = world.policies()["Board"]
    assert (row["spamScore"], row["quarantineProps"]["duration"]) == (6.5, 14)
    assert row["quarantineProps"]["storeVirus"] is True, "what stands beside a changed field stays"
    change = world.changes()[0]
    assert change.step.before == {"spamScore": 4.0, "quarantineProps.duration": 60, "name": "Management"}
    undo = see(operator, f"/changes/{change.id}/undo")
    submit(operator, undo.form("request_key"))
    row = world.policies()["Management"]
    assert (row["spamScore"], row["quarantineProps"]["duration"]) == (4.0, 60)


def test_a_service_goes_off_with_its_settings_and_comes_back_with_them(
    world: PolicyWorld, operator: Browser
) -> None:
    before = dict(world.policies()["Management"]["quarantineProps"])
    page = see(operator, url(world, "Management", "/edit"))
    submit(operator, page.form(SCORE), **{"v.quarantine": None})
    assert world.policies()["Management"]["quarantineProps"] is None
    undo = see(operator, f"/changes/{world.changes()[0].id}/undo")
    submit(operator, undo.form("request_key"))
    assert world.policies()["Management"]["quarantineProps"] == before


def test_nothing_changed_sends_nothing(world: PolicyWorld, operator: Browser) -> None:
    page = submit(operator, see(operator, url(world, "Management", "/edit")).form(SCORE))
    assert "nothing was sent" in page.text
    assert world.writes() == []


def test_two_people_do_not_overwrite_each_other(world: PolicyWorld, operator: Browser) -> None:
    address = url(world, "Management", "/edit")
    first, second = see(operator, address).form(SCORE), see(operator, address).form(SCORE)
    submit(operator, first, **{SCORE: "6"})
    page = submit(operator, second, **{SCORE: "2"})
    assert page.status == 409
    assert "Somebody changed this policy since you opened it (Spam from)" in page.text
    again = submit(operator, page.form(SCORE))
    assert again.status == 409, "the form still stands for what was seen first"
    other_field = see(operator, address).form(SCORE)
    submit(operator, see(operator, address).form(SCORE), **{DAYS: "20"})
    assert submit(operator, other_field, **{SCORE: "7"}).status == 200
    row = world.policies()["Management"]
    assert (row["spamScore"], row["quarantineProps"]["duration"]) == (7.0, 20)


def test_sent_twice_is_one_change(world: PolicyWorld, operator: Browser) -> None:
    form = see(operator, url(world, "Management", "/edit")).form(SCORE)
    assert [send(operator, form, **{SCORE: "7"}).status_code for _ in range(2)] == [303, 303]
    assert world.writes() == ["editPolicy"]


def test_tampered_forms_are_no_errors_of_ours(world: PolicyWorld, operator: Browser) -> None:
    form = see(operator, url(world, "Management", "/edit")).form(SCORE)
    data = form.sent(**{SCORE: "7"})
    data["was.spamScore"] = "["
    data["was.retention"] = '{"a": 1}'
    data["v.no.such"] = "1"
    assert operator.post(form.action, data=data).status_code in (303, 409, 422)
    data = form.sent()
    for name in [n for n in data if n.startswith("was.")]:
        del data[name]
    assert operator.post(form.action, data=data).status_code in (303, 409, 422)


# --- comparing --------------------------------------------------------------------------------------------------------


def test_two_policies_side_by_side(world: PolicyWorld, operator: Browser) -> None:
    ids = [f"{CM}/{HOME}/{world.policies()[name]['id']}" for name in ("Management", "Sales")]
    page = see(operator, f"{BASE}/compare?p={ids[0]}&p={ids[1]}")
    assert "4.0 points" in page.text
    assert "7.5 points" in page.text
    assert "differs" in page.text
    assert "Largest mail" in page.text
    page = see(operator, f"{BASE}/compare?p={ids[0]}&p={ids[1]}&only=different")
    assert "7.5 points" in page.text
    assert "Largest mail" not in page.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("p=", 200),
        ("p=x", 200),
        (f"p={CM}/{HOME}/gone&p={CM}/{HOME}/gone", 200),
        (f"p={CM}/no%20domain/x", 404),
        (f"p=gone/{HOME}/x", 404),
        (f"p={CM}/{HOME}/%00", 200),
        (f"p={PANEL}/{HOME}/x", 200),
    ],
)
def test_odd_comparisons(operator: Browser, query: str, status: int) -> None:
    assert see(operator, f"{BASE}/compare?{query}").status == status


# --- the default ------------------------------------------------------------------------------------------------------


def test_a_policy_becomes_the_default_and_it_is_undone(world: PolicyWorld, operator: Browser) -> None:
    old, sales = world.default(), world.policies()["Sales"]["id"]
    page = submit(operator, see(operator, HERE).form("policy", sales))
    assert "nordwind.example has another default policy now." in page.text
    assert world.default() == sales
    undo = see(operator, f"/changes/{world.changes()[0].id}/undo")
    submit(operator, undo.form("request_key"))
    assert world.default() == old


def test_it_can_be_made_the_default_on_its_own_page(world: PolicyWorld, operator: Browser) -> None:
    sales = world.policies()["Sales"]["id"]
    submit(operator, see(operator, url(world, "Sales")).form("policy", sales))
    assert world.default() == sales


def test_a_default_that_somebody_chose_since_stays(world: PolicyWorld, operator: Browser) -> None:
    policies = world.policies()
    first, second = see(operator, HERE), see(operator, HERE)
    submit(operator, first.form("policy", policies["Sales"]["id"]))
    page = submit(operator, second.form("policy", policies["Management"]["id"]))
    assert page.status == 409
    assert "Somebody chose another default policy" in page.text
    assert world.default() == policies["Sales"]["id"]


# --- removing ---------------------------------------------------------------------------------------------------------


def test_a_policy_that_nobody_uses_is_removed_and_brought_back(world: PolicyWorld, operator: Browser) -> None:
    before = world.policies()["Sales"]
    page = submit(operator, see(operator, url(world, "Sales", "/remove")).form("request_key"))
    assert "Removed the policy from nordwind.example." in page.text
    assert "Sales" not in world.policies()
    assert "Sales" not in see(operator, HERE).text.replace("Undo", "")
    undo = see(operator, f"/changes/{world.changes()[0].id}/undo")
    assert "gets a new one" in undo.text
    submit(operator, undo.form("request_key"))
    after = world.policies()["Sales"]
    assert {k: v for k, v in after.items() if k != "id"} == {k: v for k, v in before.items() if k != "id"}


def test_the_page_names_who_blocks_a_removal(world: PolicyWorld, operator: Browser) -> None:
    page = see(operator, url(world, "Management", "/remove"))
    assert "It cannot be removed while somebody uses it." in page.text
    assert not any("Remove the policy" in str(form.buttons) for form in page.forms)
    answer = operator.send(url(world, "Management", "/remove"))
    assert answer.status_code == 409
    assert "is used by" in answer.text
    assert "@nordwind.example" in answer.text
    default = operator.send(url(world, f"Politique-{HOME}", "/remove"))
    assert "it is the default policy of nordwind.example" in default.text
    assert world.writes() == []


# --- who may, and where -----------------------------------------------------------------------------------------------


def test_support_looks_without_controls(world: PolicyWorld) -> None:
    support = world.sign_in("support")
    page = see(support, HERE)
    assert page.status == 200
    assert f"{HERE}/new" not in page.links
    assert not any("policy" in form.names for form in page.forms)
    assert url(world, "Sales", "/edit") not in see(support, url(world, "Sales")).links
    assert support.send(HERE, {"policy": world.policies()["Sales"]["id"]}).status_code == 403
    assert world.writes() == []


def test_outside_the_scope_is_not_found(world: PolicyWorld) -> None:
    everybody, narrow = world.sign_in("operator"), world.sign_in("operator", scopes=ONLY_OTHER)
    submit(everybody, see(everybody, f"{BASE}/").form("connection", CM))
    world.work()
    foreign = world.policies()["Sales"]["id"]
    for address in (HERE, f"{HERE}/new", url(world, "Sales"), url(world, "Sales", "/edit")):
        assert narrow.get(address).status_code == 404, address
    assert narrow.get(f"{BASE}/compare?p={CM}/{HOME}/{foreign}").status_code == 404
    page = see(narrow, f"{BASE}/")
    assert HOME not in page.text
    assert OTHER in page.text
    # The id of a policy outside, under a domain inside: it is no policy of that domain.
    inside = f"{BASE}/{CM}/{OTHER}/{foreign}"
    assert narrow.get(inside).status_code == 404
    assert narrow.send(f"{inside}/edit", {"name": "Mine"}).status_code == 404
    assert narrow.send(f"{inside}/remove").status_code == 404
    assert narrow.send(f"{BASE}/{CM}/{OTHER}", {"policy": foreign}).status_code == 404
    # A copy of one's own must not land outside.
    own = next(iter(world.policies(OTHER).values()))["id"]
    form = see(narrow, f"{BASE}/{CM}/{OTHER}/new?copy={own}").form(SCORE)
    assert send(narrow, form, domain=HOME, name="Sneaked in").status_code == 404
    assert world.writes() == []


def test_without_the_sysadmin_role_it_is_said_and_not_sent(world: PolicyWorld, operator: Browser) -> None:
    page = see(operator, f"{BASE}/{LIMITED}/{HOME}")
    if page.status == 404:
        pytest.fail("the limited token sees this domain in the demo data")
    assert "has not the sysadmin role" in page.text
    assert f"{BASE}/{LIMITED}/{HOME}/new" not in page.links
    answer = operator.send(f"{BASE}/{LIMITED}/{HOME}/new", {"name": "Mine"})
    assert answer.status_code in (409, 422)
    assert world.writes() == []


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_with_the_upstream_down_the_last_reading_is_shown(world: PolicyWorld, operator: Browser) -> None:
    see(operator, HERE)
    form = see(operator, url(world, "Management", "/edit")).form(SCORE)
    show = url(world, "Management")
    world.fault("refuse", upstream="cleanmail")
    page = see(operator, HERE)
    assert page.status == 200
    assert "Shown is what it said" in page.text
    assert "Management" in page.text
    page = see(operator, show)
    assert page.status == 200
    assert "4.0 points" in page.text
    assert submit(operator, form, **{SCORE: "7"}).status == 502
    unread = see(operator, f"{BASE}/{CM}/{OTHER}")
    assert unread.status == 200
    assert see(operator, f"{BASE}/{CM}/{OTHER}/whatever").status == 502


@pytest.mark.parametrize(
    "address",
    [
        f"{HERE}/gone",
        f"{HERE}/gone/edit",
        f"{HERE}/gone/remove",
        f"{HERE}/new?copy=gone",
        f"{BASE}/{CM}/gone.example",
        f"{BASE}/gone/{HOME}",
        f"{BASE}/{CM}/no%20domain",
    ],
)
def test_what_is_not_there_is_not_found(operator: Browser, address: str) -> None:
    assert see(operator, address).status == 404


def test_hostile_names_are_text(world: PolicyWorld, operator: Browser) -> None:
    row = world.policies()["Sales"]
    world.records.put("policies", {**row, "name": "<script>alert(1)</script>" + "x" * 3000})
    for address in (HERE, f"{HERE}/{row['id']}", f"{HERE}/{row['id']}/edit", f"{HERE}/{row['id']}/remove"):
        page = see(operator, address)
        assert page.status == 200
        assert "<script>alert" not in page.html
        assert "x" * 200 not in page.html
