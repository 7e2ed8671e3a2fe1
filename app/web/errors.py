"""What went wrong, as an answer: one table from errors to statuses and words, and the handlers that use it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask
from flask import Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.core.errors import (
    BadCredentials,
    Conflict,
    Forbidden,
    GatehouseError,
    Invalid,
    Malformed,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
    UnsafePlan,
    UpstreamError,
)
from app.core.plan import Tone
from app.core.text import Message, literal, msg
from app.web.forms import BaseForm, apply_problems, show_refusal
from app.web.logs import request_id

log = logging.getLogger("gatehouse.web")

NOTHING_CHANGED = msg("Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a type of error is answered: HTTP status, flash category, what the page says beside the error's own text."""

    status: int
    tone: Tone
    title: Message
    advice: Message
    changed: Message = NOTHING_CHANGED


# The first type that fits counts, so the special ones stand before their parents.
KINDS: tuple[tuple[type[GatehouseError], Kind], ...] = (
    (
        Invalid,
        Kind(422, Tone.PROBLEM, msg("That cannot be used"), msg("Go back and correct what is named above.")),
    ),
    (
        NotSupported,
        Kind(
            409,
            Tone.PARTIAL,
            msg("This connection cannot do that"),
            msg("Nothing was sent. Choose another connection, or do it in the upstream's own panel."),
        ),
    ),
    (
        Forbidden,
        Kind(
            403,
            Tone.PARTIAL,
            msg("Your account may not do this"),
            msg("Ask an administrator if you need it for your work."),
        ),
    ),
    (
        NotFound,
        Kind(
            404,
            Tone.PARTIAL,
            msg("Not found"),
            msg("It may have been removed or renamed, or it is not yours to see. Look for it in the list."),
        ),
    ),
    (
        Conflict,
        Kind(
            409,
            Tone.PARTIAL,
            msg("Not as it was"),
            msg("Load the page again to see how it is now, then decide anew."),
        ),
    ),
    (
        UnsafePlan,
        Kind(
            409,
            Tone.PARTIAL,
            msg("This needs your confirmation"),
            msg("Go back and confirm what is planned."),
        ),
    ),
    (
        BadCredentials,
        Kind(
            502,
            Tone.PROBLEM,
            msg("The upstream does not accept our credentials"),
            msg("An administrator must check the connection's user name, password or token."),
        ),
    ),
    (
        RateLimited,
        Kind(
            503,
            Tone.PARTIAL,
            msg("Too many calls at the moment"),
            msg("Wait a little and try again."),
        ),
    ),
    (
        Unreachable,
        Kind(
            502,
            Tone.PROBLEM,
            msg("The upstream cannot be reached"),
            msg("Try again later. An administrator can test the connection."),
        ),
    ),
    (
        OutcomeUnknown,
        Kind(
            502,
            Tone.PARTIAL,
            msg("It is not known whether that was done"),
            msg(
                "Do not send it again yet. Gatehouse looks upstream by itself and shows the outcome under Changes."
            ),
            msg("It may have been changed or not."),
        ),
    ),
    (
        Malformed,
        Kind(
            502,
            Tone.PROBLEM,
            msg("The upstream's answer makes no sense"),
            msg("Try again later. If it stays so, an administrator should check the connection's address."),
        ),
    ),
    (
        Rejected,
        Kind(409, Tone.PROBLEM, msg("The upstream refused"), msg("Change what it names and try again.")),
    ),
    (
        UpstreamError,
        Kind(502, Tone.PROBLEM, msg("The upstream reported a problem"), msg("Try again later.")),
    ),
    (
        GatehouseError,
        Kind(500, Tone.PROBLEM, msg("That did not work"), msg("Try again, or tell an administrator.")),
    ),
)

