"""Sockets under requests: the TLS context of a connection, one deadline for a whole answer, and what has gone out.

urllib3's time-outs count from one piece of the answer to the next, so a server that drips one byte at a time could
hold a thread for hours; and from its exceptions alone nobody can tell whether a request had left. Both are settled
here, by connection classes that ask the current `Attempt` before each read and tell it before the first byte is sent.
"""

from __future__ import annotations

import functools
import io
import logging
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse  # noqa: TID251  this is the one place that may
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import requests.adapters
import requests.utils
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from app.core.model import Connection, Tls

IDLE_BEFORE_WRITE = 1.0
"""Seconds. A kept connection that was idle for longer is not used for a write: the server may be closing it at this
very moment (gunicorn does after 2 s, Apache after 5 s), and the write's outcome would be unknown for no good reason. A
close that has already arrived is seen by urllib3 itself."""

_PIECE = 64 * 1024


class TooLong(Exception):
    """The body, as received or unpacked, is longer than the connection's cap."""


class Garbled(Exception):
    """The body cannot be unpacked, or ended before its packed stream did."""


@dataclass(slots=True)
class Attempt:
    """One request on the wire.

    `until`: moment (monotonic) by which the answer must be complete; `idle`: longest wait in seconds for its next
    piece; `connected`: the socket is open (TLS may still be under way); `sent`: bytes of the request may have left;
    `answered`: status and headers are here.
    """

    write: bool
    until: float
    idle: float
    connected: bool = False
    sent: bool = False
    answered: bool = False

    def left(self) -> float:
        """Seconds until the answer must be complete, never below 0."""
        return max(0.0, self.until - time.monotonic())

    def patience(self) -> float:
        """How long the next piece may take, in seconds. Raises TimeoutError when the time is over."""
        left = self.left()
        if left <= 0:
            raise TimeoutError("the time for this answer is over")
        return min(self.idle, left)


_current: ContextVar[Attempt] = ContextVar("attempt")


@contextmanager
def under(attempt: Attempt) -> Iterator[Attempt]:
    """Within the block, sockets of this module obey `attempt`."""
    token = _current.set(attempt)
    try:
        yield attempt
    finally:
        _current.reset(token)


class _TimedStream(io.RawIOBase):
    """The receiving side of a socket; each read waits no longer than the current attempt has left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_current.get().patience())
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _TimedSocket:
    """What `HTTPResponse` needs of a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedStream(self._sock), _PIECE)


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    """Tells the current attempt before its first byte leaves."""

    response_class = _TimedResponse
    idle_since = 0.0

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _current.get().connected = True
        return sock

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # may fail, and then nothing has left
        attempt = _current.get()
        self.sock.settimeout(attempt.patience())
        attempt.sent = True
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)
        idle = time.monotonic() - getattr(conn, "idle_since", 0.0)
        if _current.get().write and idle > IDLE_BEFORE_WRITE:
            conn.close()  # it connects anew by itself
        return conn

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection

    def _validate_conn(self, conn: Any) -> None:
        # As in urllib3, without its warning: where nothing is verified, somebody chose that and the page says so.
        if conn.is_closed:
            conn.connect()


class _Adapter(requests.adapters.HTTPAdapter):
    """One TLS context for the connection; environment, certificates of requests and retries have no say."""

    def __init__(self, tls: ssl.SSLContext, parallel: int) -> None:
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=parallel, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to do: the context has it all."""

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """None: nothing is followed, and the body of a redirect is not read behind our back."""
        return None


def tls_context(connection: Connection) -> ssl.SSLContext:
    """How the connection checks certificates: the system's CAs (and those that come with requests), only its own CA
    file, or not at all. Raises OSError (also as ssl.SSLError) when the CA file cannot be read."""
    if connection.tls is Tls.CA_FILE:
        return ssl.create_default_context(cafile=connection.ca_file)
    if connection.tls is Tls.SYSTEM:
        return _system_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@functools.cache
def _system_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    return context


def new_session(connection: Connection) -> requests.Session:
    """A session for the connection: pooled, without cookies, redirects, retries, or anything from the environment.

    Raises OSError when the CA file cannot be read.
    """
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    session.headers.update({"User-Agent": "Gatehouse", "Accept-Encoding": "gzip", "Accept": "*/*"})
    adapter = _Adapter(tls_context(connection), max(1, connection.parallel))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def read_body(raw: BaseHTTPResponse, cap: int) -> bytes:
    """The whole body, unpacked. Raises TooLong above `cap` bytes (packed or unpacked), Garbled, and what urllib3 raises
    when the answer is cut or late. At most `cap` plus one piece is ever held in memory."""
    unpacker = _Unpacker(raw.headers.get("Content-Encoding", ""))
    body = bytearray()
    received = 0
    for piece in raw.stream(_PIECE, decode_content=False):
        received += len(piece)
        body += unpacker.unpack(piece, cap + 1 - len(body))
        if max(received, len(body)) > cap:
            raise TooLong
    if received:
        unpacker.finish()
    return bytes(body)


class _Unpacker:
    """Takes off the one packing that we ask for, without ever making more bytes than are wanted."""

    def __init__(self, encoding: str) -> None:
        self._gzip = None
        match encoding.strip().lower():
            case "" | "identity":
                pass
            case "gzip" | "x-gzip":
                self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
            case _:
                raise Garbled

    def unpack(self, piece: bytes, most: int) -> bytes:
        if self._gzip is None:
            return piece
        try:
            return self._gzip.decompress(piece, most)
        except zlib.error:
            raise Garbled from None

    def finish(self) -> None:
        """urllib3 does not mind a packed body that ends early; half a list would pass for a whole one."""
        if self._gzip is not None and (not self._gzip.eof or self._gzip.unused_data):
            raise Garbled


def _silence(*names: str) -> None:
    """urllib3 writes whole URLs into its log lines, and some upstreams take secrets there; we write our own, masked."""
    for name in names:
        logging.getLogger(name).addFilter(lambda _: False)


_silence("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry", "urllib3.poolmanager")
