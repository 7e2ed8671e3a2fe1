"""Domains, routes and their settings over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from flask_babel import gettext
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import (
    AddDomain,
    AddRoute,
    DisableDomain,
    EditDomain,
    EnableDomain,
    RemoveDomain,
    RemoveRoute,
    RenameDomain,
    RestoreDomain,
    SetPlatforms,
    SetRoutes,
    parse,
)
from app.core.errors import Unreachable
from app.core.model import Domain, PolicyField, Reading, Route, Transport, Verdict
from app.core.names import display
from app.core.platforms import Platform
from app.core.ports import DomainQuery, DomainRow
from app.core.text import msg
from app.features.domains.details import DetailService, Switch
from app.features.domains.platforms import PlatformService
from app.features.domains.service import DomainService
from app.operations.live import LiveDomain
from app.web.api import Body, Paged, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("domains", "Domains")

Sort = Literal[
    "name",
    "-name",
    "connection",
    "-connection",
    "changed",
    "-changed",
    "aliases",
    "-aliases",
    "routes",
    "-routes",
    "status",
    "-status",
    "mailboxes",
    "-mailboxes",
]


class RouteOut(BaseModel):
    """A route. `port` null: the upstream knows no port."""

    host: str
    port: int | None = None
    priority: int | None = None
    transport: str = "tls_if_offered"
    kind: str = "remote"
    applies_to: str = ""


class DomainOut(BaseModel):
    """A domain. `routes`, `aliases` null: not readable, or not part of the list that was read."""

    connection: str
    domain: str = Field(description="In punycode, as it is sent upstream.")
    display: str = Field(description="As people read it.")
    status: str
    aliases: list[str] | None
    routes: list[RouteOut] | None
    account: str = ""
    mailboxes: int | None = None
    read_at: datetime | None = None
    changed_at: datetime | None = None
    stale: bool = False
    health: Literal["pass", "warn", "fail", "unknown"] | None = Field(
        default=None, description="The worst that checks found; null: never checked."
    )
    troubles: list[str] = Field(
        default=[], description="The checks that failed, or that warn where none failed."
    )


class DomainsOut(BaseModel):
    """One page of domains. `total_capped`: there are more than `total`. `next` is the value of `page` for the next one."""

    items: list[DomainOut]
    total: int
    total_capped: bool
    page: int
    size: int
    next: int | None


class DomainsQuery(Paged):
    """Which domains: from the inventory, so no upstream is asked."""

    q: str = Field(default="", max_length=253, description="Part of a name, alias or route host.")
    connection: str = Field(default="", max_length=64)
    status: Literal["", "active", "disabled", "pending", "deleted", "missing"] = ""
    health: Literal["", "pass", "warn", "fail", "unknown"] = Field(
        default="", description="Domains of which this is the worst that checks found."
    )
    route: str = Field(default="", max_length=253, description="A route host.")
    sort: Sort = "name"


class DomainLiveOut(DomainOut):
    """A domain as the upstream says now; `problem` says why it is shown from the inventory instead."""

    live: bool
    problem: str | None = None


class RouteIn(Body):
    """Where mail is delivered: a host name or an IP address, and a port."""

    host: str = Field(examples=["mx1.example.net"])
    port: int = Field(default=25, ge=1, le=65535)
    # Not strict: a word of JSON is no member of the enumeration.
    transport: Transport = Field(default=Transport.TLS_IF_OFFERED, strict=False)


class AddRouteIn(RouteIn):
    """One route; `position` counts from 0, at the end by default."""

    position: int | None = Field(default=None, ge=0, le=50)


class AddDomainIn(Body):
    """A domain to add."""

    connection: str
    domain: str = Field(examples=["example.org"])
    routes: list[RouteIn] = []
    aliases: list[str] = []
    options: dict[str, str] = Field(default={}, description="Fields that the provider's card asks for.")


class FieldOut(BaseModel):
    """A field in which a domain can be edited. `choices`: what it can have, [] for free text."""

    name: str
    label: str
    value: str
    help: str = ""
    choices: list[str] = []


class FieldsOut(BaseModel):
    """The fields of a domain as they are now; `problem` says why there are none."""

    fields: list[FieldOut]
    problem: str | None = None


class EditDomainIn(Body):
    """Fields to change, as texts; "" empties one. `expected`: refuse when they are no longer these."""

    fields: dict[str, str]
    expected: dict[str, str] | None = None
    skip_mx_check: bool = False


class SwitchIn(Body):
    """`skip_mx_check`: the upstream shall not look whether the MX records fit."""

    skip_mx_check: bool = False


class RenameIn(SwitchIn):
    """The new name of a domain."""

    new_name: str


class RoutesIn(Body):
    """All routes of a domain, in order. `expected`: refuse when they are no longer these."""

    routes: list[RouteIn]
    expected: list[RouteIn] | None = None


class PlatformOut(BaseModel):
    """A place of delivery: `default` for everybody, any other for `mailboxes` mailboxes (null: not known)."""

    id: str
    name: str
    default: bool
    routes: list[RouteOut]
    mailboxes: int | None
    sign_in: str = ""
    access: str = ""
    sealed: bool = Field(
        default=False, description="It has settings that the upstream does not show: not written."
    )


class PlatformsOut(BaseModel):
    """The platforms of a domain as they are now."""

    items: list[PlatformOut]


class PlatformIn(Body):
    """A platform: `id` of one that is there, "" for a new one; its main host, then its fallback."""

    id: str = ""
    name: str = Field(examples=["Branch"])
    routes: list[RouteIn]
    default: bool = False


class PlatformsIn(Body):
    """All platforms of a domain; those that are not named go. `expected`: refuse when they are no longer these."""

    platforms: list[PlatformIn]
    expected: list[PlatformIn] | None = None


class RoutesTestIn(Body):
    """Routes to test; the domain's own ones when left out."""

    routes: list[RouteIn] | None = None


