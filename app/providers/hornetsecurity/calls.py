"""The calls of the Control Panel API by their names, "METHOD /path/", as its own pages name them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.core.contract import Call, Contract


@cache
def contract() -> Contract:
    """All calls of the API, as data."""
    return Contract.model_validate_json(Path(__file__).with_name("contract.json").read_text("utf-8"))


@cache
def _calls() -> Mapping[str, Call]:
    return {call.name: call for call in contract().calls}


def checked(name: str, *, write: bool) -> Call:
    """The call of that name. Raises KeyError for an unknown one, ValueError when it is a write and should not be, or the
    other way round: here a POST often reads, so the method says nothing (contract sheet, 7.4)."""
    call = _calls()[name]
    if call.write is not write:
        raise ValueError(f"{name} is {'no ' if write else 'a '}write")
    return call


def path_of(name: str, ids: Mapping[str, int] | None = None) -> str:
    """The call's path with its ids in it."""
    return _calls()[name].path.format_map(dict(ids or {}))


def secrets_of(call: Call) -> list[str]:
    """The names of the arguments that are shown nowhere."""
    return [argument.name for argument in call.arguments if argument.secret]
