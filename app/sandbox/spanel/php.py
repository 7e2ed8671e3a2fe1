"""PHP's way to read a form: ``a[0]=``, ``a[]=`` and ``record[name]=`` become nested arrays.

The rules are those of PHP 8's ``$_POST``, to which the SPanel contract sheet points for request bodies (section 2,
"Array and boolean encoding"): spaces and dots in a name become underscores, a later value replaces an earlier one,
a bracket that never closes is an underscore, and what exceeds PHP's default limits is dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias
from urllib.parse import unquote_plus

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
_Array: TypeAlias = "dict[str | int, str | _Array]"

MAX_VARIABLES = 1000
"""PHP's ``max_input_vars``: later variables are dropped."""
MAX_DEPTH = 64
"""PHP's ``max_input_nesting_level``: deeper variables are dropped."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_PLAIN_NAME = str.maketrans(" .[", "___")


def parse_form(body: bytes) -> dict[str, Value]:
    """Read an ``application/x-www-form-urlencoded`` body; bytes that are not UTF-8 are replaced."""
    return nest(_pairs(body.decode("utf-8", "replace")))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            yield unquote_plus(name), unquote_plus(value)


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Turn names and values, as sent, into nested lists (keys 0, 1, 2, ...) and dicts (all other keys)."""
    root: _Array = {}
    for count, (name, value) in enumerate(pairs):
        if count == MAX_VARIABLES:
            break
        path = _path(name)
        if path[0] and len(path) <= MAX_DEPTH + 1:
            _insert(root, path, value)
    return {str(key): _value(value) for key, value in root.items()}


def _path(name: str) -> list[str | None]:
    """Split a name into the variable's name and its indexes; None stands for "append"."""
    head, bracket, rest = name.partition("\0")[0].lstrip(" ").partition("[")
    if head and bracket and "]" not in rest:
        return [f"{head}[{rest}".translate(_PLAIN_NAME)]
    path: list[str | None] = [head.translate(_PLAIN_NAME)]
    while bracket:
        index, bracket, rest = rest.partition("]")
        if bracket:
            path.append(None if index == "" or (len(index) == 1 and index in " \t\n\v\f\r") else index)
            bracket, rest = rest[:1] if rest.startswith("[") else "", rest[1:]
    return path


def _insert(array: _Array, path: list[str | None], value: str) -> None:
    for index in path[:-1]:
        key = _key(array, index)
        child = array.get(key)
        if not isinstance(child, dict):
            child = array[key] = {}
        array = child
    array[_key(array, path[-1])] = value


def _key(array: _Array, index: str | None) -> str | int:
    """Return the array key of an index as sent: decimal integers count as numbers, None is the next free number."""
    if index is None:
        return max([-1, *(key for key in array if isinstance(key, int))]) + 1
    return int(index) if _INTEGER.fullmatch(index) else index


def _value(value: str | _Array) -> Value:
    if isinstance(value, str):
        return value
    if list(value) == list(range(len(value))):
        return [_value(item) for item in value.values()]
    return {str(key): _value(item) for key, item in value.items()}


def texts(value: Value) -> list[str]:
    """Return the texts of a value that may be a string or an array."""
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, list) else value.values()
    return [item for item in items if isinstance(item, str)]
