"""The pages of a search over all mailboxes of a domain: start it, watch it, act on what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.errors import NotFound
from app.core.messages import MailSource
from app.core.text import msg
from app.features.quarantine.forms import ActForm, SearchForm, chosen_of, packed, query_from
from app.features.quarantine.present import COLUMNS, address, cells_of
from app.features.quarantine.searches import PAGE, BoxSearchService, BoxSearchView
from app.features.quarantine.service import OF_SOURCE, may_do
from app.operations.messages import MailRow
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.services import service
from app.web.tables import csv_answer, xlsx_answer

_NUMBER = "<int(max=2147483647):job_id>"
_NOT_ASKED = ("page", "connection", "key", "csrf_token", "request_key")
"""Values of an address or form that are no part of what is looked for."""


def add_to(bp: Blueprint) -> None:
    """Registers these pages with the blueprint of the messages."""
    bp.add_url_rule("/searches", "search_start", start, methods=["POST"])
    base = f"/searches/{_NUMBER}"
    bp.add_url_rule(base, "search_show", show)
    bp.add_url_rule(f"{base}/export.<kind>", "search_export", export)
    for name, view in (("stop", stop), ("resume", resume), ("retry", retry), ("forget", forget)):
        bp.add_url_rule(f"{base}/{name}", f"search_{name}", view, methods=["POST"])


def asked_for(values: Mapping[str, str]) -> dict[str, str]:
    """What an address or a form looks for, as the fields of another form or address."""
    return {name: text for name, text in values.items() if text and name not in _NOT_ASKED}


@right(Right.VIEW_QUARANTINE)
def start(actor: Actor) -> Any:
    """Start a search with the fields of the list that led here."""
    form = SearchForm()
    query = query_from(request.form, MailSource.QUARANTINE, 1)
    key = request.form.get("key", "")[:64]
    job_id = service(BoxSearchService).start(actor, key, query, form.request_key.data)
    return redirect(url_for("quarantine.search_show", job_id=job_id), 303)


@right(Right.VIEW_QUARANTINE)
def show(actor: Actor, job_id: int) -> str:
    """How far it is, what it found, which mailboxes did not answer. It looks again by itself until the search has ended."""
    view = service(BoxSearchService).view(actor, job_id, page_number())
    rows = [(row, packed(chosen_of(row)), address(row.connection.key, row.item.key)) for row in view.rows]
    return render_template(
        "quarantine/search.html",
        view=view,
        job=view.job,
        rows=rows,
        actions=_offered(actor, view),
        form=ActForm(formdata=None),
        pager=Pager.of(page_number(), PAGE, view.found.total),
        again=_again(view),
    )


def _offered(actor: Actor, view: BoxSearchView) -> list[str]:
    """What can be done with several messages, once the list no longer changes."""
    if not view.job.state.ended:
        return []
    return [action for action in OF_SOURCE[MailSource.QUARANTINE] if may_do(actor, view.card, action) is None]


def _again(view: BoxSearchView) -> str:
    """The list with what the search looks for, to start another one."""
    query = view.search.query
    texts = ("sender", "recipient", "cc", "subject", "message_id", "text", "folder")
    asks = {name: getattr(query, name) for name in texts if getattr(query, name)}
    if "operator" in query.asks:
        asks["operator"] = query.operator.value
    for name in ("since", "until"):
        if (end := getattr(query, name)) is not None:
            asks[name] = end.isoformat()
    return url_for("quarantine.index", domain=view.search.domain, connection=view.connection.key, **asks)


@right(Right.VIEW_QUARANTINE)
def export(actor: Actor, job_id: int, kind: str) -> Any:
    """Everything that is kept of it as CSV or XLSX; needs the right to export as well."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(msg("Messages are exported as csv or xlsx."))
    searches = service(BoxSearchService)
    view = searches.view(actor, job_id, size=1)
    lines = [cells_of(MailRow(view.connection, item)) for item in searches.all_found(actor, job_id)]
    if view.search.cut or view.boxes.all is None or view.boxes.read < view.boxes.all:
        why = view.boxes.text.render(_)
        lines.append((_("Not complete: %(why)s", why=why), *[""] * (len(COLUMNS) - 1)))
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(f"messages-of-search-{job_id}.{kind}", COLUMNS, lines)


@right(Right.VIEW_QUARANTINE)
def stop(actor: Actor, job_id: int) -> Any:
    """Begin no further mailbox."""
    service(BoxSearchService).stop(actor, job_id)
    return _back(job_id)


@right(Right.VIEW_QUARANTINE)
def resume(actor: Actor, job_id: int) -> Any:
    """Go on with a stopped search."""
    service(BoxSearchService).resume(actor, job_id)
    return _back(job_id)


@right(Right.VIEW_QUARANTINE)
def retry(actor: Actor, job_id: int) -> Any:
    """Read the mailboxes that did not answer once more."""
    service(BoxSearchService).retry(actor, job_id)
    return _back(job_id)


@right(Right.VIEW_QUARANTINE)
def forget(actor: Actor, job_id: int) -> Any:
    """Take out what it found."""
    service(BoxSearchService).forget(actor, job_id)
    return redirect(url_for("quarantine.index"), 303)


def _back(job_id: int) -> Any:
    return redirect(url_for("quarantine.search_show", job_id=job_id), 303)
