"""Who is acting, and whether they may: the decorator that stands on every view."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Flask, Response, g, make_response, redirect, request, url_for
from flask_login import current_user

from app.core.actor import Actor, Right

View = Callable[..., Any]


def right(wanted: Right) -> Callable[[View], View]:
    """Requires sign-in and this right, and hands the actor to the view as its first argument.

    Nobody signed in: to the sign-in page. Without the right: Forbidden, shown as the 403 page. The right is kept as
    `gatehouse_right` on the view, so that a test can list the addresses without one.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if actor is None:
                return to_sign_in()
            actor.require(wanted)
            return view(actor, *args, **kwargs)

        guarded.gatehouse_right = wanted  # type: ignore[attr-defined]
        return guarded

    return decorate


def actor_of(user: Any, door: str) -> Actor:
    """The signed-in user as the one who acts through a door."""
    return cast(Actor, user.person.as_actor(door))


def current_actor() -> Actor | None:
    """Who is signed in on this request; None if nobody is."""
    if "actor" not in g:
        g.actor = actor_of(current_user, "web") if current_user.is_authenticated else None
    return cast("Actor | None", g.actor)


def to_sign_in() -> Response:
    """Leads to the sign-in page and, after it, back here; a part of a page leads the whole page there."""
    back = request.full_path.rstrip("?") if request.method == "GET" and not _is_part() else "/"
    address = url_for("security.login", next=None if back == "/" else back)
    if not _is_part():
        return cast(Response, redirect(address))
    answer = make_response("", 401)
    answer.headers["HX-Redirect"] = address
    return answer


def _is_part() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def may(wanted: str) -> bool:
    """Whether the person on this request has the right of that name; templates ask this before they draw a control."""
    actor = current_actor()
    return actor is not None and actor.may(Right(wanted))


def register(app: Flask) -> None:
    """Gives templates `may`."""
    app.jinja_env.globals["may"] = may
