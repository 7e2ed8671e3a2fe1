"""The REST of the panel that the vendor's mobile app uses: `/rest/…`, by a token that the panel's credentials buy
(contract sheet, 7.4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.core.contract import Call
from app.core.deadline import remaining
from app.core.errors import BadCredentials, Malformed, NotThere, Unreachable, UpstreamError
from app.core.model import Connection
from app.core.placing import Placed, place, text_of
from app.core.secret import Secret
from app.core.text import msg
from app.net.answer import Answer, raise_for_gateway
from app.net.http import Http
from app.providers.spamexperts.software_api import contract
from app.providers.spamexperts.wire import as_list, refusal

Json = Any

TOKEN, SEARCH, VIEW = "rest/auth/token", "rest/log/search", "rest/log/view"
RELEASE, RELEASE_ALLOW, RELEASE_TRAIN = (
    "rest/log/release",
    "rest/log/releaseandwhitelist",
    "rest/log/releaseandtrain",
)
REMOVE, REMOVE_BLOCK = "rest/log/remove", "rest/log/removeandblacklist"


def is_rest(call: str) -> bool:
    """Whether a call is one of this interface, by its name."""
    return call.startswith("rest/")


CALLS = {call.name: call for call in contract().calls if is_rest(call.name)}
"""By name."""


class AppRest:
    """The calls of one connection. Used by many threads at once: a token that died is renewed once for all of them."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._http = http
        self._auth = (connection.value("panel_username"), Secret(connection.value("panel_password")))
        self._patience = connection.read_timeout
        self._lock = threading.Lock()
        self._token = ""

    def ask(self, name: str, arguments: Mapping[str, Json]) -> Json:
        """The body of the answer to a call by its name. Raises as `send` and `read_rest`."""
        call = CALLS[name]
        return read_rest(self.send(call, place(call, arguments)))

    def send(self, call: Call, placed: Placed) -> Answer:
        """Sends a call, a write once, with a token; raises as `Http.read`, `Http.write` and `token`."""
        if call.name == TOKEN:
            return self._sign_in()
        token = self._before(call)
        answer = self._sent(call, placed, token)
        if answer.status == 401:  # refused, so nothing was done
            answer = self._sent(call, placed, self._before(call, dead=token))
        return answer

    def token(self, dead: str = "") -> str:
        """The token for the header `Authorization`; `dead`: the one that was refused. Raises as `read_rest`, Malformed."""
        left = remaining()
        if not self._lock.acquire(timeout=self._patience if left is None else left):
            raise Unreachable(msg("Signing in to the panel takes too long. Nothing was changed."))
        try:
            if not self._token or self._token == dead:
                self._token = ""
                self._token = _token_of(self._sign_in())
            return self._token
        finally:
            self._lock.release()

    def _before(self, call: Call, dead: str = "") -> str:
        if not call.write:
            return self.token(dead)
        with _nothing_sent():
            return self.token(dead)

    def _sign_in(self) -> Answer:
        answer = self._http.read(TOKEN, "GET", f"/{TOKEN}", auth=self._auth)
        answer.masker.learn(_token_in(answer))
        return answer

    def _sent(self, call: Call, placed: Placed, token: str) -> Answer:
        transport = self._http.write if call.write else self._http.read
        answer = transport(
            call.name,
            call.method,
            placed.path,
            query={name: text_of(value) for name, value in placed.query.items()},
            json=placed.body,
            headers={"Authorization": f"Bearer {token}", "Cache-Control": "no-cache"},
        )
        answer.masker.learn(_token_in(answer))  # each answer may hand out another one
        return answer


def read_rest(answer: Answer) -> Json:
    """The body of a successful answer. Raises BadCredentials, Rejected (NotThere), Unreachable, and Malformed for a read,
    OutcomeUnknown for a write whose answer says neither yes nor no."""
    raise_for_gateway(answer)
    value = _object(answer)
    body = value.get("body") if value is not None else None
    queue = body.get("messageQueue") if isinstance(body, dict) else None
    errors = as_list(queue.get("error")) if isinstance(queue, dict) else []
    if answer.status in (401, 403):
        words = answer.quote("; ".join(map(str, errors)) or f"HTTP {answer.status}")
        text = msg(
            "The panel's interface for its app does not accept the user of the panel: “{words}”", words=words
        )
        raise BadCredentials(text, status=answer.status)
    if value is None or not isinstance(body, dict):
        raise answer.unreadable(
            msg(
                "What answers here is not the panel's interface for its app (status {status}).",
                status=answer.status,
            )
        )
    if errors or not answer.ok or value.get("success") is not True:
        raise _refused(answer.quote("; ".join(map(str, errors)) or f"HTTP {answer.status}"), answer.status)
    return body


def _refused(words: str, status: int) -> UpstreamError:
    return NotThere(words, status=status) if status == 404 else refusal(words, status)


def _object(answer: Answer) -> dict[str, Json] | None:
    if not answer.text.lstrip().startswith("{"):
        return None
    value = answer.json()
    return value if isinstance(value, dict) else None


def _token_in(answer: Answer) -> str:
    """The token of an answer, "" where there is none."""
    try:
        value = _object(answer)
    except UpstreamError:
        return ""
    token = value.get("token") if value is not None else None
    return token if isinstance(token, str) else ""


def _token_of(answer: Answer) -> str:
    read_rest(answer)
    token = _token_in(answer)
    if not token.isascii() or not token.isprintable() or not 0 < len(token) <= 4000:
        raise answer.unreadable(msg("The panel gave no token."))
    return token


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Around the sign-in before a write: an answer that makes no sense is then no unknown outcome."""
    try:
        yield
    except Malformed as error:
        raise Unreachable(
            msg("{problem} Nothing was changed.", problem=error.message), status=error.status
        ) from error