class RefreshIn(Body):
    """Which connection to read again; all of them when left out."""

    connection: str = ""


class StartedJobsOut(BaseModel):
    """Jobs that were started."""

    jobs: list[int]


class ReadingOut(BaseModel):
    """One finding of a check."""

    check: str
    verdict: str
    found: str
    expected: str | None = None
    advice: str | None = None


class RouteTestOut(BaseModel):
    """What one route answered; nothing was sent."""

    route: RouteOut
    readings: list[ReadingOut]


class RouteTestsOut(BaseModel):
    """The tests of all routes."""

    items: list[RouteTestOut]


def _service() -> tuple[DomainService, CollectFeedback]:
    feedback = CollectFeedback()
    return service_with(DomainService, feedback), feedback


@api.get("/domains")
@api_right(Right.VIEW_DOMAINS)
@api.input(DomainsQuery, location="query")
@api.output(DomainsOut)
def list_domains(actor: Actor, query_data: DomainsQuery) -> DomainsOut:
    """List domains of all connections, from the inventory."""
    query = DomainQuery(
        text=query_data.q,
        connections=(query_data.connection,) if query_data.connection else (),
        statuses=(query_data.status,) if query_data.status else (),
        health=Verdict(query_data.health) if query_data.health else None,
        route_host=query_data.route,
        sort=query_data.sort.removeprefix("-"),
        descending=query_data.sort.startswith("-"),
        page=query_data.page,
        size=query_data.size,
    )
    page = _service()[0].list_page(actor, query).page
    more = page.total_capped or page.total > query.page * query.size
    return DomainsOut(
        items=[row_out(row) for row in page.rows],
        total=page.total,
        total_capped=page.total_capped,
        page=query.page,
        size=query.size,
        next=query.page + 1 if more and len(page.rows) == query.size else None,
    )


