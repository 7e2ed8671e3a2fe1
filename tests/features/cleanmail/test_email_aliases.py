"""E-mail aliases of a domain, and its list of domain aliases as a whole: pages, REST and command line."""

from __future__ import annotations

import json

import pytest

from app.core.actor import Right
from app.sandbox.cleanmail import groups
from tests.browser import Browser
from tests.features.cleanmail_world import CM, OLS, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import see, submit
from tests.features.world import ONLY_NORDWIND

HOME = "nordwind.example"
BASE = f"/domains/{CM}/{HOME}"
LIST = f"{BASE}/email-aliases"
INFO = f"info@{HOME}"
PAGES: Pages = {
    LIST: ("GET", Right.VIEW_MAILBOXES),
    f"{LIST}/export.csv": ("GET", Right.VIEW_MAILBOXES),
    f"{LIST}/new": ("GET POST", Right.CHANGE_MAILBOXES),
    f"{LIST}/one?address={INFO}": ("GET", Right.VIEW_MAILBOXES),
    f"{LIST}/recipients?address={INFO}": ("POST", Right.CHANGE_MAILBOXES),
    f"{LIST}/edit?address={INFO}": ("GET POST", Right.CHANGE_MAILBOXES),
    f"{LIST}/remove?address={INFO}": ("GET POST", Right.CHANGE_MAILBOXES),
    f"{BASE}/aliases/all": ("GET POST", Right.CHANGE_DOMAINS),
}


def recipients(world: CleanmailWorld, address: str) -> list[str] | None:
    """Where the imitated service sends the mail of an alias."""
    row = next((row for row in world.records.every("groups") if row["email"] == address), None)
    return None if row is None else [one["email"] for one in row["recipients"]]


def test_it_needs_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_they_are_listed_with_what_each_recipient_is(operator: Browser) -> None:
    page = see(operator, LIST)
    assert INFO in page.text and f"invoices@{HOME}" in page.text
    assert {"mailbox", "alias", "external"} <= set(page.text.split())
    assert "tax.office@adviser.example.com" in page.text


def test_the_filter_asks_the_upstream_for_an_address_or_a_recipient(operator: Browser) -> None:
    page = see(operator, f"{LIST}?q=tax.office&by=recipient")
    assert f"invoices@{HOME}" in page.text and "1–1 of 1" in page.text
    assert f"Edit {INFO}" not in see(operator, f"{LIST}?q=invoi").text
    assert "No e-mail alias matches" in see(operator, f"{LIST}?q=%3Cb%3Ex&by=nonsense").text


def test_pages(world: CleanmailWorld, operator: Browser) -> None:
    for number in range(60):
        groups.make(world.records, world.domain(HOME)["id"], f"list{number:02}@{HOME}", [])
    page = see(operator, LIST)
    assert "1–50 of 62" in page.text and "none: its mail goes nowhere" in page.text
    assert f"list59@{HOME}" in see(operator, f"{LIST}?page=2").text
    assert "There are no further e-mail aliases" in see(operator, f"{LIST}?page=9").text


def test_export(world: CleanmailWorld, operator: Browser) -> None:
    for number in range(210):
        groups.make(world.records, world.domain(HOME)["id"], f"list{number:03}@{HOME}", [])
    assert (
        f"{LIST}/export.csv?q=tax.office&by=recipient"
        in see(operator, f"{LIST}?q=tax.office&by=recipient").links
    )
    lines = operator.get(f"{LIST}/export.csv").text.splitlines()
    assert lines[0] == "address,recipient,kind,name" and f"list209@{HOME},,," in lines
    assert f"invoices@{HOME},tax.office@adviser.example.com,external," in lines
    assert len(operator.get(f"{LIST}/export.csv?q=tax.office&by=recipient").text.splitlines()) == 4
    assert operator.get(f"{LIST}/export.xlsx").data.startswith(b"PK")
    assert operator.get(f"{LIST}/export.pdf").status_code == 404
    assert world.sign_in("support").get(f"{LIST}/export.csv").status_code in (200, 403)


def test_a_provider_without_them_says_why(operator: Browser) -> None:
    for path in ("email-aliases", "email-aliases/new", "email-aliases/edit?address=a@b.example"):
        page = see(operator, f"/domains/{OLS}/harbourbikes.example/{path}")
        assert page.status == 200 and "OLSPanel's API has no calls for e-mail aliases" in page.text


