"""Local recipients (SpamExperts contract sheet, section 5.2)."""

from __future__ import annotations

from app.sandbox.spamexperts import names, wording
from app.sandbox.spamexperts.answers import Answer, Empty, Listing, fail
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import CLIENT, INFERRED, software

TABLE = "local_recipients"


def add(cluster: Cluster, domain: str, text: str) -> None:
    """Add a local recipient; ED, EV, EX."""
    cluster.require(domain)
    local_part = names.local_part("local_part", text)
    table = cluster.state.table(TABLE)
    known = table.get(domain, [])
    if local_part in known:
        raise fail(wording.ALREADY_LISTED, item=local_part)
    table[domain] = [*known, local_part]


@software("api_add_local_recipient", "domain", "local_part", tag=CLIENT)
def add_local_recipient(cluster: Cluster, arguments: Arguments) -> Answer:
    """Adds a recipient that is accepted."""
    add(cluster, arguments.domain(), arguments.text("local_part"))
    return Empty()


@software("api_remove_local_recipient", "domain", "local_part", tag=INFERRED)
def remove_local_recipient(cluster: Cluster, arguments: Arguments) -> Answer:
    """Removes a recipient."""
    domain = arguments.domain()
    cluster.require(domain)
    local_part = names.local_part("local_part", arguments.text("local_part"))
    table = cluster.state.table(TABLE)
    known = table.get(domain, [])
    if local_part not in known:
        raise fail(wording.NO_SUCH, thing="local recipient", item=local_part)
    table[domain] = [name for name in known if name != local_part]
    return Empty()


@software("api_get_local_recipients", "domain", tag=INFERRED, returns="[local_part]")
def get_local_recipients(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the recipients."""
    domain = arguments.domain()
    cluster.require(domain)
    return Listing(cluster.state.table(TABLE).get(domain, []))
