"""The Control Panel API as two verbs, `read` and `write` a call by its name, signed in (contract sheet, 1 and 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.core.contract import Call
from app.core.errors import Malformed, Unreachable
from app.core.model import Connection
from app.core.placing import Placed, text_of
from app.core.text import msg
from app.net.http import Answer, Http
from app.providers.hornetsecurity.calls import checked, path_of, secrets_of
from app.providers.hornetsecurity.login import Login
from app.providers.hornetsecurity.wire import session_died

Json = Any
Values = Mapping[str, str | int]
Ids = Mapping[str, int]


class ControlPanel:
    """The calls of one connection. A call that is refused because its session died goes once more after a new sign-in,
    also a write: it was refused before anybody looked at it."""

    def __init__(self, connection: Connection, http: Http, login: Login | None = None) -> None:
        self._http = http
        self.login = login or Login(connection, http)

    def read(
        self, name: str, *, ids: Ids | None = None, query: Values | None = None, body: Json = None
    ) -> Answer:
        """Sends a call that changes nothing. `ids` belong into its path. Raises what a read raises."""
        call = checked(name, write=False)

        def send(headers: Mapping[str, str]) -> Answer:
            path = path_of(name, ids)
            return self._http.read(name, call.method, path, query=_texts(query), json=body, headers=headers)

        return self._signed_in(send, self.login.token)

    def read_open(self, name: str) -> Answer:
        """Sends a call that needs no sign-in."""
        method = checked(name, write=False).method
        return self._http.read(name, method, path_of(name), headers=self.login.headers)

    def write(
        self, name: str, *, ids: Ids | None = None, query: Values | None = None, body: Json = None
    ) -> Answer:
        """Sends a call that changes something, once. Raises Unreachable or RateLimited (surely not done), BadCredentials
        when signing in failed, or OutcomeUnknown (maybe done)."""
        call = checked(name, write=True)

        def send(headers: Mapping[str, str]) -> Answer:
            path, mask = path_of(name, ids), secrets_of(call)
            return self._http.write(
                name, call.method, path, query=_texts(query), json=body, headers=headers, mask=mask
            )

        return self._signed_in(send, self._token_before_write)

    def send(self, call: Call, placed: Placed) -> Answer:
        """Sends any call, a write once; raises as `read` and `write`."""
        transport, token_for = (
            (self._http.write, self._token_before_write)
            if call.write
            else (self._http.read, self.login.token)
        )

        def send(headers: Mapping[str, str]) -> Answer:
            return transport(
                call.name,
                call.method,
                placed.path,
                query=_repeated(placed.query),
                json=placed.body,
                headers=headers,
                mask=call.hidden,
            )

        return self._signed_in(send, token_for)

    def _signed_in(
        self, send: Callable[[Mapping[str, str]], Answer], token_for: Callable[[str], str]
    ) -> Answer:
        token = token_for("")
        answer = send(self._headers(token))
        if self.login.by_password and session_died(answer, self.login.old):
            answer = send(self._headers(token_for(token)))
        return answer

    def _token_before_write(self, dead: str) -> str:
        with nothing_sent():
            return self.login.token(dead)

    def _headers(self, token: str) -> dict[str, str]:
        return {**self.login.headers, "Authorization": f"Token {token}"}


@contextmanager
def nothing_sent() -> Iterator[None]:
    """Around everything that is read before a write goes out: an answer that makes no sense is then no unknown outcome."""
    try:
        yield
    except Malformed as error:
        text = msg("{problem} Nothing was changed.", problem=error.message)
        raise Unreachable(text, status=error.status) from error


def _repeated(query: Mapping[str, Json]) -> list[tuple[str, str]]:
    """A list is its key several times (contract sheet, 5.4)."""
    return [
        (name, text_of(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def _texts(query: Values | None) -> dict[str, str] | None:
    return None if query is None else {name: str(value) for name, value in query.items()}
