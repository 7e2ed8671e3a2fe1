"""The Control Panel API: `/api/<controller>/<action>/<key>/<value>/…`, with credentials of its own (contract sheet, 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from app.core.contract import Call
from app.core.errors import BadCredentials, UpstreamError
from app.core.model import Connection
from app.core.secret import Secret
from app.core.text import Message, msg
from app.net.answer import Answer, looks_like_html, raise_for_gateway
from app.net.http import Http
from app.providers.spamexperts.software_api import contract
from app.providers.spamexperts.wire import refusal

Json = Any

API = "Control Panel API"
"""How the contract marks its calls."""

_NO_SIGN_IN = ("credential is invalid", "has status 'inactive'", "permissions to access")
"""7.1: what it says, with status 200, to credentials that it does not take."""


class ControlPanelApi:
    """The calls of one connection; Basic goes out unasked, and answers are always asked for as JSON."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._http = http
        self._auth = (connection.value("panel_username"), Secret(connection.value("panel_password")))

    @property
    def has_credentials(self) -> bool:
        """Whether the connection holds a user of the panel."""
        return bool(self._auth[0] and self._auth[1])

    def answer(self, name: str, pairs: Mapping[str, str], timeout: float | None = None) -> Answer:
        """The answer to a call by its name, not judged yet. `timeout` as for `Http.read`. Raises as `send`."""
        return self.send(_calls()[name], pairs, timeout)

    def send(self, call: Call, pairs: Mapping[str, str], timeout: float | None = None) -> Answer:
        """Sends a call, a write once. Raises as `Http.read` and `Http.write`."""
        transport = self._http.write if call.write else self._http.read
        # An empty part of a path collapses, and the next key would be taken for the value.
        parts = [part for name, value in pairs.items() if value for part in (name, value)]
        path = "/".join([call.path, *(quote(part, safe="") for part in parts), "format", "json", ""])
        headers = {"Cache-Control": "no-cache"}  # everything is a GET, also what changes something
        return transport(
            call.name,
            call.method,
            path,
            headers=headers,
            auth=self._auth,
            mask=call.hidden,
            timeout=timeout,
        )


@cache
def _calls() -> Mapping[str, Call]:
    return {call.name: call for call in contract().calls if call.api == API}


def read_panel(answer: Answer) -> Json:
    """The result of a successful answer (7.2): an envelope of messages and result, or nothing at all for a change.

    Raises BadCredentials, Rejected (AlreadyThere, NotThere), Unreachable and Malformed for a read, OutcomeUnknown for a
    write whose answer says neither yes nor no.
    """
    raise_for_gateway(answer)
    if answer.status in (401, 403):
        raise _kept_out(f"HTTP {answer.status}", answer.status)
    if not answer.body.strip() and answer.write and answer.ok:
        return None
    value = _envelope(answer)
    messages = value["messages"]
    errors = messages.get("error") if isinstance(messages, dict) else None
    if errors:
        raise _refused(
            answer.quote("; ".join(map(str, errors if isinstance(errors, list) else [errors]))), answer
        )
    if not answer.ok:
        raise answer.unreadable(_no_panel(answer.status))
    return value.get("result")


def _envelope(answer: Answer) -> dict[str, Json]:
    """The object with `messages`. Errors may come plain in spite of /format/json/."""
    text = answer.text.strip()
    if text.upper().startswith("ERROR:"):
        raise _refused(answer.quote(text[len("ERROR:") :]), answer)
    try:
        value = None if looks_like_html(answer) else json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or "messages" not in value:
        raise answer.unreadable(_no_panel(answer.status))
    return value


def _refused(words: str, answer: Answer) -> UpstreamError:
    if any(fragment in words.lower() for fragment in _NO_SIGN_IN):
        return _kept_out(words, answer.status)
    return refusal(words, answer.status)


def _kept_out(words: str, status: int) -> BadCredentials:
    text = msg(
        "The Control Panel API does not accept the user name and password of the panel: “{words}”. They are other ones than "
        "those of the Software API.",
        words=words,
    )
    return BadCredentials(text, status=status)


def _no_panel(status: int) -> Message:
    return msg(
        "What answers here is not the Control Panel API (status {status}). Check the address.", status=status
    )
