"""The pages of messages: lists of quarantine, log and queue, one message, its body in a frame of its own."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.messages import (
    MailAction,
    MailClass,
    MailField,
    MailFile,
    MailKey,
    MailQuery,
    MailSource,
    MailState,
    Operator,
)
from app.core.model import Connection
from app.core.names import display
from app.core.text import Message, msg
from app.features.quarantine import search_views, senders
from app.features.quarantine.forms import (
    ActForm,
    ReadForm,
    SearchForm,
    chosen_of,
    packed,
    query_from,
    source_of,
    unpacked,
)
from app.features.quarantine.present import COLUMNS, address, cells_of
from app.features.quarantine.searches import BoxSearchService, by_mailbox
from app.features.quarantine.service import (
    OF_SOURCE,
    Chosen,
    MailView,
    QuarantineService,
    may_do,
)
from app.operations.messages import MailAnswer, MailFound
from app.web.errors import tried
from app.web.feedback import register_link
from app.web.navigation import safe_path
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service
from app.web.tables import csv_answer, xlsx_answer
from app.web.texts import name_from_address

register_link(
    "mail.mailbox",
    lambda params: {
        "url": url_for(
            "quarantine.index",
            connection=params["connection"],
            domain=params["domain"],
            mailbox=params["mailbox"],
        )
    },
)

bp = Blueprint("quarantine", __name__, url_prefix="/quarantine")
search_views.add_to(bp)

TICKET_SECONDS = 1800
"""How long a body stays readable after it was asked for; then the person asks again, and it is journalled again."""

BODY_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

# --- lists ----------------------------------------------------------------------------------------------------------


@bp.get("/", defaults={"source": "quarantine"})
@bp.get("/list/<source>")
@right(Right.VIEW_QUARANTINE)
def index(actor: Actor, source: str) -> Any:
    """What is held, logged or waiting, over all connections, asked live and side by side."""
    desk = service(QuarantineService)
    where = source_of(source)
    found, query, problem = None, MailQuery(where), None
    try:
        query = query_from(request.args, where, page_number())
        found = desk.find(actor, query, _connections())
    except Invalid as error:
        problem = error.message
    cards = desk.sources(actor)
    return render_template(
        "quarantine/index.html",
        source=where,
        query=query,
        found=found,
        problem=problem,
        rows=[(row, packed(chosen_of(row)), address(row.connection.key, row.item.key)) for row in found.rows]
        if found
        else [],
        pager=_pager(query, found) if found else None,
        notes=_notes(found, query) if found else [],
        actions=_offered(actor, where, found),
        folders=desk.folders(actor, query, _connections()) if found else [],
        form=ActForm(formdata=None),
        connection_choices=[("", _("every connection")), *((c.key, c.name) for c, _card in cards)],
        class_choices=[("", _("every class")), *((one.value, translated(one.label)) for one in MailClass)],
        operator_choices=[(one.value, translated(one.label)) for one in Operator],
        state_choices=[("", _("every state")), *((one.value, translated(one.label)) for one in MailState)],
        shapes=[(c, shape) for c, card in cards for shape in card.mail if shape.source is where],
        criteria={
            one.value for _, card in cards for s in card.mail if s.source is where for one in s.criteria
        },
        further_fields=_further_fields(cards, where),
        by_box=_by_box(actor, query, cards) if found else [],
        asked=search_views.asked_for(request.args),
        search_form=SearchForm(formdata=None),
    ), 422 if problem else 200


def _further_fields(
    cards: Sequence[tuple[Connection, Card]], source: MailSource
) -> dict[str, tuple[MailField, ...]]:
    """The further fields of the search, under the name of the provider that knows them."""
    shapes = [(card.label, shape) for _, card in cards for shape in card.mail if shape.source is source]
    return {label: shape.fields for label, shape in shapes if shape.fields}


def _by_box(actor: Actor, query: MailQuery, cards: Sequence[tuple[Connection, Card]]) -> list[Connection]:
    """The connections whose mailboxes can be searched one by one, of those that the list is about."""
    wanted = _connections()
    if not any(by_mailbox(card) for _connection, card in cards):
        return []
    places = service(BoxSearchService).places(actor, query)
    return [one for one in places if not wanted or one.key in wanted]


def _connections() -> tuple[str, ...]:
    return tuple(key for key in request.args.getlist("connection") if key)[:50]


def _pager(query: MailQuery, found: MailFound) -> Pager:
    """Pages of all connections side by side: page 2 is each one's second page."""
    size = query.size * max(1, found.answered)
    shown = (query.page - 1) * size + len(found.rows)
    total = found.total if found.total is not None else shown
    if found.more:
        return Pager.of(query.page, size, max(total, shown), found.total is None or total <= shown)
    return Pager.of(query.page, size, max(shown, 0))


