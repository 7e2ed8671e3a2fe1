"""The e-mail aliases tab of a domain: list with filter and pages, add, change recipients, remove."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import (
    AddEmailAlias,
    AddRecipients,
    EditEmailAlias,
    RemoveEmailAlias,
    RemoveRecipients,
    parse,
)
from app.core.email_aliases import EmailAliasQuery, Recipient, RecipientKind
from app.core.errors import NotFound
from app.core.text import msg
from app.features.aliases.email import EmailAliasList, EmailAliasService
from app.features.aliases.forms import AddEmailAliasForm, EditEmailAliasForm, RecipientsForm
from app.web.confirm import ConfirmForm
from app.web.errors import tried
from app.web.feedback import register_link
from app.web.forms import apply_problems
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.services import service
from app.web.tables import csv_answer, xlsx_answer
from app.web.texts import name_from_address, words

register_link(
    "email_aliases.reaching",
    lambda params: {
        "url": url_for(
            "aliases.email",
            key=params["connection"],
            name=params["domain"],
            q=params["mailbox"],
            by="recipient",
        )
    },
)

BY = ("address", "recipient")
COLUMNS = ("address", "recipient", "kind", "name")
SIZE = 50
KINDS = {
    RecipientKind.MAILBOX: (_l("mailbox"), "green"),
    RecipientKind.ALIAS: (_l("alias"), "blue"),
    RecipientKind.EXTERNAL: (_l("external"), "orange"),
    RecipientKind.UNKNOWN: (_l("unknown"), "grey"),
}
"""The word and the tone of each kind of recipient."""


def add_to(bp: Blueprint) -> None:
    """Registers these pages with the blueprint of the aliases."""
    base = "/<key>/<name>/email-aliases"
    bp.add_url_rule(base, "email", index)
    bp.add_url_rule(f"{base}/export.<kind>", "email_export", export)
    bp.add_url_rule(f"{base}/new", "email_new", new, methods=["GET", "POST"])
    bp.add_url_rule(f"{base}/one", "email_one", show)
    bp.add_url_rule(f"{base}/recipients", "email_recipients", recipients, methods=["POST"])
    bp.add_url_rule(f"{base}/edit", "email_edit", edit, methods=["GET", "POST"])
    bp.add_url_rule(f"{base}/remove", "email_remove", remove, methods=["GET", "POST"])


@right(Right.VIEW_MAILBOXES)
def index(actor: Actor, key: str, name: str) -> str:
    """The e-mail aliases of a domain, read live."""
    query = _query()
    found = service(EmailAliasService).page(actor, key, name_from_address(name), query)
    return render_template(
        "aliases/email.html",
        listed=found,
        found=found.found,
        query=query,
        gaps=found.found.gaps(),
        pager=_pager(found),
        kinds=KINDS,
    )


def _query() -> EmailAliasQuery:
    """What the address of the page asks for."""
    by = request.args.get("by", "")
    return EmailAliasQuery(
        text=request.args.get("q", "").replace("\x00", "").strip()[:200],
        by=by if by in BY else BY[0],
        page=min(page_number(), 100_000),
        size=SIZE,
    )


@right(Right.VIEW_MAILBOXES)
def export(actor: Actor, key: str, name: str, kind: str) -> Any:
    """What the list shows, all pages of it, as CSV or XLSX: a row for each recipient."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(msg("E-mail aliases are exported as csv or xlsx."))
    name = name_from_address(name)
    found = service(EmailAliasService).export(actor, key, name, _query())
    rows = [
        (alias.address, to.address, to.kind.value if to.address else "", to.name)
        for alias in found
        for to in alias.recipients or (Recipient(""),)
    ]
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(f"email-aliases-{name}.{kind}", COLUMNS, rows)


def _pager(listed: EmailAliasList) -> Pager:
    """The way to the other pages; where the upstream tells no total, what is known so far counts."""
    query, page = listed.query, listed.page
    if page is None:
        return Pager.of(1, query.size, 0)
    known = (query.page - 1) * query.size + len(page.rows)
    if page.total is None:
        return Pager.of(query.page, query.size, known, page.more)
    return Pager.of(query.page, query.size, page.total)


@right(Right.CHANGE_MAILBOXES)
def new(actor: Actor, key: str, name: str) -> Any:
    """Add an e-mail alias."""
    aliases = service(EmailAliasService)
    name = name_from_address(name)
    form = AddEmailAliasForm()
    status: int | None = 200

    def send() -> None:
        base = {"connection": key, "domain": name, "address": form.full_address(name)}
        command = parse(AddEmailAlias, {**base, "recipients": words(form.recipients.data)})
        aliases.change(actor, command, form.request_key.data)

    if request.method == "POST":
        status = tried(form, send)
        if status is None:
            return redirect(url_for("aliases.email", key=key, name=name), 303)
    found = aliases.page(actor, key, name, EmailAliasQuery(size=1)).found
    page = render_template("aliases/email_new.html", form=form, found=found, gaps=found.gaps())
    return page, status


