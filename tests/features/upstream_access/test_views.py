"""The pages of upstream administrators, and the access tab of a domain."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.actor import Right
from tests.browser import Browser
from tests.features.cleanmail_world import CM, LIMITED, OLS, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import see, send, submit
from tests.features.world import ONLY_NORDWIND, ONLY_TWIN

HOME = "nordwind.example"
OWN = "operations@cleanmail.example"
LIST = f"/access/{CM}/"
MOREAU = f"/access/{CM}/admins/moreau"
TAB = f"/domains/{CM}/{HOME}/access"
PASSWORD = "correct horse battery staple"
PAGES: Pages = {
    path: (methods, Right.MANAGE_ACCESS)
    for path, methods in {
        "/access/": "GET",
        LIST: "GET",
        MOREAU: "GET POST",
        f"{MOREAU}/tokens": "POST",
        f"{MOREAU}/second-factor": "GET POST",
        f"{MOREAU}/remove": "GET POST",
        TAB: "GET POST",
        f"{TAB}/new": "POST",
        f"{TAB}/users": "POST",
        f"{TAB}/moreau/edit": "GET POST",
        f"{TAB}/moreau/revoke": "GET POST",
    }.items()
}


def token_id(world: CleanmailWorld, login: str, name: str) -> str:
    owner = f"admin:{world.admin_row(login)['id']}"
    return str(next(t["id"] for t in world.records.owned("tokens", owner) if t["name"] == name))


def test_they_need_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_operators_do_not_see_the_way_there(operator: Browser, admin: Browser) -> None:
    assert "/access/" not in see(operator, "/overview/").links
    assert "/access/" in see(admin, "/overview/").links
    assert "Your role may not manage access" in see(operator, f"/domains/{CM}/{HOME}").html
    assert TAB in see(admin, f"/domains/{CM}/{HOME}").links
    assert LIST in see(admin, f"/connections/{CM}").links


def test_connections_with_the_reason_why_not(admin: Browser) -> None:
    page = see(admin, "/access/")
    assert LIST in page.links and f"/access/{OLS}/" not in page.links
    assert "has no calls for the panel's administrators" in page.text
    assert "has no calls for the panel's administrators" in see(admin, f"/access/{OLS}/").text


def test_the_list_is_searched_and_marks_the_connection_s_own(admin: Browser) -> None:
    page = see(admin, LIST)
    assert MOREAU in page.links and "this connection" in page.text and "may do everything" in page.text
    page = see(admin, f"{LIST}?q=moreau")
    assert MOREAU in page.links and "petersen" not in page.text
    assert "No administrator found" in see(admin, f"{LIST}?q=nosuch").text
    assert see(admin, f"{LIST}?page=99").status == 200


def test_an_account_is_changed_and_brought_back(world: CleanmailWorld, admin: Browser) -> None:
    form = see(admin, MOREAU).form("email")
    page = submit(admin, form, name="Bastien M.", enabled=None)
    assert "The account moreau is changed." in page.text and "switched off" in page.text
    assert world.admin_row("moreau")["displayName"] == "Bastien M."
    [change] = world.changes(connection=CM)
    assert change.step.domain is None
    submit(admin, see(admin, f"/changes/{change.id}/undo").form("request_key"))
    row = world.admin_row("moreau")
    assert (row["displayName"], row["enabled"]) == ("Bastien Moreau", True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"email": "nonsense"}, "is not a mail address"), ({"language": "XX"}, "Choose one of")],
)
def test_what_cannot_be_is_said_and_the_input_stays(
    world: CleanmailWorld, admin: Browser, fields: dict[str, str], words: str
) -> None:
    page = submit(admin, see(admin, MOREAU).form("email"), **fields)
    assert page.status == 422 and words in page.text
    name, value = next(iter(fields.items()))
    assert page.form("email").value(name) == value and world.written() == []


def test_a_second_factor_is_switched_off_after_its_login_was_typed(
    world: CleanmailWorld, admin: Browser
) -> None:
    page = see(admin, f"{MOREAU}/second-factor")
    page = submit(admin, page.form("confirm"), confirm="petersen")
    assert page.status == 422 and world.written() == []
    page = submit(admin, page.form("confirm"), confirm="moreau")
    assert "second factor of moreau is off" in page.text
    assert world.admin_row("moreau")["totp"] is False


def test_an_account_is_removed_after_its_login_was_typed(world: CleanmailWorld, admin: Browser) -> None:
    page = see(admin, f"{MOREAU}/remove")
    assert "moreau@cleanmail.example" in page.text
    page = submit(admin, page.form("confirm"), confirm="moreau")
    assert "is removed, with its permissions and tokens" in page.text
    assert world.admin_row("moreau") is None
    assert admin.get(MOREAU).status_code == 404


def test_the_connection_s_own_account_is_neither_removed_nor_switched_off(
    world: CleanmailWorld, admin: Browser
) -> None:
    here = f"/access/{CM}/admins/{OWN}"
    page = see(admin, f"{here}/remove")
    assert "the connection would be locked out" in page.text
    page = submit(admin, page.form("confirm"), confirm=OWN)
    assert page.status == 409 and "own token" in page.text
    answer = admin.send(here, {"seen": '{"enabled": true}', "may_be_ours": "y"})
    assert answer.status_code == 409
    page = submit(admin, see(admin, here).form("email"), name="Chief")
    assert "is changed" in page.text
    row = world.admin_row(OWN)
    assert row["enabled"] and row["displayName"] == "Chief"


# --- tokens ---


def test_a_token_is_shown_once_and_kept_nowhere(world: CleanmailWorld, admin: Browser) -> None:
    form = see(admin, MOREAU).form("expires")
    answer = send(admin, form, name="script", expires="2099-12-31")
    [row] = [t for t in world.records.every("tokens") if t["name"] == "script"]
    assert answer.status_code == 200 and row["value"] in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert row["value"] not in see(admin, MOREAU).html
    [change] = world.changes(connection=CM)
    assert row["value"] not in str(change)
    again = send(admin, form, name="script", expires="2099-12-31")
    assert again.status_code == 200 and row["value"] not in again.text and "cannot be shown" in again.text
    assert world.written() == ["createToken"]
    submit(admin, see(admin, f"/changes/{change.id}/undo").form("request_key"))
    assert not any(t["name"] == "script" for t in world.records.every("tokens"))


def test_a_token_of_that_name_or_of_a_day_that_is_over(world: CleanmailWorld, admin: Browser) -> None:
    own = see(admin, f"/access/{CM}/admins/{OWN}")
    page = submit(admin, own.form("expires"), name="dashboard")
    assert page.status == 409 and "has a token “dashboard” already" in page.text
    page = submit(admin, page.form("expires"), name="x", expires="2020-01-01")
    assert page.status == 422 and "This day is over" in page.text
    page = submit(admin, page.form("expires"), name="x", expires="soon")
    assert page.status == 422 and world.written() == []


def test_the_token_that_may_be_ours_needs_two_words(world: CleanmailWorld, admin: Browser) -> None:
    here = f"/access/{CM}/admins/{OWN}/tokens/{token_id(world, OWN, 'dashboard')}/remove"
    page = see(admin, here)
    assert "This may be what the connection itself signs in with" in page.text
    page = submit(admin, page.form("confirm"), confirm="dashboard")
    assert page.status == 422 and "may be the token of this very connection" in page.text
    assert world.written() == []
    page = submit(admin, page.form("confirm"), confirm="dashboard", may_be_ours="y")
    assert world.written() == ["deleteToken"]


def test_another_s_token_is_removed_by_typing_its_name(world: CleanmailWorld, admin: Browser) -> None:
    login = "helpdesk@nordwind.example"
    here = f"/access/{CM}/admins/{login}/tokens/{token_id(world, login, 'old script')}/remove"
    page = submit(admin, see(admin, here).form("confirm"), confirm="old script")
    assert "The token “old script” of helpdesk@nordwind.example is removed." in page.text
    assert admin.get(here).status_code == 404


# --- a domain ---


def test_accesses_are_shown_set_and_revoked(world: CleanmailWorld, admin: Browser) -> None:
    page = see(admin, TAB)
    assert "helpdesk@nordwind.example" in page.text and "OWN_QUARANTINE" in page.text
    page = submit(admin, page.form_to(TAB), login="petersen", permissions=["READ", "WRITE"])
    assert "The access of petersen to nordwind.example is set." in page.text
    page = submit(admin, page.form_to(TAB), login="petersen", permissions=["READ"])
    held = [g["permissions"] for g in world.admin_row("petersen")["grants"] if g["type"] == "DOMAIN"]
    assert held == [["READ"]]
    page = submit(admin, see(admin, f"{TAB}/petersen/revoke").form("confirm"), confirm="petersen")
    assert "may no longer manage" in page.text
    assert [g["type"] for g in world.admin_row("petersen")["grants"]] == ["CUSTOMER"]


def test_one_access_is_edited_as_it_is_now(world: CleanmailWorld, admin: Browser) -> None:
    assert f"{TAB}/moreau/edit" in see(admin, TAB).links
    page = see(admin, f"{TAB}/moreau/edit")
    form = page.form("permissions")
    assert form.values("permissions") == ["READ", "QUARANTINE"] and "Bastien Moreau" in page.text
    assert "getDomainAdmin" in world.sandbox.calls["cleanmail"].names()
    stale = see(admin, f"{TAB}/moreau/edit").form("permissions")
    page = submit(admin, form, permissions=["READ", "WRITE"])
    assert f"The access of moreau to {HOME} is set." in page.text
    assert see(admin, f"{TAB}/moreau/edit").form("permissions").values("permissions") == ["READ", "WRITE"]
    page = submit(admin, stale, permissions=["GRANT"])
    assert page.status == 409 and "changed since you saw it" in page.text
    page = submit(admin, see(admin, f"{TAB}/moreau/edit").form("permissions"), permissions=[])
    assert page.status == 422
    for login in ("petersen", "nobody"):
        assert see(admin, f"{TAB}/{login}/edit").status == 404


def test_the_last_access_takes_the_account_along_and_that_is_said(
    world: CleanmailWorld, admin: Browser
) -> None:
    page = submit(
        admin,
        see(admin, TAB).form_to(f"{TAB}/new"),
        login="new.person",
        name="New Person",
        email="new@example.org",
        password=PASSWORD,
        permissions=["READ"],
    )
    assert "new.person is added" in page.text and PASSWORD not in page.html
    [change] = world.changes(connection=CM)
    assert PASSWORD not in str(change)
    page = see(admin, f"{TAB}/new.person/revoke")
    assert "account is deleted with its tokens" in page.text
    submit(admin, page.form("confirm"), confirm="new.person")
    assert world.admin_row("new.person") is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"login": "petersen", "permissions": []}, "At least 1"),
        ({"login": "nobody.at.all", "permissions": ["READ"]}, "404"),
        ({"login": "", "permissions": ["READ"]}, "This is needed"),
    ],
)
def test_accesses_that_cannot_be(world: CleanmailWorld, admin: Browser, fields: Any, words: str) -> None:
    page = submit(admin, see(admin, TAB).form_to(TAB), **fields)
    assert page.status == (404 if words == "404" else 422)
    assert words == "404" or words in page.text
    assert world.written() == []


def test_a_short_password_is_refused_and_not_sent_back(world: CleanmailWorld, admin: Browser) -> None:
    form = see(admin, TAB).form_to(f"{TAB}/new")
    page = submit(
        admin,
        form,
        login="a",
        name="A",
        email="a@example.org",
        password="short-se",
        permissions=["READ"],
    )
    assert page.status == 422 and "12 to 200 characters" in page.text
    assert "short-se" not in page.html and page.form_to(f"{TAB}/new").value("login") == "a"


def test_what_the_users_may_do(world: CleanmailWorld, admin: Browser) -> None:
    page = submit(admin, see(admin, TAB).form_to(f"{TAB}/users"), permissions=["OWN_RULES"])
    assert "What the users of nordwind.example may do is set." in page.text
    assert world.records.table("access")[world.domain(HOME)["id"]] == ["OWN_RULES"]
    [change] = world.changes(connection=CM)
    submit(admin, see(admin, f"/changes/{change.id}/undo").form("request_key"))
    assert "OWN_QUARANTINE" in world.records.table("access")[world.domain(HOME)["id"]]


# --- rights, scope, trouble ---


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    world: CleanmailWorld, admin: Browser
) -> None:
    account, name = see(admin, MOREAU).form("email"), see(admin, MOREAU).form("email")
    users = see(admin, TAB).form_to(f"{TAB}/users")
    world.records.put("admins", {**world.admin_row("moreau"), "displayName": "Theirs"})
    page = submit(admin, account, email="new@cleanmail.example")
    assert "is changed" in page.text and world.admin_row("moreau")["displayName"] == "Theirs"
    page = submit(admin, name, name="Mine")
    assert page.status == 409 and "changed since you saw it" in page.text
    world.records.table("access")[world.domain(HOME)["id"]] = ["OWN_RULES"]
    page = submit(admin, users, permissions=[])
    assert page.status == 409 and "changed since you saw it" in page.text
    assert world.records.table("access")[world.domain(HOME)["id"]] == ["OWN_RULES"]


def test_a_limited_token_s_tokens_of_others_are_off_the_card_with_the_reason(
    world: CleanmailWorld, admin: Browser
) -> None:
    page = see(admin, f"/access/{LIMITED}/admins/moreau")
    assert page.status == 200 and "opens the tokens of this account alone" in page.text
    assert not any("expires" in form.names for form in page.forms)
    found = world.api("admin")("GET", f"/connections/{LIMITED}/admins/moreau").get_json()
    assert found["tokens"] is None and "of this account alone" in found["tokens_problem"]


def test_where_the_account_is_not_known_a_removal_needs_the_word(
    world: CleanmailWorld, admin: Browser
) -> None:
    here = f"/access/{LIMITED}/admins/moreau/remove"
    page = see(admin, here)
    assert "nobody can tell" in page.text
    page = submit(admin, page.form("confirm"), confirm="moreau")
    assert page.status == 422 and "does not say whose token it has" in page.text
    assert world.written() == []


@pytest.mark.parametrize("scopes", [ONLY_NORDWIND, ONLY_TWIN])
def test_outside_the_scope_is_not_found(world: CleanmailWorld, scopes: Any) -> None:
    browser = world.sign_in("admin", scopes=scopes)
    for path in (LIST, MOREAU, f"{MOREAU}/remove", f"/domains/{CM}/lofotenfisk.example/access"):
        assert browser.get(path).status_code == 404, path
    assert browser.send(MOREAU, {"name": "x"}).status_code == 404
    assert browser.send(f"{MOREAU}/tokens", {"name": "x"}).status_code == 404
    assert world.upstream_calls() == 0


@pytest.mark.parametrize("fault", ["refuse", "html", "malformed", "5xx", "429"])
def test_with_the_upstream_down_the_pages_say_so(world: CleanmailWorld, admin: Browser, fault: str) -> None:
    forms = [see(admin, MOREAU).form("email"), see(admin, TAB).form_to(TAB)]
    world.fault(fault, upstream="cleanmail")
    assert see(admin, LIST).status == 200
    assert see(admin, TAB).status == 200
    for path in (MOREAU, f"{MOREAU}/remove", f"{TAB}/moreau/revoke"):
        assert admin.get(path).status_code in (409, 502, 503), path
    assert submit(admin, forms[0], name="x").status in (409, 502, 503)
    assert submit(admin, forms[1], login="moreau", permissions=["READ"]).status in (409, 502, 503)


def test_a_hostile_name_is_text(world: CleanmailWorld, admin: Browser) -> None:
    row = world.admin_row("moreau")
    world.records.put("admins", {**row, "displayName": "<script>alert(1)</script>" * 50})
    for path in (LIST, MOREAU, f"{MOREAU}/remove", TAB):
        page = see(admin, path)
        assert page.status == 200 and "<script>alert" not in page.html, path
