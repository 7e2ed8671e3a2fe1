"""email/: SpamAssassin, for the whole account, and e-mail filters, per domain (SPanel contract sheet, section 5.2)."""

from __future__ import annotations

from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call, missing

FIELDS = {"from": "From", "subject": "Subject", "anyheader": "Any Header", "spamscore": "Spam Score"}
"""How the list names the field of a filter. Only "From" is documented, the others are [inferred]."""
_SENDER_TYPE = 2
"""The ``type`` in the answer of addspamassassinsender, which the documents show once, for one list."""


def _settings(call: Call) -> dict[str, str]:
    return {"status": "disable", "score": "5"} | call.map("spam")


def _set(call: Call, msg: str, **facts: str) -> Answer:
    """Change the settings and tell them: no other call does."""
    settings = _settings(call) | facts
    call.keep("spam", settings)
    word = f"{settings['status']}d"
    status = {"sastatus": word, "sastatusText": word.capitalize(), "saScore": settings["score"]}
    return done(msg, status=status)


def toggle(call: Call) -> Answer:
    """email/togglespamassassin."""
    return _set(call, f"SpamAssassin {call.text('status')}d", status=call.text("status"))


def set_score(call: Call) -> Answer:
    """email/setspamassassinscore."""
    return _set(call, "SpamAssassin score updated", score=call.text("score"))


def list_senders(call: Call) -> Answer:
    """email/listspamassassinsenders."""
    kind = f"{call.text('type')}_from"
    return found([row for row in call.rows("senders") if row["type"] == kind])


def add_sender(call: Call) -> Answer:
    """email/addspamassassinsender: ``msg`` is a list."""
    row = {"type": f"{call.text('type')}_from", "sender": call.text("sender").lower()}
    senders = call.rows("senders")
    if row in senders:
        raise Refused(sender=f"{row['sender']} already exists in the {call.text('type')}")
    call.keep("senders", [*senders, row])
    return done([f"{row['sender']} was added to the {call.text('type')}"], type=_SENDER_TYPE)


def remove_senders(call: Call) -> Answer:
    """email/removespamassassinsender: one or several, from whichever list has them."""
    senders, names = call.rows("senders"), [name.lower() for name in call.texts("sender")]
    for name in names:
        missing(name, [row["sender"] for row in senders], "sender")
    call.keep("senders", [row for row in senders if row["sender"] not in names])
    return done("Sender removed successfully")


def list_filters(call: Call) -> Answer:
    """email/listemailfilters, of all domains: here ``rule`` is the search string, not the field."""
    return found(call.rows("filters"))


def add_filter(call: Call) -> Answer:
    """email/addemailfilter: here ``rule`` is the field. The message holds HTML."""
    filters, domain, name = call.rows("filters"), call.own(), call.text("name")
    names = [row["filter"] for row in filters if row["domain"] == domain]
    if name in names:
        raise Refused(name=f"A filter {name} already exists")
    row = {"filter": name, "domain": domain, "rule": call.text("value"), "checkaction": call.text("check")}
    call.keep("filters", [*filters, {**row, "condition_string": FIELDS[call.text("rule")]}])
    return done(f"Filter <b>{name}</b> was added", existingFilterNames=[*names, name])


def remove_filters(call: Call) -> Answer:
    """email/removeemailfilter: one or several of a domain."""
    filters, domain, gone = call.rows("filters"), call.own(), call.texts("name")
    for name in gone:
        missing(name, [row["filter"] for row in filters if row["domain"] == domain], "name")
    call.keep("filters", [row for row in filters if row["domain"] != domain or row["filter"] not in gone])
    return done("Filter removed successfully")
