"""The numbers of the API and their names (Hornetsecurity contract sheet, 6.1)."""

from __future__ import annotations

SPAM, CLEAN, REJECTED, THREAT, CONTENT, INFO, ADVTHREAT = 1, 2, 3, 5, 8, 11, 12
DELIVERED, DELETED, RESCANNED = 10, 15, 16

_CLASSES = {
    CLEAN: "clean",
    SPAM: "spam",
    INFO: "info",
    CONTENT: "content",
    ADVTHREAT: "advthreat",
    THREAT: "threat",
    REJECTED: "rejected",
    DELIVERED: "delivered",
    DELETED: "deleted",
    RESCANNED: "rescanned",
}
_OLD_NAMES = {ADVTHREAT: "atp", THREAT: "virus"}

CLASSES = (CLEAN, SPAM, INFO, CONTENT, ADVTHREAT, THREAT, REJECTED)
"""The classes of mail, in the order of the manual's statistics example."""

INCOMING, OUTGOING = 1, 2

NO_STATUS, STATUS_DELIVERED, STATUS_DEFERRED, STATUS_REJECTED = 0, 1, 2, 3
STATUSES = {0: "No status", 1: "Delivered", 2: "Deferred", 3: "Rejected"}

CRYPT_TYPES = {0: "", 1: "NONE", 2: "WEBSAFE", 3: "SMIME", 4: "PGP", 5: "EMIG", 6: "DANE", 7: "TLS"}

REMEDIATION_ACTIONS = (
    "move_banner", "hard_delete", "soft_delete", "no_action", "move", "banner", "quarantine", "tag",
)  # fmt: skip

ALLOW, DENY = 1, 2

INTERNAL_USER, INTERNAL_FORWARD, O365_POSTBOX, LDAP_USER, CP_ADMIN, O365_SHARED, FOREIGN = (
    0,
    3,
    4,
    7,
    8,
    9,
    11,
)
SYNCED_TYPES = (4, 5, 6, 7, 9, 10)
"""Mailbox types that come from M365 or LDAP: their names, aliases and groups are not changed here."""


def class_name(classification: int, manual: bool) -> str:
    """Return the name of a class; two of them had other names in the old generation."""
    if manual and classification in _OLD_NAMES:
        return _OLD_NAMES[classification]
    return _CLASSES[classification]
