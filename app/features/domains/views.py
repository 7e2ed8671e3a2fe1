"""The pages of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.commands import AddDomain, RemoveDomain, SetRoutes, parse
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.model import Connection, Reading, Route
from app.core.names import NameProblem, display
from app.core.ports import DomainQuery, DomainRow
from app.core.routes import format_routes, parse_routes
from app.core.sentences import past, state_word
from app.core.text import msg
from app.features.domains import detail_views, platform_views, present
from app.features.domains.filters import filters
from app.features.domains.forms import (
    BLANK_ROWS,
    AddDomainForm,
    RemoveForm,
    RouteEditor,
    RoutesForm,
    add_domain_form,
    connection_choices,
    options_of,
)
from app.features.domains.service import DomainService
from app.operations.live import LiveDomain
from app.web.errors import show_problem, tried
from app.web.feedback import register_link
from app.web.forms import apply_problems
from app.web.paging import Pager, Sort, page_number
from app.web.permissions import right
from app.web.services import service
from app.web.tables import csv_answer, xlsx_answer
from app.web.texts import name_from_address

register_link(
    "domain.show",
    lambda params: {"url": url_for("domains.show", key=params["connection"], name=params["name"])},
)

bp = Blueprint("domains", __name__, url_prefix="/domains")
detail_views.add_to(bp)
platform_views.add_to(bp)

SORTS = ("name", "connection", "changed", "aliases", "routes", "status", "mailboxes")
SIZES = (25, 50, 100, 200)


def query_from_url() -> DomainQuery:
    """The list that the address names: text, filters, sort and page. What makes no sense is left out."""
    sort = Sort.from_url(SORTS, "name")
    size = request.args.get("size", "50")
    return replace(
        filters(request.args),
        sort=sort.key,
        descending=sort.descending,
        page=page_number(),
        size=int(size) if size.isdigit() and int(size) in SIZES else 50,
    )


@bp.get("/")
@right(Right.VIEW_DOMAINS)
def index(actor: Actor) -> str:
    """All domains of all connections, from the inventory."""
    query = query_from_url()
    found = service(DomainService).list_page(actor, query)
    return render_template(
        "domains/index.html",
        found=found,
        query=query,
        connection_choices=present.connection_choices(found.completeness),
        health_choices=present.health_choices(),
        status_choices=present.status_choices(),
        shown_query=request.query_string.decode("utf-8", "replace"),
        bulk_actions=present.bulk_actions(actor),
        rows=present.rows_of(found),
        row_actions=present.row_actions(actor),
        pager=Pager.of(query.page, query.size, found.page.total, found.page.total_capped),
        sort=Sort(query.sort, query.descending),
    )


COLUMNS = ("connection", "domain", "aliases", "routes", "status", "mailboxes", "read_at", "changed_at")


@bp.get("/export.<kind>")
@right(Right.EXPORT)
def export(actor: Actor, kind: str) -> Any:
    """What the list shows, all pages of it, as CSV or XLSX; the import reads the same columns."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(msg("Domains are exported as csv or xlsx."))
    rows = (cells_of(row) for row in service(DomainService).export(actor, query_from_url()))
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(f"domains.{kind}", COLUMNS, rows)


def cells_of(row: DomainRow) -> tuple[Any, ...]:
    """A row of the export, in the order of COLUMNS."""
    return (
        row.connection,
        row.display,
        ", ".join(display(alias) for alias in row.aliases or ()),
        format_routes(row.routes),
        row.status.value,
        "" if row.mailboxes is None else row.mailboxes,
        row.seen_at.isoformat(timespec="seconds"),
        row.changed_at.isoformat(timespec="seconds"),
    )


@bp.post("/refresh")
@right(Right.SYNC)
def refresh(actor: Actor) -> ResponseReturnValue:
    """Read all domains again, of one connection or of all."""
    service(DomainService).refresh(actor, request.form.get("connection", ""))
    return redirect(url_for("domains.index"), 303)