_HTTP: dict[int, tuple[Message, Message, Message]] = {
    400: (
        msg("That request cannot be understood"),
        msg("What your browser sent is incomplete."),
        msg("Go back, load the page again and repeat what you did."),
    ),
    401: (msg("Please sign in"), msg("This needs an account."), msg("Sign in and try again.")),
    403: (
        msg("Your account may not do this"),
        msg("This page is not open to you."),
        msg("Ask an administrator if you need it for your work."),
    ),
    404: (
        msg("Not found"),
        msg("There is no such page."),
        msg("Check the address, or start from the menu."),
    ),
    405: (
        msg("That cannot be done this way"),
        msg("This address does not accept that kind of request."),
        msg("Go back and use the button on the page."),
    ),
    413: (
        msg("That is too much at once"),
        msg("What was sent is larger than this page accepts."),
        msg("Send it in smaller parts."),
    ),
    429: (
        msg("Too many tries"),
        msg("There were too many tries from your network address."),
        msg("Wait a minute and try again."),
    ),
    503: (
        msg("Not available now"),
        msg("The server is busy or being started."),
        msg("Try again in a moment."),
    ),
}

# The same below /api/, where nobody looks at a page and no advice is given.
_CALLS: dict[int, tuple[Message, Message]] = {
    400: (_HTTP[400][0], msg("The request, or the JSON in it, is not well formed.")),
    404: (_HTTP[404][0], msg("There is nothing under this address.")),
    405: (
        _HTTP[405][0],
        msg("This address does not take that method; the header “Allow” names those it takes."),
    ),
    413: (_HTTP[413][0], msg("The body is larger than this server accepts.")),
    415: (
        msg("JSON is expected"),
        msg("Send the body as JSON, with the header “Content-Type: application/json”."),
    ),
}

_CSRF = (
    msg("The page was open for too long"),
    msg("The form's safety token is missing or has expired, for example because you signed in again."),
    msg("Go back, load the page again and repeat what you did."),
)


def kind_of(error: GatehouseError) -> Kind:
    """The line of the table for an error."""
    return next(kind for cls, kind in KINDS if isinstance(error, cls))


def show_problem(form: BaseForm, error: GatehouseError) -> int:
    """Puts the error above the form, which is shown again with what was entered. Returns the HTTP status.

    After a refusal the form gets a new request key; while the outcome is unknown it keeps the old one.
    """
    show_refusal(form, error)
    return kind_of(error).status


def tried(
    form: BaseForm,
    send: Callable[[], object],
    place: Callable[[BaseForm, Invalid], object] = apply_problems,
) -> int | None:
    """Sends what a valid form says. None when it went well, else the page's status: what is wrong stands on the form.

    `place` puts what is not valid beside its fields, where the page has some that are none of the form's. NotFound is
    raised: then there is nothing to show the form for.
    """
    if not form.validate():
        return 422
    try:
        send()
    except Invalid as error:
        place(form, error)
        return 422
    except NotFound:
        raise
    except GatehouseError as error:
        return show_problem(form, error)
    return None


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything an error answer says."""

    status: int
    title: Message
    text: Message
    changed: Message
    advice: Message
    fields: dict[str, Message] | None = None
    headers: tuple[tuple[str, str], ...] = ()


def register(app: APIFlask) -> None:
    """Registers the handlers: our errors, HTTP errors, the database's, and everything else."""
    app.register_error_handler(GatehouseError, answer_to)
    app.register_error_handler(HTTPException, _http)
    for cls in (DBAPIError, PoolTimeout, OverflowError):
        app.register_error_handler(cls, _database)
    app.register_error_handler(Exception, _unexpected)


def answer_to(error: GatehouseError) -> Response:
    """The answer to one of our errors, by its line of the table."""
    kind = kind_of(error)
    if kind.status >= 500:
        log.warning("%s: %s", type(error).__name__, error.message)
    headers = []
    if isinstance(error, RateLimited) and error.retry_after is not None:
        headers.append(("Retry-After", str(max(1, round(error.retry_after)))))
    fields = error.fields if isinstance(error, Invalid) else None
    return answer(
        Problem(kind.status, kind.title, error.message, kind.changed, kind.advice, fields, tuple(headers))
    )


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error  # a redirect
    title, text, advice = _words(error, error.code)
    kept = ("Allow", "Retry-After", "WWW-Authenticate")
    headers = tuple((k, v) for k, v in error.get_response().headers.items() if k in kept)
    return answer(Problem(error.code, title, text, NOTHING_CHANGED, advice, headers=headers))


