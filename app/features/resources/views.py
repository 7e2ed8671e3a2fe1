"""The pages of resources: per area, per kind, one resource, its actions. What is meant stands in the query of the address,
since keys may hold anything."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import nh3
from flask import Blueprint, Response, abort, redirect, render_template, request

from app.core.actor import Actor, Right
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.resources import (
    DOMAIN,
    Action,
    Area,
    Resource,
    ResourceAt,
    ResourceKind,
    ResourceQuery,
    Show,
)
from app.core.sentences import past, state_word
from app.core.text import Message, msg
from app.features.resources import AREAS, present
from app.features.resources.forms import PREFIX, ActionForm, action_form, entered, expected_of, show
from app.features.resources.service import Acted, Listing, ResourceService, Spot, must_type
from app.web.errors import kind_of as kind_of_error
from app.web.errors import tried
from app.web.feedback import register_link, shown_link
from app.web.forms import BaseForm, apply_problems
from app.web.navigation import page_url, with_query
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.services import service
from app.web.tables import csv_answer
from app.web.texts import name_from_address

register_link(
    "resources.one",
    lambda params: {
        "url": page_url(
            "resources.one",
            area=params["area"],
            key=params["connection"],
            kind=params["kind"],
            item=params["item"],
        )
    },
)

bp = Blueprint("resources", __name__)

SIZE = 50
_SAFE_IMAGES = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/x-icon",
    "image/vnd.microsoft.icon",
)
_VALUE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the list, as headers of its columns change it."""

    key: str
    descending: bool

    def url(self, key: str) -> str:
        """The list in the order of a column; the other way round where that is the order now."""
        wanted = f"-{key}" if key == self.key and not self.descending else key
        return with_query({"sort": wanted, "page": None})


# --- what there is ----------------------------------------------------------------------------------------------------


@bp.get("/resources/<area>/")
@right(Right.VIEW_DOMAINS)
def area(actor: Actor, area: str) -> str:
    """The connections with their kinds of an area."""
    chosen = _area(area)
    rows = service(ResourceService).area(actor, chosen)
    return render_template(
        "resources/area.html", area=chosen, title=AREAS[chosen][0], rows=rows, icon=AREAS[chosen][1]
    )


@bp.get("/domains/<key>/<name>/more")
@right(Right.VIEW_DOMAINS)
def of_domain_page(actor: Actor, key: str, name: str) -> str:
    """What belongs to a domain beside its other tabs, by area."""
    name = name_from_address(name)
    resources = service(ResourceService)
    found = resources.domain(actor, key, name)
    groups: dict[Area, list[Any]] = {}
    for row in resources.of_domain(actor, key):
        groups.setdefault(row.kind.area, []).append(row)
    return render_template(
        "resources/domain.html", found=found, gaps=found.gaps(), groups=groups, areas=AREAS
    )


# --- one kind ---------------------------------------------------------------------------------------------------------


@bp.get("/resources/<area>/<key>/<kind>/")
@right(Right.VIEW_DOMAINS)
def index(actor: Actor, area: str, key: str, kind: str) -> Any:
    """The list of a kind; before that, what it belongs to is chosen. The only one of its kind is shown at once."""
    resources, at = service(ResourceService), _at()
    missing = resources.missing_place(actor, key, kind, at)
    if missing is not None:
        return _choose(actor, area, *missing)
    spot = _spot(actor, area, key, kind)
    if spot.kind.single:
        return _resource_page(actor, spot, "")
    query = _query(spot.kind)
    listing = resources.listing(actor, spot, query)
    return _list_page(actor, listing)


@bp.get("/resources/<area>/<key>/<kind>/export.csv")
@right(Right.EXPORT)
def export(actor: Actor, area: str, key: str, kind: str) -> Response:
    """What the list shows, all pages of it, as CSV."""
    spot = _spot(actor, area, key, kind)
    columns = present.listed(spot.kind)
    rows = service(ResourceService).export(actor, spot, _query(spot.kind))
    lines = ([row.key, *(present.as_text(c, row.values.get(c.name)) for c in columns)] for row in rows)
    name = re.sub(r"[^a-z0-9-]+", "-", f"{key}-{kind}".lower())
    return csv_answer(f"{name}.csv", ["key", *(c.name for c in columns)], lines)


@bp.get("/resources/<area>/<key>/<kind>/one")
@right(Right.VIEW_DOMAINS)
def one(actor: Actor, area: str, key: str, kind: str) -> Any:
    """One resource: all values, what belongs to it, what can be done, what was done."""
    return _resource_page(actor, _spot(actor, area, key, kind), _key())


