"""Any documented call of an upstream by its name: what a driver offers, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from app.core.contract import Call
from app.core.secret import MASK, Secret, looks_secret
from app.core.text import Message

Json = Any

_BINARY = ("image/", "audio/", "video/", "font/", "application/vnd.", "application/zip", "application/pdf")
_LOOK = 4096  # bytes at the beginning that tell text from anything else


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What an upstream answered to a call, as it came. `ms`: how long it took; `total`: how long the whole list is, where
    the upstream says so beside a page of it; `hide` takes known secrets out of a text."""

    status: int
    media_type: str
    body: bytes = field(repr=False)
    ms: float
    charset: str = "utf-8"
    total: int | None = None
    hide: Callable[[str], str] = field(default=str, repr=False, compare=False)

    @property
    def binary(self) -> bool:
        """It is no text: by its media type, else by how it begins."""
        if self.media_type.startswith(_BINARY):
            return True
        return b"\0" in self.body[:_LOOK]

    def text(self, most: int | None = None) -> str:
        """The body as text without known secrets, at most `most` characters of it; bytes that fit nowhere become U+FFFD."""
        body = self.body if most is None else self.body[: 4 * most + _LOOK]
        return self.hide(body.decode(self.charset, "replace"))[:most]


@runtime_checkable
class CallsByContract(Protocol):
    """Every call of `contract.json`, through the driver's own transport and sign-in."""

    def closed(self, call: Call) -> Message | None:
        """Why this connection cannot make the call, as far as its settings tell; None where it can be tried."""
        ...

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """Sends a call: a read may be repeated, a write goes out once. Arguments by name; a secret comes as `Secret`.

        Raises NotFound (no such call), NotSupported (with the reason of `closed`) and Invalid (by argument) before anything
        is sent, then what the driver's other reads and writes raise; such an error carries the answer that it judged.
        """
        ...


def masked(call: Call, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The arguments fit to be kept and shown: secrets masked at any depth, a file by its name and size."""
    known = call.by_name()
    shown: dict[str, Json] = {}
    for name, value in arguments.items():
        argument = known.get(name)
        if argument is not None and argument.kind == "file" and isinstance(value, Mapping):
            data = str(value.get("base64", ""))
            size = len(data) * 3 // 4 - data[-2:].count("=")
            shown[name] = {"name": str(value.get("name", "")), "bytes": size}
        elif (argument is not None and argument.unrecorded) or looks_secret(name):
            shown[name] = MASK
        else:
            shown[name] = _masked(value)
    return shown


def _masked(value: Json) -> Json:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, Mapping):
        return {str(k): MASK if looks_secret(str(k)) else _masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value
