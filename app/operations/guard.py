"""Guard rails as numbers: what needs a typed confirmation, and proof that the confirmed plan is the one that runs."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid
from app.core.text import msg

MANY_ITEMS = 10
SHRINK_SHARE = 0.3
SHRINK_MINIMUM = 10


def needs_typing(items: int, removals: int) -> bool:
    """Whether work on `items` things, `removals` of them removed, must be confirmed by typing."""
    return items > MANY_ITEMS or removals > 0


def check_typed(expected: str, typed: str) -> None:
    """Raises Invalid on the field "confirm" unless a person typed what was asked for (case and blanks aside)."""
    if typed.strip().casefold() != expected.strip().casefold():
        raise Invalid({"confirm": msg("Type {expected} to confirm. Nothing was changed.", expected=expected)})


def check_sum(expected: str, now: str) -> None:
    """Raises Conflict when the plan that would run is not the one that was confirmed."""
    if expected and expected != now:
        raise Conflict(
            msg(
                "What would be done has changed since you confirmed it. Nothing was changed; "
                "look at it once more."
            )
        )


def shrank_suspiciously(known: int, missing: int) -> bool:
    """Whether a list that lacks `missing` of `known` domains should wait for a person before it is believed."""
    return known >= SHRINK_MINIMUM and missing > known * SHRINK_SHARE
