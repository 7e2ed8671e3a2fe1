"""The DKIM tab of a domain."""

from __future__ import annotations

import pytest

from app.core.actor import Right
from app.core.dkim import new_private_key
from tests.browser import Browser
from tests.features.cleanmail_world import CM, LIMITED, OLS, SE, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import see, send, submit
from tests.features.world import ONLY_NORDWIND

HOME = "nordwind.example"
UNSIGNED = "lofotenfisk.example"
HERE = f"/domains/{CM}/{HOME}/dkim"
PAGES: Pages = {
    HERE: ("GET POST", Right.VIEW_DOMAINS),
    f"{HERE}/remove": ("GET POST", Right.CHANGE_DOMAINS),
}
PEM = new_private_key().reveal()


def test_it_needs_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_support_looks_and_changes_nothing(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    page = see(support, HERE)
    assert page.status == 200 and not any("selector" in form.names for form in page.forms)
    assert support.send(HERE, {"selector": "a"}).status_code == 403
    assert world.written() == []


def test_the_record_in_pieces_and_that_it_is_published(operator: Browser) -> None:
    page = see(operator, f"/domains/{CM}/hotelduphare.example/dkim")
    assert "protect._domainkey.hotelduphare.example" in page.text
    assert "This key is published." in page.text
    assert 'IN TXT ( "v=DKIM1;' in page.text and "in 2 pieces of at most 255 characters" in page.text


def test_another_key_in_dns_is_told(operator: Browser) -> None:
    page = see(operator, f"/domains/{CM}/bodegadelsol.example/dkim")
    assert "Another key is published" in page.text and "Publish the record as it stands here." in page.text


def test_a_name_server_that_does_not_answer_is_unknown_and_no_failure(operator: Browser) -> None:
    page = see(operator, f"/domains/{LIMITED}/{HOME}/dkim")
    assert page.status == 200 and "gh-verdict-unknown" in page.html and "gh-verdict-fail" not in page.html


def test_a_first_key_is_added_and_taken_back(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, f"/domains/{CM}/{UNSIGNED}/dkim")
    assert "is not signed" in page.text
    page = submit(operator, page.form("selector"), selector="spring")
    assert "has a new DKIM key" in page.text and f"spring._domainkey.{UNSIGNED}" in page.text
    assert "does not exist in DNS" in page.text
    [change] = world.changes(domain=UNSIGNED)
    page = submit(operator, see(operator, f"/changes/{change.id}/undo").form("request_key"))
    assert "Undone" in page.text
    assert world.domain(UNSIGNED)["id"] not in world.records.table("dkim")


def test_a_key_is_replaced_only_when_that_was_ticked(world: CleanmailWorld, operator: Browser) -> None:
    form = see(operator, HERE).form("selector")
    page = submit(operator, form, selector="autumn")
    assert page.status == 409 and "has a DKIM key already" in page.text
    assert page.form("selector").value("selector") == "autumn"
    page = submit(operator, page.form("selector"), selector="autumn", replace="y")
    assert f"autumn._domainkey.{HOME}" in page.text
    assert world.written() == ["updateDomainDkim"]


def test_a_private_key_is_sent_and_shown_nowhere(world: CleanmailWorld, operator: Browser) -> None:
    secret = "".join(PEM.splitlines()[1:-1])[60:120]
    form = see(operator, HERE).form("selector")
    page = submit(operator, form, selector="own", private_key=PEM, replace="y")
    assert f"own._domainkey.{HOME}" in page.text and secret not in page.html
    [change] = world.changes(domain=HOME)
    assert secret not in str(change) and "$secret" in str(change.step.args)
    assert secret not in see(operator, f"/changes/{change.id}").html
    assert secret in str(world.records.table("dkim")[world.domain(HOME)["id"]])


def test_a_key_that_is_none_is_refused_and_not_sent_back(world: CleanmailWorld, operator: Browser) -> None:
    form = see(operator, HERE).form("selector")
    page = submit(operator, form, selector="own", private_key="not a key, but secret", replace="y")
    assert page.status == 422 and "not a private RSA key" in page.text
    assert "not a key, but secret" not in page.html
    assert world.written() == []


def test_sent_twice_is_one_change(world: CleanmailWorld, operator: Browser) -> None:
    form = see(operator, HERE).form("selector")
    assert [send(operator, form, selector="a", replace="y").status_code for _ in range(2)] == [303, 303]
    assert world.written() == ["updateDomainDkim"]


def test_a_removal_names_what_goes_and_wants_the_name(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, f"{HERE}/remove")
    assert "private key" in page.text and "protect" in page.text
    page = submit(operator, page.form("confirm"), confirm="another.example")
    assert page.status == 422 and world.written() == []
    page = submit(operator, page.form("confirm"), confirm=HOME)
    assert "no longer signed" in page.text
    assert world.domain(HOME)["id"] not in world.records.table("dkim")
    assert operator.get(f"{HERE}/remove").status_code == 404


def test_a_token_that_may_not_gives_its_reason(operator: Browser) -> None:
    page = see(operator, f"/domains/{LIMITED}/{HOME}/dkim")
    assert "sysadmin role" in page.text and not any("selector" in form.names for form in page.forms)


def test_a_provider_without_keys_gives_its_reason(operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/dkim")
    assert "has no calls for DKIM keys" in page.text


def test_spamexperts_gets_a_key_that_is_made_here(world: CleanmailWorld, operator: Browser) -> None:
    here = f"/domains/{SE}/{HOME}/dkim"
    page = see(operator, here)
    assert "no call that removes a DKIM key" in page.text
    page = submit(operator, page.form("selector"), selector="made", replace="y")
    assert f"made._domainkey.{HOME}" in page.text
    [change] = world.changes(connection=SE)
    assert "PRIVATE KEY" not in str(change)


@pytest.mark.parametrize("fault", ["refuse", "html", "malformed", "5xx"])
def test_with_the_upstream_down_the_page_says_so(
    world: CleanmailWorld, operator: Browser, fault: str
) -> None:
    form = see(operator, HERE).form("selector")
    world.fault(fault, upstream="cleanmail")
    page = see(operator, HERE)
    assert page.status == 200 and "Shown is what it said" in page.text
    assert submit(operator, form, selector="a", replace="y").status in (409, 502, 503)


def test_outside_the_scope_is_not_found(world: CleanmailWorld) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    outside = f"/domains/{CM}/{UNSIGNED}/dkim"
    assert browser.get(outside).status_code == 404
    assert browser.get(f"{outside}/remove").status_code == 404
    assert browser.send(outside, {"selector": "a"}).status_code == 404
    assert world.upstream_calls() == 0
