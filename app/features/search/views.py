"""The page of search results, and the list that opens below the search box; a single hit opens at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.features.search.service import LONGEST, MOST, Hit, Question, SearchService, Type
from app.web.permissions import right
from app.web.services import service

bp = Blueprint("search", __name__, url_prefix="/search")

FEW = 4
"""Hits of one type in the list below the search box."""


@bp.get("/")
@right(Right.VIEW_DOMAINS)
def index(actor: Actor) -> Any:
    """What the text of the search box names."""
    found = service(SearchService).find(actor, _text())
    if found.only is not None:
        return redirect(hit_url(found.only))
    return render_template("search/index.html", found=found, most=MOST, **_HELPERS)


@bp.get("/below")
@right(Right.VIEW_DOMAINS)
def below(actor: Actor) -> str:
    """The same as a short list, while somebody types."""
    text = _text()
    found = service(SearchService).find(actor, text, FEW) if len(text.strip()) > 1 else None
    return render_template("search/_below.html", found=found, **_HELPERS)


def _text() -> str:
    return request.args.get("q", "").replace("\x00", "")[:LONGEST]


def hit_url(hit: Hit) -> str:
    """Where a hit leads."""
    if hit.type is Type.CHANGE:
        return url_for("changes.show", change_id=hit.number)
    if hit.type is Type.MAILBOX:
        where: dict[str, Any] = {"area": "mailboxes", "key": hit.connection, "kind": "mailboxes"}
        return url_for("resources.one", **where, domain=hit.domain, item=hit.name)
    if hit.type is Type.RULE:
        name = hit.domain or "default"
        return url_for("rules.show", key=hit.connection, name=name, mailbox=hit.name or None)
    return url_for("domains.show", key=hit.connection, name=hit.domain)


def question_url(question: Question) -> str:
    """Where a question to the upstreams is put."""
    if question.action in ("log", "quarantine"):
        return url_for("quarantine.index", source=question.action, message_id=question.about)
    asked: dict[str, Any] = {question.action: question.about}
    return url_for("lookup.index", **asked)


_HELPERS: dict[str, Any] = {"hit_url": hit_url, "question_url": question_url}
