"""Policies with names over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from flask_babel import gettext
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import CreatePolicy, EditPolicy, RemovePolicy, SetDomainPolicy, parse
from app.core.model import PolicyField
from app.core.policies import NamedPolicy, PolicyQuery
from app.features.named_policies.service import NamedPolicyService
from app.web.api import Body, Paged, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("named_policies", "Named policies")

_PLACE = "/domains/<connection>/<domain>/policies"

Order = Literal["domain", "-domain", "name", "-name", "connection", "-connection", "read", "-read"]


class PoliciesQuery(Paged):
    """Which policies: as they were last read, so no upstream is asked."""

    q: str = Field(default="", max_length=253, description="Part of the name of a policy or its domain.")
    connection: str = Field(default="", max_length=64)
    default: bool | None = Field(default=None, description="Only defaults of domains, or only others.")
    sort: Order = "domain"


class PolicyRowOut(BaseModel):
    """A policy as it was last read; `values` by field."""

    connection: str
    domain: str
    id: str
    name: str
    default: bool
    values: dict[str, Any]
    read_at: datetime


class PoliciesOut(BaseModel):
    """One page of policies. `next` is the value of `page` for the next one."""

    items: list[PolicyRowOut]
    total: int
    next: int | None


class PolicyFieldOut(BaseModel):
    """What a field means. `needs`: the switch without which it does not apply; `value`: what is proposed for a new one."""

    name: str
    label: str
    group: str | None = None
    kind: str
    help: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    needs: str = ""
    value: Any = None


class PolicyOut(BaseModel):
    """A policy of a domain. `values` by field; null: the field does not apply. `notes`: what to know about it."""

    id: str
    name: str
    default: bool
    values: dict[str, Any]
    notes: list[str] = []


class DomainPoliciesOut(BaseModel):
    """The policies of a domain; `live` false: as they were last read, `problem` says why."""

    items: list[PolicyOut]
    fields: list[PolicyFieldOut]
    live: bool
    problem: str | None = None


class UseOut(BaseModel):
    """Who uses a policy; `mailboxes` names at most 200 of the `total`."""

    default: bool
    mailboxes: list[str]
    total: int


class PolicyWithUseOut(PolicyOut):
    """A policy, and who uses it (null where that cannot be read)."""

    use: UseOut | None = None
    use_problem: str | None = None


class NewPolicyIn(Body):
    """A policy to add. `copy_of`: the id of a policy of the same domain whose values are taken, but for those given."""

    name: str
    values: dict[str, Any] = Field(default_factory=dict)
    copy_of: str | None = None


class EditPolicyIn(Body):
    """What to change. `expected`: the values that you saw; refused (409) when one of them is no longer so."""

    name: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    expected: dict[str, Any] | None = None


class DefaultPolicyIn(Body):
    """The policy that becomes the default. `expected`: the id of the one that you saw as the default."""

    policy: str
    expected: str | None = None


@api.get("/policies")
@api_right(Right.VIEW_POLICIES)
@api.input(PoliciesQuery, location="query")
@api.output(PoliciesOut)
def list_named_policies(actor: Actor, query_data: PoliciesQuery) -> PoliciesOut:
    """List the policies of all connections as they were last read."""
    query = PolicyQuery(
        text=query_data.q,
        connection=query_data.connection,
        default=query_data.default,
        sort=query_data.sort.removeprefix("-"),
        descending=query_data.sort.startswith("-"),
        page=query_data.page,
        size=query_data.size,
    )
    found = service_with(NamedPolicyService, CollectFeedback()).list_page(actor, query).found
    items = [
        PolicyRowOut(
            connection=row.connection,
            domain=row.domain,
            id=row.id,
            name=row.name,
            default=row.default,
            values=dict(row.values),
            read_at=row.read_at,
        )
        for row in found.rows
    ]
    more = query.page * query.size < found.total
    return PoliciesOut(items=items, total=found.total, next=query.page + 1 if more else None)


@api.get(_PLACE)
@api_right(Right.VIEW_POLICIES)
@api.output(DomainPoliciesOut)
def list_domain_policies(actor: Actor, connection: str, domain: str) -> DomainPoliciesOut:
    """Read the policies of a domain live, with what each field means."""
    service = service_with(NamedPolicyService, CollectFeedback())
    name = name_from_address(domain)
    fields = service.fields(actor, connection, name)
    found = service.of_domain(actor, connection, name)
    return DomainPoliciesOut(
        items=[PolicyOut(**_policy(policy)) for policy in found.policies],
        fields=[_field(field) for field in fields],
        live=found.problem is None,
        problem=text_out(found.problem),
    )


@api.get(f"{_PLACE}/<policy>")
@api_right(Right.VIEW_POLICIES)
@api.output(PolicyWithUseOut)
def get_domain_policy(actor: Actor, connection: str, domain: str, policy: str) -> PolicyWithUseOut:
    """Read one policy and who uses it, live."""
    service = service_with(NamedPolicyService, CollectFeedback())
    page = service.read(actor, connection, name_from_address(domain), policy)
    use = page.use
    shown = UseOut(default=use.default, mailboxes=list(use.mailboxes), total=use.total) if use else None
    return PolicyWithUseOut(**_policy(page.policy), use=shown, use_problem=text_out(page.use_problem))


@api.post(_PLACE)
@api_right(Right.CHANGE_POLICIES)
@api.input(NewPolicyIn, location="json")
@api.output(ReportOut, status_code=201)
def create_policy(actor: Actor, connection: str, domain: str, json_data: NewPolicyIn) -> Response:
    """Add a policy, or copy one."""
    feedback = CollectFeedback()
    service = service_with(NamedPolicyService, feedback)
    base = _base(connection, domain)
    values = json_data.values
    if json_data.copy_of is not None:
        values = service.copy_values(actor, connection, base["domain"], json_data.copy_of, values)
    command = parse(CreatePolicy, {**base, "name": json_data.name, "values": values})
    execution, _policy_made = service.create(actor, command, request_key())
    return written(feedback.reports, execution.outcomes, 201)


@api.patch(f"{_PLACE}/<policy>")
@api_right(Right.CHANGE_POLICIES)
@api.input(EditPolicyIn, location="json")
@api.output(ReportOut)
def edit_policy(actor: Actor, connection: str, domain: str, policy: str, json_data: EditPolicyIn) -> Response:
    """Change fields of a policy; what is not named stays."""
    feedback = CollectFeedback()
    data = {**_base(connection, domain), "policy": policy, **json_data.model_dump()}
    service = service_with(NamedPolicyService, feedback)
    return written(feedback.reports, service.edit(actor, parse(EditPolicy, data), request_key()).outcomes)


@api.delete(f"{_PLACE}/<policy>")
@api_right(Right.CHANGE_POLICIES)
@api.output(ReportOut)
def remove_policy(actor: Actor, connection: str, domain: str, policy: str) -> Response:
    """Remove a policy that nobody uses; 409 says who does."""
    feedback = CollectFeedback()
    data = {**_base(connection, domain), "policy": policy}
    service = service_with(NamedPolicyService, feedback)
    return written(feedback.reports, service.remove(actor, parse(RemovePolicy, data), request_key()).outcomes)


@api.put("/domains/<connection>/<domain>/policy")
@api_right(Right.CHANGE_POLICIES)
@api.input(DefaultPolicyIn, location="json")
@api.output(ReportOut)
def set_domain_policy(actor: Actor, connection: str, domain: str, json_data: DefaultPolicyIn) -> Response:
    """Make a policy the default of its domain."""
    feedback = CollectFeedback()
    data = {**_base(connection, domain), **json_data.model_dump()}
    service = service_with(NamedPolicyService, feedback)
    execution = service.assign(actor, parse(SetDomainPolicy, data), request_key())
    return written(feedback.reports, execution.outcomes)


def _base(connection: str, domain: str) -> dict[str, Any]:
    return {"connection": connection, "domain": name_from_address(domain)}


def _policy(policy: NamedPolicy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "name": policy.name,
        "default": policy.default,
        "values": policy.values,
        "notes": [note.render(gettext) for note in policy.notes],
    }


def _field(field: PolicyField) -> PolicyFieldOut:
    return PolicyFieldOut(
        name=field.name,
        label=field.label.render(gettext),
        group=text_out(field.group),
        kind=field.kind.value,
        help=text_out(field.help),
        unit=text_out(field.unit),
        minimum=field.minimum,
        maximum=field.maximum,
        needs=field.needs,
        value=field.value,
    )
