"""The frame of every page: navigation, who is signed in, how the connections are, light or dark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from flask import Flask, current_app, request
from flask_login import current_user

from app.core.actor import Actor, Right
from app.web.language import gettext, language
from app.web.menu import MenuItem
from app.web.navigation import page_url
from app.web.permissions import current_actor
from app.web.render import initials

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """How many connections are in which state; `worst` names the one that is worst off, "" where all is well."""

    up: int = 0
    slow: int = 0
    down: int = 0
    unknown: int = 0
    worst: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A number beside a menu entry; `kind` is its colour: blue, orange or red."""

    number: int
    kind: str = "blue"


class FrameSource(Protocol):
    """What the frame asks of the rest, from stored data only: no page waits for an upstream because of its frame."""

    def connections(self, actor: Actor) -> ConnectionCounts | None:
        """The states of the connections in the scope, None for those who may not see connections."""
        ...

    def badges(self, actor: Actor) -> Mapping[str, Badge]:
        """Numbers beside menu entries, by endpoint."""
        ...

    def areas(self, actor: Actor) -> Collection[str]:
        """The areas of resources that connections in the scope have, cut to what the person may read."""
        ...

    def insecure_connections(self, actor: Actor) -> Sequence[str]:
        """Names of the connections in the scope whose certificates are not checked."""
        ...

    def demo(self) -> bool:
        """Whether connections to the sandbox are there."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A menu entry as the template draws it."""

    label: str
    url: str
    icon: str
    active: bool
    badge: int | None
    badge_kind: str


@dataclass(frozen=True, slots=True)
class FrameUser:
    """Who is signed in, for the top bar."""

    name: str
    email: str
    role_label: str
    initials: str


class Frame:
    """The frame of one answer. Each part is worked out when a template first asks for it: parts of pages need none."""

    def __init__(self, menu: Sequence[MenuItem], source: FrameSource, version: str) -> None:
        self._menu = menu
        self._source = source
        self.version = version

    @cached_property
    def _actor(self) -> Actor | None:
        return current_actor()

    @cached_property
    def _badges(self) -> Mapping[str, Badge]:
        return self._source.badges(self._actor) if self._actor else {}

    @cached_property
    def menu(self) -> list[Entry]:
        """The entries that the person may use."""
        return self._entries(admin=False)

    @cached_property
    def menu_admin(self) -> list[Entry]:
        """Those below the heading for administrators."""
        return self._entries(admin=True)

    def _entries(self, admin: bool) -> list[Entry]:
        actor = self._actor
        items = [i for i in self._menu if i.admin is admin] if actor else []
        shown = [item for item in items if actor and actor.may(item.right)]
        return [self._entry(item) for item in shown if not item.needs or item.needs in self._areas]

    @cached_property
    def _areas(self) -> Collection[str]:
        return self._source.areas(self._actor) if self._actor else ()

    def _entry(self, item: MenuItem) -> Entry:
        badge = self._badges.get(item.endpoint)
        url = page_url(item.endpoint, **item.values)
        ours = (url, page_url(item.also)) if item.also else (url,)
        return Entry(
            label=item.label.render(gettext),
            url=url,
            icon=item.icon,
            active=(request.script_root + request.path).startswith(ours),
            badge=badge.number if badge and badge.number else None,
            badge_kind=badge.kind if badge else "",
        )

    @cached_property
    def user(self) -> FrameUser | None:
        """Who is signed in."""
        actor = self._actor
        if actor is None:
            return None
        label = actor.role.label.render(gettext)
        return FrameUser(actor.name, current_user.email, label, initials(actor.name))

    @cached_property
    def connections(self) -> ConnectionCounts | None:
        """How the connections are."""
        return self._source.connections(self._actor) if self._actor else None

    @cached_property
    def insecure_connections(self) -> Sequence[str]:
        """Connections whose certificates are not checked."""
        return self._source.insecure_connections(self._actor) if self._actor else ()

    @cached_property
    def demo(self) -> bool:
        """Whether connections to the sandbox are there."""
        return self._source.demo()

    @property
    def theme(self) -> str:
        """light, dark or auto, as the person chose in this browser."""
        chosen = request.cookies.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @property
    def language(self) -> str:
        """The code of the page's language."""
        return language()

    @property
    def search_query(self) -> str:
        """What the search box holds."""
        return request.args.get("q", "").replace("\x00", "")[:253]

    @property
    def search_url(self) -> str:
        """Where the search box leads: to the search, until there is one to the list of domains."""
        endpoint = "search.index" if "search.index" in current_app.view_functions else "domains.index"
        return page_url(endpoint) if endpoint in current_app.view_functions else page_url("home")

    @property
    def below_url(self) -> str:
        """Where the list below the search box comes from; "" where nothing can be found."""
        return self._if_may("search.below", Right.VIEW_DOMAINS)

    @property
    def headers_url(self) -> str:
        """Where headers are sent that somebody pastes into the search box."""
        return self._if_may("lookup.pasted", Right.VIEW_RULES)

    def _if_may(self, endpoint: str, needed: Right) -> str:
        actor = current_actor()
        known = endpoint in current_app.view_functions
        return page_url(endpoint) if known and actor is not None and actor.may(needed) else ""

    @property
    def theme_url(self) -> str:
        """Where the choice of light or dark is posted."""
        return page_url("theme")

    @property
    def logout_url(self) -> str:
        """Where signing out is posted."""
        return page_url("security.logout")

    @property
    def account_links(self) -> list[dict[str, str]]:
        """What people can do with their own account."""
        return [
            {"label": gettext("Your account"), "url": page_url("people.account")},
            {"label": gettext("Change the password"), "url": page_url("security.change_password")},
            {"label": gettext("Sign in with a code as well"), "url": page_url("security.two_factor_setup")},
        ]


def register(app: Flask, menu: Sequence[MenuItem], source: FrameSource, version: str) -> None:
    """Gives every template `frame`; the menu in the order of `MenuItem.order`."""
    ordered = sorted(menu, key=lambda item: item.order)
    app.context_processor(lambda: {"frame": Frame(ordered, source, version)})
    app.extensions["gatehouse_menu"] = ordered
