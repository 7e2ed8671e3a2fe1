"""Who signs in and how: an API token as it is, or user name and password for a session token that is renewed when it dies.

Source: Hornetsecurity contract sheet, sections 0, 2 and 5.1. User name and password travel in the body of
`POST /auth/login/` and nowhere else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from app.core.deadline import remaining
from app.core.errors import BadCredentials, Rejected, Unreachable
from app.core.model import Connection
from app.core.text import Message, msg
from app.net.http import Http
from app.providers.hornetsecurity import inferred
from app.providers.hornetsecurity.calls import path_of
from app.providers.hornetsecurity.wire import Locked, read_login

CALL = "POST /auth/login/"


class Login:
    """The sign-in of one connection. Used by many threads at once: a dead session is renewed once for all of them.

    An API token needs no sign-in, so it is preferred where both are given. A panel of the old generation (`app_version`
    is set) takes the API token as its `CP-Token` and wants a sign-in beside it.
    """

    def __init__(
        self, connection: Connection, http: Http, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._clock = clock
        self._connection = connection
        self.old = bool(connection.value("app_version"))
        self.headers: Mapping[str, str] = _app_headers(connection)
        self._lock = threading.Lock()
        self._session = ""
        self._refused: tuple[float, Message] | None = None

    @property
    def by_password(self) -> bool:
        """Whether user name and password are what signs in."""
        return bool(self._connection.value("username")) and (
            self.old or not self._connection.value("api_token")
        )

    def token(self, dead: str = "") -> str:
        """The token for the header `Authorization`. `dead`: the one that was refused, so that another one is needed.

        Raises BadCredentials (also without asking again, for a while after a refusal), Unreachable, Malformed.
        """
        if not self.by_password:
            return self._fixed()
        with self._one_at_a_time():
            if not self._session or self._session == dead:
                self._session = ""
                self._session = self._sign_in()
            return self._session

    def _fixed(self) -> str:
        token = self._connection.value("api_token")
        if not token:
            raise BadCredentials(
                msg("The connection has neither an API token nor a user name and password. Nothing was sent.")
            )
        return token

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        left = remaining()
        if not self._lock.acquire(timeout=self._connection.read_timeout if left is None else left):
            raise Unreachable(msg("Signing in to the panel takes too long. Nothing was changed."))
        try:
            yield
        finally:
            self._lock.release()

    def _sign_in(self) -> str:
        if self._refused is not None and self._clock() < self._refused[0]:
            raise BadCredentials(self._refused[1])
        self._refused = None
        body = {name: self._connection.value(name) for name in ("username", "password")}
        answer = self._http.read(
            CALL, "POST", path_of(CALL), json=body, headers=self.headers, mask=["password"]
        )
        try:
            return read_login(answer)
        except Rejected as error:
            refusal = BadCredentials(
                msg("The panel refuses the sign-in: “{words}”", words=error.words), status=error.status
            )
        except BadCredentials as error:
            refusal = error
        pause = refusal.seconds if isinstance(refusal, Locked) else inferred.LOCKED_SECONDS
        self._refused = (self._clock() + pause, refusal.message)
        raise refusal


def _app_headers(connection: Connection) -> dict[str, str]:
    """The headers beside `Authorization`. The current generation ignores the two of the old one (section 0)."""
    headers = {
        "App-ID": connection.value("app_id"),
        "App-Version": connection.value("app_version"),
        "CP-Token": connection.value("api_token") if connection.value("app_version") else "",
    }
    return {name: value for name, value in headers.items() if value}
