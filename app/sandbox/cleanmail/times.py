"""Times as this API has them: milliseconds since 1970, kept at second precision (Cleanmail notes, 5)."""

from __future__ import annotations

import datetime
import time
from typing import Any

DAY = 86_400_000
HOUR = 3_600_000

FIELDS = ("creationDate", "createdAt", "createdDate", "expiration", "expireAt", "deletionDate", "purgeDate")
"""The fields of stored rows that hold milliseconds."""


def now() -> int:
    """Return the present in milliseconds."""
    return time.time_ns() // 1_000_000


def settled(row: dict[str, Any]) -> dict[str, Any]:
    """Return a copy as it is read back later: every time ends in ``000``."""
    kept = dict(row)
    for field in FIELDS:
        if kept.get(field) is not None:
            kept[field] = kept[field] // 1000 * 1000
    return kept


def parse(value: Any) -> int | None:
    """Return milliseconds for epoch milliseconds (number or digits) or an ISO 8601 text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp() * 1000)
