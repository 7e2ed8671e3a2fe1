"""Sender and recipient lists, and e-mail aliases, through the Control Panel API (contract sheet, 7.4)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spamexperts import lists, names
from app.sandbox.spamexperts.answers import ApiError
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.panel.domains import known
from app.sandbox.spamexperts.panel.outcome import Outcome, Run, changes, done, reads, refuse
from app.sandbox.spamexperts.panel.paths import Asked
from app.sandbox.spamexperts.wording import Panel

EMAIL_ALIASES = "email_aliases"


def _sender(asked: Asked) -> Any:
    return lists.sender_entry(names.sender(asked.text("sender")))


def _recipient(asked: Asked) -> Any:
    text = asked.text("recipient")
    return text if text == "*" else names.local_part("recipient", text)


def _adder(which: str, kind: str, label: str) -> Run:
    def add(cluster: Cluster, asked: Asked) -> Outcome:
        domain, _ = known(cluster, asked)
        try:
            lists.add(cluster, domain, which, _ENTRIES[kind](asked))
        except ApiError as error:
            if kind == "recipient" and "already" in str(error):
                return Outcome()
            raise refuse(Panel.ALREADY_LISTED, item=asked.text(kind), list=label) from error
        return done(Panel.LISTED, item=asked.text(kind), list=label)

    return add


def _remover(which: str, kind: str, label: str) -> Run:
    def remove(cluster: Cluster, asked: Asked) -> Outcome:
        domain, _ = known(cluster, asked)
        try:
            lists.remove(cluster, domain, which, _ENTRIES[kind](asked), kind)
        except ApiError as error:
            raise refuse(Panel.NOT_LISTED, item=asked.text(kind), list=label) from error
        return done(Panel.UNLISTED, item=asked.text(kind), list=label)

    return remove


def _sender_reader(which: str) -> Run:
    """The whitelist contains the cluster's own entries, too."""

    def read(cluster: Cluster, asked: Asked) -> Outcome:
        domain, _ = known(cluster, asked)
        entries = lists.entries(cluster, domain, which)
        if which == lists.SENDERS_ALLOWED:
            entries = [*entries, *lists.entries(cluster, names.DEFAULT, which)]
        return Outcome(result=[{"address": entry["address"]} for entry in entries if not entry["local_part"]])

    return read


def _recipient_reader(which: str) -> Run:
    def read(cluster: Cluster, asked: Asked) -> Outcome:
        return Outcome(result=lists.entries(cluster, known(cluster, asked)[0], which))

    return read


_ENTRIES = {"sender": _sender, "recipient": _recipient}


def _declare(colour: str, senders: str, recipients: str) -> None:
    for kind, which in (("sender", senders), ("recipient", recipients)):
        label = f"{kind} {colour}"
        changes(f"domain/{colour}{kind}")(_adder(which, kind, label))
        changes(f"domain/un{colour}{kind}")(_remover(which, kind, label))
    reads(f"domain/sender{colour}")(_sender_reader(senders))
    reads(f"domain/recipient{colour}")(_recipient_reader(recipients))


_declare("whitelist", lists.SENDERS_ALLOWED, lists.RECIPIENTS_ALLOWED)
_declare("blacklist", lists.SENDERS_BLOCKED, lists.RECIPIENTS_BLOCKED)


@changes("emailalias/add")
def add_email_alias(cluster: Cluster, asked: Asked) -> Outcome:
    """Add an e-mail alias; one alias leads to one mailbox."""
    domain, _ = known(cluster, asked)
    entry = _email_alias(asked, domain)
    table = cluster.state.table(EMAIL_ALIASES)
    present = table.get(domain, [])
    if any(other["alias"] == entry["alias"] for other in present):
        raise refuse(Panel.ALIAS_EXISTS)
    table[domain] = [*present, entry]
    return done(Panel.EMAIL_ALIAS_ADDED, item=entry["alias"])


@changes("emailalias/remove")
def remove_email_alias(cluster: Cluster, asked: Asked) -> Outcome:
    """Remove an e-mail alias."""
    domain, _ = known(cluster, asked)
    entry = _email_alias(asked, domain)
    table = cluster.state.table(EMAIL_ALIASES)
    present = table.get(domain, [])
    if entry not in present:
        raise refuse(Panel.ALIAS_MISSING, item=entry["alias"])
    table[domain] = [other for other in present if other != entry]
    return done(Panel.EMAIL_ALIAS_REMOVED, item=entry["alias"])


@reads("emailalias/list")
def list_email_aliases(cluster: Cluster, asked: Asked) -> Outcome:
    """List the e-mail aliases of a domain."""
    return Outcome(result=cluster.state.table(EMAIL_ALIASES).get(known(cluster, asked)[0], []))


def _email_alias(asked: Asked, domain: str) -> dict[str, str]:
    """Return an entry: the mailbox and the alias, both as addresses; an alias may come as a local part."""
    local_part = names.local_part("localpart", asked.text("localpart"))
    alias = asked.text("alias").lower().removesuffix(f"@{domain}")
    return {
        "email": f"{local_part}@{domain}",
        "alias": f"{names.local_part('alias', alias)}@{domain}",
    }
