"""Sign-in, tokens and sessions (Hornetsecurity contract sheet, 2 and 5.1)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, json_answer, no_content
from app.sandbox.hornetsecurity.audit import record
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER
from app.sandbox.hornetsecurity.enums import FOREIGN, SYNCED_TYPES
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import Route, route
from app.sandbox.hornetsecurity.site import Site, stamp
from app.sandbox.hornetsecurity.store import Row

COOKIE = "auth_token"
_NOTE_USE_EVERY = 60
"""Seconds after which the use of a token is written down again."""


def is_manual(request: Request, profile: dict[str, Any]) -> bool:
    """Tell whether the request is answered as the old generation does.

    Chosen per request [inferred], Hornetsecurity contract sheet, 0.
    """
    if profile["generation"] != "auto":
        return bool(profile["generation"] == "manual")
    return "app-version" in request.headers and "cp-token" in request.headers


def check_app_id(call: Call, login_token: bool) -> None:
    """Refuse with 1004 where the ``app-id`` header is missing and needed.

    The old generation wants it beside ``app-version`` and ``cp-token``, the current one with a login token.
    """
    headers = call.request.headers
    old = "app-version" in headers and "cp-token" in headers
    if (old or (login_token and call.site.profile["app_id_required"])) and not headers.get("app-id"):
        raise Problem(1004)


def sign_in(call: Call, found: Route) -> None:
    """Find out who asks, from the header or else the cookie.

    Raises Problem 1004 for another scheme than ``Token`` or a missing app id, 1002 for a missing or dead
    token.
    """
    check_app_id(call, login_token=False)
    if found.open:
        return
    header = call.request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme != "Token" or not token.strip():
            raise Problem(1004)
    else:
        token = call.request.cookies.get(COOKIE, "")
    user = _by_access_token(call.site, token.strip())
    if user is None:
        user = _by_login_token(call.site, token.strip())
        check_app_id(call, login_token=True)
    call.caller = user
    call.token = token.strip()


def _by_access_token(site: Site, token: str) -> Row | None:
    row = next((each for each in site.access_tokens.all() if each["token"] == token), None)
    if row is None:
        return None
    if row["expiration_date"] is not None and datetime.fromisoformat(row["expiration_date"]) <= site.now():
        raise Problem(1002)
    if row["last_used"] is None or _idle(site, row["last_used"]) > _NOTE_USE_EVERY:
        row = site.access_tokens.change(row, last_used=stamp(site.now()))
    return site.directory.object(row["user"])


def _by_login_token(site: Site, token: str) -> Row:
    """Return the user of a login token that still lives: used lately, and not killed by the switch."""
    tokens = site.table("login_tokens")
    row = tokens.get(token)
    if row is None or row["epoch"] != site.profile["token_epoch"]:
        raise Problem(1002)
    idle, lifetime = _idle(site, row["last_used"]), site.profile["login_token_seconds"]
    user = site.directory.object(row["user"])
    if idle >= lifetime or user is None:
        del tokens[token]
        raise Problem(1002)
    if idle > min(_NOTE_USE_EVERY, lifetime / 10):
        tokens[token] = {**row, "last_used": site.now().isoformat()}
    return user


def _idle(site: Site, last_used: str) -> float:
    """Return the seconds since a token was last used."""
    return (site.now() - datetime.fromisoformat(last_used)).total_seconds()


_LOGIN = {
    "username": fields.text(required=True),
    "password": fields.secret(required=True),
    "token": fields.text(),
    "mfa_token": fields.text(),
    "tc_language": fields.text(choices=("en", "de", "es", "fr", "ja")),
    "tc_eula": fields.boolean(),
    "tc_dpa": fields.boolean(),
    "tc_type": fields.text(choices=("GENERAL", "PARTNER_AGREEMENT")),
}


@route("POST", "/auth/login/", open=True)
def login(call: Call) -> Response:
    """Give a login token for a user name and password, and set it as a cookie too."""
    check_app_id(call, login_token=True)
    sent = call.body(_LOGIN)
    name = sent["username"].lower()
    _refuse_while_locked(call.site, name)
    user = _by_password(call.site, name, sent["password"])
    if user is None:
        _count_failure(call.site, name)
        record(call, "login", "failure", None, name)
        raise Problem(2001, {"username": sent["username"]})
    call.site.table("login_failures").pop(name, None)
    call.caller = user
    record(call, "login", "success", user)
    return _login_answer(call.site, user)


def _login_answer(site: Site, user: Row, **more: Any) -> Response:
    token = secrets.token_hex(20)
    site.table("login_tokens")[token] = {
        "user": user["id"],
        "last_used": site.now().isoformat(),
        "epoch": site.profile["token_epoch"],
    }
    response = json_answer({"object_id": user["id"], "token": token, **more})
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax")
    return response


def _by_password(site: Site, name: str, password: str) -> Row | None:
    """Return the user, unless the password is wrong or the user signs in elsewhere (M365, LDAP, foreign)."""
    user = site.directory.object_named(name)
    mailbox = user and site.directory.mailbox_of(user["id"])
    if not user or not mailbox or mailbox["type"] in (*SYNCED_TYPES, FOREIGN) or not mailbox["status"]:
        return None
    known = mailbox.get("password") or site.table("settings")["password"]
    return user if secrets.compare_digest(known.encode(), password.encode()) else None


def _refuse_while_locked(site: Site, name: str) -> None:
    failures = site.table("login_failures")
    row = failures.get(name)
    if row is None or row["locked_until"] is None:
        return
    left = (datetime.fromisoformat(row["locked_until"]) - site.now()).total_seconds()
    if left <= 0:
        del failures[name]
        return
    failures[name] = {**row, "told": True}
    raise Problem(2010, {"first_locked": not row["told"], "remaining_time": max(1, round(left))})


def _count_failure(site: Site, name: str) -> None:
    """Count a failed login; the fifth locks the name for a minute [inferred; both are switches]."""
    failures = site.table("login_failures")
    count = failures.get(name, {"count": 0})["count"] + 1
    locked = count >= site.profile["lock_after"]
    until = site.now() + timedelta(seconds=site.profile["lock_seconds"])
    failures[name] = {"count": count, "locked_until": until.isoformat() if locked else None, "told": False}


@route("POST", "/auth/nologin/", open=True)
def nologin(call: Call) -> Response:
    """Refuse every one-way token: the sandbox hands none out."""
    check_app_id(call, login_token=True)
    call.body({"token": fields.text(required=True)})
    raise Problem(2001)


@route("POST", "/auth/logout/")
def logout(call: Call) -> Response:
    """End the login token. An API access token lives on [inferred]."""
    call.site.table("login_tokens").pop(call.token, None)
    record(call, "logout", "success", call.caller)
    response = no_content(200 if call.manual else 204)
    response.delete_cookie(COOKIE)
    return response


def _shown(token: Row) -> dict[str, Any]:
    return {key: token[key] for key in ("id", "name", "creation_date", "expiration_date", "last_used")}


@route("GET", "/auth/access_token/")
def list_access_tokens(call: Call) -> list[dict[str, Any]]:
    """List the caller's API access tokens, without their values."""
    return [_shown(each) for each in call.site.access_tokens.all() if each["user"] == call.caller["id"]]


