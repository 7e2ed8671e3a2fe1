"""The decorator on every view: who gets in, and as whom."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.actor import EVERYWHERE, Actor, Right, Role, Scope, ScopeKind
from app.web.permissions import right
from tests.browser import Browser
from tests.conftest import SignIn

HERE = (Scope(ScopeKind.DOMAIN, "*.example.org", "prod"), Scope(ScopeKind.CONNECTION, "cleanmail-*"))


@pytest.fixture
def seen(app: Any) -> list[Actor]:
    """The actors that the view /guarded/<x> was handed."""
    actors: list[Actor] = []

    @right(Right.CHANGE_DOMAINS)
    def view(actor: Actor, x: str) -> str:
        actors.append(actor)
        return x

    app.add_url_rule("/guarded/<x>", "guarded", view, methods=["GET", "POST"])
    return actors


def test_the_right_stands_on_the_view() -> None:
    @right(Right.CONSOLE)
    def view(_actor: Actor) -> str:
        """Its text."""
        return ""

    assert view.gatehouse_right is Right.CONSOLE  # type: ignore[attr-defined]
    assert (view.__name__, view.__doc__) == ("view", "Its text.")


def test_the_view_gets_the_actor_first(seen: list[Actor], sign_in: SignIn) -> None:
    browser = sign_in("operator", email="ann@x.example", scopes=HERE, extra_rights=frozenset({Right.CONSOLE}))
    assert browser.get("/guarded/y").text == "y"
    (actor,) = seen
    assert (actor.name, actor.role, actor.door, actor.scopes) == ("ann@x.example", Role.OPERATOR, "web", HERE)
    assert actor.may(Right.CONSOLE) and not actor.may(Right.MANAGE_PEOPLE)


def test_without_scopes_of_their_own_people_act_everywhere(seen: list[Actor], sign_in: SignIn) -> None:
    sign_in("operator").get("/guarded/y")
    assert seen[0].scopes == EVERYWHERE


def test_without_the_right_the_view_is_not_reached(seen: list[Actor], sign_in: SignIn) -> None:
    page = sign_in("support").get("/guarded/y")
    assert page.status_code == 403
    assert "Your role (Support) may not do this." in page.text
    assert seen == []


def test_an_extra_right_opens_what_the_role_does_not(seen: list[Actor], sign_in: SignIn) -> None:
    assert (
        sign_in("auditor", extra_rights=frozenset({Right.CHANGE_DOMAINS})).get("/guarded/y").status_code
        == 200
    )


def test_a_right_that_no_longer_exists_is_left_out(app: Any, seen: list[Actor], sign_in: SignIn) -> None:
    from sqlalchemy import update

    from app.features.people.models import User

    browser = sign_in("operator")
    with app.extensions["gatehouse"].database.unit_of_work() as session:
        session.execute(update(User).values(extra_rights=["fly", "console"]))
    browser.get("/guarded/y")
    assert seen[0].extra_rights == {Right.CONSOLE}


def test_nobody_is_sent_to_the_sign_in_page_and_back(seen: list[Actor], client: Browser) -> None:
    assert (
        client.get("/guarded/y?a=1&b=%2F").headers["Location"] == "/login?next=/guarded/y?a%3D1%26b%3D%252F"
    )
    assert client.send("/guarded/y").headers["Location"] == "/login"
    assert seen == []


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(seen: list[Actor], client: Browser) -> None:
    answer = client.get("/guarded/y", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (401, "/login", "")
    assert seen == []
