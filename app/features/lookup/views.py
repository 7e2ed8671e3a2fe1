"""The pages of the look-up: the question, the answer of each connection as it comes, and the text for a ticket."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.core.actor import Actor, Right
from app.core.decision import Place
from app.core.errors import Invalid
from app.core.messages import MailItem, MailSource
from app.core.pasted import MOST, Pasted, parse
from app.core.text import Message
from app.features.lookup.service import PERIODS, Answer, Found, LookupService, Question
from app.features.lookup.ticket import Words, ticket
from app.features.quarantine.forms import chosen_of, packed
from app.features.quarantine.service import OF_SOURCE, may_do
from app.operations.messages import MailRow
from app.web.calls import upstream_calls
from app.web.permissions import current_actor, right
from app.web.render import local_time, translated
from app.web.services import service

bp = Blueprint("lookup", __name__, url_prefix="/lookup")

_ENDPOINTS = {
    "domain": "domains.show",
    "routes": "domains.show",
    "rules": "rules.show",
    "email_aliases": "aliases.email",
    "settings": "policies.show",
}


@bp.get("/")
@right(Right.VIEW_RULES)
def index(actor: Actor) -> Any:
    """The question and, once there is one, its answers: each connection's own part, or (`wait`) what came in time."""
    return _page(actor, _asked(), wait="wait" in request.args)


@bp.post("/")
@right(Right.VIEW_RULES)
def pasted(actor: Actor) -> Any:
    """The question as pasted headers say it; they are kept nowhere."""
    found = parse(request.form.get("headers", "")[:MOST])
    return _page(actor, _from_headers(found), wait="wait" in request.form)


@bp.get("/answer")
@right(Right.VIEW_RULES)
def answer(actor: Actor) -> Any:
    """What one connection says, as a part of the page."""
    args, question = request.args, _asked()
    found = service(LookupService).ask(actor, question, args.get("connection", ""), args.get("domain", ""))
    return render_template("lookup/_answer.html", answer=found, **_helpers(question))


@bp.get("/rules")
@right(Right.VIEW_RULES)
def rules(actor: Actor) -> Any:
    """The stored rules that name the sender, as a part of the page: once more, after the answers have renewed them."""
    found = service(LookupService).find(actor, _asked())
    return render_template("lookup/_rules.html", found=found) if found.rules else ""


@bp.get("/ticket")
@right(Right.VIEW_RULES)
def ticket_text(actor: Actor) -> Any:
    """What was found out as a text to paste into a ticket."""
    question = _asked()
    try:
        found = service(LookupService).ask_all(actor, question)
    except Invalid as error:
        return _shown(question, None, problems=error.fields), 422
    now, words = datetime.now(UTC), Words(translated, lambda when: local_time(when, "long"))
    return render_template(
        "lookup/ticket.html",
        found=found,
        back=_address("lookup.index", question),
        plain=ticket(found, now, words),
        markdown=ticket(found, now, words, markdown=True),
    )


def _page(actor: Actor, question: Question, *, wait: bool) -> Any:
    if not question.recipient and question.pasted is None:
        return _shown(question, None)  # the form, with what is known already
    lookup = service(LookupService)
    try:
        found = lookup.ask_all(actor, question) if wait else lookup.find(actor, question)
    except Invalid as error:
        return _shown(question, None, problems=error.fields), 422
    return _shown(found.question, found, waited=wait)


def _shown(
    question: Question,
    found: Found | None,
    *,
    problems: dict[str, Message] | None = None,
    waited: bool = False,
) -> str:
    parts = []
    if found is not None and not waited:
        parts = [
            (t, _address("lookup.answer", question, connection=t.connection.key, domain=t.row.name))
            for t in found.targets
        ]
    return render_template(
        "lookup/index.html",
        asked=question,
        found=found,
        parts=parts,
        periods=PERIODS,
        problems=problems or {},
        waited=waited,
        wait_url=_address("lookup.index", question, wait="1"),
        again_url=None if waited else _address("lookup.rules", question),
        ticket_url=_address("lookup.ticket_text", question),
        **_helpers(question),
    )


