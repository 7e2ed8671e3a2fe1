"""Links to the text of archived mails (Hornetsecurity contract sheet, 5.7)."""

from __future__ import annotations

import html as markup
import secrets
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.actions import check_release, release
from app.sandbox.hornetsecurity.answers import html, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.enums import DENY, REJECTED
from app.sandbox.hornetsecurity.lists import add_for_address, allow_sender
from app.sandbox.hornetsecurity.mail_wire import page
from app.sandbox.hornetsecurity.mails import Mail
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import BASE, route
from app.sandbox.hornetsecurity.site import stamp

_LINK = {
    "es_identifier": fields.text(required=True),
    "valid_until": fields.moment(),
    "use_limit": fields.integer(minimum=0),
}


@route("POST", "/emails/preview/link/")
def preview_link(call: Call) -> dict[str, str]:
    """Make a link that shows an archived mail without a sign-in, for a while or a number of times."""
    sent = call.body(_LINK)
    mail = _readable(call, sent["es_identifier"])
    if mail.classification == REJECTED:
        raise Problem(3111)
    if not mail.archived:
        raise Problem(3112)
    token = secrets.token_hex(20)
    until = sent.get("valid_until")
    call.site.table("preview_links")[token] = {
        "es_id": mail.es_id,
        "until": until and stamp(until),
        "uses": sent.get("use_limit") or None,
        "user": call.caller["id"],
    }
    return {
        "link": f"{call.request.host_url.rstrip('/')}{BASE}/emails/preview/show/?token={token}",
        "token": token,
    }


def _readable(call: Call, es_id: str) -> Mail:
    mail = call.site.mails.find(es_id, call.site.now())
    if mail is None:
        raise Problem(3081)
    call.require(call.site.directory.the(mail.customer))
    return mail


def _opened(call: Call, token: str) -> Mail | None:
    """Return the mail of a link that is still good, and count the use; the link's maker is who acts."""
    links = call.site.table("preview_links")
    link: dict[str, Any] | None = links.get(token)
    if link is None:
        return None
    expired = link["until"] is not None and datetime.fromisoformat(link["until"]) <= call.site.now()
    user = call.site.directory.object(link["user"])
    if expired or link["uses"] == 0 or user is None:
        return None
    if link["uses"] is not None:
        links[token] = {**link, "uses": link["uses"] - 1}
    call.caller = user
    return call.site.mails.find(link["es_id"], call.site.now())


@route("GET", "/emails/preview/show/", open=True)
def preview_show(call: Call) -> Response:
    """Show the mail as HTML. Errors are pages with status 200 too."""
    mail = _opened(call, call.request.args.get("token", ""))
    if mail is None:
        text = markup.escape(Problem(3066).message)
        return html(f"<!doctype html><title>Error</title><p>{text}</p>")
    return html(page(mail))


_ACTION = {
    "token": fields.text(required=True),
    "action": fields.text(required=True, choices=("deliver", "deliver_and_whitelist", "denylist")),
}


@route("GET", "/emails/preview/action/", open=True)
def preview_action(call: Call) -> Response:
    """Release the mail of a link, allow its sender too, or deny its sender."""
    sent = call.query(_ACTION)
    mail = _opened(call, sent["token"])
    if mail is None:
        raise Problem(3066)
    if sent["action"] == "denylist":
        add_for_address(call, DENY, mail.owner, mail.partner)
        return no_content()
    check_release(call, mail)
    if sent["action"] == "deliver_and_whitelist":
        allow_sender(call, mail.owner, mail.partner)
    release(call, mail, "report")
    return no_content()
