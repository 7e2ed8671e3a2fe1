"""The page of search results; a single hit opens at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.features.search.service import MOST, SearchService
from app.web.permissions import right
from app.web.services import service

bp = Blueprint("search", __name__, url_prefix="/search")


@bp.get("/")
@right(Right.VIEW_DOMAINS)
def index(actor: Actor) -> Any:
    """What the text of the search box names."""
    text = request.args.get("q", "").replace("\x00", "")
    found = service(SearchService).find(actor, text)
    if found.change_id is not None:
        return redirect(url_for("changes.show", change_id=found.change_id))
    if found.exact is not None:
        key, name = found.exact
        return redirect(url_for("domains.show", key=key, name=name))
    if len(found.rows) == 1:
        return redirect(url_for("domains.show", key=found.rows[0].connection, name=found.rows[0].name))
    return render_template("search/index.html", found=found, most=MOST)
