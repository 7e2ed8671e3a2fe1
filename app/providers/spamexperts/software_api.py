"""The Software API as two verbs: `read` and `write` a call by its name (SpamExperts contract sheet, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.core.contract import Call, Contract
from app.core.model import Connection
from app.core.secret import Secret
from app.net.http import Answer, Http

PATH = "/cgi-bin/api"
_HEADERS = {"Cache-Control": "no-cache"}  # everything is a GET, also what changes something


@cache
def contract() -> Contract:
    """All calls of the Software API, as data."""
    return Contract.model_validate_json(Path(__file__).with_name("contract.json").read_text("utf-8"))


def calls_of(api: str) -> frozenset[str]:
    """The names of the calls of one API, as the contract marks them ("": the Software API)."""
    return frozenset(call.name for call in contract().calls if call.api == api)


@cache
def _calls() -> Mapping[str, Call]:
    return {call.name: call for call in contract().calls}


class SoftwareApi:
    """The calls of one connection, signed in by HTTP Basic: the header goes out unasked, credentials never in the URL."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._http = http
        self._auth = (connection.value("username"), Secret(connection.value("password")))

    @property
    def has_credentials(self) -> bool:
        """Whether the connection holds a user of this API."""
        return bool(self._auth[0] and self._auth[1])

    def read(
        self, name: str, arguments: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Answer:
        """Sends a call that changes nothing; `timeout` as for `Http.read`. Raises ValueError for one that does."""
        call = _checked(name, write=False)
        query = _query(name, arguments or {})
        return self._http.read(
            name,
            "GET",
            PATH,
            query=query,
            headers=_HEADERS,
            auth=self._auth,
            mask=_secrets(call),
            timeout=timeout,
        )

    def write(self, name: str, arguments: Mapping[str, str]) -> Answer:
        """Sends a call that changes something, once, and waits as long as the connection allows for writes: some, like
        removing a domain, are slow. Raises ValueError for a call that changes nothing."""
        call = _checked(name, write=True)
        query = _query(name, arguments)
        return self._http.write(
            name, "GET", PATH, query=query, headers=_HEADERS, auth=self._auth, mask=_secrets(call)
        )


def _checked(name: str, *, write: bool) -> Call:
    call = _calls()[name]
    if call.write is not write:
        raise ValueError(f"{name} is {'no ' if write else 'a '}write")
    return call


def _query(name: str, arguments: Mapping[str, str]) -> list[tuple[str, str]]:
    """Texts of errors and warnings are translated, so we always ask for English."""
    return [("call", name), *arguments.items(), ("api_language", "en")]


def _secrets(call: Call) -> list[str]:
    return [argument.name for argument in call.arguments if argument.secret]
