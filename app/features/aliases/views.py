"""The aliases tab of a domain."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import AddAliases, RemoveAliases, parse
from app.core.errors import GatehouseError, Invalid
from app.features.aliases.forms import AliasesForm
from app.features.aliases.service import AliasService
from app.web.errors import show_problem
from app.web.forms import apply_problems
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address, words

bp = Blueprint("aliases", __name__, url_prefix="/domains")


@bp.route("/<key>/<name>/aliases", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def edit(actor: Actor, key: str, name: str) -> Any:
    """Add several aliases, or remove chosen ones."""
    aliases = service(AliasService)
    name = name_from_address(name)
    form = AliasesForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                aliases.change(actor, _command(form, key, name), form.request_key.data)
                return redirect(url_for("aliases.edit", key=key, name=name), 303)
            except Invalid as error:
                apply_problems(form, error)
            except GatehouseError as error:
                status = show_problem(form, error)
    found = aliases.read(actor, key, name)
    gaps = found.gaps(Capability.ALIASES_READ, Capability.ALIASES_WRITE)
    return render_template("aliases/edit.html", form=form, found=found, gaps=gaps), status


def _command(form: AliasesForm, key: str, name: str) -> AddAliases | RemoveAliases:
    base = {"connection": key, "domain": name}
    if "remove" in request.form:
        return parse(RemoveAliases, {**base, "aliases": request.form.getlist("alias")})
    return parse(AddAliases, {**base, "aliases": words(form.aliases.data)})
