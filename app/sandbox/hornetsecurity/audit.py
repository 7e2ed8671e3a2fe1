"""The auditing log: every change leaves an entry, and a call to search them.

Hornetsecurity contract sheet, 5.13.
"""

from __future__ import annotations

import json
from typing import Any

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.paging import OFFSET_LIMIT, offset_limit
from app.sandbox.hornetsecurity.problems import invalid
from app.sandbox.hornetsecurity.routing import Route, route
from app.sandbox.hornetsecurity.site import stamp
from app.sandbox.hornetsecurity.store import Row

_ACTIONS = {"PUT": "created", "POST": "updated", "PATCH": "updated", "DELETE": "deleted"}
_HIDDEN = ("password", "old_password", "new_password", "new_password_repeat", "token")


def record(
    call: Call,
    entity: str,
    action: str,
    target: Row | None,
    name: str = "",
    values: tuple[str | None, str | None] = (None, None),
) -> None:
    """Write one entry: who did what to which object. ``values`` are JSON texts: before and after."""
    directory = call.site.directory
    call.site.auditing.add(
        {
            "date": stamp(call.site.now()),
            "user": call.caller_name or name,
            "entity": entity,
            "action": action,
            "target": target["name"] if target else name,
            "target_path": directory.path(target) if target else name,
            "target_id": target["id"] if target else None,
            "ip": call.request.remote_addr or "127.0.0.1",
            "url": call.request.base_url,
            "old_values": values[0],
            "new_values": values[1],
            "status": None,
            "product": "control_panel",
        }
    )


def record_change(call: Call, found: Route) -> None:
    """Write the entry of a change that just succeeded, on the object in scope or else on the caller."""
    if found.entity is None:
        return
    target = call.site.directory.object(call.request.args.get("object_id", 0, type=int)) or call.caller
    sent = _masked(call.request.get_json(silent=True))
    record(
        call, found.entity, _ACTIONS[found.method], target, values=(None, json.dumps(sent) if sent else None)
    )


def _masked(sent: Any) -> Any:
    if isinstance(sent, dict):
        return {key: "***" if key in _HIDDEN else value for key, value in sent.items()}
    return sent


_TEXTS = (
    "user",
    "entity",
    "action",
    "target",
    "target_path",
    "new_values",
    "old_values",
    "ip",
    "url",
    "status",
)
_LISTS = {"entity_list": "entity", "action_list": "action", "product": "product"}

_SEARCH = {
    "date_from": fields.moment(required=True),
    "date_to": fields.moment(required=True),
    "query": fields.text(skip_blank=True),
    **{name: fields.text(skip_blank=True, nullable=True) for name in _TEXTS},
    **{name: fields.items(fields.text(), skip_blank=True) for name in _LISTS},
    **OFFSET_LIMIT,
}


@route("POST", "/auditing/_search/", forms=True)
def search_auditing(call: Call) -> dict[str, Any]:
    """Search the entries of an object and of all below it, newest first."""
    row = call.scope()
    sent = call.body(_SEARCH)
    if sent["date_from"] >= sent["date_to"]:
        raise invalid("date_from", "date_from must be before date_to.")
    window = offset_limit(sent)
    path = call.site.directory.path(row)
    found = [
        entry
        for entry in reversed(call.site.auditing.all())
        if stamp(sent["date_from"]) <= entry["date"] <= stamp(sent["date_to"])
        and f"{entry['target_path']}/".startswith(f"{path}/")
        and _matches(entry, sent)
    ]
    return window.page("auditings", [_shown(entry) for entry in found])


def _matches(entry: Row, sent: dict[str, Any]) -> bool:
    for name in _TEXTS:
        if sent.get(name) and sent[name].lower() not in str(entry[name] or "").lower():
            return False
    for name, column in _LISTS.items():
        if sent.get(name) and entry[column] not in sent[name]:
            return False
    wanted = sent.get("query", "").lower()
    return any(wanted in str(entry[name] or "").lower() for name in _TEXTS)


def _shown(entry: Row) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ("id", "target_id")}
