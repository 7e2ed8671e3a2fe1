"""The tab with the notes of a domain."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.features.notes.forms import NoteForm
from app.features.notes.service import NoteService
from app.web.errors import tried
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address

bp = Blueprint("notes", __name__, url_prefix="/domains")


@bp.route("/<key>/<name>/notes", methods=["GET", "POST"])
@right(Right.VIEW_DOMAINS)
def show(actor: Actor, key: str, name: str) -> Any:
    """The notes of a domain and its mailboxes; write one."""
    notes, domain = service(NoteService), name_from_address(name)
    form = NoteForm()
    status: int | None = 200
    if request.method == "POST":
        status = tried(
            form, lambda: notes.add(actor, key, domain, form.text.data or "", form.mailbox.data or "")
        )
        if status is None:
            return redirect(url_for("notes.show", key=key, name=domain), 303)
    else:
        form.mailbox.data = request.args.get("mailbox", "")[:320]
    page = notes.page(actor, key, domain)
    gaps = page.found.gaps()
    return render_template(
        "notes/show.html", page=page, found=page.found, gaps=gaps, form=form, own=actor
    ), status


@bp.post("/<key>/<name>/notes/<int(max=2147483647):note_id>/remove")
@right(Right.VIEW_DOMAINS)
def remove(actor: Actor, key: str, name: str, note_id: int) -> Response:
    """Take out one's own note."""
    domain = name_from_address(name)
    service(NoteService).remove(actor, key, domain, note_id)
    return redirect(url_for("notes.show", key=key, name=domain), 303)  # type: ignore[return-value]
