"""A domain's own fields, its status, and its way back: page, REST, command line and bulk."""

from __future__ import annotations

import json

from app.core.actor import Right
from app.core.plan import State
from tests.browser import Browser
from tests.features.cleanmail_world import CM, OLS, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Page, see, submit
from tests.features.world import ADMIN, ONLY_NORDWIND

HOME = "nordwind.example"
OFF = "talleribanez.example"
GONE = "altstadtkontor.example"
BASE = f"/domains/{CM}"
PAGES: Pages = {
    f"{BASE}/{HOME}/details": ("GET POST", Right.CHANGE_DOMAINS),
    f"{BASE}/{HOME}/rename": ("GET POST", Right.REMOVE_DOMAINS),
    f"{BASE}/{HOME}/disable": ("GET POST", Right.CHANGE_DOMAINS),
    f"{BASE}/{GONE}/restore": ("GET POST", Right.CHANGE_DOMAINS),
    "/domains/deleted": ("GET", Right.VIEW_DOMAINS),
}


def test_it_needs_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


# --- fields -----------------------------------------------------------------------------------------------------------


def test_only_the_changed_field_is_sent_and_undone(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, f"{BASE}/{HOME}/details")
    assert "Own reference" in page.text and "For example its number in your billing." in page.text
    form = page.form("field_description")
    assert form.value("field_externalId") == "NW-001"
    page = submit(operator, form, field_description="Head office", field_wblistPriority="DOMAIN")
    assert "Changed nordwind.example." in page.text
    assert world.domain(HOME)["description"] == "Head office"
    assert world.domain(HOME)["wblistPriority"] == "DOMAIN"
    [change] = world.changes()
    assert change.step.after == {"description": "Head office", "wblistPriority": "DOMAIN"}
    undo = submit(operator, see(operator, f"/changes/{change.id}/undo").form("request_key"))
    assert undo.status == 200
    assert (world.domain(HOME)["description"] or "", world.domain(HOME)["wblistPriority"]) == ("", "USER")


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    world: CleanmailWorld, operator: Browser
) -> None:
    form = see(operator, f"{BASE}/{HOME}/details").form("field_description")
    world.records.put("domains", {**world.domain(HOME), "description": "theirs"})
    page = submit(operator, form, field_description="mine")
    assert page.status == 409 and "changed since you saw it" in page.text
    assert world.domain(HOME)["description"] == "theirs" and world.written() == []


def test_a_value_that_cannot_be_is_told_at_its_field(operator: Browser) -> None:
    form = see(operator, f"{BASE}/{HOME}/details").form("field_outgoingSubnets")
    page = submit(operator, form, field_outgoingSubnets="<b>nonsense</b>")
    assert page.status == 422 and "is not a network in the form" in page.text
    assert "<b>nonsense" not in page.html
    assert page.form("field_outgoingSubnets").value("field_outgoingSubnets") == "<b>nonsense</b>"


def test_saving_without_a_change_sends_nothing(world: CleanmailWorld, operator: Browser) -> None:
    page = submit(operator, see(operator, f"{BASE}/{HOME}/details").form("field_description"))
    assert "Everything is already as you wish; nothing was sent." in page.text
    assert world.written() == []


