"""The answer shapes of SPanel (SPanel contract sheet, section 3)."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]


class Refused(Exception):
    """The panel says no: one text per offending parameter, as in the sheet's table of conditions."""

    def __init__(self, **entries: str) -> None:
        super().__init__(entries)
        self.entries = entries


def done(msg: str | list[str], **data: Any) -> Answer:
    """Shape A: most changes."""
    return {"result": "success", "data": {"msg": msg, **data}}


def told(msg: str) -> Answer:
    """Shape B: the text stands outside, without ``data``."""
    return {"result": "success", "msg": msg}


def found(data: Any) -> Answer:
    """Shape C: what was asked for, a list or an object."""
    return {"result": "success", "data": data}


def bare(rows: list[Answer]) -> Answer:
    """Shape D: a list without ``result``, on accounts/listaccounts and accounts/listpackages only."""
    return {"data": rows}


def silent() -> Answer:
    """Shape F: success without a word."""
    return {"result": "success"}


def refusal(entries: dict[str, str], style: str) -> Answer:
    """Shape E: the entries under ``message`` as a "map", a "list" or one "text".

    The seed lost the key of the nesting and clients read it as ``message``: [inferred].
    """
    message: Any = entries
    if style == "list":
        message = list(entries.values())
    elif style == "text":
        message = ", ".join(entries.values())
    return {"result": "error", "message": message}
