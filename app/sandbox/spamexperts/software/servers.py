"""Server status and outgoing interfaces (SpamExperts contract sheet, sections 6.5 and 6.6)."""

from __future__ import annotations

import ipaddress
import math
import time
from typing import Any

from app.sandbox.spamexperts import messages, wording
from app.sandbox.spamexperts.answers import AlwaysJson, Answer, Empty, Records, Text, fail, invalid
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.names import NODES
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import CLIENT, VENDOR, software

_GIGABYTE = 1 << 30
_PRIMARY = "0.0.0.0;::0"
_CLUSTER_NETWORKS = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "2001:db8::/32")))


def _status(cluster: Cluster, node: str) -> dict[str, Any]:
    """Return the figures of one server. The four keys of load and queues are proven, the others [inferred].

    The switch ``servers`` puts the last one under load, or fills a disk of it.
    """
    condition = cluster.profile["servers"] if node == NODES[-1] else "well"
    wave = 9 if condition == "busy" else 0.5 + 0.4 * math.sin(time.time() // 3600 + NODES.index(node))
    waiting = {
        direction: sum(row["filtering_host"] == node for row in messages.queue(cluster, direction))
        for direction in (messages.INCOMING, messages.OUTGOING)
    }
    return {
        "load one minute": round(wave, 2),
        "load five minutes": round(wave * 0.9, 2),
        "load fifteen minutes": round(wave * 0.8, 2),
        "queue count delivery": waiting[messages.INCOMING],
        "queue count submission": waiting[messages.OUTGOING],
        "number of cpus": 4,
        "memory total": 16 * _GIGABYTE,
        "memory free": 6 * _GIGABYTE,
        "swap total": 4 * _GIGABYTE,
        "swap free": 4 * _GIGABYTE,
        "disk total": {"/": 40 * _GIGABYTE, "/var": 400 * _GIGABYTE},
        "disk free": {"/": 22 * _GIGABYTE, "/var": (12 if condition == "full" else 236) * _GIGABYTE},
    }


@software("api_get_json_server_status", tag=CLIENT, returns="json")
def get_json_server_status(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Shows load, queues and space."""
    return AlwaysJson({node: _status(cluster, node) for node in NODES})


@software("api_get_server_status", about="Shows load, queues and space.", tag=VENDOR, returns="csv")
def get_server_status(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Order after the second column [inferred]: loads, cpus, memory %, swap %, queues, mounts with free %."""
    rows = []
    for node in NODES:
        status = _status(cluster, node)
        rows.append(
            [
                node,
                *(status[f"load {span}"] for span in ("one minute", "five minutes", "fifteen minutes")),
                status["number of cpus"],
                *(
                    round(100 * status[f"{kind} free"] / status[f"{kind} total"])
                    for kind in ("memory", "swap")
                ),
                *(status[f"queue count {direction}"] for direction in ("delivery", "submission")),
                *(
                    f"{mount}={100 * free // status['disk total'][mount]}%"
                    for mount, free in status["disk free"].items()
                ),
            ]
        )
    columns = (
        *("host", "load1", "load5", "load15", "cpus", "memory", "swap", "delivery_queue", "submission_queue"),
        *("disk1", "disk2"),
    )
    return Records(columns, rows)


def _interfaces(cluster: Cluster, domain: str, username: str) -> list[tuple[str, str, str]]:
    own = cluster.state.table("interfaces").get(f"{username}@{domain}", {})
    return [(domain, node, own.get(node, _PRIMARY)) for node in NODES]


def _domain(cluster: Cluster, arguments: Arguments) -> str:
    if arguments.text("domain").lower() == "default":
        return "default"
    domain = arguments.domain()
    cluster.require(domain)
    return domain


@software(
    "api_get_outgoing_interfaces",
    *("domain", "username="),
    tag=VENDOR,
    returns="text",
)
def get_outgoing_interfaces(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the addresses that mail leaves from."""
    rows = _interfaces(cluster, _domain(cluster, arguments), arguments.text("username"))
    return Text("".join(f"{'  '.join(row)}\n" for row in rows), _interface_objects(rows))


@software(
    "api_get_outgoing_interfaces_json",
    *("domain", "username="),
    tag=VENDOR,
    returns="json",
)
def get_outgoing_interfaces_json(cluster: Cluster, arguments: Arguments) -> Answer:
    """The same, always in JSON."""
    rows = _interfaces(cluster, _domain(cluster, arguments), arguments.text("username"))
    return AlwaysJson(_interface_objects(rows))


@software(
    "api_set_outgoing_interfaces",
    *("domain", "filtering_host", "interfaces=", "username=", "identity="),
    tag=VENDOR,
)
def set_outgoing_interfaces(cluster: Cluster, arguments: Arguments) -> Answer:
    """Sets the addresses, split by semicolons; none brings back the primary one."""
    domain, node = _domain(cluster, arguments), arguments.text("filtering_host").lower()
    if node not in NODES:
        raise fail(wording.NO_SUCH, thing="filtering host", item=node)
    addresses = [_address(text) for text in arguments.text("interfaces").split(";") if text]
    table, key = cluster.state.table("interfaces"), f"{arguments.text('username')}@{domain}"
    table[key] = {**table.get(key, {}), node: ";".join(map(str, addresses)) or _PRIMARY}
    strange = [one for one in addresses if not any(one in network for network in _CLUSTER_NETWORKS)]
    return Empty(tuple(wording.warning(wording.ADDRESS_NOT_IN_CLUSTER, address=one) for one in strange))


def _interface_objects(rows: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [{"domain": row[0], "filtering_host": row[1], "interfaces": row[2].split(";")} for row in rows]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise invalid("interfaces", text) from error
