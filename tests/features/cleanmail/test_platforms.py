"""The platforms of a domain: whom each serves, the editor, a try before saving; REST and command line."""

from __future__ import annotations

import json

from app.core.actor import Right
from tests.browser import Browser
from tests.features.cleanmail_world import CM, OLS, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import see, submit

HOME = "nordwind.example"
HERE = f"/domains/{CM}/{HOME}/platforms"
PAGES: Pages = {
    HERE: ("GET", Right.VIEW_DOMAINS),
    f"{HERE}/edit": ("GET POST", Right.CHANGE_DOMAINS),
}


def names(world: CleanmailWorld) -> list[str]:
    """The platforms that the imitated service has."""
    return [row["name"] for row in world.records.owned("platforms", world.domain(HOME)["id"])]


def test_it_needs_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_the_table_says_whom_each_serves(operator: Browser) -> None:
    page = see(operator, HERE)
    assert "Warehouse" in page.text and "for 1 mailbox" in page.text
    assert "everybody without another" in page.text
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/platforms")
    assert "no places of delivery to choose from" in page.text


def test_one_is_added_tried_saved_and_undone(world: CleanmailWorld, operator: Browser) -> None:
    page = submit(operator, see(operator, f"{HERE}/edit").form("platforms-0-name"), press="add_row")
    port = str(world.sandbox.smtp_port)
    filled = {
        "platforms-2-name": "Branch",
        "platforms-2-host": "mail.hosting.example",
        "platforms-2-port": port,
    }
    page = submit(operator, page.form("platforms-2-name"), press="test", **filled)
    assert (
        page.status == 200 and f"Test of mail.hosting.example:{port}" in page.text and world.written() == []
    )
    page = submit(operator, page.form("platforms-2-name"))
    assert "Changed the platforms of nordwind.example." in page.text
    assert names(world) == ["Main", "Warehouse", "Branch"]
    submit(operator, see(operator, f"/changes/{world.changes()[0].id}/undo").form("request_key"))
    assert names(world) == ["Main", "Warehouse"]


def test_one_that_mailboxes_use_is_not_taken_away(world: CleanmailWorld, operator: Browser) -> None:
    form = see(operator, f"{HERE}/edit").form("platforms-1-name")
    page = submit(operator, form, press=("remove_row", "platforms-1"))
    page = submit(operator, page.form("platforms-0-name"))
    assert page.status == 409 and "serves 1 mailboxes" in page.text and world.written() == []


def test_hidden_settings_are_told_and_never_erased(world: CleanmailWorld, operator: Browser) -> None:
    here = f"/domains/{CM}/hotelduphare.example/platforms/edit"
    page = see(operator, here)
    assert "that the upstream does not show" in page.text
    page = submit(operator, page.form("platforms-0-host"), **{"platforms-0-host": "other.example"})
    assert page.status in (409, 422) and "could erase them" in page.text and world.written() == []


def test_what_cannot_be_is_told_at_its_field(operator: Browser) -> None:
    form = see(operator, f"{HERE}/edit").form("platforms-0-name")
    page = submit(operator, form, **{"platforms-1-host": "no host!", "platforms-0-fallback_host": "<b>x"})
    assert page.status == 422 and "letters, digits and hyphens" in page.text and "<b>x" not in page.html
    page = submit(operator, form, **{"platforms-1-default": "y"})
    assert "Exactly one platform must be the default one." in page.text


def test_rest_and_command_line(world: CleanmailWorld) -> None:
    api = world.api("operator")
    found = api("GET", f"/domains/{CM}/{HOME}/platforms").get_json()["items"]
    assert [(one["name"], one["default"], one["mailboxes"]) for one in found][1] == ("Warehouse", False, 1)
    keep = ("id", "name", "default")
    entered = [
        {
            **{name: one[name] for name in keep},
            "routes": [{name: r[name] for name in ("host", "port", "transport")} for r in one["routes"]],
        }
        for one in found
    ]
    new = {"name": "Branch", "routes": [{"host": "branch.example"}]}
    answer = api("PUT", f"/domains/{CM}/{HOME}/platforms", json={"platforms": [*entered, new]})
    assert answer.status_code == 200 and names(world)[-1] == "Branch"
    rows = json.loads(world.run("domains", "platforms", HOME, CM, "--json").output)
    assert [row["name"] for row in rows] == names(world)
    done = world.run("domains", "set-platforms", HOME, CM, "-", input=json.dumps(entered))
    assert done.exit_code == 0 and names(world) == ["Main", "Warehouse"]
    assert world.run("domains", "set-platforms", HOME, CM, "-", input="nonsense").exit_code != 0
    assert api("GET", f"/domains/{OLS}/harbourbikes.example/platforms").status_code in (409, 422)
