"""The pages of policies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import SetSetting, parse
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.model import FieldKind, PolicyField, Source
from app.core.names import NameProblem, domain_name
from app.features.policies.service import PolicyPage, PolicyService
from app.web.confirm import ConfirmForm
from app.web.errors import show_problem
from app.web.fields import field_choices, grouped, shown
from app.web.navigation import keep_query
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
    only = request.args.get("only") == "different"
    rows = [row for row in table if row["differs"] or not only]
    groups = groupby(rows, key=lambda row: row["heading"])
    return render_template(
        "policies/compare.html",
        pages=pages,
        groups=[(heading, list(part)) for heading, part in groups],
        different=sum(row["differs"] for row in table),
        only=only,
        chosen=[f"{key}/{domain or DEFAULTS}" for key, domain in pairs],
        shown=shown,
    )


def _compared(pages: Sequence[PolicyPage], name: str) -> dict[str, Any]:
    """One row of the comparison."""
    cells = [next((field for field in page.fields if field.name == name), None) for page in pages]
    known = [field for field in cells if field is not None and field.problem is None]
    differs = len({json.dumps(field.value) for field in known}) > 1
    field = next(f for f in cells if f is not None)
    heading = str(translated(field.group)) if field.group else ""
    return {"label": field.label, "heading": heading, "cells": cells, "differs": differs}


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
            return redirect(keep_query("policies.show", key=key, name=name), 303)
        except Invalid as error:
            errors = {setting: " ".join(translated(text) for text in error.fields.values())}
            status = 422
        except GatehouseError as error:
            status = show_problem(form, error)
    page = policies.page(actor, key, domain)
    wanted = SettingsFilter(request.args.get("q", "")[:100], request.args.get("only", ""))
    return render_template(
        "policies/show.html",
        page=page,
        wanted=wanted,
        groups=grouped(field for field in page.fields if wanted.fits(field)),
        form=form,
        errors=errors,
        typed=typed,
        name=name,
        kinds=FieldKind,
        writable=Capability.SETTINGS_WRITE in page.card.can and actor.may(Right.CHANGE_POLICIES),
        shown=shown,
        field_choices=field_choices,
    ), status


@dataclass(frozen=True, slots=True)
class SettingsFilter:
    """Which settings a page shows: `text` in label, name or meaning; `only` those set here ("own"), those that differ from
    the default ("differs") or those that could not be read ("problem")."""

    text: str
    only: str

    def fits(self, field: PolicyField) -> bool:
        """Whether the setting is shown."""
        words = (
            f"{translated(field.label)} {field.name} {translated(field.help) if field.help else ''}".lower()
        )
        if not all(word in words for word in self.text.lower().split()):
            return False
        match self.only:
            case "own":
                return field.source is Source.OWN
            case "differs":
                return field.source is Source.OWN and not field.equals_default
            case "problem":
                return field.problem is not None
        return True


@bp.get("/<key>/default/overrides")
@right(Right.VIEW_POLICIES)
def overrides_of_all(actor: Actor, key: str) -> str:
    """How many domains override each default, as far as it was read."""
    found = service(PolicyService).overrides_of_all(actor, key)
    own = {field.name: (count, read) for field, count, read in found.rows}
    return render_template(
        "policies/overrides_of_all.html",
        found=found,
        key=key,
        own=own,
        groups=grouped(field for field, _own, _read in found.rows),
        form=ConfirmForm(),
    )


@bp.post("/read")
@right(Right.SYNC)
def read_all_everywhere(actor: Actor) -> ResponseReturnValue:
    """Read all settings of every domain of a connection, as a job."""
    form = ConfirmForm()
    key = request.form.get("connection", "")
    job_id = service(PolicyService).read_everywhere(actor, key, "", form.request_key.data)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


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
