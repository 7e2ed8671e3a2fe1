"""Domains, aliases and destinations (SpamExperts contract sheet, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.sandbox.spamexperts import names, wording
from app.sandbox.spamexperts.answers import Answer, ApiError, Empty, Listing, Number, Text, fail, invalid
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import CLIENT, INFERRED, SEED, VENDOR, software

Row = dict[str, Any]

_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "is": str.__eq__,
    "is not": str.__ne__,
    "contains": str.__contains__,
    "starts with": str.startswith,
    "ends with": str.endswith,
}


@dataclass(frozen=True)
class DomainList:
    """The answer of ``api_list_domains`` (4.3): alias lines follow their domain, marked with ``*``."""

    rows: Sequence[tuple[str, Row]]
    aliases: bool
    alias_line: str
    destination_item: str

    def plain(self) -> str:
        lines: list[str] = []
        for name, row in self.rows:
            routes = ",".join(map(names.exported, row["destinations"]))
            lines.append(f"{name}:{routes}\n")
            if self.aliases and row["aliases"]:
                tail = routes if self.alias_line == "name*:routes" else ""
                lines += [f"{alias}*:{tail}\n" for alias in row["aliases"]]
        return "".join(lines)

    def value(self) -> Any:
        item = _ITEMS[self.destination_item]
        return [
            {
                "domain": name,
                "aliases": row["aliases"] if self.aliases else [],
                "destinations": [item(route) for route in row["destinations"]],
            }
            for name, row in self.rows
        ]


_ITEMS: dict[str, Callable[[Any], Any]] = {
    "host::port": names.exported,
    "host:port": lambda route: f"{route[0]}:{route[1]}",
    "pair": list,
}
"""The forms that a destination can take in JSON: which one is real is not known (4.3)."""


@software(
    "api_list_domains",
    *("filter_by=", "sort=", "include_aliases=", f"{wording.LIMIT}=", f"{wording.OFFSET}="),
    tag=SEED,
    returns="[domain]",
    json_proven=True,
)
def list_domains(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the domains with their aliases and destinations."""
    rows = _filtered(cluster, arguments)
    _sort(rows, arguments.text("sort"))
    return DomainList(
        page(rows, arguments),
        _with_aliases(arguments),
        cluster.profile["alias_line"],
        cluster.profile["destination_item"],
    )


@software("api_count_domains", "filter_by=", tag=VENDOR, returns="number")
def count_domains(cluster: Cluster, arguments: Arguments) -> Answer:
    """Counts the domains."""
    return Number(len(_filtered(cluster, arguments)))


