"""The sandbox as one object: it binds a block of ports, serves every upstream there, and starts and stops as one."""

from __future__ import annotations

import copy
import functools
import importlib
import importlib.util
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from app.sandbox import effects, zones
from app.sandbox.calls import Call, CallLog
from app.sandbox.control import Control
from app.sandbox.faults import Faults
from app.sandbox.httpd import HttpConnection
from app.sandbox.listening import LOOPBACK, Listeners, bind_block
from app.sandbox.sink import Sink
from app.sandbox.state import Store
from app.sandbox.tls import Authority
from app.sandbox.upstream import Upstream

SLUGS = ("spamexperts", "hornetsecurity", "olspanel", "cleanmail", "spanel")
"""The upstreams in the order of their ports: base + 1 onward over HTTP, base + 11 onward over HTTPS."""

HTTPS_OFFSET = 10
SMTP_OFFSET = 25
DNS_OFFSET = 53


Handle = Callable[[Request], Response]


def load_upstreams(slugs: Iterable[str] = SLUGS) -> dict[str, type[Upstream]]:
    """Return the upstream classes by slug: what ``app.sandbox.<slug>`` exports as ``UPSTREAM``."""
    found = {}
    for slug in slugs:
        name = f"app.sandbox.{slug}"
        if importlib.util.find_spec(name) is not None:
            upstream = getattr(importlib.import_module(name), "UPSTREAM", None)
            if upstream is not None:
                found[slug] = upstream
    return found


