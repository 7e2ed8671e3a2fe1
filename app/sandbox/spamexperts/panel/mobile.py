"""The REST that the vendor's mobile app uses: token, log search, release, remove, view (contract sheet, 7.4)."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from werkzeug.wrappers import Request, Response

from app.sandbox.spamexperts import lists, mails, messages
from app.sandbox.spamexperts.answers import ApiError
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.messages import INCOMING, Message
from app.sandbox.spamexperts.query import basic_header, parse

_USER_DATA = {"username": "demo-admin", "role": "admin"}
_TOKENS = "app_tokens"
_PAGE = 500
_TOKEN_SECONDS = 86_400
_ENTRY = ("sender", "recipient", "filtering_host", "subject_header")
_STATUS = {
    "release": "released",
    "releaseandwhitelist": "released",
    "releaseandtrain": "released",
    "remove": "quarantine-removed",
    "removeandblacklist": "quarantine-removed",
    "quarantined": "quarantine-removed",
}
_LISTS = {"releaseandwhitelist": lists.SENDERS_ALLOWED, "removeandblacklist": lists.SENDERS_BLOCKED}
_METHODS = {"release": "PUT", "remove": "DELETE", "quarantined": "DELETE"}


class MobileApi:
    """Answers ``/rest/...``: Basic credentials buy a bearer token, the token opens the rest."""

    def __init__(self, username: str, password: str) -> None:
        self._header = basic_header(username, password)

    def handle(self, request: Request, cluster: Cluster) -> Response:
        """Answer one request."""
        parts = request.path.strip("/").split("/")[1:]
        if parts == ["auth", "token"] and self._signs_in(request):
            return _reply({}, token=_new_token(cluster))
        if not _has_token(request, cluster):
            return _failure(401, "Authentication failed")
        try:
            return self._route(request, cluster, parts)
        except ApiError as error:
            return _failure(404, error.lines[0].removeprefix("ERROR: "))

    def _signs_in(self, request: Request) -> bool:
        return bool(request.environ.get("HTTP_AUTHORIZATION") == self._header)

    def _route(self, request: Request, cluster: Cluster, parts: list[str]) -> Response:
        match [request.method, *parts]:
            case ["GET", "log", "search", ("delivery" | "submission") as direction]:
                return _reply(_search(cluster, parse(request.environ["QUERY_STRING"]), direction))
            case [
                "GET",
                "log",
                "view",
                ("plain" | "normal" | "raw"),
                ("delivery" | "submission") as direction,
            ]:
                message = _message(cluster, parse(request.environ["QUERY_STRING"]), direction)
                return _reply({"mail": {"details": mails.raw(message)}})
            case [method, "log", action, ("delivery" | "submission") as direction] if _fits(method, action):
                return _reply(_settle(cluster, _entries(request), action, direction))
        return _failure(404, "Not found")


def _fits(method: str, action: str) -> bool:
    wanted = next((verb for start, verb in _METHODS.items() if action.startswith(start)), "")
    return action in _STATUS and method == wanted


def _search(cluster: Cluster, wishes: dict[str, str], direction: str) -> dict[str, Any]:
    """Return one page of the quarantine, which is what the app shows, newest first."""
    rows = [
        row
        for row in messages.of_domain(cluster, wishes.get("domain", "").lower(), direction)
        if row["status"] == "quarantined" and _within(row, wishes)
    ]
    filters = {key: wishes[key] for key in ("sender", "recipient") if wishes.get(key)}
    rows = messages.matching(rows, filters, partial=True, any_of=False)
    size = _number(wishes.get("length"), _PAGE) or _PAGE
    page = _number(wishes.get("current_page"), 0)
    entries = [_entry(row) for row in rows[page * size : (page + 1) * size]]
    return {
        "messageQueue": {},
        "entries": entries,
        "new_entries": entries if wishes.get("refresh") == "true" else [],
        "last_count": len(rows),
        "currentPage": page + 1,
    }


def _within(row: Message, wishes: dict[str, str]) -> bool:
    """Compare the times as text: both are written from the year down."""
    moment = messages.in_words(row["timestamp"])
    return wishes.get("since", "") <= moment <= (wishes.get("until") or "9999")


def _entry(row: Message) -> dict[str, Any]:
    return {
        "datetime": messages.in_words(row["timestamp"]),
        "message_id": row["id"],
        "main_class": row["classification"],
        "full_username": row["auth_user"],
        **{key: row[key] for key in _ENTRY},
    }


def _entries(request: Request) -> list[dict[str, Any]]:
    """Return the messages of a body: a list, one object, or nothing that can be read.

    The app's DELETE has no body: its library writes a list of objects into the query, ``0={...}&1={...}``.
    """
    numbered = [text for name, text in parse(request.environ["QUERY_STRING"]).items() if name.isdigit()]
    try:
        body = [json.loads(text) for text in numbered] or json.loads(request.get_data() or b"[]")
    except ValueError:
        body = []
    return [entry for entry in (body if isinstance(body, list) else [body]) if isinstance(entry, dict)]


def _settle(cluster: Cluster, entries: list[dict[str, Any]], action: str, direction: str) -> dict[str, Any]:
    found = [_message(cluster, entry, direction) for entry in entries]
    for message in found:
        messages.settle(cluster, message, _STATUS[action])
        which = _LISTS.get(action)
        if which:
            known = lists.entries(cluster, message["domain"], which)
            if all(entry["address"] != message["sender"] for entry in known):
                lists.add(cluster, message["domain"], which, lists.sender_entry(message["sender"]))
    return {"messageQueue": {"success": [f"{len(found)} message(s): {action}"]}}


def _message(cluster: Cluster, wishes: dict[str, Any], direction: str) -> Message:
    """Find the quarantined message that the five values name."""
    message_id = str(wishes.get("message_id", ""))
    row = cluster.state.table("messages").get(message_id, {})
    compared = {key: str(wishes[key]) for key in ("filtering_host", "sender") if wishes.get(key)}
    if direction == INCOMING and wishes.get("recipient"):
        compared["recipient"] = str(wishes["recipient"])
    if wishes.get("datetime"):
        compared["date"] = str(wishes["datetime"])
    return messages.quarantined(cluster, row.get("domain", ""), message_id, direction, compared)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 9 else default


def _new_token(cluster: Cluster) -> str:
    token = secrets.token_urlsafe(24)
    cluster.state.table(_TOKENS)[token] = int(time.time()) + _TOKEN_SECONDS
    return token


def _has_token(request: Request, cluster: Cluster) -> bool:
    scheme, _, token = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return bool(scheme == "Bearer" and cluster.state.table(_TOKENS).get(token, 0) > time.time())


def _reply(body: dict[str, Any], token: str = "") -> Response:
    answer = {"success": True, "body": body, "userData": _USER_DATA, "token": token}
    return Response(json.dumps(answer), mimetype="application/json")


def _failure(status: int, text: str) -> Response:
    body = {"success": False, "body": {"messageQueue": {"error": [text]}}, "userData": {}, "token": ""}
    return Response(json.dumps(body), status, mimetype="application/json")
