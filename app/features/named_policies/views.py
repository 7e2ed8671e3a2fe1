"""The pages of policies with names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import CreatePolicy, EditPolicy, RemovePolicy, SetDomainPolicy, parse
from app.core.errors import Invalid
from app.core.model import FieldKind, PolicyField
from app.core.policies import NamedPolicy, PolicyQuery
from app.core.text import msg
from app.features.named_policies.forms import PolicyForm, changes, counting, entered, seen
from app.features.named_policies.service import Compared, DomainPolicies, NamedPolicyService, PolicyPage
from app.web.confirm import ConfirmForm
from app.web.errors import tried
from app.web.fields import field_choices, grouped, shown
from app.web.forms import BaseForm, apply_problems
from app.web.paging import Pager, Sort, page_number
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service
from app.web.texts import name_from_address

bp = Blueprint("named_policies", __name__, url_prefix="/named-policies")

SORTS = ("domain", "name", "connection", "read")
SIDES = 4
"""How many policies are compared at most."""


@bp.get("/")
@right(Right.VIEW_POLICIES)
def index(actor: Actor) -> str:
    """The policies of all connections, as they were last read."""
    sort = Sort.from_url(SORTS, "domain")
    args = request.args
    query = PolicyQuery(
        text=args.get("q", "")[:200],
        connection=args.get("connection", ""),
        default={"default": True, "other": False}.get(args.get("which", "")),
        sort=sort.key,
        descending=sort.descending,
        page=page_number(),
    )
    found = service(NamedPolicyService).list_page(actor, query)
    return render_template(
        "named_policies/index.html",
        found=found,
        query=query,
        sort=sort,
        pager=Pager.of(query.page, query.size, found.found.total),
        names={covered.connection.key: covered.connection.name for covered in found.covered},
        form=ConfirmForm(),
    )


@bp.post("/read")
@right(Right.SYNC)
def read_everywhere(actor: Actor) -> ResponseReturnValue:
    """Read the policies of every domain of a connection, as a job."""
    form, key = ConfirmForm(), request.form.get("connection", "")
    job_id = service(NamedPolicyService).read_everywhere(actor, key, form.request_key.data)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@bp.get("/compare")
@right(Right.VIEW_POLICIES)
def compare(actor: Actor) -> str:
    """Policies side by side, as `p=connection/domain/id` in the address names them."""
    wanted = []
    for text in request.args.getlist("p")[:SIDES]:
        key, _slash, rest = text.strip().partition("/")
        domain, _slash, identity = rest.partition("/")
        if identity:
            wanted.append((key, name_from_address(domain), identity))
    sides = service(NamedPolicyService).compare(actor, wanted)
    table = _compared(sides)
    only = request.args.get("only") == "different"
    return render_template(
        "named_policies/compare.html",
        sides=sides,
        table=[(heading, [row for row in rows if row["differs"] or not only]) for heading, rows in table],
        different=sum(row["differs"] for _, rows in table for row in rows),
        only=only,
        chosen=request.args.getlist("p")[:SIDES],
        shown=shown,
    )


def _compared(sides: Sequence[Compared]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows of a comparison by heading: the field, its value on each side, and whether these differ."""
    values = [side.policy.values if side.policy else None for side in sides]
    fields = {f.name: f for side in sides if side.policy for f in side.policy.fields}
    known = [side for side in values if side is not None]

    def row(field: PolicyField) -> dict[str, Any]:
        cells = [None if side is None else _cell(side, field) for side in values]
        differs = len({json.dumps(side.get(field.name)) for side in known}) > 1
        return {"field": field, "cells": cells, "differs": differs}

    return [(heading, [row(field) for field in part]) for heading, part in grouped(fields.values())]


def _cell(values: Mapping[str, Any], field: PolicyField) -> str:
    value = values.get(field.name)
    if value is None and field.needs and values.get(field.needs) is not True:
        return "—"
    return shown(value, field)


# --- one domain -----------------------------------------------------------------------------------------------------