@api.post("/domains")
@api_right(Right.CHANGE_DOMAINS)
@api.input(AddDomainIn, location="json")
@api.output(ReportOut, status_code=201)
def add_domain(actor: Actor, json_data: AddDomainIn) -> Response:
    """Add a domain with its routes and aliases. 207 when only a part of it was done."""
    domains, feedback = _service()
    execution = domains.add(actor, parse(AddDomain, json_data.model_dump()), request_key())
    return written(feedback.reports, execution.outcomes, 201)


@api.get("/domains/<connection>/<domain>")
@api_right(Right.VIEW_DOMAINS)
@api.output(DomainLiveOut)
def get_domain(actor: Actor, connection: str, domain: str) -> DomainLiveOut:
    """Read one domain live; the inventory answers when the upstream does not."""
    return live_out(_service()[0].read(actor, connection, name_from_address(domain)))


@api.delete("/domains/<connection>/<domain>")
@api_right(Right.REMOVE_DOMAINS)
@api.output(ReportOut)
def remove_domain(actor: Actor, connection: str, domain: str) -> Response:
    """Remove a domain with everything that belongs to it. What can be read is kept in the journal first."""
    domains, feedback = _service()
    name = name_from_address(domain)
    command = parse(RemoveDomain, {"connection": connection, "domain": name})
    execution = domains.remove(actor, command, request_key(), typed=display(name))
    return written(feedback.reports, execution.outcomes)


@api.get("/domains/<connection>/<domain>/fields")
@api_right(Right.VIEW_DOMAINS)
@api.output(FieldsOut)
def get_fields(actor: Actor, connection: str, domain: str) -> FieldsOut:
    """Read the fields in which a domain can be edited, live."""
    read = service_with(DetailService, CollectFeedback()).fields(actor, connection, name_from_address(domain))
    return FieldsOut(fields=[field_out(field) for field in read.fields], problem=text_out(read.problem))


@api.patch("/domains/<connection>/<domain>")
@api_right(Right.CHANGE_DOMAINS)
@api.input(EditDomainIn, location="json")
@api.output(ReportOut)
def edit_domain(actor: Actor, connection: str, domain: str, json_data: EditDomainIn) -> Response:
    """Change fields of a domain; only what differs is sent."""
    feedback = CollectFeedback()
    data = {"connection": connection, "domain": name_from_address(domain), **json_data.model_dump()}
    execution = service_with(DetailService, feedback).edit(actor, parse(EditDomain, data), request_key())
    return written(feedback.reports, execution.outcomes)


@api.post("/domains/<connection>/<domain>/rename")
@api_right(Right.REMOVE_DOMAINS)
@api.input(RenameIn, location="json")
@api.output(ReportOut)
def rename_domain(actor: Actor, connection: str, domain: str, json_data: RenameIn) -> Response:
    """Give a domain another name; all that belongs to it stays its own."""
    feedback = CollectFeedback()
    name = name_from_address(domain)
    command = parse(RenameDomain, {"connection": connection, "domain": name, **json_data.model_dump()})
    details = service_with(DetailService, feedback)
    execution = details.rename(actor, command, request_key(), typed=display(name))
    return written(feedback.reports, execution.outcomes)


@api.post("/domains/<connection>/<domain>/enable")
@api_right(Right.CHANGE_DOMAINS)
@api.input(SwitchIn, location="json")
@api.output(ReportOut)
def enable_domain(actor: Actor, connection: str, domain: str, json_data: SwitchIn) -> Response:
    """Switch a domain on."""
    return _switched(actor, EnableDomain, connection, domain, json_data)


@api.post("/domains/<connection>/<domain>/disable")
@api_right(Right.CHANGE_DOMAINS)
@api.input(SwitchIn, location="json")
@api.output(ReportOut)
def disable_domain(actor: Actor, connection: str, domain: str, json_data: SwitchIn) -> Response:
    """Switch a domain off; it stays with all that belongs to it."""
    return _switched(actor, DisableDomain, connection, domain, json_data)


