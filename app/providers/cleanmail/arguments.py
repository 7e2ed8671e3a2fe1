"""From arguments by name to a request, by the description of the call in `contract.json`."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.core.contract import Argument, Call
from app.core.errors import Invalid
from app.core.text import msg
from app.providers.cleanmail import inferred

Json = Any

_SLOT = re.compile(r"\{(\w+)\}")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(r"[\x00-\x1f\"\\\x7f]")


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request. `body` None: it has none; `content`: media type and bytes of an upload."""

    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: Json = None
    content: tuple[str, bytes] | None = None


def compose(call: Call, arguments: Mapping[str, Json]) -> Request:
    """The request of a call with these arguments; None counts as not given. Texts are taken for numbers and switches too.

    An argument `body` of kind "json" is the whole body (the API has lists as bodies), all others in the body are its keys.
    A name that stands in two places gets its value in both. A file is an object with "name", "type" and "base64". Raises
    Invalid by argument: unknown, missing, not of its kind.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    _check(call, given)
    parts: dict[str, dict[str, Json]] = {}
    for argument in call.arguments:
        if argument.name in given:
            value = _typed(argument, given[argument.name])
            parts.setdefault(argument.where, {})[argument.name] = value
    slots, file = parts.get("path", {}), parts.get("form", {}).get("file")
    return Request(
        path=_SLOT.sub(lambda slot: _segment(slot[1], slots[slot[1]]), call.path),
        query=[(name, _text(value)) for name, value in parts.get("query", {}).items()],
        headers={name: _text(value) for name, value in parts.get("header", {}).items()},
        body=_body(call, parts.get("body", {})),
        content=None if file is None else _multipart(file),
    )


def _check(call: Call, given: Mapping[str, Json]) -> None:
    unknown = given.keys() - {argument.name for argument in call.arguments}
    problems = {name: msg("There is no such field.") for name in sorted(unknown)}
    for argument in call.arguments:
        if argument.required and argument.name not in given:
            problems[argument.name] = msg("This is needed.")
    if problems:
        raise Invalid(problems)


def _typed(argument: Argument, value: Json) -> Json:
    match argument.kind:
        case "integer":
            return _number(argument.name, value, int)
        case "number":
            return _number(argument.name, value, float)
        case "boolean":
            found = inferred.flag(value)
            if found is None:
                raise Invalid({argument.name: msg("Yes or no is expected here.")})
            return found
        case "json" | "file":
            return _sendable(argument.name, value)
    text = "" if isinstance(value, list | dict) else _text(value)
    if isinstance(value, list | dict) or _HALF_CHARACTER.search(text):
        raise Invalid({argument.name: msg("Text is expected here.")})
    return text


def _sendable(name: str, value: Json) -> Json:
    """The value, when it can be written as JSON."""
    try:
        if not _HALF_CHARACTER.search(json.dumps(value, ensure_ascii=False, allow_nan=False)):
            return value
    except (ValueError, TypeError, RecursionError):
        pass
    raise Invalid({name: msg("This cannot be written as JSON.")})


def _number(name: str, value: Json, kind: type[int] | type[float]) -> int | float:
    try:
        found = kind(str(value).strip())
        if math.isfinite(found):
            return found
    except (ValueError, OverflowError):
        pass
    problem = msg("A whole number is expected here.") if kind is int else msg("A number is expected here.")
    raise Invalid({name: problem})


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _segment(name: str, value: Json) -> str:
    """A slot of the path. What is empty or dots would lead to another call, so it is refused."""
    text = _text(value)
    if text in ("", ".", ".."):
        raise Invalid({name: msg("This is needed.")})
    return quote(text, safe="")


def _body(call: Call, values: dict[str, Json]) -> Json:
    whole = any(a.name == "body" and a.where == "body" and a.kind == "json" for a in call.arguments)
    return values.get("body") if whole else values or None


def _multipart(file: Json) -> tuple[str, bytes]:
    """A body with the one part `file` (manual, 5.7.11, and RFC 7578)."""
    if not isinstance(file, Mapping):
        raise Invalid({"file": msg("A file is expected here.")})
    try:
        data = base64.b64decode(str(file.get("base64", "")), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid({"file": msg("The file's content is not Base64.")}) from None
    name = _UNSAFE.sub("_", str(file.get("name") or "file"))
    media = str(file.get("type") or "")
    media = media if _MEDIA_TYPE.fullmatch(media) else "application/octet-stream"
    boundary = secrets.token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {media}\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    return f"multipart/form-data; boundary={boundary}", head.encode() + data + tail.encode()