def _notes(found: MailFound, query: MailQuery) -> list[tuple[str, Message]]:
    """What must be said of the answers: who did not answer and why, what was not asked, what was cut."""
    notes: list[tuple[str, Message]] = []
    if found.asked and found.answered < found.asked:
        text = msg("{answered} of {asked} sources answered.", answered=found.answered, asked=found.asked)
        notes.append(("orange", text))
    if found.asked or query.domain:  # else the empty list says what to name first
        notes += [note for answer in found.answers for note in _of_answer(answer)]
    if query.domain and not found.answers:
        text = msg("No connection that you see serves {domain}.", domain=display(query.domain))
        notes.append(("orange", text))
    return notes


def _of_answer(answer: MailAnswer) -> list[tuple[str, Message]]:
    name = answer.connection.name
    if answer.problem is not None:
        tone = "orange" if answer.asked else "blue"
        return [(tone, msg("{name}: {problem}", name=name, problem=answer.problem))]
    page = answer.page
    notes: list[tuple[str, Message]] = []
    if page is not None and page.cut is not None:
        notes.append(("orange", msg("{name}: {problem}", name=name, problem=page.cut)))
    if page is not None and (page.ignored or answer.unasked):
        labels = [one.label for one in page.ignored] + [one.label for one in answer.unasked]
        words = ", ".join(sorted(map(str, labels)))
        text = msg(
            "{name} cannot search by {words}; its answer is not narrowed by that.", name=name, words=words
        )
        notes.append(("orange", text))
    return notes


def _offered(actor: Actor, source: MailSource, found: MailFound | None) -> list[str]:
    """What can be done with several messages of the list: what any connection in it can."""
    cards = {row.connection.key: row.connection for row in found.rows} if found else {}
    able = {c.key: card for c, card in service(QuarantineService).sources(actor)}
    return [
        action
        for action in OF_SOURCE[source]
        if any(key in able and may_do(actor, able[key], action) is None for key in cards)
    ]


@bp.get("/export/<source>.<kind>")
@right(Right.VIEW_QUARANTINE)
def export(actor: Actor, source: str, kind: str) -> Any:
    """What the list shows as CSV or XLSX; what is missing stands in the last rows. Needs the right to export as well."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(msg("Messages are exported as csv or xlsx."))
    query = query_from(request.args, source_of(source), 1)
    found = service(QuarantineService).all_found(actor, query, _connections())
    answer = csv_answer if kind == "csv" else xlsx_answer
    last = [
        (_("Not complete: %(why)s", why=translated(note)), *[""] * (len(COLUMNS) - 1)) for note in found.notes
    ]
    return answer(f"messages.{kind}", COLUMNS, [*map(cells_of, found.rows), *last])


# --- doing something ------------------------------------------------------------------------------------------------


@bp.post("/act")
@right(Right.RELEASE_MAIL)
def act(actor: Actor) -> Any:
    """Do it to the chosen messages; what takes something away, or may do harm, is asked about first."""
    form = ActForm()
    action = form.action.data or ""
    chosen = [unpacked(value) for value in request.form.getlist("selected")[:500]]
    if not chosen:
        raise Invalid({"": msg("Choose at least one message.")})
    source = chosen[0].key.source
    if action not in OF_SOURCE[source] or any(one.key.source is not source for one in chosen):
        raise NotFound(msg("There is no such action."))
    if form.sure.data != "yes" and _must_ask(action, chosen, form):
        return _asked(actor, action, chosen, form)
    status = tried(form, lambda: _send(actor, action, chosen, form))
    if status is None:
        return redirect(_after(chosen), 303)
    return _asked(actor, action, chosen, form), status


def _must_ask(action: str, chosen: Sequence[Chosen], form: ActForm) -> bool:
    if service(QuarantineService).reason_needed and not form.reason.data:
        return True
    risky = action in ("release", "release_allow") and any(one.infected for one in chosen)
    return risky or action in ("delete", "unqueue", *senders.RULES)


def _asked(actor: Actor, action: str, chosen: Sequence[Chosen], form: ActForm) -> str:
    desk, most = service(QuarantineService), senders.most_days(actor)
    about_senders = action in senders.RULES
    expiring = about_senders and desk.rules_expire(actor, chosen)
    if form.sure.data != "yes" and expiring and most is not None and form.days.data is None:
        form.days.data = senders.USUAL_DAYS
    infected = action in ("release", "release_allow") and any(one.infected for one in chosen)
    return render_template(
        "quarantine/confirm.html",
        form=form,
        action=action,
        chosen=[(one, packed(one)) for one in chosen],
        infected=infected,
        reason_needed=desk.reason_needed,
        about_senders=about_senders,
        expiring=expiring,
        most_days=most,
        back=_after(chosen),
    )


def _send(actor: Actor, action: str, chosen: Sequence[Chosen], form: ActForm) -> None:
    desk, key, reason = service(QuarantineService), form.request_key.data, form.reason.data or ""
    virus = bool(form.confirm_virus.data)
    if action in ("release", "release_allow") and not virus and any(one.infected for one in chosen):
        raise Invalid({"confirm_virus": msg("Confirm that a message with a virus is to be delivered.")})
    days, whole = form.days.data, bool(form.whole_domain.data)
    if len(chosen) > 1:
        desk.act_on_many(
            actor,
            action,
            chosen,
            key,
            confirm_virus=virus,
            reason=reason,
            days=days,
            whole_domain=whole,
        )
    elif action == "release_allow":
        desk.release_and_allow(
            actor, chosen[0], key, days=days, whole_domain=whole, confirm_virus=virus, reason=reason
        )
    elif action == "block":
        desk.block(actor, chosen[0], key, days=days, whole_domain=whole, reason=reason)
    else:
        sure = virus and chosen[0].infected
        desk.act(actor, action, chosen[0], key, confirm_virus=sure, reason=reason)


def _after(chosen: Sequence[Chosen]) -> str:
    """Where the form says that the person came from, else the list of the messages, of their domain when they are of one."""
    domains = {one.key.mailbox or one.key.domain for one in chosen}
    domain = domains.pop() if len(domains) == 1 else None
    here = url_for("quarantine.index", source=chosen[0].key.source.value, domain=domain)
    return safe_path(request.form.get("next"), here)


@bp.post("/action/<name>")
@right(Right.RELEASE_MAIL)
def further(actor: Actor, name: str) -> Any:
    """One of the provider's further actions on one message."""
    form = ActForm()
    chosen = unpacked(request.form.get("selected", ""))
    desk = service(QuarantineService)
    action = desk.further_action(actor, name, chosen)
    if action.risk and form.sure.data != "yes":
        return _asked_further(action, chosen, form)
    status = tried(
        form,
        lambda: desk.act_by_name(actor, name, chosen, form.request_key.data, form.reason.data or ""),
    )
    if status is None:
        return redirect(address(chosen.connection, chosen.key), 303)
    return _page(actor, chosen.connection, chosen.key, act=form), status


