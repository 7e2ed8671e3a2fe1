"""The pages of policies."""

from __future__ import annotations

import pytest

from app.core.actor import Right
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Form, Page, see, send, submit
from tests.features.world import HOME, OLS, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World

DAYS = "quarantine_days"
HERE = f"/policies/{SE}/{HOME}"
WHO = f"/policies/{SE}/default/overrides/{DAYS}"
PAGES: Pages = {
    "/policies/": ("GET", Right.VIEW_POLICIES),
    "/policies/compare": ("GET", Right.VIEW_POLICIES),
    HERE: ("GET POST", Right.VIEW_POLICIES),
    f"/policies/{SE}/default": ("GET POST", Right.VIEW_POLICIES),
    WHO: ("GET", Right.VIEW_POLICIES),
    f"/policies/{SE}/default/overrides": ("GET", Right.VIEW_POLICIES),
    "/policies/read": ("POST", Right.SYNC),
    f"{WHO}/read": ("POST", Right.SYNC),
}


def test_they_need_somebody_signed_in_and_the_right(world: World) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def setting(page: Page, name: str = DAYS) -> Form:
    return page.form("setting", name)


def test_values_are_shown_with_their_sources(operator: Browser) -> None:
    page = see(operator, HERE)
    assert page.status == 200
    for text in ("28 days", "default: 14 days", "equal to the default", "inherited"):
        assert text in page.text, text
    assert setting(page).value("value") == "28"
    assert ("reset", "1") in setting(page).buttons
    assert ("reset", "1") not in setting(page, "use_local_recipient_list").buttons


def test_a_value_is_set_and_reset(world: World, operator: Browser) -> None:
    page = submit(operator, setting(see(operator, HERE)), value="7")
    assert "quarantine_days of nordwind.example is set to 7." in page.text
    assert setting(page).value("value") == "7"
    page = submit(operator, setting(page), press="reset")
    assert "follows what is above it again" in page.text
    assert setting(page).value("value") == "14"
    assert len(world.writes()) == 2


def test_switches_are_on_or_off(operator: Browser) -> None:
    page = see(operator, HERE)
    assert setting(page, "filter_status").value("value") == "True"
    page = submit(operator, setting(page, "filter_status"), value="False")
    assert setting(page, "filter_status").value("value") == "False"


@pytest.mark.parametrize("value", ["many", "-5", "", "9" * 30, "=1+1", "💥"])
def test_what_cannot_be_is_said_at_the_setting(world: World, operator: Browser, value: str) -> None:
    page = submit(operator, setting(see(operator, HERE)), value=value)
    assert page.status == 422
    assert f'id="value-{DAYS}-error"' in page.html
    assert setting(page).value("value") == value
    assert world.writes() == []


def test_a_setting_that_does_not_exist(operator: Browser) -> None:
    page = see(operator, HERE)
    form = setting(page)
    assert submit(operator, form, setting="colour").status == 404


def test_sent_twice_is_one_change(world: World, operator: Browser) -> None:
    form = setting(see(operator, HERE))
    assert [send(operator, form, value="7").status_code for _ in range(2)] == [303, 303]
    assert len(world.writes()) == 1


def test_refusals_are_shown_above(world: World, operator: Browser) -> None:
    form = setting(see(operator, HERE))
    world.sandbox.upstreams["spamexperts"].profile["help_hides"] = ["api_set_quarantine_days"]
    page = submit(operator, form, value="7")
    assert page.status in (409, 502)
    assert "gh-flash-problem" in page.html


def test_with_the_upstream_down_there_is_one_line(world: World, operator: Browser) -> None:
    form = setting(see(operator, HERE))
    world.fault("refuse")
    for address in (HERE, f"/policies/{SE}/default", f"/policies/compare?d={SE}/{HOME}&d={TWIN}/{HOME}"):
        page = see(operator, address)
        assert page.status == 200
        assert "gh-line" in page.html or "note" in page.html
    assert submit(operator, form, value="7").status == 502


def test_support_looks_without_controls(world: World) -> None:
    support = world.sign_in("support")
    page = see(support, HERE)
    assert page.status == 200
    assert not any("setting" in form.names for form in page.forms)
    assert support.send(HERE, {"setting": DAYS, "value": "7"}).status_code == 403
    assert world.writes() == []


# --- defaults, comparison, overrides ---


def test_the_defaults_have_a_page(world: World, operator: Browser) -> None:
    index = see(operator, "/policies/")
    assert f"/policies/{SE}/default" in index.links
    assert f"/policies/{OLS}/default" not in index.links
    assert "no settings of a domain" in index.text
    page = see(operator, f"/policies/{SE}/default")
    assert "applies at once to every domain without a value of its own" in page.text
    page = submit(operator, setting(page), value="21")
    assert "quarantine_days of the defaults is set to 21." in page.text
    assert f"{WHO}" in page.links


