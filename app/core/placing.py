"""Arguments by name -> the places of a request, by the description of the call in `contract.json`.

Two steps: `read_text` turns what a person typed into a value, `place` checks values and puts them where they belong. How
numbers and switches are spelled in a query or a form is the driver's own.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.core.contract import Argument, Call
from app.core.errors import Invalid
from app.core.secret import Secret
from app.core.text import Message, msg

Json = Any

_SLOT = re.compile(r"\{(\w+)\}")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_ANY_JSON = ("json", "object", "list of objects", "file")
_LISTS: Mapping[str, type] = {"list": str, "list of strings": str, "list of integers": int}

_TEXT = msg("Text is expected here.")
_WHOLE = msg("A whole number is expected here.")
_NO_JSON = msg("This cannot be written as JSON.")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the arguments of a call go. `path` is percent-encoded; `query` and `form` hold values of their kinds by name.

    `pairs`: what the driver appends to the path, name and value. `body` None: there is none. `file`: the argument of kind
    "file", as an object with "name", "type" and "base64".
    """

    path: str
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Json] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    file: Json = None


def flag(value: Json) -> bool | None:
    """What a value says of a switch, None when it says neither yes nor no."""
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def text_of(value: Json) -> str:
    """A value as most APIs spell it in a query: yes and no as true and false, everything that is no text as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def place(call: Call, arguments: Mapping[str, Json], *, words: Sequence[str] = ()) -> Placed:
    """The request of a call with these arguments; None counts as not given. Texts are taken for numbers and switches too.

    All arguments in the body are its keys, but one that is the whole body. A name that stands in two places gets its value
    in both. `words`: texts that may stand in the place of a number or switch. Raises Invalid by argument: unknown, missing,
    not of its kind.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    _check(call, given)
    parts: dict[str, dict[str, Json]] = {}
    body: Json = None
    for argument in call.arguments:
        if argument.name not in given:
            continue
        value = _typed(argument, given[argument.name], words)
        if argument.whole:
            body = value
        elif argument.kind != "flag" or value:
            parts.setdefault(argument.where, {})[argument.name] = value
    form = dict(parts.get("form", {}))
    file = next((form.pop(a.name) for a in call.arguments if a.kind == "file" and a.name in form), None)
    slots = parts.get("path", {})
    return Placed(
        path=_SLOT.sub(lambda slot: _segment(slot, slots), call.path),
        query=parts.get("query", {}),
        headers={name: _header(name, value) for name, value in parts.get("header", {}).items()},
        form=form,
        pairs={name: _part(name, value) for name, value in parts.get("pair", {}).items() if value != ""},
        body=parts.get("body") if body is None else body,
        file=file,
    )


def _check(call: Call, given: Mapping[str, Json]) -> None:
    unknown = given.keys() - {argument.name for argument in call.arguments}
    problems = {name: msg("There is no such field.") for name in sorted(unknown)}
    for argument in call.arguments:
        if argument.required and argument.name not in given:
            problems[argument.name] = msg("This is needed.")
    if problems:
        raise Invalid(problems)


def _typed(argument: Argument, value: Json, words: Sequence[str] = ()) -> Json:
    """The value in the form of its kind. Raises Invalid."""
    if isinstance(value, Secret):
        value = _json(argument, value.reveal()) if argument.kind in _ANY_JSON else value.reveal()
    if argument.kind in _ANY_JSON:
        return _sendable(argument.name, value)
    if argument.kind in _LISTS:
        items = value if isinstance(value, list | tuple) else [value]
        one = _integer if _LISTS[argument.kind] is int else _plain
        return [one(argument.name, item) for item in items]
    if isinstance(value, str) and value in words:
        return value
    return _KINDS.get(argument.kind, _plain)(argument.name, value)


def _plain(name: str, value: Json) -> str:
    if isinstance(value, list | dict | tuple):
        raise Invalid({name: _TEXT})
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _HALF_CHARACTER.search(text):
        raise Invalid({name: _TEXT})
    return text


def _switch(name: str, value: Json) -> bool:
    found = flag(value)
    if found is None:
        raise Invalid({name: msg("Yes or no is expected here.")})
    return found


def _integer(name: str, value: Json) -> int:
    return int(_number(name, value, int, _WHOLE))


def _float(name: str, value: Json) -> float:
    return float(_number(name, value, float, msg("A number is expected here.")))


def _number(name: str, value: Json, kind: type[int] | type[float], problem: Message) -> int | float:
    try:
        found = kind(str(value).strip())
        if math.isfinite(found):
            return found
    except (ValueError, OverflowError):
        pass
    raise Invalid({name: problem})


_KINDS: Mapping[str, Callable[[str, Json], Json]] = {
    "integer": _integer,
    "number": _float,
    "boolean": _switch,
    "flag": _switch,
}


def _sendable(name: str, value: Json) -> Json:
    """The value, when it can be written as JSON."""
    try:
        if not _HALF_CHARACTER.search(json.dumps(value, ensure_ascii=False, allow_nan=False)):
            return value
    except (ValueError, TypeError, RecursionError):
        pass
    raise Invalid({name: _NO_JSON})


def _segment(slot: re.Match[str], slots: Mapping[str, Json]) -> str:
    """A slot of the path; one that is no argument is the driver's. What is empty or dots would lead to another call."""
    name = slot[1]
    return quote(_part(name, slots[name]), safe="") if name in slots else slot[0]


def _part(name: str, value: Json) -> str:
    text = text_of(value)
    if text in ("", ".", ".."):
        raise Invalid({name: msg("This is needed.")})
    return text


def _header(name: str, value: Json) -> str:
    text = text_of(value)
    if _CONTROL.search(text) or not text.isascii():
        raise Invalid({name: msg("A header holds plain ASCII characters only.")})
    return text


# --- What a person typed ----------------------------------------------------------------------------------------------


def read_text(argument: Argument, text: str) -> Json:
    """What was typed for an argument, in a form or on the command line; None for nothing, a secret as `Secret`.

    A list is JSON, or an item per line. Text that is no JSON stays text outside a JSON body: some such arguments also take a
    word. Raises Invalid.
    """
    if argument.hidden:
        return Secret(text) if text else None
    text = text.strip()
    if not text:
        return None
    if argument.kind in _LISTS and not text.startswith("["):
        return [line.strip() for line in text.splitlines() if line.strip()]
    if argument.kind in _LISTS or argument.kind in _ANY_JSON:
        return _json(argument, text)
    return text


def _json(argument: Argument, text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if argument.where != "body" and not text.startswith(("{", "[", '"')):
            return text
    raise Invalid({argument.name: msg("This is not JSON.")})
