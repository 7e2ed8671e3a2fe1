"""What every part of the REST API shares: bearer tokens, rights, paging, request keys, and how reports look as JSON."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, NoReturn, Protocol

from apiflask import APIBlueprint, HTTPTokenAuth
from flask import Response, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext
from flask_limiter import Limiter
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import UnsupportedMediaType

from app.core.actor import Actor, Right
from app.core.errors import Invalid
from app.core.plan import Outcome, Report, Tone
from app.core.text import Message, msg
from app.web.services import wired

log = logging.getLogger("gatehouse.sign_in")

PREFIX = "/api/v1"
bearer = HTTPTokenAuth(scheme="Bearer", description="A token of your own: “Your account”, “API tokens”.")
_scaffold = APIBlueprint("bearer", __name__)  # its decorator also notes the scheme for the OpenAPI document
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
# Requests with a token that is not valid, per network address; the others of this address wait with them.
_BAD_TOKENS = "30/minute"


class StrictJson(DefaultJSONProvider):
    """Reads JSON as RFC 8259 has it: Python's own reader takes NaN, and fails on deep nesting with an odd exception."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value. Raises ValueError, which Flask answers with 400."""
        try:
            return json.loads(s, parse_constant=_refuse_constant, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


class Gate(Protocol):
    """Who a bearer token belongs to."""

    def actor(self, value: str, address: str) -> Actor | None:
        """The actor, None for what is no valid token."""
        ...


@bearer.verify_token
def _verify(value: str) -> Actor | None:
    gate: Gate = wired().token_gate
    g.actor = gate.actor(value or "", request.remote_addr or "")
    if g.actor is None and value:  # the value itself might be a password that slipped in
        log.warning("A bearer token that is not valid, from %s", request.remote_addr)
    return g.actor


def limit_bad_tokens(limiter: Limiter, blueprints: Iterable[Any]) -> None:
    """Refuses every call of an address (429) that sent too many tokens which are not valid."""
    limit = limiter.shared_limit(
        _BAD_TOKENS, scope="bad tokens", deduct_when=_bad_token, on_breach=lambda _limit: _in_a_minute()
    )
    for blueprint in blueprints:
        limit(blueprint)


def _bad_token(response: Response) -> bool:
    return response.status_code == 401 and "Authorization" in request.headers


def _in_a_minute() -> Response:
    return Response(headers={"Retry-After": "60"})


def blueprint(name: str, tag: str) -> APIBlueprint:
    """A blueprint below /api/v1 whose calls all need a bearer token; a session cookie does not open it."""
    return APIBlueprint(f"{name}_api", name, url_prefix=PREFIX, tag=tag)


def api_right(wanted: Right) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Requires a bearer token, this right and, where there is a body, JSON.

    Hands the actor to the call as its first argument. The call's name is its operation id in the OpenAPI document.
    """

    def decorate(call: Callable[..., Any]) -> Callable[..., Any]:
        takes_body = "body" in getattr(call, "_spec", {})

        @wraps(call)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor: Actor = g.actor
            actor.require(wanted)
            if takes_body:
                _check_body()
            return call(actor, *args, **kwargs)

        guarded.gatehouse_right = wanted  # type: ignore[attr-defined]
        named = _scaffold.doc(operation_id=call.__name__)(guarded)
        return _scaffold.auth_required(bearer)(named)

    return decorate


def _check_body() -> None:
    """APIFlask would read a body of any content type, and take `null` for an object without fields."""
    if not request.is_json:
        raise UnsupportedMediaType
    if request.get_json() is None:
        raise Invalid({"": msg("An object with named fields is expected here.")})


def request_key() -> str:
    """The key under which a write is journalled: the header Idempotency-Key, else a new one. Raises Invalid."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return uuid.uuid4().hex
    if not _KEY.fullmatch(given):
        raise Invalid({"Idempotency-Key": msg("1 to 200 printable ASCII characters without blanks.")})
    return f"api-{given}"


class Query(BaseModel):
    """Base of the queries: an unknown name is refused."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """Base of the bodies: an unknown name is refused, and so is a text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Paged(Query):
    """Which page of a list, and how many rows a page has."""

    page: int = Field(default=1, ge=1, le=2_147_483_647)
    size: int = Field(default=50, ge=1, le=500)


class OutcomeOut(BaseModel):
    """One step of a change. `state`: done, rejected, unreachable, unknown or skipped."""

    change: int = Field(description="Its number in the journal.")
    verb: str
    subject: str
    state: str
    problem: str | None = None
    warnings: list[str] = []


class ReportOut(BaseModel):
    """What a write did."""

    text: str
    tone: str = Field(description="ok, partial or problem")
    steps: list[OutcomeOut] = []


def text_out(message: Message | None) -> str | None:
    """A text in the reader's language, where there is one."""
    return message.render(gettext) if message else None


def outcome_out(outcome: Outcome) -> OutcomeOut:
    """An outcome as JSON."""
    return OutcomeOut(
        change=outcome.change_id,
        verb=outcome.step.verb.value,
        subject=outcome.step.subject,
        state=outcome.state.value,
        problem=text_out(outcome.problem),
        warnings=list(outcome.warnings),
    )


def report_out(reports: Sequence[Report], outcomes: Sequence[Outcome]) -> ReportOut:
    """The last report of a service, with the steps of the change."""
    report = reports[-1] if reports else Report(msg("Done."))
    return ReportOut(
        text=report.text.render(gettext),
        tone=report.tone.value,
        steps=[outcome_out(outcome) for outcome in outcomes],
    )


def written(reports: Sequence[Report], outcomes: Sequence[Outcome], status: int = 200) -> Response:
    """The answer to a write: `status` when all of it was done, 207 with the steps when only a part was."""
    out = report_out(reports, outcomes)
    response = jsonify(out.model_dump())
    partial = out.tone == Tone.PARTIAL or any(step.state != "done" for step in out.steps)
    response.status_code = 207 if partial else status
    return response