def _words(error: HTTPException, code: int) -> tuple[Message, Message, Message]:
    """Title, text and advice for an HTTP error."""
    if isinstance(error, CSRFError):
        return _CSRF
    plain = (literal(error.name), literal(error.description or error.name), msg("Go back and try again."))
    words = _HTTP.get(code, plain)
    return (*_CALLS.get(code, words[:2]), words[2]) if _below_api() else words


def _below_api() -> bool:
    return request.path.startswith("/api/")


def _database(error: Exception) -> Response:
    """A value that the database cannot hold is like something that is not there; else the database is in trouble."""
    if isinstance(error, DataError | OverflowError):
        log.info("A value that the database cannot hold: %s", type(error).__name__)
        return answer_to(NotFound(msg("There is nothing under this address.")))
    if not isinstance(error, OperationalError | PoolTimeout):
        return _unexpected(error)
    log.error("The database does not answer: %s", _first_line(error))
    return answer(
        Problem(
            503,
            msg("The database does not answer"),
            msg("Gatehouse cannot read or write its own data at the moment."),
            msg("What you sent may not have been carried out; look under Changes before you repeat it.")
            if request.method == "POST"
            else NOTHING_CHANGED,
            msg("Try again in a moment. If it stays so, tell the person who runs this server."),
            headers=(("Retry-After", "10"),),
        ),
        bare=True,
    )


def _first_line(error: Exception) -> str:
    """The database's own words, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).splitlines()[0][:300]


def _unexpected(error: Exception) -> Response:
    """A fault of ours: the whole trace goes to the log, nothing of it to the page."""
    log.error("Unexpected: %s", type(error).__name__, exc_info=error)
    return answer(
        Problem(
            500,
            msg("Something went wrong on our side"),
            msg("The server met an error that it did not expect. It was written to the log."),
            msg("What you sent may have been carried out in part; look under Changes before you repeat it.")
            if request.method == "POST"
            else NOTHING_CHANGED,
            msg("Try again. If it happens again, give an administrator the number below."),
        ),
        bare=True,
    )


def answer(problem: Problem, *, bare: bool = False) -> Response:
    """The problem as a page, or as "application/problem+json" (RFC 9457) below /api/.

    `bare`: a page without the frame, for errors that drawing the frame could meet again.
    """
    if bare:
        g.account_unreadable = True
    if _below_api():
        response = _as_json(problem)
    else:
        response = make_response(_as_page(problem, bare))
        # A part of a page: htmx shall show the whole error page, not put it into the part.
        if request.headers.get("HX-Request") == "true":
            response.headers["HX-Retarget"] = "body"
    response.status_code = problem.status
    for name, value in problem.headers:
        response.headers[name] = value
    return response


def _as_json(problem: Problem) -> Response:
    data: dict[str, Any] = {
        "type": "about:blank",
        "status": problem.status,
        "title": problem.title.render(gettext),
        "detail": problem.text.render(gettext),
        "changed": problem.changed.render(gettext),
        "request_id": request_id(),
    }
    if problem.fields is not None:
        data["fields"] = {name: text.render(gettext) for name, text in problem.fields.items()}
    response = jsonify(data)
    response.mimetype = "application/problem+json"
    return response


def _as_page(problem: Problem, bare: bool) -> str:
    values: dict[str, Any] = {
        "code": problem.status,
        "title": problem.title,
        "text": problem.text,
        "changed": problem.changed,
        "advice": problem.advice,
        "request_id": request_id(),
    }
    if bare:  # skips the context processors, which read the user from the database
        template = current_app.jinja_env.get_template("errors/error.html")
        return template.render(**values, request=request, frame={})
    return render_template("errors/error.html", **values)
