"""Calls of one account to the panel, by their names in `contract.json` (OLSPanel contract sheet, 2)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

from app.core.contract import Call, Contract
from app.core.errors import BadCredentials
from app.core.placing import Placed, text_of
from app.core.text import msg
from app.net.http import Answer, Http
from app.providers.olspanel import inferred


@cache
def contract() -> Contract:
    """All calls of user API and admin API, as data."""
    return Contract.model_validate_json(Path(__file__).with_name("contract.json").read_text("utf-8"))


@cache
def _calls() -> Mapping[str, Call]:
    return {call.name: call for call in contract().calls}


class PanelApi:
    """The panel as one account sees it. Name and password travel in the headers of every call; there is no
    session."""

    def __init__(self, http: Http, username: str, password: str) -> None:
        self._http = http
        self._headers = {"username": username, "password": password}

    def read(self, name: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Sends a call that changes nothing. Raises BadCredentials for a password that cannot be sent."""
        call, headers = _checked(name, write=False), self._sendable()
        return self._http.read(
            name, call.method, call.path, form=fields or {}, headers=headers, mask=_secrets(call)
        )

    def write(self, name: str, fields: Mapping[str, str], parts: Mapping[str, str] | None = None) -> Answer:
        """Sends a call that changes something, once; `parts` of its path by name. Raises BadCredentials for a password
        that cannot be sent."""
        call, headers = _checked(name, write=True), self._sendable()
        path = call.path.format_map({key: quote(value, safe="") for key, value in (parts or {}).items()})
        return self._http.write(name, call.method, path, form=fields, headers=headers, mask=_secrets(call))

    def send(self, call: Call, placed: Placed) -> Answer:
        """Sends any call, a write once. Raises BadCredentials for a password that cannot be sent."""
        transport, headers = self._http.write if call.write else self._http.read, self._sendable()
        form = {name: text_of(value) for name, value in placed.form.items()}
        return transport(call.name, call.method, placed.path, form=form, headers=headers, mask=call.hidden)

    def _sendable(self) -> Mapping[str, str]:
        for header, value in self._headers.items():
            try:
                value.encode(inferred.HEADER_CHARSET)
            except UnicodeEncodeError:
                pass  # its text would show the password
            else:
                continue
            raise BadCredentials(
                msg(
                    "The {field} of the connection holds letters that OLSPanel's API cannot receive: it "
                    "reads Latin-1 only. Give the account another one in the panel. Nothing was sent.",
                    field=msg("user name") if header == "username" else msg("password"),
                )
            )
        return self._headers


def _checked(name: str, *, write: bool) -> Call:
    call = _calls()[name]
    if call.write is not write:
        raise ValueError(f"{name} is {'no ' if write else 'a '}write")
    return call


def _secrets(call: Call) -> list[str]:
    return [argument.name for argument in call.arguments if argument.secret]
