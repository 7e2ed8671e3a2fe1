"""The gate before every view: switch, method, credentials (OLSPanel contract sheet, sections 2 and 4).

The seed gives no text for some of these refusals on some calls; what it then says here is [inferred] and stands in
``SEED_WORDING`` alone.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from app.sandbox.olspanel.call import Account, Answered
from app.sandbox.state import State

DISABLED = {"error": "API is currently disabled"}
INVALID = {"error": "Invalid credentials"}
POST_REQUIRED = {"error": "POST method required"}
BOTH_REQUIRED = {"error": "Username and password required"}
_UNAUTHENTICATED = {"success": False, "message": "Authentication required."}


@dataclass(frozen=True)
class Wording:
    """What one call answers, in the ``seed`` profile, when the gate stops it; ``{}`` stands for the user name."""

    method: dict[str, Any]
    missing: dict[str, Any]
    unknown: dict[str, Any]
    wrong: dict[str, Any]

    def unknown_user(self, username: str) -> dict[str, Any]:
        """Return the answer for a user name that does not exist."""
        return {
            key: text.format(username) if isinstance(text, str) else text
            for key, text in self.unknown.items()
        }


_PLAIN = Wording(POST_REQUIRED, BOTH_REQUIRED, INVALID, INVALID)
SEED_WORDING = {
    "/api/": _PLAIN,
    "/api/add_domain/": Wording(
        POST_REQUIRED,
        _UNAUTHENTICATED,
        {"success": False, "message": "User '{}' not found."},
        _UNAUTHENTICATED,
    ),
    "/api/domain_list/": _PLAIN,
    "/api/domain_issue_ssl/": Wording(
        {"success": False, "message": "POST method required"}, BOTH_REQUIRED, INVALID, INVALID
    ),
    "/api/db_make/": Wording(
        {"success": False, "error": "POST method required"},
        BOTH_REQUIRED,
        {"success": False, "error": "Username '{}' does not exist."},
        INVALID,
    ),
    "/api/cronjob_add/": Wording(
        {"success": False, "error": "Invalid request method."}, BOTH_REQUIRED, INVALID, INVALID
    ),
}
"""The six calls of the seed."""


def user_live(state: State, request: Request) -> Account:
    """Sign in to the user API as the import's code does; raise ``Answered`` otherwise."""
    username, key = request.headers.get("username"), request.headers.get("apikey")
    password = request.headers.get("password")
    if request.method != "POST":
        raise Answered(**POST_REQUIRED)
    if not username or not (key or password):
        raise Answered(error="Username and API key or password required")
    if key:
        try:
            password = decoded(key)
        except ValueError as error:
            raise Answered(error="Invalid API key format") from error
    return _authenticated(state, username, password)


def user_seed(state: State, request: Request, fields: dict[str, str]) -> Account:
    """Sign in to the user API as the seed describes it; raise ``Answered`` otherwise.

    On ``/api/`` alone the header ``username`` may be missing when the body has one. A key that cannot be decoded is
    a wrong password: the seed has no text of its own for it ([inferred]).
    """
    wording = SEED_WORDING.get(request.path, _PLAIN)
    username, password = request.headers.get("username", ""), _password(request)
    if request.method != "POST":
        raise Answered(**wording.method)
    if request.path == "/api/":
        username = username or fields.get("username", "")
        if not username:
            raise Answered(error="Username is required")
    if not username or not password:
        raise Answered(**wording.missing)
    if username not in state.table("accounts"):
        raise Answered(**wording.unknown_user(username))
    try:
        return _authenticated(state, username, password)
    except Answered as refused:
        raise Answered(**wording.wrong) from refused


def admin(state: State, request: Request) -> Account:
    """Sign in to the admin API; raise ``Answered`` otherwise. It knows no API key."""
    username, password = request.headers.get("username"), request.headers.get("password")
    if request.method != "POST":
        raise Answered(**POST_REQUIRED)
    if not username or not password:
        raise Answered(**BOTH_REQUIRED)
    account = _authenticated(state, username, password)
    if not account["whm"]:
        raise Answered(**INVALID)
    return account


def _authenticated(state: State, username: str, password: str | None) -> Account:
    """Return the account; raise ``Answered`` for a wrong name or password and for a suspended account."""
    account: Account | None = state.table("accounts").get(username)
    if account is None or account["password"] != password or not account["active"]:
        raise Answered(**INVALID)
    return account


def _password(request: Request) -> str:
    """Return the password that the headers give; what cannot be decoded matches no account."""
    key = request.headers.get("apikey")
    if not key:
        return request.headers.get("password", "")
    try:
        return decoded(key)
    except ValueError:
        return "\0"


def encoded(text: str) -> str:
    """Encode as the panel does: five letters, then base64. It is not a cipher."""
    return "hrwqz" + base64.b64encode(text.encode()).decode()


def decoded(key: str) -> str:
    """Return the password of an API key: five arbitrary characters and base64. Raises ``ValueError``."""
    return base64.b64decode(key[5:]).decode()
