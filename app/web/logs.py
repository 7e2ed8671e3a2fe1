"""Log lines of everything in the process, in one form, each with the id of its request."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.tracebacks import ExceptionDictTransformer

log = logging.getLogger("gatehouse.requests")

_SANE_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_QUIET = ("/healthz", "/metrics", "/static/")


def configure(form: str, level: str) -> None:
    """Sends every log line of the process to standard error as "json" or "text"; may be called again.

    Traces never show local variables: passwords and keys may be among them.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form == "json":
        last: list[Any] = [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = _Handler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(max(logging.WARNING, root.level))


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Ours, so that a second `configure` replaces it and leaves others alone. Finds standard error anew each time."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def register(app: Flask) -> None:
    """Gives every request an id (the one in X-Request-ID where that is sane) and every answer a log line."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _SANE_ID.match(given) else secrets.token_hex(8)
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = request_id()
        if not request.path.startswith(_QUIET):
            ms = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
            log.info("%s %s %d %.0f ms", request.method, request.path, response.status_code, ms)
        return response


def request_id() -> str:
    """The id of the request at work, "" outside one."""
    return str(g.get("request_id", "")) if has_request_context() else ""
