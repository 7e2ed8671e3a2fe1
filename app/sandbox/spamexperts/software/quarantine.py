"""The spam quarantine: view, release, remove (SpamExperts contract sheet, section 6.2)."""

from __future__ import annotations

from app.sandbox.spamexperts import mails, messages
from app.sandbox.spamexperts.answers import Answer, Empty, Listing, Text
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.messages import INCOMING, OUTGOING, Message
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, Run, software

_IDENTITY = ("domain", "message_id", "recipient=", "filtering_host=", "date=", "sender=")
_COMPARED = ("recipient", "filtering_host", "date", "sender")


def _message(cluster: Cluster, arguments: Arguments, direction: str) -> Message:
    wishes = {name: arguments.text(name) for name in _COMPARED if arguments.given(name)}
    return messages.quarantined(cluster, arguments.domain(), arguments.text("message_id"), direction, wishes)


def _viewer(direction: str) -> Run:
    def view(cluster: Cluster, arguments: Arguments) -> Answer:
        raw = mails.raw(_message(cluster, arguments, direction))
        return Text(raw, {"raw": raw})

    return view


def _settler(direction: str, status: str) -> Run:
    def settle(cluster: Cluster, arguments: Arguments) -> Answer:
        messages.settle(cluster, _message(cluster, arguments, direction), status)
        return Empty()

    return settle


software(
    "api_get_quarantined_message",
    *_IDENTITY,
    about="Shows a message as it came.",
    tag=INFERRED,
    returns="message",
)(_viewer(INCOMING))
for _name in ("api_release_message", "api_release_messsage"):  # the changelog has three s
    software(_name, *_IDENTITY, about="Delivers a quarantined message.", tag=INFERRED)(
        _settler(INCOMING, "released")
    )
software("api_release_outgoing_message", *_IDENTITY, about="Sends a quarantined message.", tag=INFERRED)(
    _settler(OUTGOING, "released")
)
for _name, _direction in (
    ("api_remove_quarantined_message", INCOMING),
    ("api_remove_outgoing_quarantined_message", OUTGOING),
):
    software(_name, *_IDENTITY, "size=", about="Removes a quarantined message.", tag=VENDOR)(
        _settler(_direction, "quarantine-removed")
    )


@software(
    "api_list_local_part_quarantine",
    "domain",
    tag=VENDOR,
    returns="[local_part]",
)
def list_local_part_quarantine(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists the local parts with a quarantine of their own."""
    domain = arguments.domain()
    cluster.require(domain)
    return Listing(cluster.state.table("local_recipients").get(domain, []))
