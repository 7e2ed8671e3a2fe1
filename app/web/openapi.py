"""The OpenAPI document of the REST API, its page from our own assets, and errors in one shape.

The document is open to everybody: generators of clients fetch it without a token, and it holds neither data nor
secrets. The page is for people who are signed in, like every page.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from apiflask import APIFlask, HTTPError
from flask import render_template, request
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from pydantic import BaseModel, ValidationError

from app.core.actor import Actor, Right
from app.core.commands import problems_of
from app.core.errors import Invalid
from app.core.text import msg
from app.web import errors
from app.web.api import PREFIX, StrictJson, bearer, limit_bad_tokens
from app.web.permissions import right


class ProblemOut(BaseModel):
    """An error (RFC 9457). `changed` says whether anything was changed; `fields` names what to correct."""

    type: str = "about:blank"
    status: int
    title: str
    detail: str
    changed: str
    request_id: str
    fields: dict[str, str] | None = None


DESCRIPTION = """
Everything that the pages can do with domains, routes, aliases, settings, connections, changes and jobs.

**Token.** Every call needs a bearer token of a person (“Your account”, “API tokens”); it acts with that person's role
and scope as they are at that moment, or less. Too many calls with tokens that are not valid are answered with 429.

**Sending once.** A write that is sent to an upstream takes the header `Idempotency-Key`: the same key of the same
person sends nothing twice and is answered with the first outcome; with other content it is refused (409). Other
writes do no harm when they are repeated. 207 says that only a part was done; `steps` names which.

**Paging.** Lists take `size` and answer with `next`: the value of `page`, `before` or `after` for the following page,
null at the end.

**Errors** are `application/problem+json` (RFC 9457); `changed` says whether anything was changed, `fields` what to
correct, and `request_id` finds the line in the server's log.
"""

_ERRORS = {
    "400": "The request cannot be read.",
    "401": "No token, or none that is valid.",
    "403": "The role, or the token, may not do this.",
    "404": "Not there, or not within the scope.",
    "409": "Refused by the upstream, not possible on this connection, or no longer as it was.",
    "413": "The body is too large.",
    "415": "The body is not marked as JSON.",
    "422": "Something in the request is not valid; `fields` says what.",
    "429": "Too many calls with tokens that are not valid came from this address.",
    "502": "The upstream cannot be reached, makes no sense, or its answer is not known.",
    "503": "The upstream, or the database, is too busy at the moment.",
}
_ONLY_WITH_A_BODY = ("413", "415")
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
}
_HEADERS: dict[str, Any] = {
    "401": {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}
_KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "The same key sends nothing twice.",
}
_ARGUMENT = re.compile(r"<(?:[^<:]+:)?(\w+)>")
_INTEGER = re.compile(r"<int\(max=(\d+)\):(\w+)>")


def configure(app: APIFlask) -> None:
    """Settings that APIFlask reads when the document is made, and how JSON is read."""
    app.json_provider_class = StrictJson  # the sign-in library puts its own on top of the class
    app.json = StrictJson(app)
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=DESCRIPTION.strip(),
        # Pages are no part of the document.
        AUTO_200_RESPONSE=False,
        # The errors of every call are written by `_mended`, all in one shape.
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
        # It would believe the Host header.
        AUTO_SERVERS=False,
        SPEC_PROCESSOR_PASS_OBJECT=False,
    )


def register(app: APIFlask, csrf: CSRFProtect, limiter: Limiter) -> None:
    """Registers error shapes, the limit of bad tokens, the document's mends and its page; after the features."""
    blueprints = [blueprint for blueprint in app.blueprints.values() if blueprint.url_prefix == PREFIX]
    for blueprint in blueprints:
        csrf.exempt(blueprint)
    limit_bad_tokens(limiter, blueprints)
    # Not by `error_processor`: that would take over the errors of the pages, too.
    app.error_callback = _not_valid
    bearer.error_processor(_no_token)
    app.spec_processor(lambda spec: _mended(app, spec))
    app.add_url_rule("/api/docs", "api_docs", docs)


@right(Right.OWN_ACCOUNT)
def docs(_actor: Actor) -> str:
    """The page of the REST API: the document, to read and to try."""
    return render_template("api_docs.html")


def _not_valid(error: HTTPError) -> Any:
    """The only error that APIFlask raises by itself: a query or body that does not fit its model."""
    return errors.answer_to(Invalid(problems_of(cast(ValidationError, error.__cause__))))


def _no_token(_error: HTTPError) -> Any:
    return errors.answer(
        errors.Problem(
            401,
            msg("A token is needed"),
            msg("The header “Authorization: Bearer …” is missing, or its token is not valid (any more)."),
            errors.NOTHING_CHANGED,
            msg("Make a token under “Your account”."),
            headers=(("WWW-Authenticate", "Bearer"),),
        )
    )


def _mended(app: APIFlask, spec: Any) -> dict[str, Any]:
    """What APIFlask leaves out: where the server is, short names of schemas, and what `_mend_call` adds to each call."""
    document = _with_short_names(spec)
    document["servers"] = [{"url": request.script_root or "/"}]
    components = document["components"]
    components["schemas"]["Problem"] = ProblemOut.model_json_schema()
    components["responses"] = {f"Error{status}": _error(status) for status in _ERRORS}
    limits = {
        _ARGUMENT.sub(r"{\1}", rule.rule): {name: int(most) for most, name in _INTEGER.findall(rule.rule)}
        for rule in app.url_map.iter_rules()
    }
    for path, calls in document["paths"].items():
        for call in calls.values():
            _mend_call(call, limits[path])
    return document


def _with_short_names(spec: dict[str, Any]) -> dict[str, Any]:
    """The document with a model inside another ("Domains.Domain") under its own name ("Domain")."""
    text = re.sub(r'"#/components/schemas/\w+\.(\w+)"', r'"#/components/schemas/\1"', json.dumps(spec))
    short: dict[str, Any] = json.loads(text)
    schemas = short["components"]["schemas"]
    short["components"]["schemas"] = {name.rpartition(".")[2]: schema for name, schema in schemas.items()}
    return short


def _error(status: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    headers = {"headers": _HEADERS[status]} if status in _HEADERS else {}
    return {"description": _ERRORS[status], "content": content, **headers}


def _mend_call(call: dict[str, Any], integers: dict[str, int]) -> None:
    """Bodies are required, numbers in paths are numbers, writes take a key and may be done in part, errors have a shape."""
    for parameter in call["parameters"]:
        if parameter["in"] == "path" and parameter["name"] in integers:
            parameter["schema"] = {"type": "integer", "minimum": 0, "maximum": integers[parameter["name"]]}
    responses = call["responses"]
    done = next(iter(responses.values()))
    if "/ReportOut" in str(done):  # what is journalled under a key, step by step
        call["parameters"].append(_KEY_HEADER)
        responses["207"] = {**done, "description": "Only a part was done"}
    if "requestBody" in call:
        call["requestBody"]["required"] = True
    for status in _ERRORS:
        if "requestBody" in call or status not in _ONLY_WITH_A_BODY:
            responses[status] = {"$ref": f"#/components/responses/Error{status}"}