@bp.route("/<key>/<domain>", methods=["GET", "POST"])
@right(Right.VIEW_POLICIES)
def of_domain(actor: Actor, key: str, domain: str) -> Any:
    """The policies of a domain; one of them can be made its default."""
    policies = service(NamedPolicyService)
    domain = name_from_address(domain)
    form = ConfirmForm()
    status: int | None = 200
    if request.method == "POST":
        data = {"connection": key, "domain": domain, "policy": request.form.get("policy", "")}
        data |= {"expected": request.form["was"]} if request.form.get("was") else {}
        status = tried(
            form, lambda: policies.assign(actor, parse(SetDomainPolicy, data), form.request_key.data)
        )
        if status is None:
            return redirect(_url("of_domain", key=key, domain=domain), 303)
    found = policies.of_domain(actor, key, domain)
    return render_template(
        "named_policies/domain.html",
        found=found,
        form=form,
        gaps=_gaps(found),
        may_change=actor.may(Right.CHANGE_POLICIES),
    ), status


def _gaps(found: DomainPolicies) -> dict[str, Any]:
    wanted = (Capability.POLICIES_READ, Capability.POLICIES_WRITE, Capability.POLICY_ASSIGN)
    return {capability.value: reason for capability in wanted if (reason := found.gap(capability))}


@bp.route("/<key>/<domain>/new", methods=["GET", "POST"])
@right(Right.CHANGE_POLICIES)
def new(actor: Actor, key: str, domain: str) -> Any:
    """Add a policy; `copy` in the address names one whose values it begins with, and which may go to another domain."""
    policies = service(NamedPolicyService)
    domain = name_from_address(domain)
    source = request.args.get("copy", "")
    fields = policies.fields(actor, key, domain)
    form, problems = PolicyForm(), dict[str, str]()
    status: int | None = 200
    if request.method == "POST":
        values: Mapping[str, Any] = entered(fields, request.form)
        made: list[str] = []

        def send() -> None:
            to_key, to_domain = key, domain
            if source:
                to_key, to_domain = form.connection.data or key, form.domain.data or domain
            wish = {"name": form.name.data or "", "values": counting(fields, dict(values))}
            command = parse(CreatePolicy, {"connection": to_key, "domain": to_domain, **wish})
            made.append(_made_url(command, policies.create(actor, command, form.request_key.data)[1]))

        status = tried(form, send, partial(_place, fields, problems))
        if status is None:
            return redirect(made[0], 303)
    else:
        values = {field.name: field.value for field in fields}
        form.connection.data, form.domain.data = key, domain
        if source:
            policy = policies.of_domain(actor, key, domain).one(source)
            values = values | {name: value for name, value in policy.values.items() if value is not None}
            form.name.data = _("Copy of %(name)s", name=policy.name)[:100]
    return _form_page(
        "named_policies/new.html",
        form,
        fields,
        values,
        problems,
        key=key,
        domain=domain,
        source=source,
        targets=[(c.key, c.name) for c in policies.targets(actor)] if source else [],
    ), status


def _made_url(command: CreatePolicy, made: NamedPolicy | None) -> str:
    """The page of a policy that was just added, of its domain's policies where it cannot be read."""
    place = {"key": command.connection, "domain": command.domain}
    if made is None:
        return _url("of_domain", **place)
    return _url("show", **place, policy=made.id)


def _url(page: str, **place: str) -> str:
    return url_for(f"named_policies.{page}", **place)  # type: ignore[arg-type]


# --- one policy -----------------------------------------------------------------------------------------------------


@bp.get("/<key>/<domain>/<policy>")
@right(Right.VIEW_POLICIES)
def show(actor: Actor, key: str, domain: str, policy: str) -> str:
    """One policy: what each field means, and who uses it."""
    page = service(NamedPolicyService).read(actor, key, name_from_address(domain), policy)
    return _policy_page("named_policies/show.html", page, may_change=actor.may(Right.CHANGE_POLICIES))


