"""The aliases tab of a domain."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.core.commands import AddAliases, RemoveAliases, SetAliases, parse
from app.core.errors import GatehouseError, Invalid
from app.core.names import display
from app.features.aliases import email_views
from app.features.aliases.forms import AliasesForm, ReplaceAliasesForm
from app.features.aliases.service import AliasService
from app.web.errors import show_problem, tried
from app.web.forms import apply_problems
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address, words

bp = Blueprint("aliases", __name__, url_prefix="/domains")
email_views.add_to(bp)


@bp.route("/<key>/<name>/aliases", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def edit(actor: Actor, key: str, name: str) -> Any:
    """Add several aliases, or remove chosen ones."""
    aliases = service(AliasService)
    name = name_from_address(name)
    form = AliasesForm()
    status: int | None = 200
    if request.method == "POST":
        status = tried(form, lambda: aliases.change(actor, _command(form, key, name), form.request_key.data))
        if status is None:
            return redirect(url_for("aliases.edit", key=key, name=name), 303)
    found = aliases.read(actor, key, name)
    gaps = found.gaps()
    return render_template("aliases/edit.html", form=form, found=found, gaps=gaps), status


@bp.route("/<key>/<name>/aliases/all", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def replace(actor: Actor, key: str, name: str) -> Any:
    """Replace the whole list: what would come and go is shown, then done."""
    aliases = service(AliasService)
    name = name_from_address(name)
    form = ReplaceAliasesForm()
    status, plan, command = 200, None, None
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                command = _replacement(form, key, name)
                if "apply" in request.form:
                    aliases.replace(actor, command, form.request_key.data, form.checksum.data or "")
                    return redirect(url_for("aliases.edit", key=key, name=name), 303)
                plan = aliases.replace_plan(actor, command)
                form.checksum.data, status = plan.checksum, 200
            except Invalid as error:
                apply_problems(form, error, names=lambda path: path.replace("expected", "aliases", 1))
            except GatehouseError as error:
                status = show_problem(form, error)
    found = aliases.read(actor, key, name)
    now = found.domain.aliases or ()
    if request.method == "GET":
        form.aliases.data = "\n".join(display(alias) for alias in now)
        form.expected.data = ", ".join(now)
    difference = command.difference(now) if plan is not None and command is not None else None
    gaps = found.gaps()
    page = render_template(
        "aliases/replace.html", form=form, found=found, gaps=gaps, plan=plan, difference=difference
    )
    return page, status


def _replacement(form: ReplaceAliasesForm, key: str, name: str) -> SetAliases:
    return parse(
        SetAliases,
        {
            "connection": key,
            "domain": name,
            "aliases": words(form.aliases.data),
            "expected": words(form.expected.data),
        },
    )


def _command(form: AliasesForm, key: str, name: str) -> AddAliases | RemoveAliases:
    base = {"connection": key, "domain": name}
    if "remove" in request.form:
        return parse(RemoveAliases, {**base, "aliases": request.form.getlist("alias")})
    return parse(AddAliases, {**base, "aliases": words(form.aliases.data)})