@route("POST", "/auth/access_token/", entity="access_token")
def create_access_token(call: Call) -> Response:
    """Create an API access token; this answer alone shows its value."""
    sent = call.body(
        {"name": fields.text(required=True, maximum=255), "expiration_date": fields.moment(nullable=True)}
    )
    expires = sent.get("expiration_date")
    if expires is not None and expires <= call.site.now():
        raise invalid("expiration_date", "The expiration date must not be in the past.")
    row = call.site.access_tokens.add(
        {
            "user": call.caller["id"],
            "name": sent["name"],
            "token": secrets.token_hex(20),
            "creation_date": stamp(call.site.now()),
            "expiration_date": None if expires is None else stamp(expires),
            "last_used": None,
        }
    )
    return created({**{key: row[key] for key in ("id", "name", "token", "creation_date", "expiration_date")}})


@route("DELETE", "/auth/access_token/<int:token_id>/", entity="access_token")
def delete_access_token(call: Call, token_id: int) -> Response:
    """Revoke one of the caller's API access tokens; answers 200, not 204."""
    row = call.site.access_tokens.get(token_id)
    if row is None or row["user"] != call.caller["id"]:
        raise Problem(404)
    call.site.access_tokens.remove(token_id)
    return no_content(200)


@route("GET", "/auth/check/session/")
def check_session(call: Call) -> dict[str, Any]:
    """Tell whose session this is."""
    return {"username": call.caller["name"], "object_id": call.caller["id"]}


_PERMISSIONS = {
    "read": (PARTNER, CUSTOMER, "user"),
    "change": (PARTNER, CUSTOMER),
    "filtering": (PARTNER, CUSTOMER),
    "auditing": (PARTNER, CUSTOMER),
}
"""Names of permissions that the sandbox knows, and the kinds of object they exist on [inferred]."""


@route("GET", "/auth/check/permission/")
def check_permission(call: Call) -> Response:
    """Answer 204 when the caller has the permission on the object, 403 when not or when it is unknown."""
    row = call.scope()
    permission = call.query({"permission": fields.text(required=True)})["permission"]
    allowed = permission == "read" or call.administers(row)
    if row["type"] not in _PERMISSIONS.get(permission, ()) or not allowed:
        raise Problem(1003)
    return no_content()
