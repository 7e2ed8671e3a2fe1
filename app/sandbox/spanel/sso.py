"""base/sso: links that sign a person in without a password (SPanel contract sheet, section 4)."""

from __future__ import annotations

import html
import secrets
import time

from werkzeug.wrappers import Response

from app.sandbox.spanel.answers import Answer, Refused, found
from app.sandbox.spanel.call import Call, missing
from app.sandbox.spanel.permissions import ADMIN_PAGES, USER_PAGES, is_page
from app.sandbox.state import State

LIFETIME = 300
"""Seconds for which a link works. The documents call it short-lived only: [inferred]."""


def create(call: Call) -> Answer:
    """base/sso."""
    role, username, redirect = call.text("role"), call.text("username"), call.text("redirect")
    missing(username, call.table("accounts" if role == "user" else "admins"), "username")
    if redirect and not is_page(redirect, USER_PAGES if role == "user" else ADMIN_PAGES):
        raise Refused(redirect="Unknown page or category")
    token = secrets.token_hex(20)
    call.table("sso")[token] = {"username": username, "redirect": redirect, "until": time.time() + LIFETIME}
    return found({"token": token, "url": f"{call.origin}/{call.profile['folder']}/sso/{token}"})


def open_link(state: State, token: str) -> Response:
    """Answer the browser that follows a link: it works once and not after its time."""
    row = state.table("sso").pop(token, None)
    if row is None or row["until"] < time.time():
        return Response("<h1>This sign-in link is not valid any more</h1>", 403, mimetype="text/html")
    page = f" ({row['redirect']})" if row["redirect"] else ""
    return Response(
        f"<h1>SPanel: signed in as {html.escape(row['username'])}{page}</h1>", mimetype="text/html"
    )
