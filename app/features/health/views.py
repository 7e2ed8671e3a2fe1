"""The pages of health: the list over everything, the tab of a domain, and a route tried before it is saved."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.errors import Invalid, NotFound
from app.core.health import CHECKS, DNS, SMTP, UPSTREAM, HealthQuery, HealthRow, check_label
from app.core.model import Reading, Verdict
from app.core.names import NameProblem, display, domain_name
from app.core.routes import parse_routes
from app.core.text import msg
from app.features.health.forms import RelayForm, StartForm
from app.features.health.service import HealthService
from app.web.errors import tried
from app.web.feedback import register_link
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service
from app.web.tables import csv_answer, xlsx_answer
from app.web.texts import name_from_address

bp = Blueprint("health", __name__)

register_link(
    "health.show", lambda params: {"url": url_for("health.show", key=params["key"], name=params["name"])}
)

SIZES = (25, 50, 100, 200)
PROBLEMS = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
COLUMNS = (
    "verdict",
    "connection",
    "domain",
    "check",
    "subject",
    "found",
    "expected",
    "advice",
    "record",
    "source",
    "seen_at",
    "since",
)


def query_from_url() -> HealthQuery:
    """The list that the address names; all problems where it names no verdict. What makes no sense is left out."""
    args = request.args
    wanted = args.get("verdict", "")
    verdicts = (Verdict(wanted),) if wanted in set(Verdict) else () if wanted == "any" else PROBLEMS
    size = args.get("size", "50")
    connection = args.get("connection", "")[:64]
    return HealthQuery(
        verdicts=verdicts,
        check=_text(args.get("check", ""))[:64],
        connections=(connection,) if connection else (),
        source=args.get("source", "") if args.get("source", "") in (DNS, SMTP, UPSTREAM) else "",
        text=_text(args.get("q", "")),
        page=page_number(),
        size=int(size) if size.isdigit() and int(size) in SIZES else 50,
    )


def _text(text: str) -> str:
    return text.replace("\x00", "").strip()[:253]


@bp.get("/health/")
@right(Right.VIEW_HEALTH)
def index(actor: Actor) -> str:
    """What is wrong with any domain, worst first."""
    query = query_from_url()
    found = service(HealthService).list_page(actor, query)
    return render_template(
        "health/index.html",
        found=found,
        query=query,
        verdict_choices=_verdict_choices(),
        check_choices=[("", _("All checks")), *_checks(found.checks)],
        connection_choices=[("", _("All connections")), *((c.key, c.name) for c in found.connections)],
        source_choices=_source_choices(),
        names={c.key: c.name for c in found.connections},
        check_label=check_label,
        new_key=lambda: uuid.uuid4().hex,
        filtered=bool(request.args.keys() & {"q", "verdict", "check", "connection", "source"}),
        pager=Pager.of(query.page, query.size, found.page.total, found.page.total_capped),
    )


def _verdict_choices() -> list[tuple[str, str]]:
    return [
        ("", _("All problems")),
        ("fail", _("Failing")),
        ("warn", _("Warnings")),
        ("unknown", _("Unknown")),
        ("pass", _("Passed")),
        ("any", _("Everything")),
    ]


def _source_choices() -> list[tuple[str, str]]:
    return [("", _("Every source")), (DNS, "DNS"), (SMTP, "SMTP"), (UPSTREAM, _("The upstream"))]


def _checks(known: Sequence[str]) -> list[tuple[str, str]]:
    """The checks as choices, in the order of a mail's way; those of the upstreams behind."""
    ordered = [c for c in CHECKS if c in known] + sorted(c for c in known if c not in CHECKS)
    return [(check, translated(check_label(check))) for check in ordered]


@bp.get("/health/export.<kind>")
@right(Right.EXPORT)
def export(actor: Actor, kind: str) -> Any:
    """What the list shows, all pages of it, as CSV or XLSX."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(msg("Health is exported as csv or xlsx."))
    rows = (cells_of(row) for row in service(HealthService).export(actor, query_from_url()))
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(f"health.{kind}", COLUMNS, rows)


def cells_of(row: HealthRow) -> tuple[Any, ...]:
    """A row of the export, in the order of COLUMNS."""
    reading = row.reading
    return (
        reading.verdict.value,
        row.connection,
        display(row.domain),
        reading.check,
        reading.subject,
        translated(reading.found),
        translated(reading.expected) if reading.expected else "",
        translated(reading.advice) if reading.advice else "",
        reading.record,
        reading.source,
        reading.seen_at.isoformat(timespec="seconds") if reading.seen_at else "",
        row.since.isoformat(timespec="seconds"),
    )


@bp.post("/health/check")
@right(Right.BULK)
def check_all(actor: Actor) -> ResponseReturnValue:
    """Check every domain of a connection, or of all, in the background."""
    form = StartForm()
    job_id = service(HealthService).check_all(actor, form.connection.data or "", form.request_key.data)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@bp.post("/health/failures")
@right(Right.BULK)
def failures(actor: Actor) -> ResponseReturnValue:
    """Read all failures that an upstream knows, in the background."""
    form = StartForm()
    job_id = service(HealthService).read_failures(actor, form.connection.data or "", form.request_key.data)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


# --- a route before it is saved ---


@bp.route("/health/relay", methods=["GET", "POST"])
@right(Right.CHECK_ROUTES)
def relay(actor: Actor) -> Any:
    """Try routes by SMTP, from here and by the upstream; nothing is sent, nothing is saved."""
    health = service(HealthService)
    form = RelayForm()
    form.connection.choices = [(c.key, c.name) for c in health.triable(actor)]
    results: dict[str, Sequence[Reading]] = {}
    status: int | None = 200
    if request.method == "GET":
        for name in ("connection", "domain", "routes"):
            form[name].data = _text(request.args.get(name, ""))
    else:
        status = tried(form, lambda: results.update(_tried(health, actor, form)))
    return render_template("health/relay.html", form=form, results=results), status or 200


def _tried(health: HealthService, actor: Actor, form: RelayForm) -> Mapping[str, Sequence[Reading]]:
    problems = {}
    try:
        domain = domain_name(form.domain.data or "")
    except NameProblem as problem:
        problems["domain"] = problem.message
    try:
        routes = parse_routes(form.routes.data or "")
    except NameProblem as problem:
        problems["routes"] = problem.message
    if problems:
        raise Invalid(problems)
    return health.try_relay(actor, form.connection.data or "", domain, routes)


# --- the tab of a domain ---


@bp.get("/domains/<key>/<name>/health")
@right(Right.VIEW_HEALTH)
def show(actor: Actor, key: str, name: str) -> str:
    """What is stored of one domain, at once."""
    page = service(HealthService).domain_page(actor, key, name_from_address(name))
    return render_template(
        "health/show.html",
        page=page,
        found=page.found,
        gaps=page.found.gaps(),
        check_label=check_label,
    )


@bp.post("/domains/<key>/<name>/health")
@right(Right.RUN_HEALTH)
def run(actor: Actor, key: str, name: str) -> ResponseReturnValue:
    """Check a domain now."""
    name = name_from_address(name)
    service(HealthService).run_now(actor, key, name)
    return redirect(url_for("health.show", key=key, name=name), 303)


@bp.post("/domains/<key>/<name>/health/report")
@right(Right.RUN_HEALTH)
def report(actor: Actor, key: str, name: str) -> ResponseReturnValue:
    """Read the upstream's last report again."""
    name = name_from_address(name)
    service(HealthService).read_report(actor, key, name)
    return redirect(url_for("health.show", key=key, name=name), 303)