@right(Right.VIEW_MAILBOXES)
def show(actor: Actor, key: str, name: str) -> str:
    """One e-mail alias: its recipients, and the aliases that lead to it; `address` of the query names it."""
    return _one_page(actor, key, name_from_address(name), RecipientsForm())


@right(Right.CHANGE_MAILBOXES)
def recipients(actor: Actor, key: str, name: str) -> Any:
    """Add recipients to an e-mail alias, or remove chosen ones; the others stay as they are."""
    name, address, form = name_from_address(name), _address(), RecipientsForm()

    def send() -> None:
        base = {"connection": key, "domain": name, "address": address}
        service(EmailAliasService).change(actor, _of_recipients(form, base), form.request_key.data)

    status = tried(form, send, partial(apply_problems, names=_shown_recipients))
    if status is None:
        return redirect(_back_to(key, name, address), 303)
    return _one_page(actor, key, name, form), status


def _of_recipients(form: RecipientsForm, base: dict[str, str]) -> AddRecipients | RemoveRecipients:
    if "remove" in request.form:
        return parse(RemoveRecipients, {**base, "recipients": request.form.getlist("recipient")})
    return parse(AddRecipients, {**base, "recipients": words(form.recipients.data)})


def _one_page(actor: Actor, key: str, name: str, form: RecipientsForm) -> str:
    address = _address()
    one = service(EmailAliasService).one(actor, key, name, address)
    if isinstance(one.problem, NotFound):
        raise one.problem
    return render_template(
        "aliases/email_one.html",
        form=form,
        one=one,
        found=one.found,
        address=one.alias.address if one.alias else address,
        gaps=one.found.gaps(),
        kinds=KINDS,
        single=Capability.EMAIL_ALIAS_RECIPIENTS in one.found.card.can,
    )


def _shown_recipients(_path: str) -> str:
    """The one field of the page shows every problem."""
    return "recipients"


@right(Right.CHANGE_MAILBOXES)
def edit(actor: Actor, key: str, name: str) -> Any:
    """Change address and recipients of an e-mail alias; `address` of the query names it."""
    aliases = service(EmailAliasService)
    name, address = name_from_address(name), _address()
    form = EditEmailAliasForm()
    status: int | None = 200

    def send() -> None:
        command = parse(EditEmailAlias, _edit_data(form, key, name, address))
        aliases.change(actor, command, form.request_key.data)

    if request.method == "POST":
        status = tried(form, send, partial(apply_problems, names=_shown_field))
        if status is None:
            return redirect(_back_to(key, name, form.new_address.data or address), 303)
    one = aliases.one(actor, key, name, address)
    if isinstance(one.problem, NotFound):
        raise one.problem
    if request.method == "GET" and one.alias is not None:
        now = [recipient.address for recipient in one.alias.recipients]
        form.new_address.data, form.recipients.data = one.alias.address, "\n".join(now)
        form.expected.data = ", ".join(now)
    page = render_template(
        "aliases/email_edit.html",
        form=form,
        one=one,
        found=one.found,
        address=address,
        gaps=one.found.gaps(),
    )
    return page, status


def _back_to(key: str, name: str, address: str) -> str:
    """The page of an e-mail alias."""
    return url_for("aliases.email_one", key=key, name=name, address=address.strip())


def _shown_field(path: str) -> str:
    """The field that can show a problem of one that the person does not see."""
    first = path.split(".")[0]
    return {"expected": "recipients", "address": "new_address"}.get(first, first)


def _edit_data(form: EditEmailAliasForm, key: str, name: str, address: str) -> dict[str, Any]:
    entered = (form.new_address.data or "").strip()
    return {
        "connection": key,
        "domain": name,
        "address": address,
        "new_address": entered if entered != address else None,
        "recipients": words(form.recipients.data),
        "expected": words(form.expected.data),
    }


@right(Right.CHANGE_MAILBOXES)
def remove(actor: Actor, key: str, name: str) -> Any:
    """The page that names what goes, then the removal."""
    aliases = service(EmailAliasService)
    name, address = name_from_address(name), _address()
    form = ConfirmForm()
    status: int | None = 200
    command = parse(RemoveEmailAlias, {"connection": key, "domain": name, "address": address})
    if request.method == "POST":
        status = tried(
            form,
            lambda: aliases.remove(
                actor,
                command,
                form.request_key.data,
                typed=form.confirm.data or "",
                confirmed=form.checksum.data or "",
            ),
        )
        if status is None:
            return redirect(url_for("aliases.email", key=key, name=name), 303)
    plan = aliases.removal_plan(actor, command)
    if not plan.steps:
        raise NotFound(msg("{address} is not there any more.", address=command.address))
    form.checksum.data = plan.checksum
    page = render_template(
        "aliases/email_remove.html",
        form=form,
        plan=plan,
        name=name,
        step=plan.steps[0],
        address=command.address,
    )
    return page, status


def _address() -> str:
    """The alias that the address of the page names."""
    return request.args.get("address", "").replace("\x00", "").strip()[:320]
