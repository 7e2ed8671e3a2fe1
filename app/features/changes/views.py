"""The pages of the journal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.commands import RemoveDomain
from app.core.errors import GatehouseError, Invalid
from app.core.names import display
from app.core.plan import State, Verb
from app.core.ports import Change, ChangeQuery
from app.core.sentences import command_sentence, past, state_word, wish
from app.features.changes.service import ChangeService
from app.web.calls import call_view
from app.web.confirm import ConfirmForm
from app.web.errors import show_problem
from app.web.feedback import register_link
from app.web.forms import apply_problems
from app.web.navigation import with_query
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service
from app.web.tables import csv_answer

bp = Blueprint("changes", __name__, url_prefix="/changes")

register_link("change.show", lambda params: {"url": url_for("changes.show", change_id=params["id"])})
register_link("change.undo", lambda params: {"url": url_for("changes.undo", change_id=params["id"])})


def query_from_url() -> ChangeQuery:
    """The list that the address names. What makes no sense is left out."""
    args = request.args
    before = args.get("before", "")
    return ChangeQuery(
        connection=args.get("connection", "")[:64],
        domain=args.get("domain", "").strip()[:253],
        actor_name=args.get("actor", "").strip()[:200],
        verb=args.get("verb", "") if args.get("verb", "") in set(Verb) else "",
        states=tuple(s for s in args.getlist("state") if s in set(State)),
        door=args.get("door", "")[:20],
        since=_day(args.get("since", "")),
        until=_day(args.get("until", ""), days=1),
        job_id=_number(args.get("job", "")),
        text=args.get("q", "").replace("\x00", "").strip()[:253],
        before_id=_number(before),
        size=50,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(text: str, days: int = 0) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


@bp.get("/")
@right(Right.VIEW_CHANGES)
def index(actor: Actor) -> str:
    """All changes, newest first."""
    query = query_from_url()
    found = service(ChangeService).page(actor, query)
    return render_template(
        "changes/index.html",
        found=found,
        newest_url=with_query({"before": None}),
        next_url=with_query({"before": str(found.next_id)}),
        query=query,
        verbs=[("", _("Any change")), *((v.value, translated(past(v))) for v in Verb)],
        states=[("", _("Any outcome")), *((s.value, translated(state_word(s))) for s in State)],
        past=past,
        state_word=state_word,
    )


COLUMNS = (
    "id",
    "at",
    "actor",
    "door",
    "connection",
    "verb",
    "subject",
    "state",
    "before",
    "after",
    "problem",
    "note",
    "reason",
)


@bp.get("/export.csv")
@right(Right.EXPORT)
def export(actor: Actor) -> Response:
    """What the list shows, all pages of it, as CSV."""
    query = replace(query_from_url(), before_id=None)
    changes = service(ChangeService)
    rows = (_cells(change, changes.reason_of(change)) for change in changes.export(actor, query))
    return csv_answer("changes.csv", COLUMNS, rows)


def _cells(change: Change, reason: str) -> tuple[Any, ...]:
    step = change.step
    return (
        change.id,
        change.at.isoformat(timespec="seconds"),
        change.actor_name,
        change.door,
        change.connection,
        step.verb.value,
        step.subject,
        change.state.value,
        "" if step.before is None else json.dumps(step.before, ensure_ascii=False),
        "" if step.after is None else json.dumps(step.after, ensure_ascii=False),
        "" if change.problem is None else str(change.problem),
        change.note,
        reason,
    )


@bp.get("/<int(max=2147483647):change_id>")
@right(Right.VIEW_CHANGES)
def show(actor: Actor, change_id: int) -> str:
    """One change: before and after by field, what the upstream said, the calls, the way back."""
    return _show_page(actor, change_id, ConfirmForm())


def _show_page(actor: Actor, change_id: int, form: ConfirmForm, note: str = "") -> str:
    changes = service(ChangeService)
    change = changes.get(actor, change_id)
    siblings = changes.siblings(actor, change)
    return render_template(
        "changes/show.html",
        change=change,
        form=form,
        note=note,
        siblings=siblings,
        finishable=changes.why_not_finishable(siblings) is None,
        no_undo=changes.why_not_undoable(change),
        may_undo=changes.may_undo(actor, change),
        past=past,
        state_word=state_word,
        fields=fields_of(change),
        facts=_facts(change),
        calls=[call_view(call) for call in change.calls],
        may_settle=actor.may(Right.SETTLE_CHANGES),
    )


def _facts(change: Change) -> list[dict[str, Any]]:
    """When, who, where and how long."""
    rows: list[dict[str, Any]] = [
        {"label": _("When"), "value": change.at.isoformat(sep=" ", timespec="seconds")},
        {"label": _("Who"), "value": change.actor_name},
        {"label": _("Through"), "value": change.door},
        {"label": _("Connection"), "value": change.connection},
    ]
    reason = service(ChangeService).reason_of(change)
    if reason:
        rows.append({"label": _("Reason"), "value": reason})
    if change.ms is not None:
        rows.append({"label": _("Upstream took"), "value": _("%(ms)s ms", ms=round(change.ms))})
    if change.upstream_id:
        rows.append({"label": _("Upstream's id"), "value": change.upstream_id, "mono": True})
    if change.settled_by:
        rows.append({"label": _("Settled by"), "value": change.settled_by, "help": change.note})
    if change.job_id:
        rows.append({"label": _("Job"), "value": change.job_id})
    if change.undo_of:
        rows.append({"label": _("Undoes change"), "value": change.undo_of})
    if change.undone_by:
        rows.append({"label": _("Undone by change"), "value": change.undone_by})
    return rows


def fields_of(change: Change) -> list[tuple[str, str, str, str]]:
    """(field, before, after, now) for every field that any of these names."""
    before, after, now = change.step.before or {}, change.step.after or {}, change.now or {}
    names = dict.fromkeys([*before, *after, *now])
    return [(name, _shown(before, name), _shown(after, name), _shown(now, name)) for name in names]


def _shown(values: Any, name: str) -> str:
    value = values.get(name)
    if value is None:
        return "—"
    if isinstance(value, list):
        return ", ".join(_item(item) for item in value) or "—"
    return _item(value)


def _item(value: Any) -> str:
    if isinstance(value, dict) and "host" in value:
        return f"{value['host']}:{value['port']}" if value.get("port") else str(value["host"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@bp.route("/<int(max=2147483647):change_id>/undo", methods=["GET", "POST"])
@right(Right.VIEW_CHANGES)
def undo(actor: Actor, change_id: int) -> Any:
    """The page that says what undoing sends and what it cannot bring back, then the undo."""
    changes = service(ChangeService)
    form = ConfirmForm()
    status = 200
    if request.method == "POST" and form.validate():
        try:
            changes.undo(actor, change_id, form.request_key.data, typed=form.confirm.data or "")
            return redirect(url_for("changes.show", change_id=change_id), 303)
        except Invalid as error:
            apply_problems(form, error)
            status = 422
        except GatehouseError as error:
            status = show_problem(form, error)
            if status == 404:
                raise
            return _show_page(actor, change_id, form), status
    try:
        plan = changes.undo_plan(actor, change_id)
    except GatehouseError as error:
        status = show_problem(form, error)
        if status in (403, 404):
            raise
        return _show_page(actor, change_id, form), status
    return render_template(
        "changes/undo.html", form=form, plan=plan, wish=wish, past=past, command_sentence=command_sentence
    ), status


@bp.route("/<int(max=2147483647):change_id>/finish", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def finish(actor: Actor, change_id: int) -> Any:
    """The page that shows what is left of a wish, then sends it."""
    changes = service(ChangeService)
    form = ConfirmForm()
    status = 200
    try:
        if request.method == "POST" and form.validate():
            status = _finished(changes, actor, change_id, form)
            if status == 303:
                return redirect(url_for("changes.show", change_id=change_id), status)
        plan = changes.finish_plan(actor, change_id)
    except GatehouseError as error:
        status = show_problem(form, error)
        if status in (403, 404):
            raise
        return _show_page(actor, change_id, form), status
    form.checksum.data = plan.checksum
    typed = display(plan.command.domain) if isinstance(plan.command, RemoveDomain) else ""
    page = render_template(
        "changes/finish.html", form=form, plan=plan, wish=wish, change_id=change_id, typed=typed
    )
    return page, status


def _finished(changes: ChangeService, actor: Actor, change_id: int, form: ConfirmForm) -> int:
    """Sends the rest: 303, or 422 when the name of a domain that goes was not typed."""
    try:
        changes.finish(
            actor,
            change_id,
            form.request_key.data,
            confirmed=form.checksum.data or "",
            typed=form.confirm.data or "",
        )
    except Invalid as error:
        apply_problems(form, error)
        return 422
    return 303


@bp.post("/<int(max=2147483647):change_id>/look")
@right(Right.SETTLE_CHANGES)
def look(actor: Actor, change_id: int) -> ResponseReturnValue:
    """Look upstream now what became of an open change."""
    service(ChangeService).look(actor, change_id)
    return redirect(url_for("changes.show", change_id=change_id), 303)


@bp.post("/<int(max=2147483647):change_id>/close")
@right(Right.SETTLE_CHANGES)
def close(actor: Actor, change_id: int) -> Any:
    """Close an open change by hand, with a note."""
    form = ConfirmForm()
    try:
        state = State(request.form.get("state", ""))
    except ValueError:
        state = State.INTENDED
    try:
        service(ChangeService).close(actor, change_id, state, request.form.get("note", ""))
    except Invalid as error:
        form.errors_above = list(error.fields.values())
        return _show_page(actor, change_id, form, request.form.get("note", "")), 422
    return redirect(url_for("changes.show", change_id=change_id), 303)
