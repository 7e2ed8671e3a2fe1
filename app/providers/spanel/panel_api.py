"""Calls to the panel by their actions: one address, a token, PHP's forms (SPanel contract sheet, section
2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.core.contract import Call, Contract
from app.core.errors import BadCredentials
from app.core.model import Connection
from app.core.text import msg
from app.net.http import Answer, Http

Json = Any


@cache
def contract() -> Contract:
    """All actions of the panel, as data; an action is the name of its call."""
    return Contract.model_validate_json(Path(__file__).with_name("contract.json").read_text("utf-8"))


@cache
def _calls() -> Mapping[str, Call]:
    return {call.name: call for call in contract().calls}


class PanelApi:
    """The panel as the tokens of one connection see it.

    An admin function goes out with the admin token and no account. A user function names its account and goes
    out with that account's own client token where there is one, else with the admin token, as programs in the
    field do.
    """

    def __init__(self, connection: Connection, http: Http) -> None:
        self._http = http
        self._admin_token = connection.value("admin_token")
        self._client_token = connection.value("client_token")
        self.account = connection.value("account")
        self._folder = connection.value("folder").strip("/") or "spanel"

    @property
    def opens_all(self) -> bool:
        """Whether all accounts are open: there is an admin token. Raises BadCredentials without any usable
        token."""
        if self._admin_token:
            return True
        if not self._client_token:
            raise BadCredentials(
                msg("The connection has no token. Enter an admin token or a client token. Nothing was sent.")
            )
        if not self.account:
            raise BadCredentials(
                msg("A client token works with its account only: enter the account too. Nothing was sent.")
            )
        return False

    @property
    def has_admin_token(self) -> bool:
        """Whether the administrator's functions are open."""
        return bool(self._admin_token)

    @property
    def own_account(self) -> str:
        """The account that a client token opens, "" without such a token."""
        return self.account if self._client_token else ""

    def read(self, action: str, params: Mapping[str, Json] | None = None, *, account: str = "") -> Answer:
        """Sends an action that changes nothing, for an account or ("") as an administrator.

        Raises BadCredentials when no token of the connection opens it; nothing is sent then.
        """
        call = _checked(action, write=False)
        form = self._form(action, params or {}, account)
        return self._http.read(action, call.method, self._path(call), form=form, mask=_secrets(call))

    def write(self, action: str, params: Mapping[str, Json], *, account: str = "") -> Answer:
        """Sends an action that changes something, once. Raises as `read`."""
        call = _checked(action, write=True)
        form = self._form(action, params, account)
        return self._http.write(action, call.method, self._path(call), form=form, mask=_secrets(call))

    def _form(self, action: str, params: Mapping[str, Json], account: str) -> list[tuple[str, str]]:
        user = {"accountuser": account} if account else {}
        return flatten({"token": self._token(account), "action": action, **user, **params})

    def _token(self, account: str) -> str:
        all_open = self.opens_all
        if account and account == self.own_account:
            return self._client_token
        if all_open:
            return self._admin_token
        raise BadCredentials(
            msg(
                "The connection's client token opens the account {account} only. Nothing was sent.",
                account=self.account,
            )
        )

    def _path(self, call: Call) -> str:
        return call.path.replace("{folder}", quote(self._folder))


def flatten(params: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Parameters as PHP's `http_build_query` writes them, which is what the panel reads.

    `{"a": ["x", "y"], "b": {"c": True, "d": None}}` becomes a[0]=x, a[1]=y, b[c]=1. Trap: false becomes 0,
    which most parameters take for "switched off" and never for "unlimited"; for that the parameter is left
    out (None).
    """
    return [pair for name, value in params.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: Json) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, item in items:
            yield from _pairs(f"{name}[{key}]", item)
    else:
        yield name, str(int(value)) if isinstance(value, bool) else str(value)


def _checked(action: str, *, write: bool) -> Call:
    call = _calls()[action]
    if call.write is not write:
        raise ValueError(f"{action} is {'no ' if write else 'a '}write")
    return call


def _secrets(call: Call) -> list[str]:
    return ["token", *(argument.name for argument in call.arguments if argument.secret)]