def test_where_the_provider_has_no_such_fields_the_page_says_why(operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/details")
    assert "OLSPanel's API has no call that changes a domain" in page.text


def test_when_the_upstream_is_down_nothing_can_be_edited(world: CleanmailWorld, operator: Browser) -> None:
    world.fault("refuse", upstream="cleanmail")
    page = see(operator, f"{BASE}/{HOME}/details")
    assert page.status == 200 and "The fields could not be read" in page.text
    assert "field_description" not in page.html


# --- status -----------------------------------------------------------------------------------------------------------


def test_a_domain_is_disabled_and_enabled(world: CleanmailWorld, operator: Browser) -> None:
    assert f"{BASE}/{HOME}/disable" in see(operator, f"{BASE}/{HOME}").html
    page = submit(operator, see(operator, f"{BASE}/{HOME}/disable").form("request_key"))
    assert "Disabled nordwind.example on Cm filter." in page.text
    assert world.domain(HOME)["status"] == "DISABLED" and world.row(HOME, CM).status == "disabled"
    assert HOME in see(operator, "/domains/?status=disabled").text
    page = submit(operator, see(operator, f"{BASE}/{HOME}/enable").form("request_key"))
    assert "Enabled nordwind.example on Cm filter." in page.text
    assert world.domain(HOME)["status"] == "ENABLED" and world.row(HOME, CM).status == "active"


def test_the_mx_check_is_skipped_only_where_somebody_asks_for_it(
    world: CleanmailWorld, operator: Browser
) -> None:
    world.sandbox.upstreams["cleanmail"].profile["mx_check"] = True
    page = see(operator, f"{BASE}/{OFF}/enable")
    assert "mail for the domain is refused from that moment on" in page.text
    page = submit(operator, page.form("request_key"))
    assert page.status == 409
    assert "because of the domain's MX records" in page.text and world.domain(OFF)["status"] == "DISABLED"
    submit(operator, page.form("request_key"), skip_mx_check="y")
    assert world.domain(OFF)["status"] == "ENABLED"


def test_a_removal_can_skip_it_too(world: CleanmailWorld, operator: Browser) -> None:
    world.sandbox.upstreams["cleanmail"].profile["mx_check"] = True
    name = "atelier-lumiere.example"
    page = submit(operator, see(operator, f"{BASE}/{name}/remove").form("confirm"), confirm=name)
    assert "because of the domain's MX records" in page.text
    submit(operator, page.form("confirm"), confirm=name, skip_mx_check="y")
    assert world.domain(name)["status"] == "DELETED"


def test_where_the_provider_cannot_the_page_says_why(operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/disable")
    assert "no call that switches a domain on or off" in page.text


# --- the way back -----------------------------------------------------------------------------------------------------


def test_deleted_domains_are_listed_with_the_day_they_go_and_restored(
    world: CleanmailWorld, operator: Browser
) -> None:
    page = see(operator, "/domains/deleted")
    assert GONE in page.text and world.row(GONE, CM).extra["purgeDate"] in page.text
    assert f"{BASE}/{GONE}/restore" in page.html
    shown = see(operator, f"{BASE}/{GONE}")
    assert "until then it can be restored" in shown.text and f"{BASE}/{GONE}/remove" not in shown.html
    page = submit(operator, see(operator, f"{BASE}/{GONE}/restore").form("request_key"))
    assert f"Restored {GONE} on Cm filter." in page.text
    assert world.domain(GONE)["status"] == "ENABLED" and world.row(GONE, CM).status == "active"
    assert "No deleted domains" in see(operator, "/domains/deleted").text
    [change] = world.changes()
    assert (change.step.verb, change.state) == ("domain.restore", State.DONE)


def test_a_restore_that_got_no_answer_is_unknown_and_settled(
    world: CleanmailWorld, operator: Browser
) -> None:
    world.fault("hangup", "editDomain", upstream="cleanmail", count=1)
    page = submit(operator, see(operator, f"{BASE}/{GONE}/restore").form("request_key"))
    assert page.status == 502 and "closed the connection without an answer" in page.text
    assert world.changes()[0].state is State.UNKNOWN
    world.all_well()
    connection = world.wired.connections.get(ADMIN, CM)
    assert world.wired.settler.settle(connection, world.changes()[0]) is State.DONE


# --- another name -----------------------------------------------------------------------------------------------------


def test_a_domain_is_renamed_and_renamed_back(world: CleanmailWorld, admin: Browser) -> None:
    assert f"{BASE}/{HOME}/rename" in see(admin, f"{BASE}/{HOME}/details").links
    page = see(admin, f"{BASE}/{HOME}/rename")
    assert "does not document whether the addresses of mailboxes" in page.text
    form = page.form("new_name")
    page = submit(admin, form, new_name="nordwind-neu.example", confirm="not it")
    assert page.status == 422 and world.written() == []
    page = submit(admin, form, new_name=OFF, confirm=HOME)
    assert page.status == 409 and "There is a domain talleribanez.example already" in page.text
    page = submit(admin, form, new_name="Nordwind-neu.example", confirm=HOME)
    assert "nordwind.example is called nordwind-neu.example now." in page.text and page.status == 200
    assert "mail.nordwind.example" in page.text, "the page of the new name"
    assert world.row("nordwind-neu.example", CM) and not world.row(HOME, CM), "the inventory knows at once"
    [change] = world.changes()
    assert (change.step.verb, change.state) == ("domain.rename", State.DONE)
    submit(admin, see(admin, f"/changes/{change.id}/undo").form("request_key"))
    assert world.domain(HOME)["name"] == HOME and world.row(HOME, CM)


def test_a_rename_that_got_no_answer_is_settled(world: CleanmailWorld) -> None:
    world.fault("hangup", "editDomain", upstream="cleanmail", count=1)
    answer = world.api("admin")("POST", f"{BASE}/{HOME}/rename", json={"new_name": "other.example"})
    assert answer.status_code == 502 and world.changes()[0].state is State.UNKNOWN
    world.all_well()
    connection = world.wired.connections.get(ADMIN, CM)
    assert world.wired.settler.settle(connection, world.changes()[0]) is State.DONE
    assert world.row("other.example", CM) and not world.row(HOME, CM)


def test_renaming_over_rest_and_by_hand(world: CleanmailWorld) -> None:
    api = world.api("admin")
    assert api("POST", f"{BASE}/{HOME}/rename", json={"new_name": "a b"}).status_code == 422
    assert api("POST", f"{BASE}/{HOME}/rename", json={"new_name": "other.example"}).status_code == 200
    assert world.run("domains", "rename", "other.example", CM, HOME, "--yes").exit_code == 0
    assert world.domain(HOME)["name"] == HOME
    outside = world.api("admin", scopes=ONLY_NORDWIND)
    refused = outside("POST", f"{BASE}/{HOME}/rename", json={"new_name": "other.example"})
    assert refused.status_code == 404, "the new name lies outside the scope"
    gap = api("POST", f"/domains/{OLS}/harbourbikes.example/rename", json={"new_name": "x.example"})
    assert "no call that renames" in gap.get_data(as_text=True)


# --- REST, command line, bulk -----------------------------------------------------------------------------------------


def test_rest(world: CleanmailWorld) -> None:
    api = world.api("operator")
    here = f"/domains/{CM}/{HOME}"
    found = api("GET", f"{here}/fields").get_json()
    values = {field["name"]: field["value"] for field in found["fields"]}
    assert values["externalId"] == "NW-001" and found["problem"] is None
    answer = api("PATCH", here, json={"fields": {"description": "by REST"}, "expected": {"description": ""}})
    assert answer.status_code == 200 and world.domain(HOME)["description"] == "by REST"
    moved = api("PATCH", here, json={"fields": {"description": "x"}, "expected": {"description": "old"}})
    assert moved.status_code == 409
    assert api("POST", f"{here}/disable", json={}).status_code == 200
    assert world.domain(HOME)["status"] == "DISABLED"
    assert api("POST", f"{here}/enable", json={}).status_code == 200
    assert api("POST", f"/domains/{CM}/{GONE}/restore", json={}).status_code == 200
    assert world.domain(GONE)["status"] == "ENABLED"
    refused = api("POST", f"/domains/{OLS}/harbourbikes.example/disable", json={})
    assert refused.status_code in (409, 422, 501) and "no call that switches" in refused.get_data(
        as_text=True
    )
    assert world.api("support")("POST", f"{here}/disable", json={}).status_code == 403


def test_command_line(world: CleanmailWorld) -> None:
    rows = json.loads(world.run("domains", "fields", HOME, CM, "--json").output)
    assert {"name": "externalId", "value": "NW-001", "meaning": "Own reference"} in rows
    assert world.run("domains", "edit", HOME, CM, "description=by hand", "externalId=").exit_code == 0
    assert (world.domain(HOME)["description"], world.domain(HOME)["externalId"]) == ("by hand", "")
    assert world.run("domains", "disable", HOME, CM).exit_code == 0
    assert world.domain(HOME)["status"] == "DISABLED"
    assert world.run("domains", "enable", HOME, CM).exit_code == 0
    assert world.run("domains", "restore", GONE, CM).exit_code == 0
    assert world.domain(GONE)["status"] == "ENABLED"
    assert world.run("domains", "restore", "never-was.example", CM).exit_code != 0


def test_many_at_once(world: CleanmailWorld, operator: Browser) -> None:
    chosen = [f"{CM}/{HOME}", f"{CM}/{OFF}", f"{CM}/{GONE}", f"{OLS}/harbourbikes.example"]
    page = Page(operator.send("/bulk/", {"action": "disable", "selected": chosen}), "/bulk/")
    assert "It is so already." in page.text and "it must be restored first" in page.text
    assert "no call that switches" in page.text
    page = submit(operator, page.form("checksum"), press="step")
    world.work()
    assert world.domain(HOME)["status"] == "DISABLED" and world.domain(GONE)["status"] == "DELETED"
    page = Page(operator.send("/bulk/", {"action": "restore", "selected": chosen}), "/bulk/")
    submit(operator, page.form("checksum"), press="step")
    world.work()
    assert world.domain(GONE)["status"] == "ENABLED"


def test_outside_the_scope_there_is_nothing(world: CleanmailWorld) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    for path in (f"{BASE}/{GONE}/restore", f"{BASE}/{OFF}/details", f"{BASE}/{OFF}/enable"):
        assert see(browser, path).status == 404
    assert GONE not in see(browser, "/domains/deleted").text
