"""Every address needs a right, but for a short list of named ones; every role gets what `RIGHTS` says and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import IntegerConverter, Rule

from app.core.actor import RIGHTS, Right, Role, system_actor
from app.features.people.service import PeopleService
from app.features.people.tokens import TokenService
from app.web.feedback import CollectFeedback
from tests.browser import Browser
from tests.conftest import add_person, browser_of, close_app, make_app, make_config

# Addresses without `@right`, each with its reason. The list may only get shorter, or a reason must be as good.
WITHOUT_A_RIGHT = {
    "static": "style sheets and scripts, needed before signing in",
    "security.static": "scripts of the sign-in library",
    "healthz": "asked by supervisors; says nothing but up or down",
    "metrics": "guards itself: this machine only, or the right to manage connections",
    "theme": "light or dark, a cookie of the browser",
    "security.login": "signing in",
    "security.logout": "signing out",
    "security.verify": "the sign-in library asks for a session itself",
    "security.change_password": "the sign-in library asks for a session itself",
    "security.two_factor_setup": "the sign-in library asks for a session itself, or for the right password before it",
    "security.two_factor_setup_validate": "needs the signed state of the page before",
    "security.two_factor_token_validation": "the second step of signing in; needs the first",
    "security.two_factor_rescue": "the second step of signing in; needs the first",
    "security.tf_select": "the second step of signing in; needs the first",
    "security.mf_recovery": "the second step of signing in; needs the first",
    "security.mf_recovery_codes": "the sign-in library asks for a session itself",
    "openapi.spec": "the description of the REST interface holds no data",
}
API = "/api/v1/"
NO_ID = 2_000_000_000
# What anonymous people may reach without being sent to the sign-in page.
OPEN = {
    "static",
    "security.static",
    "healthz",
    "metrics",
    "theme",
    "security.login",
    "security.logout",
    "openapi.spec",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Any]:
    """One application for all of these tests; it has no connections."""
    application = make_app(make_config(tmp_path_factory.mktemp("guarded"), empty_database))
    yield application
    close_app(application)


def rules(app: Any) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def right_of(app: Any, rule: Rule) -> Right | None:
    return getattr(app.view_functions[rule.endpoint], "gatehouse_right", None)


def guarded_calls(app: Any) -> list[tuple[str, str, Right]]:
    """(method, address, right) of everything that needs a right, with values that name nothing."""
    calls = []
    for rule in rules(app):
        wanted = right_of(app, rule)
        if wanted is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                calls.append((method, address_of(app, rule), wanted))
    return calls


def address_of(app: Any, rule: Rule) -> str:
    values = {
        name: min(getattr(converter, "max", None) or NO_ID, NO_ID)
        if isinstance(converter, IntegerConverter)
        else "nothing.example"
        for name, converter in rule._converters.items()
    }
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=None))


def call(browser: Browser, method: str, address: str, token: str) -> Any:
    data = {"csrf_token": token} if method != "GET" else None
    return browser.open(address, method=method, data=data)


def test_every_address_needs_a_right_or_has_a_reason(app: Any) -> None:
    bare = {rule.endpoint for rule in rules(app) if right_of(app, rule) is None}
    assert bare - WITHOUT_A_RIGHT.keys() == set()


def test_the_list_of_reasons_names_no_address_that_is_gone(app: Any) -> None:
    assert WITHOUT_A_RIGHT.keys() - app.view_functions.keys() == set()


def test_nobody_reaches_anything_without_signing_in(app: Any) -> None:
    browser: Browser = app.test_client()
    token = browser.token("/login")
    let_in = []
    for method, address, _ in guarded_calls(app):
        answer = call(browser, method, address, token)
        sent_to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
        if not (answer.status_code == 401 if address.startswith(API) else sent_to_sign_in):
            let_in.append((method, address, answer.status_code))
    assert let_in == []


def test_a_session_does_not_open_the_rest_api(app: Any) -> None:
    browser = browser_of(app, add_person(app, "admin"))
    token = browser.token()
    calls = [(method, address) for method, address, _ in guarded_calls(app) if address.startswith(API)]
    assert {call(browser, method, address, token).status_code for method, address in calls} <= {401}


def test_pages_of_the_sign_in_library_need_a_session_or_the_step_before(app: Any) -> None:
    browser: Browser = app.test_client()
    for rule in rules(app):
        if rule.endpoint in WITHOUT_A_RIGHT.keys() - OPEN and "GET" in (rule.methods or ()):
            answer = browser.get(address_of(app, rule))
            assert answer.status_code == 302, (rule.rule, answer.status_code)
            assert answer.headers["Location"].startswith("/login"), (rule.rule, answer.headers["Location"])


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_what_it_may_and_no_more(app: Any, role: Role) -> None:
    browser = browser_of(app, add_person(app, role.value))
    token = browser.token()
    wrong = []
    for method, address, wanted in guarded_calls(app):
        if address.startswith(API):
            continue
        status = call(browser, method, address, token).status_code
        allowed = wanted in RIGHTS[role]
        if (status == 403) is allowed or status >= 500:
            wrong.append((method, address, wanted.value, status))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_a_token_of_each_role_opens_what_the_role_may_and_no_more(app: Any, role: Role) -> None:
    email = add_person(app, role.value)
    with app.app_context():
        factories = app.extensions["gatehouse"].factories
        owner = factories[PeopleService](CollectFeedback()).find(system_actor(), email)
        made = factories[TokenService](CollectFeedback()).make(owner.as_actor("web"), "test", "7", [])
    client = app.test_client()
    wrong = []
    for method, address, wanted in guarded_calls(app):
        if address.startswith(API):
            headers = {"Authorization": f"Bearer {made.value.reveal()}"}
            status = client.open(address, method=method, json={}, headers=headers).status_code
            if (status in (401, 403)) is (wanted in RIGHTS[role]) or status >= 500:
                wrong.append((method, address, wanted.value, status))
    assert wrong == []


def test_no_post_goes_through_without_a_token(app: Any) -> None:
    browser = browser_of(app, add_person(app, "admin"))
    went_through = []
    for rule in rules(app):
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            answer = browser.open(address_of(app, rule), method=method, data={})
            refused = 401 if rule.rule.startswith(API) else 400
            if answer.status_code != refused and rule.endpoint != "security.logout":
                went_through.append((method, rule.rule, answer.status_code))
    assert went_through == []


def test_signing_out_without_a_token_asks_first(app: Any) -> None:
    browser = browser_of(app, add_person(app, "admin"))
    browser.post("/logout")
    assert browser.get("/account").status_code == 200


def test_odd_values_in_addresses_are_not_found(app: Any) -> None:
    browser = browser_of(app, add_person(app, "admin"))
    odd = (
        "99999999999999999999",
        "-1",
        "0x10",
        "1e3",
        "%00",
        "a%00b",
        "..%2f..%2fetc",
        "%ff%fe",
        "💥",
        "x" * 3000,
    )
    wrong = []
    for rule in rules(app):
        if (
            not rule.arguments
            or "GET" not in (rule.methods or ())
            or rule.endpoint in ("static", "security.static")
        ):
            continue
        for value in odd:
            address = re.sub(r"<[^>]+>", value, rule.rule)
            answer = browser.get(address)
            if answer.status_code >= 500:
                wrong.append((address[:80], answer.status_code))
    assert wrong == []


def test_odd_values_in_queries_break_nothing(app: Any) -> None:
    browser = browser_of(app, add_person(app, "admin"))
    names = (
        "page",
        "sort",
        "size",
        "q",
        "status",
        "connection",
        "before",
        "after",
        "since",
        "until",
        "job",
        "kind",
        "state",
    )
    wrong = []
    for value in ("%00", "99999999999999999999", "-1", "%ff", "💥", "'\"<script>", "x" * 2000):
        query = "&".join(f"{name}={value}" for name in names)
        for rule in rules(app):
            if right_of(app, rule) and not rule.arguments and "GET" in (rule.methods or ()):
                answer = browser.get(f"{rule.rule}?{query}")
                if answer.status_code >= 500:
                    wrong.append((rule.rule, value[:20], answer.status_code))
    assert wrong == []
