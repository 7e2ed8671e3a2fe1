"""The pages of a domain's own fields, of its status, and of the domains that wait to be purged."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import (
    DisableDomain,
    EditDomain,
    EnableDomain,
    RenameDomain,
    RestoreDomain,
    parse,
)
from app.core.model import DomainStatus
from app.core.names import domain_name
from app.core.ports import DomainQuery
from app.features.domains import present
from app.features.domains.details import DetailService, Switch
from app.features.domains.forms import DetailsForm, RenameForm, SwitchForm, details_form
from app.web.errors import tried
from app.web.forms import apply_problems
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address


def add_to(bp: Blueprint) -> None:
    """Registers these pages with the blueprint of the domains."""
    bp.add_url_rule("/deleted", "deleted", deleted)
    bp.add_url_rule("/<key>/<name>/details", "edit", edit, methods=["GET", "POST"])
    bp.add_url_rule("/<key>/<name>/rename", "rename", rename, methods=["GET", "POST"])
    for action, view in (("enable", enable), ("disable", disable), ("restore", restore)):
        bp.add_url_rule(f"/<key>/<name>/{action}", action, view, methods=["GET", "POST"])


@right(Right.VIEW_DOMAINS)
def deleted(actor: Actor) -> str:
    """The domains that are marked as deleted, with the day on which they go for good."""
    query = DomainQuery(
        statuses=(DomainStatus.DELETED.value,), text=request.args.get("q", "")[:253], page=page_number()
    )
    found = service(DetailService).deleted(actor, query)
    return render_template(
        "domains/deleted.html",
        found=found,
        rows=present.deleted_rows(found),
        pager=Pager.of(query.page, query.size, found.page.total, found.page.total_capped),
    )


@right(Right.CHANGE_DOMAINS)
def edit(actor: Actor, key: str, name: str) -> Any:
    """The fields of a domain; only those that were changed on the page are sent."""
    details = service(DetailService)
    name = name_from_address(name)
    read = details.fields(actor, key, name)
    form = details_form(read.fields, read.found.card)()
    status: int | None = 200
    if request.method == "POST":
        place = partial(apply_problems, names=lambda path: path.replace("fields.", "field_", 1))
        status = tried(
            form,
            lambda: details.edit(actor, _edit_command(form, key, name), form.request_key.data),
            place,
        )
        if status is None:
            return redirect(url_for("domains.edit", key=key, name=name), 303)
    gaps = read.found.gaps()
    page = render_template("domains/edit.html", form=form, read=read, found=read.found, gaps=gaps)
    return page, status


def _edit_command(form: DetailsForm, key: str, name: str) -> EditDomain:
    changed, seen = form.changed()
    # Nothing changed: compared all the same, so that a domain that is gone is told.
    changed = changed or {field: text for field, text in seen.items() if text}
    return parse(
        EditDomain,
        {
            "connection": key,
            "domain": name,
            "fields": changed,
            "expected": {field: seen[field] for field in changed},
            "skip_mx_check": bool(form.skip_mx_check.data),
        },
    )


@right(Right.REMOVE_DOMAINS)
def rename(actor: Actor, key: str, name: str) -> Any:
    """The page that says what another name means, then the deed."""
    details, form = service(DetailService), RenameForm()
    name = name_from_address(name)
    status: int | None = 200

    def send() -> None:
        data = {"connection": key, "domain": name, "new_name": form.new_name.data or ""}
        command = parse(RenameDomain, {**data, "skip_mx_check": bool(form.skip_mx_check.data)})
        details.rename(actor, command, form.request_key.data, typed=form.confirm.data or "")

    if request.method == "POST":
        status = tried(form, send)
        if status is None:
            return redirect(
                url_for("domains.show", key=key, name=domain_name(form.new_name.data or name)), 303
            )
    found = details.read(actor, key, name)
    gap = found.gaps(Capability.DOMAIN_RENAME).get(Capability.DOMAIN_RENAME)
    page = render_template(
        "domains/rename.html", form=form, found=found, gap=gap, facts=present.kept_facts(found)
    )
    return page, status


@right(Right.CHANGE_DOMAINS)
def enable(actor: Actor, key: str, name: str) -> Any:
    """Switch a domain on."""
    return _switch(actor, EnableDomain, key, name)


@right(Right.CHANGE_DOMAINS)
def disable(actor: Actor, key: str, name: str) -> Any:
    """Switch a domain off."""
    return _switch(actor, DisableDomain, key, name)


@right(Right.CHANGE_DOMAINS)
def restore(actor: Actor, key: str, name: str) -> Any:
    """Take a removal back."""
    return _switch(actor, RestoreDomain, key, name)


def _switch(actor: Actor, model: type[Switch], key: str, name: str) -> Any:
    """The page that says what it does, then the deed."""
    details = service(DetailService)
    name = name_from_address(name)
    form = SwitchForm()
    status: int | None = 200
    data = {"connection": key, "domain": name, "skip_mx_check": bool(form.skip_mx_check.data)}
    command = parse(model, data)
    if request.method == "POST":
        status = tried(form, lambda: details.switch(actor, command, form.request_key.data))
        if status is None:
            return redirect(url_for("domains.show", key=key, name=name), 303)
    found = details.read(actor, key, name)
    gaps = found.gaps(command.capability)
    page = render_template(
        "domains/switch.html",
        form=form,
        found=found,
        action=model.command.rpartition(".")[2],
        gap=gaps.get(command.capability.value),
        facts=present.kept_facts(found),
    )
    return page, status