@api.post("/domains/<connection>/<domain>/restore")
@api_right(Right.CHANGE_DOMAINS)
@api.input(SwitchIn, location="json")
@api.output(ReportOut)
def restore_domain(actor: Actor, connection: str, domain: str, json_data: SwitchIn) -> Response:
    """Take a removal back, as long as the upstream keeps the domain."""
    return _switched(actor, RestoreDomain, connection, domain, json_data)


def _switched(
    actor: Actor, model: type[Switch], connection: str, domain: str, json_data: SwitchIn
) -> Response:
    feedback = CollectFeedback()
    data = {"connection": connection, "domain": name_from_address(domain), **json_data.model_dump()}
    execution = service_with(DetailService, feedback).switch(actor, parse(model, data), request_key())
    return written(feedback.reports, execution.outcomes)


@api.get("/domains/<connection>/<domain>/platforms")
@api_right(Right.VIEW_DOMAINS)
@api.output(PlatformsOut)
def get_platforms(actor: Actor, connection: str, domain: str) -> PlatformsOut:
    """Read the platforms of a domain live, with the number of mailboxes that each serves."""
    read = service_with(PlatformService, CollectFeedback()).read(actor, connection, name_from_address(domain))
    if read.platforms is None:
        raise read.failure or Unreachable(msg("The platforms could not be read."))
    return PlatformsOut(items=[platform_out(one) for one in read.platforms])


@api.put("/domains/<connection>/<domain>/platforms")
@api_right(Right.CHANGE_DOMAINS)
@api.input(PlatformsIn, location="json")
@api.output(ReportOut)
def set_platforms(actor: Actor, connection: str, domain: str, json_data: PlatformsIn) -> Response:
    """Replace the platforms of a domain; known ids stay, and hidden settings are never erased."""
    feedback = CollectFeedback()
    data = {"connection": connection, "domain": name_from_address(domain), **json_data.model_dump()}
    execution = service_with(PlatformService, feedback).change(
        actor, parse(SetPlatforms, data), request_key()
    )
    return written(feedback.reports, execution.outcomes)


@api.put("/domains/<connection>/<domain>/routes")
@api_right(Right.CHANGE_DOMAINS)
@api.input(RoutesIn, location="json")
@api.output(ReportOut)
def set_routes(actor: Actor, connection: str, domain: str, json_data: RoutesIn) -> Response:
    """Replace all routes."""
    return _routes_changed(actor, SetRoutes, connection, domain, **json_data.model_dump())


@api.post("/domains/<connection>/<domain>/routes")
@api_right(Right.CHANGE_DOMAINS)
@api.input(AddRouteIn, location="json")
@api.output(ReportOut)
def add_route(actor: Actor, connection: str, domain: str, json_data: AddRouteIn) -> Response:
    """Add one route."""
    route = json_data.model_dump(exclude={"position"})
    return _routes_changed(actor, AddRoute, connection, domain, route=route, position=json_data.position)


@api.delete("/domains/<connection>/<domain>/routes/<host>/<int(max=65535):port>")
@api_right(Right.CHANGE_DOMAINS)
@api.output(ReportOut)
def remove_route(actor: Actor, connection: str, domain: str, host: str, port: int) -> Response:
    """Remove one route, named by host and port."""
    return _routes_changed(actor, RemoveRoute, connection, domain, host=host, port=port)


def _routes_changed(
    actor: Actor, model: type[SetRoutes | AddRoute | RemoveRoute], connection: str, domain: str, **data: Any
) -> Response:
    domains, feedback = _service()
    command = parse(model, {"connection": connection, "domain": name_from_address(domain), **data})
    execution = domains.change_routes(actor, command, request_key())
    return written(feedback.reports, execution.outcomes)


