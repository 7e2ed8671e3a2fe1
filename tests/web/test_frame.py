"""The frame: what the menu shows to whom, and that parts of pages cost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from flask import g

from app.core.actor import Actor, Right, Role
from app.core.text import msg
from app.web.frame import Badge, ConnectionCounts, Frame
from app.web.menu import MenuItem

MENU = [
    MenuItem(msg("People"), "people.index", "users", 20, Right.MANAGE_PEOPLE, admin=True),
    MenuItem(msg("Account"), "people.account", "user", 10, Right.OWN_ACCOUNT),
]


class Source:
    """Stored data as the frame sees it; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def connections(self, actor: Actor) -> ConnectionCounts | None:
        self.asked += 1
        return ConnectionCounts(up=3, down=1, worst="SPanel") if actor.may(Right.VIEW_CONNECTIONS) else None

    def badges(self, actor: Actor) -> Mapping[str, Badge]:
        self.asked += 1
        return {"people.account": Badge(3, "red"), "people.index": Badge(0)}

    def insecure_connections(self, actor: Actor) -> Sequence[str]:
        self.asked += 1
        return ["OLSPanel test"]

    def demo(self) -> bool:
        return True


@pytest.fixture
def frame(app: Any) -> Iterator[Any]:
    """`frame(role)` inside a request for /account; role None: nobody is signed in."""
    with app.test_request_context("/account?q=got\x00.com"):

        def make(role: Role | None) -> tuple[Frame, Source]:
            g.actor = None if role is None else Actor(1, "Ann Lee", role)
            source = Source()
            return Frame(MENU, source, "1.2.3"), source

        yield make


def test_the_menu_shows_what_the_role_may(frame: Any) -> None:
    admin, _ = frame(Role.ADMIN)
    assert [(e.label, e.url, e.icon, e.active) for e in admin.menu] == [("Account", "/account", "user", True)]
    assert [e.label for e in admin.menu_admin] == ["People"]
    support, _ = frame(Role.SUPPORT)
    assert support.menu_admin == []


def test_numbers_stand_beside_entries(frame: Any) -> None:
    shown, _ = frame(Role.ADMIN)
    assert (shown.menu[0].badge, shown.menu[0].badge_kind) == (3, "red")
    assert shown.menu_admin[0].badge is None


def test_connections_are_shown_to_those_who_may_see_them(frame: Any) -> None:
    assert frame(Role.ADMIN)[0].connections == ConnectionCounts(up=3, down=1, worst="SPanel")
    assert frame(Role.SUPPORT)[0].connections is None


def test_for_nobody_there_is_no_menu_and_no_question(frame: Any) -> None:
    shown, source = frame(None)
    assert (shown.user, shown.menu, shown.menu_admin, shown.connections, shown.insecure_connections) == (
        None,
        [],
        [],
        None,
        (),
    )
    assert source.asked == 0


def test_what_no_template_asks_for_is_not_worked_out(frame: Any) -> None:
    shown, source = frame(Role.ADMIN)
    assert (shown.theme, shown.language, shown.version, shown.demo) == ("auto", "en", "1.2.3", True)
    assert source.asked == 0
    assert (shown.menu, shown.menu_admin, shown.menu) and source.asked == 1


def test_the_search_box_keeps_what_was_looked_for(frame: Any) -> None:
    shown, _ = frame(Role.ADMIN)
    assert shown.search_query == "got.com"
    assert shown.search_url.startswith("/")