@bp.post("/held/<key>/accept")
@right(Right.SYNC)
def accept_held(actor: Actor, key: str) -> ResponseReturnValue:
    """Believe a list that shrank."""
    service(DomainService).accept_held(actor, key)
    return redirect(url_for("domains.index"), 303)


# --- adding ---


@bp.route("/new", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def new(actor: Actor) -> Any:
    """Add a domain; the connection is chosen first, since it decides what can be entered."""
    domains = service(DomainService)
    choices = domains.addable(actor)
    connection, card = _chosen(choices)
    form = add_domain_form(card)()
    form.connection.choices = connection_choices(choices)
    if request.method == "GET":
        form.connection.data = connection.key if connection else ""
        form.domain.data = request.args.get("domain", "")[:253]
        form.show_rows([{"host": "", "port": ""}] * BLANK_ROWS)
        return _new_page(form, connection, card, choices)
    if "choose" in request.form:
        return _new_page(form, connection, card, choices)
    if not form.take_pasted():
        return _new_page(form, connection, card, choices, 422)
    if form.act(request.form):
        return _new_page(form, connection, card, choices)
    if "test" in request.form and connection is not None:
        tried = _try_routes(domains, actor, form, connection.key, form.domain.data or "")
        return _new_page(form, connection, card, choices, tried=tried)
    if connection is None or card is None or not form.validate():
        return _new_page(form, connection, card, choices, 422)
    try:
        command = parse(AddDomain, form.command_data(options_of(form, card)))
        execution = domains.add(actor, command, form.request_key.data)
    except Invalid as error:
        apply_problems(form, error, rows={"routes": form.filled_rows()}, names=_option_name)
        return _new_page(form, connection, card, choices, 422)
    except GatehouseError as error:
        status = show_problem(form, error)
        return _new_page(form, connection, card, choices, status)
    return redirect(url_for("domains.show", key=execution.connection.key, name=command.domain), 303)


def _option_name(path: str) -> str:
    """The form's field for a path of the command: "options.account" is "option_account"."""
    return path.replace("options.", "option_", 1)


def _chosen(choices: list[tuple[Connection, Card]]) -> tuple[Connection | None, Card | None]:
    """The connection that the form names, else the address, else the first that can add domains, else the first."""
    wanted = (request.form if request.method == "POST" else request.args).get("connection", "")
    for pair in choices:
        if pair[0].key == wanted:
            return pair
    able = [pair for pair in choices if Capability.DOMAIN_ADD in pair[1].can] or choices
    return able[0] if able else (None, None)


def _new_page(
    form: AddDomainForm,
    connection: Connection | None,
    card: Card | None,
    choices: list[tuple[Connection, Card]],
    status: int = 200,
    tried: list[tuple[Route, list[Reading]]] | None = None,
) -> tuple[str, int]:
    page = render_template(
        "domains/new.html",
        form=form,
        connection=connection,
        card=card,
        choices=choices,
        tried=tried,
        gaps=_gaps(card, Capability.DOMAIN_ADD, Capability.ROUTES_WRITE, Capability.ALIASES_WRITE),
        needed=[form[f"option_{s.name}"] for s in (card.domain_fields if card else ()) if s.required],
        further=[form[f"option_{s.name}"] for s in (card.domain_fields if card else ()) if not s.required],
    )
    return page, status


def _gaps(card: Card | None, *capabilities: Capability) -> dict[str, Any]:
    """The reason for each of these capabilities that the card lacks, by name."""
    if card is None:
        return {}
    return {c.value: card.reason(c) for c in capabilities if c not in card.can}


# --- one domain ---


@bp.get("/<key>/<name>")
@right(Right.VIEW_DOMAINS)
def show(actor: Actor, key: str, name: str) -> str:
    """One domain, read live."""
    detail = service(DomainService).detail(actor, key, name_from_address(name))
    return render_template(
        "domains/show.html",
        detail=detail,
        found=detail.found,
        gaps=detail.found.gaps(),
        flow=present.flow_of(detail),
        facts=present.facts_of(detail),
        past=past,
        state_word=state_word,
    )


@bp.route("/<key>/<name>/routes", methods=["GET", "POST"])
@right(Right.CHANGE_DOMAINS)
def routes(actor: Actor, key: str, name: str) -> Any:
    """Edit the routes: the steps are shown before they are sent."""
    domains = service(DomainService)
    name = name_from_address(name)
    form = RoutesForm()
    if request.method == "GET":
        found = domains.read(actor, key, name)
        form.show_routes(found.domain.routes)
        form.expected.data = format_routes(found.domain.routes)
        return _routes_page(form, found)
    if not form.take_pasted():
        return _routes_page(form, domains.read(actor, key, name), 422)
    if form.act(request.form):
        return _routes_page(form, domains.read(actor, key, name))
    if "test" in request.form:
        tried = _try_routes(domains, actor, form, key, name)
        return _routes_page(form, domains.read(actor, key, name), tried=tried)
    status = 422
    if form.validate():
        try:
            data = {
                "connection": key,
                "domain": name,
                "routes": form.route_inputs(),
                "expected": _expected(form.expected.data),
            }
            domains.change_routes(actor, parse(SetRoutes, data), form.request_key.data)
            return redirect(url_for("domains.show", key=key, name=name), 303)
        except Invalid as error:
            apply_problems(form, error, rows={"routes": form.filled_rows()})
        except GatehouseError as error:
            status = show_problem(form, error)
    return _routes_page(form, domains.read(actor, key, name), status)


def _expected(text: str | None) -> list[dict[str, Any]] | None:
    """The routes that the person saw, from the hidden field; None where they were not known."""
    try:
        seen = parse_routes(text or "")
    except NameProblem:
        return None
    return [{"host": r.host, "port": r.port or 25} for r in seen]


def _try_routes(
    domains: DomainService, actor: Actor, form: RouteEditor, key: str, name: str
) -> list[tuple[Route, list[Reading]]] | None:
    """What each route of the editor answers by SMTP; None, with the errors on their fields, when one is not valid."""
    try:
        data = {"connection": key, "domain": name, "routes": form.route_inputs()}
        command = parse(SetRoutes, data)
    except Invalid as error:
        apply_problems(form, error, rows={"routes": form.filled_rows()})
        return None
    return domains.test_routes(actor, key, command.domain, [route.to_route() for route in command.routes])


def _routes_page(
    form: RoutesForm,
    found: LiveDomain,
    status: int = 200,
    tried: list[tuple[Route, list[Reading]]] | None = None,
) -> tuple[str, int]:
    gaps = found.gaps(Capability.ROUTES_READ, Capability.ROUTES_WRITE)
    page = render_template("domains/routes.html", form=form, found=found, gaps=gaps, tried=tried)
    return page, status


@bp.route("/<key>/<name>/remove", methods=["GET", "POST"])
@right(Right.REMOVE_DOMAINS)
def remove(actor: Actor, key: str, name: str) -> Any:
    """The page that names what goes, then the removal."""
    domains = service(DomainService)
    name = name_from_address(name)
    form = RemoveForm()
    status: int | None = 200
    wish = {"connection": key, "domain": name, "skip_mx_check": bool(form.skip_mx_check.data)}
    if request.method == "POST":
        status = tried(
            form,
            lambda: domains.remove(
                actor,
                parse(RemoveDomain, wish),
                form.request_key.data,
                typed=form.confirm.data or "",
                confirmed=form.checksum.data or "",
            ),
        )
        if status is None:
            return redirect(url_for("domains.index"), 303)
    plan = domains.removal_plan(actor, key, name)
    if not plan.steps:
        raise NotFound(msg("{domain} is not there any more.", domain=display(name)))
    form.checksum.data = plan.checksum
    page = render_template(
        "domains/remove.html",
        form=form,
        plan=plan,
        name=name,
        step=plan.steps[0],
        goes=present.goes_with(plan),
        mx_check=domains.card(plan.connection).mx_check,
    )
    return page, status
