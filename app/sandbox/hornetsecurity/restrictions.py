"""Who may sign in, from where, with which password (Hornetsecurity contract sheet, 5.13)."""

from __future__ import annotations

import ipaddress
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.site import Site
from app.sandbox.hornetsecurity.store import Row

_RULES = ("min", "uppercase", "lowercase", "numbers", "special_chars")
_DEFAULT_LENGTH = 8


@route("GET", "/restrictions/ip/")
def ip_restrictions(call: Call) -> list[dict[str, Any]]:
    """List the networks from which an object's users may sign in; none listed: from anywhere."""
    scope = call.scope()
    return [_shown(row) for row in call.site.ip_restrictions.all() if row["object"] == scope["id"]]


def _shown(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "ip": row["ip"]}


@route("POST", "/restrictions/ip/", entity="ip_restriction")
def add_ip_restriction(call: Call) -> Response:
    """Add a network."""
    scope = call.scope()
    text = call.body({"ip": fields.text(required=True)})["ip"]
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise invalid("ip", "Enter a valid IP address.") from None
    if any(row["ip"] == text for row in ip_restrictions(call)):
        raise Problem(5145)
    return created(_shown(call.site.ip_restrictions.add({"object": scope["id"], "ip": text})))


@route("DELETE", "/restrictions/ip/<int:ip_restriction_id>/", entity="ip_restriction")
def delete_ip_restriction(call: Call, ip_restriction_id: int) -> Response:
    """Remove a network."""
    row = call.site.ip_restrictions.get(ip_restriction_id)
    if row is None:
        raise Problem(5146)
    call.require(call.site.directory.the(row["object"]))
    call.site.ip_restrictions.remove(ip_restriction_id)
    return no_content()


def _length(site: Site, row: Row) -> tuple[int, bool]:
    """Return the shortest length of a password that applies, and whether it comes from above.

    Of the object's own and those above it, the longest wins.
    """
    table = site.table("password_length")
    own = table.get(str(row["id"]), 0)
    above = max((table.get(str(each["id"]), 0) for each in list(site.directory.lineage(row))[1:]), default=0)
    length = max(own, above, _DEFAULT_LENGTH)
    return length, own < length


@route("GET", "/restrictions/password/")
def password_restrictions(call: Call) -> dict[str, Any]:
    """Show the rules for passwords. All but the length are always on since v0.8.1."""
    length, inherited = _length(call.site, call.optional_scope() or call.caller)
    rules = {name: {"inherited": True, "value": True} for name in _RULES}
    return {"min_length": {"inherited": inherited, "value": length}, **rules}


@route("POST", "/restrictions/password/", entity="password_restriction")
def change_password_restrictions(call: Call) -> Response:
    """Set the shortest length; never shorter than what applies above."""
    scope = call.scope()
    sent = call.body(
        {"min_length": fields.integer(minimum=8, maximum=100), **{name: fields.boolean() for name in _RULES}}
    )
    if "min_length" in sent:
        parents = list(call.site.directory.lineage(scope))[1:]
        if parents and sent["min_length"] < _length(call.site, parents[0])[0]:
            raise Problem(5140)
        call.site.table("password_length")[str(scope["id"])] = sent["min_length"]
    return no_content(200)


@route("POST", "/restrictions/password/reset_to_parent/", entity="password_restriction")
def reset_password_restrictions(call: Call) -> Response:
    """Inherit the rules again."""
    call.site.table("password_length").pop(str(call.scope()["id"]), None)
    return no_content()


@route("GET", "/mfa/")
def mfa(call: Call) -> dict[str, bool]:
    """Tell whether an object's users may have a second factor."""
    scope = call.scope()
    return {"enabled": call.site.table("mfa").get(str(scope["id"]), False), "configurable": True}


@route("POST", "/mfa/", entity="mfa")
def change_mfa(call: Call) -> dict[str, bool]:
    """Allow or forbid a second factor."""
    scope = call.scope()
    enabled = call.body({"enabled": fields.boolean(required=True)})["enabled"]
    call.site.table("mfa")[str(scope["id"])] = enabled
    return {"enabled": enabled}
