"""Which destinations of the demo cannot be delivered to, and what a server would say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.sandbox.company import HOSTS, MISSING_HOST

_ERRORS = {
    "refusing": "554 5.7.1 Service refused",
    "rejecting": "550 5.1.1 Recipient address rejected: user unknown",
    "slow": "SMTP timeout while connected",
}
_BY_HOST = {host.name: _ERRORS[host.behaviour] for host in HOSTS if host.behaviour in _ERRORS}
_BY_HOST[MISSING_HOST] = "Unrouteable address: host not found"


def delivery_error(destinations: Sequence[Sequence[Any]]) -> str:
    """Return the last destination's error when every one of them fails; empty when one would accept."""
    errors = [_BY_HOST.get(host, "") for host, _ in destinations]
    return errors[-1] if all(errors) else ""
