"""The pages of bulk work: choose, look at what would be done, start; and the import of files."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.core.actor import Actor, Right
from app.core.errors import GatehouseError, Invalid
from app.core.names import NameProblem, domain_name
from app.core.text import msg
from app.features.bulk.files import COLUMNS, MOST_BYTES, MOST_ROWS, OPTION
from app.features.bulk.forms import FIELDS, BulkForm, ImportForm
from app.features.bulk.imports import ImportService
from app.features.bulk.service import ACTIONS, BulkService, Preview, Selection
from app.features.domains.filters import filters
from app.features.rules.forms import what_choices
from app.web.errors import show_problem
from app.web.forms import apply_problems
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service
from app.web.tables import csv_answer

bp = Blueprint("bulk", __name__, url_prefix="/bulk")

SHOWN = 200


@bp.post("/")
@right(Right.BULK)
def choose(actor: Actor) -> Any:
    """The chosen domains and one action: its fields, then what it would do, then the start."""
    bulk = service(BulkService)
    action = request.form.get("action", "")
    if action not in ACTIONS:
        return _page(actor, "", BulkForm(formdata=None), None)
    form = BulkForm() if "step" in request.form else BulkForm(formdata=None)
    form.setting.choices = [(n, translated(m)) for n, m in bulk.setting_choices(actor, _selection())]
    form.what.choices = what_choices(bulk.rule_shapes(actor, _selection()))
    if "step" not in request.form and FIELDS[action]:
        return _page(actor, action, form, None)
    status, preview = 200, None
    try:
        if request.form.get("step") == "start":
            job_id = _start(actor, bulk, action, form)
            return redirect(url_for("jobs.show", job_id=job_id), 303)
        preview = bulk.preview(actor, action, _selection(), _values(form))
    except Invalid as error:
        apply_problems(form, error, names=_field_name)
        status = 422
    except GatehouseError as error:
        status = show_problem(form, error)
    if preview is None and request.form.get("step") == "start":
        preview = _again(actor, bulk, action, form)
    if preview is not None:
        form.checksum.data = preview.checksum
    return _page(actor, action, form, preview), status


def _start(actor: Actor, bulk: BulkService, action: str, form: BulkForm) -> int:
    return bulk.start(
        actor,
        action,
        _selection(),
        _values(form),
        request_key=form.request_key.data,
        confirmed=form.checksum.data or "",
        typed=form.confirm.data or "",
    )


def _again(actor: Actor, bulk: BulkService, action: str, form: BulkForm) -> Preview | None:
    """What would be done now, to be shown beside what was wrong with the confirmation."""
    try:
        return bulk.preview(actor, action, _selection(), _values(form))
    except GatehouseError:
        return None


def _selection() -> Selection:
    """The chosen domains of the posted form: single ones, or everything that the list showed."""
    if request.form.get("everything"):
        shown = MultiDict(parse_qsl(request.form.get("shown", ""), errors="replace"))
        return Selection(query=filters(shown))
    names = []
    for text in request.form.getlist("selected"):
        key, _, name = text.partition("/")
        try:
            names.append((key, domain_name(name)))
        except NameProblem:
            continue
    return Selection(tuple(dict.fromkeys(names)))


def _values(form: BulkForm) -> dict[str, str]:
    names = (
        "host",
        "port",
        "old_host",
        "routes",
        "alias",
        "setting",
        "value",
        "what",
        "pattern",
        "until",
        "note",
    )
    return {name: form[name].data or "" for name in names}


def _field_name(path: str) -> str:
    """The form's field for a path of the commands."""
    renamed = {"new_host": "host", "new_port": "port", "name": "setting"}
    last = path.split(".")[-1]
    first = path.split(".")[0]
    if first == "rules":
        return {"kind": "what", "action": "what", "expires": "until"}.get(last, last)
    if first == "aliases":
        return "alias"
    if first == "routes":
        return "routes"
    return renamed.get(last, last)


def _page(actor: Actor, action: str, form: BulkForm, preview: Preview | None) -> str:
    form.word_for(action)
    return render_template(
        "bulk/choose.html",
        action=action,
        actions=[(name, translated(label)) for name, (label, needed) in ACTIONS.items() if actor.may(needed)],
        label=translated(ACTIONS[action][0]) if action else "",
        form=form,
        fields=[form[name] for name in FIELDS.get(action, ())],
        preview=preview,
        shown=SHOWN,
        selected=request.form.getlist("selected"),
        everything=request.form.get("everything", ""),
        query=request.form.get("shown", ""),
    )


@bp.route("/import", methods=["GET", "POST"])
@right(Right.IMPORT)
def upload(actor: Actor) -> Any:
    """A file of domains: checked row by row, nothing sent before somebody says so."""
    imports = service(ImportService)
    form = ImportForm()
    form.connection.choices = [(c.key, c.name) for c in imports.targets(actor)]
    status = 200
    if request.method == "POST" and form.validate():
        file = request.files.get("file")
        try:
            if file is None or not file.filename:
                raise Invalid({"file": msg("Choose a file.")})
            data = file.stream.read(MOST_BYTES + 1)
            made = imports.dry_run(
                actor, file.filename, data, form.connection.data or "", form.request_key.data
            )
            return redirect(url_for("jobs.show", job_id=made.job_id), 303)
        except Invalid as error:
            apply_problems(form, error)
            status = 422
        except GatehouseError as error:
            status = show_problem(form, error)
    page = render_template("bulk/import.html", form=form, columns=COLUMNS, option=OPTION, most=MOST_ROWS)
    return page, status


@bp.get("/import/<int(max=2147483647):job_id>/rejects.csv")
@right(Right.IMPORT)
def rejects(actor: Actor, job_id: int) -> Any:
    """The rows of an import that were not added, with the reasons; mended, they can be imported again."""
    rejects = service(ImportService).rejects(actor, job_id)
    return csv_answer(f"rejects-{job_id}.csv", rejects.columns, rejects.rows)
