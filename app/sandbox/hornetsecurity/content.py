"""Content control: which sizes and attachments pass (Hornetsecurity contract sheet, 5.5)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.fields import Field
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route

_SWITCHES = (
    "allow_encrypted_attachments",
    "allow_executables",
    "allow_excel",
    "allow_powerpoint",
    "allow_word",
    "inherit_forbidden_extensions",
)
_EXTENSIONS = ("forbidden_attachment_extensions", "forbidden_attachment_extensions_archives")


def _direction(required: bool) -> dict[str, Field]:
    return {
        "email_size": fields.integer(required=required, minimum=1, maximum=150),
        "forbidden_attachment_handling": fields.integer(required=required, choices=(0, 1)),
        **{name: fields.boolean(required=required) for name in _SWITCHES},
        **{name: fields.items(fields.text(), required=required) for name in _EXTENSIONS},
    }


_CHANGE = {
    "use_same_settings": fields.boolean(),
    "priority": fields.integer(minimum=0),
    "incoming": fields.group(_direction(required=False)),
    "outgoing": fields.group(_direction(required=False)),
}
_CREATE = {
    **_CHANGE,
    "incoming": fields.group(_direction(required=True), required=True),
    "outgoing": fields.group(_direction(required=True), required=True),
}

_DIRECTION_DEFAULTS: dict[str, Any] = {
    "email_size": 50,
    "forbidden_attachment_handling": 0,
    "allow_encrypted_attachments": True,
    "allow_executables": False,
    "allow_excel": True,
    "allow_powerpoint": True,
    "allow_word": True,
    "inherit_forbidden_extensions": False,
    "forbidden_attachment_extensions": [".bat", ".exe", ".js", ".scr", ".vbs"],
    "forbidden_attachment_extensions_archives": [".exe", ".js"],
}
_DEFAULTS: dict[str, Any] = {
    "use_same_settings": True,
    "priority": 0,
    "incoming": _DIRECTION_DEFAULTS,
    "outgoing": _DIRECTION_DEFAULTS,
}


def _key(call: Call) -> tuple[str, str | None]:
    """Return the customer's key and, when the query names a group, the group's."""
    customer = call.customer(bare=True)
    group_id = call.query({"group_id": fields.integer()}).get("group_id")
    if group_id is None:
        return str(customer["id"]), None
    group = call.site.groups.get(group_id)
    if group is None or group["customer"] != customer["id"]:
        raise Problem(2009, bare=True)
    return str(customer["id"]), f"{customer['id']}/{group_id}"


@route("GET", "/content_control/")
def content_control(call: Call) -> dict[str, Any]:
    """Show the settings of a group, else of the customer, else the defaults."""
    customer, group = _key(call)
    table = call.site.table("content_control")
    return {**_DEFAULTS, **table.get(customer, {}), **table.get(group or customer, {})}


@route("PUT", "/content_control/", entity="content_control")
def create_content_control(call: Call) -> dict[str, Any]:
    """Create settings, every key required; answers 200, and 409 where there are some."""
    customer, group = _key(call)
    if (group or customer) in call.site.table("content_control"):
        raise Problem(2009, status=409, bare=True)
    return _store(call, group or customer, call.body(_CREATE))


@route("POST", "/content_control/", entity="content_control")
def change_content_control(call: Call) -> dict[str, Any]:
    """Change some settings."""
    customer, group = _key(call)
    return _store(call, group or customer, call.body(_CHANGE))


def _store(call: Call, key: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Keep the settings. Outgoing mail is always blocked, never cut, whatever was sent."""
    kept = content_control(call)
    values = {**kept, **sent}
    for direction in ("incoming", "outgoing"):
        values[direction] = {**kept[direction], **sent.get(direction, {})}
    if values["use_same_settings"] and "incoming" in sent and "outgoing" not in sent:
        values["outgoing"] = values["incoming"]
    values["outgoing"] = {**values["outgoing"], "forbidden_attachment_handling": 0}
    call.site.table("content_control")[key] = values
    return values


@route("DELETE", "/content_control/", entity="content_control")
def delete_content_control(call: Call) -> Response:
    """Drop the settings of a group or customer."""
    customer, group = _key(call)
    call.site.table("content_control").pop(group or customer, None)
    return no_content()
