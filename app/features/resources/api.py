"""Resources over REST: the kinds of a connection, lists, single ones, and actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.resources import Action, Resource, ResourceQuery
from app.core.resources import Field as FieldOfAction
from app.core.text import Message
from app.features.resources.service import KindRow, ResourceService, Spot
from app.web.api import (
    Body,
    Paged,
    Query,
    ReportOut,
    api_right,
    blueprint,
    report_out,
    request_key,
    text_out,
    written,
)
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("resources", "Resources")

_PLACE = "Where it belongs, for kinds of a domain."
_PARENT = "The key of what it belongs to, for kinds of another kind."


class ColumnOut(BaseModel):
    """One value that resources of a kind have."""

    name: str
    label: str
    show: str
    listed: bool


class ActionFieldOut(BaseModel):
    """One value that an action takes."""

    name: str
    label: str
    kind: str
    required: bool
    help: str | None = None
    choices: list[str] = []
    least: int | None = None
    most: int | None = None
    pattern: str = ""
    shape: str = ""
    media_types: list[str] = []


class ActionOut(BaseModel):
    """What can be done. `risk`: it takes something away. `secret`: the answer is told once. `closed`: why it cannot be done."""

    name: str
    label: str
    right: str
    risk: bool
    many: bool
    secret: bool
    on_one: bool
    fields: list[ActionFieldOut]
    closed: str | None = None


class KindOut(BaseModel):
    """A kind of resources. `parent`: "", "domain", or another kind. `closed`: why it cannot be read."""

    name: str
    label: str
    area: str
    parent: str
    right: str
    single: bool
    listable: bool
    paged: bool
    filters: list[str]
    columns: list[ColumnOut]
    actions: list[ActionOut]
    note: str | None = None
    closed: str | None = None


class KindsOut(BaseModel):
    """The kinds of a connection that the token may read."""

    items: list[KindOut]


class ResourceOut(BaseModel):
    """One resource: its key, what people call it, its values by name."""

    key: str
    label: str
    values: dict[str, Any]


class ResourcesOut(BaseModel):
    """One page of a list. `next` is the value of `page` for the next one, null at the end; `problem`: why it is not (all)
    there."""

    items: list[ResourceOut]
    total: int | None
    page: int
    size: int
    next: int | None
    problem: str | None = None


class OneQuery(Query):
    """Which one."""

    key: str = Field(default="", max_length=1000)
    domain: str = Field(default="", description=_PLACE)
    parent: str | None = Field(default=None, max_length=1000, description=_PARENT)


class ResourcesQuery(Paged):
    """Which part of a list."""

    domain: str = Field(default="", description=_PLACE)
    parent: str | None = Field(default=None, max_length=1000, description=_PARENT)
    q: str = Field(default="", max_length=200, description="A text to look for.")
    sort: str = Field(default="", max_length=100, description="A column's name; “-” before it: descending.")
    filters: str = Field(default="", max_length=1000, description="“name=value”, several with “;” between.")


class ActIn(Body):
    """An action: what it is about, its values, and (for “edit”) what was seen of the values that change."""

    key: str = Field(default="", max_length=1000)
    domain: str | None = Field(default=None, description=_PLACE)
    parent: str | None = Field(default=None, max_length=1000, description=_PARENT)
    values: dict[str, Any] = Field(default={}, description="By field; files as name, media_type and base64.")
    expected: dict[str, Any] | None = Field(
        default=None, description="Refused with 409 when one of these is no longer so."
    )


class ActedOut(ReportOut):
    """The report. `key`: of the resource afterwards; `value`: what the upstream tells this once."""

    key: str
    value: str | None


def _service() -> tuple[ResourceService, CollectFeedback]:
    feedback = CollectFeedback()
    return service_with(ResourceService, feedback), feedback


def _spot(actor: Actor, connection: str, kind: str, domain: str | None, parent: str | None) -> Spot:
    name = name_from_address(domain) if domain else None
    return _service()[0].spot(actor, connection, kind, name, parent)


@api.get("/connections/<connection>/resources")
@api_right(Right.VIEW_DOMAINS)
@api.output(KindsOut)
def list_resource_kinds(actor: Actor, connection: str) -> KindsOut:
    """List the kinds of resources of a connection, with their values and actions."""
    resources = _service()[0]
    _, rows = resources.kinds(actor, connection)
    card = resources.card(actor, connection)
    return KindsOut(items=[_kind_out(row, card.closed_action) for row in rows])


@api.get("/connections/<connection>/resources/<kind>")
@api_right(Right.VIEW_DOMAINS)
@api.input(ResourcesQuery, location="query")
@api.output(ResourcesOut)
def list_resources(actor: Actor, connection: str, kind: str, query_data: ResourcesQuery) -> ResourcesOut:
    """List resources of a kind, read live."""
    asked = query_data
    spot = _spot(actor, connection, kind, asked.domain, asked.parent)
    filters = dict(text.split("=", 1) for text in asked.filters.split(";") if "=" in text)
    query = ResourceQuery(asked.page, asked.size, asked.q, filters, asked.sort)
    listing = _service()[0].listing(actor, spot, query)
    page = listing.page
    if page is None:
        problem = text_out(listing.problem or spot.kind.note)
        return ResourcesOut(
            items=[], total=None, page=asked.page, size=asked.size, next=None, problem=problem
        )
    more = page.more if page.total is None else asked.page * asked.size < page.total
    return ResourcesOut(
        items=[_resource_out(row) for row in page.rows],
        total=page.total,
        page=asked.page,
        size=asked.size,
        next=asked.page + 1 if more else None,
        problem=text_out(page.cut),
    )


@api.get("/connections/<connection>/resources/<kind>/one")
@api_right(Right.VIEW_DOMAINS)
@api.input(OneQuery, location="query")
@api.output(ResourceOut)
def get_resource(actor: Actor, connection: str, kind: str, query_data: OneQuery) -> ResourceOut:
    """Read one resource with all its values; of a kind with only one, without a key."""
    spot = _spot(actor, connection, kind, query_data.domain, query_data.parent)
    return _resource_out(_service()[0].read(actor, spot, query_data.key))


@api.post("/connections/<connection>/resources/<kind>/<action>")
@api_right(Right.VIEW_DOMAINS)
@api.input(ActIn, location="json")
@api.output(ActedOut)
def act_on_resource(actor: Actor, connection: str, kind: str, action: str, json_data: ActIn) -> Response:
    """Carry out an action of a kind; the right that it needs is named with the kind."""
    resources, feedback = _service()
    spot = _spot(actor, connection, kind, json_data.domain, json_data.parent)
    chosen = resources.action(actor, spot, action)
    command = resources.wish(spot, chosen, json_data.key, json_data.values, json_data.expected)
    typed = json_data.key or str(spot.kind.one)
    done = resources.act(actor, spot, command, request_key(), title=json_data.key, typed=typed)
    status = written(feedback.reports, done.execution.outcomes).status_code
    out = report_out(feedback.reports, done.execution.outcomes)
    value = done.secret.reveal() if done.secret else None
    response = jsonify(ActedOut(**out.model_dump(), key=done.key, value=value).model_dump())
    response.status_code = status
    return response


def _resource_out(row: Resource) -> ResourceOut:
    return ResourceOut(key=row.key, label=row.title, values=dict(row.values))


def _text(message: Message) -> str:
    return text_out(message) or ""


def _kind_out(row: KindRow, closed_action: Callable[[Action], Message | None]) -> KindOut:
    kind = row.kind
    shown = {"name": kind.name, "area": kind.area.value, "parent": kind.parent, "right": kind.right.value}
    return KindOut(
        **shown,
        label=_text(kind.label),
        single=kind.single,
        listable=kind.listable,
        paged=kind.paged,
        filters=[field.name for field in kind.filters],
        columns=[
            ColumnOut(name=c.name, label=_text(c.label), show=c.show.value, listed=c.listed)
            for c in kind.columns
        ],
        actions=[_action_out(action, closed_action(action)) for action in kind.actions],
        note=text_out(kind.note),
        closed=text_out(row.closed),
    )


def _action_out(action: Action, closed: Message | None) -> ActionOut:
    return ActionOut(
        name=action.name,
        label=_text(action.label),
        right=action.right.value,
        risk=action.risk,
        many=action.many,
        secret=action.secret,
        on_one=action.of_one,
        fields=[_field_out(field) for field in action.fields],
        closed=text_out(closed),
    )


def _field_out(field: FieldOfAction) -> ActionFieldOut:
    return ActionFieldOut(
        name=field.name,
        label=_text(field.label),
        kind=field.kind.value,
        required=field.required,
        help=text_out(field.help),
        choices=[value for value, _ in field.choices],
        least=field.least,
        most=field.most,
        pattern=field.pattern,
        shape=field.shape,
        media_types=list(field.media_types),
    )
