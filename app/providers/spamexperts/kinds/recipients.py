"""Local recipients, trusted addresses, and the lists of outgoing mail (contract sheet, 5.2, 5.3 and 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.kinds.base import Apis, Kept, Rows, of_domain, removal

_FLAGS = (
    ("both", msg("envelope sender and From header")),
    ("envelope", msg("envelope sender")),
    ("from", msg("From header")),
)


_STAYS = msg("No call takes an address off this list again; that is done in the Control Panel.")


def _list_action(name: str, label: str, call: str) -> Action:
    return Action(
        name,
        msg(label),
        msg("The sender is on the list of {key}."),
        Right.CHANGE_RULES,
        call,
        fields=(
            Field(
                "sender",
                msg("Sender"),
                required=True,
                most=320,
                help=msg("An address, a domain, or *.domain for the domains below it."),
            ),
            Field(
                "sender_flag", msg("Compare"), FieldKind.CHOICE, choices=_FLAGS, default=inferred.SENDER_FLAG
            ),
        ),
        warning=msg(
            "The lists of single recipients cannot be read and nothing takes a sender off them again."
        ),
        lost=(msg("No call takes a sender off the list of a single recipient."),),
    )


LOCAL_RECIPIENTS = Kept(
    ResourceKind(
        name="local_recipients",
        label=msg("Local recipients"),
        one=msg("Local recipient"),
        area=Area.MAILBOXES,
        parent=DOMAIN,
        calls=("api_get_local_recipients",),
        columns=(Column("local_part", msg("Part before the @"), Show.CODE),),
        actions=(
            Action(
                "add",
                msg("Add recipient"),
                msg("{key} is accepted."),
                Right.CHANGE_MAILBOXES,
                "api_add_local_recipient",
                fields=(
                    Field(
                        "local_part",
                        msg("Part before the @"),
                        required=True,
                        most=64,
                        pattern=r"[^@\s,]+",
                        placeholder="info",
                        key=True,
                    ),
                ),
            ),
            removal(msg("{key} is off the list."), Right.CHANGE_MAILBOXES, "api_remove_local_recipient"),
            _list_action("allow_sender", "Allow a sender", "api_whitelist_local_part_sender"),
            _list_action("block_sender", "Block a sender", "api_blacklist_local_part_sender"),
            Action(
                "clear_callouts",
                msg("Forget recipient callouts"),
                msg("The filter asks the destination again which recipients there are."),
                Right.CHANGE_MAILBOXES,
                "api_clear_callout_cache",
                on_kind=True,
                icon="refresh",
            ),
        ),
        note=msg(
            "They count only while the setting “Accept listed recipients only” is on: then mail to all others is rejected."
        ),
        icon="at",
    ),
    rows=lambda apis, at: of_domain(
        at,
        lambda domain: [
            Resource(name, {"local_part": name})
            for name in sorted(apis.lines("api_get_local_recipients", domain=domain))
        ],
    ),
    sends={
        "add": lambda it: (
            "api_add_local_recipient",
            {"domain": it.domain, "local_part": it.text("local_part")},
        ),
        "remove": lambda it: ("api_remove_local_recipient", {"domain": it.domain, "local_part": it.key}),
        "allow_sender": lambda it: (
            "api_whitelist_local_part_sender",
            {"domain": it.domain, "local_part": it.key, **_of_values(it.values)},
        ),
        "block_sender": lambda it: (
            "api_blacklist_local_part_sender",
            {"domain": it.domain, "local_part": it.key, **_of_values(it.values)},
        ),
        "clear_callouts": lambda it: ("api_clear_callout_cache", {"domain": it.domain}),
    },
)


def _of_values(values: Mapping[str, Any]) -> dict[str, str]:
    """The filled values as arguments."""
    return {name: str(value) for name, value in values.items()}


def _trusted(apis: Apis, _at: ResourceAt) -> Rows:
    found = apis.objects("api_get_ip_whitelist_json")
    rows = [
        row if isinstance(row, dict) else {"ip": row} for row in (found if isinstance(found, list) else [])
    ]
    return [
        Resource(
            str(row.get("ip", "")),
            {
                "ip": str(row.get("ip", "")),
                "skip_concurrent_connection_limit": bool(row.get("skip_concurrent_connection_limit")),
            },
        )
        for row in rows
    ]


TRUSTED_ADDRESSES = Kept(
    ResourceKind(
        name="trusted_addresses",
        label=msg("Trusted addresses"),
        one=msg("Trusted address"),
        area=Area.DELIVERY,
        calls=("api_get_ip_whitelist_json",),
        columns=(
            Column("ip", msg("Address or network"), Show.CODE),
            Column("skip_concurrent_connection_limit", msg("Without limit of connections"), Show.YES_NO),
        ),
        actions=(
            Action(
                "add",
                msg("Trust an address"),
                msg("{key} is trusted."),
                Right.CHANGE_RULES,
                "api_whitelist_ip",
                fields=(
                    Field(
                        "ip", msg("Address or network"), required=True, key=True, placeholder="192.0.2.0/24"
                    ),
                    Field(
                        "skip_concurrent_connection_limit",
                        msg("Without limit of connections"),
                        FieldKind.SWITCH,
                        default=False,
                    ),
                ),
                warning=_STAYS,
                lost=(msg("No call takes an address off this list."),),
            ),
            Action(
                "trust_outgoing",
                msg("Trust an address that sends out"),
                msg("The address is trusted for outgoing mail."),
                Right.CHANGE_RULES,
                "api_whitelist_outgoing_ip",
                fields=(Field("ip", msg("Address or network"), required=True, placeholder="192.0.2.0/24"),),
                on_kind=True,
                warning=_STAYS,
                lost=(msg("No call takes an address off this list."),),
                icon="send",
            ),
        ),
        note=msg("Addresses whose mail is accepted without the checks of connections."),
        icon="shield-check",
    ),
    rows=_trusted,
    sends={
        "add": lambda it: ("api_whitelist_ip", _of_values(it.values)),
        "trust_outgoing": lambda it: ("api_whitelist_outgoing_ip", {"ip": it.text("ip")}),
    },
)


OUTGOING_BLOCKED = Kept(
    ResourceKind(
        name="outgoing_blocked_senders",
        label=msg("Blocked outgoing senders"),
        one=msg("Blocked outgoing sender"),
        area=Area.DELIVERY,
        parent=DOMAIN,
        calls=("api_get_outgoing_sender_blacklist",),
        columns=(Column("sender", msg("Sender"), Show.CODE),),
        actions=(
            Action(
                "add",
                msg("Block a sender"),
                msg("{key} cannot send any more."),
                Right.CHANGE_RULES,
                "api_blacklist_outgoing_sender",
                fields=(Field("sender", msg("Sender"), required=True, key=True, most=320),),
            ),
            removal(msg("{key} may send again."), Right.CHANGE_RULES, "api_unblacklist_outgoing_sender"),
        ),
        note=msg("They hold for all outgoing users of the domain."),
        icon="mail-off",
    ),
    rows=lambda apis, at: of_domain(
        at,
        lambda domain: [
            Resource(sender, {"sender": sender})
            for sender in apis.lines("api_get_outgoing_sender_blacklist", domain=domain, username="*")
        ],
    ),
    sends={
        "add": lambda it: (
            "api_blacklist_outgoing_sender",
            {"domain": it.domain, "sender": it.text("sender"), "username": "*"},
        ),
        "remove": lambda it: (
            "api_unblacklist_outgoing_sender",
            {"domain": it.domain, "sender": it.key, "username": "*"},
        ),
    },
)