@bp.get("/resources/<area>/<key>/<kind>/value/<column>")
@right(Right.VIEW_DOMAINS)
def value(actor: Actor, area: str, key: str, kind: str, column: str) -> Response:
    """An image, or hostile HTML cleaned, by itself: nothing in it runs or loads anything."""
    spot = _spot(actor, area, key, kind)
    known = spot.kind.column(column)
    if known is None or known.show not in (Show.HTML, Show.IMAGE):
        raise NotFound(msg("There is nothing under this address."))
    found = service(ResourceService).read(actor, spot, _key()).values.get(column)
    if known.show is Show.HTML:
        answer = Response(nh3.clean(str(found or "")), mimetype="text/html")
    else:
        answer = _image(found)
    answer.headers["Content-Security-Policy"] = _VALUE_POLICY
    return answer


def _image(found: Any) -> Response:
    if not isinstance(found, dict) or found.get("media_type") not in _SAFE_IMAGES:
        raise NotFound(msg("There is no image, or none of a kind that is shown."))
    try:
        data = base64.b64decode(str(found.get("base64", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound(msg("The image cannot be read.")) from error
    return Response(data, mimetype=str(found["media_type"]))


# --- actions ----------------------------------------------------------------------------------------------------------


@bp.route("/resources/<area>/<key>/<kind>/do/<action>", methods=["GET", "POST"])
@right(Right.VIEW_DOMAINS)
def act(actor: Actor, area: str, key: str, kind: str, action: str) -> Any:
    """The form of an action, and the action. What is told once is on the page that answers, and nowhere else."""
    resources, spot = service(ResourceService), _spot(actor, area, key, kind)
    chosen = resources.action(actor, spot, action)
    about = _about(actor, spot, chosen)
    form = action_form(chosen, about.values if about else None)()
    if request.method == "GET":
        if about is not None and (chosen.name == "edit" or chosen.sets):
            show(form, chosen, about.values)
        return _action_page(spot, chosen, about, form)
    done: list[Acted] = []
    if chosen.previews and "previewed" not in request.form:
        return _previewed(actor, spot, chosen, form)

    def send() -> None:
        seen = expected_of(form) if chosen.name == "edit" else None
        command = resources.wish(spot, chosen, _key(), entered(form, chosen), seen)
        title, typed = about.title if about else "", form.confirm.data or ""
        done.append(resources.act(actor, spot, command, form.request_key.data, title=title, typed=typed))

    status = tried(form, send, place=_on_the_form)
    for field in form:
        if field.type == "PasswordField":
            field.data = ""  # it is not sent back
    if status is not None:
        return _action_page(spot, chosen, about, form), status
    if chosen.secret and done[0].secret is not None:
        return render_template(
            "resources/told.html", spot=spot, action=chosen, told=done[0].secret, **_here(spot)
        )
    return redirect(_after(spot, chosen, done[0]), 303)


def _previewed(actor: Actor, spot: Spot, action: Action, form: ActionForm) -> Any:
    """The form once more, with what its values mean: only then they are sent."""
    found: list[Message] = []

    def look() -> None:
        found.extend(service(ResourceService).preview(actor, spot, action, entered(form, action)))

    status = tried(form, look, place=_on_the_form)
    return _action_page(spot, action, None, form, preview=found), status or 200


@bp.post("/resources/<area>/<key>/<kind>/many")
@right(Right.BULK)
def many(actor: Actor, area: str, key: str, kind: str) -> Any:
    """The page that names what an action would be done for, then the job that does it."""
    resources, spot = service(ResourceService), _spot(actor, area, key, kind)
    chosen = resources.action(actor, spot, request.form.get("action", "")[:64])
    keys = [text for text in request.form.getlist("selected") if text]
    form = action_form(chosen)(formdata=request.form if "sure" in request.form else None)
    status: int | None = 200
    if "sure" in request.form:
        jobs: list[int] = []

        def send() -> None:
            typed, values = form.confirm.data or "", entered(form, chosen)
            request_key = form.request_key.data
            jobs.append(resources.start(actor, spot, chosen, keys, values, request_key, typed=typed))

        status = tried(form, send, place=_on_the_form)
        if status is None:
            return redirect(page_url("jobs.show", job_id=jobs[0]), 303)
    else:
        resources.check_many(chosen, keys)
    return render_template(
        "resources/many.html",
        spot=spot,
        action=chosen,
        keys=keys,
        form=form,
        typed=str(len(keys)) if must_type(chosen, len(keys)) else "",
        **_here(spot),
    ), status


# --- inner parts ------------------------------------------------------------------------------------------------------


def _area(name: str) -> Area:
    try:
        return Area(name)
    except ValueError:
        abort(404)


def _at() -> ResourceAt:
    """The place that the address names."""
    domain = request.args.get("domain", "").replace("\x00", "")
    return ResourceAt(name_from_address(domain) if domain else None, request.args.get("parent"))


def _key() -> str:
    return request.args.get("item", "").replace("\x00", "")[:1000]


def _spot(actor: Actor, area: str, key: str, kind: str) -> Spot:
    at = _at()
    spot = service(ResourceService).spot(actor, key, kind, at.domain, at.parent)
    if spot.kind.area.value != area:
        raise NotFound(msg("There is nothing under this address."))
    return spot


def _query(kind: ResourceKind) -> ResourceQuery:
    sort = request.args.get("sort", "")
    sortable = {column.name for column in _sortable(kind)}
    filters = {f.name: request.args.get(f"f_{f.name}", "")[:200] for f in kind.filters}
    return ResourceQuery(
        page=min(page_number(), 100_000),
        size=SIZE,
        text=request.args.get("q", "").replace("\x00", "")[:200].strip(),
        filters={name: text for name, text in filters.items() if text},
        sort=sort if sort.removeprefix("-") in sortable else "",
    )


def _sortable(kind: ResourceKind) -> list[Any]:
    return [c for c in present.listed(kind) if c.sort or not kind.paged]


def _here(spot: Spot) -> dict[str, Any]:
    """What every page of a kind is drawn with: the parts of its address, breadcrumbs, and the domain with its tabs."""
    base = {"area": spot.kind.area.value, "key": spot.connection.key, "kind": spot.kind.name}
    at = {"domain": spot.at.domain, "parent": spot.at.parent}
    at = {name: text for name, text in at.items() if text is not None}
    crumbs = [
        (AREAS[spot.kind.area][0], page_url("resources.area", area=base["area"])),
        (spot.connection.name, page_url("resources.area", area=base["area"]) + f"#{spot.connection.key}"),
    ]
    return {
        "base": base,
        "at": at,
        "crumbs": [*crumbs, *_parents(spot)],
        "link": _link,
        "present": present,
        "Show": Show,
    }


def _parents(spot: Spot) -> list[Any]:
    """Breadcrumbs to what the kind belongs to, where its place is known."""
    parent = spot.parent
    if parent is None or parent.parent not in ("", DOMAIN):
        return []
    crumbs: list[Any] = [(parent.label, _link("index", spot, parent))]
    if spot.at.parent is not None:
        crumbs.append((spot.at.parent, _link("one", spot, parent, item=spot.at.parent)))
    return crumbs


def _link(endpoint: str, spot: Spot, kind: ResourceKind | None = None, **values: Any) -> str:
    """An address at the place of a kind, or of another `kind` of the same domain; `item` is the key of a resource."""
    shown = kind or spot.kind
    at = {"domain": spot.at.domain, "parent": None if kind else spot.at.parent, **values}
    address: str = page_url(
        f"resources.{endpoint}",
        area=shown.area.value,
        key=spot.connection.key,
        kind=shown.name,
        **{name: value for name, value in at.items() if value is not None and (value or name != "item")},
    )
    return address


def _choose(actor: Actor, area: str, spot: Spot, what: str) -> Any:
    """The page on which the domain, or the parent, of a kind is chosen."""
    resources = service(ResourceService)
    if spot.kind.area.value != area:
        raise NotFound(msg("There is nothing under this address."))
    if what != DOMAIN:
        parent = spot.card.resource(what)
        return redirect(_link("index", spot, parent), 302)
    text = request.args.get("q", "").replace("\x00", "")[:253].strip()
    domains = resources.domains(actor, spot.connection.key, text)
    return render_template("resources/choose.html", spot=spot, domains=domains, text=text, **_here(spot))


def _list_page(actor: Actor, listing: Listing) -> str:
    spot, query, page = listing.spot, listing.query, listing.page
    kind = spot.kind
    on_kind = [a for a in kind.actions if not a.of_one]
    offered = [a for a in kind.actions if a.many and actor.may(a.right) and actor.may(Right.BULK)]
    return render_template(
        "resources/index.html",
        spot=spot,
        kind=kind,
        page=page,
        problem=listing.problem,
        query=query,
        columns=present.listed(kind),
        sortable={column.name for column in _sortable(kind)},
        order=Order(query.sort.removeprefix("-"), query.sort.startswith("-")),
        pager=_pager(listing),
        actions=[a for a in on_kind if actor.may(a.right)],
        offered=[a for a in offered if a.name not in spot.gaps()],
        gaps=spot.gaps(),
        searchable=kind.search or not kind.paged,
        found=_domain(actor, spot),
        **_here(spot),
    )


def _pager(listing: Listing) -> Pager:
    page, query = listing.page, listing.query
    if page is None:
        return Pager.of(1, query.size, 0)
    if page.total is not None:
        return Pager.of(query.page, query.size, page.total)
    seen = (query.page - 1) * query.size + len(page.rows)
    return Pager.of(query.page, query.size, seen, page.more)


def _domain(actor: Actor, spot: Spot) -> Any:
    """The domain that the kind belongs to, for its tabs; None where it belongs to none."""
    if spot.at.domain is None:
        return None
    return service(ResourceService).domain(actor, spot.connection.key, spot.at.domain)


def _resource_page(actor: Actor, spot: Spot, key: str) -> str:
    shown = service(ResourceService).show(actor, spot, key)
    resource = shown.resource
    values: Mapping[str, Any] = resource.values if resource else {}
    actions = [
        action
        for action in spot.kind.actions
        if (action.of_one or spot.kind.single) and actor.may(action.right) and action.offered_for(values)
    ]
    return render_template(
        "resources/show.html",
        spot=spot,
        kind=spot.kind,
        item=key,
        resource=resource,
        problem=shown.problem,
        history=[(change, past(change.step.verb), state_word(change.state)) for change in shown.history],
        details=present.details(spot.kind, resource) if resource else [],
        actions=actions,
        gaps=spot.gaps(),
        children=[kind for kind in spot.children if actor.may(kind.right)],
        links=_links(spot, resource),
        found=_domain(actor, spot),
        **_here(spot),
    )


def _links(spot: Spot, resource: Resource | None) -> list[dict[str, Any]]:
    """Where else a resource matters, as templates draw it."""
    given = {"connection": spot.connection.key}
    links = [replace(link, params={**link.params, **given}) for link in (resource.links if resource else ())]
    return [shown for link in links if (shown := shown_link(link)) is not None]


def _about(actor: Actor, spot: Spot, action: Action) -> Resource | None:
    """The resource that an action is about. A removal, too, names what goes."""
    if not action.of_one:
        return None
    if not spot.kind.readable:
        return Resource(_key())
    try:
        return service(ResourceService).read(actor, spot, _key())
    except NotFound:
        raise
    except GatehouseError as error:
        if request.method == "GET" and action.name == "edit":
            raise
        return Resource(_key(), label="", ref={"problem": str(kind_of_error(error).title)})


def _title(spot: Spot, about: Resource | None) -> str:
    """What is typed to confirm: what people call the resource, else the kind."""
    return (about.title if about else "") or str(spot.kind.one)


def _action_page(
    spot: Spot, action: Action, about: Resource | None, form: ActionForm, preview: Sequence[Message] = ()
) -> str:
    return render_template(
        "resources/act.html",
        spot=spot,
        kind=spot.kind,
        action=action,
        about=about,
        item=_key(),
        title=_title(spot, about),
        form=form,
        fields=[form[PREFIX + field.name] for field in action.fields],
        details=present.details(spot.kind, about) if about and about.values else [],
        preview=preview,
        files=any(field.kind == "file" for field in action.fields),
        children=spot.children,
        **_here(spot),
    )


def _on_the_form(form: BaseForm, error: Invalid) -> None:
    """Puts what is not valid on the fields of the action."""
    apply_problems(form, error, names=_form_name)


def _form_name(path: str) -> str:
    """A path of the command as a field of the form."""
    return path.replace("values.", PREFIX, 1) if path.startswith("values.") else path


def _after(spot: Spot, action: Action, done: Acted) -> str:
    """Where an action leads: to what it was about, or back to the list where that is gone or cannot be read."""
    gone = action.name == "remove" or not spot.kind.readable or not done.execution.outcomes
    if action.name == "edit" and not done.execution.outcomes and spot.kind.readable:
        return _link("one", spot, item=_key()) if not spot.kind.single else _link("index", spot)
    if spot.kind.single or gone or not done.key:
        return _link("index", spot)
    return _link("one", spot, item=done.key)