@software(
    "api_get_domain_count",
    tag=VENDOR,
    returns="number",
)
def get_domain_count(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Counts the domains, each once even with several destinations."""
    return Number(len(cluster.domains))


@software("api_get_domain_type", "domain", tag=VENDOR, returns="type")
def get_domain_type(cluster: Cluster, arguments: Arguments) -> Answer:
    """Tells what kind of domain it is."""
    domain = arguments.domain()
    if domain in cluster.aliases:
        kind = "alias"
    else:
        kind = "incoming" if cluster.require(domain)["products"]["incoming"] else "outgoing"
    return Text(f"{domain} {kind}\n", {"domain": domain, "type": kind})


@software("api_add_incoming_domain", "domain", "destination", tag=SEED)
def add_incoming_domain(cluster: Cluster, arguments: Arguments) -> Answer:
    """Adds a domain."""
    domain = arguments.domain()
    cluster.add_domain(domain, names.destinations("destination", arguments.text("destination")))
    return Empty()


@software(
    "api_add_delivery_domain",
    "data",
    tag=SEED,
)
def add_delivery_domain(cluster: Cluster, arguments: Arguments) -> Answer:
    """Adds several domains: {"domain": {"destinations": [["host", port]]}}. All of them, or none."""
    data = arguments.json("data")
    if not isinstance(data, dict) or not data:
        raise invalid("data", arguments.text("data"))
    wishes: dict[str, list[names.Destination]] = {}
    errors: list[str] = []
    for name, wish in data.items():
        try:
            domain = names.domain_name("domain", name)
            if domain in wishes or cluster.taken(domain):
                raise fail(wording.DOMAIN_PRESENT, domain=domain)
            wishes[domain] = _pairs(wish)
        except ApiError as error:
            errors += error.lines
    if errors:
        raise ApiError(*errors)
    for domain, routes in wishes.items():
        cluster.add_domain(domain, routes)
    return Empty()


@software("api_remove_domain", "domain", tag=SEED)
def remove_domain(cluster: Cluster, arguments: Arguments) -> Answer:
    """Removes a domain with its aliases, settings and lists."""
    cluster.remove_domain(arguments.domain())
    return Empty()


@software("api_add_domain_alias", "domain", "alias", tag=VENDOR)
def add_domain_alias(cluster: Cluster, arguments: Arguments) -> Answer:
    """Adds an alias to a domain."""
    cluster.add_alias(arguments.domain(), names.alias_name(arguments.text("alias")))
    return Empty()


@software("api_remove_domain_alias", "domain", "alias", tag=VENDOR)
def remove_domain_alias(cluster: Cluster, arguments: Arguments) -> Answer:
    """Removes an alias of a domain."""
    cluster.remove_alias(arguments.domain(), names.alias_name(arguments.text("alias")))
    return Empty()


@software(
    "api_list_domain_aliases",
    "domain",
    tag=INFERRED,
    returns="[alias]",
)
def list_domain_aliases(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the aliases of a domain."""
    return Listing(cluster.require(arguments.domain())["aliases"])


@software(
    "api_get_destination",
    "domain",
    tag=CLIENT,
    returns="destinations",
)
def get_destination(cluster: Cluster, arguments: Arguments) -> Answer:
    """Shows the destinations of a domain."""
    domain = arguments.domain()
    routes = list(map(names.exported, cluster.require(domain)["destinations"]))
    return Text(f"{domain} {','.join(routes)}\n", {"domain": domain, "destinations": routes})


@software("api_set_destination", "domain", "destination", tag=CLIENT)
def set_destination(cluster: Cluster, arguments: Arguments) -> Answer:
    """Replaces all destinations of a domain."""
    domain = arguments.domain()
    cluster.require(domain)
    routes = names.destinations("destination", arguments.text("destination"))
    cluster.change_domain(domain, destinations=[list(route) for route in routes])
    return Empty()


@software(
    "api_transfer_domain",
    *("domain", "admin="),
    tag=INFERRED,
)
def transfer_domain(cluster: Cluster, arguments: Arguments) -> Answer:
    """Assigns a domain to an admin; without an admin it belongs to nobody."""
    domain, admin = arguments.domain(), arguments.text("admin")
    cluster.require(domain)
    if admin and admin not in cluster.state.table("admins"):
        raise fail(wording.NO_SUCH, thing="admin", item=admin)
    cluster.change_domain(domain, admin=admin)
    return Empty()


@software(
    "api_clear_callout_cache",
    *("domain=", "callback="),
    tag=CLIENT,
)
def clear_callout_cache(cluster: Cluster, arguments: Arguments) -> Answer:
    """Forgets which recipients the destinations were asked for."""
    if arguments.given("domain"):
        cluster.require(arguments.domain())
    return Empty()


def page(rows: list[Any], arguments: Arguments) -> list[Any]:
    """Return the part of a list that the paging arguments ask for."""
    offset = arguments.integer(wording.OFFSET, 0) or 0
    limit = arguments.integer(wording.LIMIT)
    return rows[offset:] if limit is None else rows[offset : offset + limit]


def _pairs(wish: Any) -> list[names.Destination]:
    """Return the routes of one entry of ``data``: pairs of host and port, the port as text or as number."""
    pairs = wish.get("destinations") if isinstance(wish, dict) and set(wish) == {"destinations"} else None
    if not isinstance(pairs, list) or not pairs:
        raise invalid("data", wish)
    return [_pair(pair) for pair in pairs]


def _pair(pair: Any) -> names.Destination:
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
        raise invalid("destinations", pair)
    return names.host_name("destinations", pair[0]), names.port_number("destinations", pair[1])


def _with_aliases(arguments: Arguments) -> bool:
    """Aliases are shown without asking; ``false`` leaves them out. The value ``true`` was removed in build 94470."""
    if not arguments.given("include_aliases"):
        return True
    if arguments.boolean("include_aliases"):
        raise invalid("include_aliases", arguments.text("include_aliases"))
    return False


def _filtered(cluster: Cluster, arguments: Arguments) -> list[tuple[str, Row]]:
    rows = list(cluster.domains.items())
    if not arguments.given("filter_by"):
        return rows
    conditions = arguments.json("filter_by")
    if not isinstance(conditions, list) or not all(map(_is_condition, conditions)):
        raise invalid("filter_by", arguments.text("filter_by"))
    return [row for row in rows if all(_meets(row, *condition) for condition in conditions)]


def _is_condition(item: Any) -> bool:
    return (
        isinstance(item, list)
        and len(item) == 3
        and all(isinstance(part, str) for part in item)
        and item[0] in wording.FILTER_FIELDS
        and item[2] in wording.FILTER_OPERATORS
    )


def _meets(named_row: tuple[str, Row], field: str, value: str, operator: str) -> bool:
    matches, wanted = _MATCHES[operator], value.lower()
    found = [text.lower() for text in _field(named_row, field)]
    if operator == "is not":
        return all(matches(text, wanted) for text in found)
    return any(matches(text, wanted) for text in found)


def _field(named_row: tuple[str, Row], field: str) -> list[str]:
    name, row = named_row
    if field == "domain":
        return [name]
    if field == "admin name":
        return [row["admin"]]
    return [text for host, port in row["destinations"] for text in (host, f"{host}::{port}")]


def _sort(rows: list[tuple[str, Row]], field: str) -> None:
    if not field:
        return
    if field not in wording.FILTER_FIELDS:
        raise invalid("sort", field)
    rows.sort(key=lambda row: (_field(row, field), row[0]))
