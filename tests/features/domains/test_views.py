"""The pages of one domain, and the ones that add, change, test and remove."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.core.actor import Right
from app.core.plan import State
from tests.browser import Browser
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import Form, Page, see, send, submit
from tests.features.world import HOME, IDN, OLS, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World

NEW = "new.example"
PAGES: Pages = {
    "/domains/": ("GET", Right.VIEW_DOMAINS),
    "/domains/export.csv": ("GET", Right.EXPORT),
    "/domains/refresh": ("POST", Right.SYNC),
    f"/domains/held/{SE}/accept": ("POST", Right.SYNC),
    "/domains/new": ("GET POST", Right.CHANGE_DOMAINS),
    f"/domains/{SE}/{HOME}": ("GET", Right.VIEW_DOMAINS),
    f"/domains/{SE}/{HOME}/routes": ("GET POST", Right.CHANGE_DOMAINS),
    f"/domains/{SE}/{HOME}/remove": ("GET POST", Right.REMOVE_DOMAINS),
}


def test_they_need_somebody_signed_in(world: World) -> None:
    check_sign_in(world, PAGES)


def test_they_need_the_right(world: World) -> None:
    check_rights(world, PAGES)


def test_they_keep_to_their_method(world: World) -> None:
    check_methods(world, PAGES)


def new_form(browser: Browser, connection: str = SE) -> Form:
    return see(browser, f"/domains/new?connection={connection}").form("domain")


def add(browser: Browser, name: str = NEW, **fields: Any) -> Page:
    """Adds a domain through its form, with one route where nothing else is said."""
    given = {"routes-0-host": "mail.hosting.example", **fields}
    return submit(browser, new_form(browser), domain=name, **given)


# --- one domain ---


def test_a_domain_is_read_live(world: World, operator: Browser) -> None:
    world.cluster[HOME] = {**world.cluster[HOME], "aliases": ["fresh.test"]}
    page = see(operator, f"/domains/{SE}/{HOME}")
    assert page.status == 200
    assert "fresh.test" in page.text
    assert world.row(HOME).aliases == ("fresh.test",)
    assert "mx1.filtering.example" in page.text
    assert "API calls behind this page" in page.text
    assert "demo-software-api" not in page.html


def test_support_and_auditors_look_without_controls(world: World) -> None:
    for role in ("support", "auditor"):
        page = see(world.sign_in(role), f"/domains/{SE}/{HOME}")
        assert page.status == 200
        assert f"/domains/{SE}/{HOME}/routes" not in page.links
        assert f"/domains/{SE}/{HOME}/remove" not in page.links


def test_international_names_are_shown_as_people_read_them(operator: Browser) -> None:
    for address in (f"/domains/{SE}/{IDN}", f"/domains/{SE}/b%C3%A4ckerei-m%C3%BCller.example"):
        page = see(operator, address)
        assert "bäckerei-müller.example" in page.text
        assert IDN in page.text


def test_what_a_connection_cannot_do_is_said_beside_the_control(operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example")
    assert "no calls for routes" in page.text
    assert "no call that removes a domain" in page.text
    assert f"/domains/{OLS}/harbourbikes.example/remove" not in page.links


def test_with_the_upstream_down_the_inventory_answers_with_a_line(world: World, operator: Browser) -> None:
    world.fault("refuse")
    for address in (f"/domains/{SE}/{HOME}", f"/domains/{SE}/{HOME}/routes"):
        page = see(operator, address)
        assert page.status == 200
        assert "Shown is what it said" in page.text
        assert "mail.nordwind.example" in page.html


def test_a_domain_that_vanished_is_shown_with_what_is_known(world: World, operator: Browser) -> None:
    del world.cluster[HOME]
    page = see(operator, f"/domains/{SE}/{HOME}")
    assert page.status == 200
    assert "does not list this domain any more" in page.text


@pytest.mark.parametrize(
    "address",
    [
        f"/domains/{SE}/gone.example",
        f"/domains/gone/{HOME}",
        f"/domains/{SE}/no%20domain",
        f"/domains/{SE}/127.0.0.1",
        f"/domains/{SE}/%00",
        f"/domains/{SE}/gone.example/routes",
        f"/domains/{SE}/gone.example/remove",
        f"/domains/gone/{HOME}/remove",
    ],
)
def test_what_is_not_there_is_not_found(operator: Browser, address: str) -> None:
    page = see(operator, address)
    assert page.status == 404
    assert "Nothing was changed" in page.text


def test_the_last_changes_of_a_domain_stand_on_its_page(operator: Browser) -> None:
    add(operator)
    page = see(operator, f"/domains/{SE}/{NEW}")
    assert "Domain added" in page.text


# --- adding ---


def test_a_domain_is_added_with_routes_and_aliases(world: World, operator: Browser) -> None:
    form = new_form(operator)
    page = submit(
        operator,
        form,
        **{
            "domain": " New.Example. ",
            "routes-0-host": "mail.hosting.example",
            "routes-1-host": "backup.nordwind.example:2525",
            "aliases": "one.test\nTWO.test, three.test",
        },
    )
    assert page.answer.request.path == f"/domains/{SE}/{NEW}"
    assert world.routes(NEW) == [("mail.hosting.example", 25), ("backup.nordwind.example", 2525)]
    assert world.upstream(NEW)["aliases"] == ["one.test", "two.test", "three.test"]  # type: ignore[index]
    assert "Added new.example to Se filter with 2 routes." in page.text
    assert world.row(NEW).aliases == ("one.test", "two.test", "three.test")
    assert [change.state for change in world.changes()] == [State.DONE] * 4
    assert world.changes()[0].actor_name.startswith("operator")


def test_a_single_step_offers_its_undo(operator: Browser) -> None:
    page = add(operator)
    assert "Added new.example to Se filter with 1 route." in page.text
    assert any(link.startswith("/changes/") and link.endswith("/undo") for link in page.links)


def test_international_names_are_sent_as_punycode(world: World, operator: Browser) -> None:
    page = add(operator, "bücher.example", aliases="straße.example")
    assert "Added bücher.example" in page.text
    assert world.upstream("xn--bcher-kva.example") is not None
    assert world.row("xn--bcher-kva.example").aliases == ("xn--strae-oqa.example",)


@pytest.mark.parametrize(
    ("host", "port", "route"),
    [
        ("192.0.2.7", "", ("192.0.2.7", 25)),
        ("2001:DB8::1", "", ("2001:db8::1", 25)),
        ("[2001:db8::1]", "2525", ("2001:db8::1", 2525)),
        ("[2001:db8::1]:2525", "", ("2001:db8::1", 2525)),
        ("mail.hosting.example:2525", "", ("mail.hosting.example", 2525)),
        ("MAIL.hosting.example.", "25", ("mail.hosting.example", 25)),
        ("bücher.example", "", ("xn--bcher-kva.example", 25)),
    ],
)
def test_a_route_is_a_name_or_an_address(
    world: World, operator: Browser, host: str, port: str, route: tuple[str, int]
) -> None:
    page = add(operator, **{"routes-0-host": host, "routes-0-port": port})
    assert page.status == 200, page.text
    assert world.routes(NEW) == [route]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"domain": ""}, "A domain name is needed"),
        ({"domain": "localhost"}, "has no dot"),
        ({"domain": "x" * 300 + ".example"}, "longer than 63"),
        ({"domain": ".".join(["label"] * 60) + ".example"}, "longer than 253"),
        ({"domain": "💥.example"}, "not a valid international name"),
        ({"domain": "=1+1"}, "letters, digits and hyphens"),
        ({"domain": "=cmd|calc!A0.example"}, "letters, digits and hyphens"),
        ({"domain": "ann@new.example"}, "is an address"),
        ({"domain": "https://new.example"}, "is a web address"),
        ({"domain": "192.0.2.1"}, "is an IP address"),
        ({"domain": "new\u202e.example"}, "invisible"),
        ({"routes-0-host": "no host"}, "letters, digits and hyphens"),
        ({"routes-0-host": "999.1.1.1"}, "not a valid IPv4"),
        ({"routes-0-host": "1:2:3"}, "not a valid IPv6"),
        ({"routes-0-port": "99999"}, "from 1 to 65535"),
        ({"routes-0-port": "smtp"}, "from 1 to 65535"),
        ({"routes-0-host": "", "routes-0-port": "25"}, "host name or IP address is needed"),
        ({"routes-1-host": "mail.hosting.example"}, "named twice"),
        ({"aliases": "new.example"}, "alias of itself"),
        ({"aliases": "a.test a.test"}, "named twice"),
        ({"aliases": "nonsense"}, "has no dot"),
    ],
)
def test_what_cannot_be_is_said_on_its_field_and_the_input_stays(
    reader: World, looking: Browser, fields: dict[str, str], words: str
) -> None:
    given = {"domain": NEW, "routes-0-host": "mail.hosting.example", **fields}
    page = submit(looking, new_form(looking), **given)
    assert page.status == 422
    assert words in page.text
    form = page.form("domain")
    for name, value in given.items():
        assert form.value(name) == value
    assert reader.changes() == []


def test_a_duplicate_is_told_and_nothing_is_sent(world: World, operator: Browser) -> None:
    page = add(operator, HOME, **{"routes-0-host": "other.hosting.example"})
    assert page.status == 409
    assert "already there" in page.text
    assert page.form("domain").value("domain") == HOME
    assert world.writes() == []


def test_adding_exactly_what_is_there_says_so(world: World, operator: Browser) -> None:
    add(operator)
    world.calls.clear()
    page = add(operator)
    assert "already as you wish" in page.text
    assert world.writes() == []


def test_the_alias_of_another_domain_is_refused_by_the_upstream(world: World, operator: Browser) -> None:
    page = add(operator, "nwl.example")
    assert page.status == 409
    assert "upstream refused" in page.text.lower() or "already" in page.text
    assert page.form("domain").value("domain") == "nwl.example"
    [change] = world.changes()
    assert change.state is State.REJECTED


def test_when_a_part_is_refused_it_is_said_what_was_done(world: World, operator: Browser) -> None:
    page = add(operator, aliases="fine.test nwl.example")
    assert page.answer.request.path == f"/domains/{SE}/{NEW}"
    assert "2 of 3 steps were done" in page.text
    assert [c.state for c in world.changes()] == [State.REJECTED, State.DONE, State.DONE]
    assert world.row(NEW).aliases == ("fine.test",)


def test_a_domain_may_be_on_several_connections(world: World, operator: Browser) -> None:
    page = submit(operator, new_form(operator, OLS), domain="nordwind.example")
    assert "Added nordwind.example to Ols filter" in page.text
    assert world.row(HOME, OLS) is not None


def test_a_domain_of_another_account_is_refused_in_the_upstreams_words(operator: Browser) -> None:
    page = submit(operator, new_form(operator, OLS), domain="harbourbikes.example")
    assert page.status in (200, 409)
    assert "already" in page.text


def test_fields_that_a_provider_asks_for_are_sent(world: World, operator: Browser) -> None:
    form = new_form(operator, OLS)
    assert form.value("option_path") == "public_html"
    assert "routes-0-host" not in form.names
    page = submit(operator, form, domain=NEW, option_path="../up")
    assert page.status in (409, 422), page.text
    page = submit(operator, new_form(operator, OLS), domain=NEW, option_path="sites/new")
    assert "Added new.example to Ols filter" in page.text
    assert world.row(NEW, OLS) is not None


def test_choosing_another_connection_keeps_what_was_typed(operator: Browser) -> None:
    page = submit(operator, new_form(operator), press="choose", connection=OLS, domain=NEW)
    form = page.form("option_path")
    assert (form.value("connection"), form.value("domain")) == (OLS, NEW)


def test_a_connection_that_is_gone_takes_nothing(world: World, operator: Browser) -> None:
    form = new_form(operator)
    form.names.add("connection")
    page = submit(operator, form, connection="gone", domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    assert page.status == 404
    assert world.writes() == []


# --- the route editor without script ---


def test_rows_are_added_moved_and_removed_by_buttons(looking: Browser) -> None:
    page = Page(looking.get(f"/domains/new?connection={SE}"))
    page = submit(
        looking, page.form("domain"), press="add_row", **{"routes-0-host": "a", "routes-1-host": "b"}
    )
    form = page.form("domain")
    assert [form.value(f"routes-{n}-host") for n in range(3)] == ["a", "b", ""]
    form = submit(looking, form, press=("move_row", "routes-1")).form("domain")
    assert [form.value(f"routes-{n}-host") for n in range(3)] == ["b", "a", ""]
    form = submit(looking, form, press=("move_row", "routes-0")).form("domain")
    assert [form.value(f"routes-{n}-host") for n in range(3)] == ["b", "a", ""]
    form = submit(looking, form, press=("remove_row", "routes-0")).form("domain")
    assert [form.value(f"routes-{n}-host") for n in range(2)] == ["a", ""]


@pytest.mark.parametrize("pressed", ["routes-99", "routes-x", "", "routes--1", "routes-²"])
def test_a_button_of_a_row_that_is_not_there_changes_nothing(looking: Browser, pressed: str) -> None:
    form = new_form(looking)
    form.buttons.append(("remove_row", pressed))
    page = submit(looking, form, press=("remove_row", pressed), domain="", **{"routes-0-host": "a.example"})
    assert page.status in (200, 422)
    assert page.form("domain").value("routes-0-host") == "a.example"


def test_no_more_rows_than_the_most(looking: Browser) -> None:
    form = new_form(looking)
    for number in range(2, 51):
        form.fields += [(f"routes-{number}-host", f"h{number}.example"), (f"routes-{number}-port", "")]
    page = submit(looking, form, domain=NEW, **{"routes-0-host": "a.example", "routes-1-host": "b.example"})
    assert page.status == 422
    assert "More than 50 are not accepted" in page.text
    assert page.form("domain").value("routes-50-host") == "h50.example"


PASTED = [
    ("a.example:2525, b.example", [("a.example", "2525"), ("b.example", "25")]),
    ("a.example\nb.example:26\n\n", [("a.example", "25"), ("b.example", "26")]),
    (
        "a.example::25;[2001:db8::1]:26 2001:db8::2",
        [("a.example", "25"), ("2001:db8::1", "26"), ("2001:db8::2", "25")],
    ),
]


@pytest.mark.parametrize(("text", "rows"), PASTED)
def test_a_pasted_list_becomes_rows(looking: Browser, text: str, rows: list[tuple[str, str]]) -> None:
    form = submit(looking, new_form(looking), press="paste", pasted=text).form("domain")
    found = [(form.value(f"routes-{n}-host"), form.value(f"routes-{n}-port")) for n in range(len(rows))]
    assert found == rows
    assert form.value("pasted") == ""


@pytest.mark.parametrize(
    "text", ["a.example:", "a.example:99999", "[a.example]:25", " ".join(f"h{n}.test" for n in range(51))]
)
def test_a_list_that_cannot_be_read_stays_with_the_reason(looking: Browser, text: str) -> None:
    page = submit(looking, new_form(looking), press="paste", pasted=text)
    assert page.status == 422
    assert page.form("domain").value("pasted") == text
    assert "invalid-feedback" in page.html


def test_a_pasted_list_is_saved_without_taking_it_over_first(world: World, operator: Browser) -> None:
    submit(
        operator, new_form(operator), domain=NEW, pasted="mail.hosting.example:25,backup.nordwind.example:26"
    )
    assert world.routes(NEW) == [("mail.hosting.example", 25), ("backup.nordwind.example", 26)]


# --- sent twice ---


def test_the_same_form_twice_is_one_change(world: World, operator: Browser) -> None:
    form = new_form(operator)
    fields = {"domain": NEW, "routes-0-host": "mail.hosting.example"}
    first, second = (send(operator, form, **fields) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert len(world.writes()) == 1
    assert len(world.changes()) == 1


def test_a_double_click_is_one_change(world: World, operator: Browser) -> None:
    world.fault("delay", "api_add_*", seconds=0.3, when="before")
    form = new_form(operator)
    data = form.sent(domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    answers: list[int] = []
    cookie = operator.get_cookie("gatehouse")
    assert cookie is not None

    def click() -> None:
        browser = world.client()
        browser.set_cookie("gatehouse", cookie.value)
        answers.append(browser.post(form.action, data=data).status_code)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert len(world.writes()) == 1
    assert len(world.changes()) == 1


def test_the_same_key_with_another_wish_is_refused(world: World, operator: Browser) -> None:
    form = new_form(operator)
    send(operator, form, domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    page = submit(operator, form, domain="other.example", **{"routes-0-host": "mail.hosting.example"})
    assert page.status == 409
    assert world.upstream("other.example") is None
    assert page.form("domain").value("request_key") != form.value("request_key")


def test_after_a_refusal_the_next_try_is_a_new_wish(operator: Browser) -> None:
    page = add(operator, "nwl.example")
    again = submit(operator, page.form("domain"), domain=NEW)
    assert "Added new.example" in again.text


# --- the upstream misbehaves ---


def test_with_the_upstream_down_nothing_is_sent_and_the_input_stays(world: World, operator: Browser) -> None:
    form = new_form(operator)
    world.fault("refuse")
    page = submit(operator, form, domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    assert page.status == 502
    assert page.form("domain").value("domain") == NEW
    assert world.changes() == []


def test_an_answer_that_got_lost_is_unknown_and_keeps_its_key(world: World, operator: Browser) -> None:
    form = new_form(operator)
    world.fault("hangup", "api_add_*", count=1)
    page = submit(operator, form, domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    assert page.status == 502
    assert page.form("domain").value("request_key") == form.value("request_key")
    [change] = world.changes()
    assert change.state is State.UNKNOWN
    world.all_well()
    submit(operator, page.form("domain"))
    assert len(world.writes()) == 1


@pytest.mark.parametrize("fault", ["5xx", "429", "html", "malformed", "truncated", "reset"])
def test_no_fault_makes_a_broken_page(world: World, operator: Browser, fault: str) -> None:
    form = new_form(operator)
    more = {"retry_after": "60"} if fault == "429" else {}
    world.fault(fault, **more)
    for address in (f"/domains/{SE}/{HOME}", "/domains/", f"/domains/{SE}/{HOME}/routes"):
        assert see(operator, address).status == 200
    assert see(operator, f"/domains/{SE}/{HOME}/remove").status in (502, 503)
    page = submit(operator, form, domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    assert page.status in (502, 503)
    assert page.form("domain").value("domain") == NEW


# --- routes ---


def routes_form(browser: Browser, name: str = HOME) -> Form:
    return see(browser, f"/domains/{SE}/{name}/routes").form("expected")


def test_routes_are_changed(world: World, operator: Browser) -> None:
    form = routes_form(operator)
    assert form.value("routes-0-host") == "mail.nordwind.example"
    page = submit(
        operator, form, **{"routes-0-host": "mail.hosting.example", "routes-1-host": "", "routes-1-port": ""}
    )
    assert "Changed the routes of nordwind.example." in page.text
    assert world.routes(HOME) == [("mail.hosting.example", world.sandbox.smtp_port)]
    [change] = world.changes()
    assert len(change.step.before["routes"]) == 2
    assert len(world.row(HOME).routes) == 1


def test_routes_are_put_into_another_order(world: World, operator: Browser) -> None:
    page = submit(operator, routes_form(operator), press=("move_row", "routes-1"))
    submit(operator, page.form("expected"))
    assert [host for host, _ in world.routes(HOME)] == ["backup.nordwind.example", "mail.nordwind.example"]


def test_routes_that_somebody_else_changed_are_not_overwritten(world: World, operator: Browser) -> None:
    first, second = routes_form(operator), routes_form(operator)
    submit(operator, first, **{"routes-0-host": "mail.hosting.example"})
    world.calls.clear()
    page = submit(operator, second, **{"routes-0-host": "mail.plain.example"})
    assert page.status == 409
    assert "no longer what you saw" in page.text
    assert page.form("expected").value("routes-0-host") == "mail.plain.example"
    assert world.writes() == []
    assert world.routes(HOME)[0][0] == "mail.hosting.example"


def test_a_domain_is_not_left_without_a_route(world: World, operator: Browser) -> None:
    fields = {f"routes-{n}-{part}": "" for n in range(2) for part in ("host", "port")}
    page = submit(operator, routes_form(operator), **fields)
    assert page.status in (409, 422)
    assert len(world.routes(HOME)) == 2


def test_a_refusal_of_new_routes_keeps_the_input(world: World, operator: Browser) -> None:
    form = routes_form(operator)
    world.fault("429", "api_set_destination", retry_after="60")
    page = submit(operator, form, **{"routes-0-host": "mail.hosting.example"})
    assert page.status == 503
    assert page.form("expected").value("routes-0-host") == "mail.hosting.example"


def test_routes_of_a_connection_without_them_are_not_editable(world: World, operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/routes")
    assert "no calls for routes" in page.text
    form = page.form("expected")
    assert "routes-0-host" not in form.names


# --- testing routes ---


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("mail.nordwind.example", "accepted"),
        ("mail.closed.example", "554"),
        ("mail.oldcert.example", "expired"),
        ("mail.relay.example", "relay"),
        ("mail.plain.example", "STARTTLS"),
        ("mail.gone.example", "does not exist in DNS"),
        ("mail.strict.example", "550"),
    ],
)
def test_a_route_is_tried_by_smtp_before_it_is_saved(
    world: World, operator: Browser, host: str, words: str
) -> None:
    fields = {"routes-0-host": host, "routes-0-port": str(world.sandbox.smtp_port)}
    page = submit(operator, new_form(operator), press="test", domain=NEW, **fields)
    assert page.status == 200
    assert f"Test of {host}" in page.text
    assert words in page.text[page.text.index("Test of") :]
    assert page.form("domain").value("routes-0-host") == host
    assert world.writes() == []
    assert world.sandbox.sink.accepted.total() == 0


def test_all_routes_of_a_domain_are_tried_at_once(operator: Browser) -> None:
    page = submit(operator, routes_form(operator), press="test")
    assert page.text.count("nothing was sent and nothing was changed") == 2


def test_what_is_no_route_is_not_tried(looking: Browser) -> None:
    page = submit(looking, new_form(looking), press="test", domain=NEW, **{"routes-0-host": "no host"})
    assert "letters, digits and hyphens" in page.text
    assert "Test of" not in page.text
    page = submit(looking, new_form(looking), press="test", domain="", **{"routes-0-host": "a.example"})
    assert "A domain name is needed" in page.text


# --- removing ---


def remove_form(browser: Browser, name: str = HOME) -> Form:
    return see(browser, f"/domains/{SE}/{name}/remove").form("confirm")


def test_the_page_names_what_goes_and_what_cannot_come_back(world: World, operator: Browser) -> None:
    page = see(operator, f"/domains/{SE}/{HOME}/remove")
    for text in ("mail.nordwind.example", "nordwind.test", "quarantine_days", "Allow and block lists"):
        assert text in page.text
    assert world.upstream(HOME) is not None


def test_a_domain_is_removed_after_its_name_was_typed(world: World, operator: Browser) -> None:
    page = submit(operator, remove_form(operator), confirm=" NORDWIND.example ")
    assert "Removed nordwind.example from Se filter." in page.text
    assert world.upstream(HOME) is None
    assert world.row(HOME) is None
    assert world.row(HOME, TWIN) is not None
    [change] = world.changes()
    assert change.step.before["aliases"] == ["nordwind.test", "nordwind-group.example"]


def test_an_international_name_is_typed_as_it_is_read(world: World, operator: Browser) -> None:
    page = submit(operator, remove_form(operator, IDN), confirm="Bäckerei-Müller.example")
    assert "Removed bäckerei-müller.example" in page.text
    assert world.upstream(IDN) is None


@pytest.mark.parametrize("typed", ["", "nordwind", "hafencafe.example"])
def test_without_the_typed_name_nothing_goes(world: World, operator: Browser, typed: str) -> None:
    page = submit(operator, remove_form(operator), confirm=typed)
    assert page.status == 422
    assert "Nothing was changed" in page.text
    assert world.upstream(HOME) is not None
    assert world.changes() == []


def test_a_removal_that_would_take_more_than_was_shown_is_refused(world: World, operator: Browser) -> None:
    form = remove_form(operator)
    world.cluster[HOME] = {**world.cluster[HOME], "destinations": [["late.hosting.example", 25]]}
    page = submit(operator, form, confirm=HOME)
    assert page.status == 409
    assert "changed since you confirmed it" in page.text
    assert "late.hosting.example" in page.text
    assert world.upstream(HOME) is not None
    assert "Removed nordwind.example" in submit(operator, page.form("confirm"), confirm=HOME).text


def test_a_removal_sent_twice_is_one(world: World, operator: Browser) -> None:
    form = remove_form(operator)
    answers = [send(operator, form, confirm=HOME).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert len(world.writes()) == 1


def test_a_removal_that_the_upstream_refuses_is_told(world: World, operator: Browser) -> None:
    form = remove_form(operator)
    world.fault("429", "api_remove_domain", retry_after="60")
    page = submit(operator, form, confirm=HOME)
    assert page.status == 503
    assert world.row(HOME) is not None


def test_what_cannot_be_removed_says_why(operator: Browser) -> None:
    page = see(operator, f"/domains/{OLS}/harbourbikes.example/remove")
    assert page.status == 409
    assert "no call that removes a domain" in page.text


# --- scope ---


def test_outside_the_scope_nothing_can_be_added(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    page = add(browser, "other.example")
    assert page.status == 404
    assert world.writes() == []
    assert "Added nordwind-neu.example" in add(browser, "nordwind-neu.example").text


def test_a_connection_outside_the_scope_is_not_offered(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_TWIN)
    page = see(browser, f"/domains/new?connection={SE}")
    assert "Se filter" not in page.text
    form = page.form("domain")
    assert form.value("connection") == TWIN
    page = submit(browser, form, connection=SE, domain=NEW, **{"routes-0-host": "mail.hosting.example"})
    assert page.status == 404
    assert world.writes() == []


def test_routes_are_not_tried_for_a_domain_outside(world: World) -> None:
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    page = submit(
        browser,
        new_form(browser),
        press="test",
        domain="other.example",
        **{"routes-0-host": "mail.closed.example"},
    )
    assert page.status == 404
