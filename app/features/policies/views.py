"""The pages of policies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import SetSetting, parse
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.model import FieldKind
from app.core.names import NameProblem, domain_name
from app.features.policies.service import PolicyPage, PolicyService
from app.web.confirm import ConfirmForm
from app.web.errors import show_problem
from app.web.fields import field_choices, shown
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service

bp = Blueprint("policies", __name__, url_prefix="/policies")

DEFAULTS = "default"


def _domain(name: str) -> str | None:
    """The domain of an address; the word "default" is the connection's defaults."""
    if name == DEFAULTS:
        return None
    try:
        return domain_name(name)
    except NameProblem as problem:
        raise NotFound(problem.message) from problem


@bp.get("/")
@right(Right.VIEW_POLICIES)
def index(actor: Actor) -> str:
    """The connections with settings, and the form that compares domains."""
    return render_template(
        "policies/index.html",
        connections=service(PolicyService).overview(actor),
    )


@bp.get("/compare")
@right(Right.VIEW_POLICIES)
def compare(actor: Actor) -> str:
    """Several domains side by side, as `d=connection/domain` in the address names them."""
    pairs = []
    for text in request.args.getlist("d")[:6]:
        key, _slash, name = text.strip().partition("/")
        if name:
            pairs.append((key, _domain(name) or ""))
    pages = service(PolicyService).compare(actor, [p for p in pairs if p[1]])
    names = list(dict.fromkeys(field.name for page in pages for field in page.fields))
    table = [_compared(pages, name) for name in names]
    return render_template("policies/compare.html", pages=pages, table=table, shown=shown)


def _compared(pages: Sequence[PolicyPage], name: str) -> dict[str, Any]:
    """One row of the comparison."""
    cells = [next((field for field in page.fields if field.name == name), None) for page in pages]
    known = [field for field in cells if field is not None and field.problem is None]
    differs = len({json.dumps(field.value) for field in known}) > 1
    return {"label": next(f for f in cells if f is not None).label, "cells": cells, "differs": differs}


@bp.route("/<key>/<name>", methods=["GET", "POST"])
@right(Right.VIEW_POLICIES)
def show(actor: Actor, key: str, name: str) -> Any:
    """The settings of a domain, or the defaults; a form for each."""
    policies = service(PolicyService)
    domain = _domain(name)
    form = ConfirmForm()
    status = 200
    errors: dict[str, str] = {}
    typed: dict[str, str] = {}
    if request.method == "POST" and form.validate():
        setting = request.form.get("setting", "")
        typed = {setting: request.form.get("value", "")}
        try:
            value = None if "reset" in request.form else request.form.get("value", "")
            data = {"connection": key, "domain": domain, "name": setting, "value": value}
            policies.set(actor, parse(SetSetting, data), form.request_key.data)
            return redirect(url_for("policies.show", key=key, name=name), 303)
        except Invalid as error:
            errors = {setting: " ".join(translated(text) for text in error.fields.values())}
            status = 422
        except GatehouseError as error:
            status = show_problem(form, error)
    page = policies.page(actor, key, domain)
    return render_template(
        "policies/show.html",
        page=page,
        form=form,
        errors=errors,
        typed=typed,
        name=name,
        kinds=FieldKind,
        writable=Capability.SETTINGS_WRITE in page.card.can and actor.may(Right.CHANGE_POLICIES),
        shown=shown,
        field_choices=field_choices,
    ), status


@bp.get("/<key>/default/overrides/<setting>")
@right(Right.VIEW_POLICIES)
def overrides(actor: Actor, key: str, setting: str) -> str:
    """Who overrides this default, as far as it was read."""
    found = service(PolicyService).overrides(actor, key, setting)
    return render_template("policies/overrides.html", found=found, key=key, shown=shown, form=ConfirmForm())


@bp.post("/<key>/default/overrides/<setting>/read")
@right(Right.SYNC)
def read_everywhere(actor: Actor, key: str, setting: str) -> ResponseReturnValue:
    """Read the setting of every domain, as a job."""
    form = ConfirmForm()
    job_id = service(PolicyService).read_everywhere(actor, key, setting, form.request_key.data)
    return redirect(url_for("jobs.show", job_id=job_id), 303)
