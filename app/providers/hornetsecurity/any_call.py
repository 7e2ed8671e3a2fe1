"""Any call of the API by its name, judged (Hornetsecurity contract sheet, 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.core.calls import CallAnswer
from app.core.contract import Call
from app.core.errors import NotFound
from app.core.placing import Placed, place
from app.core.text import msg
from app.net.answer import kept
from app.providers.hornetsecurity.calls import contract
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.wire import read_answer, read_file

Json = Any

_FILES = ("CSS", "CSV", "image", "HTML")
"""How the contract begins to describe an answer that is no JSON."""


def send(panel: ControlPanel, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
    """Sends the call and judges its answer. Raises NotFound and Invalid before, then as `ControlPanel.send` and `wire`."""
    call = contract().find(name)
    if call is None:
        raise NotFound(msg("Hornetsecurity has no call “{name}”.", name=name))
    answer = panel.send(call, _with_body(call, place(call, arguments)))
    with kept(answer):
        if call.answer.startswith(_FILES):
            read_file(answer, html=call.answer.startswith("HTML"))
        else:
            read_answer(answer)
    return answer.as_it_came()


def _with_body(call: Call, placed: Placed) -> Placed:
    """An object without keys where all that the body could hold was left out: the API asks for JSON then too (1)."""
    takes_body = any(argument.where == "body" and not argument.whole for argument in call.arguments)
    return replace(placed, body={}) if takes_body and placed.body is None else placed