def test_when_the_upstream_does_not_answer_the_page_says_so(world: CleanmailWorld, operator: Browser) -> None:
    world.fault("malformed", "listEmailAliasesOfDomain", upstream="cleanmail")
    page = see(operator, LIST)
    assert page.status == 200 and INFO not in page.text and HOME in page.text


def test_support_looks_and_changes_nothing(world: CleanmailWorld) -> None:
    page = see(world.sign_in("support"), LIST)
    assert (
        INFO in page.text and "email-aliases/edit" not in page.html and "email-aliases/new" not in page.html
    )


def test_outside_the_scope_there_is_nothing(world: CleanmailWorld) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert see(browser, f"/domains/{CM}/solskin.example/email-aliases").status == 404
    assert see(browser, f"/domains/{CM}/solskin.example/email-aliases/new").status == 404


# --- changes ----------------------------------------------------------------------------------------------------------


def test_one_is_added_edited_removed_and_undone(world: CleanmailWorld, operator: Browser) -> None:
    team = f"team@{HOME}"
    form = see(operator, f"{LIST}/new").form("recipients")
    page = submit(operator, form, address="team", recipients=f"a@elsewhere.example,\n{INFO}")
    assert f"Added the e-mail alias {team}." in page.text
    assert recipients(world, team) == ["a@elsewhere.example", INFO]
    form = see(operator, f"{LIST}/edit?address={team}").form("recipients")
    assert form.value("recipients").split() == ["a@elsewhere.example", INFO]
    page = submit(operator, form, recipients="b@elsewhere.example")
    assert f"Changed the e-mail alias {team}." in page.text
    assert recipients(world, team) == ["b@elsewhere.example"]
    page = see(operator, f"{LIST}/remove?address={team}")
    assert "b@elsewhere.example" in page.text
    page = submit(operator, page.form("confirm"), confirm="something else")
    assert page.status == 422 and recipients(world, team) is not None
    page = submit(operator, page.form("confirm"), confirm=team)
    assert f"Removed the e-mail alias {team}." in page.text and recipients(world, team) is None
    removed = world.changes()[0]
    assert removed.step.verb == "email_alias.remove"
    submit(operator, see(operator, f"/changes/{removed.id}/undo").form("request_key"))
    assert recipients(world, team) == ["b@elsewhere.example"]


def test_one_gets_another_address(world: CleanmailWorld, operator: Browser) -> None:
    before = recipients(world, INFO)
    form = see(operator, f"{LIST}/edit?address={INFO}").form("recipients")
    submit(operator, form, new_address=f"office@{HOME}")
    assert recipients(world, INFO) is None and recipients(world, f"office@{HOME}") == before


def test_recipients_that_moved_meanwhile_are_not_overwritten(
    world: CleanmailWorld, operator: Browser
) -> None:
    form = see(operator, f"{LIST}/edit?address={INFO}").form("recipients")
    world.api("admin")(
        "PATCH",
        f"/domains/{CM}/{HOME}/email-aliases/{INFO}",
        json={"recipients": ["theirs@elsewhere.example"]},
    )
    page = submit(operator, form, recipients="mine@elsewhere.example")
    assert page.status == 409 and "no longer what you saw" in page.text
    assert recipients(world, INFO) == ["theirs@elsewhere.example"]


@pytest.mark.parametrize(
    ("address", "to", "words"),
    [
        ("", "a@b.example", "is not a mail address"),
        ("team", "no address", "is not a mail address"),
        ("team@elsewhere.example", "a@b.example", "must be nordwind.example or one of its aliases"),
        ("team", f"team@{HOME}", "cannot be a recipient of itself"),
        ("team", "a@b.example a@b.example", "named twice"),
        ("<b>x</b>", "a@b.example", "is not a mail address"),
    ],
)
def test_what_cannot_be_is_said_and_the_input_stays(
    world: CleanmailWorld, operator: Browser, address: str, to: str, words: str
) -> None:
    page = submit(operator, see(operator, f"{LIST}/new").form("recipients"), address=address, recipients=to)
    assert page.status == 422 and words in page.text and world.written() == []
    assert page.form("recipients").value("address") == address and "<b>x" not in page.html


