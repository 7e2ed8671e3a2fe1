"""Sender and recipient lists (SpamExperts contract sheet, section 5.3)."""

from __future__ import annotations

from app.sandbox.spamexperts import lists, names, wording
from app.sandbox.spamexperts.answers import Answer, Empty, Listing, invalid
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, Run, software
from app.sandbox.spamexperts.software.domains import page


def list_domain(arguments: Arguments) -> str:
    """Return the domain of a list call: a real one, or ``default``."""
    if arguments.text("domain").lower() == names.DEFAULT:
        return names.DEFAULT
    return arguments.domain()


def _flag(arguments: Arguments) -> str:
    flag = arguments.text("sender_flag", wording.SENDER_FLAGS[0]).lower()
    if flag not in wording.SENDER_FLAGS:
        raise invalid("sender_flag", flag)
    return flag


def _adder(which: str, *, for_local_part: bool) -> Run:
    def add(cluster: Cluster, arguments: Arguments) -> Answer:
        domain = list_domain(arguments)
        lists.entries(cluster, domain, which)
        local = names.local_part("local_part", arguments.text("local_part")) if for_local_part else ""
        address = names.sender(arguments.text("sender"))
        lists.add(cluster, domain, which, lists.sender_entry(address, _flag(arguments), local))
        return Empty()

    return add


def _remover(which: str) -> Run:
    def remove(cluster: Cluster, arguments: Arguments) -> Answer:
        entry = lists.sender_entry(names.sender(arguments.text("sender")))
        lists.remove(cluster, list_domain(arguments), which, entry, "sender")
        return Empty()

    return remove


def _reader(which: str) -> Run:
    def read(cluster: Cluster, arguments: Arguments) -> Answer:
        known = lists.entries(cluster, list_domain(arguments), which)
        shown = page([entry for entry in known if not entry["local_part"]], arguments)
        objects = [{"address": entry["address"], "flag": entry["flag"]} for entry in shown]
        return Listing([entry["address"] for entry in shown], objects)

    return read


def _writer(which: str) -> Run:
    """Replace the entries of the whole domain; those of single local parts stay."""

    def write(cluster: Cluster, arguments: Arguments) -> Answer:
        domain = list_domain(arguments)
        kept = [entry for entry in lists.entries(cluster, domain, which) if entry["local_part"]]
        wanted = dict.fromkeys(names.sender(word) for word in arguments.words("senders"))
        lists.replace(cluster, domain, which, [*map(lists.sender_entry, wanted), *kept])
        return Empty()

    return write


def _recipient(arguments: Arguments) -> str:
    text = arguments.text("recipient")
    return text if text == "*" else names.local_part("recipient", text)


def _recipient_adder(which: str) -> Run:
    def add(cluster: Cluster, arguments: Arguments) -> Answer:
        lists.add(cluster, list_domain(arguments), which, _recipient(arguments))
        return Empty()

    return add


def _recipient_remover(which: str) -> Run:
    def remove(cluster: Cluster, arguments: Arguments) -> Answer:
        lists.remove(cluster, list_domain(arguments), which, _recipient(arguments), "recipient")
        return Empty()

    return remove


def _recipient_reader(which: str) -> Run:
    def read(cluster: Cluster, arguments: Arguments) -> Answer:
        return Listing(lists.entries(cluster, list_domain(arguments), which))

    return read


def _declare(word: str, senders: str, recipients: str, removal_tag: str) -> None:
    """Declare the calls of one colour; of the removals only ``api_unblacklist_sender`` has a public name."""
    sender, flag = ("domain", "sender"), "sender_flag="
    software(f"api_{word}_sender", *sender, flag, about=f"Puts a sender on the {word}.", tag=VENDOR)(
        _adder(senders, for_local_part=False)
    )
    software(
        f"api_{word}_local_part_sender",
        *("domain", "local_part", "sender", flag),
        about=f"Puts a sender on the {word} of one local part.",
        tag=VENDOR,
    )(_adder(senders, for_local_part=True))
    software(f"api_un{word}_sender", *sender, about=f"Takes a sender off the {word}.", tag=removal_tag)(
        _remover(senders)
    )
    paging = f"{wording.LIMIT}=", f"{wording.OFFSET}="
    software(
        f"api_get_sender_{word}",
        *("domain", *paging),
        about=f"Lists the {word}.",
        tag=INFERRED,
        returns="[sender]",
    )(_reader(senders))
    software(f"api_set_sender_{word}", "domain", "senders", about=f"Replaces the {word}.", tag=INFERRED)(
        _writer(senders)
    )
    recipient = ("domain", "recipient")
    software(f"api_{word}_recipient", *recipient, about=f"Puts a recipient on the {word}.", tag=INFERRED)(
        _recipient_adder(recipients)
    )
    software(f"api_un{word}_recipient", *recipient, about=f"Takes it off the {word}.", tag=INFERRED)(
        _recipient_remover(recipients)
    )
    software(
        f"api_get_recipient_{word}",
        "domain",
        about=f"Lists the recipient {word}.",
        tag=INFERRED,
        returns="[recipient]",
    )(_recipient_reader(recipients))


_declare("whitelist", lists.SENDERS_ALLOWED, lists.RECIPIENTS_ALLOWED, INFERRED)
_declare("blacklist", lists.SENDERS_BLOCKED, lists.RECIPIENTS_BLOCKED, VENDOR)
