"""The rules around accounts: nobody gives more than they hold, and an administrator always remains."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.core.actor import EVERYWHERE, RIGHTS, Actor, Right, Role, Scope, ScopeKind
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.people import Person
from app.core.secret import Secret
from app.features.people.service import PeopleService, make_password
from app.web.feedback import CollectFeedback
from tests.conftest import add_person

ADMIN = Actor(None, "shell:root", Role.ADMIN, door="cli")
HERE = (Scope(ScopeKind.CONNECTION, "cleanmail-*"),)


@pytest.fixture
def feedback() -> CollectFeedback:
    return CollectFeedback()


@pytest.fixture
def people(app: Any, feedback: CollectFeedback) -> Any:
    with app.app_context():
        yield app.extensions["gatehouse"].factories[PeopleService](feedback)


def person(app: Any, people: PeopleService, role: str, **details: Any) -> Person:
    return people.find(ADMIN, add_person(app, role, **details))


def leader(**details: Any) -> Actor:
    """An operator who may manage people, as a right on top of the role."""
    return Actor(None, "lead", Role.OPERATOR, extra_rights=frozenset({Right.MANAGE_PEOPLE}), **details)


def test_a_person_is_added_with_a_password_to_be_changed(
    people: PeopleService, feedback: CollectFeedback
) -> None:
    made = people.add(ADMIN, " Ann@Corp.Local ", " Ann  Lee ", "operator")
    assert (made.person.email, made.person.role, made.person.new_password) == (
        "ann@corp.local",
        Role.OPERATOR,
        True,
    )
    assert str(feedback.reports[0].text) == "Added ann@corp.local as Operator."
    assert made.password.reveal() not in repr(made)


@pytest.mark.parametrize(
    ("email", "name", "role", "field"),
    [
        ("", "", "support", "email"),
        ("ann", "", "support", "email"),
        ("ann@x.example\x00", "", "support", "email"),
        ("a" * 255 + "@x.example", "", "support", "email"),
        ("ann@x.example", "a\x00b", "support", "name"),
        ("ann@x.example", "a" * 81, "support", "name"),
        ("ann@x.example", "", "king", "role"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    people: PeopleService, email: str, name: str, role: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        people.add(ADMIN, email, name, role)
    assert list(refused.value.fields) == [field]
    assert people.list_all(ADMIN) == []


def test_an_address_has_one_account_however_it_is_written(people: PeopleService) -> None:
    people.add(ADMIN, "ann@x.example", "", "support")
    with pytest.raises(Invalid) as refused:
        people.add(ADMIN, "ANN@X.example", "", "support")
    assert "has an account already" in str(refused.value.fields["email"])


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPPORT, Role.AUDITOR])
def test_without_the_right_nothing_works(app: Any, people: PeopleService, role: Role) -> None:
    somebody = person(app, people, "auditor")
    actor = Actor(99, "x", role)
    for wish in (
        lambda: people.list_all(actor),
        lambda: people.add(actor, "a@x.example", "", "auditor"),
        lambda: people.set_active(actor, somebody.id, False),
        lambda: people.set_role(actor, somebody.id, "support"),
        lambda: people.reset_password(actor, somebody.id),
        lambda: people.reset_two_factor(actor, somebody.id),
        lambda: people.find(actor, somebody.email),
    ):
        with pytest.raises(Forbidden):
            wish()
    assert people.find(ADMIN, somebody.email) == somebody


def test_nobody_gives_a_role_that_may_do_more_than_they(app: Any, people: PeopleService) -> None:
    somebody = person(app, people, "auditor")
    assert people.roles_to_give(leader()) == [Role.OPERATOR, Role.SUPPORT, Role.AUDITOR]
    people.set_role(leader(), somebody.id, "operator")
    with pytest.raises(Forbidden):
        people.set_role(leader(), somebody.id, "admin")
    with pytest.raises(Forbidden):
        people.add(leader(), "boss@x.example", "", "admin")


def test_nobody_changes_a_person_who_may_do_more_than_they(app: Any, people: PeopleService) -> None:
    admin = person(app, people, "admin")
    reader = person(app, people, "support", extra_rights=frozenset({Right.CONSOLE}))
    for other in (admin, reader):
        for wish in (
            lambda p=other: people.set_active(leader(), p.id, False),
            lambda p=other: people.set_role(leader(), p.id, "auditor"),
            lambda p=other: people.reset_password(leader(), p.id),
            lambda p=other: people.reset_two_factor(leader(), p.id),
        ):
            with pytest.raises(Forbidden):
                wish()


def test_new_people_act_where_the_one_who_adds_them_acts(people: PeopleService) -> None:
    made = people.add(leader(scopes=HERE), "ann@x.example", "", "support")
    assert made.person.scopes == HERE
    assert people.add(ADMIN, "bob@x.example", "", "support").person.scopes == EVERYWHERE


def test_whoever_acts_in_one_part_changes_nobody_who_acts_elsewhere(app: Any, people: PeopleService) -> None:
    inside = person(app, people, "support", scopes=HERE)
    outside = person(app, people, "support")
    people.set_active(leader(scopes=HERE), inside.id, False)
    with pytest.raises(Forbidden):
        people.set_active(leader(scopes=HERE), outside.id, False)


def test_the_last_administrator_stays(app: Any, people: PeopleService) -> None:
    first = person(app, people, "admin")
    for wish in (
        lambda: people.set_active(ADMIN, first.id, False),
        lambda: people.set_role(ADMIN, first.id, "operator"),
    ):
        with pytest.raises(Conflict, match="last active administrator"):
            wish()
    second = person(app, people, "admin")
    people.set_active(ADMIN, first.id, False)
    with pytest.raises(Conflict):
        people.set_role(ADMIN, second.id, "support")
    people.set_active(ADMIN, first.id, True)
    people.set_role(ADMIN, second.id, "support")
    assert [p.role for p in people.list_all(ADMIN)] == [Role.ADMIN, Role.SUPPORT]


def test_two_administrators_cannot_disable_each_other_at_the_same_moment(
    app: Any, people: PeopleService
) -> None:
    admins = [person(app, people, "admin"), person(app, people, "admin")]
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def disable(person_id: int) -> None:
        with app.app_context():
            service = app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())
            start.wait()
            try:
                service.set_active(ADMIN, person_id, False)
                outcomes.append("done")
            except Conflict:
                outcomes.append("refused")

    threads = [threading.Thread(target=disable, args=(p.id,)) for p in admins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]


def test_nobody_locks_themselves_out(app: Any, people: PeopleService) -> None:
    me = person(app, people, "admin")
    person(app, people, "admin")
    with pytest.raises(Conflict, match="your own account"):
        people.set_active(me.as_actor("web"), me.id, False)


def test_a_chosen_password_must_be_good(app: Any, people: PeopleService) -> None:
    somebody = person(app, people, "support", email="annabella@x.example")
    for weak in ("short", "password1234", "annabella@x.example"):
        with pytest.raises(Invalid) as refused:
            people.set_password(ADMIN, somebody.id, Secret(weak))
        assert list(refused.value.fields) == ["password"]
    people.set_password(ADMIN, somebody.id, Secret("purple tiger on seven wheels"))


def test_people_edit_their_own_account(app: Any, people: PeopleService) -> None:
    me = person(app, people, "support").as_actor("web")
    people.edit_own(me, "Ann Lee", "en", "Europe/Oslo")
    own = people.own(me)
    assert (own.name, own.language, own.timezone) == ("Ann Lee", "en", "Europe/Oslo")
    with pytest.raises(Invalid):
        people.edit_own(me, "a\x00", "", "")


def test_somebody_without_an_account_has_none_to_edit(people: PeopleService) -> None:
    with pytest.raises(NotFound):
        people.own(ADMIN)
    with pytest.raises(NotFound):
        people.set_active(ADMIN, 4711, True)


def test_the_first_administrator_is_made_once(people: PeopleService) -> None:
    first = people.create_first_admin("Admin@Gatehouse.example", None)
    assert first is not None and first.made is not None and first.weak is None
    assert (first.person.email, first.person.role) == ("admin@gatehouse.example", Role.ADMIN)
    assert people.create_first_admin("other@gatehouse.example", None) is None
    assert len(people.list_all(ADMIN)) == 1


def test_a_given_first_password_is_taken_and_judged(people: PeopleService) -> None:
    first = people.create_first_admin("admin@gatehouse.example", Secret("admin"))
    assert first is not None and first.made is None
    assert first.weak is not None


def test_two_starts_at_once_make_one_administrator(app: Any, people: PeopleService) -> None:
    start = threading.Barrier(4)
    made: list[bool] = []

    def begin(number: int) -> None:
        with app.app_context():
            service = app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())
            start.wait()
            made.append(service.create_first_admin(f"admin{number}@x.example", None) is not None)

    threads = [threading.Thread(target=begin, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]


def test_made_passwords_differ_and_are_long(app: Any) -> None:
    made = {make_password().reveal() for _ in range(50)}
    assert len(made) == 50
    assert {len(password) for password in made} == {23}


def test_rights_of_a_person_are_those_of_the_role_and_the_extra_ones(app: Any, people: PeopleService) -> None:
    somebody = person(app, people, "support", extra_rights=frozenset({Right.READ_MAIL}))
    assert somebody.rights == RIGHTS[Role.SUPPORT] | {Right.READ_MAIL}
    assert somebody.as_actor("web").may(Right.READ_MAIL)
