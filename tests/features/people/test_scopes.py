"""Where people act: given by page and command, never wider than the giver's own."""

from __future__ import annotations

from typing import Any, cast

import pytest

from app.core.actor import EVERYWHERE, Actor, Right, Role, Scope, ScopeKind, within
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.people import Person
from app.features.people.service import PeopleService, domain_scopes, scope_lines
from app.web.feedback import CollectFeedback
from tests.conftest import SignIn, add_person

SHELL = Actor(None, "shell:root", Role.ADMIN, door="cli")


def whole(name: str) -> Scope:
    return Scope(ScopeKind.CONNECTION, name)


def part(name: str, connection: str = "") -> Scope:
    return Scope(ScopeKind.DOMAIN, name, connection)


@pytest.mark.parametrize(
    ("given", "held", "lies_within"),
    [
        (whole("cm"), whole("*"), True),
        (whole("*"), whole("cm"), False),
        (whole("cm-1"), whole("cm-*"), True),
        (whole("c*"), whole("cm-*"), False),
        (part("a.example", "cm"), whole("cm"), True),
        (part("a.example"), whole("cm"), False),
        (part("a.example"), whole("*"), True),
        (whole("cm"), part("*"), False),
        (part("a.example"), part("*.example"), True),
        (part("*.b.example"), part("*.example"), True),
        (part("*.example"), part("*.b.example"), False),
        (part("*example"), part("*.example"), False),
        (part("a.example"), part("a.example", "cm"), False),
        (part("a.example", "cm"), part("a.example"), True),
        (part("[ab].example"), part("a.example"), False),
    ],
)
def test_what_lies_within(given: Scope, held: Scope, lies_within: bool) -> None:
    assert within([given], [held]) is lies_within


def test_lines_of_domains() -> None:
    found = domain_scopes(" A.Example \n\n*.b.example @ cm\nbücher.example\n")
    assert found == [part("a.example"), part("*.b.example", "cm"), part("xn--bcher-kva.example")]
    assert domain_scopes(scope_lines(found)) == found
    for wrong in ("no domain", "*.ex ample", "*<script>"):
        with pytest.raises(Invalid):
            domain_scopes(wrong)


@pytest.fixture
def people(app: Any) -> Any:
    with app.app_context():
        yield app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())


def test_nobody_gives_more_than_they_hold_nor_their_own(app: Any, people: PeopleService) -> None:
    lead = people.find(SHELL, add_person(app, "operator"))
    narrow = Actor(
        lead.id, "lead", Role.OPERATOR, (part("*.example"),), extra_rights=frozenset({Right.MANAGE_PEOPLE})
    )
    helper = people.find(SHELL, add_person(app, "support", scopes=(part("a.example"),)))
    people.set_scopes(narrow, helper.id, [part("b.example")])
    assert people.find(SHELL, helper.email).scopes == (part("b.example"),)
    for wide in ([whole("cm")], [part("other.org")], list(EVERYWHERE)):
        with pytest.raises(Forbidden):
            people.set_scopes(narrow, helper.id, wide)
    with pytest.raises(Invalid):
        people.set_scopes(narrow, helper.id, [])
    with pytest.raises((Conflict, Forbidden)):
        people.set_scopes(narrow, lead.id, [part("a.example")])


def test_an_administrator_keeps_their_own_place(app: Any, people: PeopleService) -> None:
    ada = people.find(SHELL, add_person(app, "admin"))
    with pytest.raises(Conflict):
        people.set_scopes(ada.as_actor("web"), ada.id, [whole("cm")])


def stored(app: Any, email: str) -> Person:
    with app.app_context():
        service = app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())
        return cast(Person, service.find(SHELL, email))


def test_the_page_and_the_command(app: Any, sign_in: SignIn) -> None:
    eve = stored(app, add_person(app, "support"))
    admin, address = sign_in("admin"), f"/people/{eve.id}/scopes"
    page = admin.get(address)
    assert page.status_code == 200 and "checked" in page.text
    wrong = admin.send(address, {"everywhere": None, "domains": "no domain"})
    assert wrong.status_code == 422 and "no domain" in wrong.text
    assert admin.send(address, {"everywhere": None, "domains": "*.corp.example"}).status_code == 303
    assert stored(app, eve.email).scopes == (part("*.corp.example"),)
    assert "*.corp.example" in admin.get("/people/").text
    shown = app.test_cli_runner().invoke(args=["people", "scopes", eve.email])
    assert shown.output.strip() == "domain *.corp.example"
    app.test_cli_runner().invoke(args=["people", "scopes", eve.email, "--everywhere"])
    assert stored(app, eve.email).scopes == EVERYWHERE
    assert sign_in("support").get(address).status_code == 403
