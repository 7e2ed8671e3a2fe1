"""Any call of the Software API by its name, judged (SpamExperts contract sheet, 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import CallAnswer
from app.core.errors import NotFound
from app.core.placing import place, text_of
from app.core.text import msg
from app.net.answer import kept
from app.providers.spamexperts.fields import DEFAULT
from app.providers.spamexperts.software_api import SoftwareApi, contract
from app.providers.spamexperts.wire import read_answer, read_change

Json = Any


def send(api: SoftwareApi, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
    """Sends the call and judges its answer. Raises NotFound and Invalid before, then as `SoftwareApi` and `wire`."""
    call = contract().find(name)
    if call is None:
        raise NotFound(msg("SpamExperts has no call “{name}”.", name=name))
    # The call's path holds its name, which the driver puts into the query itself; any setting can be “default”.
    placed = place(call, arguments, words=(DEFAULT,))
    query = {key: _spelled(value) for key, value in placed.query.items()}
    answer = (api.write if call.write else api.read)(name, query)
    with kept(answer):
        if call.write:
            read_change(answer)
        else:
            read_answer(answer, html=call.answer.startswith("HTML"))
    return answer.as_it_came()


def _spelled(value: Json) -> str:
    """A value of a query: switches are Python's words, everything that is no text is JSON (1.2)."""
    return str(value) if isinstance(value, bool) else text_of(value)
