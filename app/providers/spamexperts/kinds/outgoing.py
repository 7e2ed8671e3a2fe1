"""Outgoing users, their locks and addresses, and the servers (contract sheet, 6.5 and 6.6)."""

from __future__ import annotations

from typing import Any

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import msg
from app.providers.spamexperts.kinds.base import PASSWORD, Apis, Kept, Rows, Sending, of_domain, removal
from app.providers.spamexperts.servers import Figures, disks, read_servers, state_of

Json = Any

_LINES = FieldKind.LINES

_OWN = {"0.0.0.0", "::0"}  # noqa: S104  the vendor's words for the server's own addresses
_GONE = (msg("The user's password."),)


def _users(apis: Apis, domain: str) -> Rows:
    names = apis.lines("api_list_outgoing_users", domain=domain)
    return [Resource(name, {"username": name}) for name in sorted(names)]


OUTGOING_USERS = Kept(
    ResourceKind(
        name="outgoing_users",
        label=msg("Outgoing users"),
        one=msg("Outgoing user"),
        area=Area.DELIVERY,
        parent=DOMAIN,
        calls=("api_list_outgoing_users",),
        columns=(Column("username", msg("User name"), Show.CODE),),
        actions=(
            Action(
                "add",
                msg("Add user"),
                msg("The outgoing user {key} was added."),
                Right.MANAGE_ACCESS,
                "api_add_outgoing_user",
                fields=(Field("username", msg("User name"), required=True, most=250, key=True), PASSWORD),
            ),
            Action(
                "add_address",
                msg("Let an address send"),
                msg("The address may send."),
                Right.MANAGE_ACCESS,
                "outgoingusers/addip",
                fields=(
                    Field("ip", msg("Address"), required=True, placeholder="192.0.2.7"),
                    Field("mask", msg("Length of the network"), placeholder="28", pattern=r"[0-9]{1,3}"),
                ),
                on_kind=True,
                icon="network",
            ),
            Action(
                "allow_sender",
                msg("Allow a sender"),
                msg("{key} may send as that sender."),
                Right.CHANGE_RULES,
                "api_whitelist_outgoing_sender",
                fields=(Field("sender", msg("Sender"), required=True, placeholder="*@example.org"),),
                lost=(msg("No documented call takes the sender off the list again."),),
            ),
            removal(
                msg("The outgoing user {key} was removed."),
                Right.MANAGE_ACCESS,
                "api_remove_outgoing_user",
                *_GONE,
            ),
        ),
        icon="send",
    ),
    rows=lambda apis, at: of_domain(at, lambda domain: _users(apis, domain)),
    sends={
        "add": lambda it: (
            "api_add_outgoing_user",
            {"domain": it.domain, "username": it.text("username"), "password": it.text("password")},
        ),
        "add_address": lambda it: (
            "outgoingusers/addip",
            {"domain": it.domain, **{name: str(value) for name, value in it.values.items()}},
        ),
        "allow_sender": lambda it: (
            "api_whitelist_outgoing_sender",
            {"domain": it.domain, "username": it.key, "sender": it.text("sender")},
        ),
        "remove": lambda it: ("api_remove_outgoing_user", {"domain": it.domain, "username": it.key}),
    },
)


def _locks(apis: Apis, domain: str) -> Rows:
    columns = ("domain", "username", "identity")
    rows = apis.records("api_list_locked_identities", columns, domain=domain, username="*")
    return [
        Resource(
            f"{row['username']} {row['identity']}",
            {"username": row["username"], "identity": row["identity"]},
            label=row["identity"],
        )
        for row in rows
    ]


def _lock(it: Sending) -> dict[str, str]:
    username, _, identity = it.key.partition(" ")
    return {
        "domain": it.domain,
        "identity": it.text("identity") or identity,
        "username": it.text("username") or username or "*",
    }


LOCKED_IDENTITIES = Kept(
    ResourceKind(
        name="locked_identities",
        label=msg("Locked senders"),
        one=msg("Locked sender"),
        area=Area.DELIVERY,
        parent=DOMAIN,
        calls=("api_list_locked_identities",),
        columns=(
            Column("identity", msg("Identity"), Show.CODE),
            Column("username", msg("Outgoing user"), help=msg("* is all of them.")),
        ),
        actions=(
            Action(
                "add",
                msg("Lock an identity"),
                msg("It is locked: {key}."),
                Right.CHANGE_RULES,
                "api_lock_outgoing_identity",
                fields=(
                    Field("identity", msg("Identity"), required=True, most=320, pattern=r"\S+"),
                    Field("username", msg("Outgoing user"), required=True, default="*", pattern=r"\S+"),
                ),
            ),
            removal(
                msg("It is no longer locked: {key}."), Right.CHANGE_RULES, "api_unlock_outgoing_identity"
            ),
        ),
        icon="lock",
    ),
    rows=lambda apis, at: of_domain(at, lambda domain: _locks(apis, domain)),
    sends={
        "add": lambda it: ("api_lock_outgoing_identity", _lock(it)),
        "remove": lambda it: ("api_unlock_outgoing_identity", _lock(it)),
    },
    key=lambda _domain, values: f"{values.get('username') or '*'} {values.get('identity', '')}",
)


