"""The platforms tab of a domain: a table with whom each serves, and an editor whose routes can be tried before they are saved."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.core.commands import SetPlatforms, parse
from app.core.errors import GatehouseError, Invalid
from app.core.model import Reading, Route
from app.features.domains.forms import PlatformsForm
from app.features.domains.platforms import DomainPlatforms, PlatformService
from app.features.domains.service import DomainService
from app.web.errors import show_problem
from app.web.forms import apply_problems
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address

Tried = list[tuple[Route, list[Reading]]]


def add_to(bp: Blueprint) -> None:
    """Registers this page with the blueprint of the domains."""
    bp.add_url_rule("/<key>/<name>/platforms", "platforms", platforms)
    bp.add_url_rule("/<key>/<name>/platforms/edit", "platforms_edit", edit, methods=["GET", "POST"])


@right(Right.VIEW_DOMAINS)
def platforms(actor: Actor, key: str, name: str) -> str:
    """Where mail of the domain goes, and that of single mailboxes."""
    read = service(PlatformService).read(actor, key, name_from_address(name))
    return render_template("domains/platforms.html", read=read, found=read.found, gaps=read.found.gaps())


@right(Right.CHANGE_DOMAINS)
def edit(actor: Actor, key: str, name: str) -> Any:
    """Change, add and take away platforms; every route can be tried first."""
    service_of = service(PlatformService)
    name = name_from_address(name)
    form = PlatformsForm()
    read = service_of.read(actor, key, name)
    if request.method == "GET":
        form.show(read.platforms or ())
        return _page(form, read)
    if form.act(request.form):
        return _page(form, read)
    status, tried = 422, None
    if form.validate():
        try:
            command = parse(SetPlatforms, {"connection": key, "domain": name, **_wish(form)})
            if "test" in request.form:
                routes = [route.to_route() for one in command.platforms for route in one.routes]
                tried = service(DomainService).test_routes(actor, key, name, list(dict.fromkeys(routes)))
                return _page(form, read, tried=tried)
            service_of.change(actor, command, form.request_key.data)
            return redirect(url_for("domains.platforms", key=key, name=name), 303)
        except Invalid as error:
            apply_problems(form, error, names=_field_name)
        except GatehouseError as error:
            status = show_problem(form, error)
    return _page(form, read, status)


def _wish(form: PlatformsForm) -> dict[str, Any]:
    """What `SetPlatforms` reads. The hidden field with what the person saw counts as nothing where it cannot be read."""
    try:
        expected = json.loads(form.expected.data or "null")
    except (ValueError, RecursionError):
        expected = None
    wish: dict[str, Any] = {"platforms": form.inputs()}
    return wish | ({"expected": expected} if isinstance(expected, list) else {})


def _field_name(path: str) -> str:
    """The form's field for a path of the command: "platforms.0.routes.1.host" is "platforms.0.fallback_host"."""
    parts = path.split(".")
    if len(parts) >= 4 and parts[2] == "routes":
        name = parts[4] if len(parts) > 4 else "host"
        return ".".join([*parts[:2], f"fallback_{name}" if parts[3] == "1" else name])
    if len(parts) == 3 and parts[2] == "routes":
        return ".".join([*parts[:2], "host"])
    return path


def _page(
    form: PlatformsForm, read: DomainPlatforms, status: int = 200, tried: Tried | None = None
) -> tuple[str, int]:
    gaps = read.found.gaps()
    sealed = [one for one in read.platforms or () if one.sealed]
    page = render_template(
        "domains/platforms_edit.html",
        form=form,
        read=read,
        found=read.found,
        gaps=gaps,
        sealed=sealed,
        tried=tried,
    )
    return page, status