@bp.route("/<key>/<domain>/<policy>/edit", methods=["GET", "POST"])
@right(Right.CHANGE_POLICIES)
def edit(actor: Actor, key: str, domain: str, policy: str) -> Any:
    """Change a policy. What somebody else changed since the form was drawn is not overwritten."""
    policies = service(NamedPolicyService)
    domain = name_from_address(domain)
    form, problems = PolicyForm(), dict[str, str]()
    status: int | None = 200
    typed: Mapping[str, Any] | None = None
    if request.method == "POST":
        fields = policies.fields(actor, key, domain)
        typed = entered(fields, request.form)

        def send() -> None:
            command = parse(EditPolicy, _edit_data(form, fields, key, domain, policy))
            policies.edit(actor, command, form.request_key.data)

        status = tried(form, send, partial(_place, fields, problems))
        if status is None:
            return redirect(_url("show", key=key, domain=domain, policy=policy), 303)
    found = policies.of_domain(actor, key, domain)
    now = found.one(policy)
    if typed is None:
        form.name.data = now.name
    proposed = {field.name: field.value for field in policies.fields(actor, key, domain)}
    filled = {name: proposed[name] if value is None else value for name, value in now.values.items()}
    return _form_page(
        "named_policies/edit.html",
        form,
        now.fields,
        filled if typed is None else typed,
        problems,
        found=found,
        policy=now,
        was=_was(now),
        gaps=_gaps(found),
    ), status


def _edit_data(
    form: PolicyForm, fields: Sequence[PolicyField], key: str, domain: str, policy: str
) -> dict[str, Any]:
    """The command behind the form: only what differs from what the person saw, and what that was."""
    before = seen(fields, request.form)
    values = changes(fields, counting(fields, entered(fields, request.form)), before)
    expected = {name: before[name] for name in values if name in before}
    data = {"connection": key, "domain": domain, "policy": policy, "values": values, "expected": expected}
    was_name = request.form.get("was_name", "")
    if form.name.data != was_name:
        data |= {"name": form.name.data or "", "expected": {**expected, "name": was_name}}
    return data


def _was(policy: NamedPolicy) -> dict[str, str]:
    """What the person sees now, as the hidden fields of the form. After a refusal that stays what it was."""
    if request.method == "POST":
        return {n.removeprefix("was."): v for n, v in request.form.items() if n.startswith("was.")} | {
            "": request.form.get("was_name", "")
        }
    return {name: json.dumps(value) for name, value in policy.values.items()} | {"": policy.name}


@bp.route("/<key>/<domain>/<policy>/remove", methods=["GET", "POST"])
@right(Right.CHANGE_POLICIES)
def remove(actor: Actor, key: str, domain: str, policy: str) -> Any:
    """Remove a policy, once nobody uses it: the page names who does."""
    policies = service(NamedPolicyService)
    domain = name_from_address(domain)
    form = ConfirmForm()
    status: int | None = 200
    if request.method == "POST":
        data = {"connection": key, "domain": domain, "policy": policy}
        status = tried(form, lambda: policies.remove(actor, parse(RemovePolicy, data), form.request_key.data))
        if status is None:
            return redirect(_url("of_domain", key=key, domain=domain), 303)
    page = policies.read(actor, key, domain, policy)
    return _policy_page("named_policies/remove.html", page, form=form), status


# --- drawing --------------------------------------------------------------------------------------------------------


def _place(fields: Sequence[PolicyField], problems: dict[str, str], form: BaseForm, error: Invalid) -> None:
    """Puts what is wrong with a field that the driver describes into `problems`, by its name; the rest goes to the form."""
    found = {p.removeprefix("values."): t for p, t in error.fields.items() if p.startswith("values.")}
    apply_problems(form, Invalid({p: t for p, t in error.fields.items() if not p.startswith("values.")}))
    labels = [field.label for field in fields if field.name in found]
    if labels:
        named = ", ".join(str(translated(label)) for label in labels)
        form.errors_above.append(msg("Please correct: {fields}. Nothing was changed.", fields=named))
    elif found:
        form.errors_above.append(error.message)
    problems.update({name: str(translated(text)) for name, text in found.items()})


def _policy_page(template: str, page: PolicyPage, **more: Any) -> str:
    return render_template(
        template,
        page=page,
        found=page.of,
        policy=page.policy,
        gaps=_gaps(page.of),
        groups=grouped(page.policy.fields),
        cell=lambda field: _cell(page.policy.values, field),
        **more,
    )


def _form_page(
    template: str,
    form: PolicyForm,
    fields: Sequence[PolicyField],
    values: Mapping[str, Any],
    problems: Mapping[str, str],
    **more: Any,
) -> str:
    return render_template(
        template,
        form=form,
        groups=grouped(fields),
        values=values,
        problems=problems,
        kinds=FieldKind,
        field_choices=field_choices,
        **more,
    )