def _interfaces(apis: Apis, domain: str) -> Rows:
    """`domain  filtering_host  ips`, blanks between, addresses split by semicolons."""
    rows = (line.split(None, 2) for line in apis.lines("api_get_outgoing_interfaces", domain=domain))
    return [
        Resource(row[1], {"host": row[1], "interfaces": row[2].split(";")}) for row in rows if len(row) == 3
    ]


def _joined(addresses: list[str]) -> str:
    """Nothing brings back the server's own."""
    return "" if set(addresses) == _OWN else ";".join(addresses)


OUTGOING_INTERFACES = Kept(
    ResourceKind(
        name="outgoing_addresses",
        label=msg("Sending addresses"),
        one=msg("Sending address of"),
        area=Area.DELIVERY,
        parent=DOMAIN,
        calls=("api_get_outgoing_interfaces",),
        columns=(
            Column("host", msg("Filtering server"), Show.CODE),
            Column("interfaces", msg("Addresses"), Show.LIST),
        ),
        actions=(
            Action(
                "edit",
                msg("Change"),
                msg("Mail of the domain leaves {key} by these addresses."),
                Right.CHANGE_DOMAINS,
                "api_set_outgoing_interfaces",
                fields=(
                    Field(
                        "interfaces",
                        msg("Addresses, one per line"),
                        kind=_LINES,
                        required=True,
                        help=msg("0.0.0.0 and ::0 are the server's own."),
                    ),
                ),
            ),
        ),
        icon="route",
    ),
    rows=lambda apis, at: of_domain(at, lambda domain: _interfaces(apis, domain)),
    sends={
        "edit": lambda it: (
            "api_set_outgoing_interfaces",
            {
                "domain": it.domain,
                "filtering_host": it.key,
                "interfaces": _joined(it.values.get("interfaces", [])),
            },
        )
    },
)


def _servers(apis: Apis, _at: ResourceAt) -> Rows:
    found = read_servers(apis.software.read("api_get_json_server_status"))
    return [Resource(host, _server(host, figures)) for host, figures in found.items()]


_LOADS = ("load one minute", "load five minutes", "load fifteen minutes")


def _server(host: str, figures: Figures) -> dict[str, Json]:
    """The figures of one server; those beside loads and queues are a guess (6.5), so what is not there is left out."""
    loads = [figures.get(name) for name in _LOADS]
    values: dict[str, Json] = {
        "host": host,
        "state": state_of(figures),
        "load": " · ".join(str(load) for load in loads if isinstance(load, int | float)),
        "cpus": figures.get("number of cpus"),
        "incoming": figures.get("queue count delivery"),
        "outgoing": figures.get("queue count submission"),
        "disks": [
            f"{mount}: {round(100 * left / total)} % free" for mount, (left, total) in disks(figures).items()
        ],
    }
    for name in ("memory", "swap"):
        total, left = figures.get(f"{name} total"), figures.get(f"{name} free")
        if isinstance(total, int) and isinstance(left, int):
            values[name] = {"used": total - left, "limit": total, "unit": "bytes"}
    return values


SERVERS = Kept(
    ResourceKind(
        name="servers",
        label=msg("Filtering servers"),
        one=msg("Filtering server"),
        area=Area.DELIVERY,
        right=Right.VIEW_HEALTH,
        calls=("api_get_json_server_status",),
        columns=(
            Column("host", msg("Server"), Show.CODE),
            Column(
                "state",
                msg("State"),
                Show.STATE,
                tones={"well": "ok", "busy": "warn", "full": "bad", "unknown": "muted"},
                help=msg("Busy: twice as much load as processors. Full: a disk with less than a tenth free."),
            ),
            Column("load", msg("Load (1, 5, 15 minutes)")),
            Column("incoming", msg("Incoming queue"), Show.NUMBER),
            Column("outgoing", msg("Outgoing queue"), Show.NUMBER),
            Column("memory", msg("Memory"), Show.BAR),
            Column("swap", msg("Swap"), Show.BAR, listed=False),
            Column("cpus", msg("Processors"), Show.NUMBER, listed=False),
            Column("disks", msg("Disks"), Show.LIST),
        ),
        icon="server",
    ),
    rows=_servers,
)