class Sandbox:
    """The imitated upstreams, their control port, DNS and SMTP, on loopback only.

    ``base_port`` 0 finds a free block of ports. ``state_path`` None keeps everything in memory; otherwise state and CA
    live there and survive a restart. ``domains`` None seeds the demo company, a number that many domains. ``slugs``
    names the upstreams to run, all by default; the ports are the same whichever run.
    """

    def __init__(
        self,
        base_port: int = 0,
        state_path: Path | None = None,
        domains: int | None = None,
        slugs: Iterable[str] = SLUGS,
    ) -> None:
        self.base_port = base_port
        self._domains = domains
        self._store = Store(state_path)
        self._authority = Authority(state_path.parent if state_path else None)
        self._listeners = Listeners()
        self.sink = Sink(self._authority)
        self._control = Control(self)
        self._reset_lock = threading.Lock()
        classes = load_upstreams(slugs)
        self.upstreams: dict[str, Upstream] = {
            slug: upstream(self._store.state(slug)) for slug, upstream in classes.items()
        }
        self.faults = {slug: Faults() for slug in self.upstreams}
        self.calls = {slug: CallLog() for slug in self.upstreams}

    def start(self) -> None:
        """Bind, seed what is empty, and serve. Raises ``OSError`` when a port is taken."""
        numbers = range(1, len(SLUGS) + 1)
        tcp = [0, *numbers, *(HTTPS_OFFSET + number for number in numbers), SMTP_OFFSET, DNS_OFFSET]
        try:
            self.base_port, streams, packets = bind_block(self.base_port, tcp, [DNS_OFFSET])
        except OSError:
            self.stop()
            raise
        self._seed_at_start()
        self._listeners.add(streams.pop(0), functools.partial(_serve, handle=self._control.handle))
        self._serve_upstreams(streams)
        self._listeners.add(streams.pop(DNS_OFFSET), zones.serve_tcp)
        self._listeners.add_datagrams(packets.pop(DNS_OFFSET), zones.respond)
        self.sink.listen(self._listeners, streams.pop(SMTP_OFFSET))
        for unused in streams.values():
            unused.close()
        self._listeners.start()

    def stop(self) -> None:
        """Close every port and connection, and the state file."""
        self._listeners.stop()
        self._store.close()
        self._authority.close()

    @property
    def control_url(self) -> str:
        """The control port's base URL."""
        return f"http://{LOOPBACK}:{self.base_port}"

    @property
    def ca_path(self) -> Path:
        """The file with the certificate of the sandbox's CA."""
        return self._authority.path

    @property
    def smtp_port(self) -> int:
        """The port of the SMTP sink, on every loopback address that the demo's route hosts have."""
        return self.base_port + SMTP_OFFSET

    @property
    def dns_port(self) -> int:
        """The port of the DNS, UDP and TCP."""
        return self.base_port + DNS_OFFSET

    def http(self, slug: str) -> str:
        """Return the base URL of an upstream over HTTP."""
        return f"http://{LOOPBACK}:{self.base_port + 1 + SLUGS.index(slug)}"

    def https(self, slug: str) -> str:
        """Return the base URL of an upstream over HTTPS."""
        return f"https://{LOOPBACK}:{self.base_port + 1 + HTTPS_OFFSET + SLUGS.index(slug)}"

    def addresses(self) -> dict[str, Any]:
        """Return what ``GET /`` of the control port answers."""
        upstreams = {
            slug: {"http": self.http(slug), "https": self.https(slug), "credentials": upstream.credentials()}
            for slug, upstream in self.upstreams.items()
        }
        return {
            **upstreams,
            "ca": self._authority.pem,
            "ca_path": str(self.ca_path),
            "dns": f"{LOOPBACK}:{self.dns_port}",
            "smtp": self.smtp_port,
        }

    def reset(self) -> None:
        """Put state, profiles, faults and calls back to what they were at the start."""
        with self._reset_lock:
            for slug, upstream in self.upstreams.items():
                self.faults[slug].set()
                self.calls[slug].clear()
                with upstream.lock:
                    upstream.profile = copy.deepcopy(upstream.defaults)
                    upstream.reset()
                    if not upstream.state.rewind():
                        self._fill(upstream, self._domains)
                        upstream.state.mark()

    def seed(self, domains: int | None = None, slugs: list[str] | None = None) -> None:
        """Replace the state of these upstreams (all by default) by the demo company or by N generated domains."""
        for slug in slugs or list(self.upstreams):
            self._fill(self.upstreams[slug], domains)

    def _seed_at_start(self) -> None:
        for upstream in self.upstreams.values():
            upstream.smtp_port = self.smtp_port
            if upstream.state.empty:
                self._fill(upstream, self._domains)
                upstream.state.mark()

    def _fill(self, upstream: Upstream, domains: int | None) -> None:
        with upstream.lock, upstream.state.batch():
            upstream.state.clear()
            upstream.seed(domains)

    def _serve_upstreams(self, streams: dict[int, socket.socket]) -> None:
        context = self._authority.context(["localhost", LOOPBACK])
        for number, slug in enumerate(SLUGS, start=1):
            if slug not in self.upstreams:
                continue
            service = _Service(self.upstreams[slug], self.faults[slug], self.calls[slug])
            admit = self.faults[slug].admit
            self._listeners.add(streams.pop(number), service.serve, admit=admit)
            self._listeners.add(streams.pop(HTTPS_OFFSET + number), service.serve_tls, context, admit)


class _Service:
    """Serves one upstream on accepted connections, with faults and call log around it."""

    def __init__(self, upstream: Upstream, faults: Faults, calls: CallLog) -> None:
        self._upstream, self._faults, self._calls = upstream, faults, calls

    def serve(self, sock: socket.socket) -> None:
        self._serve(sock, "http")

    def serve_tls(self, sock: socket.socket) -> None:
        self._serve(sock, "https")

    def _serve(self, sock: socket.socket, scheme: str) -> None:
        connection = HttpConnection(sock, scheme=scheme)
        try:
            for request in connection.requests():
                self._exchange(connection, request)
        finally:
            connection.close()

    def _exchange(self, connection: HttpConnection, request: Request) -> None:
        name = self._upstream.call_name(request)
        fault = self._faults.take(name)
        call = Call(request.method, name, request.path, time.time(), fault.kind if fault else None)
        self._calls.add(call)
        connection.on_status = functools.partial(setattr, call, "status")
        handle = functools.partial(self._upstream.handle, request)
        if fault is None:
            connection.send(handle())
        else:
            effects.play(fault, connection, handle)


def _serve(sock: socket.socket, handle: Handle) -> None:
    connection = HttpConnection(sock, scheme="http")
    try:
        for request in connection.requests():
            connection.send(handle(request))
    finally:
        connection.close()