def place_url(place: Place) -> str:
    """The address of what decided a step."""
    if place.action == "named_policies":
        return url_for("named_policies.of_domain", key=place.params["key"], domain=place.params["name"])
    values: dict[str, Any] = dict(place.params)
    if place.action == "mailbox":
        box: dict[str, Any] = {"area": "mailboxes", "kind": "mailboxes", "q": values["address"]}
        return url_for("resources.index", key=values["key"], domain=values["name"], **box)
    return url_for(_ENDPOINTS[place.action], **values)


def mail_url(answer: Answer, item: MailItem) -> str:
    """The address of a message's own page."""
    key = item.key
    where: dict[str, Any] = {"mailbox": key.mailbox or None, "folder": key.folder or None}
    place: dict[str, Any] = {
        "key": answer.target.connection.key,
        "domain": key.domain,
        "source": key.source.value,
        "ref": key.ref,
    }
    return url_for("quarantine.show", **place, **where)


def mail_value(answer: Answer, item: MailItem) -> str:
    """A message as a box to tick."""
    return packed(chosen_of(MailRow(answer.target.connection, item)))


def mail_actions(answer: Answer, source: MailSource) -> list[str]:
    """What the person can do there with several messages at once."""
    actor = current_actor()
    if actor is None or answer.card is None:
        return []
    return [name for name in OF_SOURCE[source] if may_do(actor, answer.card, name) is None]


def told_by(key: str) -> dict[str, int] | None:
    """How many calls of this request went to a connection, and the milliseconds from the first to the last answer."""
    calls = [c for c in upstream_calls() if c["connection"] == key and c["at"] and c["ms"] is not None]
    if not calls:
        return None
    first = min(call["at"] for call in calls)
    last = max(call["at"] + timedelta(milliseconds=call["ms"]) for call in calls)
    return {"calls": len(calls), "ms": round((last - first).total_seconds() * 1000)}


def _helpers(question: Question) -> dict[str, Any]:
    """What the templates of answers call."""
    return {
        "place_url": place_url,
        "mail_url": mail_url,
        "mail_value": mail_value,
        "mail_actions": mail_actions,
        "told_by": told_by,
        "fresh_key": lambda: uuid.uuid4().hex,
        "next": _address("lookup.index", question),
        "address_url": lambda address: _address("lookup.index", replace(question, recipient=address)),
    }


def _asked() -> Question:
    """The question as the address says it."""

    def text(name: str, most: int) -> str:
        return "".join(c for c in request.args.get(name, "") if c.isprintable()).strip()[:most]

    size = _number(text("size", 12))
    return Question(
        recipient=text("to", 320),
        sender=text("from", 320),
        days=text("days", 3) or "7",
        subject=text("subject", 200),
        message_id=text("id", 250).strip("<>"),
        score=_number(text("score", 12)),
        size=None if size is None else round(size * 1_000_000),
    )


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if -1e6 < number < 1e6 else None


def _from_headers(found: Pasted) -> Question:
    base = Question(
        found.recipient, found.sender or found.envelope, message_id=found.message_id, pasted=found
    )
    if found.at is not None and (datetime.now(UTC) - found.at).days > 7:
        return replace(base, days="30")
    return base


def _address(endpoint: str, question: Question, **more: str) -> str:
    """The address that asks the same question."""
    values: dict[str, Any] = {
        "from": question.sender,
        "to": question.recipient,
        "days": question.days,
        "subject": question.subject,
        "id": question.message_id,
        "score": "" if question.score is None else f"{question.score:g}",
        "size": "" if question.size is None else f"{question.size / 1_000_000:g}",
        **more,
    }
    return url_for(endpoint, **{name: value for name, value in values.items() if value})