def test_one_that_is_gone(operator: Browser) -> None:
    for path in ("edit", "remove"):
        page = see(operator, f"{LIST}/{path}?address=never@{HOME}")
        assert page.status == 404
    assert see(operator, f"{LIST}/remove?address=nonsense").status in (404, 422)


# --- one alias, its recipients one by one -----------------------------------------------------------------------------

ONE = f"{LIST}/one?address="
FIRST, SECOND = f"bjorn.yildiz@{HOME}", f"greta.kuhn@{HOME}"


def test_one_names_its_recipients_and_the_aliases_that_lead_to_it(
    world: CleanmailWorld, operator: Browser
) -> None:
    page = see(operator, f"{ONE}{INFO}")
    assert f"{FIRST} mailbox Björn Yıldız" in page.text and "Aliases that lead here" in page.text
    assert f"{LIST}/one?address=invoices@{HOME}" in page.links
    assert "listTargetedAddressesOfAlias" in world.sandbox.calls["cleanmail"].names()
    assert "No other alias of nordwind.example" in see(operator, f"{ONE}invoices@{HOME}").text
    assert f"{LIST}/one?address={INFO}" in see(operator, LIST).links
    assert see(operator, f"{ONE}never@{HOME}").status == 404


def test_recipients_come_and_go_by_their_own_calls(world: CleanmailWorld, operator: Browser) -> None:
    """So what somebody else does to the others meanwhile is not undone by it."""
    page = see(operator, f"{ONE}{INFO}")
    world.run("email-aliases", "edit", HOME, CM, INFO, FIRST, "theirs@elsewhere.example")
    page = submit(
        operator, page.form("recipients"), recipients=f"a@elsewhere.example b@elsewhere.example {FIRST}"
    )
    assert f"Added recipients to the e-mail alias {INFO}." in page.text
    outside = ["theirs@elsewhere.example", "a@elsewhere.example", "b@elsewhere.example"]
    assert recipients(world, INFO) == [FIRST, *outside]
    assert world.written()[-1] == "addAddressesToEmailAlias"
    form = page.form("remove")
    page = submit(operator, form, press="remove", recipient=outside[:2])
    assert f"Removed recipients of the e-mail alias {INFO}." in page.text
    assert recipients(world, INFO) == [FIRST, outside[2]]
    assert world.written()[-2:] == ["deleteEmailAliasRecipient"] * 2
    removal, added = world.changes()[0], world.changes()[2]
    assert (removal.step.verb, added.step.verb) == ("recipient.remove", "recipients.add")
    submit(operator, see(operator, f"/changes/{removal.id}/undo").form("request_key"))
    assert recipients(world, INFO) == [FIRST, outside[2], outside[1]]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("", "At least 1 is needed"),
        ("no address", "is not a mail address"),
        (INFO, "cannot be a recipient of itself"),
    ],
)
def test_recipients_that_cannot_be(world: CleanmailWorld, operator: Browser, to: str, words: str) -> None:
    page = submit(operator, see(operator, f"{ONE}{INFO}").form("recipients"), recipients=to)
    assert page.status == 422 and words in page.text and world.written() == []


