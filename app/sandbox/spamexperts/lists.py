"""Sender, recipient and outgoing lists of a domain: one table, read and written by both APIs.

A row of the table ``lists`` holds, per domain (or ``default``), the lists by name. A sender entry is an object with
``address``, ``flag``, ``local_part`` (empty: the whole domain) and, on outgoing lists, ``username``; a recipient entry
is a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.sandbox.spamexperts import names, wording
from app.sandbox.spamexperts.answers import fail
from app.sandbox.spamexperts.cluster import Cluster

SENDERS_ALLOWED, SENDERS_BLOCKED = "sender_whitelist", "sender_blacklist"
RECIPIENTS_ALLOWED, RECIPIENTS_BLOCKED = "recipient_whitelist", "recipient_blacklist"
OUTGOING_ALLOWED, OUTGOING_BLOCKED = "outgoing_sender_whitelist", "outgoing_sender_blacklist"


def entries(cluster: Cluster, domain: str, which: str) -> list[Any]:
    """Return one list of a domain or of ``default``; ED for an unknown domain."""
    if domain != names.DEFAULT:
        cluster.require(domain)
    found: list[Any] = cluster.state.table("lists").get(domain, {}).get(which, [])
    return found


def replace(cluster: Cluster, domain: str, which: str, content: Sequence[Any]) -> None:
    """Replace one list; ED for an unknown domain."""
    entries(cluster, domain, which)
    table = cluster.state.table("lists")
    table[domain] = {**table.get(domain, {}), which: list(content)}


def add(cluster: Cluster, domain: str, which: str, entry: Any) -> None:
    """Add an entry; ED, and EX when the same address is listed for the same local part and user."""
    known = entries(cluster, domain, which)
    if any(_same(entry, other) for other in known):
        raise fail(wording.ALREADY_LISTED, item=_address(entry))
    replace(cluster, domain, which, [*known, entry])


def remove(cluster: Cluster, domain: str, which: str, entry: Any, thing: str) -> None:
    """Remove an entry; ED, and EN (naming the ``thing``) when it is not there."""
    known = entries(cluster, domain, which)
    left = [other for other in known if not _same(entry, other)]
    if len(left) == len(known):
        raise fail(wording.NO_SUCH, thing=thing, item=_address(entry))
    replace(cluster, domain, which, left)


def sender_entry(address: str, flag: str = "", local_part: str = "") -> dict[str, str]:
    """Return an entry of a sender list."""
    return {"address": address, "flag": flag or wording.SENDER_FLAGS[0], "local_part": local_part}


def _same(entry: Any, other: Any) -> bool:
    return bool(_identity(entry) == _identity(other))


def _identity(entry: Any) -> Any:
    if isinstance(entry, str):
        return entry
    return entry["address"], entry.get("local_part", ""), entry.get("username", "")


def _address(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry["address"])
