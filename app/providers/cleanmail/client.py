"""The calls of the Cleanmail REST API by their operation in `contract.json` (Cleanmail REST API manual, chapter 5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.core.contract import Call, Contract
from app.core.errors import NotFound
from app.core.model import Connection
from app.core.text import msg
from app.net.http import Answer, Http
from app.providers.cleanmail import inferred
from app.providers.cleanmail.arguments import compose
from app.providers.cleanmail.wire import read_answer

Json = Any


@cache
def contract() -> Contract:
    """All 93 calls of the API, as data."""
    return Contract.model_validate_json(Path(__file__).with_name("contract.json").read_text("utf-8"))


@cache
def operations() -> Mapping[str, Call]:
    """The calls by their operation."""
    return {call.name: call for call in contract().calls}


class Client:
    """The calls of one connection, signed in by its token. Whether one may be repeated is what the contract says of it."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {connection.value('token')}"}

    def call(self, operation_id: str, arguments: Mapping[str, Json] | None = None) -> Answer:
        """Sends one call and returns what came, for `wire.read_answer` to judge; `arguments` as `compose` takes them.

        Raises NotFound for an unknown operation, Invalid for arguments that do not fit, and as `Http.read` or, for what
        changes something, `Http.write`.
        """
        call = operations().get(operation_id)
        if call is None:
            raise NotFound(msg("Cleanmail has no call “{name}”.", name=operation_id))
        request = compose(call, arguments or {})
        headers = {**self._headers, **request.headers}
        mask = [*call.unrecorded, *inferred.HIDDEN_KEYS]
        accept = headers.pop("Accept", "*/*" if call.answer.startswith("file") else "application/json")
        if not call.write:
            return self._http.read(
                call.name,
                call.method,
                request.path,
                query=request.query,
                json=request.body,
                headers=headers,
                mask=mask,
                accept=accept,
            )
        return self._http.write(
            call.name,
            call.method,
            request.path,
            query=request.query,
            json=request.body,
            headers=headers,
            mask=mask,
            accept=accept,
            content=request.content,
        )

    def ask(self, operation_id: str, arguments: Mapping[str, Json] | None = None) -> Json:
        """The JSON of a call's answer, None when it has no body. Raises as `call` and `wire.read_answer`."""
        return read_answer(self.call(operation_id, arguments), operation_id)