def test_support_sees_one_and_changes_nothing(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    page = see(support, f"{ONE}{INFO}")
    assert FIRST in page.text and "Remove the chosen" not in page.text and "Add recipients" not in page.text


# --- the whole list of domain aliases ---------------------------------------------------------------------------------


def names(world: CleanmailWorld) -> set[str]:
    """The aliases that the imitated service has."""
    return {row["name"] for row in world.records.owned("aliases", world.domain(HOME)["id"])}


def test_the_list_is_compared_then_replaced_then_undone(world: CleanmailWorld, operator: Browser) -> None:
    before = names(world)
    form = see(operator, f"{BASE}/aliases/all").form("aliases")
    kept = sorted(before)[0]
    page = submit(operator, form, aliases=f"{kept}\nbücher.test")
    assert page.status == 200 and "What would change" in page.text and world.written() == []
    assert "comes bücher.test" in page.text and f"goes {sorted(before)[1]}" in page.text
    page = submit(operator, page.form("checksum"), press="apply")
    assert "Replaced the aliases of nordwind.example." in page.text
    assert names(world) == {kept, "xn--bcher-kva.test"}
    assert world.written() == ["editDomainAliases"]
    submit(operator, see(operator, f"/changes/{world.changes()[0].id}/undo").form("request_key"))
    assert names(world) == before


def test_a_list_that_moved_meanwhile_is_not_overwritten(world: CleanmailWorld, operator: Browser) -> None:
    form = see(operator, f"{BASE}/aliases/all").form("aliases")
    page = submit(operator, form, aliases="new.test")
    world.run("aliases", "add", HOME, CM, "theirs.test")
    page = submit(operator, page.form("checksum"), press="apply")
    assert page.status == 409 and "no longer what you saw" in page.text
    assert "theirs.test" in names(world)


# --- REST and command line --------------------------------------------------------------------------------------------


def test_rest(world: CleanmailWorld) -> None:
    api = world.api("operator")
    here, to = f"/domains/{CM}/{HOME}/email-aliases", f"/domains/{CM}/{HOME}/email-alias-recipients"
    found = api("GET", f"{here}?q=info").get_json()
    assert found["total"] == 1 and found["next"] is None
    assert {one["kind"] for one in found["items"][0]["recipients"]} == {"mailbox"}
    assert api("GET", f"{here}?size=1").get_json()["next"] == 2
    made = api("POST", here, json={"address": f"team@{HOME}", "recipients": ["a@elsewhere.example"]})
    assert made.status_code == 201
    changed = api("PATCH", f"{here}/team@{HOME}", json={"recipients": ["b@elsewhere.example"]})
    assert changed.status_code == 200 and recipients(world, f"team@{HOME}") == ["b@elsewhere.example"]
    added = api("POST", f"{to}/team@{HOME}", json={"recipients": [INFO]})
    assert added.status_code == 200
    one = api("GET", f"{here}/team@{HOME}").get_json()
    assert {r["address"]: r["kind"] for r in one["recipients"]} == {
        "b@elsewhere.example": "external",
        INFO: "alias",
    }
    assert f"team@{HOME}" in api("GET", f"{here}/{INFO}").get_json()["reached_by"]
    assert api("DELETE", f"{to}/team@{HOME}/b@elsewhere.example").status_code == 200
    assert recipients(world, f"team@{HOME}") == [INFO]
    assert api("GET", f"{here}/never@{HOME}").status_code == 404
    assert api("DELETE", f"{here}/team@{HOME}").status_code == 200
    assert recipients(world, f"team@{HOME}") is None
    assert api("GET", f"/domains/{OLS}/harbourbikes.example/email-aliases").status_code in (409, 422)
    whole = api("PUT", f"/domains/{CM}/{HOME}/aliases", json={"aliases": ["only.test"]})
    assert whole.status_code == 200 and names(world) == {"only.test"}
    assert world.api("support")("DELETE", f"{here}/{INFO}").status_code == 403


def test_command_line(world: CleanmailWorld) -> None:
    rows = json.loads(world.run("email-aliases", "list", HOME, CM, "--json").output)
    assert INFO in [row["address"] for row in rows]
    team = f"team@{HOME}"
    assert world.run("email-aliases", "add", HOME, CM, team, "a@elsewhere.example").exit_code == 0
    assert world.run("email-aliases", "edit", HOME, CM, team, "b@elsewhere.example").exit_code == 0
    assert recipients(world, team) == ["b@elsewhere.example"]
    assert world.run("email-aliases", "add-recipients", HOME, CM, team, INFO).exit_code == 0
    shown = json.loads(world.run("email-aliases", "show", HOME, CM, team, "--json").output)
    assert [to["kind"] for to in shown["recipients"]] == ["external", "alias"]
    assert f"Reached by: {team}" in world.run("email-aliases", "show", HOME, CM, INFO).output
    assert world.run("email-aliases", "remove-recipients", HOME, CM, team, INFO).exit_code == 0
    assert recipients(world, team) == ["b@elsewhere.example"]
    assert world.run("email-aliases", "remove", HOME, CM, team, "--yes").exit_code == 0
    assert recipients(world, team) is None
    assert world.run("email-aliases", "edit", HOME, CM, team, "b@elsewhere.example").exit_code != 0
    assert world.run("aliases", "set", HOME, CM, "only.test").exit_code == 0
    assert names(world) == {"only.test"}