def test_domains_are_compared_side_by_side(operator: Browser) -> None:
    page = see(operator, f"/policies/compare?d={SE}/{HOME}&d={SE}/skagenfisk.example&d=")
    assert page.status == 200
    row = page.html[page.html.index("28 days") - 500 : page.html.index("28 days") + 500]
    assert "14 days" in row
    assert "differs" in row


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("d=&d=", 200),
        ("d=nonsense", 200),
        (f"d={SE}/no%20domain", 404),
        (f"d={SE}/default", 200),
        (f"d=gone/{HOME}", 404),
        (f"d={SE}/%00", 404),
        ("&".join(f"d={SE}/{HOME}" for _ in range(20)), 200),
    ],
)
def test_odd_comparisons(operator: Browser, query: str, status: int) -> None:
    assert see(operator, f"/policies/compare?{query}").status == status


def test_only_what_differs(operator: Browser) -> None:
    query = f"d={SE}/{HOME}&d={SE}/skagenfisk.example"
    page = see(operator, f"/policies/compare?{query}")
    assert "Filtering and quarantine" in page.text
    assert "Largest message" in page.text
    form = page.form("only", "different")
    assert form.values("d") == [f"{SE}/{HOME}", f"{SE}/skagenfisk.example"]
    page = see(operator, f"/policies/compare?{query}&only=different")
    assert "28 days" in page.text
    assert "Largest message" not in page.text
    same = see(operator, f"/policies/compare?d={SE}/{HOME}&d={SE}/{HOME}&only=different")
    assert "Nothing differs" in same.text


def test_settings_stand_under_headings_and_are_searched(operator: Browser) -> None:
    page = see(operator, HERE)
    for heading in ("Filtering and quarantine", "Size, attachments and links", "Contacts and reports"):
        assert heading in page.text
    page = see(operator, f"{HERE}?q=lower+strict")
    assert [form.value("setting") for form in page.forms if "setting" in form.names] == [
        "quarantine_threshold"
    ]
    own = see(operator, f"{HERE}?only=own")
    names = {form.value("setting") for form in own.forms if "setting" in form.names}
    assert DAYS in names
    differing = see(operator, f"{HERE}?only=differs")
    assert {form.value("setting") for form in differing.forms if "setting" in form.names} < names
    page = see(operator, f"{HERE}?only=problem")
    assert "no call to read it" in page.text
    for odd in ("q=nosuch", "only=x", "q=%00", "q=" + "x" * 900):
        assert see(operator, f"{HERE}?{odd}").status == 200
    assert "No setting fits" in see(operator, f"{HERE}?q=nosuch").text


def test_a_filtered_page_stays_filtered_after_a_change(world: World, operator: Browser) -> None:
    page = submit(operator, setting(see(operator, f"{HERE}?q=days")), value="7")
    assert page.url.endswith("?q=days")
    assert world.writes() == ["api_set_quarantine_days"]


def test_who_overrides_the_defaults(world: World, operator: Browser) -> None:
    address = f"/policies/{SE}/default/overrides"
    assert address in see(operator, f"/policies/{SE}/default").links
    before = world.upstream_calls()
    page = see(operator, address)
    assert "0 of 10" in page.text
    assert "about 320 calls (32 for each of 10 domains)" in page.text
    assert world.upstream_calls() == before
    submit(operator, page.form("connection", SE))
    world.work()
    page = see(operator, address)
    assert "10 of 10" in page.text
    assert WHO in page.links
    row = page.text[page.text.index("Days in quarantine") :][:60]
    assert "2" in row or "1" in row
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert narrow.get(address).status_code == 404
    assert narrow.send("/policies/read", {"connection": SE}).status_code == 404
    assert operator.send("/policies/read", {"connection": OLS}).status_code == 409
    assert operator.send("/policies/read", {"connection": "gone"}).status_code == 404


def test_who_overrides_this(world: World, operator: Browser) -> None:
    page = see(operator, WHO)
    assert "0 of 10 domains were read." in page.text
    job = submit(operator, page.form_to(f"{WHO}/read"))
    assert "/jobs/" in job.answer.request.path
    world.work()
    page = see(operator, WHO)
    assert "10 of 10 domains were read." in page.text
    assert HERE in page.links
    assert "28 days" in page.text


@pytest.mark.parametrize(
    "address",
    [
        f"/policies/{SE}/gone.example",
        f"/policies/gone/{HOME}",
        f"/policies/{SE}/no%20domain",
        f"/policies/{SE}/default/overrides/colour",
    ],
)
def test_what_is_not_there_is_not_found(operator: Browser, address: str) -> None:
    assert see(operator, address).status == 404


def test_outside_the_scope_is_not_found(world: World) -> None:
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    for address in (
        f"/policies/{SE}/hafencafe.example",
        f"/policies/{SE}/default",
        WHO,
        f"/policies/compare?d={SE}/hafencafe.example",
    ):
        assert narrow.get(address).status_code == 404, address
    assert narrow.send(f"{WHO}/read").status_code == 404
    assert narrow.send(f"/policies/{SE}/default", {"setting": DAYS, "value": "1"}).status_code == 404
    assert narrow.get(HERE).status_code == 200
    index = see(narrow, "/policies/")
    assert f"/policies/{SE}/default" not in index.links
    twin = world.sign_in("operator", scopes=ONLY_TWIN)
    assert "Se filter" not in see(twin, "/policies/").text
    assert twin.get(HERE).status_code == 404
    assert world.writes() == []
