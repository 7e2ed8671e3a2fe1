"""Mail routes: the primary one of a domain, secondary ones of a customer, MX and relay hosts.

Hornetsecurity contract sheet, 5.4.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import json_answer, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import ALIAS, CUSTOMER
from app.sandbox.hornetsecurity.paging import PAGE_LIMIT, page_limit
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

BY_HOST, HORNET_EMAIL = 1, 3
HORNET_EMAIL_HOST = "smtp-in.hornet.email"
_MAILBOX_SIZES = (2048, 25600)

_ROUTE = {
    "enabled": fields.boolean(required=True),
    "destination_server": fields.text(minimum=0, nullable=True),
    "dest_type": fields.integer(choices=(1, 2)),
    "restrict_email_sending_to_relay_ips": fields.boolean(),
    "bounce": fields.boolean(),
    "dest_pop_size": fields.integer(minimum=100, maximum=25600),
    "relay_check": fields.boolean(nullable=True),
    "relayserver": fields.text(minimum=0, nullable=True),
    "alternative_server": fields.text(minimum=0, nullable=True),
    "relay_check_type": fields.integer(choices=(0, 1, 4)),
    "hornet_email": fields.boolean(),
}

_DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "destination_server": None,
    "dest_type": 1,
    "restrict_email_sending_to_relay_ips": False,
    "bounce": True,
    "dest_pop_size": 1024,
    "relay_check": False,
    "relayserver": None,
    "alternative_server": None,
    "relay_check_type": 4,
    "inherit_primary_domain": False,
    "hornet_email": False,
    "auc_disabled_by_partner": False,
}


def _own_route(call: Call, domain: Row) -> dict[str, Any] | None:
    """Return the settings of the domain itself, or None where it has none and inherits."""
    kept: dict[str, Any] | None = call.site.table("routes").get(str(domain["id"]))
    if kept is None and domain.get("route"):
        return {**_DEFAULTS, "destination_server": domain["route"], "enabled": _booked(call, domain)}
    return kept


def _booked(call: Call, domain: Row) -> bool:
    return call.site.booked(call.site.directory.the(domain["customer"]))


@route("GET", "/filtering/environment/<int:domain_id>/")
def primary_route(call: Call, domain_id: int) -> dict[str, Any]:
    """Show the route of a domain; an alias domain without an own one inherits the primary domain's."""
    domain = call.domain(domain_id, 1003)
    own = _own_route(call, domain)
    if own is not None:
        return own
    if domain["type"] == ALIAS:
        inherited = _own_route(call, call.site.directory.primary_of(domain["customer"])) or _DEFAULTS
        return {**inherited, "inherit_primary_domain": True}
    return {**_DEFAULTS, "enabled": False}


@route("POST", "/filtering/environment/<int:domain_id>/", entity="environment")
def change_primary_route(call: Call, domain_id: int) -> dict[str, Any]:
    """Set the route of a domain. ``hornet_email`` overwrites the other fields."""
    domain = call.domain(domain_id, 1003)
    sent = call.body(_ROUTE)
    values = {**(_own_route(call, domain) or _DEFAULTS), **sent, "inherit_primary_domain": False}
    if values["hornet_email"]:
        values |= {"destination_server": HORNET_EMAIL_HOST, "dest_type": 1, "alternative_server": None}
    call.site.table("routes")[str(domain_id)] = values
    return values


@route("DELETE", "/filtering/environment/<int:domain_id>/", entity="environment")
def delete_primary_route(call: Call, domain_id: int) -> dict[str, Any]:
    """Drop the domain's own route: an alias domain inherits from then on."""
    domain = call.domain(domain_id, 1003)
    call.site.table("routes").pop(str(domain_id), None)
    call.site.directory.change_domain(domain, route=None)
    return {
        "inherit_primary_domain": domain["type"] == ALIAS,
        "relay_check_type": _DEFAULTS["relay_check_type"],
    }


_ENVIRONMENT = {
    "name": fields.text(required=True, maximum=255),
    "ip_hostname": fields.text(minimum=0, maximum=255, nullable=True),
    "routing_type": fields.integer(required=True, nullable=True, choices=(BY_HOST, HORNET_EMAIL)),
    "mailbox_size": fields.integer(choices=_MAILBOX_SIZES),
    "trial_confirmation": fields.boolean(nullable=True),
}
_ENVIRONMENT_CHANGE = {
    "name": fields.text(maximum=255),
    "ip_hostname": fields.text(minimum=0, maximum=255),
    "routing_type": fields.integer(nullable=True, choices=(BY_HOST, HORNET_EMAIL)),
    "mailbox_size": fields.integer(choices=_MAILBOX_SIZES),
}
_ENVIRONMENT_FILTER = {
    "name": fields.text(skip_blank=True),
    "routing_type": fields.integer(nullable=True),
    **PAGE_LIMIT,
}


