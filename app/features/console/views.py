"""The pages of the console, and the capability matrix."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor, Right
from app.core.calls import CallAnswer
from app.core.contract import Call
from app.core.errors import GatehouseError, Invalid, UpstreamError
from app.core.placing import read_text
from app.core.text import Message
from app.features.console.forms import CallForm
from app.features.console.matrix import MatrixService
from app.features.console.present import OFFSET, controls, field_name, file_name, next_offset, shown
from app.features.console.service import ConnectionCalls, ConsoleService, Sent, groups_of
from app.web.errors import kind_of, show_problem
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service

bp = Blueprint("console", __name__)

_OCTETS = "application/octet-stream"


@bp.get("/console/")
@right(Right.CONSOLE)
def index(actor: Actor) -> str:
    """The connections, each with how many calls are documented and open."""
    return render_template("console/index.html", found=service(ConsoleService).connections(actor))


@bp.get("/console/<key>/")
@right(Right.CONSOLE)
def calls(actor: Actor, key: str) -> str:
    """The calls of a connection by group; q, group and kind in the address cut the list."""
    wanted = {name: request.args.get(name, "").replace("\x00", "")[:100] for name in ("q", "group", "kind")}
    console = service(ConsoleService)
    found = console.calls(actor, key, wanted["q"], wanted["group"], wanted["kind"])
    return render_template(
        "console/calls.html", found=found, wanted=wanted, groups=[(g, g) for g in groups_of(found.contract)]
    )


@bp.route("/console/<key>/<path:name>", methods=["GET", "POST"])
@right(Right.CONSOLE)
def call(actor: Actor, key: str, name: str) -> ResponseReturnValue:
    """One call: its form, and after sending it the answer."""
    console = service(ConsoleService)
    found, row = console.call(actor, key, name)
    form = CallForm()
    page = _CallPage(found, row.call, row.reason, form)
    if request.method == "GET":
        return page.draw(dict(request.args.items()))
    typed = {**_typed(row.call), **({OFFSET: request.form[OFFSET]} if OFFSET in request.form else {})}
    if not form.validate():
        return page.draw(typed, 422)
    try:
        sent = console.send(
            actor,
            key,
            name,
            _arguments(row.call, typed),
            request_key=form.request_key.data,
            confirmed=bool(form.confirm.data),
        )
    except Invalid as error:
        return page.refused(typed, error)
    except GatehouseError as error:
        return page.failed(typed, error)
    if "save" in request.form and sent.answer is not None:
        return _saved(key, sent, sent.answer)
    form.renew_request_key()
    form.confirm.data = False
    return page.draw(typed, sent=sent)


class _CallPage:
    """The page of one call, drawn in its several states."""

    def __init__(self, found: ConnectionCalls, call: Call, reason: Message | None, form: CallForm) -> None:
        self._found = found
        self._call = call
        self._reason = reason
        self._form = form

    def draw(
        self,
        typed: Mapping[str, str],
        status: int = 200,
        *,
        errors: Mapping[str, list[str]] | None = None,
        sent: Sent | None = None,
        problem: GatehouseError | None = None,
    ) -> tuple[str, int]:
        """The page with what was typed, and with what came of it."""
        answer = sent.answer if sent else problem.answer if isinstance(problem, UpstreamError) else None
        result = shown(answer) if answer is not None else None
        return render_template(
            "console/call.html",
            found=self._found,
            call=self._call,
            reason=self._reason,
            form=self._form,
            controls=controls(self._call, typed, errors or {}),
            sent=sent,
            problem=problem,
            kind=kind_of(problem) if problem else None,
            shown=result,
            next_offset=next_offset(self._call, typed, result),
        ), status

    def refused(self, typed: Mapping[str, str], error: Invalid) -> tuple[str, int]:
        """The page with each problem at its argument; what has none stands above the form."""
        errors: dict[str, list[str]] = {}
        known = self._call.by_name()
        for name, problem in error.fields.items():
            if name in known:
                errors.setdefault(name, []).append(translated(problem))
            elif name == "confirm":
                self._form.confirm.errors = [*self._form.confirm.errors, translated(problem)]
            else:
                self._form.errors_above.append(problem)
        self._form.renew_request_key()
        return self.draw(typed, 422, errors=errors)

    def failed(self, typed: Mapping[str, str], error: GatehouseError) -> tuple[str, int]:
        """The page with what the upstream did, and with its answer where one came."""
        status = show_problem(self._form, error)
        return self.draw(typed, status, problem=error)


def _typed(call: Call) -> dict[str, str]:
    """What was typed, by argument."""
    names = enumerate(call.by_name())
    return {name: request.form.get(field_name(number), "") for number, name in names}


def _arguments(call: Call, typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as values, by argument. Raises Invalid."""
    values: dict[str, Any] = {}
    problems: dict[str, Message] = {}
    for number, (name, argument) in enumerate(call.by_name().items()):
        try:
            if argument.kind == "file":
                values[name] = _uploaded(field_name(number))
            else:
                values[name] = read_text(argument, typed[name])
        except Invalid as error:
            problems.update(error.fields)
    if problems:
        raise Invalid(problems)
    return {name: value for name, value in values.items() if value is not None}


def _uploaded(name: str) -> dict[str, str] | None:
    file = request.files.get(name)
    if file is None or not file.filename:
        return None
    data = base64.b64encode(file.read()).decode()
    return {"name": file.filename, "type": file.mimetype or _OCTETS, "base64": data}


def _saved(key: str, sent: Sent, answer: CallAnswer) -> Response:
    """The answer as a file, never as a page of ours; known secrets are hidden in a text."""
    data = answer.body if answer.binary else answer.text().encode()
    response = Response(data, content_type=_OCTETS)
    response.headers.set("Content-Disposition", "attachment", filename=file_name(key, sent.call, answer))
    return response


@bp.get("/capabilities")
@right(Right.VIEW_CONNECTIONS)
def matrix(actor: Actor) -> str:
    """What each upstream, and each connection, can do and why not the rest."""
    return render_template(
        "console/matrix.html",
        matrix=service(MatrixService).read(actor),
        address=lambda column: url_for("connections.show", key=column.key) if column.key else None,
    )
