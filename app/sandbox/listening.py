"""Loopback sockets: bound in one block of ports, accepted by one thread, each connection served in its own."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable

LOOPBACK = "127.0.0.1"
HANDSHAKE_SECONDS = 10.0
IDLE_SECONDS = 120.0

Serve = Callable[[socket.socket], None]
Admit = Callable[[], bool]


def listen(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a listening TCP socket; ``OSError`` when the address or port is not free."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(256)
    except OSError:
        sock.close()
        raise
    return sock


def datagrams(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a bound UDP socket; ``OSError`` when the port is not free."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def bind_block(
    base: int, tcp: Iterable[int], udp: Iterable[int]
) -> tuple[int, dict[int, socket.socket], dict[int, socket.socket]]:
    """Bind ``base + offset`` for every offset, TCP and UDP; base 0 finds a free block.

    Returns the base and the sockets by offset. Raises ``OSError`` naming the port that is taken.
    """
    tcp, udp = list(tcp), list(udp)
    attempts = [base] if base else random.sample(range(20_000, 32_000), 200)
    taken = OSError("no free block of ports found")
    for attempt in attempts:
        try:
            return attempt, *_bind_at(attempt, tcp, udp)
        except OSError as error:
            taken = error
    raise taken


def _bind_at(
    base: int, tcp: list[int], udp: list[int]
) -> tuple[dict[int, socket.socket], dict[int, socket.socket]]:
    streams: dict[int, socket.socket] = {}
    packets: dict[int, socket.socket] = {}
    port = base
    try:
        for offset in tcp:
            port = base + offset
            streams[offset] = listen(port)
        for offset in udp:
            port = base + offset
            packets[offset] = datagrams(port)
    except OSError as error:
        for sock in [*streams.values(), *packets.values()]:
            sock.close()
        raise OSError(error.errno, f"port {port} on {LOOPBACK}: {error.strerror}") from error
    return streams, packets


class Listeners:
    """Accepts on all sockets in one thread and hands each connection to its server in a thread of its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._selector.register(self._wake_out, selectors.EVENT_READ, None)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-accept", daemon=True)

    def add(
        self,
        sock: socket.socket,
        serve: Serve,
        tls: ssl.SSLContext | None = None,
        admit: Admit | None = None,
    ) -> None:
        """Serve TCP connections of a listening socket; ``admit`` may refuse one before anything is read."""

        def ready() -> None:
            connection, _ = sock.accept()
            thread = threading.Thread(
                target=self._serve,
                args=(connection, serve, tls, admit),
                name="sandbox-connection",
                daemon=True,
            )
            thread.start()

        self._register(sock, ready)

    def add_datagrams(self, sock: socket.socket, answer: Callable[[bytes], bytes | None]) -> None:
        """Answer UDP packets, in the accepting thread: ``answer`` must be quick."""

        def ready() -> None:
            packet, sender = sock.recvfrom(65_535)
            reply = answer(packet)
            if reply is not None:
                sock.sendto(reply, sender)

        self._register(sock, ready)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Close every socket and connection; running answers are cut."""
        self._stopping = True
        self._wake_in.send(b"x")
        if self._thread.is_alive():
            self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            sock = key.fileobj
            if isinstance(sock, socket.socket):
                sock.close()
        self._selector.close()
        self._wake_in.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _register(self, sock: socket.socket, ready: Callable[[], None]) -> None:
        self._selector.register(sock, selectors.EVENT_READ, ready)

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                try:
                    key.data()
                except OSError as error:
                    print(f"sandbox: {error}", file=sys.stderr)

    def _serve(
        self, connection: socket.socket, serve: Serve, tls: ssl.SSLContext | None, admit: Admit | None
    ) -> None:
        try:
            if admit is not None and not admit():
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(HANDSHAKE_SECONDS)
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            connection.settimeout(IDLE_SECONDS)
            self._follow(connection, serve)
        except OSError:
            return
        finally:
            connection.close()

    def _follow(self, connection: socket.socket, serve: Serve) -> None:
        """Serve a connection that ``stop`` can find."""
        with self._lock:
            if self._stopping:
                return
            self._open.add(connection)
        try:
            serve(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
