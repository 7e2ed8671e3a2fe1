"""Any call of the API by its operation, judged (Cleanmail REST API manual, chapters 3 and 5; Cleanmail notes, 2 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import CallAnswer
from app.net.answer import kept
from app.providers.cleanmail.client import Client, operations
from app.providers.cleanmail.wire import raise_refusal, read_answer, total_of

Json = Any


def send(client: Client, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
    """Sends the call and judges its answer: JSON where the call answers JSON, any bytes for a file or a sheet.

    Raises as `Client.call`, `wire.read_answer` and `wire.raise_refusal`.
    """
    answer = client.call(name, arguments)
    as_file = operations()[name].answer.startswith("file") or "excel" in str(arguments.get("Accept", ""))
    with kept(answer):
        if as_file:
            raise_refusal(answer, name)
        else:
            read_answer(answer, name)
    return answer.as_it_came(total_of(answer))
