"""Any action of the panel by its name, judged (SPanel contract sheet, 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import CallAnswer
from app.core.contract import Call
from app.core.errors import NotFound, NotSupported
from app.core.placing import place
from app.core.text import Message, msg
from app.net.answer import kept
from app.providers.spanel.panel_api import PanelApi, contract
from app.providers.spanel.wire import read_answer

Json = Any

ACCOUNT = "accountuser"
_NO_TOKEN = msg(
    "The connection has neither an admin token nor a client token with its account. Nothing was sent."
)
ADMIN_ONLY = msg(
    "An administrator's function: the connection has a client token only, and such a token opens what belongs to its "
    "account. Nothing was sent."
)


def closed(api: PanelApi, call: Call) -> Message | None:
    """Why the tokens of the connection do not open the action."""
    if api.has_admin_token:
        return None
    if not (api.own_account and api.account):
        return _NO_TOKEN
    return None if of_account(call) else ADMIN_ONLY


def of_account(call: Call) -> bool:
    """Whether the action works for one account, which it names; all others are the administrator's."""
    return any(argument.name == ACCOUNT and argument.required for argument in call.arguments)


def send(api: PanelApi, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
    """Sends the action and judges its answer. Raises NotFound, NotSupported and Invalid before, then as `PanelApi` and
    `wire.read_answer`."""
    call = contract().find(name)
    if call is None:
        raise NotFound(msg("SPanel has no call “{name}”.", name=name))
    reason = closed(api, call)
    if reason is not None:
        raise NotSupported("call", reason)
    params = dict(place(call, arguments).form)
    account = str(params.pop(ACCOUNT)) if of_account(call) else ""
    answer = (api.write if call.write else api.read)(name, params, account=account)
    with kept(answer):
        read_answer(answer)
    return answer.as_it_came()
