"""Sender lists of outgoing users, and the cluster's IP lists (SpamExperts contract sheet, section 5.3)."""

from __future__ import annotations

from app.sandbox.spamexperts import lists, names, wording
from app.sandbox.spamexperts.answers import AlwaysJson, Answer, Empty, Listing, fail
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, Run, software
from app.sandbox.spamexperts.software.domains import page
from app.sandbox.spamexperts.software.senders import list_domain

_PAGING = (f"{wording.LIMIT}=", f"{wording.OFFSET}=")
_ALL = "*"


def _entry(sender: str, username: str) -> dict[str, str]:
    return {"address": sender, "username": username}


def _username(cluster: Cluster, arguments: Arguments, domain: str) -> str:
    """Return the outgoing user, ``*`` for all; EN for one that is not there."""
    username = arguments.text("username", _ALL)
    if username != _ALL and username not in cluster.state.table("outgoing_users").get(domain, {}):
        raise fail(wording.NO_SUCH, thing="outgoing user", item=username)
    return username


def _sender(text: str) -> str:
    """Return an outgoing sender; ``*@example.com`` is allowed here."""
    return f"*@{names.sender(text[2:])}" if text.startswith("*@") else names.sender(text)


def _adder(which: str) -> Run:
    def add(cluster: Cluster, arguments: Arguments) -> Answer:
        domain = list_domain(arguments)
        lists.entries(cluster, domain, which)
        username = _username(cluster, arguments, domain)
        lists.add(cluster, domain, which, _entry(_sender(arguments.text("sender")), username))
        return Empty()

    return add


def _reader(which: str) -> Run:
    def read(cluster: Cluster, arguments: Arguments) -> Answer:
        domain = list_domain(arguments)
        known = lists.entries(cluster, domain, which)
        username = _username(cluster, arguments, domain)
        shown = [one for one in known if username == _ALL or one["username"] in (_ALL, username)]
        return Listing([one["address"] for one in page(shown, arguments)])

    return read


software(
    "api_whitelist_outgoing_sender",
    *("domain", "sender", "username="),
    about="Allows a sender to outgoing users.",
    tag=VENDOR,
)(_adder(lists.OUTGOING_ALLOWED))
software(
    "api_blacklist_outgoing_sender",
    *("domain", "sender", "username="),
    about="Forbids a sender to outgoing users.",
    tag=VENDOR,
)(_adder(lists.OUTGOING_BLOCKED))
software(
    "api_get_outgoing_sender_blacklist",
    *("domain", "username=", *_PAGING),
    about="Lists the forbidden senders.",
    tag=VENDOR,
    returns="[sender]",
)(_reader(lists.OUTGOING_BLOCKED))
software(
    "api_get_outgoing_blacklist",
    *("domain", "username=", *_PAGING),
    about="Lists the forbidden senders.",
    tag=VENDOR,
    returns="[sender]",
)(_reader(lists.OUTGOING_BLOCKED))


@software(
    "api_unblacklist_outgoing_sender",
    *("domain", "sender", "username="),
    tag=VENDOR,
)
def unblacklist_outgoing_sender(cluster: Cluster, arguments: Arguments) -> Answer:
    """Takes a sender off the list."""
    domain = list_domain(arguments)
    lists.entries(cluster, domain, lists.OUTGOING_BLOCKED)
    entry = _entry(_sender(arguments.text("sender")), _username(cluster, arguments, domain))
    lists.remove(cluster, domain, lists.OUTGOING_BLOCKED, entry, "sender")
    return Empty()


@software(
    "api_set_outgoing_sender_blacklist",
    *("domain", "senders", "username="),
    tag=INFERRED,
)
def set_outgoing_sender_blacklist(cluster: Cluster, arguments: Arguments) -> Answer:
    """Replaces the list of one outgoing user."""
    domain = list_domain(arguments)
    known = lists.entries(cluster, domain, lists.OUTGOING_BLOCKED)
    username = _username(cluster, arguments, domain)
    kept = [one for one in known if one["username"] != username]
    wanted = dict.fromkeys(_sender(word) for word in arguments.words("senders"))
    entries = [*kept, *(_entry(sender, username) for sender in wanted)]
    lists.replace(cluster, domain, lists.OUTGOING_BLOCKED, entries)
    return Empty()


def _add_ip(cluster: Cluster, table_name: str, arguments: Arguments, skip: bool) -> None:
    table, address = cluster.state.table(table_name), names.address_range("ip", arguments.text("ip"))
    if address in table:
        raise fail(wording.ALREADY_LISTED, item=address)
    table[address] = {"ip": address, "skip_concurrent_connection_limit": skip}


@software(
    "api_whitelist_ip",
    *("ip", "skip_concurrent_connection_limit="),
    tag=VENDOR,
)
def whitelist_ip(cluster: Cluster, arguments: Arguments) -> Answer:
    """Trusts an address or range."""
    skip = arguments.boolean("skip_concurrent_connection_limit", default=False)
    _add_ip(cluster, "ip_whitelist", arguments, bool(skip))
    return Empty()


@software("api_whitelist_outgoing_ip", "ip", tag=INFERRED)
def whitelist_outgoing_ip(cluster: Cluster, arguments: Arguments) -> Answer:
    """Trusts an address that sends out."""
    _add_ip(cluster, "outgoing_ip_whitelist", arguments, skip=False)
    return Empty()


@software("api_get_ip_whitelist_json", *_PAGING, tag=VENDOR, returns="json")
def get_ip_whitelist_json(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the trusted addresses."""
    return AlwaysJson(page(list(cluster.state.table("ip_whitelist").values()), arguments))
