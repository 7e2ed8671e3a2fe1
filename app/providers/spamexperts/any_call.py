"""Any call of Software API and Control Panel API by its name, judged (SpamExperts contract sheet, 1, 2 and 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import CallAnswer
from app.core.contract import Call
from app.core.errors import NotFound, NotSupported
from app.core.placing import place, text_of
from app.core.text import Message, msg
from app.net.answer import Answer, kept
from app.providers.spamexperts.app_rest import AppRest, is_rest, read_rest
from app.providers.spamexperts.card import PANEL, SOFTWARE
from app.providers.spamexperts.control_panel import API, ControlPanelApi, read_panel
from app.providers.spamexperts.fields import DEFAULT
from app.providers.spamexperts.software_api import SoftwareApi, contract
from app.providers.spamexperts.wire import read_answer, read_change

Json = Any


class AnyCall:
    """The calls of one connection: each through the API that it belongs to, with the credentials of that."""

    def __init__(self, software: SoftwareApi, panel: ControlPanelApi, app: AppRest) -> None:
        self._software = software
        self._panel = panel
        self._app = app

    def closed(self, call: Call) -> Message | None:
        """Why the connection cannot make the call, as far as its credentials tell."""
        if call.api == API:
            return None if self._panel.has_credentials else PANEL.closed
        return None if self._software.has_credentials else SOFTWARE.closed

    def send(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """Sends the call and judges its answer. Raises NotFound, NotSupported and Invalid before, then as `SoftwareApi`,
        `ControlPanelApi`, `AppRest` and the modules that read their answers."""
        call = contract().find(name)
        if call is None:
            raise NotFound(msg("SpamExperts has no call “{name}”.", name=name))
        reason = self.closed(call)
        if reason is not None:
            raise NotSupported("call", reason)
        # The path of a Software API call holds its name, which is put into the query; any setting can be “default”.
        placed = place(call, arguments, words=(DEFAULT,))
        if is_rest(name):
            answer = self._app.send(call, placed)
        elif call.api == API:
            answer = self._panel.send(call, placed.pairs)
        else:
            query = {key: _spelled(value) for key, value in placed.query.items()}
            answer = (self._software.write if call.write else self._software.read)(name, query)
        with kept(answer):
            _judge(call, answer)
        return answer.as_it_came()


def _judge(call: Call, answer: Answer) -> None:
    if is_rest(call.name):
        read_rest(answer)
    elif call.api == API:
        read_panel(answer)
    elif call.write:
        read_change(answer)
    else:
        read_answer(answer, html=call.answer.startswith("HTML"))


def _spelled(value: Json) -> str:
    """A value of a query: switches are Python's words, everything that is no text is JSON (1.2)."""
    return str(value) if isinstance(value, bool) else text_of(value)
