"""Cleanmail's options of a domain on the settings tab: the parent's value, the domain's own, and back."""

from __future__ import annotations

import json

from tests.browser import Browser
from tests.features.cleanmail_world import CM, LIMITED, CleanmailWorld
from tests.features.page import Page, see, submit

HOME = "nordwind.example"
HERE = f"/policies/{CM}/{HOME}"


def line(page: Page, name: str) -> str:
    """The row of one option."""
    return page.html.partition(f'id="setting-{name}"')[2].partition("</tr>")[0]


def test_an_option_is_inherited_set_here_and_inherited_again(
    world: CleanmailWorld, operator: Browser
) -> None:
    page = see(operator, HERE)
    assert "daily" in line(page, "REPORT_FREQUENCY") and "inherited" in line(page, "REPORT_FREQUENCY")
    page = submit(operator, page.form("setting", "REPORT_FREQUENCY"), value="weekly")
    row = line(page, "REPORT_FREQUENCY")
    assert "set here" in row and "default: daily" in row and "Reset to inherited" in row
    page = submit(operator, page.form("setting", "REPORT_FREQUENCY"), press="reset")
    assert "follows what is above it again" in page.text
    assert "inherited" in line(page, "REPORT_FREQUENCY") and "default:" not in line(page, "REPORT_FREQUENCY")
    assert world.written() == ["setDomainOption", "deleteDomainOption"]


def test_what_a_customer_sets_is_the_parent_s_value(operator: Browser) -> None:
    """The first customer of the demo has a colour of its own; the platform's is another."""
    row = line(see(operator, HERE), "BRAND_COLOR")
    assert "#0b3d5c" in row and "inherited" in row


def test_the_same_value_as_the_parent_s_is_told_as_such(operator: Browser) -> None:
    page = see(operator, HERE)
    page = submit(operator, page.form("setting", "REPORT_FREQUENCY"), value="daily")
    row = line(page, "REPORT_FREQUENCY")
    assert "set here" in row and "equal to the default" in row


def test_credentials_are_neither_shown_nor_set(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, HERE)
    assert "It holds credentials" in line(page, "SMTP_LOGIN") and "<form" not in line(page, "SMTP_LOGIN")
    answer = operator.send(HERE, {"setting": "SMTP_LOGIN", "value": "secret"})
    assert answer.status_code == 409 and world.written() == []


def test_a_restricted_option_says_whom_it_needs_and_a_limited_token_is_refused(operator: Browser) -> None:
    here = f"/policies/{LIMITED}/{HOME}"
    page = see(operator, here)
    assert "Only an account with the sysadmin role" in line(page, "APP_URL")
    page = submit(operator, page.form("setting", "APP_URL"), value="mail.nordwind.example")
    assert page.status in (409, 502) and "no permission" in page.text


def test_on_the_command_line(world: CleanmailWorld) -> None:
    done = world.run("settings", "set", HOME, CM, "REPORT_FREQUENCY", "weekly")
    assert done.exit_code == 0, done.output
    rows = json.loads(world.run("settings", "list", HOME, CM, "--json").stdout)
    [row] = [row for row in rows if row["name"] == "REPORT_FREQUENCY"]
    assert (row["value"], row["from"], row["inherited"]) == ("weekly", "own", "daily")
    assert world.run("settings", "reset", HOME, CM, "REPORT_FREQUENCY").exit_code == 0
    assert "It holds credentials" in world.run("settings", "list", HOME, CM).stdout
    assert world.written() == ["setDomainOption", "deleteDomainOption"]
    assert world.run("settings", "set", HOME, CM, "NO_SUCH", "x").exit_code == 3
    assert world.run("settings", "list", "nonsense", CM).exit_code == 2
