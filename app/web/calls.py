"""“API calls behind this page”: every upstream call that a request made, for the page that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g

from app.core.ports import CallRecord

Collect = Callable[[], AbstractContextManager[list[CallRecord]]]


def register(app: Flask, collect: Collect) -> None:
    """Collects the calls of each request; templates read them with `upstream_calls()`."""

    @app.before_request
    def begin() -> None:
        manager = collect()
        g.upstream_calls = manager.__enter__()
        g.upstream_calls_manager = manager

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        manager = g.pop("upstream_calls_manager", None)
        if manager is not None:
            manager.__exit__(None, None, None)

    app.jinja_env.globals["upstream_calls"] = upstream_calls


def upstream_calls() -> list[dict[str, Any]]:
    """The calls that this request has made so far, as the template draws them."""
    return [call_view(call.to_json()) for call in g.get("upstream_calls", ())]


def call_view(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call record's JSON as the template draws it."""
    parts = urlsplit(str(call.get("url", "")))
    return {
        "method": call.get("method", ""),
        "path": f"{parts.path}?{parts.query}" if parts.query else parts.path,
        "connection": call.get("connection", ""),
        "status": call.get("status"),
        "ms": call.get("ms"),
        "curl": call.get("curl", ""),
        "purpose": " · ".join(str(p) for p in (call.get("connection"), call.get("problem")) if p),
        "at": datetime.fromisoformat(call["at"]) if call.get("at") else None,
    }
