"""The calls of the Software API, one module per section of the contract sheet. Importing this package declares all."""

from __future__ import annotations

from app.sandbox.spamexperts.software import (
    dkim,
    domains,
    meta,
    operation,
    outgoing_lists,
    quarantine,
    queue,
    recipients,
    search,
    senders,
    servers,
    settings,
    users,
)

__all__ = [
    "dkim",
    "domains",
    "meta",
    "operation",
    "outgoing_lists",
    "quarantine",
    "queue",
    "recipients",
    "search",
    "senders",
    "servers",
    "settings",
    "users",
]
