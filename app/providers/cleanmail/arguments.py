"""From arguments by name to a request, by the description of the call in `contract.json`."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.contract import Call
from app.core.errors import Invalid
from app.core.placing import place, text_of
from app.core.text import msg

Json = Any

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
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
    """The request of a call with these arguments, as `placing.place` puts them. A file is an object with "name", "type" and
    "base64". Raises Invalid by argument."""
    placed = place(call, arguments)
    return Request(
        path=placed.path,
        query=[(name, text_of(value)) for name, value in placed.query.items()],
        headers=dict(placed.headers),
        body=placed.body,
        content=None if placed.file is None else _multipart(placed.file),
    )


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
