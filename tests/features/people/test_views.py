"""The pages of people and of one's own account."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.core.actor import Right
from app.features.people.service import PeopleService
from app.web.feedback import CollectFeedback
from tests.browser import PASSWORD, Browser
from tests.conftest import SignIn, add_person


def id_of(app: Any, email: str) -> int:
    from app.core.actor import Actor, Role

    with app.app_context():
        people = app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())
        return int(people.find(Actor(None, "t", Role.ADMIN), email).id)


def test_the_list_shows_everybody(app: Any, sign_in: SignIn) -> None:
    add_person(app, "auditor", email="<b>x</b>@x.example".replace("<b>x</b>", "eve"))
    page = sign_in("admin").get("/people/")
    assert page.status_code == 200
    assert "eve@x.example" in page.text


@pytest.mark.parametrize("role", ["operator", "support", "auditor"])
def test_the_list_needs_the_right(sign_in: SignIn, role: str) -> None:
    assert sign_in(role).get("/people/").status_code == 403


def test_adding_shows_the_password_once_and_it_works(app: Any, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    page = admin.send("/people/new", {"email": "new@x.example", "name": "New One", "role": "support"})
    made = re.search(r"\b[a-z2-9]{5}(?:-[a-z2-9]{5}){3}\b", page.text)
    assert made and page.headers["Cache-Control"] == "no-store"
    assert made.group(0) not in admin.get("/people/").text
    newcomer: Browser = app.test_client()
    assert newcomer.sign_in("new@x.example", made.group(0)).status_code == 302
    assert newcomer.get("/account").headers["Location"] == "/change"


def test_a_mistake_keeps_what_was_typed(sign_in: SignIn) -> None:
    page = sign_in("admin").send("/people/new", {"email": "no address", "name": "New One", "role": "support"})
    assert page.status_code == 422
    assert 'value="New One"' in page.text
    assert "invalid-feedback" in page.text


def test_markup_in_a_name_is_shown_as_text(app: Any, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    admin.send(
        "/people/new", {"email": "x@x.example", "name": "<script>alert(1)</script>", "role": "support"}
    )
    page = admin.get("/people/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_role_switch_and_password_from_the_list(app: Any, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    email = add_person(app, "support")
    number = id_of(app, email)
    other: Browser = app.test_client()
    other.sign_in(email, PASSWORD)
    assert admin.send(f"/people/{number}/role", {"role": "operator"}).status_code == 303
    assert other.get("/people/").status_code == 403
    assert "is now Operator" in admin.get("/people/").text
    admin.send(f"/people/{number}/switch", {"on": "0"})
    assert other.get("/account").status_code == 302
    admin.send(f"/people/{number}/switch", {"on": "1"})
    assert other.sign_in(email, PASSWORD).status_code == 302
    assert "shown once" in admin.send(f"/people/{number}/password").text
    assert other.get("/account").status_code == 302
    assert admin.send(f"/people/{number}/second-factor").status_code == 303


def test_the_last_administrator_cannot_be_demoted_from_the_page(app: Any, sign_in: SignIn) -> None:
    admin = sign_in("admin", email="boss@x.example")
    answer = admin.send(f"/people/{id_of(app, 'boss@x.example')}/role", {"role": "support"})
    assert answer.status_code == 409
    assert "last active administrator" in answer.text
    assert "Nothing was changed." in answer.text
    assert admin.get("/people/").status_code == 200


def test_whoever_may_do_less_sees_no_controls_for_those_who_may_do_more(app: Any, sign_in: SignIn) -> None:
    number = id_of(app, add_person(app, "admin"))
    lead = sign_in("operator", extra_rights=frozenset({Right.MANAGE_PEOPLE}))
    page = lead.get("/people/").text
    assert f"/people/{number}/role" not in page
    assert 'value="admin"' not in page
    assert lead.send(f"/people/{number}/password").status_code == 403


def test_people_see_and_save_their_account(sign_in: SignIn) -> None:
    browser = sign_in("support")
    answer = browser.send("/account", {"name": "Ann Lee", "language": "", "timezone": "Europe/Oslo"})
    assert answer.headers["Location"] == "/account"
    page = browser.get("/account").text
    assert 'value="Ann Lee"' in page
    assert "Your account was saved." in page


@pytest.mark.parametrize(
    "data",
    [
        {"name": "a\x00b", "language": "", "timezone": ""},
        {"name": "", "language": "tlh", "timezone": ""},
        {"name": "", "language": "", "timezone": "Mars/Olympus"},
        {"name": "x" * 100, "language": "", "timezone": ""},
    ],
)
def test_an_account_refuses_what_cannot_be(sign_in: SignIn, data: dict[str, str]) -> None:
    assert sign_in("support").send("/account", data).status_code == 422