@api.post("/domains/<connection>/<domain>/routes/test")
@api_right(Right.CHECK_ROUTES)
@api.input(RoutesTestIn, location="json")
@api.output(RouteTestsOut)
def test_routes(actor: Actor, connection: str, domain: str, json_data: RoutesTestIn) -> RouteTestsOut:
    """Try routes by SMTP: name, connection, banner, STARTTLS, certificate, recipient. Nothing is sent."""
    domains, _ = _service()
    name = name_from_address(domain)
    if json_data.routes is None:
        routes = list(domains.read(actor, connection, name).domain.routes or ())
    else:
        given = parse(SetRoutes, {"connection": connection, "domain": name, **json_data.model_dump()})
        routes = [route.to_route() for route in given.routes]
    results = domains.test_routes(actor, connection, name, routes)
    return RouteTestsOut(
        items=[
            RouteTestOut(route=route_out(route), readings=[reading_out(r) for r in readings])
            for route, readings in results
        ]
    )


@api.post("/domains/refresh")
@api_right(Right.SYNC)
@api.input(RefreshIn, location="json")
@api.output(StartedJobsOut, status_code=202)
def refresh_domains(actor: Actor, json_data: RefreshIn) -> StartedJobsOut:
    """Start reading all domains again."""
    return StartedJobsOut(jobs=_service()[0].refresh(actor, json_data.connection))


def platform_out(one: Platform) -> PlatformOut:
    """A platform as JSON."""
    return PlatformOut(
        id=one.id,
        name=one.name,
        default=one.default,
        routes=[route_out(route) for route in one.routes],
        mailboxes=one.mailboxes,
        sign_in=one.sign_in,
        access=one.access,
        sealed=one.sealed,
    )


def field_out(field: PolicyField) -> FieldOut:
    """A field of a domain as JSON."""
    return FieldOut(
        name=field.name,
        label=field.label.render(gettext),
        value=str(field.value or ""),
        help=text_out(field.help) or "",
        choices=[value for value, _ in field.choices],
    )


def route_out(route: Route) -> RouteOut:
    """A route as JSON."""
    return RouteOut(
        host=route.host,
        port=route.port,
        priority=route.priority,
        transport=route.transport.value,
        kind=route.kind.value,
        applies_to=route.applies_to,
    )


def reading_out(reading: Reading) -> ReadingOut:
    """A finding as JSON."""
    return ReadingOut(
        check=reading.check,
        verdict=reading.verdict.value,
        found=reading.found.render(gettext),
        expected=text_out(reading.expected),
        advice=text_out(reading.advice),
    )


def row_out(row: DomainRow) -> DomainOut:
    """A row of the inventory as JSON."""
    return DomainOut(
        connection=row.connection,
        domain=row.name,
        display=row.display,
        status=row.status.value,
        aliases=None if row.aliases is None else list(row.aliases),
        routes=None if row.routes is None else [route_out(route) for route in row.routes],
        account=row.account,
        mailboxes=row.mailboxes,
        read_at=row.seen_at,
        changed_at=row.changed_at,
        stale=row.stale,
        health=row.health.value if row.health else None,
        troubles=list(row.troubles),
    )


def live_out(found: LiveDomain) -> DomainLiveOut:
    """A domain read live as JSON."""
    domain: Domain = found.domain
    return DomainLiveOut(
        connection=domain.connection,
        domain=domain.name,
        display=display(domain.name),
        status=domain.status.value,
        aliases=None if domain.aliases is None else list(domain.aliases),
        routes=None if domain.routes is None else [route_out(route) for route in domain.routes],
        account=domain.account,
        mailboxes=domain.mailboxes,
        read_at=found.row.seen_at if found.row else None,
        changed_at=found.row.changed_at if found.row else None,
        stale=bool(found.row and found.row.stale),
        health=found.row.health.value if found.row and found.row.health else None,
        troubles=list(found.row.troubles) if found.row else [],
        live=found.live,
        problem=text_out(found.problem),
    )
