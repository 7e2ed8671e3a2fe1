"""Opaque ids of five characters, as the manual's examples show them (Cleanmail notes, 4)."""

from __future__ import annotations

_LETTERS = "ByEgdkVRWAzMnoYjPvxLqGDmwJNbZKQeOrXl"
_CHARACTERS = _LETTERS + "3462957810"
_SPACE = len(_CHARACTERS) ** 4 * len(_LETTERS)
_STEP = 97_231_577
"""Prime to the size of the space, so that numbers and ids match one to one."""


def encode(number: int) -> str:
    """Return the id of a positive number. It ends in a letter, so no id reads as a plain number."""
    rest, last = divmod(number * _STEP % _SPACE, len(_LETTERS))
    text = _LETTERS[last]
    for _ in range(4):
        rest, digit = divmod(rest, len(_CHARACTERS))
        text = _CHARACTERS[digit] + text
    return text
