"""Bearer tokens of one's own: made once, shown once, never worth more than their owner, gone when they should be."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.core.actor import RIGHTS, Actor, Right, Role, Scope, ScopeKind
from app.core.errors import Forbidden, Invalid, NotFound
from app.features.people.models import User
from app.features.people.service import PeopleService
from app.features.people.tokens import LIFETIMES, MOST, PREFIX, TokenGate, TokenService, hash_of
from app.storage.db import Base
from app.storage.tokens import SqlTokens, api_tokens
from app.web.feedback import CollectFeedback
from tests.browser import Browser
from tests.conftest import SignIn, add_person, browser_of
from tests.web.bearer import Caller, new_token, owner_of, tokens

VALUE = re.compile(r"gh_[\w-]{43}")
PAGE = "/account/tokens"
SHELL = Actor(None, "shell:root", Role.ADMIN, door="cli")
FORM = {"name": "nightly export", "days": "30"}


@pytest.fixture
def ann(app: Any) -> Actor:
    return owner_of(app, add_person(app, "operator", email="ann@x.example"))


def switch(app: Any, email: str, on: bool) -> None:
    with app.extensions["gatehouse"].database.unit_of_work() as session:
        session.execute(update(User).where(User.email == email).values(active=on))


def give_role(app: Any, email: str, role: str) -> None:
    add_person(app, "admin")  # somebody who remains
    people = app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())
    people.set_role(SHELL, people.find(SHELL, email).id, role)


def status(app: Any, token: str, path: str = "/jobs") -> int:
    return Caller(app, token)("GET", path).status_code


# --- making ---


def test_a_token_is_random_and_long(app: Any, ann: Actor) -> None:
    made = [tokens(app).make(ann, "a", "7", []).value.reveal() for _ in range(3)]
    assert len(set(made)) == 3
    assert all(VALUE.fullmatch(value) for value in made)


def test_only_the_hash_of_a_value_is_kept(app: Any, ann: Actor) -> None:
    value = tokens(app).make(ann, "a", "7", []).value.reveal()
    with app.extensions["gatehouse"].database.session() as session:
        assert session.scalars(select(api_tokens.c.value_hash)).all() == [hash_of(value)]
        everything = [
            row for table in Base.metadata.tables.values() for row in session.execute(select(table))
        ]
    assert value not in str(everything)
    assert value.removeprefix(PREFIX) not in str(everything)


def test_a_value_hides_in_texts(app: Any, ann: Actor) -> None:
    feedback = CollectFeedback()
    made = app.extensions["gatehouse"].factories[TokenService](feedback).make(ann, "export", "7", [])
    assert made.value.reveal() not in repr(made) + str(made) + str(feedback.reports)
    assert str(feedback.reports[0].text) == "Made the token export. Copy it now; it is shown this once."


@pytest.mark.parametrize("days", LIFETIMES)
def test_a_token_is_valid_for_its_days(app: Any, ann: Actor, days: int) -> None:
    token = tokens(app).make(ann, "a", str(days), []).token
    assert token.expires_at == token.created_at + timedelta(days=days)


def test_a_token_may_be_valid_until_it_is_removed(app: Any, ann: Actor) -> None:
    assert tokens(app).make(ann, "a", "", []).token.expires_at is None


@pytest.mark.parametrize(
    ("name", "days", "rights", "field"),
    [
        ("", "7", [], "name"),
        ("   ", "7", [], "name"),
        ("a\x00b", "7", [], "name"),
        ("a" * 81, "7", [], "name"),
        ("a", "8", [], "days"),
        ("a", "-1", [], "days"),
        ("a", "7 ", [], "days"),
        ("a", "9" * 400, [], "days"),
        ("a", "7", ["fly"], "rights"),
        ("a", "7", ["manage_people"], "rights"),
        ("a", "7", ["view_domains", "console"], "rights"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    app: Any, ann: Actor, name: str, days: str, rights: list[str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        tokens(app).make(ann, name, days, rights)
    assert list(refused.value.fields) == [field]
    assert tokens(app).own(ann) == []


def test_somebody_has_so_many_tokens_and_no_more(app: Any, ann: Actor) -> None:
    service = tokens(app)
    for number in range(MOST):
        made = service.make(ann, f"t{number}", "7", [])
    with pytest.raises(Invalid) as refused:
        service.make(ann, "one more", "7", [])
    assert str(refused.value.fields["name"]) == f"You have {MOST} tokens already; remove one first."
    service.remove(ann, made.token.id)
    assert service.make(ann, "one more", "7", []).token.name == "one more"
    other = owner_of(app, add_person(app, "support"))
    assert service.make(other, "a", "7", []).token.id


def test_a_token_makes_no_token(app: Any) -> None:
    value = new_token(app, "admin")
    gate: TokenGate = app.extensions["gatehouse"].token_gate
    actor = gate.actor(value, "127.0.0.1")
    assert actor is not None
    service = tokens(app)
    for attempt in (
        lambda: service.make(actor, "a", "7", []),
        lambda: service.own(actor),
        lambda: service.remove(actor, 1),
    ):
        with pytest.raises(Forbidden):
            attempt()
    answer = app.test_client().post(PAGE, data=FORM, headers={"Authorization": f"Bearer {value}"})
    assert answer.status_code == 400, "not even a form token"
    answer = app.test_client().get(PAGE, headers={"Authorization": f"Bearer {value}"})
    assert answer.headers["Location"].startswith("/login")


def test_the_shell_and_the_worker_have_no_tokens(app: Any) -> None:
    with pytest.raises(Forbidden):
        tokens(app).make(SHELL, "a", "7", [])


def test_only_rights_that_somebody_holds_can_be_given(app: Any, ann: Actor) -> None:
    assert set(tokens(app).rights_to_give(ann)) == RIGHTS[Role.OPERATOR]


# --- using ---


def gate_at(app: Any, moment: datetime) -> TokenGate:
    return TokenGate(SqlTokens(app.extensions["gatehouse"].database, User), lambda: moment)


def test_whoever_holds_a_token_acts_as_its_owner(app: Any) -> None:
    here = (Scope(ScopeKind.DOMAIN, "*.example.org"),)
    more = frozenset({Right.MANAGE_CONNECTIONS})
    value = new_token(app, "support", email="sue@x.example", scopes=here, extra_rights=more)
    actor = app.extensions["gatehouse"].token_gate.actor(value, "127.0.0.1")
    owner = owner_of(app, "sue@x.example")
    assert (actor.user_id, actor.name, actor.role) == (owner.user_id, owner.name, Role.SUPPORT)
    assert (actor.scopes, actor.extra_rights, actor.door, actor.only_rights) == (here, more, "api", None)


def test_a_narrowed_token_opens_what_it_names(app: Any) -> None:
    value = new_token(app, "admin", rights=("view_jobs",))
    assert status(app, value, "/jobs") == 200
    assert status(app, value, "/connections") == 403
    assert status(app, value, "/changes") == 403


def test_a_token_loses_what_its_owner_loses(app: Any) -> None:
    whole = new_token(app, "admin", email="boss@x.example")
    narrowed = tokens(app).make(owner_of(app, "boss@x.example"), "b", "7", ["manage_connections"])
    for value in (whole, narrowed.value.reveal()):
        assert remove_connection(app, value) == 404
    give_role(app, "boss@x.example", "support")
    for value in (whole, narrowed.value.reveal()):
        assert remove_connection(app, value) == 403


def remove_connection(app: Any, token: str) -> int:
    return Caller(app, token)("DELETE", "/connections/nothing").status_code


def test_a_narrowed_token_gains_nothing_when_its_owner_does(app: Any) -> None:
    whole = new_token(app, "support", email="sue@x.example")
    narrowed = tokens(app).make(owner_of(app, "sue@x.example"), "b", "7", ["view_jobs"]).value.reveal()
    give_role(app, "sue@x.example", "admin")
    assert status(app, whole, "/connections") == 200
    assert status(app, narrowed, "/connections") == 403


def test_a_token_ends_with_its_days(app: Any, ann: Actor) -> None:
    made = tokens(app).make(ann, "a", "7", [])
    end = made.token.expires_at
    assert end is not None
    assert gate_at(app, end - timedelta(seconds=1)).actor(made.value.reveal(), "") is not None
    assert gate_at(app, end).actor(made.value.reveal(), "") is None


def test_a_removed_token_is_refused(app: Any, ann: Actor) -> None:
    kept, gone = (tokens(app).make(ann, name, "7", []) for name in ("kept", "gone"))
    tokens(app).remove(ann, gone.token.id)
    assert status(app, gone.value.reveal()) == 401
    assert status(app, kept.value.reveal()) == 200


def test_a_switched_off_owner_is_refused(app: Any) -> None:
    value = new_token(app, "admin", email="boss@x.example")
    switch(app, "boss@x.example", False)
    assert status(app, value) == 401
    switch(app, "boss@x.example", True)
    assert status(app, value) == 200


@pytest.mark.parametrize(
    "mangle",
    [
        lambda value: "",
        lambda value: value[:-1],
        lambda value: value + "a",
        lambda value: value.upper(),
        lambda value: value.removeprefix(PREFIX),
        lambda value: hash_of(value),
        lambda value: PREFIX + hash_of(value),
        lambda value: PREFIX,
        lambda value: value + "\x00",
        lambda value: PREFIX + "é💥",
        lambda value: PREFIX + "a" * 1_000_000,
        lambda value: "' OR 1=1 --",
    ],
)
def test_what_is_no_token_opens_nothing(app: Any, ann: Actor, mangle: Any) -> None:
    value = tokens(app).make(ann, "a", "7", []).value.reveal()
    gate: TokenGate = app.extensions["gatehouse"].token_gate
    assert gate.actor(mangle(value), "127.0.0.1") is None
    assert gate.actor(value, "127.0.0.1") is not None


def test_the_page_says_when_and_from_where_a_token_was_used(app: Any, ann: Actor) -> None:
    value = tokens(app).make(ann, "a", "7", []).value.reveal()
    browser = browser_of(app, "ann@x.example")
    assert "never" in browser.get(PAGE).text
    assert Caller(app, value, "192.0.2.77")("GET", "/jobs").status_code == 200
    page = browser.get(PAGE).text
    assert "192.0.2.77" in page
    assert "never" not in page


# --- the page ---


@pytest.fixture
def browser(app: Any, ann: Actor) -> Browser:
    return browser_of(app, "ann@x.example")


def shown(browser: Browser, **form: Any) -> str:
    """The value on the page that answers to the form."""
    answer = browser.send(PAGE, {**FORM, **form})
    assert answer.status_code == 200
    found = set(VALUE.findall(answer.text))
    assert len(found) == 1
    return found.pop()


def test_a_value_is_on_one_page_and_never_again(app: Any, browser: Browser) -> None:
    answer = browser.send(PAGE, FORM)
    value = VALUE.search(answer.text)
    assert value is not None
    assert answer.headers["Cache-Control"] == "no-store"
    assert status(app, value[0]) == 200
    for page in (PAGE, "/account", PAGE):
        assert value[0] not in browser.get(page).text
    with browser.session_transaction() as session:
        assert value[0] not in str(dict(session))


def test_the_list_shows_name_rights_and_times_of_the_newest_first(browser: Browser) -> None:
    shown(browser, name="first", rights=["view_jobs", "sync"])
    shown(browser, name="<b>second</b>", days="")
    page = browser.get(PAGE).text
    assert page.index("&lt;b&gt;second") < page.index("first")
    assert "<b>second" not in page
    assert "sync, view jobs" in page
    assert "all of yours" in page
    assert "ever" in page


def test_the_form_offers_the_rights_of_the_person(browser: Browser) -> None:
    page = browser.get(PAGE).text
    assert set(re.findall(r'name="rights"[^>]*value="(\w+)"', page)) == RIGHTS[Role.OPERATOR]


def test_a_refused_form_keeps_what_was_entered_and_makes_nothing(browser: Browser) -> None:
    answer = browser.send(PAGE, {"name": "a" * 81, "days": "90", "rights": ["view_jobs"]})
    assert answer.status_code == 422
    assert "a" * 81 in answer.text
    assert re.search(r'<option selected value="90"', answer.text)
    assert not VALUE.search(answer.text)
    assert "No tokens yet" in browser.get(PAGE).text


def test_a_right_that_somebody_lacks_cannot_be_slipped_in(browser: Browser) -> None:
    answer = browser.send(PAGE, {**FORM, "rights": ["manage_people"]})
    assert answer.status_code == 422
    assert "A token cannot hold what you do not hold." in answer.text


def test_a_token_is_removed_with_its_button(app: Any, browser: Browser) -> None:
    value = shown(browser)
    address = re.search(rf'action="({PAGE}/\d+/remove)"', browser.get(PAGE).text)
    assert address is not None
    assert browser.send(address[1]).headers["Location"] == PAGE
    assert "No tokens yet" in browser.get(PAGE).text
    assert status(app, value) == 401
    assert browser.send(address[1]).status_code == 404


def test_nobody_removes_the_token_of_another(app: Any, ann: Actor, sign_in: SignIn) -> None:
    made = tokens(app).make(ann, "a", "7", [])
    assert sign_in("admin").send(f"{PAGE}/{made.token.id}/remove").status_code == 404
    with pytest.raises(NotFound):
        tokens(app).remove(owner_of(app, add_person(app, "admin")), made.token.id)
    assert status(app, made.value.reveal()) == 200


def test_neither_form_goes_through_without_its_token(app: Any, ann: Actor, browser: Browser) -> None:
    made = tokens(app).make(ann, "a", "7", [])
    assert browser.post(PAGE, data=FORM).status_code == 400
    assert browser.post(f"{PAGE}/{made.token.id}/remove").status_code == 400
    assert [token.name for token in tokens(app).own(ann)] == ["a"]


def test_a_session_left_open_makes_no_token_without_the_password(browser: Browser) -> None:
    token = browser.token(PAGE)
    with browser.session_transaction() as session:
        session["fs_paa"] -= 24 * 3600
        session.pop("fs_gexp", None)
    assert browser.get(PAGE).headers["Location"].startswith("/verify")
    answer = browser.post(PAGE, data={**FORM, "csrf_token": token})
    assert answer.headers["Location"].startswith("/verify")
    assert not VALUE.search(answer.text)


def test_no_value_reaches_log_or_journal(
    app: Any, browser: Browser, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    value = shown(browser)
    caller = Caller(app, value)
    assert caller("GET", "/jobs").status_code == 200
    assert caller("POST", "/domains", json={"connection": "x"}).status_code == 422
    assert caller("POST", "/domains", data="{", content_type="application/json").status_code == 400
    assert caller("DELETE", "/domains/x/example.org").status_code == 404
    assert Caller(app, value + "x")("GET", "/jobs").status_code == 401
    captured = capfd.readouterr()
    assert "A bearer token that is not valid, from 127.0.0.1" in caplog.text
    assert value.removeprefix(PREFIX) not in caplog.text + captured.out + captured.err
    with app.extensions["gatehouse"].database.session() as session:
        everything = [
            row for table in Base.metadata.tables.values() for row in session.execute(select(table))
        ]
    assert value.removeprefix(PREFIX) not in str(everything)
