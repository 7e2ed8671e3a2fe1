"""The calls of a connection over REST: list them, look at one, send it."""

from __future__ import annotations

import base64
import json
from typing import Any

from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.calls import CallAnswer
from app.features.console.service import CallRow, ConsoleService, Sent
from app.web.api import Body, Query, api_right, blueprint, request_key, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with

api = blueprint("console", "Console")

LARGEST_WHOLE = 8 * 1024 * 1024
"""Bytes of an answer up to which it is passed on whole; of a longer text the beginning, of other things nothing."""

DEEPEST = 100
"""Levels of JSON that are passed on as JSON; what is nested deeper is passed on as text."""


class ArgumentOut(BaseModel):
    """An argument of a call. `secret`: its value is shown nowhere; `where`: query, path, body, form or header."""

    name: str
    kind: str
    required: bool
    where: str
    secret: bool
    meaning: str
    choices: list[str]
    default: str | None
    warning: str


class CallOut(BaseModel):
    """A documented call. `write`: it changes something; `reason`: why this connection cannot make it."""

    name: str
    group: str
    meaning: str
    method: str
    path: str
    write: bool
    repeat_safe: bool
    role: str
    answer: str
    source: str
    certainty: str
    reason: str | None
    arguments: list[ArgumentOut]


class CallsOut(BaseModel):
    """The documented calls of a connection, in the order of the document."""

    document: str
    items: list[CallOut]


class CallsQuery(Query):
    """Which calls: with these words in name, group or meaning; of a group; `kind`: read or write."""

    q: str = Field(default="", max_length=100)
    group: str = Field(default="", max_length=100)
    kind: str = Field(default="", pattern="^(read|write)?$")


class CallIn(Body):
    """Arguments by name, and for a call that changes something the confirmation that it shall. A file is an object with
    "name", "type" and "base64"."""

    arguments: dict[str, Any] = {}
    confirm: bool = False


class AnswerOut(BaseModel):
    """The upstream's answer. `value`: its JSON; `text`: any other text; `base64`: what is no text. `total`: length of the
    whole list where the upstream says so. `change`: number in the journal, for a call that changes something; `repeated`:
    this Idempotency-Key was used before, so nothing was sent and no answer is here."""

    status: int | None
    media_type: str
    ms: float
    bytes: int
    total: int | None
    value: Any = None
    text: str | None = None
    base64: str | None = None
    cut: bool = False
    change: int | None = None
    repeated: bool = False


def _service() -> ConsoleService:
    return service_with(ConsoleService, CollectFeedback())


@api.get("/connections/<key>/calls")
@api_right(Right.CONSOLE)
@api.input(CallsQuery, location="query")
@api.output(CallsOut)
def list_calls(actor: Actor, key: str, query_data: CallsQuery) -> CallsOut:
    """List the documented calls of a connection, with the reason for each that it cannot make."""
    found = _service().calls(actor, key, query_data.q, query_data.group, query_data.kind)
    return CallsOut(document=found.contract.document, items=[call_out(row) for row in found.rows])


@api.get("/connections/<key>/calls/<path:name>")
@api_right(Right.CONSOLE)
@api.output(CallOut)
def get_call(actor: Actor, key: str, name: str) -> CallOut:
    """Describe one documented call and its arguments."""
    return call_out(_service().call(actor, key, name)[1])


@api.post("/connections/<key>/calls/<path:name>")
@api_right(Right.CONSOLE)
@api.input(CallIn, location="json")
@api.output(AnswerOut)
def send_call(actor: Actor, key: str, name: str, json_data: CallIn) -> AnswerOut:
    """Send one documented call; a call that changes something must be confirmed, and is journalled."""
    sent = _service().send(
        actor,
        key,
        name,
        json_data.arguments,
        request_key=request_key(),
        confirmed=json_data.confirm,
    )
    return answer_out(sent)


def call_out(row: CallRow) -> CallOut:
    """A call as JSON."""
    call = row.call
    arguments = [
        ArgumentOut(
            name=a.name,
            kind=a.kind,
            required=a.required,
            where=a.where,
            secret=a.hidden,
            meaning=a.meaning,
            choices=a.choices,
            default=a.default,
            warning=a.warning,
        )
        for a in call.arguments
    ]
    plain = call.model_dump(exclude={"arguments"})
    return CallOut(**plain, reason=text_out(row.reason), arguments=arguments)


def answer_out(sent: Sent) -> AnswerOut:
    """An answer as JSON, known secrets hidden in a text."""
    change = sent.outcome.change_id if sent.outcome else None
    answer = sent.answer
    if answer is None:
        return AnswerOut(status=None, media_type="", ms=0, bytes=0, total=None, change=change, repeated=True)
    return AnswerOut(
        status=answer.status,
        media_type=answer.media_type,
        ms=round(answer.ms, 1),
        bytes=len(answer.body),
        total=answer.total,
        change=change,
        **content_out(answer),
    )


def content_out(answer: CallAnswer) -> dict[str, Any]:
    """The body of an answer as `value`, `text` or `base64`."""
    cut = len(answer.body) > LARGEST_WHOLE
    if answer.binary:
        return {"base64": None if cut else base64.b64encode(answer.body).decode(), "cut": cut}
    if cut:
        return {"text": _whole(answer.text(LARGEST_WHOLE)), "cut": True}
    text = answer.text()
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return {"text": _whole(text)} if text else {}
    return {"text": text} if _deeper(value, DEEPEST) else {"value": value}


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested deeper than so many levels."""
    if not isinstance(value, list | dict):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner)


def _whole(text: str) -> str:
    """The text without half characters, which no JSON document can hold."""
    return text.encode("utf-8", "replace").decode()
