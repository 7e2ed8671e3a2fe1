"""Support contacts shown to users (Hornetsecurity contract sheet, 5.12)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

_SUPPORT = {
    "telephone": fields.text(required=True, nullable=True, minimum=0, maximum=255),
    "email": fields.text(required=True, nullable=True, minimum=0),
}


def _own(call: Call, row: Row) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = call.site.table("support").get(str(row["id"]))
    return kept


def _scope(call: Call) -> Row:
    return call.scope(CUSTOMER, PARTNER, wrong=3080)


@route("GET", "/support/")
def support(call: Call) -> dict[str, Any]:
    """Show the object's own support contact."""
    kept = _own(call, _scope(call))
    if kept is None:
        raise Problem(3321)
    return kept


@route("GET", "/support/show/")
def support_show(call: Call) -> dict[str, Any]:
    """Show the support contact that applies to an object: its own or the nearest above."""
    for each in call.site.directory.lineage(call.scope()):
        kept = _own(call, each)
        if kept is not None:
            return kept
    raise Problem(3321)


def _store(call: Call, row: Row, support_id: int) -> dict[str, Any]:
    kept = {"id": support_id, **call.body(_SUPPORT), "is_custom": True}
    call.site.table("support")[str(row["id"])] = kept
    return kept


@route("PUT", "/support/", entity="support")
def create_support(call: Call) -> dict[str, Any]:
    """Create the support contact; answers 200."""
    row = _scope(call)
    if _own(call, row) is not None:
        raise Problem(3323)
    return _store(call, row, 12_000 + call.site.new_id("support"))


@route("POST", "/support/", entity="support")
def change_support(call: Call) -> dict[str, Any]:
    """Change the support contact."""
    row = _scope(call)
    return _store(call, row, support(call)["id"])


@route("DELETE", "/support/", entity="support")
def delete_support(call: Call) -> Response:
    """Delete the support contact; answers 200."""
    row = _scope(call)
    support(call)
    del call.site.table("support")[str(row["id"])]
    return no_content(200)
