"""Who asked, and under which key, in the form in which the journal and the jobs keep it."""

from __future__ import annotations

import hashlib

from app.core.actor import Actor
from app.storage.column_types import storable

_LONGEST = 200


def actor_key(actor: Actor) -> str:
    """Names the person, whatever door they come through; "system" and the like by name."""
    return _short(f"name:{actor.name}") if actor.user_id is None else str(actor.user_id)


def stored_key(request_key: str) -> str:
    """The request key, or its hash where it is too long for a column (an `Idempotency-Key` is anybody's text)."""
    return _short(request_key)


def _short(text: str) -> str:
    text = storable(text)
    if len(text) <= _LONGEST:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
