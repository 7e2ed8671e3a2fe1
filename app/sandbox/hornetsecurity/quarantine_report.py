"""Quarantine reports by mail to users (Hornetsecurity contract sheet, 5.13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import json_answer, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import USER
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import BASE, route
from app.sandbox.hornetsecurity.site import stamp
from app.sandbox.hornetsecurity.store import Row

_REPORT = {
    "times": fields.items(fields.integer(minimum=0, maximum=23), required=True),
    "days": fields.items(fields.integer(minimum=0, maximum=6), required=True),
    "hide_blacklisted_senders": fields.boolean(),
    "report_address": fields.text(nullable=True),
    "template": fields.text(),
    "allow_edit": fields.boolean(),
    "display_types": fields.items(fields.integer()),
    "hide_htmlcp_link": fields.boolean(),
    "use_cp_qr": fields.boolean(),
}

DEFAULTS: dict[str, Any] = {
    "times": [8, 13],
    "days": [0, 1, 2, 3, 4],
    "hide_blacklisted_senders": True,
    "allow_edit": True,
    "report_address": None,
    "template": "default",
    "display_types": [1, 11],
    "custom_times": False,
    "is_legacy": False,
    "hide_htmlcp_link": False,
    "use_cp_qr": True,
}


def _object(call: Call) -> Row:
    """Return the customer or user that either ``object_id`` or ``mailbox_id`` names; not both."""
    wanted = call.query({"object_id": fields.integer(), "mailbox_id": fields.integer()})
    if len(wanted) == 2:
        raise invalid("mailbox_id", "Either object_id or mailbox_id has to be provided, but not both.")
    row = call.either()
    if not call.site.booked(row):
        raise Problem(5157)
    return row


def _kept(call: Call, row: Row) -> tuple[dict[str, Any] | None, bool]:
    """Return the report that applies to an object and whether it is inherited."""
    table = call.site.table("quarantine_report")
    for each in call.site.directory.lineage(row):
        if str(each["id"]) in table:
            return table[str(each["id"])], each is not row
    return None, False


def _check_editable(call: Call, row: Row, status: int) -> None:
    """Refuse an own report of a user whose customer does not allow one."""
    if row["type"] == USER and not call.administers(row):
        parent, _ = _kept(call, call.site.directory.the(row["parent"]))
        if parent is None or not parent["allow_edit"]:
            raise Problem(5153, status=status)


@route("GET", "/quarantinereport/")
def quarantine_report(call: Call) -> Response:
    """Show the report settings that apply, or 204 when there are none."""
    row = _object(call)
    kept, inherited = _kept(call, row)
    return no_content() if kept is None else json_answer({**kept, "inherited": inherited})


def _store(call: Call, row: Row, status: int) -> Response:
    kept = call.site.table("quarantine_report").get(str(row["id"]), DEFAULTS)
    call.site.table("quarantine_report")[str(row["id"])] = {**kept, **call.body(_REPORT)}
    return no_content(status)


@route("PUT", "/quarantinereport/", entity="quarantine_report")
def create_quarantine_report(call: Call) -> Response:
    """Create report settings."""
    row = _object(call)
    _check_editable(call, row, 400)
    return _store(call, row, 201)


@route("POST", "/quarantinereport/", entity="quarantine_report")
def change_quarantine_report(call: Call) -> Response:
    """Change report settings."""
    row = _object(call)
    _check_editable(call, row, 403)
    _require_own(call, row)
    return _store(call, row, 200)


@route("DELETE", "/quarantinereport/", entity="quarantine_report")
def delete_quarantine_report(call: Call) -> Response:
    """Delete report settings."""
    row = _object(call)
    _check_editable(call, row, 403)
    _require_own(call, row)
    del call.site.table("quarantine_report")[str(row["id"])]
    return no_content()


def _require_own(call: Call, row: Row) -> None:
    if str(row["id"]) not in call.site.table("quarantine_report"):
        raise Problem(5152)


@route("GET", "/quarantinereport/last_report/")
def last_report(call: Call) -> Response:
    """Tell when the last report went out (this morning), or 204 when none does."""
    kept, _ = _kept(call, _object(call))
    if kept is None or not kept["times"]:
        return no_content()
    now = call.site.now()
    sent = now.replace(hour=kept["times"][0], minute=0, second=0)
    return json_answer({"last_report": stamp(sent if sent <= now else sent - timedelta(days=1))})


def _moved(call: Call, rest: str = "") -> Response:
    """Send a caller of the deprecated path to the new one, method and body kept."""
    query = call.request.query_string.decode()
    response = no_content(308)
    response.headers["Location"] = f"{BASE}/quarantinereport/{rest}" + (f"?{query}" if query else "")
    return response


for _method in ("GET", "PUT", "POST", "DELETE"):
    route(_method, "/spamreport/", open=True)(_moved)
    route(_method, "/spamreport/<path:rest>", open=True)(_moved)
