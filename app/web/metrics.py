"""Counters for Prometheus: our own requests and the calls to upstreams."""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from app.core.actor import Right
from app.core.errors import NotFound
from app.core.ports import CallRecord
from app.core.text import msg
from app.web.permissions import current_actor

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)

REQUESTS = Histogram(
    "gatehouse_request_seconds",
    "Answers of the dashboard",
    ["method", "endpoint", "status"],
    buckets=_BUCKETS,
)
CALLS = Histogram(
    "gatehouse_upstream_call_seconds",
    "Calls to upstreams",
    ["connection", "status", "write"],
    buckets=_BUCKETS,
)
CALL_PROBLEMS = Counter("gatehouse_upstream_problems_total", "Calls to upstreams that failed", ["connection"])


def observe_call(call: CallRecord) -> None:
    """Counts one call to an upstream; wiring hands this to the code that calls."""
    status = "none" if call.status is None else f"{call.status // 100}xx"
    CALLS.labels(call.connection, status, "yes" if call.write else "no").observe(call.ms / 1000)
    if call.problem:
        CALL_PROBLEMS.labels(call.connection).inc()


def register(app: Flask, shared_dir: Path | None) -> None:
    """Counts requests and serves /metrics. `shared_dir`: where several processes put their numbers together."""

    @app.before_request
    def begin() -> None:
        g.metrics_started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("metrics_started", time.perf_counter())
        endpoint = request.endpoint or "none"
        REQUESTS.labels(request.method, endpoint, str(response.status_code)).observe(seconds)
        return response

    @app.get("/metrics", endpoint="metrics")
    def metrics() -> Response:
        """The numbers, for this machine and for those who manage connections; for others there is no such page."""
        if not _is_local():
            actor = current_actor()
            if actor is None or not actor.may(Right.MANAGE_CONNECTIONS):
                raise NotFound(msg("There is no such page."))
        return Response(generate_latest(_registry(shared_dir)), content_type=CONTENT_TYPE_LATEST)


def _registry(shared_dir: Path | None) -> CollectorRegistry:
    if shared_dir is None:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(shared_dir))  # type: ignore[no-untyped-call]
    return registry


def _is_local() -> bool:
    """Whether the request comes from this machine and not through a proxy that runs on it."""
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
