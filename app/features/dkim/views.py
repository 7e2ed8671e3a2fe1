"""The DKIM tab of a domain."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import RemoveDkim, SetDkim, parse
from app.core.errors import NotFound
from app.core.names import display
from app.core.text import msg
from app.features.dkim.forms import DkimForm
from app.features.dkim.service import DkimService
from app.web.confirm import ConfirmForm
from app.web.errors import tried
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address

bp = Blueprint("dkim", __name__, url_prefix="/domains")


@bp.get("/<key>/<name>/dkim")
@right(Right.VIEW_DOMAINS)
def show(actor: Actor, key: str, name: str) -> Any:
    """The keys with their DNS records, and whether they are published."""
    return _page(actor, key, name_from_address(name), DkimForm(formdata=None))


@bp.post("/<key>/<name>/dkim")
@right(Right.CHANGE_DOMAINS)
def set_key(actor: Actor, key: str, name: str) -> Any:
    """Set or replace the key."""
    name = name_from_address(name)
    form = DkimForm()

    def send() -> None:
        command = parse(SetDkim, {"connection": key, "domain": name, **_entered(form)})
        service(DkimService).set(actor, command, form.request_key.data)

    status = tried(form, send)
    if status is None:
        return redirect(url_for("dkim.show", key=key, name=name), 303)
    form.private_key.data = ""  # it is not sent back
    return _page(actor, key, name, form), status


def _entered(form: DkimForm) -> dict[str, Any]:
    entered = {"selector": form.selector.data or "", "replace": bool(form.replace.data)}
    return entered | ({"private_key": form.private_key.data} if form.private_key.data else {})


def _page(actor: Actor, key: str, name: str, form: DkimForm) -> str:
    page = service(DkimService).page(actor, key, name)
    return render_template(
        "dkim/show.html",
        page=page,
        found=page.found,
        gaps=page.found.gaps(),
        form=form,
        may_write=actor.may(Right.CHANGE_DOMAINS) and Capability.DKIM_WRITE in page.found.card.can,
    )


@bp.route("/<key>/<name>/dkim/remove", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def remove(actor: Actor, key: str, name: str) -> Any:
    """The page that names what goes, then the removal."""
    dkim = service(DkimService)
    name = name_from_address(name)
    form = ConfirmForm()
    status: int | None = 200
    if request.method == "POST":
        status = tried(
            form,
            lambda: dkim.remove(
                actor,
                parse(RemoveDkim, {"connection": key, "domain": name}),
                form.request_key.data,
                typed=form.confirm.data or "",
                confirmed=form.checksum.data or "",
            ),
        )
        if status is None:
            return redirect(url_for("dkim.show", key=key, name=name), 303)
    plan = dkim.removal_plan(actor, key, name)
    if not plan.steps:
        raise NotFound(msg("{domain} has no DKIM key.", domain=display(name)))
    form.checksum.data = plan.checksum
    page = render_template("dkim/remove.html", form=form, plan=plan, name=name, step=plan.steps[0])
    return page, status
