"""What the tests of documented calls share: a value for every argument, and what a request holds on the wire."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from app.core.contract import Argument, Call
from app.core.secret import Secret

FILE = {"name": "note.txt", "type": "text/plain", "base64": base64.b64encode(b"one\r\ntwo\xff").decode()}
SECRET = "Sesame-open-4711"

_VALUES: dict[str, Any] = {
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "flag": True,
    "json": ["a.example"],
    "object": {"key": "value"},
    "list of objects": [{"key": "value"}],
    "list": ["one", "two"],
    "list of strings": ["one", "two"],
    "list of integers": [1, 2],
    "date-time": "2026-01-31T00:00:00Z",
    "file": FILE,
}


def value_of(argument: Argument, *, shown: str = "wört & Söhne/1") -> Any:
    """A value that fits the argument's kind; texts hold what must be encoded."""
    if argument.hidden:
        return Secret(json.dumps([SECRET])) if argument.kind == "json" else Secret(SECRET)
    if argument.choices and argument.kind in ("choice", "string", "integer"):
        return argument.choices[0]
    if argument.where == "header":
        return _VALUES.get(argument.kind, "plain")
    return _VALUES.get(argument.kind, shown)


def some_of(call: Call, *, required: bool = False, **options: Any) -> dict[str, Any]:
    """Arguments of a call by name: all of them, or the required ones."""
    return {a.name: value_of(a, **options) for a in call.arguments if a.required or not required}


def typed(value: Any) -> str:
    """A value as a person types it into a form; "" for none."""
    value = value.reveal() if isinstance(value, Secret) else value
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class Wire:
    """A request as it arrived, taken apart by the rules of HTTP and nothing of ours."""

    def __init__(self, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = line.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
        parts = urlsplit(self.target)
        self.path = parts.path
        self.query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        kind = self.headers.get("content-type", "")
        self.body = json.loads(body) if kind == "application/json" else None
        urlencoded = kind == "application/x-www-form-urlencoded"
        self.form = parse_qsl(body.decode(), keep_blank_values=True) if urlencoded else []
        self.raw_body = body

    def pairs(self, path: str) -> dict[str, str]:
        """Names and values that follow a path, up to the end or "format"; empty when it is another path."""
        if not self.path.startswith(f"{path}/"):
            return {}
        parts = [unquote(part) for part in self.path.removeprefix(f"{path}/").strip("/").split("/")]
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def slots(self, template: str) -> dict[str, str] | None:
        """The values in the path by the names in its template; None when it is another path."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        found = re.fullmatch(pattern, self.path)
        return None if found is None else {name: unquote(text) for name, text in found.groupdict().items()}
