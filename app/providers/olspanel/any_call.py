"""Any call of user API and admin API by its name, judged (OLSPanel contract sheet, 2, 3 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import CallAnswer
from app.core.contract import Call
from app.core.errors import NotFound, NotSupported, Rejected
from app.core.placing import place
from app.core.text import Message, msg
from app.net.answer import kept
from app.providers.olspanel.panel_api import PanelApi, contract
from app.providers.olspanel.wire import read_answer

Json = Any

NO_SUCH_CALL = 404  # section 5: everything else is answered with 200
_ADMIN_PATH = "/admin_api/"
_NO_ADMINISTRATOR = msg(
    "A call of the panel's admin API: the connection has no administrator's user name and password. Nothing was sent."
)


class AnyCall:
    """The calls of one connection; those of the admin API go out as its administrator."""

    def __init__(self, api: PanelApi, admin: PanelApi | None) -> None:
        self._api = api
        self._admin = admin

    def closed(self, call: Call) -> Message | None:
        """Why the connection cannot make the call."""
        return _NO_ADMINISTRATOR if self._for(call) is None else None

    def send(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """Sends the call and judges its answer. Raises NotFound, NotSupported and Invalid before, then as `PanelApi` and
        `wire.read_answer`."""
        call = contract().find(name)
        if call is None:
            raise NotFound(msg("OLSPanel has no call “{name}”.", name=name))
        api = self._for(call)
        if api is None:
            raise NotSupported("call", _NO_ADMINISTRATOR)
        answer = api.send(call, place(call, arguments))
        with kept(answer):
            if answer.status == NO_SUCH_CALL:
                raise Rejected("HTTP 404: this panel has no such call; it may be older", status=answer.status)
            read_answer(answer)
        return answer.as_it_came()

    def _for(self, call: Call) -> PanelApi | None:
        return self._admin if call.path.startswith(_ADMIN_PATH) else self._api
