"""Pure reading of the values in rows and objects of the Control Panel; all of it is hostile text."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.text import msg
from app.net.answer import Answer
from app.providers.hornetsecurity.wire import alone, boolean, number, read_answer

Json = Any
Row = Mapping[str, Json]

LONGEST = 2000
MOST_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of a list as a call answered it; `total` None: it does not say."""

    rows: Sequence[Row]
    total: int | None
    more: bool


def read_list(answer: Answer, *keys: str) -> Listed:
    """The rows of a list answer under the first of the `keys` that is there, or of a bare list (contract sheet, 1, Paging)."""
    value = read_answer(answer)
    found: Json = value
    total, more = None, False
    if isinstance(value, dict):
        found = next((value[key] for key in keys if isinstance(value.get(key), list)), None)
        total = number(value.get("num_found_items", value.get("num_foundd_items")))
        more = boolean(value.get("has_more_elements"))
    if not isinstance(found, list):
        raise answer.unreadable(msg("The answer is not the list that was asked for."))
    return Listed([row for row in found if isinstance(row, dict)], total, more)


def read_object(answer: Answer) -> Row | None:
    """The object of an answer, None where there is no body (204); some examples wrap it in a list of one."""
    value = alone(read_answer(answer))
    if value is None:
        return None
    if not isinstance(value, dict):
        raise answer.unreadable(msg("The answer is not the object that was asked for."))
    return value


def text_of(row: Row, key: str, most: int = LONGEST) -> str:
    """A text, shortened; "" for what is missing or no text."""
    value = row.get(key)
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return "".join(c if c.isprintable() else " " for c in str(value)[:most]).strip()


def flag_of(row: Row, key: str) -> bool | None:
    """A truth value, None where it is missing or empty."""
    value = row.get(key)
    return None if value in (None, "") else boolean(value)


def number_of(row: Row, key: str) -> int | None:
    """A whole number, None where there is none."""
    return number(row.get(key))


def texts_of(row: Row, key: str, most: int = MOST_ITEMS) -> list[str]:
    """A list of texts or numbers as texts; what is neither is left out, and "" is an empty list (7.11)."""
    value = row.get(key)
    items = value if isinstance(value, list) else []
    return [str(item)[:LONGEST] for item in items[:most] if isinstance(item, str | int)]


def part_of(row: Row, key: str) -> Row:
    """An object within the row, empty where there is none."""
    value = row.get(key)
    return value if isinstance(value, dict) else {}


# --- Images -----------------------------------------------------------------------------------------------------------

_SIGNATURES: Mapping[str, Sequence[bytes]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/x-icon": (b"\0\0\1\0",),
}
_SAME_AS = {
    "image/vnd.microsoft.icon": "image/x-icon",
    "image/jpg": "image/jpeg",
    "image/ico": "image/x-icon",
}


def image_type(content: bytes) -> str | None:
    """The media type of an image by how it begins, None for what is none of those that are shown."""
    return next((kind for kind, starts in _SIGNATURES.items() if content.startswith(tuple(starts))), None)


def read_image(text: Json) -> dict[str, str] | None:
    """An image out of a data URL as it is shown, None for everything else: what its bytes are decides, not what it says."""
    if not isinstance(text, str) or not text.startswith("data:image/"):
        return None
    head, comma, data = text.partition(",")
    if not comma or not head.endswith(";base64"):
        return None
    try:
        kind = image_type(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return None
    return None if kind is None else {"media_type": kind, "base64": data}


def data_url(media_type: str, encoded: str) -> str:
    """An image as the panel takes it."""
    return f"data:{_SAME_AS.get(media_type, media_type)};base64,{encoded}"
