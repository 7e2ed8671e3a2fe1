"""What a person wrote or attached, and sent: the journal keeps its size and checksum, and nothing of the contents."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

Json = Any

_SUM = "sha256"


def sum_of_text(text: str) -> dict[str, Json]:
    """What stands for a text."""
    return {"characters": len(text), _SUM: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()}


def sum_of_file(file: Mapping[str, Json]) -> dict[str, Json]:
    """What stands for a file ({"name", "media_type", "base64"})."""
    try:
        data = base64.b64decode(str(file["base64"]))
    except (binascii.Error, ValueError):
        data = str(file["base64"]).encode("utf-8", "replace")
    named = {"file": str(file["name"])} if file.get("name") else {}
    return {**named, "bytes": len(data), _SUM: hashlib.sha256(data).hexdigest()}


def without_contents(data: Json, texts: Collection[str] = ()) -> Json:
    """A step, a wish or values as JSON, files in it replaced by their sums, and the `texts` among its `values` too."""
    if isinstance(data, Mapping):
        if isinstance(data.get("base64"), str):
            return sum_of_file(data)
        return {
            name: _values(value, texts) if name == "values" else without_contents(value, texts)
            for name, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [without_contents(value, texts) for value in data]
    return data


def _values(values: Json, texts: Collection[str]) -> Json:
    if not isinstance(values, Mapping):
        return values
    return {
        name: sum_of_text(value) if name in texts and isinstance(value, str) else without_contents(value)
        for name, value in values.items()
    }


def lacks_contents(data: Json) -> bool:
    """Whether `without_contents` took something out of it."""
    if isinstance(data, Mapping):
        if _SUM in data and ("bytes" in data or "characters" in data):
            return True
        return any(map(lacks_contents, data.values()))
    return isinstance(data, list | tuple) and any(map(lacks_contents, data))