def _asked_further(action: MailAction, chosen: Chosen, form: ActForm) -> str:
    return render_template(
        "quarantine/confirm_further.html",
        form=form,
        action=action,
        chosen=chosen,
        value=packed(chosen),
        reason_needed=service(QuarantineService).reason_needed,
        back=address(chosen.connection, chosen.key),
    )


# --- one message ----------------------------------------------------------------------------------------------------


def _mail_key(domain: str, source: str, ref: str) -> MailKey:
    where = {name: request.args.get(name, "").replace("\x00", "")[:500] for name in ("mailbox", "folder")}
    return MailKey(source_of(source), name_from_address(domain), ref, **where)


@bp.get("/<key>/<domain>/<source>/<ref>")
@right(Right.VIEW_QUARANTINE)
def show(actor: Actor, key: str, domain: str, source: str, ref: str) -> Any:
    """What is known of a message, its headers and attachments, and what can be done with it."""
    return _page(actor, key, _mail_key(domain, source, ref))


@bp.post("/<key>/<domain>/<source>/<ref>")
@right(Right.READ_MAIL)
def read(actor: Actor, key: str, domain: str, source: str, ref: str) -> Any:
    """Open the body: noted in the journal with the reason, then shown for half an hour."""
    mail, form = _mail_key(domain, source, ref), ReadForm()
    status = tried(
        form,
        lambda: service(QuarantineService).open(
            actor, key, mail, form.reason.data or "", form.request_key.data
        ),
    )
    if status is None:
        return redirect(address(key, mail, "quarantine.preview", ticket=_ticket(actor, key, mail)), 303)
    return _page(actor, key, mail, form=form), status


@bp.get("/<key>/<domain>/<source>/<ref>/preview")
@right(Right.READ_MAIL)
def preview(actor: Actor, key: str, domain: str, source: str, ref: str) -> Any:
    """The message with its body in a frame; without a ticket back to the page that asks for the reason."""
    mail = _mail_key(domain, source, ref)
    if not _let_in(actor, key, mail):
        return redirect(address(key, mail), 303)
    return _page(actor, key, mail, ticket=request.args["ticket"])