def shown(row: Row) -> dict[str, Any]:
    """Return an environment as the API shows it."""
    return {key: row[key] for key in ("id", "name", "ip_hostname", "routing_type", "mailbox_size")}


def environments_of(call: Call, customer: Row) -> list[Row]:
    """Return the secondary environments of a customer."""
    return [row for row in call.site.environments.all() if row["customer"] == customer["id"]]


@route("POST", "/environments/")
def list_environments(call: Call) -> dict[str, Any]:
    """List the customer's secondary environments (a POST that reads)."""
    customer = call.customer()
    wanted = call.body(_ENVIRONMENT_FILTER)
    rows = [
        shown(row)
        for row in environments_of(call, customer)
        if wanted.get("name", "").lower() in row["name"].lower()
        and wanted.get("routing_type") in (None, row["routing_type"])
    ]
    return page_limit(wanted).page("environments", rows)


@route("PUT", "/environments/", entity="environment")
def create_environment(call: Call) -> dict[str, Any]:
    """Create a secondary environment; answers 200. Hornet.email mailboxes are a trial to be confirmed."""
    customer = call.customer(status=412)
    sent = call.body(_ENVIRONMENT)
    _check_name(call, customer, sent["name"])
    hosted = sent["routing_type"] == HORNET_EMAIL
    if hosted and not sent.get("trial_confirmation"):
        raise Problem(5303)
    row = call.site.environments.add(
        {
            "customer": customer["id"],
            "name": sent["name"],
            "ip_hostname": HORNET_EMAIL_HOST if hosted else sent.get("ip_hostname") or "",
            "routing_type": sent["routing_type"],
            "mailbox_size": sent.get("mailbox_size", _MAILBOX_SIZES[0]) if hosted else None,
        }
    )
    return shown(row)


def _check_name(call: Call, customer: Row, name: str, own: int | None = None) -> None:
    """Refuse the name of the primary environment and names in use."""
    taken = {row["name"].lower() for row in environments_of(call, customer) if row["id"] != own}
    if name.lower() in taken | {"primary"}:
        raise Problem(5185)


def _environment(call: Call, customer: Row, env_id: int) -> Row:
    row = call.site.environments.get(env_id)
    if row is None or row["customer"] != customer["id"]:
        raise Problem(4004)
    return row


@route("POST", "/environments/<int:env_id>/", entity="environment")
def change_environment(call: Call, env_id: int) -> dict[str, Any]:
    """Change a secondary environment; its routing type is fixed."""
    customer = call.customer()
    row = _environment(call, customer, env_id)
    sent = call.body(_ENVIRONMENT_CHANGE)
    if sent.get("routing_type", row["routing_type"]) != row["routing_type"]:
        raise Problem(5304)
    if "name" in sent:
        _check_name(call, customer, sent["name"], env_id)
    return shown(call.site.environments.change(row, **sent))


@route("DELETE", "/environments/<int:env_id>/", entity="environment")
def delete_environment(call: Call, env_id: int) -> Response:
    """Remove a secondary environment; answers 200. Its mailboxes fall back to the primary one."""
    customer = call.customer()
    _environment(call, customer, env_id)
    for mailbox in call.site.directory.mailboxes_of([customer]):
        if mailbox["environment"] == str(env_id):
            call.site.directory.change_mailbox(mailbox, environment="primary")
    call.site.environments.remove(env_id)
    return no_content(200)


@route("GET", "/mx_records/")
def mx_records(call: Call) -> list[dict[str, str]]:
    """List the MX hosts of the customer's region; priorities are strings."""
    call.scope(CUSTOMER)
    hosts = call.site.table("settings")["mx_hosts"]
    return [{"priority": str(10 * number), "server": host} for number, host in enumerate(hosts, start=1)]


@route("GET", "/mx_relays/")
def mx_relays(call: Call) -> Response:
    """List the relay hosts of the customer's region."""
    call.scope(CUSTOMER)
    return json_answer([{"servers": call.site.table("settings")["relay_hosts"]}])
