"""The few addresses that belong to no feature: the start page, light or dark, and whether we are well."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, jsonify, redirect, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from app.core.actor import Actor, Right
from app.web.frame import THEME_COOKIE, THEMES
from app.web.navigation import came_from
from app.web.permissions import right

log = logging.getLogger("gatehouse.web")

_YEAR = 31_536_000


def register(app: Flask, ping: Callable[[], None]) -> None:
    """Registers the addresses. `ping` asks the database for nothing; it raises SQLAlchemyError when that fails."""
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/theme", "theme", theme, methods=["POST"])

    @app.get("/healthz", endpoint="healthz")
    def healthz() -> Any:
        """200 when requests can be served, 503 with the reason when not. Knows no session."""
        try:
            ping()
        except (SQLAlchemyError, OSError) as error:
            log.error("The database does not answer: %s", type(error).__name__)
            return jsonify(status="down", reason="The database does not answer."), 503
        return jsonify(status="ok")


@right(Right.OWN_ACCOUNT)
def home(actor: Actor) -> Response:
    """Leads to the first page of the menu that the person may use."""
    for item in current_app.extensions["gatehouse_menu"]:
        if actor.may(item.right):
            return redirect(url_for(item.endpoint))  # type: ignore[return-value]
    return redirect(url_for("people.account"))  # type: ignore[return-value]


def theme() -> Response:
    """Keeps the choice of light or dark in this browser, and goes back."""
    answer = redirect(came_from(url_for("home")), 303)
    chosen = request.form.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=_YEAR,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return answer  # type: ignore[return-value]