@bp.get("/<key>/<domain>/<source>/<ref>/body")
@right(Right.READ_MAIL)
def body(actor: Actor, key: str, domain: str, source: str, ref: str) -> Any:
    """The body itself, cleaned, with a policy of its own that lets nothing run and nothing load."""
    mail = _mail_key(domain, source, ref)
    if not _let_in(actor, key, mail):
        raise NotFound(msg("Open the message from its page."))
    answer = Response(_body_page(actor, key, mail), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = BODY_POLICY
    return answer


def _body_page(actor: Actor, key: str, mail: MailKey) -> str:
    try:
        found = service(QuarantineService).body(actor, key, mail, _reason())
    except GatehouseError as error:
        return render_template("quarantine/body.html", problem=error.message, body=None, plain=False)
    plain = request.args.get("as") == "text" or found.html is None or found.html.refused
    return render_template("quarantine/body.html", problem=None, body=found, plain=plain)


@bp.get("/<key>/<domain>/<source>/<ref>/source")
@right(Right.READ_MAIL)
def source_file(actor: Actor, key: str, domain: str, source: str, ref: str) -> Any:
    """The whole message as a download."""
    mail = _mail_key(domain, source, ref)
    if not _let_in(actor, key, mail):
        return redirect(address(key, mail), 303)
    reason = _reason()
    return _download(service(QuarantineService).source(actor, key, mail, reason, uuid.uuid4().hex))


@bp.get("/<key>/<domain>/<source>/<ref>/files/<part>")
@right(Right.READ_MAIL)
def file(actor: Actor, key: str, domain: str, source: str, ref: str, part: str) -> Any:
    """One attachment as a download of bytes."""
    mail = _mail_key(domain, source, ref)
    if not _let_in(actor, key, mail):
        return redirect(address(key, mail), 303)
    return _download(service(QuarantineService).file(actor, key, mail, part, _reason(), uuid.uuid4().hex))


def _download(found: MailFile) -> Response:
    """Bytes that no browser opens by itself, under a name without tricks."""
    answer = Response(found.data, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _page(
    actor: Actor,
    key: str,
    mail: MailKey,
    *,
    form: ReadForm | None = None,
    act: ActForm | None = None,
    ticket: str = "",
) -> str:
    desk = service(QuarantineService)
    view = desk.show(actor, key, mail)
    found = desk.body(actor, key, mail, _reason()) if ticket else None
    return render_template(
        "quarantine/show.html",
        view=view,
        item=view.item,
        detail=view.detail,
        gaps=view.gaps(),
        form=form or ReadForm(formdata=None),
        act=act or ActForm(formdata=None),
        value=packed(chosen_of(view)),
        actions=[(name, may_do(actor, view.card, name)) for name in OF_SOURCE[mail.source]],
        further=view.further(actor),
        reason_needed=desk.reason_needed,
        can_read=Capability.MAIL_READ in view.card.can and view.detail.unreadable is None,
        ticket=ticket,
        body=found,
        links=_links(key, mail, view, ticket),
    )


def _links(key: str, mail: MailKey, view: MailView, ticket: str) -> dict[str, Any]:
    if not ticket:
        return {"here": address(key, mail), "files": {}}
    files = view.detail.attachments or ()
    more = {"ticket": ticket}
    return {
        "here": address(key, mail),
        "body": address(key, mail, "quarantine.body", **more),
        "text": address(key, mail, "quarantine.body", **more, **{"as": "text"}),
        "source": address(key, mail, "quarantine.source_file", **more),
        "files": {one.part: address(key, mail, "quarantine.file", part=one.part, **more) for one in files},
    }


# --- tickets: who may see a body, for how long, and why -----------------------------------------------------------------


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="gatehouse-mail")


def _named(actor: Actor, key: str, mail: MailKey) -> str:
    parts = [actor.name, key, mail.source.value, mail.domain, mail.mailbox, mail.folder, mail.ref]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _ticket(actor: Actor, key: str, mail: MailKey) -> str:
    """Proof that this person has just been journalled as a reader of this message; it holds the reason."""
    return str(_signer().dumps([_named(actor, key, mail), (request.form.get("reason") or "")[:500]]))


def _let_in(actor: Actor, key: str, mail: MailKey) -> bool:
    return _opened(request.args.get("ticket", ""), _named(actor, key, mail)) is not None


def _opened(ticket: str, name: str) -> str | None:
    try:
        found = _signer().loads(ticket[:2000], max_age=TICKET_SECONDS)
    except BadData:
        return None
    return str(found[1]) if isinstance(found, list) and len(found) == 2 and found[0] == name else None


def _reason() -> str:
    """The reason that was given when the message was opened."""
    found = _signer().loads(request.args.get("ticket", "")[:2000], max_age=TICKET_SECONDS)
    return str(found[1])
